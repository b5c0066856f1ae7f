"""The outbox against raw SQLite: CPU per message from commit to settled.

Ours: commit 100 messages with their items, ask what is due, settle it, as the daemon does it (event loop, writer
thread, order per address). Theirs: the least that an outbox in SQL can be which sends each item once, from the same
values to the same values, with the same settings and the same bytes per row: insert 100 messages and their items,
claim and read 100, mark 100 sent, three transactions of prepared statements without a thread or a loop.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from alertd.model.event import EventKind, Item
from alertd.model.notification import Destination, Link, Message, Notification, Tone
from alertd.ports import Commit, Fate, Settled
from alertd.storage.codec import decode_notification, encode
from alertd.storage.database import PRAGMAS
from alertd.storage.sqlite import SqliteStore
from tests.benchmarks.table import Row, compare

TARGET = 1.5
START = 1_767_225_600.0
BATCH = 100
BATCHES = 20
PAIRS = 9

_TABLE = """
CREATE TABLE outbox (
    row INTEGER PRIMARY KEY, key TEXT NOT NULL, receiver TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL,
    created REAL NOT NULL, expires REAL NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL, settled REAL, body BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (channel, due) WHERE state = 'waiting';
CREATE TABLE item (
    alert INTEGER NOT NULL, episode INTEGER NOT NULL, event TEXT NOT NULL, ordinal INTEGER NOT NULL,
    receiver TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (alert, episode, event, ordinal, receiver)
) STRICT, WITHOUT ROWID;
"""


def _notification(number: int) -> Notification:
    return Notification(
        title=f"BTC broke 70,000 at 70,0{number % 100:02}",
        lines=("price > 70k and signal is bullish", "up 5.2% in 1h, from 66,541 to 70,003"),
        facts=(("price", "70,003"), ("level", "70,000"), ("change", "+5.2%"), ("signal", "bullish")),
        links=(Link("chart", "https://www.tradingview.com/chart/?symbol=BTCUSDT"),),
        footer="binance, 2 s ago · btc-breakout",
        tone=Tone.ALARM,
        thread=f"17-{number}",
    )


def _message(word: str, number: int) -> Message:
    return Message(
        id=f"{word}-{number}",
        receiver="desk",
        destinations=(Destination("telegram", str(1_000_000 + number)),),
        items=(Item(17, number, EventKind.FIRED, 1, "desk"),),
        notification=_notification(number),
        created=START,
        expires=START + 3600,
    )


def _batches(word: str) -> Iterator[list[Message]]:
    """All that the runs take, made ahead: building messages is dispatch's work, not the outbox'."""
    count = BATCH * BATCHES * (PAIRS + 1)
    messages = [_message(word, number) for number in range(1, count + 1)]
    return iter([messages[start : start + BATCH] for start in range(0, count, BATCH)])


class Ours:
    """The daemon's store."""

    def __init__(self, path: Path, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._store = runner.run(SqliteStore.open(path, now=START))
        self._batches = _batches(self._store.word)

    def __call__(self) -> None:
        self._runner.run(self._work())

    async def _work(self) -> None:
        store = self._store
        for messages in islice(self._batches, BATCHES):
            await store.commit(Commit(now=START, messages=messages))
            found = await store.due("telegram", START, limit=BATCH)
            await store.settle([Settled(delivery.row, Fate.SENT, START) for delivery in found])
            assert len(found) == BATCH

    def close(self) -> None:
        self._runner.run(self._store.close())


class Raw:
    """One table, one index, three transactions."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        for name, value in PRAGMAS.items():
            self._connection.execute(f"PRAGMA {name} = {value}")
        self._connection.executescript(_TABLE)
        self._batches = _batches("raw")

    def __call__(self) -> None:
        connection = self._connection
        for messages in islice(self._batches, BATCHES):
            rows = [
                (one.id, one.receiver, *one.destinations[0], START, one.expires, START, encode(one.notification))
                for one in messages
            ]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO outbox (key, receiver, channel, address, created, expires, due, state, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?)",
                rows,
            )
            connection.executemany(
                "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)",
                [(*item[:2], item.event.value, *item[3:], one.id) for one in messages for item in one.items],
            )
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
            found = connection.execute(
                "SELECT row, key, receiver, address, created, due, expires, attempts, body FROM outbox"
                " WHERE state = 'waiting' AND channel = 'telegram' AND due <= ? ORDER BY due LIMIT ?",
                (START, BATCH),
            ).fetchall()
            claimed = [row[:1] for row in found]
            read = [(*row[:-1], decode_notification(row[-1])) for row in found]
            connection.executemany(
                "UPDATE outbox SET state = 'claimed', attempts = attempts + 1 WHERE row = ?", claimed
            )
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "UPDATE outbox SET state = 'sent', settled = ? WHERE row = ?", [(START, row) for (row,) in claimed]
            )
            connection.execute("COMMIT")
            assert len(read) == BATCH

    def close(self) -> None:
        self._connection.close()


def main() -> list[Row]:
    with TemporaryDirectory(prefix="alertd-bench-") as folder, asyncio.Runner() as runner:
        ours, raw = Ours(Path(folder, "ours.db"), runner), Raw(Path(folder, "raw.db"))
        try:
            return [compare(f"outbox, {BATCH * BATCHES:,} rows / raw SQLite", ours, raw, target=TARGET, pairs=PAIRS)]
        finally:
            ours.close()
            raw.close()


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
