"""The shell's ports: what the daemon needs from the world, and nothing of how it is done."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Protocol, TypeVar

from alertd.model.event import Entry
from alertd.model.notification import Delivery, Queued
from alertd.model.people import ChatAlert, Deed
from alertd.model.reading import Bars, Poll
from alertd.model.record import Happening, Story
from alertd.rows import Attempt, Commit, DeadWay, Depth, Settled, Snapshot

T = TypeVar("T")


class Clock(Protocol):
    """Time and waiting. The system's clock is one; the tests turn one by hand."""

    def now(self) -> float:
        """Epoch seconds."""

    async def sleep(self, seconds: float) -> None: ...

    async def wait(self, event: asyncio.Event, until: float | None) -> bool:
        """Wait for the event, until that time at most (epoch seconds; None: for ever). True if the event is set."""


async def ended_by(clock: Clock, work: asyncio.Future[T], until: float) -> bool:
    """Wait for work to end, until that time at most. True if it has; whoever waits takes nothing away from it."""
    done = asyncio.Event()
    work.add_done_callback(lambda _: done.set())
    return work.done() or await clock.wait(done, until)


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

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Each field of each coin."""
        return {(field, coin) for field in self.fields for coin in self.coins}


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


class Limit(NamedTuple):
    """One message per `interval` seconds, after a burst of `burst` at once."""

    interval: float
    burst: int = 1


class Bucket(NamedTuple):
    """What a platform counts against one limit: `bot`, `chat:123`. Names are the channel's own."""

    name: str
    limit: Limit


class Pictures(Enum):
    """When a channel takes the chart that belongs to a message."""

    NEVER = auto()
    BEFORE = auto()
    """With the message itself: a mail cannot be changed. Where the chart is not there in time it goes without."""
    AFTER = auto()
    """Added to a message that was sent, so that its text never waits."""


