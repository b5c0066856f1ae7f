"""What goes into the store and comes out of it, one transaction at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from alertd.dispatch.state import Fired, Spoke
from alertd.model.alert import AlertBlock, AlertKey, RuleRow
from alertd.model.event import Drop, Entry
from alertd.model.kept import Kept, KeptKey
from alertd.model.notification import Held, ItemRow, Message, Telling
from alertd.model.people import Crowd, PeopleRow
from alertd.rules.bank import Shape
from alertd.rules.manner import Manner
from alertd.rules.saved import Saved


class SeriesRow(NamedTuple):
    """The number that a series has for ever in this store."""

    number: int
    source: str
    field: str
    coin: str


@dataclass(slots=True)
class Commit:
    """Everything that one tick changed: written whole or not at all.

    `rules` are new or changed ones by number, None for one that was removed; `coins`, `shapes` and `manners` are new
    ones by number. `alerts` are new or changed rows (by id), later blocks in the place of earlier ones; `gone` are ids
    of removed ones, `former` the last episode of their keys. `pages` are blocks of market columns by name, None to
    delete one. `items` are new rows, or later states of old ones; `tellings` what was told beside them; `kept` is what
    dispatch remembers, None for what it forgets. `people` are rows of theirs, in their order.
    """

    now: float
    rules: Mapping[int, RuleRow | None] = field(default_factory=dict)
    coins: Mapping[int, str] = field(default_factory=dict)
    shapes: Mapping[int, Shape] = field(default_factory=dict)
    manners: Mapping[int, Manner] = field(default_factory=dict)
    alerts: Sequence[AlertBlock] = ()
    gone: Sequence[int] = ()
    former: Mapping[AlertKey, int] = field(default_factory=dict)
    series: Sequence[SeriesRow] = ()
    pages: Mapping[str, bytes | None] = field(default_factory=dict)
    entries: Sequence[Entry] = ()
    drops: Sequence[Drop] = ()
    items: Sequence[ItemRow] = ()
    tellings: Sequence[Telling] = ()
    messages: Sequence[Message] = ()
    kept: Mapping[KeptKey, Kept | None] = field(default_factory=dict)
    people: Sequence[PeopleRow] = ()

    def __bool__(self) -> bool:
        return any(
            (
                self.rules,
                self.coins,
                self.shapes,
                self.manners,
                self.alerts,
                self.gone,
                self.former,
                self.series,
                self.pages,
                self.entries,
                self.drops,
                self.items,
                self.tellings,
                self.messages,
                self.kept,
                self.people,
            )
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a daemon starts from.

    `saved` are rules and alerts. `last_event` and `last_message` are the highest numbers ever used. `held` is in the
    order in which it was held. `recent` are (receiver, created) of the messages of the last 24 hours that count
    against caps; `spoke` and `fired` see `DispatchState.restore`.
    """

    saved: Saved = field(default_factory=Saved)
    series: Sequence[SeriesRow] = ()
    pages: Mapping[str, bytes] = field(default_factory=dict)
    held: Sequence[Held] = ()
    kept: Sequence[Kept] = ()
    recent: Sequence[tuple[str, float]] = ()
    spoke: Sequence[Spoke] = ()
    fired: Sequence[tuple[str, Fired]] = ()
    last_event: int = 0
    last_message: int = 0
    crowd: Crowd = field(default_factory=Crowd)


class Fate(StrEnum):
    SENT = "sent"
    DELAYED = "delayed"
    BURIED = "buried"
    EXPIRED = "expired"
    SPARED = "spared"
    """It was not needed any more: another destination of the message had it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one attempt at a delivery. `reason` is a short fixed word.

    DELAYED: `due` is when to try again, `aside` has it step behind all others of its address; `uncertain` if the
    platform may have taken it. SENT: `ref` is the platform's own name of the message. BURIED with `dead`: nothing more
    can be delivered to this address until somebody revives it. `moved` is the address' new name (SENT or DELAYED): it
    is used from now on.

    Of a digest, SENT and BURIED as `uncertain` are what became of all in it. DELAYED has it come again as it was,
    unless it is `alone` or `aside`: then it is told by itself from now on. Whatever else ends it, what was told with it
    waits for itself again.
    """

    row: int
    fate: Fate
    at: float
    due: float = 0.0
    reason: str = ""
    ref: str = ""
    uncertain: bool = False
    aside: bool = False
    alone: bool = False
    dead: bool = False
    moved: str = ""


class Attempt(NamedTuple):
    """A call to a platform that is about to be made: its row, and the buckets that it is counted against.

    `also` are the rows of stale ones that are told in it: from here on they are, on every attempt.
    """

    row: int
    buckets: tuple[str, ...]
    also: tuple[int, ...] = ()


class DeadWay(NamedTuple):
    """An address that takes nothing any more, why (a short fixed word), and since when."""

    channel: str
    address: str
    reason: str
    since: float


class Depth(NamedTuple):
    """What waits in the outbox of one channel: how many deliveries, and when the oldest was created."""

    channel: str
    waiting: int
    oldest: float
