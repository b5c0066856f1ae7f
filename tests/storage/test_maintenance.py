"""Check, backup, restore, status: beside a running daemon and without one."""

import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from alertd.errors import StorageError, StorageUnusable
from alertd.model.event import Drop
from alertd.model.kept import Mute, key_of
from alertd.model.notification import ItemFate, ItemRow
from alertd.rows import Commit, Depth, Fate, Settled
from alertd.storage.maintenance import backup, check, count_rows, restore
from alertd.storage.schema import MIGRATIONS
from alertd.storage.sqlite import SqliteStore
from alertd.storage.status import read_status
from tests.fakes import START
from tests.storage.rows import alert, comparable, entry, event, held, message, rule, told


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alertd.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """A store in use, with something in it."""
    made = await SqliteStore.open(path, now=START)
    mute = Mute(owner="", rule="breakout", receiver="desk", since=START, until=START + 9)
    await made.commit(
        Commit(
            now=START,
            rules={7: rule(7)},
            alerts=[alert(1, episode=1), alert(2)],
            entries=[entry(1), entry(2)],
            drops=[Drop(START, 1, "breakout", "", "BTC", "cooldown")],
            items=[
                held(1),
                *(ItemRow(1, name, ItemFate.DROPPED, "receiver_gone") for name in ("me", "you")),
                told(2, 1),
            ],
            messages=[message(1, "chat:a", holding=[2]), message(2, "chat:a", "mail:a"), message(3, "mail:b")],
            kept={key_of(mute): mute},
        )
    )
    ends = [(64, Fate.BURIED, "blocked"), (192, Fate.EXPIRED, "")]
    await made.turn("chat", settled=[Settled(row=row, fate=fate, at=START, reason=why) for row, fate, why in ends])
    yield made
    await made.close()


def content(path: Path) -> bytes:
    return path.read_bytes()


def half(path: Path, target: Path) -> None:
    target.write_bytes(content(path)[: path.stat().st_size // 2])


def sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("running", [True, False], ids=["beside a daemon", "without one"])
async def test_reading_changes_nothing(store: SqliteStore, path: Path, running: bool) -> None:
    if not running:
        await store.close()
    before = {entry.name for entry in path.parent.iterdir()}
    assert check(path) == []
    assert list(count_rows(path).items()) == [
        *(("rule", 1), ("alert", 2), ("series", 0), ("page", 0), ("event", 2)),
        *(("dropped", 1), ("item", 4), ("kept", 1), ("delivery", 4), ("way", 0)),
    ]
    status = read_status(path)
    assert (status.version, status.alerts, status.held) == (len(MIGRATIONS), 2, 1)
    assert status.depths == [Depth("chat", 1, START), Depth("mail", 1, START)]
    assert status.unsent == {"blocked": 1, "cooldown": 1, "expired": 1, "receiver_gone": 2}
    assert status.events == [event(2), event(1)]
    assert {entry.name for entry in path.parent.iterdir()} == before


async def test_a_backup_is_all_of_it(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    backup(path, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert check(target) == []
    assert count_rows(target) == count_rows(path)
    assert not target.with_name("copy.db.part").exists()
    with pytest.raises(StorageError, match="there already"):
        backup(path, target)


async def test_a_restore_goes_back_and_keeps_what_was(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    backup(path, target)
    then = comparable(await store.load(START))
    await store.commit(Commit(now=START, alerts=[alert(9)]))
    with pytest.raises(StorageUnusable, match="in use by another alertd"):
        restore(target, path, now=START)
    await store.close()
    kept = restore(target, path, now=START)
    assert kept == tmp_path / "alertd.db.before-restore-20260101T000000Z"
    assert count_rows(kept)["alert"] == 3
    again = await SqliteStore.open(path, now=START)
    snapshot = await again.load(START)
    assert comparable(snapshot)[:-1] == then[:-1]
    assert snapshot.last_message == snapshot.last_event == START * 1e6, (
        "no number of the time since the backup is given again"
    )
    assert again.word == store.word
    assert [one.message for one in await again.due("chat", START, limit=1)] == [f"{store.word}-2"]
    await again.close()


async def test_a_restore_after_a_crash_keeps_the_log_with_its_file(store: SqliteStore, path: Path) -> None:
    await store.commit(Commit(now=START, alerts=[alert(9)]))
    crashed = path.with_name("crashed.db")
    for end in ("", "-wal"):
        crashed.with_name(crashed.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    target = path.with_name("copy.db")
    backup(path, target)
    kept = restore(target, crashed, now=START)
    assert kept is not None
    assert kept.with_name(f"{kept.name}-wal").exists()
    assert not crashed.with_name("crashed.db-wal").exists()
    assert check(crashed) == []
    assert count_rows(kept)["alert"] == 3


async def test_a_restore_where_there_is_no_database(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    backup(path, target)
    assert restore(target, tmp_path / "new.db", now=START) is None
    assert check(tmp_path / "new.db") == []


async def test_a_restore_over_a_link_replaces_what_it_leads_to(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    backup(path, tmp_path / "copy.db")
    await store.close()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    kept = restore(tmp_path / "copy.db", link, now=START)
    assert link.is_symlink()
    assert kept is not None
    assert kept.name.startswith("alertd.db.before-restore")
    assert check(path) == []


async def test_a_backup_that_is_not_whole_is_not_restored(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    await store.close()
    bad = tmp_path / "bad.db"
    before = content(path)
    half(path, bad)
    with pytest.raises(StorageUnusable, match="nothing was restored"):
        restore(bad, path, now=START)
    assert content(path) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE delivery SET state = 'queued' WHERE state = 'next'", "has no first one"),
        ("INSERT INTO item VALUES (99, '', 'dropped', '', 0.0, '', 0)", "event that is not there"),
        ("UPDATE delivery SET state = 'queued', settled = NULL WHERE row = 64", "less urgent"),
        ("UPDATE delivery SET state = 'lost' WHERE state = 'next'", "no known state"),
        ("UPDATE meta SET last_message = 1", "counter"),
        ("UPDATE kept SET body = x'00'", "cannot be read"),
        ("PRAGMA application_id = 7", "another program"),
        ("DROP TABLE item; ", "item"),
    ],
)
async def test_check_finds(store: SqliteStore, path: Path, statement: str, said: str) -> None:
    await store.close()
    sql(path, statement)
    problems = check(path)
    if said == "item":
        with pytest.raises(StorageError, match="item"):
            count_rows(path)
    else:
        assert said in problems[0]


def test_check_of_nothing(path: Path) -> None:
    assert check(path) == [f"there is no database {path}"]
    with pytest.raises(StorageError):
        read_status(path)
    with pytest.raises(StorageError):
        backup(path, path.with_name("copy.db"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root restores for another user")
@pytest.mark.parametrize("there", [True, False], ids=["over a database", "into an empty folder"])
async def test_a_restored_database_is_the_daemons(store: SqliteStore, path: Path, tmp_path: Path, there: bool) -> None:
    await store.close()
    place = tmp_path / "lib" / "alertd.db"
    place.parent.mkdir()
    os.chown(place.parent, 10001, 10002)
    copied = tmp_path / "copy.db"
    backup(path, copied)
    if there:
        backup(path, place)
        place.chmod(0o640)
        os.chown(place, 10003, 10004)
    restore(copied, place, now=START)
    owner = (10003, 10004) if there else (10001, 10002)
    for file, mode in ((place, 0o640 if there else 0o600), (place.with_name("alertd.db.lock"), 0o600)):
        now = file.stat()
        assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (*owner, mode)
    assert not any("store check" in problem for problem in check(tmp_path / "none.db"))
