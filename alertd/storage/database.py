"""Files of the store: create, inspect, migrate, open; and SQLite's errors in alertd's words."""

import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from errno import EDQUOT, EEXIST, EIO, ENOSPC
from pathlib import Path
from typing import NamedTuple

import msgspec

from alertd.errors import AlertdError, StorageBusy, StorageError, StorageUnusable
from alertd.storage.schema import APPLICATION_ID, MIGRATIONS

PRAGMAS: Mapping[str, int | str] = {
    "synchronous": "FULL",
    "busy_timeout": 250,  # milliseconds: the writer thread must not hang on somebody's open transaction
    "journal_size_limit": 64 << 20,
    "secure_delete": "ON",  # what is erased is overwritten: some builds of SQLite do so by themselves, others do not
    "wal_autocheckpoint": 4000,  # pages, 16 MB: the tick that copies them into the file waits 20 ms for the disk
}

WAY_OUT = (
    "It was left untouched. `alertd store check` says what is wrong with it, `alertd store backup` keeps a copy,"
    " `alertd store restore BACKUP` goes back to an earlier one."
)

_BUSY = {
    sqlite3.SQLITE_BUSY: "it is locked by another program",
    sqlite3.SQLITE_LOCKED: "it is locked by another program",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk does not work",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CLOSED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


def explain(error: Exception, path: Path) -> Exception:
    """SQLite's error as a StorageError that says the way out. Anything that is no trouble of the store stays itself."""
    if isinstance(error, msgspec.MsgspecError):
        return StorageUnusable(f"{path} holds a row that cannot be read ({error}). {WAY_OUT}")
    if isinstance(error, OSError):
        kind = StorageBusy if error.errno in (ENOSPC, EDQUOT, EIO) else StorageUnusable
        return kind(f"{error.filename or path}: {error.strerror}")
    if isinstance(error, AlertdError) or not isinstance(error, sqlite3.Error):
        return error
    # The low byte of the extended code is the primary one; errors of the module itself have none.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return StorageBusy(f"{path}: {_BUSY[code]} ({error}); nothing was written")
    if code in _DAMAGED:
        return StorageUnusable(f"{path} is damaged ({error}). {WAY_OUT}")
    if code in _CLOSED:
        return StorageUnusable(f"{path} cannot be opened ({error}): alertd must be able to read and write it")
    return StorageError(f"{path}: {error}")


class Opened(NamedTuple):
    """A database that is ready, its word and its seal."""

    connection: sqlite3.Connection
    word: str
    seal: bytes


def open_database(
    path: Path, *, now: float, migrations: Sequence[str] = MIGRATIONS, pragmas: Mapping[str, int | str] | None = None
) -> Opened:
    """A connection for reading and writing, the schema brought up to date; the caller holds the lock.

    A new file is made with mode 0600. Before a migration the database is copied to
    `<path>.backup-v<old>-<UTC time>`. Raises StorageError; what cannot be used is left as it is.
    """
    try:
        path = path.resolve()  # a link stays one: what it leads to is made, and migrated beside itself
        if path.exists() and not path.is_file():
            raise StorageUnusable(f"{path} is no file: give the database another `state:`")
        if not path.exists() or path.stat().st_size == 0:
            _create(path, migrations)
        version = _inspect(path, migrations)
        connection = open_writable(path)
        try:
            _set(connection, {**PRAGMAS, **(pragmas or {})})
            if version < len(migrations):
                copy(connection, path.with_name(f"{path.name}.backup-v{version}-{stamp(now)}"))
                _migrate(connection, version, migrations)
            opened = Opened(connection, *read_identity(connection))
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise explain(error, path) from None
    return opened


def read_identity(connection: sqlite3.Connection) -> tuple[str, bytes]:
    """The store's word and seal."""
    word, seal = connection.execute("SELECT word, seal FROM meta").fetchone()
    return word, seal


def open_readonly(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, beside a running daemon or without one. Raises sqlite3.Error, StorageUnusable.

    Where no daemon has its log beside the file, the file is read as it lies: an ordinary reader would leave a log
    of its own behind, owned by whoever ran it, that the daemon could not open.
    """
    if not path.is_file():
        raise StorageUnusable(f"there is no database {path}")
    log = path.with_name(f"{path.name}-wal").exists()
    if log and os.geteuid() == 0:
        _lend_index(path)
    return _connect(f"{path.absolute().as_uri()}?mode=ro{'' if log else '&immutable=1'}")


def _lend_index(path: Path) -> None:
    """After a crash the log has no index beside it: root, reading, makes one that the daemon's user can open."""
    index, owner = path.with_name(f"{path.name}-shm"), path.stat()
    if not index.exists():
        index.touch(mode=0o600)
        os.chown(index, owner.st_uid, owner.st_gid)


def open_writable(path: Path) -> sqlite3.Connection:
    """A connection that may change the file; the caller holds its lock, if it has one. Raises sqlite3.Error."""
    return _connect(f"{path.absolute().as_uri()}?mode=rw")


def version_of(connection: sqlite3.Connection, path: Path, latest: int = len(MIGRATIONS)) -> int:
    """The schema's version. Raises StorageUnusable if it is another program's database, or a newer alertd's."""
    (kind,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if kind != APPLICATION_ID:
        raise StorageUnusable(
            f"{path} is a database of another program; it was left untouched. Choose another `state:`."
        )
    if version > latest:
        raise StorageUnusable(
            f"{path} was written by a newer alertd (schema {version}, this one knows {latest}): install that one again,"
            f" or restore a backup from before the upgrade. {WAY_OUT}"
        )
    return int(version)


def copy(connection: sqlite3.Connection, target: Path) -> None:
    """The database as it stands now, into a new file of mode 0600 that is whole or not there. Raises sqlite3.Error,
    OSError."""
    if target.exists():
        raise FileExistsError(EEXIST, "there is a file already", str(target))
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    _touch(draft)
    with closing(open_writable(draft)) as other:
        connection.backup(other)
    replace(draft, target)


def replace(draft: Path, path: Path) -> None:
    """Put a finished file in the place of another, durably."""
    _sync(draft)
    draft.replace(path)
    _sync(path.parent)


def empty_log(connection: sqlite3.Connection) -> bool:
    """Copy the write-ahead log into the file, and cut it off. Whether it is done: a reader may need it still."""
    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def stamp(now: float) -> str:
    """A time as a part of a file name: `20260101T000000Z`."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def _connect(uri: str) -> sqlite3.Connection:
    # Transactions are begun and ended in so many words; the thread that uses it is not the one that opens it.
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def _set(connection: sqlite3.Connection, pragmas: Mapping[str, int | str]) -> None:
    for name, value in pragmas.items():
        connection.execute(f"PRAGMA {name} = {value}")


def _create(path: Path, migrations: Sequence[str]) -> None:
    """Make it beside its place and move it there, so that a crash leaves none that is half made."""
    draft = path.with_name(f"{path.name}.new")
    for leftover in (draft, *(draft.with_name(draft.name + end) for end in ("-journal", "-wal", "-shm"))):
        leftover.unlink(missing_ok=True)
    _touch(draft)
    with closing(open_writable(draft)) as connection:
        _set(connection, {"application_id": APPLICATION_ID})
        _migrate(connection, 0, migrations)
        _set(connection, {"journal_mode": "WAL"})
    replace(draft, path)


def _inspect(path: Path, migrations: Sequence[str]) -> int:
    with closing(open_readonly(path)) as connection:
        version = version_of(connection, path, len(migrations))
        # Reads the whole schema, and sees if the file is shorter than its header says.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return version


def _migrate(connection: sqlite3.Connection, version: int, migrations: Sequence[str]) -> None:
    for number, script in enumerate(migrations[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version = {number};COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _touch(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
