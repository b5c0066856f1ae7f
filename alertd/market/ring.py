"""Past bars in a ring, time-major: `high[slot, row]`. One ring per bar length.

A bar of number n holds the readings of ((n-1)·interval, n·interval]. A slot belongs to one number for all rows at
once: the ring holds the numbers (newest − slots, newest]. A bar without readings is NaN in `high`, `low` and `open`,
while `close` is carried on from the bar before, so that "the last bar ended by then" is a look-up.

`market.windows` has what is read from it.
"""

from collections.abc import Callable, Hashable
from typing import ClassVar, NamedTuple

import numpy as np

from alertd.market.columns import Columns, Fill, Floats, Ints, Rows
from alertd.model.reading import Bars

MINUTE = 60.0
HOUR = 3600.0
SPARE = 2
"""Bars besides those that have ended: the open one, and one that a reading may be ahead of the clock."""

_EMPTY = -1_000_000_000


def interval_for(window: float) -> float:
    """Windows up to 24 h are made of minutes, longer ones of hours."""
    return MINUTE if window <= 24 * HOUR else HOUR


def slots_for(window: float) -> int:
    """How many bars a window takes: those in it, cut ones among them, the last before it, and the spare ones."""
    return int(-(-window // interval_for(window))) + 1 + SPARE


class RingRows(Columns):
    """What the ring knows of each row besides its bars.

    `slots` is how many bars its windows need. `first` is the end of the first bar since when nothing is missing, NaN
    before it. `last` is the number of the bar of the latest reading; `high_before` and `low_before` are that bar
    without this reading: what a breakout is measured against. `before` is the value of the reading before the latest,
    `close_before` the last close before the bars of the ring.
    """

    FILL: ClassVar[Fill] = {
        "series": (np.int64, _EMPTY),
        "slots": (np.int64, 0),
        "first": (np.float64, np.nan),
        "last": (np.int64, _EMPTY),
        "high_before": (np.float64, np.nan),
        "low_before": (np.float64, np.nan),
        "before": (np.float64, np.nan),
        "close_before": (np.float64, np.nan),
    }
    series: Ints
    slots: Ints
    first: Floats
    last: Ints
    high_before: Floats
    low_before: Floats
    before: Floats
    close_before: Floats


Made = tuple[Floats, ...]


class _Kept(NamedTuple):
    """What was made of the bars in `span`, as they were after `changes` changes of the ring."""

    span: range
    changes: int
    made: Made


class Ring:
    """The bars of `interval` seconds of all series that some condition looks back on, for `slots` bars back.

    With `opens` it has their first readings as well.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.rows = RingRows()
        self.slots = 0
        self.newest = _EMPTY
        self.opens = False
        self.dirty: set[int] = set()
        """Numbers of the bars that changed since they were last stored."""
        self.dropped: set[int] = set()
        self.high = np.full((0, 0), np.nan)
        self.low = np.full((0, 0), np.nan)
        self.close = np.full((0, 0), np.nan)
        self.open = np.full((0, 0), np.nan)
        self._changes = 0
        self._changed = np.zeros(0, np.int64)
        """By slot: at which change of the ring its bar last changed."""
        self._kept: dict[Hashable, _Kept] = {}

    # ── how much is held ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def oldest(self) -> int:
        """The number of the oldest bar that is held."""
        return self.newest - self.slots + 1

    def add(self, series: int) -> int:
        """A row for a series."""
        row = int(self.rows.extend(1)[0])
        self.rows.series[row] = series
        self.fit(self.slots, opens=self.opens)
        self._kept.clear()
        return row

    def drop(self, rows: Rows) -> tuple[Rows, Rows]:
        """Remove rows; returns which rows took which places, as `(places, rows)`."""
        size = self.rows.size
        places, movers = self.rows.drop(rows)
        for column in (self.high, self.low, self.close, self.open):
            column[:, places] = column[:, movers]
            column[:, self.rows.size : size] = np.nan
        self._reshaped()
        return places, movers

    def fit(self, slots: int, *, opens: bool) -> None:
        """Room for all rows, and for exactly so many bars of each; what is there stays, as far as it fits."""
        rows, width = self.rows.size, self.high.shape[1]
        wide = width if width // 4 <= rows <= width else max(16, 2 * rows)
        if (slots, wide, opens) == (self.slots, width, self.opens):
            return
        kept = np.empty(0, np.int64)
        if self.newest != _EMPTY:
            self._let_go(self.newest - slots)
            kept = np.arange(self.newest - min(slots, self.slots) + 1, self.newest + 1)
        held = min(width, wide)
        for name in ("high", "low", "close", "open"):
            resized = np.full((slots if name != "open" or opens else 0, wide), np.nan)
            if name != "open" or (opens and self.opens):
                resized[kept % slots, :held] = getattr(self, name)[kept % self.slots, :held]
            setattr(self, name, resized)
        if len(kept) and slots > self.slots:
            # What came before the bars that are kept is gone.
            self.rows.first = np.maximum(self.rows.first, kept[0] * self.interval)
        self.slots, self.opens = slots, opens
        self._changed = np.full(slots, self._changes)
        self._reshaped()

    def _reshaped(self) -> None:
        self._kept.clear()
        if self.newest != _EMPTY:
            self.dirty.add(self.newest)  # its size and rows are stored with its bars

    def _let_go(self, number: int) -> None:
        """The bars up to that number go; what remains of them is the close that is carried on."""
        gone = range(self.oldest, min(self.newest, number) + 1)
        if gone:
            self.dropped.update(gone)
            self.rows.close_before[: self.rows.size] = self.close[gone[-1] % self.slots, : self.rows.size]

    # ── what is made of bars ─────────────────────────────────────────────────────────────────────────────────────

    def kept(self, name: Hashable, span: range, make: Callable[[], Made]) -> Made:
        """What `make` makes of the bars in `span` (all held) for all rows, made anew once one of them changed."""
        there = self._kept.get(name)
        slots = np.arange(span.start, span.stop) % max(self.slots, 1)
        if there is None or there.span != span or np.max(self._changed[slots], initial=0) > there.changes:
            return self.keep(name, span, make())
        return there.made

    def keep(self, name: Hashable, span: range, made: Made) -> Made:
        self._kept[name] = _Kept(span, self._changes, made)
        return made

    def _touch(self, numbers: Ints) -> None:
        self._changes += 1
        self._changed[numbers % self.slots] = self._changes
        self.dirty.update(np.unique(numbers).tolist())

    # ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────

    def numbers(self, at: Floats) -> Ints:
        """The bar that a time belongs to."""
        return np.ceil(at / self.interval).astype(np.int64)

    def turn(self, number: int) -> None:
        """Make `number` a bar of the ring: the oldest bars go, closes are carried on to the new ones."""
        if number <= self.newest:
            return
        carried = np.full(self.close.shape[1], np.nan)
        if self.newest != _EMPTY:
            carried = self.close[self.newest % self.slots].copy()
            self._let_go(number - self.slots)
        for fresh in range(max(self.newest + 1, number - self.slots + 1), number + 1):
            slot = fresh % self.slots
            self.high[slot] = self.low[slot] = np.nan
            self.close[slot] = carried
            if self.opens:
                self.open[slot] = np.nan
        self.newest = number

    def put(self, rows: Rows, at: Floats, values: Floats, *, replace: bool) -> None:
        """New readings of `rows`, each row once; with `replace` they take the place of each row's latest reading."""
        table, numbers = self.rows, self.numbers(at)
        self.turn(int(numbers.max()))
        if not replace:
            table.before[rows] = self.close[self.newest % self.slots, rows]
        table.first[rows] = np.fmin(table.first[rows], numbers * self.interval)
        held = numbers >= self.oldest
        if not held.all():
            # Older than every bar: all there is of these rows is the close that is carried on.
            table.close_before[rows[~held]] = self.close[:, rows[~held]] = values[~held]
            self.dirty.add(self.newest)
            rows, numbers, values = rows[held], numbers[held], values[held]
        slots = numbers % self.slots
        high, low = self.high[slots, rows], self.low[slots, rows]
        if replace:
            # What history filled in stays: it is more than the reading that is replaced.
            own = table.last[rows] == numbers
            high, low = np.where(own, table.high_before[rows], high), np.where(own, table.low_before[rows], low)
        table.high_before[rows], table.low_before[rows] = high, low
        if self.opens:
            begins = np.isnan(high)
            self.open[slots[begins], rows[begins]] = values[begins]
        self.high[slots, rows], self.low[slots, rows] = np.fmax(high, values), np.fmin(low, values)
        self.close[slots, rows] = values
        table.last[rows] = numbers
        self._touch(numbers)
        self._carry_late(rows, numbers, values)

    def _carry_late(self, rows: Rows, numbers: Ints, values: Floats) -> None:
        """A late reading's close goes on to the newer bars, up to the next that has readings of its own."""
        while len(behind := np.flatnonzero(numbers < self.newest)):
            rows, numbers, values = rows[behind], numbers[behind] + 1, values[behind]
            free = np.isnan(self.high[numbers % self.slots, rows])
            rows, numbers, values = rows[free], numbers[free], values[free]
            self.close[numbers % self.slots, rows] = values

    def fill(self, row: int, bars: Bars) -> None:
        """Past bars of one row, of this ring's interval or shorter; bars that are there already stay."""
        if not len(bars.end):
            return
        numbers, starts = np.unique(self.numbers(bars.end), return_index=True)
        self.turn(int(numbers[-1]))
        last = bars.close[np.append(starts[1:], len(bars.end)) - 1]
        held = numbers >= self.oldest
        slots = numbers % self.slots
        free = held & np.isnan(self.high[slots, row])
        self.high[slots[free], row] = np.maximum.reduceat(bars.high, starts)[free]
        self.low[slots[free], row] = np.minimum.reduceat(bars.low, starts)[free]
        self.close[slots[free], row] = last[free]
        if self.opens:
            unopened = held & np.isnan(self.open[slots, row])
            self.open[slots[unopened], row] = bars.open[starts][unopened]
        if not held.all() and np.isnan(self.rows.close_before[row]):
            self.rows.close_before[row] = last[~held][-1]
        self.rows.first[row] = np.fmin(self.rows.first[row], numbers[0] * self.interval)
        # What is stored of these bars may tell of this series as it was when it was last followed.
        self._touch(np.arange(max(numbers[0], self.oldest), self.newest + 1))
        self.carry(np.array([row]))

    def carry(self, rows: Rows) -> None:
        """Carry the closes of these rows on over all bars without readings."""
        order = np.arange(self.oldest, self.newest + 1) % self.slots
        block = np.ix_(order, rows)
        exists = ~np.isnan(self.high[block])
        latest = np.maximum.accumulate(np.where(exists, np.arange(self.slots)[:, None], -1), axis=0)
        closes = np.take_along_axis(self.close[block], np.maximum(latest, 0), axis=0)
        self.close[block] = np.where(latest >= 0, closes, self.rows.close_before[rows])
