"""The shell's ports: what the daemon needs from the world, and nothing of how it is done."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from alertd.model.alert import AlertBlock, AlertKey, RuleRow
from alertd.model.event import Drop, Event
from alertd.model.notification import Delivery, Held, Message
from alertd.model.reading import Bars, Poll
from alertd.rules.bank import Shape
from alertd.rules.manner import Manner
from alertd.rules.saved import Saved


class Clock(Protocol):
    """Time and waiting. The system's clock is one; the tests turn one by hand."""

    def now(self) -> float:
        """Epoch seconds."""

    async def sleep(self, seconds: float) -> None: ...

    async def wait(self, event: asyncio.Event, until: float | None) -> bool:
        """Wait for the event, until that time at most (epoch seconds; None: for ever). True if the event is set."""


# ── sources ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Call(NamedTuple):
    """A request, or a run of them, that a source repeats: `fields` of `coins` (alertd's names), `every` so many
    seconds.

    `cost` is how many billed API calls one round takes. What comes with the clock is asked for with it: `offset`
    seconds after each epoch multiple of `every`; None where any time is as good.
    """

    name: str
    fields: tuple[str, ...]
    coins: tuple[str, ...]
    every: float
    cost: int
    offset: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A coin as a source knows it: `id` is what config writes for that source."""

    id: str
    symbol: str
    name: str
    rank: int | None = None


class Source(Protocol):
    """An API that is polled. Errors are SourceError and nothing else."""

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it can give, by their names in `conditions.fields`: one that comes per bar (`volume(1h)`)
        by that of all its bars (`volume`)."""

    def has(self, field: str, coin: str) -> bool:
        """True if it can give this field (`price`, `volume(1h)`) of this coin (it has an id for it)."""

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        """The fewest calls that bring `wanted` (field → coins); asks for nothing that is not in it."""

    async def poll(self, call: Call, now: float) -> Poll: ...

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        """Bars ended in (start, end], oldest first; None where the source keeps none of that interval."""

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        """Billed calls that `history` of one coin takes over `span` seconds, 0 where it has none."""

    async def find(self, text: str) -> tuple[Candidate, ...]:
        """Coins whose symbol, id or name match, best first."""


# ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Pacing:
    """What a platform takes: at most one message per `per_address` seconds to one address and one per
    `overall` seconds in all, after a burst of `burst`; `in_flight` sends at once."""

    overall: float = 0.0
    per_address: float = 0.0
    burst: int = 1
    in_flight: int = 4


class Channel(Protocol):
    """A credential on a platform. Errors of `send` are DeliveryError and nothing else."""

    @property
    def name(self) -> str: ...

    @property
    def pacing(self) -> Pacing: ...

    async def send(self, delivery: Delivery, now: float) -> None:
        """Returns when the platform has taken the message."""

    async def close(self) -> None: ...


# ── storage ──────────────────────────────────────────────────────────────────────────────────────────────────────


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
    delete one. `held` are new rows, or the same row with another `until`; `released` names rows that are held no
    longer.
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
    events: Sequence[Event] = ()
    drops: Sequence[Drop] = ()
    messages: Sequence[Message] = ()
    held: Sequence[Held] = ()
    released: Sequence[int] = ()
    not_sent: Sequence[tuple[Event, str, str]] = ()
    """(event, receiver, reason) of what dispatch decided not to send."""

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
                self.events,
                self.drops,
                self.messages,
                self.held,
                self.released,
                self.not_sent,
            )
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a daemon starts from.

    `saved` are rules and alerts. `last_message` and `last_held` are the highest numbers ever used. `recent` are
    (receiver, created) of the messages of the last 24 hours, for caps.
    """

    saved: Saved = field(default_factory=Saved)
    series: Sequence[SeriesRow] = ()
    pages: Mapping[str, bytes] = field(default_factory=dict)
    held: Sequence[Held] = ()
    recent: Sequence[tuple[str, float]] = ()
    last_message: int = 0
    last_held: int = 0


class Fate(StrEnum):
    SENT = "sent"
    DELAYED = "delayed"
    BURIED = "buried"
    EXPIRED = "expired"


class Settled(NamedTuple):
    """What became of one attempt at a delivery. `due` is when to try again (DELAYED only); `reason` is a short fixed
    word."""

    row: int
    fate: Fate
    at: float
    due: float = 0.0
    reason: str = ""


class Depth(NamedTuple):
    """What waits in the outbox of one channel: how many deliveries, and when the oldest was created."""

    channel: str
    waiting: int
    oldest: float


class Store(Protocol):
    """Where everything lasts. Errors are StorageError and nothing else. Every call is one transaction.

    Message ids are `<word>-<number>`, the word being drawn once per store, so that two stores never share an
    idempotency key; the numbers grow, and what is older has the lower one.
    """

    @property
    def word(self) -> str:
        """The store's own random word, kept for ever."""

    async def load(self, now: float) -> Snapshot: ...

    async def commit(self, commit: Commit) -> None:
        """All of it or nothing. An item that is there already is a bug of the caller: StorageError."""

    async def due(self, channel: str, now: float, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Delivery]:
        """Up to `limit` deliveries due by `now`, longest due first; at most one per address, none to a `busy` address.

        An address whose oldest waiting delivery is not yet due gives none: order per address is kept.
        """

    async def next_due(self, channel: str, *, busy: Sequence[str] = ()) -> float | None:
        """The earliest time at which `due` has something to give: the least `due` of each address' oldest waiting
        delivery, `busy` addresses left out; None if there is none."""

    async def settle(self, settled: Sequence[Settled]) -> None:
        """Rows that wait no longer are left as they are."""

    async def bury_strays(self, channels: Sequence[str], now: float) -> int:
        """Bury what waits for channels that are not among these (reason `channel_gone`); returns how many."""

    async def depths(self) -> Sequence[Depth]: ...

    async def history(self, *, limit: int) -> Sequence[Event]:
        """The latest events, newest first."""

    async def prune(self, before: float, limit: int) -> int:
        """Forget what is over and older than `before`: events, what was not sent, and messages of which nothing waits
        any more, with their items. At most `limit` of them, so that nobody waits long; returns how many, 0 when there
        is nothing left to forget."""

    async def close(self) -> None: ...
