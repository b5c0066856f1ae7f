"""The record: what happened, and what became of it for everybody; read from the file, beside a daemon or without."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from alertd.model.episode import meant
from alertd.model.event import Drop, Entry
from alertd.model.notification import Content, ItemFate, Lane
from alertd.storage.codec import decode_body, entry_of
from alertd.storage.database import explain, open_readonly, read_identity, version_of
from alertd.storage.events import PLACES, read_entries
from alertd.storage.outbox import content_of
from alertd.storage.turns import DIGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery: one message to one address.

    `state` is one of those of `ports.Store`: next, later, sending, queued, joined, standby, sent, buried, expired,
    spared. `told_in` is the key of the digest that it is told in, "" where it is told by itself.
    `at` is when it came to its end, None while it waits; `due` when it may be tried. `reason` is a short fixed word:
    why it was buried, or why its last attempt failed. `ref` is the platform's own name of it.
    """

    row: int
    message: str
    receiver: str
    channel: str
    address: str
    state: str
    lane: Lane
    created: float
    due: float
    expires: float
    attempts: int
    uncertain: bool
    reason: str
    ref: str
    at: float | None
    told_in: str = ""


class Stay(NamedTuple):
    """A time for which an item was held."""

    at: float
    reason: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What became of an event for one receiver ("": nobody was to be told). See `ItemRow`; `holds` are in order of
    time; `parcels` are the deliveries of its message, none where it was not told, or the message is forgotten."""

    receiver: str
    fate: ItemFate
    reason: str
    until: float
    message: str
    holds: tuple[Stay, ...] = ()
    parcels: tuple[Parcel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """An event told to a receiver at a time, beside what its share says: see `Telling` for `reason`."""

    receiver: str
    at: float
    reason: str
    message: str
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and what became of it for each receiver; `again` is in order of time."""

    entry: Entry
    shares: tuple[Share, ...]
    again: tuple[Retold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An episode from its beginning: `told` and `drops` (what did not open one meanwhile) are in order of time."""

    owner: str
    rule: str
    symbol: str
    episode: int
    told: tuple[Happening, ...]
    drops: tuple[Drop, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery of the outbox with what it says."""

    parcel: Parcel
    content: Content


# What the word means, the surest first.
_EPISODE = """
SELECT owner, rule, symbol, episode FROM json_each(?) AS meant CROSS JOIN event
ON rule = meant.value ->> 1 AND owner = meant.value ->> 0
AND (meant.value ->> 2 = '' OR symbol = meant.value ->> 2) AND (meant.value ->> 3 = 0 OR episode = meant.value ->> 3)
ORDER BY meant.key, episode = 0, number DESC LIMIT 1
"""


def read_history(
    path: Path, *, rule: str = "", receiver: str = "", symbol: str = "", since: float = 0.0, limit: int
) -> list[Happening]:
    """The latest events since a time, newest first; of one rule or one coin, and what they were for one receiver, where
    they are named. Raises StorageError."""
    with _reading(path) as connection:
        rows = connection.execute(
            "SELECT * FROM event WHERE time >= ?1 AND (?2 = '' OR rule = ?2) AND (?3 = '' OR EXISTS"
            " (SELECT 1 FROM item WHERE event = number AND receiver = ?3 UNION ALL"
            " SELECT 1 FROM telling WHERE event = number AND receiver = ?3))"
            " AND (?4 = '' OR symbol = ?4 COLLATE NOCASE) ORDER BY number DESC LIMIT ?5",
            (since, rule, receiver, symbol, limit),
        )
        return _told(connection, [entry_of(row[:]) for row in rows], receiver)


def read_episode(path: Path, word: str) -> Story | None:
    """The story of `rule/COIN/3`, of the last episode of `rule/COIN`, or of `rule`; a chat user's rule is written
    `owner:rule/…`. None if there is none. Raises StorageError."""
    with _reading(path) as connection:
        found = connection.execute(_EPISODE, (json.dumps(meant(word)),)).fetchone()
        if found is None:
            return None
        owner, rule, symbol, episode = found
        rows = connection.execute(
            "SELECT * FROM event WHERE owner = ? AND rule = ? AND symbol = ? AND episode = ? ORDER BY number", found[:]
        )
        entries = [entry_of(row[:]) for row in rows]
        return Story(
            owner=owner,
            rule=rule,
            symbol=symbol,
            episode=episode,
            told=tuple(_told(connection, entries, "")),
            drops=_drops(connection, entries),
        )


def read_outbox(path: Path, *, channel: str = "", state: str = "", limit: int) -> list[Letter]:
    """Deliveries, oldest first: those that wait (in any way) unless a state is named; of one channel where it is named.
    Raises StorageError."""
    with _reading(path) as connection:
        rows = connection.execute(
            "SELECT * FROM delivery WHERE (?1 = '' AND settled IS NULL OR state = ?1) AND (?2 = '' OR channel = ?2)"
            " ORDER BY row LIMIT ?3",
            (state, channel, limit),
        ).fetchall()
        bodies = [decode_body(row["body"]) for row in rows]
        entries = read_entries(connection, [n for body in bodies for n in (*body.holding, *body.past)])
        word, _ = read_identity(connection)
        return [Letter(_parcel(row, word), content_of(body, entries)) for row, body in zip(rows, bodies, strict=True)]


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Every answer out of one state of the file, which a daemon may be changing."""
    try:
        with closing(open_readonly(path)) as connection:
            version_of(connection, path)
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            yield connection
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise explain(error, path) from None


def _told(connection: sqlite3.Connection, entries: Sequence[Entry], receiver: str) -> list[Happening]:
    """With what became of them, for one receiver where it is named."""
    numbers = json.dumps([entry.number for entry in entries])
    items = connection.execute(
        "SELECT item.* FROM json_each(?1) CROSS JOIN item ON event = value WHERE ?2 = '' OR receiver = ?2",
        (numbers, receiver),
    ).fetchall()
    word, _ = read_identity(connection)
    tellings = connection.execute(
        "SELECT telling.* FROM json_each(?1) CROSS JOIN telling ON event = value WHERE ?2 = '' OR receiver = ?2"
        " ORDER BY row",
        (numbers, receiver),
    ).fetchall()
    parcels = _parcels(connection, {row["message"] for row in (*items, *tellings) if row["message"]}, word)
    holds: defaultdict[tuple[int, str], list[Stay]] = defaultdict(list)
    for event, whose, at, reason, until in connection.execute(
        "SELECT event, receiver, at, reason, until FROM json_each(?) CROSS JOIN hold ON event = value ORDER BY row",
        (numbers,),
    ):
        holds[event, whose].append(Stay(at, reason, until))
    shares: defaultdict[int, list[Share]] = defaultdict(list)
    for event, whose, fate, reason, until, _, message in items:
        shares[event].append(
            Share(
                receiver=whose,
                fate=ItemFate(fate),
                reason=reason,
                until=until,
                message=f"{word}-{message}" if message else "",
                holds=tuple(holds[event, whose]),
                parcels=tuple(parcels.get(message, ())),
            )
        )
    again: defaultdict[int, list[Retold]] = defaultdict(list)
    for _, event, whose, at, number, reason in tellings:
        message = f"{word}-{number}" if number else ""
        told = Retold(receiver=whose, at=at, reason=reason, message=message, parcels=tuple(parcels.get(number, ())))
        again[event].append(told)
    return [Happening(entry, tuple(shares[entry.number]), tuple(again[entry.number])) for entry in entries]


def _parcels(connection: sqlite3.Connection, messages: set[int], word: str) -> dict[int, list[Parcel]]:
    rows = connection.execute(
        "SELECT delivery.* FROM json_each(?) CROSS JOIN delivery ON row BETWEEN value * 64 AND value * 64 + 63",
        (json.dumps(sorted(messages)),),
    )
    parcels: defaultdict[int, list[Parcel]] = defaultdict(list)
    for row in rows:
        parcels[row["row"] // PLACES].append(_parcel(row, word))
    return parcels


def _parcel(row: sqlite3.Row, word: str) -> Parcel:
    same = ("row", "receiver", "channel", "address", "state", "created", "due", "expires", "attempts", "reason", "ref")
    return Parcel(
        message=f"{word}-{row['row'] // PLACES}",
        lane=Lane(row["lane"]),
        uncertain=bool(row["uncertain"]),
        at=row["settled"],
        told_in=_told_in(row, word),
        **{name: row[name] for name in same},
    )


def _told_in(row: sqlite3.Row, word: str) -> str:
    """A digest has the key of its first message with a `d` behind."""
    if row["state"] == "joined" or (row["state"] == "sent" and row["reason"] == DIGEST):
        return f"{word}-{(row['joined'] or row['row']) // PLACES}d"
    return ""


def _drops(connection: sqlite3.Connection, entries: Sequence[Entry]) -> tuple[Drop, ...]:
    """What did not open an episode of the same alert from the first of these events until the next one opened."""
    event = entries[0].event
    rows = connection.execute(
        "SELECT time, alert, rule, owner, symbol, reason FROM dropped WHERE time >= ?1 AND alert = ?2 AND time <"
        " coalesce((SELECT min(time) FROM event WHERE alert = ?2 AND episode > ?3), 9e999) ORDER BY time, row",
        (event.time, event.alert, event.episode),
    )
    return tuple([Drop(*row) for row in rows])
