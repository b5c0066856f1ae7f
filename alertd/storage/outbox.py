"""The outbox in SQL: what is put in and what is due. Every function runs inside the caller's transaction.

What becomes of attempts is in `turns`, the order in `queue`.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice, takewhile

from alertd.errors import StorageError
from alertd.model.event import Entry, EventKind
from alertd.model.notification import Content, Lane, Loudness, Message, Queued
from alertd.rows import Depth
from alertd.storage import digests, queue, turns, ways
from alertd.storage.codec import Body, decode_body, encode_message
from alertd.storage.events import PLACES, read_entries
from alertd.storage.queue import Way

Row = tuple[int, str, str, str, int, str, float, float, float, int, int, str, int, float, int | None, bytes]
"""row, receiver, channel, address, lane, loudness, created, due, expires, attempts, uncertain, state, part, began,
joined, body"""

_DAY = 86_400.0
"""For how long caps count messages, and the longest that a platform may ask to be left alone, seconds."""

_LANES = tuple(Lane)
_LOUDNESS = {each.value: each for each in Loudness}
_WANTED = 2
"""What `uncertain` is where an operator wants a delivery again."""

_FOLLOWS = (EventKind.RESOLVED, EventKind.REMINDED)

_INSERT = """
INSERT INTO delivery
    (row, receiver, channel, address, lane, own_lane, loudness, part, created, began, expires, due, state, reason,
    settled, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?8, ?9, ?10, iif(?11 <> '', ?11,
    iif(EXISTS (SELECT 1 FROM head WHERE channel = ?3 AND address = ?4), 'queued', 'next')), ?12, ?13, ?14)
"""

# The message that told the beginning of an episode alone: its names on the platform, by the row that follows it.
_ORIGINS = """
SELECT wanted.value ->> 0, delivery.ref, delivery.body FROM json_each(?) AS wanted
CROSS JOIN event ON alert = wanted.value ->> 1 AND episode = wanted.value ->> 2 AND kind = 'fired' AND ordinal = 1
CROSS JOIN item ON item.event = event.number AND item.receiver = wanted.value ->> 3 AND item.fate = 'told'
CROSS JOIN delivery ON delivery.row BETWEEN item.message * 64 AND item.message * 64 + 63
    AND delivery.channel = wanted.value ->> 4 AND delivery.address = wanted.value ->> 5
WHERE delivery.state = 'sent' AND delivery.reason <> 'digest' AND delivery.ref <> ''
"""

_New = tuple[int, str, str, str, int, str, int, float, float, float, str, str, float | None, bytes]
"""What _INSERT takes; the state is "" where it is that of an ordinary delivery."""


_READY = """
SELECT row, receiver, channel, address, lane, loudness, created, due, expires, attempts, uncertain, state, part, began,
    joined, body
FROM ready WHERE channel = ? AND address NOT IN (SELECT value FROM json_each(?)) ORDER BY lane, turn, row DESC LIMIT ?
"""
_ONE = """
SELECT row, receiver, channel, address, lane, loudness, created, due, expires, attempts, uncertain, state, part, began,
    joined, body
FROM delivery WHERE row = ?
"""
# What may have arrived, has stepped aside or must go alone is in no digest; nothing is in two, and no digest is in one.
_STALE = """
SELECT row, receiver, channel, address, lane, loudness, created, due, expires, attempts, uncertain, state, part, began,
    joined, body
FROM waiting WHERE channel = ? AND address = ? AND expires <= ? AND state <> 'sending' AND lane < 2 AND NOT uncertain
    AND joined IS NULL AND NOT EXISTS (
        SELECT 1 FROM delivery AS member WHERE member.state = 'joined' AND member.channel = waiting.channel
        AND member.address = waiting.address AND member.joined = waiting.row)
ORDER BY row LIMIT ?
"""
_AHEAD = """
SELECT row FROM waiting WHERE created > ?1 OR began > ?1 OR due > ?2 UNION ALL
SELECT row FROM delivery WHERE state = 'standby' AND (created > ?1 OR began > ?1)
"""
# What was made in a future that has not come yet is made now, with all of its time before it.
_PULL_BACK = """
UPDATE delivery SET due = min(due - iif(state = 'standby', max(created - ?1, 0.0), 0.0), ?2),
    expires = expires - max(created - ?1, 0.0), began = min(began, ?1), created = min(created, ?1)
WHERE row = ?3
"""
# What is told in digests, in the order of their rows.
_MEMBERS = """
SELECT row, receiver, channel, address, lane, loudness, created, due, expires, attempts, uncertain, state, part, began,
    joined, body
FROM json_each(?) AS head CROSS JOIN delivery ON state = 'joined' AND channel = head.value ->> 0
    AND address = head.value ->> 1 AND joined = head.value ->> 2
