"""Events and what became of them in SQL, in the caller's transaction: `event`, `item`, `hold`, `telling`, `dropped`,
`kept`."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from alertd.model.event import Drop, Entry, Event
from alertd.model.kept import Kept, KeptKey
from alertd.model.notification import Held, ItemFate, ItemRow, Telling
from alertd.storage.codec import decode_kept, encode, entry_of, row_of

PLACES = 64
"""The delivery to the n-th destination of a message (from 0) has the row: the message's number * 64 + n."""

# A message that somebody still waits for keeps its events. The last episode of an alert that lives keeps its first one
# until it is over: it may be repeated. That is one event for each alert at most, however its episodes end.
_FORGET = """
SELECT number FROM event AS old WHERE time < ? AND NOT EXISTS (
    SELECT 1 FROM item WHERE item.event = number AND (fate = 'held' OR EXISTS (
        SELECT 1 FROM delivery WHERE row BETWEEN message * 64 AND message * 64 + 63 AND settled IS NULL)))
    AND NOT EXISTS (SELECT 1 FROM telling WHERE telling.event = number AND EXISTS (
        SELECT 1 FROM delivery WHERE row BETWEEN message * 64 AND message * 64 + 63 AND settled IS NULL))
AND NOT (kind = 'fired' AND EXISTS (SELECT 1 FROM alert WHERE id = old.alert) AND NOT EXISTS (
    SELECT 1 FROM event AS later WHERE later.alert = old.alert
    AND (later.episode > old.episode OR later.episode = old.episode AND later.kind = 'resolved')))
ORDER BY time, number LIMIT ?
"""


def insert_entries(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Raises sqlite3.IntegrityError where one is there already."""
    if entries:
        connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(row_of, entries))
        last = max(entry.number for entry in entries)
        connection.execute("UPDATE meta SET last_event = max(last_event, ?)", (last,))


def insert_drops(connection: sqlite3.Connection, drops: Sequence[Drop]) -> None:
    connection.executemany(
        "INSERT INTO dropped (time, alert, rule, owner, symbol, reason) VALUES (?, ?, ?, ?, ?, ?)", drops
    )


def put_items(connection: sqlite3.Connection, items: Sequence[ItemRow], now: float) -> None:
    connection.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event, receiver) DO UPDATE SET"
        " fate = excluded.fate, reason = excluded.reason, until = excluded.until, wait_group = excluded.wait_group,"
        " message = excluded.message",
        [
            (event, receiver, fate.value, reason, until, group, message)
            for event, receiver, fate, reason, until, group, message in items
        ],
    )
    connection.executemany(
        "INSERT INTO hold (event, receiver, at, reason, until) VALUES (?, ?, ?, ?, ?)",
        [(item.event, item.receiver, now, item.reason, item.until) for item in items if item.fate is ItemFate.HELD],
    )


def insert_tellings(connection: sqlite3.Connection, tellings: Sequence[Telling], now: float) -> None:
    connection.executemany(
        "INSERT INTO telling (event, receiver, at, message, reason) VALUES (?, ?, ?, ?, ?)",
        [(event, receiver, now, message, reason) for event, receiver, message, reason in tellings],
    )


def put_kept(connection: sqlite3.Connection, kept: Mapping[KeptKey, Kept | None]) -> None:
    connection.executemany(
        "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
        [(*key, encode(one)) for key, one in kept.items() if one is not None],
    )
    connection.executemany(
        "DELETE FROM kept WHERE kind = ? AND key = ?", [key for key, one in kept.items() if one is None]
    )


def read_entries(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, Entry]:
    """Those that are there, by number."""
    rows = connection.execute(
        "SELECT event.* FROM json_each(?) CROSS JOIN event ON number = value", (json.dumps(sorted(set(numbers))),)
    )
    return {row[0]: entry_of(row) for row in rows}


def latest(connection: sqlite3.Connection, limit: int) -> list[Event]:
    """The latest events, newest first."""
    rows = connection.execute("SELECT * FROM event ORDER BY number DESC LIMIT ?", (limit,))
    return [entry_of(row).event for row in rows]


def read_held(connection: sqlite3.Connection) -> list[Held]:
    rows = connection.execute(
        "SELECT event.*, receiver, reason, until, wait_group FROM item CROSS JOIN event ON number = event"
        " WHERE fate = 'held' ORDER BY event, receiver"
    )
    held = []
    for columns, some in groupby(rows, lambda row: row[:10]):
        entry = entry_of(columns)
        held += [Held(entry, *row[10:]) for row in some]
    return held


def read_kept(connection: sqlite3.Connection) -> list[Kept]:
    rows = connection.execute("SELECT kind, body FROM kept ORDER BY kind, key")
    return [decode_kept(kind, body) for kind, body in rows]


def prune(connection: sqlite3.Connection, before: float, limit: int) -> int:
    """Forget events older than that with their items, and what did not open; returns how many."""
    numbers = connection.execute(_FORGET, (before, limit)).fetchall()
    connection.executemany("DELETE FROM item WHERE event = ?", numbers)
    connection.executemany("DELETE FROM hold WHERE event = ?", numbers)
    connection.executemany("DELETE FROM telling WHERE event = ?", numbers)
    connection.executemany("DELETE FROM event WHERE number = ?", numbers)
    drops = connection.execute(
        "DELETE FROM dropped WHERE row IN (SELECT row FROM dropped WHERE time < ? ORDER BY time LIMIT ?)",
        (before, limit - len(numbers)),
    )
    return len(numbers) + drops.rowcount
