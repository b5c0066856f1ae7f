"""A tick against the bare decoding of its poll: CPU from bytes to committed rows.

Ours: an answer of `/coins/markets` with 5,000 coins, 4 MB, for 10,000 alerts (70 % levels, 20 % moves within an hour,
10 % with a signal), 100 of which fire in the tick: decoded, absorbed, judged, rendered and committed by the daemon's
own pipeline. Theirs: the same bytes through the same typed decoder, and nothing else.
"""

import asyncio
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from alertd.dispatch.policy import Policy, Receiver
from alertd.dispatch.state import DispatchState
from alertd.market.feeds import Feed, Feeds
from alertd.market.market import Market
from alertd.model.event import EventKind
from alertd.model.notification import Destination
from alertd.model.reading import Poll, Readings
from alertd.model.universe import Universe
from alertd.pipeline import Pipeline
from alertd.rules.amend import Change
from alertd.rules.files import RuleText, read_rules
from alertd.rules.state import State
from alertd.sources.coingecko import _MARKET_ROWS, decode_markets
from alertd.storage.sqlite import SqliteStore
from tests.benchmarks.pairs import compare
from tests.fakes import START

TARGET = 3.0
COINS = 5_000
ALERTS = 10_000
FIRING = 100
EVERY = 300.0
PAIRS = 15
ROUNDS = PAIRS + 1
"""Of ours: one to warm up."""

NAMES = [f"C{number}" for number in range(COINS)]
IDS = {f"coin-number-{number}": name for number, name in enumerate(NAMES)}


def bodies() -> Iterator[bytes]:
    """A first answer, and one for each round. Prices wander by a few permille; in each round another hundred coins
    double and pass the level that stands above them."""
    dice = random.Random(1)
    prices = [10.0 ** dice.uniform(-4, 4) for _ in NAMES]
    levels = [number for number in range(COINS) if number % 10 < 7]
    for turn in range(-1, ROUNDS):
        rising = set(levels[FIRING * turn : FIRING * (turn + 1)]) if turn >= 0 else set()
        for number in range(COINS):
            prices[number] *= 2.0 if number in rising else 1 + dice.uniform(-2e-3, 2e-3)
        yield msgspec.json.encode([_row(number, price, turn) for number, price in enumerate(prices)])


def _row(number: int, price: float, turn: int) -> dict[str, object]:
    """As CoinGecko writes it (coingecko-api-oas, `/coins/markets`)."""
    at = np.datetime64("2026-01-01T01:00:00.000") + np.timedelta64(int(EVERY * 1000 * turn) - number % 20_000, "ms")
    changes = {
        f"{name}_{kind}24h": price * 0.01
        for name in ("price_change", "market_cap_change")
        for kind in ("", "percentage_")
    }
    return {
        "id": f"coin-number-{number}",
        "symbol": f"c{number}",
        "name": f"Coin number {number}",
        "image": f"https://assets.coingecko.com/coins/images/{number}/large/coin-number-{number}.png?1696501400",
        "current_price": price,
        "market_cap": round(price * 19_675_987),
        "market_cap_rank": number + 1,
        "fully_diluted_valuation": round(price * 21_000_000),
        "total_volume": round(price * 287_151),
        "high_24h": price * 1.01,
        "low_24h": price * 0.97,
        **changes,
        "circulating_supply": 19_675_987,
        "total_supply": 21_000_000,
        "max_supply": 21_000_000,
        "ath": price * 1.05,
        "ath_change_percentage": -4.77063,
        "ath_date": "2024-03-14T07:10:36.635Z",
        "atl": price * 0.001,
        "atl_change_percentage": 103455.83335,
        "atl_date": "2013-07-06T00:00:00.000Z",
        "roi": None,
        "last_updated": f"{at}Z",
    }


