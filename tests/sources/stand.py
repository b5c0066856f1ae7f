"""A source and the loopback API that it asks, on one hand-driven clock and one market."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from alertd.demo.feeds import BinanceFeed, CoinGeckoFeed, FearGreedFeed, TokenMetricsFeed
from alertd.demo.feeds.ground import Feed
from alertd.demo.market import HOUR, Market
from alertd.demo.platforms.record import Record
from alertd.model.reading import Poll
from alertd.ports import Source
from alertd.sources import kind
from alertd.sources.coins import CoinTable
from alertd.wire.session import http_session
from tests.fakes import START, HandClock

MORNING = START + 11 * HOUR
"""When a stand's clock starts: the market is calm and goes up."""


@dataclass(frozen=True)
class Stand:
    """A source, the loopback API that it asks, and what both go by."""

    source: Source
    feed: Feed
    clock: HandClock
    record: Record
    market: Market

    async def ask(self, wanted: Mapping[str, frozenset[str]]) -> dict[tuple[str, str], float]:
        """One round of calls for `wanted`: value by (field, coin)."""
        polls = [await self.source.poll(call, self.clock.now()) for call in self.source.calls(wanted)]
        return {pair: value for poll in polls for pair, value in columns(poll).items()}


def columns(poll: Poll) -> dict[tuple[str, str], float]:
    return {
        (readings.field, coin): value
        for readings in poll.readings
        for coin, value in zip(readings.coins, readings.values.tolist(), strict=True)
    }


def feed_of(name: str, market: Market, record: Record, taken: frozenset[str], version: str) -> Feed:
    ids = CoinTable.shipped().ids(name)
    if name == "binance":
        return BinanceFeed(market, record, ids)
    if name == "coingecko":
        return CoinGeckoFeed(market, record, ids, keys=taken)
    if name == "tokenmetrics":
        return TokenMetricsFeed(market, record, ids, keys=taken, version=version)
    return FearGreedFeed(market, record)


@asynccontextmanager
async def standing(
    name: str,
    market: Market,
    settings: Mapping[str, object] | None = None,
    *,
    ids: Mapping[str, str | int] | None = None,
    taken: frozenset[str] = frozenset(),
    version: str = "v2",
) -> AsyncIterator[Stand]:
    clock = HandClock(MORNING)
    record = Record(now=clock.now)
    async with feed_of(name, market, record, taken, version) as feed, http_session() as session:
        it = kind(name)
        built = it.settings.model_validate({"url": feed.api, **(settings or {})})
        table = CoinTable.shipped().ids(name) if ids is None else ids
        yield Stand(it.build(name, built, table, session, clock), feed, clock, record, market)
