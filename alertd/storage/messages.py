"""Messages and their deliveries in SQL: the outbox. Every function runs inside the caller's transaction.

Per (channel, address) only the oldest waiting row is `next`; those alone have an index by `due`. So asking what is due
costs as much as what it gives, however much waits behind.
"""

import json
import sqlite3
from collections.abc import Sequence
from itertools import takewhile

from alertd.errors import StorageError
from alertd.model.event import Event
from alertd.model.notification import Delivery, Message
from alertd.ports import Depth, Fate, Settled
from alertd.storage.codec import decode_notification, encode

PLACES = 64
"""One more than the most destinations of a message: the delivery to its n-th has the row number * 64 + n."""


def number_of(message: str, word: str) -> int:
    """`<word>-<number>` → number. Raises StorageError for the id of another store."""
    own, _, number = message.rpartition("-")
    if own != word or not number.isdecimal():
        raise StorageError(f"message id {message!r} is not one of this store ({word}-<number>)")
    return int(number)


def insert(connection: sqlite3.Connection, messages: Sequence[Message], word: str) -> None:
    """Raises StorageError, sqlite3.IntegrityError where a message or an item is there already."""
    items: list[tuple[int, int, str, int, str, int]] = []
    rows: list[tuple[int, str, str, str, float, float, bytes]] = []
    last = 0
    for message in messages:
        number = number_of(message.id, word)
        last = max(last, number)
        if not 0 < len(message.destinations) < PLACES:
            raise StorageError(f"message {message.id} has {len(message.destinations)} destinations")
        body = encode(message.notification)
        items += [
            (alert, episode, event.value, ordinal, receiver, number)
            for alert, episode, event, ordinal, receiver in message.items
        ]
        rows += [
            (row, message.receiver, channel, address, message.created, message.expires, body)
            for row, (channel, address) in enumerate(message.destinations, start=number * PLACES)
        ]
    connection.executemany(
        "INSERT INTO item (alert, episode, event, ordinal, receiver, message) VALUES (?, ?, ?, ?, ?, ?)", items
    )
    connection.executemany(
        "INSERT INTO delivery (row, receiver, channel, address, created, due, expires, body, state)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, iif(EXISTS"
        " (SELECT 1 FROM delivery WHERE channel = ?3 AND address = ?4 AND state = 'next'), 'queued', 'next'))",
        rows,
    )
    connection.execute("UPDATE meta SET last_message = max(last_message, ?)", (last,))


def due(
    connection: sqlite3.Connection, channel: str, now: float, *, limit: int, busy: Sequence[str], word: str
) -> list[Delivery]:
    rows = connection.execute(
        "SELECT row, receiver, address, created, due, expires, attempts, body FROM delivery"
        " WHERE state = 'next' AND channel = ? AND due <= ? AND address NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY due, row LIMIT ?",
        (channel, now, json.dumps(list(busy)), limit),
    )
    return [
        Delivery(
            row,
            f"{word}-{row // PLACES}",
            receiver,
            channel,
            address,
            decode_notification(body),
            created,
            when,
            expires,
            attempts,
        )
        for row, receiver, address, created, when, expires, attempts, body in rows
    ]


def next_due(connection: sqlite3.Connection, channel: str, busy: Sequence[str]) -> float | None:
    found: tuple[float] | None = connection.execute(
        "SELECT due FROM delivery WHERE state = 'next' AND channel = ?"
        " AND address NOT IN (SELECT value FROM json_each(?)) ORDER BY due LIMIT 1",
        (channel, json.dumps(list(busy))),
    ).fetchone()
    return found[0] if found else None


def settle(connection: sqlite3.Connection, settled: Sequence[Settled]) -> None:
    """Rows that wait no longer are left as they are; the next of an address takes the place of the one that is done."""
    connection.executemany(
        "UPDATE delivery SET due = ?, reason = ?, attempts = attempts + 1 WHERE row = ? AND settled IS NULL",
        [(one.due, one.reason, one.row) for one in settled if one.fate is Fate.DELAYED],
    )
    done = [one for one in settled if one.fate is not Fate.DELAYED]
    connection.executemany(
        "UPDATE delivery SET state = ?, reason = ?, settled = ?, attempts = attempts + 1"
        " WHERE row = ? AND settled IS NULL",
        [(one.fate.value, one.reason, one.at, one.row) for one in done],
    )
    connection.execute(
        "UPDATE delivery SET state = 'next' WHERE row IN (SELECT"
        " (SELECT min(row) FROM delivery WHERE channel = done.channel AND address = done.address AND state = 'queued')"
        " FROM json_each(?) CROSS JOIN delivery AS done ON done.row = value"
        " WHERE EXISTS (SELECT 1 FROM delivery WHERE state = 'queued') AND NOT EXISTS"
        " (SELECT 1 FROM delivery WHERE channel = done.channel AND address = done.address AND state = 'next'))",
        (json.dumps([one.row for one in done]),),
    )


def bury_strays(connection: sqlite3.Connection, channels: Sequence[str], now: float) -> int:
    return connection.execute(
        "UPDATE delivery SET state = 'buried', reason = 'channel_gone', settled = ? WHERE row IN (SELECT row FROM"
        " (SELECT row, channel FROM delivery WHERE state = 'next'"
        " UNION ALL SELECT row, channel FROM delivery WHERE state = 'queued')"
        " WHERE channel NOT IN (SELECT value FROM json_each(?)))",
        (now, json.dumps(list(channels))),
    ).rowcount


def depths(connection: sqlite3.Connection) -> list[Depth]:
    rows = connection.execute(
        "WITH waiting AS (SELECT row, channel FROM delivery WHERE state = 'next'"
        " UNION ALL SELECT row, channel FROM delivery WHERE state = 'queued'),"
        " depth AS (SELECT channel, count(*) AS count, min(row) AS oldest FROM waiting GROUP BY channel)"
        " SELECT depth.channel, count, created FROM depth JOIN delivery ON row = oldest ORDER BY depth.channel"
    )
    return [Depth(channel, waiting, oldest) for channel, waiting, oldest in rows]


def recent(connection: sqlite3.Connection, after: float) -> list[tuple[str, float]]:
    """(receiver, created) of the messages made after a time, in their order. Numbers grow with time, so there is no
    index by time."""
    rows = connection.execute("SELECT receiver, created FROM delivery WHERE row % 64 = 0 ORDER BY row DESC")
    return list(takewhile(lambda row: row[1] > after, rows))[::-1]


def prune(connection: sqlite3.Connection, before: float, limit: int) -> int:
    """Forget the oldest deliveries that wait no longer; returns how many."""
    return connection.execute(
        "DELETE FROM delivery WHERE row IN (SELECT row FROM"
        " (SELECT row, created, settled FROM delivery ORDER BY row LIMIT ?) WHERE created < ? AND settled IS NOT NULL)",
        (limit, before),
    ).rowcount


def forget_items(connection: sqlite3.Connection, events: Sequence[Event]) -> None:
    """An item is forgotten with its event: that one never comes again, nor does the item."""
    connection.executemany(
        "DELETE FROM item WHERE alert = ? AND episode = ? AND event = ? AND ordinal = ?",
        [(event.alert, event.episode, event.kind.value, event.ordinal) for event in events],
    )
