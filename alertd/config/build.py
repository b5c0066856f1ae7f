"""The sources and channels that a configuration names. Nothing is asked of the network here."""

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from aiohttp import ClientSession

from alertd import channels as channel_index
from alertd import sources as source_index
from alertd.conditions.fields import MARKET
from alertd.config.load import Config
from alertd.config.market import PRICE
from alertd.errors import ConfigError, Problem
from alertd.market.feeds import Feed, Feeds
from alertd.ports import Channel, Clock, Source
from alertd.sources.bars import bar_field, spelled
from alertd.sources.candles import Candles

T = TypeVar("T")

POLLS_TO_STALE = 5.0
"""A field is stale after that many polls without a reading, unless `stale_after` says otherwise."""

FEWEST_POLLS = 2.0
"""`stale_after` is meant for quick sources: what is asked for each hour is not stale after ten minutes."""


def build_sources(config: Config, session: ClientSession, clock: Clock) -> tuple[Source, ...]:
    """Every source, in the order of preference for prices. Raises ConfigError for all that cannot be built."""

    def build(name: str) -> Source:
        kind, settings = config.sources[name]
        return source_index.kind(kind).build(name, settings, config.coins.ids(name, kind), session, clock)

    return tuple(_all(build, config.universe.sources))


def build_channels(config: Config, session: ClientSession, names: Iterable[str] | None = None) -> tuple[Channel, ...]:
    """Every channel, or those named. Raises ConfigError for all whose secrets or settings cannot be used."""

    def build(name: str) -> Channel:
        kind, settings = config.channels[name]
        return channel_index.KINDS[kind].build(name, settings, session)

    return tuple(_all(build, config.channels if names is None else names))


def feeds(config: Config, sources: Iterable[Source]) -> Feeds:
    """Which source gives which field of which coin, the preferred first.

    A source of prices that is not in `prices:` gives one only where a condition names it.
    """
    return Feeds([_feed(config, source, field) for source in sources for field in spelled(sorted(source.fields))])


def _feed(config: Config, source: Source, field: str) -> Feed:
    recorded = isinstance(source, Candles)
    known = source.coins if isinstance(source, Candles) else {*config.universe.coins.values(), MARKET}
    return Feed(
        source.name,
        field,
        frozenset(coin for coin in known if source.has(field, coin)),
        math.inf if recorded else _stale_after(config, source.name, field),
        only_named=field == PRICE and source.name not in config.prices,
    )


def _stale_after(config: Config, source: str, field: str) -> float:
    bar = bar_field(field)
    poll = bar.interval if bar else config.universe.intervals[source, field]
    if config.stale_after is None:
        return POLLS_TO_STALE * poll
    return max(config.stale_after, FEWEST_POLLS * poll)


def _all(build: Callable[[str], T], names: Iterable[str]) -> list[T]:
    built: list[T] = []
    problems: list[Problem] = []
    for name in names:
        try:
            built.append(build(name))
        except ConfigError as error:
            problems += [Problem(f"{name}: {problem}") for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return built
