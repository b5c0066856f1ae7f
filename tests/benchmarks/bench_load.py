"""A start with a million alerts in SQLite, against a raw read of the same rows into numpy plus one sort.

Ours: open the store, load it, build the state and put every alert in force, as a daemon does it, names and words of
the rules included. Theirs: the bodies of all alerts and of all rules, as they are stored, through `sqlite3` into numpy,
sorted by coin and level; no name and no word is read. What was loaded must judge the next tick as the oracle says.
"""

import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from alertd.model.alert import ALERT, AlertBlock
from alertd.rules.state import State
from tests.benchmarks import million
from tests.benchmarks.bench_judge import BUSY_COINS
from tests.benchmarks.crowd import CREATED, Oracle, crowd
from tests.benchmarks.daemon import OPEN, Daemon
from tests.benchmarks.table import Row, compare

TARGET = 2.0
REASON = ""


def raw(path: Path) -> None:
    """The least that reads every alert."""
    connection = sqlite3.connect(path)
    # What some alerts remember stands behind their rows.
    alerts = [
        row for (row,) in connection.execute("SELECT substr(body, 1, ?) FROM alert ORDER BY id", (ALERT.itemsize,))
    ]
    rules = [body for (body,) in connection.execute("SELECT body FROM rule ORDER BY number")]
    connection.close()
    rows = AlertBlock.of(b"".join(alerts), ALERT.itemsize).rows
    # The level is the last number of a rule's body.
    ends = np.cumsum(np.fromiter(map(len, rules), np.int64, len(rules))) // 8
    levels = np.frombuffer(b"".join(rules), "<f8")[ends - 1]
    order = np.lexsort((levels[rows["rule"]], rows["coin"]))
    assert len(order) == million.ALERTS


def main() -> list[Row]:
    of = crowd(million.ALERTS)
    oracle = Oracle(of)
    with TemporaryDirectory(prefix="alertd-bench-") as folder:
        path = Path(folder) / "alertd.db"
        million.fill(path, of)
        with Daemon(path, CREATED, OPEN) as daemon:
            for _ in range(2):
                daemon.take(oracle.price_poll(of.prices))
        start = million.Start(path, oracle.now)
        name = "a start / reading the rows raw and a sort"
        row = compare(name, start, lambda: raw(path), target=TARGET, reason=REASON)
        check(start(), oracle)
    return [row]


def check(state: State, oracle: Oracle) -> None:
    """The state that was loaded judges the next ticks as one that was never stopped."""
    assert len(state) == len(oracle.crowd)
    oracle.after_prices(oracle.crowd.prices)
    for prices in (oracle.crowd.prices, oracle.busy(BUSY_COINS), oracle.quiet()):
        outcome = million.tick(state, oracle.price_poll(prices))
        fired, resolved = oracle.after_prices(prices)
        assert np.array_equal(million.fired(outcome), fired)
        assert np.array_equal(million.resolved(outcome), resolved)


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
