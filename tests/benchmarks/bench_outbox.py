"""The outbox against raw SQLite: CPU per message from commit to settled.

Ours: commit 100 messages with their events and items, ask what is due, note the attempts, settle them, as the daemon
does it (event loop, writer thread, order, lanes and fairness per address, what follows what, pace). Theirs: the least
that an outbox in SQL can be which records each event and item once, from the same values to the same values, with the
same settings and the same bytes per row: insert 100 of each, read 100 with their events, mark 100 as sending, mark 100
as sent: three transactions of prepared statements without a thread or a loop.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from alertd.model.event import Entry, Event, EventKind, Words
from alertd.model.notification import Destination, ItemFate, ItemRow, Message
from alertd.rows import Attempt, Commit, Fate, Settled
from alertd.storage.codec import decode_body, encode_message, entry_of, row_of
from alertd.storage.database import PRAGMAS
from alertd.storage.sqlite import SqliteStore
from tests.benchmarks.table import Row, compare

TARGET = 1.25
REASON = (
    "us of SQL for each: insert 19 against 12, claim, attempt and end 36 against 21: head, readiness, queue and standby"
    " of an address are indexes of their own, and whoever comes and goes is looked up in them"
)
START = 1_767_225_600.0
BATCH = 100
BATCHES = 20
PAIRS = 9

_TABLE = """
CREATE TABLE event (
    number INTEGER PRIMARY KEY, time REAL NOT NULL, alert INTEGER NOT NULL, kind TEXT NOT NULL,
    episode INTEGER NOT NULL, ordinal INTEGER NOT NULL, owner TEXT NOT NULL, rule TEXT NOT NULL, symbol TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_once ON event (alert, episode, kind, ordinal);
CREATE INDEX event_time ON event (time);
CREATE TABLE item (
    event INTEGER NOT NULL, receiver TEXT NOT NULL, fate TEXT NOT NULL, reason TEXT NOT NULL, until REAL NOT NULL,
    wait_group TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (event, receiver)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    row INTEGER PRIMARY KEY, receiver TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL,
    lane INTEGER NOT NULL, loudness TEXT NOT NULL, created REAL NOT NULL, expires REAL NOT NULL, due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, ref TEXT NOT NULL DEFAULT '', settled REAL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (channel, lane, due) WHERE state = 'waiting';
CREATE INDEX outbox_address ON outbox (channel, address, row) WHERE state IN ('waiting', 'sending');
CREATE TABLE attempt (row INTEGER PRIMARY KEY, channel TEXT NOT NULL, at REAL NOT NULL, buckets TEXT NOT NULL) STRICT;
"""


def _commit(first: int) -> Commit:
    numbers = range(first, first + BATCH)
    return Commit(
        now=START,
        entries=[_entry(number) for number in numbers],
        items=[ItemRow(number, "desk", ItemFate.TOLD, message=number) for number in numbers],
        messages=[_message(number) for number in numbers],
    )


def _entry(number: int) -> Entry:
    event = Event(
        time=START,
        kind=EventKind.FIRED,
        alert=17,
        rule="btc-breakout",
        owner="",
        symbol="BTC",
        episode=number,
        ordinal=1,
        at=START - 2,
        source="binance",
        values={"price": 70_003.0 + number % 100, "level": 70_000.0, "change": 5.2, "signal": "bullish"},
    )
    return Entry(number, event, Words("price > 70k and signal is bullish", labels=(("severity", "critical"),)))


def _message(number: int) -> Message:
    return Message(
        number=number,
        receiver="desk",
        destinations=(Destination("telegram", str(1_000_000 + number)),),
        created=START,
        expires=START + 3600,
        holding=(number,),
    )


def _buckets(address: str) -> tuple[str, ...]:
    return ("bot", f"chat:{address}")


def _batches() -> Iterator[Commit]:
    """All that the runs take, made ahead: building messages is dispatch's work, not the outbox'."""
    return iter([_commit(1 + n * BATCH) for n in range(BATCHES * (PAIRS + 1))])


class Ours:
    """The daemon's store."""

    def __init__(self, path: Path, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._store = runner.run(SqliteStore.open(path, now=START))
        self._batches = _batches()

    def __call__(self) -> None:
        self._runner.run(self._work())

    async def _work(self) -> None:
        store = self._store
        for commit in islice(self._batches, BATCHES):
            await store.commit(commit)
            found = await store.due("telegram", START, limit=BATCH)
            attempts = [Attempt(queued.row, _buckets(queued.address)) for queued in found]
            begun = await store.turn("telegram", attempts=attempts, now=START)
            sent = [Settled(row=row, fate=Fate.SENT, at=START, ref="1") for row in begun]
            await store.turn("telegram", settled=sent)
            assert len(sent) == BATCH

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
        self._batches = _batches()

    def __call__(self) -> None:
        for commit in islice(self._batches, BATCHES):
            self._insert(commit)
            self._deliver()

    def _insert(self, commit: Commit) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [row_of(entry) for entry in commit.entries]
        )
        connection.executemany(
            "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*item[:2], item.fate.value, *item[3:]) for item in commit.items],
        )
        connection.executemany(
            "INSERT INTO outbox (receiver, channel, address, lane, loudness, created, expires, due, state, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)",
            [
                (
                    *(one.receiver, *one.destinations[0], int(one.lane), one.loudness.value),
                    *(START, one.expires, START, encode_message(one)),
                )
                for one in commit.messages
            ],
        )
        connection.execute("COMMIT")

    def _deliver(self) -> None:
        connection = self._connection
        found = connection.execute(
            "SELECT row, receiver, address, lane, loudness, created, due, expires, attempts, body FROM outbox"
            " WHERE state = 'waiting' AND channel = 'telegram' ORDER BY lane, due LIMIT ?",
            (BATCH,),
        ).fetchall()
        bodies = [decode_body(row[-1]) for row in found]
        numbers = [number for body in bodies for number in body.holding]
        entries = connection.execute(
            "SELECT event.* FROM json_each(?) CROSS JOIN event ON number = value", (json.dumps(numbers),)
        )
        told = [entry_of(row) for row in entries]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE row = ?", [row[:1] for row in found]
        )
        buckets = [bucket for row in found for bucket in _buckets(row[2])]
        connection.execute(
            "INSERT INTO attempt (channel, at, buckets) VALUES ('telegram', ?, ?)", (START, ",".join(buckets))
        )
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "UPDATE outbox SET state = 'sent', settled = ?, ref = ? WHERE row = ?",
            [(START, "1", row[0]) for row in found],
        )
        connection.execute("COMMIT")
        assert len(told) == BATCH

    def close(self) -> None:
        self._connection.close()


def main() -> list[Row]:
    with TemporaryDirectory(prefix="alertd-bench-") as folder, asyncio.Runner() as runner:
        ours, raw = Ours(Path(folder, "ours.db"), runner), Raw(Path(folder, "raw.db"))
        try:
            return [
                compare(
                    f"outbox, {BATCH * BATCHES:,} rows / raw SQLite",
                    ours,
                    raw,
                    target=TARGET,
                    reason=REASON,
                    pairs=PAIRS,
                )
            ]
        finally:
            ours.close()
            raw.close()


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
