"""What became of addresses: some have another name now, some take nothing any more. Inside the caller's transaction."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from alertd.rows import DeadWay
from alertd.storage import digests
from alertd.storage.queue import Way, line_up

DEAD = "dead_destination"
"""The reason of what cannot be delivered because its address takes nothing any more."""


# Two addresses of one message have become one: the first of them is used, or the one that has it already.
_TWINS = """
SELECT one.row, one.part FROM (
    SELECT row FROM waiting WHERE channel = ?1 AND address = ?3 UNION ALL
    SELECT row FROM delivery WHERE channel = ?1 AND address = ?3 AND state = 'standby') AS here
CROSS JOIN delivery AS one ON one.row = here.row
WHERE one.state NOT IN ('sending', 'joined') AND EXISTS (
    SELECT 1 FROM delivery AS twin WHERE twin.row BETWEEN one.row / 64 * 64 AND one.row / 64 * 64 + 63
    AND twin.row <> one.row AND twin.channel = ?1 AND twin.address IN (?2, ?3)
    AND (twin.state IN ('sent', 'sending', 'joined') OR twin.settled IS NULL AND twin.row < one.row))
"""


class Fortune(NamedTuple):
    """`moved` is the address' new name, `dead` why nothing can be delivered; "" where it is not so."""

    moved: str
    dead: str


def read(connection: sqlite3.Connection) -> dict[Way, Fortune]:
    rows = connection.execute("SELECT channel, address, moved, dead FROM way")
    return {(channel, address): Fortune(moved, dead) for channel, address, moved, dead in rows}


def dead(connection: sqlite3.Connection) -> list[DeadWay]:
    rows = connection.execute("SELECT channel, address, dead, since FROM way WHERE dead <> '' ORDER BY since, address")
    return [DeadWay(*row) for row in rows]


def move(connection: sqlite3.Connection, way: Way, to: str, at: float) -> list[tuple[int, int]]:
    """All that waits for the address waits for its new name, in one line with what waits there. Returns (row, part) of
    what is spared, because the new name has the same message."""
    channel, address = way
    if address == to:
        return []
    connection.execute("DELETE FROM way WHERE channel = ? AND address = ?", (channel, to))
    connection.execute("UPDATE way SET moved = ? WHERE channel = ? AND moved = ?", (to, channel, address))
    connection.execute(
        "INSERT INTO way VALUES (?, ?, ?, '', ?) ON CONFLICT (channel, address) DO UPDATE SET"
        " moved = excluded.moved, dead = '', since = excluded.since",
        (channel, address, to, at),
    )
    lines = connection.execute("SELECT row FROM waiting WHERE channel = ? AND address = ?", way).fetchall()
    digests.dissolve(connection, [row for (row,) in lines])
    # A head becomes one of the line before it is renamed: the new name has a head of its own, maybe.
    connection.execute(
        "UPDATE delivery SET state = 'queued' WHERE row IN (SELECT row FROM head WHERE channel = ? AND address = ?)",
        way,
    )
    for state in ("queued", "standby"):
        connection.execute(
            "UPDATE delivery SET address = ? WHERE channel = ? AND address = ? AND state = ?", (to, *way, state)
        )
    twins = connection.execute(_TWINS, (*way, to)).fetchall()
    digests.dissolve(connection, [row for row, _ in twins])
    connection.executemany(
        "UPDATE delivery SET state = 'spared', reason = 'moved', settled = ? WHERE row = ?",
        [(at, row) for row, _ in twins],
    )
    line_up(connection, [(channel, to)], at)
    return twins


def kill(connection: sqlite3.Connection, way: Way, why: str, at: float) -> list[tuple[int, int]]:
    """Bury what waits for an address; returns (row, part) of it."""
    connection.execute(
        "INSERT INTO way VALUES (?, ?, '', ?, ?) ON CONFLICT (channel, address) DO UPDATE SET"
        " dead = excluded.dead, since = excluded.since",
        (*way, why, at),
    )
    return connection.execute(
        "UPDATE delivery SET state = 'buried', reason = ?, settled = ? WHERE row IN ("
        "SELECT row FROM waiting WHERE channel = ?3 AND address = ?4 UNION ALL"
        " SELECT row FROM delivery WHERE channel = ?3 AND address = ?4 AND state = 'standby') RETURNING row, part",
        (DEAD, at, *way),
    ).fetchall()


def revive(connection: sqlite3.Connection, ways: Iterable[Way]) -> None:
    revived = connection.executemany(
        "UPDATE way SET dead = '' WHERE channel = ? AND address = ? AND dead <> ''", list(ways)
    )
    if revived.rowcount > 0:
        connection.execute("DELETE FROM way WHERE moved = '' AND dead = ''")
