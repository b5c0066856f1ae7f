"""A tick against the bare decoding of its poll: CPU from bytes to committed rows.

Ours: an answer of `/coins/markets` with 5,000 coins, 4 MB, for 10,000 alerts (70 % levels, 20 % moves within an hour,
10 % with a signal), 100 of which fire in the tick: decoded, absorbed, judged, rendered and committed by the daemon's
own pipeline. Theirs: the same bytes through the same typed decoder, and nothing else.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from alertd.model.reading import Poll, Readings
from alertd.model.universe import Universe
from alertd.rules.amend import Change
from alertd.rules.files import RuleText, read_rules
from alertd.sources.coingecko import _MARKET_ROWS, decode_markets
from tests.benchmarks.daemon import OPEN, Daemon
from tests.benchmarks.snapshot import COINS, IDS, NAMES, Floats, body
from tests.benchmarks.table import Row, compare, note
from tests.fakes import START

TARGET = 3.0
REASON = (
    "decoding into columns is 1.2 to 1.4; the rest is judging, planning 100 messages and their commit (event, item and"
    " delivery of each, their indexes): all 100 firings are told as objects"
)
ALERTS = 10_000
FIRING = 100
MINUTES = 60
EVERY = 300.0
PAIRS = 15
ROUNDS = PAIRS + 1
"""Of ours: one to warm up."""

LEARNT = START + MINUTES * 60.0
"""When the market knows an hour."""


def turns() -> Iterator[Floats]:
    """The first prices, and those of each round. They wander by a few permille; in each round another hundred coins
    double and pass the level that stands above them."""
    dice = random.Random(1)
    prices = np.array([10.0 ** dice.uniform(-4, 4) for _ in NAMES])
    levels = [number for number in range(COINS) if number % 10 < 7]
    for turn in range(-1, ROUNDS):
        prices = prices * (1 + np.array([dice.uniform(-2e-3, 2e-3) for _ in NAMES]))
        if turn >= 0:
            prices[levels[FIRING * turn : FIRING * (turn + 1)]] *= 2.0
        yield prices


def rules(prices: Floats) -> Change:
    """One rule per alert; levels stand at one and a half of the first price, so that a doubling passes them."""
    lines = ["version: 1", "defaults: {notify: desk}", "rules:"]
    for number in range(ALERTS):
        coin, price = NAMES[number % COINS], float(prices[number % COINS])
        match number % 10:
            case 7 | 8:
                when = "price down 5% in 1h"
            case 9:
                when = f"signal is bullish and price < {price / 2!r}"
            case _ if number < COINS:
                when = f"price > {price * 1.5!r}"
            case _:
                when = f"price < {price / 2!r}"
        lines.append(f"  - {{name: r{number}, symbols: [{coin}], when: '{when}'}}")
    universe = Universe(
        coins={name: name for name in NAMES},
        sources={"coingecko": frozenset({"price"}), "tokenmetrics": frozenset({"signal"})},
        receivers=frozenset({"desk"}),
    )
    loaded = read_rules([RuleText("rules.yaml", "\n".join(lines).encode())], universe, 0.0)
    assert len(loaded.rules) == ALERTS
    return Change(put=loaded.rules)


def poll(source: str, field: str, values: Floats, now: float) -> Poll:
    return Poll(source, now, (Readings(source, field, NAMES, values, np.full(COINS, now - 30.0)),))


class Ours:
    """A daemon's engine with its store, an hour after its start."""

    def __init__(self, daemon: Daemon, first: Floats, answers: list[bytes]) -> None:
        self._daemon, self._now, self._answers = daemon, LEARNT, iter(answers)
        daemon.change(rules(first))
        daemon.take(poll("tokenmetrics", "signal", np.ones(COINS), START + 1))
        for minute in range(MINUTES):
            daemon.take(poll("coingecko", "price", first * (1 + 1e-4 * minute), START + 60.0 * (minute + 1)))

    def __call__(self) -> None:
        self._now += EVERY
        before = self._daemon.fired
        answer = next(self._answers)
        self._daemon.take(decode_markets(answer, self._now, source="coingecko", coins=IDS, fields=("price",)))
        assert self._daemon.fired - before == FIRING


def main() -> list[Row]:
    first, *then = turns()
    answers = [body(prices, LEARNT + EVERY * (turn + 1)) for turn, prices in enumerate(then)]
    note(f"  a snapshot: {COINS:,} coins, {len(answers[0]) / 1e6:.1f} MB")
    name = f"a whole tick of {ALERTS:,}, {FIRING} fire / decoding"
    with (
        TemporaryDirectory(prefix="alertd-bench-") as folder,
        Daemon(Path(folder) / "alertd.db", START, OPEN) as daemon,
    ):
        same = iter(answers)
        ours = Ours(daemon, first, answers)
        return [compare(name, ours, lambda: _MARKET_ROWS.decode(next(same)), target=TARGET, reason=REASON, pairs=PAIRS)]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
