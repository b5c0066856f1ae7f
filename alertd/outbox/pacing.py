"""How fast a platform takes messages: a generic cell rate algorithm (GCRA) for each bucket that it counts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from math import inf

from alertd.ports import Bucket, Limit

WHOLE = ""
"""The bucket of everything that a channel sends."""

MANY = 4096
"""How many cells may be there before those that hold nothing back are forgotten."""


@dataclass(slots=True, eq=False)
class Cell:
    """One bucket: lets `burst` messages go at once and then one per `interval` seconds (0: as many as there are), and
    none before `rest`.

    `full` is when it will be full again; a message takes one `interval` out of it. Times are epoch seconds. `booked` is
    the time of a slot that was taken before its time; `passed` are the messages of the outbox since the last reply.
    """

    limit: Limit
    full: float = 0.0
    rest: float = 0.0
    booked: float = 0.0
    passed: int = 0

    def ready_at(self, now: float) -> float:
        """The earliest time at which a message may go."""
        interval, burst = self.limit
        ahead = burst + 1 if self.booked > now else burst
        # A clock that was set back must not hold messages back for as long as that.
        self.full = min(self.full, now + ahead * interval)
        return max(self.rest, self.full - (burst - 1) * interval)

    def ready_then(self, now: float) -> float:
        """The earliest time at which a message may go after another one."""
        interval, burst = self.limit
        return max(self.rest, max(self.full, now) + interval - (burst - 1) * interval)

    def is_full(self, now: float) -> bool:
        """Whether nothing holds back even a burst: what can wait takes nothing from a message then."""
        return max(self.full, self.rest) <= now

    def take(self, now: float) -> None:
        self.full = max(self.full, now) + self.limit.interval


Cells = tuple[Cell, ...]


class Taking:
    """Messages taken out of cells for as long as nobody knows whether they may go."""

    def __init__(self) -> None:
        self._full: dict[int, tuple[Cell, float]] = {}

    def take(self, cells: Cells, now: float) -> None:
        for cell in cells:
            self._full.setdefault(id(cell), (cell, cell.full))
            cell.take(now)

    def undo(self) -> None:
        for cell, full in self._full.values():
            cell.full = full


class Pace:
    """All the buckets of one channel.

    An earlier process left `past`, (bucket, time) of what was sent lately, oldest first, which counts until `then`; and
    `rests`, until when buckets take nothing.
    """

    def __init__(
        self,
        past: Iterable[tuple[str, float]] = (),
        rests: Mapping[str, float] | None = None,
        *,
        then: float = -inf,
    ) -> None:
        self._then = then
        self._past: defaultdict[str, list[float]] = defaultdict(list)
        for bucket, at in past:
            self._past[bucket].append(at)
        self._cells: dict[str, Cell] = {}
        self._whole = self._cell(Bucket(WHOLE, Limit(0.0)))
        for bucket, until in (rests or {}).items():
            self.rest(bucket, until)

    @property
    def rest_until(self) -> float:
        """Until when the whole channel rests."""
        return self._whole.rest

    def cells(self, buckets: Iterable[Bucket]) -> Cells:
        """What messages with these buckets have to ask."""
        return tuple([self._cell(bucket) for bucket in buckets])

    def rest_at(self, bucket: str) -> float:
        """Until when one bucket rests, whatever the channel does; 0 where it never did."""
        cell = self._cells.get(bucket)
        return cell.rest if cell else 0.0

    def rest(self, bucket: str, until: float) -> None:
        """Nothing that is counted against it goes before."""
        cell = self._cells.get(bucket) or self._cell(Bucket(bucket, Limit(0.0)))
        cell.rest = max(cell.rest, until)

    def rest_of(self, cells: Cells) -> float:
        """Until when one of these, or the whole channel, rests."""
        return max(self._whole.rest, max([cell.rest for cell in cells], default=-inf))

    def forget(self, now: float, *, used: Set[int]) -> None:
        """Let go of what holds nothing back, where there is much. `used` are the ids of cells that somebody asks."""
        if now >= self._then:
            self._past.clear()
        if len(self._cells) >= MANY:
            self._cells = {
                name: cell
                for name, cell in self._cells.items()
                if name == WHOLE or cell.full > now or cell.rest > now or id(cell) in used
            }

    def _cell(self, bucket: Bucket) -> Cell:
        cell = self._cells.get(bucket.name)
        if cell is None:
            cell = self._cells[bucket.name] = Cell(bucket.limit)
        elif cell.limit is not bucket.limit:
            cell.limit = bucket.limit
        for at in self._past.pop(bucket.name, ()):
            cell.take(at)
        return cell