ORDER BY row
"""


def insert(connection: sqlite3.Connection, messages: Sequence[Message], now: float) -> turns.Lost:
    """Returns how many were buried at once. Raises StorageError, sqlite3.IntegrityError where a message is there
    already."""
    if not messages:
        return turns.Lost()
    fortunes = ways.read(connection)
    rows: list[_New] = []
    for message in messages:
        if not message.destinations or len(message.destinations) + len(message.standby) >= PLACES:
            raise StorageError(f"message {message.number} has {len(message.destinations)} destinations")
        new = _plain(message)
        rows += _fated(message, new, fortunes) if fortunes or message.standby else new
    connection.executemany(_INSERT, rows)
    last = max(message.number for message in messages)
    connection.execute("UPDATE meta SET last_message = max(last_message, ?)", (last,))
    queue.line_up_urgent(connection, (((row[2], row[3]), row[4]) for row in rows), now)
    return turns.Lost((row[2], row[11]) for row in rows if row[10] == "buried")


def _plain(message: Message) -> list[_New]:
    body = encode_message(message)
    receiver, created, expires = message.receiver, message.created, message.expires
    lane, loudness = int(message.lane), message.loudness.value
    return [
        (row, receiver, channel, address, lane, loudness, 0, created, expires, created, "", "", None, body)
        for row, (channel, address) in enumerate(message.destinations, start=message.number * PLACES)
    ]


def _fated(message: Message, new: Sequence[_New], fortunes: Mapping[Way, ways.Fortune]) -> Iterator[_New]:
    """The same, with what stands by, for where the addresses have moved to. What is for a dead one is buried; if all
    are dead, what stands by is needed at once. Where two have become one, the first is used."""
    first, *_ = new
    known = ways.Fortune("", "")
    targets = [
        (channel, fortunes.get((channel, address), known).moved or address)
        for channel, address in (*message.destinations, *message.standby)
    ]
    dead = [bool(fortunes.get(way, known).dead) for way in targets]
    waits = not all(dead[: len(new)])
    for place, (way, is_dead) in enumerate(zip(targets, dead, strict=True)):
        stands_by = place >= len(new)
        part = (2 if stands_by else 1) if message.standby else 0
        due, state, reason, settled = message.created, "", "", None
        if way in targets[:place]:
            state, reason, settled = "spared", "moved", message.created
        elif is_dead:
            state, reason, settled = "buried", ways.DEAD, message.created
        elif stands_by and waits:
            due, state = message.created + message.patience, "standby"
        yield (first[0] + place, first[1], *way, *first[4:6], part, *first[7:9], due, state, reason, settled, first[13])


def due(
    connection: sqlite3.Connection, channel: str, now: float, *, limit: int, busy: Sequence[str], word: str
) -> list[Queued]:
    queue.wake(connection, channel, now)
    while True:
        rows = connection.execute(_READY, (channel, json.dumps(list(busy)), limit)).fetchall()
        abandoned = [row[0] for row in rows if row[11] == "sending" and row[12]]
        if not turns.spare_abandoned(connection, abandoned, now):
            return queued(connection, rows, word)


def one(connection: sqlite3.Connection, row: int, word: str) -> Queued | None:
    found = queued(connection, connection.execute(_ONE, (row,)).fetchall(), word)
    return found[0] if found else None


def next_due(connection: sqlite3.Connection, channel: str, busy: Sequence[str]) -> float | None:
    ready = connection.execute(
        "SELECT 1 FROM ready WHERE channel = ? AND address NOT IN (SELECT value FROM json_each(?)) LIMIT 1",
        (channel, json.dumps(list(busy))),
    ).fetchone()
    if ready:
        return 0.0  # whatever the clock says: it may have been set back
    found: tuple[float | None] = connection.execute(
        "SELECT min(due) FROM (SELECT min(due) AS due FROM delivery WHERE state = 'later' AND channel = ?1"
        " UNION ALL SELECT min(due) FROM delivery WHERE state = 'standby' AND channel = ?1)",
        (channel,),
    ).fetchone()
    return found[0]


def stale(connection: sqlite3.Connection, way: Way, now: float, *, limit: int, word: str) -> list[Queued]:
    rows = connection.execute(_STALE, (*way, now, limit))
    return queued(connection, rows.fetchall(), word)


def queued(connection: sqlite3.Connection, rows: Sequence[Row], word: str) -> list[Queued]:
    """Rows with what they say, and with what is told with them."""
    heads = [(row[2], row[3], row[0]) for row in rows]
    members = connection.execute(_MEMBERS, (json.dumps(heads),)).fetchall() if digests.any_there(connection) else []
    plain = _queued(connection, [*rows, *members], word)
    if not members:
        return plain
    of: defaultdict[int | None, list[Queued]] = defaultdict(list)
    for row, one in zip(members, plain[len(rows) :], strict=True):
        of[row[14]].append(one)
    return [one._replace(members=tuple(of[one.row])) for one in plain[: len(rows)]]


def _queued(connection: sqlite3.Connection, rows: Sequence[Row], word: str) -> list[Queued]:
    bodies = [decode_body(row[-1]) for row in rows]
    entries = read_entries(connection, [n for body in bodies for some in (body.holding, body.past) for n in some])
    contents = [content_of(body, entries) for body in bodies]
    origins = _origins(connection, rows, contents)
    return [
        Queued(
            row[0],
            f"{word}-{row[0] // PLACES}",
            *row[1:4],
            content,
            *row[6:9],
            row[9],
            _LANES[row[4]],
            _LOUDNESS[row[5]],
            bool(row[10]) or row[11] == "sending",
            origins.get(row[0], ""),
            alone=row[14] == row[0],
            began=row[13],
            wanted=row[10] == _WANTED and row[11] != "sending",
        )
        for row, content in zip(rows, contents, strict=True)
    ]


def content_of(body: Body, entries: dict[int, Entry]) -> Content:
    """Entries that are forgotten are left out."""
    return Content(
        tuple([entries[number] for number in body.holding if number in entries]),
        tuple([entries[number] for number in body.past if number in entries]),
        body.note,
        body.text,
    )


def _origins(connection: sqlite3.Connection, rows: Sequence[Row], contents: Sequence[Content]) -> dict[int, str]:
    wanted = []
    for (row, receiver, channel, address, *_), content in zip(rows, contents, strict=True):
        told = (*content.holding, *content.past)
        if len(told) == 1 and told[0].event.kind in _FOLLOWS:
            event = told[0].event
            wanted.append((row, event.alert, event.episode, receiver, channel, address))
    if not wanted:
        return {}
    found = connection.execute(_ORIGINS, (json.dumps(wanted),)).fetchall()
    return {row: ref for row, ref, body in found if _tells_one(decode_body(body))}


def _tells_one(body: Body) -> bool:
    return len(body.holding) + len(body.past) == 1


def depths(connection: sqlite3.Connection) -> list[Depth]:
    rows = connection.execute(
        "WITH depth AS (SELECT channel, count(*) AS count, min(row) AS oldest FROM waiting GROUP BY channel)"
        " SELECT depth.channel, count, created FROM depth JOIN delivery ON row = oldest ORDER BY depth.channel"
    )
    return [Depth(channel, waiting, oldest) for channel, waiting, oldest in rows]


def recent(connection: sqlite3.Connection, now: float) -> list[tuple[str, float]]:
    """(receiver, created) of the messages of the last day but for critical ones, in their order; none later than now.
    Numbers grow with time, so there is no index by time."""
    rows = connection.execute(
        "SELECT receiver, min(created, ?) FROM delivery WHERE row % 64 = 0 AND own_lane <> ? ORDER BY row DESC",
        (now, Lane.CRITICAL.value),
    )
    return list(takewhile(lambda row: row[1] > now - _DAY, rows))[::-1]


def is_ahead(connection: sqlite3.Connection, now: float) -> bool:
    """True if a clock was ahead: something waits longer from now than it could have been asked to."""
    rest = connection.execute("SELECT 1 FROM rest WHERE until > ? LIMIT 1", (now + _DAY,)).fetchone()
    return rest is not None or connection.execute(_AHEAD, (now, now + _DAY)).fetchone() is not None


def agree_on_time(connection: sqlite3.Connection, now: float) -> None:
    """Nothing does so any more."""
    found = connection.execute(_AHEAD, (now, now + _DAY)).fetchall()
    connection.executemany(_PULL_BACK, [(now, now + _DAY, row) for (row,) in found])
    connection.execute("UPDATE rest SET until = ?1 WHERE until > ?1", (now + _DAY,))


def prune(connection: sqlite3.Connection, before: float, limit: int) -> int:
    """Forget the oldest messages of which nothing waits any more; returns how many."""
    rows = connection.execute("SELECT row / 64, created, settled FROM delivery ORDER BY row")
    old = groupby(takewhile(lambda row: row[1] < before, rows), key=lambda row: row[0])
    over = (number for number, some in old if all(row[2] is not None for row in some))
    numbers = list(islice(over, max(limit, 0)))
    connection.executemany(
        "DELETE FROM delivery WHERE row BETWEEN ? AND ?",
        [(number * PLACES, number * PLACES + PLACES - 1) for number in numbers],
    )
    return len(numbers)
