"""What the daemon's own database says that it did: read while no daemon runs."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from alertd.demo.platforms.record import Received
from alertd.model.notification import Notification
from alertd.ports import Fate
from alertd.storage.codec import decode_event, decode_notification
from alertd.storage.database import open_readonly
from alertd.storage.messages import PLACES


class Told(NamedTuple):
    """An alert put into a message: which rule fired on which coin, for whom."""

    rule: str
    coin: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery: a message on its way to one person. `fate` is "" while it waits, `reason` why if it was not
    sent; `told` is what it says."""

    message: str
    receiver: str
    channel: str
    notification: Notification
    fate: str
    reason: str
    told: Sequence[Told]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All deliveries in their order, and how many things are held back by a cap."""

    entries: Sequence[Entry]
    held: int

    @property
    def open(self) -> list[Entry]:
        """Those that wait, or are on their way and not yet confirmed."""
        return [entry for entry in self.entries if not entry.fate]

    @property
    def unsent(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.fate != Fate.SENT]


def read(path: Path) -> Ledger:
    """The database at a path. Raises sqlite3.Error."""
    with closing(open_readonly(path)) as connection:
        (word,) = connection.execute("SELECT word FROM meta").fetchone()
        events = (decode_event(body) for (body,) in connection.execute("SELECT body FROM event"))
        names = {event.alert: (event.rule, event.symbol) for event in events}
        told: dict[int, list[Told]] = {}
        for message, alert, receiver in connection.execute(
            "SELECT message, alert, receiver FROM item WHERE event = 'fired'"
        ):
            told.setdefault(message, []).append(Told(*names[alert], receiver))
        entries = [
            Entry(
                f"{word}-{row // PLACES}",
                receiver,
                channel,
                decode_notification(body),
                "" if state in ("next", "queued") else state,
                reason,
                told.get(row // PLACES, ()),
            )
            for row, receiver, channel, state, reason, body in connection.execute(
                "SELECT row, receiver, channel, state, reason, body FROM delivery ORDER BY row"
            )
        ]
        (held,) = connection.execute("SELECT count(*) FROM held").fetchone()
    return Ledger(entries, held)


@dataclass(frozen=True, slots=True)
class Match:
    """The ledger beside what the platforms got: `times` is how often each delivery (by its place) arrived, `strays`
    are messages that no delivery explains."""

    times: Mapping[int, int]
    strays: Sequence[Received]


def match(entries: Sequence[Entry], received: Iterable[Received]) -> Match:
    """Puts every message that arrived to the delivery that it is: the first that has not arrived, else it is one that
    came again."""
    times = dict.fromkeys(range(len(entries)), 0)
    strays: list[Received] = []
    for message in received:
        fitting = [place for place, entry in enumerate(entries) if fits(entry, message)]
        if fitting:
            times[min(fitting, key=lambda place: times[place])] += 1
        else:
            strays.append(message)
    return Match(times, strays)


def fits(entry: Entry, received: Received) -> bool:
    """True if a message that a platform took is that delivery: by its id, else by its words."""
    if entry.channel != received.channel:
        return False
    if received.message:
        return entry.message == received.message
    words = (entry.notification.title, entry.notification.footer)
    return all(part in received.text for part in words)
