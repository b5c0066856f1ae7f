"""Judging a million alerts against the typed decoding of the 4 MB snapshot whose prices they are judged on.

Rows of their own: a quiet tick, a busy one (some thousands fire), one in which they clear, a crash (a tenth of all
alerts fires), signals that turn. A tick is `step`: what is told as judged is all of it (verdicts, lifecycle, timers,
the rows for the store, the events in columns) but absorbing the poll, which means latest values and bars and is told
in a row of its own. After the busy tick and the crash come the events as objects, what dispatch makes of them, and
their commit to SQLite, a row each. What fires and resolves in every tick must be what the oracle says. Memory is that
of everything that is held for the alerts, but for their names and words, which are told in a row of their own.
"""

import gc
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from alertd.model.reading import Poll
from alertd.rules.outcome import Outcome
from tests.benchmarks import million
from tests.benchmarks.crowd import EVERY, FLIP, HOUR, Floats, Ints, Oracle, crowd
from tests.benchmarks.desk import Desk
from tests.benchmarks.snapshot import DECODER, body
from tests.benchmarks.table import PAIRS, Row, Stopwatch, in_bytes, note, tell

BUSY_COINS, FLIPPING = 150, 100
FALL = 0.125
"""Of all prices in a crash: it takes a tenth of the alerts past their levels."""

BYTES_EACH = 96
TARGETS = {"quiet": 0.5, "busy": 0.5, "crash": 1.0}
REASONS = {
    "quiet": "the value of each coin is measured once for each shape, and the windows of the two moves are most of it",
    "busy": "1.5 us for each alert that fires: a third finds whose level was passed, the rest is some hundred numpy"
    " calls on 400 to 1,600 rows in four banks, each of which costs more than its rows do",
    "crash": "200 ns for each alert that fires: some 35 columns are gathered from or written to random rows, 4 to 7 ns"
    " each; the target leaves 40 ns, which is eight of them",
    "memory": "",
}


class Exchange:
    """The ticks of a market: every one is judged by the engine and by the oracle, and both must agree."""

    def __init__(self, size: int, watch: Stopwatch) -> None:
        self.crowd = crowd(size)
        self.oracle = Oracle(self.crowd)
        self.market = million.TimedMarket()
        self.state = million.filled(self.crowd, self.market)
        self.counts: dict[str, tuple[int, int]] = {}
        """How many fired and resolved in the last tick of a name."""
        self._watch = watch
        self.prices("first", self.crowd.prices)
        self.signals("first", self.oracle.signals(0))

    def prices(self, name: str, prices: Floats) -> Outcome:
        """A tick on these prices, timed under that name."""
        outcome = self._tick(name, self.oracle.price_poll(prices))
        self._compare(name, outcome, self.oracle.after_prices(prices))
        return outcome

    def signals(self, name: str, signals: Floats) -> Outcome:
        outcome = self._tick(name, self.oracle.signal_poll(signals))
        self._compare(name, outcome, self.oracle.after_signals(signals))
        return outcome

    def calm(self) -> None:
        """Quiet ticks until every window has forgotten what was."""
        for _ in range(int(HOUR / EVERY) + 1):
            self.prices("calming", self.oracle.quiet())

    def _tick(self, name: str, poll: Poll) -> Outcome:
        whole, absorbing = f"{name} step", f"{name} absorbing"
        outcome = self._watch(whole, lambda: million.tick(self.state, poll))
        self._watch.spent[absorbing].append(self.market.spent())
        self._watch.less(name, whole, absorbing)
        return outcome

    def _compare(self, name: str, outcome: Outcome, told: tuple[Ints, Ints]) -> None:
        fired, resolved = million.fired(outcome), million.resolved(outcome)
        assert np.array_equal(fired, told[0]), name
        # The episode of a flip ends by itself.
        assert np.array_equal(resolved[self.crowd.kind[resolved] != FLIP], told[1]), name
        self.counts[name] = len(fired), len(resolved)


def measure(exchange: Exchange, desk: Desk, watch: Stopwatch) -> None:
    oracle = exchange.oracle
    snapshot = body(exchange.crowd.prices, oracle.now)
    gc.collect()
    gc.freeze()
    for _ in range(PAIRS):
        exchange.calm()
        watch("decode", lambda: DECODER.decode(snapshot))
        exchange.prices("quiet", oracle.quiet())
        desk.follow("busy", exchange.prices("busy", oracle.busy(BUSY_COINS)), oracle.now)
        exchange.prices("clearing", oracle.quiet())
        exchange.signals("signals", oracle.signals(FLIPPING))
        exchange.calm()
        watch("decode", lambda: DECODER.decode(snapshot))
        desk.follow("crash", exchange.prices("crash", oracle.crash(FALL)), oracle.now)
        exchange.prices("recovery", oracle.quiet())
    gc.unfreeze()


def main() -> list[Row]:
    watch = Stopwatch()
    exchange = Exchange(million.ALERTS, watch)
    each = million.footprint(exchange.state) / million.ALERTS
    words = million.words(exchange.state) / million.ALERTS
    with TemporaryDirectory(prefix="alertd-bench-") as folder:
        path = Path(folder) / "alertd.db"
        million.fill(path, exchange.crowd)
        with Desk(exchange.state, path, watch) as desk:
            measure(exchange, desk, watch)
    return [
        *ticks(exchange.counts, watch),
        tell(Row("bytes of an alert / promised", each, BYTES_EACH, 1.0, REASONS["memory"], in_bytes)),
        tell(Row("bytes of its name and words / promised without", words, BYTES_EACH, unit=in_bytes)),
    ]


def ticks(counts: dict[str, tuple[int, int]], watch: Stopwatch) -> list[Row]:
    decode = watch.median("decode")
    rows = []
    for name in ("quiet", "busy", "clearing", "signals", "crash"):
        fired, resolved = counts[name]
        said = f"{name}, judged: {fired:,} fire, {resolved:,} clear / decoding"
        rows.append(tell(Row(said, watch.median(name), decode, TARGETS.get(name), REASONS.get(name, ""))))
    parts = [(name, "absorbing") for name in ("quiet", "busy", "crash")]
    parts += [(name, part) for name in ("busy", "crash") for part in ("events", "dispatch", "commit")]
    return rows + [
        tell(Row(f"{name}, {part} / decoding", watch.median(f"{name} {part}"), decode)) for name, part in parts
    ]


if __name__ == "__main__":
    note(f"{million.ALERTS:,} alerts")
    sys.exit(any(row.missed for row in main()))
