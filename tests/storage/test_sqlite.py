"""The database file: who may use it, what happens to it when something is wrong."""

import asyncio
import os
import sqlite3
import stat
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from alertd.errors import StorageBusy, StorageError, StorageUnusable
from alertd.rows import Commit, Fate, Settled
from alertd.storage import outbox
from alertd.storage.database import open_database
from alertd.storage.maintenance import check
from alertd.storage.schema import MIGRATIONS
from alertd.storage.sqlite import SqliteStore
from alertd.storage.writer import Writer
from tests.fakes import START
from tests.storage.rows import alert, bodies, comparable, message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alertd.db"


async def made(path: Path) -> None:
    """A store with something in it, closed again."""
    store = await SqliteStore.open(path, now=START)
    rows = [alert(n) for n in range(1, 400)]
    await store.commit(Commit(now=START, alerts=rows, messages=[message(1, "chat:a")]))
    await store.close()


def content(path: Path) -> bytes:
    return path.read_bytes()


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


# ── who may use it ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_file_is_private_and_durable(path: Path) -> None:
    store = await SqliteStore.open(path, now=START)
    await store.commit(Commit(now=START, alerts=[alert(1)]))
    assert names(path.parent) == {"alertd.db", "alertd.db-wal", "alertd.db-shm", "alertd.db.lock"}
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()} == {0o600}
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    await store.close()
    assert names(path.parent) == {"alertd.db", "alertd.db.lock"}


def test_a_commit_is_on_the_disk_when_it_returns(path: Path) -> None:
    connection = open_database(path, now=START).connection
    with closing(connection):
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


async def test_the_word_and_the_seal_stay(path: Path) -> None:
    words = []
    for _ in range(2):
        store = await SqliteStore.open(path, now=START)
        words.append((store.word, store.seal))
        await store.close()
    assert words[0] == words[1]
    assert (len(words[0][0]), len(words[0][1])) == (8, 32)


async def test_a_second_daemon_is_refused_until_the_first_is_gone(path: Path) -> None:
    first = await SqliteStore.open(path, now=START)
    with pytest.raises(StorageUnusable, match=rf"alertd\.db is in use by another alertd \(process {os.getpid()}\)"):
        await SqliteStore.open(path, now=START)
    await first.close()
    second = await SqliteStore.open(path, now=START)
    await second.close()


