"""The record: what happened, and what became of it for everybody; read from the file, beside a daemon or without."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from alertd.model.episode import meant
from alertd.model.event import Drop, Entry
from alertd.model.notification import ItemFate, Lane
from alertd.model.record import Happening, Letter, Parcel, Retold, Share, Stay, Story
from alertd.storage.codec import decode_body, entry_of
from alertd.storage.database import explain, open_readonly, read_identity, version_of
from alertd.storage.events import PLACES, read_entries
from alertd.storage.outbox import content_of
from alertd.storage.turns import DIGEST

# What the word means, the surest first.
_EPISODE = """
SELECT owner, rule, symbol, episode FROM json_each(?) AS meant CROSS JOIN event
ON rule = meant.value ->> 1 AND owner = meant.value ->> 0
AND (meant.value ->> 2 = '' OR symbol = meant.value ->> 2) AND (meant.value ->> 3 = 0 OR episode = meant.value ->> 3)
ORDER BY meant.key, episode = 0, number DESC LIMIT 1
"""


_LATEST = (
    "SELECT * FROM event WHERE time >= ?1 AND (?2 = '' OR rule = ?2) AND (?3 = '' OR EXISTS"
    " (SELECT 1 FROM item WHERE event = number AND receiver = ?3 UNION ALL"
    " SELECT 1 FROM telling WHERE event = number AND receiver = ?3)) AND (?4 = '' OR symbol = ?4 COLLATE NOCASE)"
)

# A `part` of 2 stands by.
_LOST = """
SELECT row FROM delivery WHERE state = 'buried' AND reason <> 'operator' AND (?1 = '' OR channel = ?1)
AND NOT EXISTS (SELECT 1 FROM delivery AS other WHERE other.row BETWEEN delivery.row / 64 * 64 AND
    delivery.row / 64 * 64 + 63 AND other.state = 'sent' AND 2 IN (other.part, delivery.part))
ORDER BY row
"""


def read_history(
    path: Path, *, rule: str = "", receiver: str = "", symbol: str = "", since: float = 0.0, limit: int
) -> list[Happening]:
    """The latest events since a time, newest first; of one rule (`@7.3`: of that alert of chat) or one coin, and what
    they were for one receiver, where they are named. Raises StorageError."""
    with _reading(path) as connection:
        owner, name = meant(rule)[-1][:2] if rule else (None, "")
        return history(connection, owner=owner, rule=name, receiver=receiver, symbol=symbol, since=since, limit=limit)


def history(
    connection: sqlite3.Connection,
    *,
    owner: str | None = None,
    rule: str = "",
    receiver: str = "",
    symbol: str = "",
    since: float = 0.0,
    limit: int,
) -> list[Happening]:
    """The same, out of an open database; of one owner's rules, or of those of files (""), where one is named."""
    # A person's events are few, and found by the index.
    whose = " AND ?6 IS NULL" if owner is None else " AND owner = ?6" + (" AND owner != ''" if owner else "")
    sentence = _LATEST + whose
    rows = connection.execute(
        f"{sentence} ORDER BY number DESC LIMIT ?5", (since, rule, receiver, symbol, limit, owner)
    )
    return _told(connection, [entry_of(row[:]) for row in rows], receiver)


def read_episode(path: Path, word: str) -> Story | None:
    """The story of `rule/COIN/3`, of the last episode of `rule/COIN`, or of `rule`; an alert of chat is written
    `@7.3/…`. None if there is none. Raises StorageError."""
    with _reading(path) as connection:
        return episode(connection, word)


def episode(connection: sqlite3.Connection, word: str) -> Story | None:
    """The same, out of an open database."""
    found = connection.execute(_EPISODE, (json.dumps(meant(word)),)).fetchone()
    if found is None:
        return None
    owner, rule, symbol, number = found
    rows = connection.execute(
        "SELECT * FROM event WHERE owner = ? AND rule = ? AND symbol = ? AND episode = ? ORDER BY number", found[:]
    )
    entries = [entry_of(row[:]) for row in rows]
    return Story(
        owner=owner,
        rule=rule,
        symbol=symbol,
        episode=number,
        told=tuple(_told(connection, entries, "")),
        drops=_drops(connection, entries),
    )


def read_outbox(path: Path, *, channel: str = "", state: str = "", limit: int) -> list[Letter]:
    """Deliveries, oldest first: those that wait (in any way) unless a state is named; of one channel where it is named.
    Raises StorageError."""
    with _reading(path) as connection:
        rows = (
            _named(connection)
            .execute(
                "SELECT * FROM delivery WHERE (?1 = '' AND settled IS NULL OR state = ?1) AND (?2 = '' OR channel = ?2)"
                " ORDER BY row LIMIT ?3",
                (state, channel, limit),
            )
            .fetchall()
        )
        bodies = [decode_body(row["body"]) for row in rows]
        entries = read_entries(connection, [n for body in bodies for n in (*body.holding, *body.past)])
        word, _ = read_identity(connection)
        return [Letter(_parcel(row, word), content_of(body, entries)) for row, body in zip(rows, bodies, strict=True)]


def read_lost(path: Path, *, channel: str = "") -> list[int]:
    """The rows of what was buried, oldest first, of one channel where it is named: but not by hand, nor where what
    stands by, or what it would have stood by for, has brought the message. Raises StorageError."""
    with _reading(path) as connection:
        rows = connection.execute(_LOST, (channel,))
        return [row for (row,) in rows]


def read_states(path: Path, rows: Sequence[int]) -> dict[int, str]:
    """The state of each of these deliveries that there is. Raises StorageError."""
    with _reading(path) as connection:
        found = connection.execute(
            "SELECT row, state FROM delivery WHERE row IN (SELECT value FROM json_each(?))", (json.dumps(rows),)
        )
        return dict(found.fetchall())


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Every answer out of one state of the file, which a daemon may be changing."""
    try:
        with closing(open_readonly(path)) as connection:
            version_of(connection, path)
            connection.execute("BEGIN")
            yield connection
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise explain(error, path) from None


def _named(connection: sqlite3.Connection) -> sqlite3.Cursor:
    """For rows with names to their columns."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor


def _told(connection: sqlite3.Connection, entries: Sequence[Entry], receiver: str) -> list[Happening]:
    """With what became of them, for one receiver where it is named."""
    numbers = json.dumps([entry.number for entry in entries])
    named = _named(connection)
    items = named.execute(
        "SELECT item.* FROM json_each(?1) CROSS JOIN item ON event = value WHERE ?2 = '' OR receiver = ?2",
        (numbers, receiver),
    ).fetchall()
    word, _ = read_identity(connection)
    tellings = named.execute(
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
    rows = _named(connection).execute(
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
