"""What becomes of deliveries in SQL: attempts begun, settled, given up. Every function runs inside the caller's
transaction."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from alertd.rows import Attempt, Fate, Settled
from alertd.storage import digests, queue, ways
from alertd.storage.codec import decode_buckets, encode
from alertd.storage.events import PLACES
from alertd.storage.queue import Way

_REMEMBERED = 120.0
"""For how many seconds an attempt counts against a limit: longer than any platform's window."""

_FIND = """
SELECT row, channel, address, turn, part, state FROM json_each(?) CROSS JOIN delivery ON row = value
WHERE settled IS NULL
"""
_FINISH = """
UPDATE delivery SET state = ?, reason = ?, ref = ?, uncertain = iif(?, 1, uncertain), settled = ? WHERE row = ?
"""
_DELAY = """
UPDATE delivery SET state = iif(state IN ('next', 'sending'), 'later', state), due = ?, reason = ?,
    uncertain = iif(?, 1, uncertain), joined = iif(?, row, joined) WHERE row = ?
"""
_STEP_ASIDE = """
UPDATE delivery SET state = 'queued', lane = 2, due = ?, reason = ?, uncertain = iif(?, 1, uncertain) WHERE row = ?
"""
_BEGIN = """
UPDATE delivery SET uncertain = iif(state = 'sending', 1, uncertain), state = 'sending', attempts = attempts + 1
WHERE row IN (SELECT value FROM json_each(?)) AND state IN ('next', 'sending') RETURNING row
"""
# What it had before it was given up: its lane, and as much time. An operator wants what may have arrived as well.
_AGAIN = """
UPDATE delivery SET state = iif(state IN ('next', 'later', 'sending'), 'next', 'queued'), due = ?1, began = ?1,
    expires = ?1 + expires - began, lane = own_lane, uncertain = iif(uncertain OR state = 'sending', 2, 0),
    joined = iif(settled IS NULL, joined, NULL), reason = iif(settled IS NULL, reason, ''), settled = NULL
WHERE row = ?2
"""
# What is told in a digest that is under way is under way itself.
_OF_MESSAGE = """
SELECT one.row, one.channel, one.address, one.turn, one.part, iif(head.state = 'sending', 'sending', one.state)
FROM delivery AS one LEFT JOIN delivery AS head ON one.state = 'joined' AND head.row = one.joined
WHERE one.row BETWEEN ? AND ? ORDER BY one.row
"""
_REST = "INSERT INTO rest VALUES (?, ?, ?) ON CONFLICT (channel, bucket) DO UPDATE SET until = excluded.until"

_HEADS = frozenset({"next", "later", "sending"})
_IDLE = frozenset({"next", "later", "queued", "joined", "standby"})
_OVER = frozenset({"buried", "expired", "spared"})
_STANDBY = 2
"""The `part` of what stands by."""

DIGEST = "digest"
"""The reason of what was told with others in one."""


Lost: TypeAlias = Counter[tuple[str, str]]
"""How many deliveries were buried by channel and reason."""

_Found = dict[int, tuple[str, str, int, int, str]]
"""Rows that wait: (channel, address, turn, part, state) by number."""