class Channel(Protocol):
    """A credential on a platform, or several that share their recipients. Errors of `send` are DeliveryError and
    nothing else.

    `in_flight` is how many sends may be under way at once. `remembers` is for how many seconds the platform knows a
    message by its key, so that one that was sent already does not come twice: 0 where it knows no keys, infinity where
    the recipient's mail program or endpoint keeps them. `resends` says whether what may have arrived is sent again
    where it has no key.
    """

    @property
    def name(self) -> str: ...

    @property
    def in_flight(self) -> int: ...

    @property
    def remembers(self) -> float: ...

    @property
    def resends(self) -> bool: ...

    @property
    def pictures(self) -> Pictures: ...

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        """All that a message to this address is counted against just now, its own last."""

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns when the platform has taken the message: its own name of it, "" where it has none."""

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """Add a chart to a message that was sent and is called `ref` there: for those who take them AFTER."""

    async def close(self) -> None: ...


# ── storage ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Store(Protocol):
    """Where everything lasts. Errors are StorageError and nothing else. Every call is one transaction.

    A delivery waits as `next` (the head of its address, ready), `later` (a head that waits for its time), `queued`
    (behind its head), `joined` (told in the digest of another) or `standby`; `sending` is a head with an attempt under
    way; it ends `sent`, `buried`, `expired` or `spared`. Message ids are `<word>-<number>`, those of digests
    `<word>-<number>d`, the word being drawn once per store, so that two stores never share an idempotency key.
    """

    @property
    def word(self) -> str:
        """The store's own random word, kept for ever."""

    @property
    def seal(self) -> bytes:
        """The store's own random secret, kept for ever: links that alertd hands out are signed with it."""

    async def load(self, now: float, *, looks_back: float = 0.0) -> Snapshot:
        """`looks_back` is for how many seconds what was told and what fired counts."""

    async def commit(self, commit: Commit) -> None:
        """All of it or nothing. An event or a message that is there already is a bug of the caller: StorageError."""

    async def due(self, channel: str, now: float, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Queued]:
        """Up to `limit` heads that may go by `now`, at most one per address, none to a `busy` address.

        By lane; in a lane those first whose address had the fewest in a row, then the newest. Per address and lane the
        oldest goes first. What waited for its time, and what stands by for too long, becomes due here. A head that
        is `sending` though its address is not busy was under way when a daemon died: it is `uncertain`.
        """

    async def next_due(self, channel: str, *, busy: Sequence[str] = ()) -> float | None:
        """The earliest time at which `due` has something to give, `busy` addresses left out: 0.0 where it has already,
        None if there is none."""

    async def stale(self, channel: str, address: str, now: float, *, limit: int) -> Sequence[Queued]:
        """What waits for one address, has expired and may be told in one digest, oldest first, the head among it: not
        what may have arrived, has stepped aside, or is in a digest already."""

    async def turn(
        self,
        channel: str,
        *,
        settled: Sequence[Settled] = (),
        attempts: Sequence[Attempt] = (),
        rests: Mapping[str, float] | None = None,
        now: float = 0.0,
    ) -> frozenset[int]:
        """Note what became of attempts, and then that others are about to be made: returns the rows of those that may
        be (a head that a more urgent message has displaced may not, nor a digest of which something waits no more).
        `rests` are buckets ("": the whole channel) that take nothing until a time.

        Rows that wait no longer are left as they are. When a destination has the message, what stands by for it is
        spared; when none can have it any more, that is due at once; when a standby has it, the others are spared.
        """

    async def paces(self, channel: str, since: float) -> tuple[Sequence[tuple[str, float]], Mapping[str, float]]:
        """(bucket, time) of the attempts made since then, oldest first; and until when buckets rest."""

    async def entries(self, numbers: Sequence[int]) -> Sequence[Entry]:
        """Those of these numbers that are remembered, in the order of their numbers."""

    async def delivery(self, row: int) -> Queued | None:
        """The one of this row of the outbox, whatever has become of it; None where it is forgotten."""

    async def bury_strays(self, channels: Sequence[str], now: float) -> int:
        """Bury what waits for channels that are not among these (reason `channel_gone`); returns how many."""

    async def retry(self, rows: Sequence[int], now: float, *, idle: bool = False) -> int:
        """Have buried or expired deliveries, or waiting ones, tried at once, in the lane and for as long as they were
        made for; dead addresses among them live again. Returns how many there were. What is told in a digest is
        tried with it. `idle`: no daemon is at work, so that what is `sending` was left so by one that died."""

    async def bury(self, rows: Sequence[int], now: float, *, idle: bool = False) -> int:
        """Give up what waits (reason `operator`), but not what is under way; returns how many there were."""

    async def dead(self) -> Sequence[DeadWay]:
        """Addresses that take nothing any more, until somebody revives them."""

    async def chat_alerts(self, person: int, *, holding: str = "") -> Sequence[ChatAlert]:
        """A person's alerts, in the order of their numbers; those in whose entry that text stands."""

    async def how_many_alerts(self, person: int) -> int:
        """How many they have, paused ones too."""

    async def all_chat_alerts(self, after: tuple[int, int], *, limit: int) -> Sequence[ChatAlert]:
        """Those of everybody behind (person, number), a page of them in that order."""

    async def last_alert(self, person: int) -> int:
        """The highest number that an alert of theirs ever had, 0 if there was none."""

    async def heard(self, channel: str, key: str) -> bytes | None:
        """The sealed answer to what was said by that key and done, None for what is new."""

    async def deeds(self, *, limit: int, who: str = "") -> Sequence[Deed]:
        """The latest lines of the audit log, newest first; of and about one person where one is named."""

    async def happened(
        self, *, owner: str = "", rule: str = "", symbol: str = "", since: float = 0.0, limit: int
    ) -> Sequence[Happening]:
        """The latest events since a time, newest first, each with what became of it; of one owner's rules, one rule or
        one coin where they are named."""

    async def story(self, word: str) -> Story | None:
        """The story of an episode (see `model.episode.meant`), None if there is none."""

    def lost(self) -> Mapping[tuple[str, str], int]:
        """How many deliveries were buried by channel and reason since this was asked for last, but for those that
        `turn` was told of: their address is dead, their channel is gone, an operator gave them up."""

    async def depths(self) -> Sequence[Depth]: ...

    async def prune(self, before: float, limit: int) -> int:
        """Forget what is over and older than `before`: events, what was not sent, and messages of which nothing waits
        any more, with their items. At most `limit` of them, so that nobody waits long; returns how many, 0 when there
        is nothing left to forget."""

    async def close(self) -> None: ...
