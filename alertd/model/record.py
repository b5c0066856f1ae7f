"""What the store says of the past: what happened, and what became of it for everybody."""

from dataclasses import dataclass
from typing import NamedTuple

from alertd.model.event import Drop, Entry
from alertd.model.notification import Content, ItemFate, Lane


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