async def test_a_link_to_the_file_is_no_way_around_the_lock(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    first = await SqliteStore.open(link, now=START)
    assert os.readlink(link) == str(path)
    with pytest.raises(StorageUnusable, match="is in use by another alertd"):
        await SqliteStore.open(path, now=START)
    await first.close()


async def test_what_is_no_file_is_left_alone(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(StorageUnusable, match="is no file"):
        await SqliteStore.open(path, now=START)
    assert stat.S_ISFIFO(os.lstat(path).st_mode)


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageUnusable, match=r"there is no folder .*nowhere"):
        await SqliteStore.open(tmp_path / "nowhere" / "alertd.db", now=START)


async def test_a_closed_store_says_so(path: Path) -> None:
    store = await SqliteStore.open(path, now=START)
    await store.close()
    await store.close()
    with pytest.raises(StorageError, match="closed"):
        await store.load(START)


# ── what cannot be used is left alone ────────────────────────────────────────────────────────────────────────────


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def torn_pages(path: Path) -> None:
    """Behind the roots of all tables, which are looked at when the file is opened."""
    with closing(sqlite3.connect(path)) as connection:
        (last_root,) = connection.execute("SELECT max(rootpage) FROM sqlite_schema").fetchone()
    with path.open("r+b") as file:
        for page in range(last_root, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 512)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def torn_schema(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 900)


def newer(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(60)  # user_version, see the SQLite file format
        file.write(struct.pack(">I", 99))


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (garbage, "is damaged .*not a database.*alertd store check.*alertd store backup.*alertd store restore"),
        (truncated, "is damaged .*malformed.*alertd store check"),
        (torn_schema, "is damaged .*alertd store check"),
        (newer, "written by a newer alertd .*99.*alertd store restore"),
        (foreign, "a database of another program"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_what_cannot_be_used_is_refused_and_untouched(
    path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    await made(path)
    spoil(path)
    before = content(path)
    with pytest.raises(StorageUnusable, match=said):
        await SqliteStore.open(path, now=START)
    assert content(path) == before
    assert names(path.parent) == {"alertd.db", "alertd.db.lock"}
    assert check(path)


async def test_damage_in_the_middle_shows_when_it_is_loaded(path: Path) -> None:
    await made(path)
    torn_pages(path)
    before = content(path)
    store = await SqliteStore.open(path, now=START)
    with pytest.raises(StorageUnusable, match="alertd store check"):
        await store.load(START)
    await store.close()
    assert content(path) == before


# ── busy ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_program_may_hold_it_for_a_while(path: Path) -> None:
    store = await SqliteStore.open(path, now=START, pragmas={"busy_timeout": 0})
    tick = Commit(now=START, alerts=[alert(1)])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy, match="locked by another program"):
            await store.commit(tick)
        assert bodies(await store.load(START)) == []
        other.execute("ROLLBACK")
    await store.commit(tick)
    assert len(bodies(await store.load(START))) == 1
    await store.close()


async def test_a_full_disk_undoes_the_tick_and_nothing_else(path: Path) -> None:
    store = await SqliteStore.open(path, now=START, pragmas={"max_page_count": 60})
    await store.commit(Commit(now=START, messages=[message(1, "chat:a")]))
    before = comparable(await store.load(START))
    with pytest.raises(StorageBusy, match="the disk is full"):
        await store.commit(Commit(now=START, alerts=[alert(1)], pages={"bars": b"x" * 400_000}))
    assert comparable(await store.load(START)) == before
    (delivery,) = await store.due("chat", START, limit=1)
    await store.turn("chat", settled=[Settled(row=delivery.row, fate=Fate.SENT, at=START)])
    assert list(await store.depths()) == []
    await store.close()


def half_made(path: Path) -> None:
    path.touch()
    path.with_name("alertd.db.new").write_bytes(b"half")


# ── migrations ───────────────────────────────────────────────────────────────────────────────────────────────────

BROKEN = "CREATE TABLE extra (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)"
SECOND = "CREATE TABLE extra (x INTEGER) STRICT; INSERT INTO extra VALUES (1)"


async def test_a_migration_keeps_everything_and_a_backup(path: Path) -> None:
    await made(path)
    store = await SqliteStore.open(path, now=START, migrations=(*MIGRATIONS, SECOND))
    assert len(bodies(await store.load(START))) == 399
    await store.close()
    kept = path.with_name(f"alertd.db.backup-v{len(MIGRATIONS)}-20260101T000000Z")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert check(kept) == []
    with closing(sqlite3.connect(path)) as now:
        assert now.execute("SELECT x FROM extra").fetchall() == [(1,)]
        assert now.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    with pytest.raises(StorageUnusable, match="newer"):
        await SqliteStore.open(path, now=START)


async def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    await made(path)
    with pytest.raises(StorageError):
        await SqliteStore.open(path, now=START, migrations=(*MIGRATIONS, BROKEN))
    assert check(path) == []
    store = await SqliteStore.open(path, now=START)
    assert len(bodies(await store.load(START))) == 399
    await store.close()


async def test_a_file_that_a_crash_left_half_made_is_made_anew(path: Path) -> None:
    half_made(path)
    store = await SqliteStore.open(path, now=START)
    await store.close()
    assert check(path) == []


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_writes_that_wait_together_are_one_transaction(path: Path) -> None:
    connection = open_database(path, now=START).connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    writer = Writer(connection, lambda error: error)
    gate = threading.Event()

    def wait(_: sqlite3.Connection) -> None:
        gate.wait()

    def insert(name: str) -> Callable[[sqlite3.Connection], object]:
        return lambda connection: connection.execute("INSERT INTO page VALUES (?, x'00')", (name,))

    calls: list[Awaitable[object]] = [asyncio.ensure_future(writer.run(wait))]
    calls += [asyncio.ensure_future(writer.run(insert(name), writes=True)) for name in ("a", "b", "a", "c")]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(result, sqlite3.IntegrityError) for result in results] == [False, False, False, True, False]
    assert statements.count("COMMIT") == 1
    pages = await writer.run(lambda c: c.execute("SELECT name FROM page").fetchall())
    assert pages == [("a",), ("b",), ("c",)]
    await writer.close()


async def test_a_call_that_is_given_up_stops_nobody(path: Path) -> None:
    store = await SqliteStore.open(path, now=START)
    given_up = asyncio.ensure_future(store.commit(Commit(now=START, alerts=[alert(1)])))
    await asyncio.sleep(0)
    given_up.cancel()
    await store.commit(Commit(now=START, alerts=[alert(2)]))
    assert given_up.cancelled()
    assert (await store.load(START)).saved.last_alert == 2
    await store.close()


async def test_asking_what_is_due_costs_as_much_as_it_gives(path: Path) -> None:
    """With thousands waiting behind one address that is busy, and thousands of others not yet due."""
    store = await SqliteStore.open(path, now=START)
    ways = ["chat:full"] * 3000 + [f"chat:{n}" for n in range(3000)] + ["chat:one"]
    messages = [message(n, way) for n, way in enumerate(ways, start=1)]
    await store.commit(Commit(now=START, messages=messages))
    late = [one for one in await store.due("chat", START, limit=9000) if one.address not in ("full", "one")]
    put_off = [Settled(row=one.row, fate=Fate.DELAYED, at=START, due=START + 60) for one in late]
    await store.turn("chat", settled=put_off)
    word = store.word
    await store.close()

    connection = open_database(path, now=START).connection
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 1)
    found = outbox.due(connection, "chat", START, limit=10, busy=["full"], word=word)
    assert [one.address for one in found] == ["one"]
    assert outbox.next_due(connection, "chat", ["full"]) == 0.0
    assert steps < 1000
    connection.close()
