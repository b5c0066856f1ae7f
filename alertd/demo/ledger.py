"""What the daemon's own database says that it did: read while no daemon runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from alertd.demo.platforms.record import Received, told
from alertd.demo.scenario import CHATTERS, whose
from alertd.dispatch.digest import compose
from alertd.dispatch.policy import Policy
from alertd.model.event import EventKind
from alertd.model.notification import Notification
from alertd.model.people import is_persons
from alertd.model.record import Letter
from alertd.rows import Fate
from alertd.storage.record import read_outbox
from alertd.storage.status import read_status

_STATES = ("", Fate.SENT, Fate.BURIED, Fate.EXPIRED, Fate.SPARED)
"""Waiting, and all the ways in which a delivery ends."""

_ALL = 1_000_000

_NAMES = {chatter.channel: chatter.name for chatter in CHATTERS}
"""Who talks there: alertd numbers people in the order in which they come."""

_POLICY = Policy(receivers={})
"""How its messages are drawn: the demo's configuration says nothing of zones and charts."""


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
    def needed(self) -> list[Entry]:
        """All but those whose message another address had already."""
        return [entry for entry in self.entries if entry.fate != Fate.SPARED]

    @property
    def unsent(self) -> list[Entry]:
        return [entry for entry in self.needed if entry.fate != Fate.SENT]


def read(path: Path) -> Ledger:
    """The database at a path. Raises StorageError."""
    rows = [row for state in _STATES for row in read_outbox(path, state=state, limit=_ALL)]
    entries = [_entry(row) for row in sorted(rows, key=lambda row: row.parcel.row)]
    return Ledger(entries, read_status(path, events=0).held)


def _entry(row: Letter) -> Entry:
    parcel, content = row.parcel, row.content
    receiver = _NAMES[parcel.channel] if is_persons(parcel.receiver) else parcel.receiver
    told = [
        Told(each.event.rule, each.event.symbol, receiver)
        for each in (*content.holding, *content.past)
        if each.event.kind is EventKind.FIRED
    ]
    return Entry(
        parcel.message,
        receiver,
        parcel.channel,
        content.text or compose(content, parcel.created, _POLICY),
        "" if parcel.at is None else parcel.state,
        parcel.reason,
        told,
    )


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
    for message in _told(received):
        fitting = [place for place, entry in enumerate(entries) if fits(entry, message)]
        if fitting:
            times[min(fitting, key=lambda place: times[place])] += 1
        elif whose(message) not in _NAMES.values():  # replies to those who talk are in no outbox
            strays.append(message)
    return Match(times, strays)


def _told(received: Iterable[Received]) -> Iterator[Received]:
    """What tells something: not what a press made of a message of somebody who talks."""
    return (message for message in told(received) if not (message.edits and whose(message) in _NAMES.values()))


def fits(entry: Entry, received: Received) -> bool:
    """True if a message that a platform took is that delivery: by its id, else by its words."""
    if entry.channel != received.channel:
        return False
    if received.message:
        return entry.message == received.message
    words = (entry.notification.title, entry.notification.footer)
    return all(part in received.text for part in words)
