"""One alert added, edited or deleted among a million, against sorting them all by coin and level.

Ours: `amend` with one rule. The partner is the least that an engine does which keeps its alerts in order by sorting:
one `np.lexsort`. After each round a tick must find just those that were put in.
"""

import gc
import sys

import numpy as np

from alertd.conditions.parse import parse
from alertd.rules.rule import Rule
from tests.benchmarks import million
from tests.benchmarks.crowd import Ints, Oracle, crowd
from tests.benchmarks.snapshot import COINS, NAMES
from tests.benchmarks.table import PAIRS, Row, Stopwatch, tell

TARGET = 1 / 500
REASONS = {"added": "", "edited": "", "deleted": ""}
EACH = 50
"""Amendments in one timing."""

NEAR, NEARER, NUDGE = 1.010, 1.005, 1.007
"""Times the price: where the level stands at first and after the edit, and where the price is in the tick between
them. All other alerts are further away."""


def rule(coin: int, level: float) -> Rule:
    text = f"price > {level!r}"
    return Rule(
        name=f"new-{coin}",
        owner="telegram:7",
        symbols=(NAMES[coin],),
        when=parse(text),
        when_text=text,
        notify=("desk",),
    )


class Engine:
    """The engine with its crowd, and what some more alerts in it do."""

    def __init__(self) -> None:
        self.crowd = crowd(million.ALERTS)
        self.oracle = Oracle(self.crowd)
        self.state = million.filled(self.crowd)
        self.tick(np.array([], np.int64))

    def tick(self, coins: Ints) -> tuple[int, int]:
        """How many fire and clear when the prices of these coins are nudged up, and no other's."""
        prices = self.crowd.prices.copy()
        prices[coins] *= NUDGE
        outcome = million.tick(self.state, self.oracle.price_poll(prices))
        fired = million.fired(outcome)
        assert (fired >= len(self.crowd)).all()
        return len(fired), len(million.resolved(outcome))

    def round(self, watch: Stopwatch, coins: Ints) -> None:
        """Add one alert on each coin, edit it, delete it; they do what they should in between."""
        prices = self.crowd.prices[coins].tolist()
        near = [rule(coin, price * NEAR) for coin, price in zip(coins.tolist(), prices, strict=True)]
        nearer = [rule(coin, price * NEARER) for coin, price in zip(coins.tolist(), prices, strict=True)]
        none = np.array([], np.int64)
        state, now = self.state, self.oracle.now
        watch("added", lambda: [million.put(state, one, now) for one in near], times=EACH)
        assert self.tick(coins) == (0, 0)
        assert self.tick(none) == (0, 0)
        now = self.oracle.now
        watch("edited", lambda: [million.put(state, one, now) for one in nearer], times=EACH)
        assert len(state) == len(self.crowd) + EACH
        assert self.tick(none) == (0, 0)
        assert self.tick(coins) == (EACH, 0)
        assert self.tick(none) == (0, EACH)
        now = self.oracle.now
        watch("deleted", lambda: [million.drop(state, one, now) for one in nearer], times=EACH)
        assert len(state) == len(self.crowd)
        assert self.tick(coins) == (0, 0)


def main() -> list[Row]:
    watch = Stopwatch()
    engine = Engine()
    level, coin = engine.crowd.constant, engine.crowd.coin
    dice = np.random.default_rng(4)
    gc.collect()
    gc.freeze()
    for turn in range(PAIRS):
        if turn % 2:
            watch("sort", lambda: np.lexsort((level, coin)))
        engine.round(watch, dice.choice(COINS, EACH, replace=False))
        if not turn % 2:
            watch("sort", lambda: np.lexsort((level, coin)))
    gc.unfreeze()
    sort = watch.median("sort")
    return [
        tell(Row(f"one {what} / sorting them all", watch.median(what), sort, TARGET, reason))
        for what, reason in REASONS.items()
    ]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
