"""Digests in SQL: stale deliveries of one address that are told in the message of one of them. Inside the caller's
transaction.

Who is in it is written down with the first attempt, and is the same on every later one: a digest that comes twice is
the same message. When it is dissolved its members wait for themselves again.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from alertd.rows import Attempt

# Whoever is in it already, or waits in line for the same address.
_FIT = """
SELECT count(*) FROM json_each(?1) CROSS JOIN delivery ON delivery.row = value
CROSS JOIN delivery AS head ON head.row = ?2
WHERE delivery.channel = head.channel AND delivery.address = head.address
    AND (delivery.state = 'queued' OR delivery.state = 'joined' AND delivery.joined = ?2)
"""

_OF = """
SELECT member.row FROM json_each(?) CROSS JOIN delivery AS head ON head.row = value
CROSS JOIN delivery AS member ON member.state = 'joined' AND member.channel = head.channel
    AND member.address = head.address AND member.joined = head.row
"""

# What the digest may have brought, its members may have.
_LEAVE = """
UPDATE delivery SET state = 'queued', joined = NULL, uncertain = (
    SELECT max(delivery.uncertain, head.uncertain, ?) FROM delivery AS head WHERE head.row = delivery.joined)
WHERE row = ?
"""


def any_there(connection: sqlite3.Connection) -> bool:
    """True if anything waits in a digest, which is rare."""
    return connection.execute("SELECT 1 FROM delivery WHERE state = 'joined' LIMIT 1").fetchone() is not None


def fits(connection: sqlite3.Connection, attempt: Attempt) -> bool:
    """True if everything that it tells waits still."""
    if not attempt.also:
        return True
    (found,) = connection.execute(_FIT, (json.dumps(attempt.also), attempt.row)).fetchone()
    return bool(found == len(attempt.also))


def join(connection: sqlite3.Connection, attempts: Iterable[Attempt]) -> None:
    """Attempts that fit have begun."""
    connection.executemany(
        "UPDATE delivery SET state = 'joined', joined = ? WHERE row = ?",
        [(attempt.row, row) for attempt in attempts for row in attempt.also],
    )


def members(connection: sqlite3.Connection, heads: Sequence[int]) -> list[int]:
    """All that is told in the digests of these rows."""
    if not heads or not any_there(connection):
        return []
    return [row for (row,) in connection.execute(_OF, (json.dumps(heads),))]


def heads_of(connection: sqlite3.Connection, rows: Sequence[int]) -> list[int]:
    """The digests that these rows are told in."""
    if not rows or not any_there(connection):
        return []
    found = connection.execute(
        "SELECT DISTINCT joined FROM json_each(?) CROSS JOIN delivery ON row = value WHERE state = 'joined'",
        (json.dumps(rows),),
    )
    return [row for (row,) in found]


def dissolve(connection: sqlite3.Connection, heads: Sequence[int], *, uncertain: bool = False) -> None:
    """Their members wait in line again; `uncertain` if the last attempt may have brought them."""
    connection.executemany(_LEAVE, [(uncertain, row) for row in members(connection, heads)])
