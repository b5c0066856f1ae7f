"""The order of the outbox: one head for each address, the others behind it. Inside the caller's transaction.

Heads alone have an index by what goes first, so that asking what is due costs as much as what it gives, however much
waits behind. An address is (channel, address) here.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from alertd.model.notification import Lane

Way = tuple[str, str]

# What was put off keeps its time; what was not may go whatever the clock says: it may have been set back.
_PROMOTE = """
UPDATE delivery SET state = iif(due > max(created, ?1), 'later', 'next'), turn = ?2 WHERE row = (
    SELECT row FROM delivery WHERE channel = ?3 AND address = ?4 AND state = 'queued' ORDER BY lane, row LIMIT 1)
AND NOT EXISTS (SELECT 1 FROM head WHERE channel = ?3 AND address = ?4)
"""

_DISPLACE = """
UPDATE delivery SET state = 'queued' WHERE state <> 'sending'
AND row = (SELECT row FROM head WHERE channel = ?1 AND address = ?2) AND (lane, row) > (
    SELECT lane, row FROM delivery WHERE channel = ?1 AND address = ?2 AND state = 'queued' ORDER BY lane, row LIMIT 1)
RETURNING turn
"""


def is_queued(connection: sqlite3.Connection) -> bool:
    """True if anything waits behind a head, which is rare."""
    return connection.execute("SELECT 1 FROM delivery WHERE state = 'queued' LIMIT 1").fetchone() is not None


def promote(connection: sqlite3.Connection, free: Mapping[Way, int], now: float) -> None:
    """Give each of these addresses that has no head the first in its line; the numbers are their turns."""
    if free and is_queued(connection):
        connection.executemany(_PROMOTE, [(now, turn, *way) for way, turn in free.items()])


def line_up(connection: sqlite3.Connection, ways: Iterable[Way], now: float) -> None:
    """The same, and where the first in the line is more urgent than a head that waits, it takes its place."""
    free: dict[Way, int] = {}
    for way in ways:
        displaced = connection.execute(_DISPLACE, way).fetchone()
        free[way] = displaced[0] if displaced else 0
    promote(connection, free, now)


def line_up_urgent(connection: sqlite3.Connection, new: Iterable[tuple[Way, int]], now: float) -> None:
    """Let new rows (address and lane) go before heads of a lower lane."""
    if is_queued(connection):
        aside = set(connection.execute("SELECT channel, address FROM delivery WHERE lane = 2 AND settled IS NULL"))
        line_up(connection, dict.fromkeys(way for way, lane in new if lane == Lane.CRITICAL or way in aside), now)


def release(connection: sqlite3.Connection, rows: Collection[int], now: float) -> None:
    """What stands by is needed now."""
    ways = connection.execute(
        "UPDATE delivery SET state = 'queued', due = min(due, ?) WHERE row IN (SELECT value FROM json_each(?))"
        " AND state = 'standby' RETURNING channel, address",
        (now, json.dumps(list(rows))),
    ).fetchall()
    line_up(connection, dict.fromkeys(ways), now)


def wake(connection: sqlite3.Connection, channel: str, now: float) -> None:
    """What has waited for its time, and what has stood by for too long, is ready."""
    connection.execute(
        "UPDATE delivery SET state = 'next' WHERE state = 'later' AND channel = ? AND due <= ?", (channel, now)
    )
    late = connection.execute(
        "SELECT row FROM delivery WHERE state = 'standby' AND channel = ? AND due <= ?", (channel, now)
    ).fetchall()
    if late:
        release(connection, [row for (row,) in late], now)


def is_late(connection: sqlite3.Connection, now: float) -> bool:
    """True if something has stood by for too long."""
    found = connection.execute("SELECT 1 FROM delivery WHERE state = 'standby' AND due <= ? LIMIT 1", (now,))
    return found.fetchone() is not None


def wait_anew(connection: sqlite3.Connection, now: float) -> None:
    """What stood by for too long while nobody ran waits as long once more: those before it get their try first."""
    connection.execute(
        "UPDATE delivery SET due = ?1 + max(due - created, 0) WHERE state = 'standby' AND due <= ?1", (now,)
    )
