"""The store of the daemon: one SQLite file, every call one transaction that is durable when it returns."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self, TypeVar

from alertd.errors import StorageError
from alertd.model.event import Entry
from alertd.model.notification import Queued
from alertd.model.people import ChatAlert, Deed, PersonRow
from alertd.model.record import Happening, Story
from alertd.rows import Attempt, Commit, DeadWay, Depth, SeriesRow, Settled, Snapshot
from alertd.storage import events, lately, outbox, people, queue, record, rules, turns, ways
from alertd.storage.database import empty_log, explain, open_database
from alertd.storage.lock import Lock
from alertd.storage.schema import MIGRATIONS
from alertd.storage.turns import Lost
from alertd.storage.writer import Writer

T = TypeVar("T")

log = logging.getLogger(__name__)


class Runner(Protocol):
    """Whoever owns the connection: see `Writer`."""

    async def run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T: ...

    async def close(self) -> None: ...


class SqlStore:
    """See `ports.Store` for what it promises. `word` and `seal` are those of its database."""

    def __init__(self, runner: Runner, *, word: str, seal: bytes) -> None:
        self._runner = runner
        self._word = word
        self._seal = seal
        self._lost = Lost()
        self._traces = True
        """Whether the log may still have words of somebody who is erased; at first of a run that was cut off."""

    @property
    def word(self) -> str:
        return self._word

    @property
    def seal(self) -> bytes:
        return self._seal

    async def load(self, now: float, *, looks_back: float = 0.0) -> Snapshot:
        if await self._runner.run(lambda connection: outbox.is_ahead(connection, now)):
            await self._runner.run(lambda connection: outbox.agree_on_time(connection, now), writes=True)
        if await self._runner.run(lambda connection: queue.is_late(connection, now)):
            await self._runner.run(lambda connection: queue.wait_anew(connection, now), writes=True)
        return await self._runner.run(lambda connection: read_snapshot(connection, now, looks_back))

    async def commit(self, commit: Commit) -> None:
        self._note(await self._runner.run(lambda connection: write_commit(connection, commit), writes=True))
        if any(isinstance(row, PersonRow) and row.body is None for row in commit.people):
            self._traces = True
            await self._wipe()

    async def _wipe(self) -> None:
        """Empty the log, where what was erased stands as it was written. Whoever reads it meanwhile is not disturbed:
        it is tried again with `prune`."""
        try:
            self._traces = not await self._runner.run(empty_log)
        except StorageError as error:
            log.info("the database's log is not emptied yet: %s", error)

    async def due(self, channel: str, now: float, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Queued]:
        return await self._runner.run(
            lambda connection: outbox.due(connection, channel, now, limit=limit, busy=busy, word=self._word),
            writes=True,
        )

    async def next_due(self, channel: str, *, busy: Sequence[str] = ()) -> float | None:
        return await self._runner.run(lambda connection: outbox.next_due(connection, channel, busy))

    async def stale(self, channel: str, address: str, now: float, *, limit: int) -> Sequence[Queued]:
        return await self._runner.run(
            lambda connection: outbox.stale(connection, (channel, address), now, limit=limit, word=self._word)
        )

    async def turn(
        self,
        channel: str,
        *,
        settled: Sequence[Settled] = (),
        attempts: Sequence[Attempt] = (),
        rests: Mapping[str, float] | None = None,
        now: float = 0.0,
    ) -> frozenset[int]:
        def work(connection: sqlite3.Connection) -> tuple[frozenset[int], Lost]:
            begun, lost = turns.turn(connection, settled, attempts)
            turns.pace(connection, channel, [one for one in attempts if one.row in begun], rests or {}, now)
            return begun, lost

        begun, lost = await self._runner.run(work, writes=True)
        self._note(lost)
        return begun

    async def paces(self, channel: str, since: float) -> tuple[Sequence[tuple[str, float]], Mapping[str, float]]:
        return await self._runner.run(lambda connection: turns.paces(connection, channel, since))

    async def bury_strays(self, channels: Sequence[str], now: float) -> int:
        return self._note(
            await self._runner.run(lambda connection: turns.bury_strays(connection, channels, now), writes=True)
        )

    async def retry(self, rows: Sequence[int], now: float, *, idle: bool = False) -> int:
        return await self._runner.run(lambda connection: turns.retry(connection, rows, now, idle=idle), writes=True)

    async def bury(self, rows: Sequence[int], now: float, *, idle: bool = False) -> int:
        return self._note(
            await self._runner.run(lambda connection: turns.bury(connection, rows, now, idle=idle), writes=True)
        )

    def lost(self) -> Mapping[tuple[str, str], int]:
        lost, self._lost = self._lost, Lost()
        return lost

    def _note(self, lost: Lost) -> int:
        for (channel, reason), count in lost.items():
            log.warning("%d deliveries over %s were given up: %s", count, channel, reason)
        self._lost += lost
        return lost.total()

    async def dead(self) -> Sequence[DeadWay]:
        return await self._runner.run(ways.dead)

    async def depths(self) -> Sequence[Depth]:
        return await self._runner.run(outbox.depths)

    async def entries(self, numbers: Sequence[int]) -> Sequence[Entry]:
        found = await self._runner.run(lambda connection: events.read_entries(connection, numbers))
        return [found[number] for number in sorted(found)]

    async def delivery(self, row: int) -> Queued | None:
        return await self._runner.run(lambda connection: outbox.one(connection, row, self.word))

    async def chat_alerts(self, person: int, *, holding: str = "") -> Sequence[ChatAlert]:
        return await self._runner.run(lambda connection: people.chat_alerts(connection, person, holding))

    async def how_many_alerts(self, person: int) -> int:
        return await self._runner.run(lambda connection: people.how_many_alerts(connection, person))

    async def all_chat_alerts(self, after: tuple[int, int], *, limit: int) -> Sequence[ChatAlert]:
        return await self._runner.run(lambda connection: people.all_chat_alerts(connection, after, limit))

    async def last_alert(self, person: int) -> int:
        return await self._runner.run(lambda connection: people.last_alert(connection, person))

    async def heard(self, channel: str, key: str) -> bytes | None:
        return await self._runner.run(lambda connection: people.heard(connection, channel, key))

    async def deeds(self, *, limit: int, who: str = "") -> Sequence[Deed]:
        return await self._runner.run(lambda connection: people.deeds(connection, limit, who))

    async def happened(
        self, *, owner: str = "", rule: str = "", symbol: str = "", since: float = 0.0, limit: int
    ) -> Sequence[Happening]:
        return await self._runner.run(
            lambda connection: record.history(
                connection, owner=owner or None, rule=rule, symbol=symbol, since=since, limit=limit
            )
        )

    async def story(self, word: str) -> Story | None:
        return await self._runner.run(lambda connection: record.episode(connection, word))

    async def prune(self, before: float, limit: int) -> int:
        if self._traces:
            await self._wipe()
        return await self._runner.run(lambda connection: _prune(connection, before, limit), writes=True)

    async def close(self) -> None:
        await self._runner.close()


class SqliteStore(SqlStore):
    """One on a file, made by `open`."""

    def __init__(self, runner: Runner, *, word: str, seal: bytes, lock: Lock) -> None:
        super().__init__(runner, word=word, seal=seal)
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
            opened = await asyncio.to_thread(open_database, path, now=now, migrations=migrations, pragmas=pragmas)
        except BaseException:
            lock.release()
            raise
        writer = Writer(opened.connection, lambda error: explain(error, path))
        return cls(writer, word=opened.word, seal=opened.seal, lock=lock)

    async def close(self) -> None:
        await super().close()
        self._lock.release()


def read_snapshot(connection: sqlite3.Connection, now: float, looks_back: float = 0.0) -> Snapshot:
    """All that a daemon starts from, as of now (epoch seconds)."""
    last_event, last_message = connection.execute("SELECT last_event, last_message FROM meta").fetchone()
    return Snapshot(
        saved=rules.read(connection),
        series=[SeriesRow._make(row) for row in connection.execute("SELECT * FROM series ORDER BY number")],
        pages=dict(connection.execute("SELECT name, body FROM page ORDER BY name")),
        held=events.read_held(connection),
        kept=events.read_kept(connection),
        recent=outbox.recent(connection, now),
        spoke=lately.spoke(connection, now - looks_back, now),
        fired=lately.fired(connection, now - looks_back, now),
        last_event=last_event,
        last_message=last_message,
        crowd=people.read(connection),
    )


def write_commit(connection: sqlite3.Connection, commit: Commit) -> Lost:
    """Everything that a tick changed; the caller's transaction makes it whole. Returns what was buried at once."""
    rules.write(connection, commit)
    connection.executemany("INSERT INTO series (number, source, field, coin) VALUES (?, ?, ?, ?)", commit.series)
    _write_pages(connection, commit.pages)
    events.insert_entries(connection, commit.entries)
    events.insert_drops(connection, commit.drops)
    events.put_items(connection, commit.items, commit.now)
    events.insert_tellings(connection, commit.tellings, commit.now)
    events.put_kept(connection, commit.kept)
    lost = outbox.insert(connection, commit.messages, commit.now)
    people.write(connection, commit.people)  # the last: whoever is erased takes their words out of all of it
    return lost


def _write_pages(connection: sqlite3.Connection, pages: Mapping[str, bytes | None]) -> None:
    connection.executemany(
        "INSERT INTO page (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        [(name, body) for name, body in pages.items() if body is not None],
    )
    connection.executemany("DELETE FROM page WHERE name = ?", [(name,) for name, body in pages.items() if body is None])


def _prune(connection: sqlite3.Connection, before: float, limit: int) -> int:
    count = outbox.prune(connection, before, limit)
    count += events.prune(connection, before, limit - count)
    return count + people.prune(connection, before, limit - count)
