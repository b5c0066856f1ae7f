"""The store of the daemon: one SQLite file, every call one transaction that is durable when it returns."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from alertd.model.event import Event
from alertd.model.notification import Delivery, Held
from alertd.ports import Commit, Depth, SeriesRow, Settled, Snapshot
from alertd.storage import messages, rules
from alertd.storage.codec import decode_event, decode_held, encode
from alertd.storage.database import explain, open_database
from alertd.storage.lock import Lock
from alertd.storage.schema import MIGRATIONS
from alertd.storage.writer import Writer

_DAY = 86400.0


class SqliteStore:
    """Made by `open`; see `ports.Store` for what it promises."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, word: str, lock: Lock) -> None:
        self._word = word
        self._writer = Writer(connection, lambda error: explain(error, path))
        self._lock = lock

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        now: float,
        migrations: Sequence[str] = MIGRATIONS,
        pragmas: Mapping[str, int | str] | None = None,
    ) -> Self:
        """Take the file for this process, make or migrate it. `pragmas` come on top of `database.PRAGMAS`.

        Raises StorageUnusable where another daemon has it, or it is corrupt, foreign or newer; it is untouched then.
        """
        lock = Lock.take(path)
        try:
            connection, word = await asyncio.to_thread(
                open_database, path, now=now, migrations=migrations, pragmas=pragmas
            )
        except BaseException:
            lock.release()
            raise
        return cls(path, connection, word=word, lock=lock)

    @property
    def word(self) -> str:
        return self._word

    async def load(self, now: float) -> Snapshot:
        return await self._writer.run(lambda connection: read_snapshot(connection, now))

    async def commit(self, commit: Commit) -> None:
        await self._writer.run(lambda connection: write_commit(connection, commit, self._word), writes=True)

    async def due(self, channel: str, now: float, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Delivery]:
        return await self._writer.run(
            lambda connection: messages.due(connection, channel, now, limit=limit, busy=busy, word=self._word)
        )

    async def next_due(self, channel: str, *, busy: Sequence[str] = ()) -> float | None:
        return await self._writer.run(lambda connection: messages.next_due(connection, channel, busy))

    async def settle(self, settled: Sequence[Settled]) -> None:
        await self._writer.run(lambda connection: messages.settle(connection, settled), writes=True)

    async def bury_strays(self, channels: Sequence[str], now: float) -> int:
        return await self._writer.run(lambda connection: messages.bury_strays(connection, channels, now), writes=True)

    async def depths(self) -> Sequence[Depth]:
        return await self._writer.run(messages.depths)

    async def history(self, *, limit: int) -> Sequence[Event]:
        return await self._writer.run(lambda connection: read_history(connection, limit))

    async def prune(self, before: float, limit: int) -> int:
        return await self._writer.run(lambda connection: _prune(connection, before, limit), writes=True)

    async def close(self) -> None:
        await self._writer.close()
        self._lock.release()


def read_snapshot(connection: sqlite3.Connection, now: float) -> Snapshot:
    """All that a daemon starts from, as of now (epoch seconds)."""
    last_message, last_held = connection.execute("SELECT last_message, last_held FROM meta").fetchone()
    return Snapshot(
        saved=rules.read(connection),
        series=[SeriesRow._make(row) for row in connection.execute("SELECT * FROM series ORDER BY number")],
        pages=dict(connection.execute("SELECT name, body FROM page ORDER BY name")),
        held=_read_held(connection),
        recent=messages.recent(connection, now - _DAY),
        last_message=last_message,
        last_held=last_held,
    )


def _read_held(connection: sqlite3.Connection) -> list[Held]:
    held = []
    for row, receiver, reason, until, group, body in connection.execute("SELECT * FROM held ORDER BY row"):
        item, event, notification = decode_held(body)
        held.append(
            Held(
                row=row,
                receiver=receiver,
                reason=reason,
                until=until,
                group=group,
                item=item,
                event=event,
                notification=notification,
            )
        )
    return held


def read_history(connection: sqlite3.Connection, limit: int) -> list[Event]:
    """The latest events, newest first."""
    rows = connection.execute("SELECT body FROM event ORDER BY row DESC LIMIT ?", (limit,))
    return [decode_event(body) for (body,) in rows]


def write_commit(connection: sqlite3.Connection, commit: Commit, word: str) -> None:
    """Everything that a tick changed; the caller's transaction makes it whole."""
    rules.write(connection, commit)
    connection.executemany("INSERT INTO series (number, source, field, coin) VALUES (?, ?, ?, ?)", commit.series)
    _write_pages(connection, commit.pages)
    connection.executemany(
        "INSERT INTO event (time, body) VALUES (?, ?)", [(event.time, encode(event)) for event in commit.events]
    )
    _write_unsent(connection, commit)
    if commit.messages:
        messages.insert(connection, commit.messages, word)
    _write_held(connection, commit.held)
    connection.executemany("DELETE FROM held WHERE row = ?", [(row,) for row in commit.released])


def _write_pages(connection: sqlite3.Connection, pages: Mapping[str, bytes | None]) -> None:
    connection.executemany(
        "INSERT INTO page (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        [(name, body) for name, body in pages.items() if body is not None],
    )
    connection.executemany("DELETE FROM page WHERE name = ?", [(name,) for name, body in pages.items() if body is None])


def _write_unsent(connection: sqlite3.Connection, commit: Commit) -> None:
    drops = [
        (drop.time, drop.alert, drop.rule, drop.owner, drop.symbol, 0, "", 0, "", drop.reason) for drop in commit.drops
    ]
    refused = [
        (
            event.time,
            event.alert,
            event.rule,
            event.owner,
            event.symbol,
            event.episode,
            event.kind.value,
            event.ordinal,
            receiver,
            reason,
        )
        for event, receiver, reason in commit.not_sent
    ]
    connection.executemany(
        "INSERT INTO unsent (time, alert, rule, owner, symbol, episode, event, ordinal, receiver, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        drops + refused,
    )


def _write_held(connection: sqlite3.Connection, held: Sequence[Held]) -> None:
    if not held:
        return
    connection.executemany(
        "INSERT INTO held (row, receiver, reason, until, wait_group, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (row)"
        " DO UPDATE SET receiver = excluded.receiver, reason = excluded.reason, until = excluded.until,"
        " wait_group = excluded.wait_group, body = excluded.body",
        [
            (one.row, one.receiver, one.reason, one.until, one.group, encode((one.item, one.event, one.notification)))
            for one in held
        ],
    )
    connection.execute("UPDATE meta SET last_held = max(last_held, ?)", (max(one.row for one in held),))


def _prune(connection: sqlite3.Connection, before: float, limit: int) -> int:
    count = messages.prune(connection, before, limit)
    events = connection.execute(
        "SELECT row, body FROM event WHERE time < ? ORDER BY time, row LIMIT ?", (before, limit - count)
    ).fetchall()
    messages.forget_items(connection, [decode_event(body) for _, body in events])
    connection.executemany("DELETE FROM event WHERE row = ?", [(row,) for row, _ in events])
    count += len(events)
    return (
        count
        + connection.execute(
            "DELETE FROM unsent WHERE row IN (SELECT row FROM unsent WHERE time < ? ORDER BY time LIMIT ?)",
            (before, limit - count),
        ).rowcount
    )
