"""What an operator does to the database file: check, back up, restore. Everything here blocks: not for the loop."""

import math
import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from alertd.errors import StorageError, StorageUnusable
from alertd.storage.database import WAY_OUT, copy, explain, open_readonly, open_writable, replace, stamp, version_of
from alertd.storage.lock import Lock, owner_of
from alertd.storage.sqlite import read_snapshot

_COUNTS = """
SELECT (SELECT count(*) FROM rule) AS rule, (SELECT count(*) FROM alert) AS alert,
    (SELECT count(*) FROM series) AS series, (SELECT count(*) FROM page) AS page,
    (SELECT count(*) FROM event) AS event, (SELECT count(*) FROM dropped) AS dropped,
    (SELECT count(*) FROM item) AS item, (SELECT count(*) FROM kept) AS kept,
    (SELECT count(*) FROM delivery) AS delivery, (SELECT count(*) FROM way) AS way
"""

# Checks that the tables' own constraints cannot make: (what is wrong, a query whose rows are the culprits).
_RULES = (
    (
        "deliveries wait for an address that has no first one",
        "SELECT DISTINCT channel, address FROM delivery WHERE state = 'queued' AND NOT EXISTS (SELECT 1 FROM head"
        " WHERE head.channel = delivery.channel AND head.address = delivery.address)",
    ),
    (
        "something waits behind what is less urgent, or newer",
        "SELECT head.channel, head.address FROM head JOIN delivery ON delivery.channel = head.channel"
        " AND delivery.address = head.address WHERE delivery.state = 'queued' AND head.state <> 'sending'"
        " AND (delivery.lane, delivery.row) < (head.lane, head.row)",
    ),
    (
        "a delivery is in no known state",
        "SELECT row, state FROM delivery WHERE state NOT IN ('next', 'later', 'sending', 'queued', 'joined',"
        " 'standby', 'sent', 'buried', 'expired', 'spared') OR (settled IS NULL) <> (state IN"
        " ('next', 'later', 'sending', 'queued', 'joined', 'standby'))",
    ),
    (
        "something is told in a digest that does not wait",
        "SELECT row FROM delivery WHERE state = 'joined' AND NOT EXISTS (SELECT 1 FROM delivery AS head"
        " WHERE head.row = delivery.joined AND head.row <> delivery.row AND head.channel = delivery.channel"
        " AND head.address = delivery.address AND head.state IN ('next', 'later', 'sending', 'queued'))",
    ),
    (
        "something became of an event that is not there",
        "SELECT event, receiver FROM item WHERE NOT EXISTS (SELECT 1 FROM event WHERE number = item.event)",
    ),
    (
        "a number was given that the counter has not reached",
        "SELECT last_message, last_event FROM meta WHERE last_message < (SELECT max(row) / 64 FROM delivery)"
        " OR last_event < (SELECT max(number) FROM event)",
    ),
)


def check(path: Path) -> list[str]:
    """What is wrong with a database, nothing if it is whole. Reads all of it, beside a running daemon or not."""
    try:
        with closing(open_readonly(path)) as connection:
            version_of(connection, path)
            found = [row[0] for row in connection.execute("PRAGMA integrity_check").fetchall() if row[0] != "ok"]
            for wrong, query in _RULES:
                found += [f"{wrong}: {', '.join(map(str, row))}" for row in connection.execute(query).fetchall()]
            read_snapshot(connection, math.inf)
            return found
    except (sqlite3.Error, msgspec.MsgspecError, StorageError) as error:
        return [str(explain(error, path)).removesuffix(WAY_OUT).rstrip()]


def count_rows(path: Path) -> dict[str, int]:
    """The number of rows by table. Raises StorageError."""
    try:
        with closing(open_readonly(path)) as connection:
            version_of(connection, path)
            found = connection.execute(_COUNTS)
            names = [column[0] for column in found.description]
            return dict(zip(names, found.fetchone(), strict=True))
    except sqlite3.Error as error:
        raise explain(error, path) from None


def backup(path: Path, target: Path) -> None:
    """Copy the database as it stands now into a new file of mode 0600, beside a running daemon or without one.

    Raises StorageError; then there is no `target`, or it is what was there before.
    """
    try:
        if target.exists():
            raise StorageError(f"{target} is there already: name a file that is not")
        with closing(open_readonly(path)) as connection:
            version_of(connection, path)
            copy(connection, target)
    except (sqlite3.Error, OSError) as error:
        raise explain(error, path) from None


def restore(source: Path, path: Path, *, now: float) -> Path | None:
    """Put a copy of a backup in the place of the database, which is kept as `<path>.before-restore-<UTC time>`: that
    name is returned, None if there was no database. Owner and mode stay those of the database that was there; where
    there was none, root gives it to the folder's owner.

    Numbers of messages and events go on at the time in microseconds, well past those that were given since the backup
    was made: an idempotency key is never used for two messages. Raises StorageUnusable if a daemon has the database or
    the backup is not whole; then nothing was changed.
    """
    if problems := check(source):
        raise StorageUnusable(f"the backup {source} is not whole, nothing was restored: {problems[0]}")
    path = path.resolve()  # what a link leads to is replaced, not the link
    lock = Lock.take(path)
    try:
        draft = path.with_name(f"{path.name}.restored")
        draft.unlink(missing_ok=True)
        with closing(open_readonly(source)) as connection:
            copy(connection, draft)
        with closing(open_writable(draft)) as connection:
            connection.execute(
                "UPDATE meta SET last_message = max(last_message, ?1), last_event = max(last_event, ?1)",
                (int(now * 1e6),),
            )
        _make_like(draft, path)
        kept = _keep(path, path.with_name(f"{path.name}.before-restore-{stamp(now)}"))
        replace(draft, path)
    except (sqlite3.Error, OSError) as error:
        raise explain(error, path) from None
    finally:
        lock.release()
    return kept


def _make_like(draft: Path, path: Path) -> None:
    if path.exists():
        draft.chmod(stat.S_IMODE(path.stat().st_mode))
    if os.geteuid() == 0:
        owner = owner_of(path)
        os.chown(draft, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _keep(path: Path, kept: Path) -> Path | None:
    """Give the present database another name, with the log that a crash left beside it."""
    with suppress(FileNotFoundError):
        # A link, so that there is a database at `path` at every moment; but never a new one with an old log.
        kept.hardlink_to(path)
        log = path.with_name(f"{path.name}-wal")
        if log.exists():
            log.rename(kept.with_name(f"{kept.name}-wal"))
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
        return kept
    return None
