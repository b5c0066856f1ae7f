"""What the database file says of itself, when no daemon answers."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from alertd.model.event import Event
from alertd.rows import Depth
from alertd.storage import events as record
from alertd.storage import outbox
from alertd.storage.database import explain, open_readonly, version_of


@dataclass(frozen=True, slots=True)
class Status:
    """`alerts` counts the living ones, `held` the rows that policy holds back. `unsent` counts, by reason, what was
    dropped, not sent, buried or expired in the time that the store remembers."""

    version: int
    alerts: int
    held: int
    depths: Sequence[Depth]
    unsent: Mapping[str, int]
    events: Sequence[Event]


def read_status(path: Path, *, events: int = 10) -> Status:
    """A summary with the latest `events`, read beside a running daemon or without one. Raises StorageError."""
    try:
        with closing(open_readonly(path)) as connection:
            return Status(
                version=version_of(connection, path),
                alerts=connection.execute("SELECT count(*) FROM alert").fetchone()[0],
                held=connection.execute("SELECT count(*) FROM item WHERE fate = 'held'").fetchone()[0],
                depths=outbox.depths(connection),
                unsent=_unsent(connection),
                events=record.latest(connection, events),
            )
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise explain(error, path) from None


def _unsent(connection: sqlite3.Connection) -> dict[str, int]:
    rows = connection.execute(
        "SELECT reason, count(*) FROM (SELECT reason FROM dropped UNION ALL"
        " SELECT reason FROM item WHERE fate = 'dropped' UNION ALL"
        " SELECT iif(state = 'expired', state, reason) FROM delivery WHERE state IN ('buried', 'expired'))"
        " GROUP BY reason ORDER BY reason"
    )
    return dict(rows.fetchall())