def rules(prices: dict[str, float]) -> Change:
    """One rule per alert; levels stand at one and a half of the first price, so that a doubling passes them."""
    lines = ["version: 1", "defaults: {notify: desk}", "rules:"]
    for number in range(ALERTS):
        coin = NAMES[number % COINS]
        match number % 10:
            case 7 | 8:
                when = "price down 5% in 1h"
            case 9:
                when = f"signal is bullish and price < {prices[coin] / 2!r}"
            case _ if number < COINS:
                when = f"price > {prices[coin] * 1.5!r}"
            case _:
                when = f"price < {prices[coin] / 2!r}"
        lines.append(f"  - {{name: r{number}, symbols: [{coin}], when: '{when}'}}")
    universe = Universe(
        coins={name: name for name in NAMES},
        sources={"coingecko": frozenset({"price"}), "tokenmetrics": frozenset({"signal"})},
        receivers=frozenset({"desk"}),
    )
    loaded = read_rules([RuleText("rules.yaml", "\n".join(lines).encode())], universe, 0.0)
    assert len(loaded.rules) == ALERTS
    return Change(put=loaded.rules)


class Count:
    """What the pipeline reports: here only how many fired."""

    fired = 0

    def tick(self, seconds: float) -> None: ...

    def event(self, kind: EventKind) -> None:
        self.fired += kind is EventKind.FIRED

    def refused(self, source: str, reason: str, count: int = 1) -> None: ...

    def not_sent(self, reason: str, count: int = 1) -> None: ...


class Clock:
    """Stands still between the rounds."""

    time = START

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps here")

    async def wait(self, event: asyncio.Event, until: float | None) -> bool:
        return await event.wait()


class Ours:
    """A daemon's engine with its store, an hour after its start."""

    def __init__(self, path: Path, runner: asyncio.Runner, answers: list[bytes]) -> None:
        self._runner, self._clock, self._count = runner, Clock(), Count()
        self._answers = iter(answers)
        self._store = runner.run(SqliteStore.open(path, now=self._clock.now()))
        self._runner.run(self._start(answers[0]))
        next(self._answers)

    async def _start(self, first: bytes) -> None:
        clock = self._clock
        feeds = Feeds([Feed("coingecko", "price"), Feed("tokenmetrics", "signal")])
        policy = Policy(receivers={"desk": Receiver("desk", (Destination("telegram", "1"),))})
        self._pipeline = Pipeline(
            State(feeds, Market()),
            DispatchState(word=self._store.word),
            policy,
            self._store,
            clock,
            observer=self._count,
            wake=lambda: None,
        )
        self._engine = asyncio.create_task(self._pipeline.run())
        prices = {IDS[row.id]: row.current_price or 0.0 for row in _MARKET_ROWS.decode(first)}
        await self._pipeline.change(rules(prices), policy)
        column, at = np.array([*prices.values()]), np.full(COINS, clock.now())
        signals = np.ones(COINS)
        await self._pipeline.take(
            Poll("tokenmetrics", clock.now(), (Readings("tokenmetrics", "signal", tuple(NAMES), signals, at),))
        )
        for minute in range(60):
            clock.time += 60.0
            at = np.full(COINS, clock.now() - 30.0)
            drift = column * (1 + 1e-4 * minute)
            await self._pipeline.take(
                Poll("coingecko", clock.now(), (Readings("coingecko", "price", tuple(NAMES), drift, at),))
            )

    def __call__(self) -> None:
        self._runner.run(self._tick(next(self._answers)))

    async def _tick(self, body: bytes) -> None:
        self._clock.time += EVERY
        before = self._count.fired
        poll = decode_markets(body, self._clock.now(), source="coingecko", coins=IDS, fields=("price",))
        await self._pipeline.take(poll)
        assert self._count.fired - before == FIRING

    def close(self) -> None:
        self._engine.cancel()
        self._runner.run(self._store.close())


def main() -> float:
    answers = list(bodies())
    sys.stdout.write(f"a tick: {COINS:,} coins, {len(answers[0]) / 1e6:.1f} MB, {ALERTS:,} alerts, {FIRING} firing\n")
    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        ours = Ours(Path(folder) / "alertd.db", runner, answers)
        same = iter(answers[1:])
        ratio = compare("tick / typed decoding", ours, lambda: _MARKET_ROWS.decode(next(same)), pairs=PAIRS)
        ours.close()
    return ratio


if __name__ == "__main__":
    main()
