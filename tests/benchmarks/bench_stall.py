"""The longest stall of the event loop while a daemon with a million alerts works, against one typed decode.

A round is a quiet tick, a busy one, some new alerts, a crash, and an hour of quiet ticks in which is told what the
crash has left for a digest, taken by the pipeline with its SQLite store: judged, dispatched, committed. Meanwhile a
task on the same loop wakes every millisecond and notes how late it is. Both sides are wall-clock time here, since that
is what a stalled loop costs the others on it; how late it is while nothing happens says what the machine itself adds.
"""

import gc
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from alertd.config.loading import steady
from alertd.rules.amend import Change
from tests.benchmarks import million
from tests.benchmarks.bench_amend import NEAR, rule
from tests.benchmarks.bench_judge import BUSY_COINS, FALL
from tests.benchmarks.crowd import CREATED, EVERY, HOUR, Crowd, Floats, Oracle, crowd
from tests.benchmarks.daemon import CAPPED, Daemon
from tests.benchmarks.snapshot import DECODER, body
from tests.benchmarks.table import PAIRS, Row, Stopwatch, tell

REASONS = {
    "quiet": "the first ticks after a crash: the writer lets go of what it wrote, a hundred thousand objects in one go",
    "busy": "",
    "adds": "",
    "crash": "a hundred thousand events become objects: making and freeing lists of them holds the interpreter",
    "an hour after it": "a digest of a hundred thousand held things is composed, written and let go of in one piece",
}
TARGETS = dict.fromkeys(REASONS, 1.5)
ADDED = 20
IDLE = 0.2
"""Seconds of nothing, after each round."""


class Market:
    """The ticks that the daemon gets; how many fire must be what the oracle says."""

    def __init__(self, daemon: Daemon, of: Crowd) -> None:
        self.crowd, self.oracle = of, Oracle(of)
        self._daemon = daemon
        daemon.take(self.oracle.price_poll(self.crowd.prices))
        self.oracle.after_prices(self.crowd.prices)

    def stall(self, prices: Floats) -> float:
        before = self._daemon.fired
        stall = self._daemon.longest_stall(self.oracle.price_poll(prices))
        fired, _ = self.oracle.after_prices(prices)
        assert self._daemon.fired - before == len(fired)
        return stall

    def calm(self) -> float:
        """An hour of quiet ticks: what was held back is told in it."""
        return max(self.stall(self.oracle.quiet()) for _ in range(int(HOUR / EVERY) + 1))

    def idle(self) -> float:
        return self._daemon.longest_stall(IDLE)

    def adds(self, turn: int) -> float:
        """New alerts, one by one, as chat users send them; they go again afterwards."""
        coins = range(turn * ADDED, (turn + 1) * ADDED)
        new = [rule(coin, float(self.crowd.prices[coin]) * NEAR) for coin in coins]
        stall = self._daemon.longest_stall(*(Change(put=(one,)) for one in new))
        self._daemon.change(Change(drop=[(one.owner, one.name) for one in new]))
        return stall


def measure(market: Market, watch: Stopwatch) -> dict[str, list[float]]:
    """Stalls by what was going on, a round each; `watch` has the decodes."""
    oracle = market.oracle
    snapshot = body(market.crowd.prices, oracle.now)
    stalls: dict[str, list[float]] = {name: [] for name in (*REASONS, "nothing")}
    gc.collect()
    gc.freeze()
    for turn in range(PAIRS):
        watch("decode", lambda: DECODER.decode(snapshot))
        stalls["quiet"].append(market.stall(oracle.quiet()))
        stalls["busy"].append(market.stall(oracle.busy(BUSY_COINS)))
        stalls["adds"].append(market.adds(turn))
        stalls["crash"].append(market.stall(oracle.crash(FALL)))
        stalls["an hour after it"].append(market.calm())
        stalls["nothing"].append(market.idle())
    gc.unfreeze()
    return stalls


def main() -> list[Row]:
    steady()  # as the daemon has it
    watch, of = Stopwatch(time.perf_counter), crowd(million.ALERTS)
    with TemporaryDirectory(prefix="alertd-bench-") as folder:
        path = Path(folder) / "alertd.db"
        million.fill(path, of)
        with Daemon(path, CREATED, CAPPED) as daemon:
            stalls = measure(Market(daemon, of), watch)
    decode = watch.median("decode")
    return [
        tell(Row(f"longest stall, {name} / decoding", median(late), decode, TARGETS.get(name), REASONS.get(name, "")))
        for name, late in stalls.items()
    ]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
