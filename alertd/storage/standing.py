"""What stands at the moment: what dispatch remembers, which episodes are open, which rules there were; read from the
file, beside a running daemon or without one."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import msgspec

from alertd.model.event import Entry
from alertd.model.kept import Kept
from alertd.model.people import full_name
from alertd.storage import events
from alertd.storage.codec import entry_of
from alertd.storage.database import explain, open_readonly, version_of

_T = TypeVar("_T")

_OPEN = """
SELECT * FROM event AS fired WHERE kind = 'fired' AND NOT EXISTS (
    SELECT 1 FROM event WHERE alert = fired.alert AND episode = fired.episode AND kind = 'resolved')
ORDER BY number
"""


def read_kept(path: Path) -> list[Kept]:
    """Silences, mutes, acknowledgements and the like. Raises StorageError."""
    return _read(path, events.read_kept)


def read_open(path: Path) -> list[Entry]:
    """What opened the episodes that are open, the oldest first. Raises StorageError."""
    return _read(path, lambda connection: [entry_of(row) for row in connection.execute(_OPEN)])


def read_rules(path: Path) -> list[str]:
    """The names of the rules of which anything is on record, `@7.3` of an alert of chat. Raises StorageError."""
    pairs = "SELECT DISTINCT owner, rule FROM event"
    return _read(path, lambda connection: [full_name(owner, rule) for owner, rule in connection.execute(pairs)])


def _read(path: Path, query: Callable[[sqlite3.Connection], _T]) -> _T:
    try:
        with closing(open_readonly(path)) as connection:
            version_of(connection, path)
            return query(connection)
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise explain(error, path) from None