@dataclass(slots=True)
class _Round:
    """What several settled deliveries come to.

    `free` are addresses without a head, and the turn of their next one; `lines` those whose head waits again, so that
    what came meanwhile may be more urgent; `shared` are messages with something standing
    by of which a delivery has ended.
    """

    over: list[tuple[str, str, str, bool, float, int]] = field(default_factory=list)
    waits: list[tuple[float, str, bool, bool, int]] = field(default_factory=list)
    asides: list[tuple[float, str, bool, int]] = field(default_factory=list)
    ways: list[tuple[Way, Settled]] = field(default_factory=list)
    free: dict[Way, int] = field(default_factory=dict)
    lines: dict[Way, None] = field(default_factory=dict)
    shared: dict[int, None] = field(default_factory=dict)

    def take(self, one: Settled, found: _Found) -> None:
        if (row := found.pop(one.row, None)) is None:
            return
        channel, address, before, part, state = row
        self.note(one.row, part)
        if one.dead or one.moved:
            self.ways.append(((channel, address), one))
        if one.fate is Fate.DELAYED:
            if not (one.aside and state in _HEADS):
                self.waits.append((one.due, one.reason, one.uncertain, one.alone, one.row))
                self.lines[channel, address] = None
                return
            self.asides.append((one.due, one.reason, one.uncertain, one.row))
        else:
            self.over.append((one.fate.value, one.reason, one.ref, one.uncertain, one.at, one.row))
        if state in _HEADS:
            self.free[channel, address] = before + 1

    def note(self, row: int, part: int) -> None:
        """A delivery has ended, or is under way no more."""
        if part:
            self.shared[row // PLACES] = None


def turn(
    connection: sqlite3.Connection, settled: Sequence[Settled], attempts: Sequence[Attempt]
) -> tuple[frozenset[int], Lost]:
    """Settle, then begin; returns the rows that were begun, and how many were buried with their address."""
    lost = _settle(connection, settled) if settled else Lost()
    attempts = [attempt for attempt in attempts if digests.fits(connection, attempt)]
    if not attempts:
        return frozenset(), lost
    rows = connection.execute(_BEGIN, (json.dumps([attempt.row for attempt in attempts]),))
    begun = frozenset([row for (row,) in rows.fetchall()])
    digests.join(connection, [attempt for attempt in attempts if attempt.row in begun])
    return begun, lost


def pace(
    connection: sqlite3.Connection,
    channel: str,
    attempts: Iterable[Attempt],
    rests: Mapping[str, float],
    now: float,
) -> None:
    """Note the buckets of attempts that were begun, and until when buckets rest; forget what is too old to count."""
    if buckets := [bucket for attempt in attempts for bucket in attempt.buckets]:
        connection.execute("INSERT INTO pace (channel, at, buckets) VALUES (?, ?, ?)", (channel, now, encode(buckets)))
        connection.execute(
            "DELETE FROM pace WHERE row IN (SELECT row FROM (SELECT row, at FROM pace ORDER BY row LIMIT 4)"
            " WHERE abs(at - ?) > ?)",
            (now, _REMEMBERED),
        )
    if rests:
        connection.execute("DELETE FROM rest WHERE until <= ?", (now,))
        connection.executemany(_REST, [(channel, bucket, until) for bucket, until in rests.items()])


def paces(
    connection: sqlite3.Connection, channel: str, since: float
) -> tuple[Sequence[tuple[str, float]], Mapping[str, float]]:
    rows = connection.execute(
        "SELECT at, buckets FROM pace WHERE channel = ? AND at >= ? ORDER BY row", (channel, since)
    )
    made = [(bucket, at) for at, buckets in rows for bucket in decode_buckets(buckets)]
    rests = connection.execute("SELECT bucket, until FROM rest WHERE channel = ? ORDER BY bucket", (channel,))
    return made, dict(rests.fetchall())


def _settle(connection: sqlite3.Connection, settled: Sequence[Settled]) -> Lost:
    settled = _with_members(connection, settled)
    found = {row[0]: row[1:] for row in connection.execute(_FIND, (json.dumps([one.row for one in settled]),))}
    done, lost = _Round(), Lost()
    done.shared |= dict.fromkeys(row // PLACES for row in digests.members(connection, list(found)))
    for one in settled:
        done.take(one, found)
    connection.executemany(_FINISH, done.over)
    connection.executemany(_DELAY, done.waits)
    connection.executemany(_STEP_ASIDE, done.asides)
    for way, one in done.ways:
        if one.moved:
            for row, part in ways.move(connection, way, one.moved, one.at):
                done.note(row, part)
        if one.dead:
            for row, part in ways.kill(connection, way, one.reason, one.at):
                done.note(row, part)
                lost[way[0], ways.DEAD] += 1
    _conclude(connection, done, max(one.at for one in settled))
    return lost


def _with_members(connection: sqlite3.Connection, settled: Sequence[Settled]) -> Sequence[Settled]:
    """With what became of all that is told in digests; those that come to an end by themselves are dissolved."""
    if not digests.any_there(connection):
        return settled
    whole: list[Settled] = []
    for one in settled:
        as_one = one.fate is Fate.SENT or (one.fate is Fate.BURIED and one.uncertain)
        if not as_one and (one.fate is not Fate.DELAYED or one.aside or one.alone):
            digests.dissolve(connection, [one.row], uncertain=one.uncertain)
        members = digests.members(connection, [one.row]) if as_one else []
        reason = DIGEST if one.fate is Fate.SENT else one.reason
        whole.append(replace(one, reason=reason) if members else one)
        whole += [Settled(row=row, fate=one.fate, at=one.at, reason=reason, uncertain=one.uncertain) for row in members]
    return whole


def spare_abandoned(connection: sqlite3.Connection, rows: Sequence[int], at: float) -> bool:
    """What was under way when a daemon died, and has been told by what stood by since: True if there was any."""
    done = _Round()
    for message in dict.fromkeys(row // PLACES for row in rows):
        _share(connection, message, done, at, also=frozenset(rows))
    queue.promote(connection, done.free, at)
    return bool(done.free)


def _conclude(connection: sqlite3.Connection, done: _Round, at: float) -> None:
    for message in done.shared:
        _share(connection, message, done, at)
    queue.promote(connection, done.free, at)
    if done.lines and queue.is_queued(connection):
        queue.line_up(connection, done.lines, at)


def _share(
    connection: sqlite3.Connection, message: int, done: _Round, at: float, *, also: Set[int] = frozenset()
) -> None:
    """What a delivery that has ended means for the others of its message. Those in `also` are not under way,
    whatever their state says."""
    first = message * PLACES
    rows = connection.execute(_OF_MESSAGE, (first, first + PLACES - 1)).fetchall()
    sent = {part for *_, part, state in rows if state == "sent"}
    if sent:
        idle = (row for row in rows if row[5] in _IDLE or (row[5] == "sending" and row[0] in also))
        spared = [row for row in idle if row[4] == _STANDBY or _STANDBY in sent]
        numbers = [row[0] for row in spared]
        digests.dissolve(connection, [*numbers, *digests.heads_of(connection, numbers)], uncertain=bool(also))
        connection.executemany(
            "UPDATE delivery SET state = 'spared', reason = '', settled = ? WHERE row = ?",
            [(at, row[0]) for row in spared],
        )
        done.free.update({(row[1], row[2]): row[3] + 1 for row in spared if row[5] in _HEADS})
    elif all(state in _OVER for *_, part, state in rows if part != _STANDBY):
        queue.release(connection, [row[0] for row in rows if row[5] == "standby"], at)


def bury(connection: sqlite3.Connection, rows: Sequence[int], now: float, *, idle: bool) -> Lost:
    """See `Store.bury`."""
    found = connection.execute(
        "SELECT row FROM json_each(?1) CROSS JOIN delivery ON row = value WHERE settled IS NULL AND (?2 OR"
        " state <> 'sending' AND NOT EXISTS (SELECT 1 FROM delivery AS head WHERE head.row = delivery.joined"
        " AND head.state = 'sending'))",
        (json.dumps(list(rows)), idle),
    ).fetchall()
    return _give_up(connection, [row for (row,) in found], "operator", now)


def bury_strays(connection: sqlite3.Connection, channels: Sequence[str], now: float) -> Lost:
    """See `Store.bury_strays`."""
    found = connection.execute(
        "SELECT row FROM (SELECT row, channel FROM waiting"
        " UNION ALL SELECT row, channel FROM delivery WHERE state = 'standby')"
        " WHERE channel NOT IN (SELECT value FROM json_each(?)) ORDER BY row",
        (json.dumps(list(channels)),),
    ).fetchall()
    return _give_up(connection, [row for (row,) in found], "channel_gone", now)


def _give_up(connection: sqlite3.Connection, rows: Sequence[int], reason: str, now: float) -> Lost:
    """A digest without one of its members would be another message: it is dissolved."""
    if not rows:
        return Lost()
    heads = digests.heads_of(connection, rows)
    connection.execute(
        "UPDATE delivery SET uncertain = 1 WHERE row IN (SELECT value FROM json_each(?)) AND state = 'sending'",
        (json.dumps([*rows, *heads]),),
    )
    digests.dissolve(connection, heads)
    _settle(connection, [Settled(row=row, fate=Fate.BURIED, at=now, reason=reason) for row in rows])
    given_up = connection.execute(
        "SELECT channel, count(*) FROM json_each(?) CROSS JOIN delivery ON row = value GROUP BY channel",
        (json.dumps(rows),),
    )
    return Lost({(channel, reason): count for channel, count in given_up})


def retry(connection: sqlite3.Connection, rows: Sequence[int], now: float, *, idle: bool) -> int:
    """See `Store.retry`."""
    found = connection.execute(
        "SELECT delivery.row, delivery.channel, delivery.address FROM json_each(?) CROSS JOIN delivery AS asked"
        " ON asked.row = value CROSS JOIN delivery ON delivery.row = iif(asked.state = 'joined', asked.joined, value)"
        " WHERE delivery.state IN ('next', 'later', 'queued', 'standby', 'buried', 'expired', iif(?, 'sending', ''))",
        (json.dumps(list(rows)), idle),
    ).fetchall()
    lines = dict.fromkeys((channel, address) for _, channel, address in found)
    ways.revive(connection, lines)
    connection.executemany(_AGAIN, [(now, row) for row in dict.fromkeys(row for row, *_ in found)])
    queue.line_up(connection, lines, now)
    return len(found)
