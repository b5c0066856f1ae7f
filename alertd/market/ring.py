"""Past bars in a ring, time-major: `high[slot, row]`. One ring per bar length.

A bar of number n holds the readings of ((n-1)·interval, n·interval]. A slot belongs to one number for all rows at
once: the ring holds the numbers (newest − slots, newest]. A bar without readings is NaN in `high` and `low`, while
`close` is carried on from the bar before, so that "the last bar ended by then" is a look-up.
"""

import math
from typing import ClassVar

import numpy as np

from alertd.market.columns import Columns, Fill, Flags, Floats, Ints, Rows

MINUTE = 60.0
HOUR = 3600.0
_EMPTY = -1_000_000_000


def interval_for(window: float) -> float:
    """Windows up to 24 h are made of minutes, longer ones of hours."""
    return MINUTE if window <= 24 * HOUR else HOUR


def slots_for(window: float) -> int:
    """How many bars a window takes: those in it, cut ones among them, the last before it, the open one, and one that
    a reading may be ahead of the clock."""
    return int(-(-window // interval_for(window))) + 3


class RingRows(Columns):
    """What the ring knows of each row besides its bars.

    `first` is the end of the first bar since when nothing is missing, NaN before it. `last` is the number of the bar
    of the latest reading; `high_before` and `low_before` are that bar without this reading: what a breakout is
    measured against. `close_before` is the last close before the bars of the ring.
    """

    FILL: ClassVar[Fill] = {
        "series": (np.int64, _EMPTY),
        "first": (np.float64, np.nan),
        "last": (np.int64, _EMPTY),
        "high_before": (np.float64, np.nan),
        "low_before": (np.float64, np.nan),
        "close_before": (np.float64, np.nan),
    }
    series: Ints
    first: Floats
    last: Ints
    high_before: Floats
    low_before: Floats
    close_before: Floats


class Ring:
    """The bars of `interval` seconds of all series that some window needs, for `slots` bars back."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.rows = RingRows()
        self.slots = 0
        self.newest = _EMPTY
        self.dirty: set[int] = set()
        """Numbers of the bars that changed since they were last stored."""
        self.dropped: set[int] = set()
        self.high = np.full((0, 0), np.nan)
        self.low = np.full((0, 0), np.nan)
        self.close = np.full((0, 0), np.nan)

    def fit(self, slots: int, rows: int) -> None:
        """Room for `slots` bars of `rows` rows; what is there stays."""
        width = self.high.shape[1]
        if slots <= self.slots and rows <= width:
            return
        deep, wide = max(slots, self.slots), width if rows <= width else max(rows, 2 * width)
        kept = np.arange(self.newest - self.slots + 1, self.newest + 1) if self.newest != _EMPTY else np.empty(0, int)
        for name in ("high", "low", "close"):
            grown = np.full((deep, wide), np.nan)
            grown[kept % deep, :width] = getattr(self, name)[kept % max(self.slots, 1)]
            setattr(self, name, grown)
        if len(kept) and deep > self.slots:
            # What came before the bars that are kept is gone.
            self.rows.first = np.maximum(self.rows.first, kept[0] * self.interval)
        self.slots = deep

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
            if gone := range(self.newest - self.slots + 1, min(self.newest, number - self.slots) + 1):
                self.dropped.update(gone)
                self.rows.close_before[: self.rows.size] = self.close[gone[-1] % self.slots, : self.rows.size]
        for fresh in range(max(self.newest + 1, number - self.slots + 1), number + 1):
            slot = fresh % self.slots
            self.high[slot] = self.low[slot] = np.nan
            self.close[slot] = carried
        self.newest = number

    def put(self, rows: Rows, at: Floats, values: Floats, *, replace: bool) -> None:
        """New readings of `rows`, each row once; with `replace` they take the place of each row's latest reading."""
        table, numbers = self.rows, self.numbers(at)
        self.turn(int(numbers.max()))
        table.first[rows] = np.fmin(table.first[rows], numbers * self.interval)
        held = numbers > self.newest - self.slots
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
        self.high[slots, rows], self.low[slots, rows] = np.fmax(high, values), np.fmin(low, values)
        self.close[slots, rows] = values
        table.last[rows] = numbers
        self.dirty.update(np.unique(numbers).tolist())
        # A late reading's close goes on to the newer bars, up to the next that has readings of its own.
        while len(behind := np.flatnonzero(numbers < self.newest)):
            rows, numbers, values = rows[behind], numbers[behind] + 1, values[behind]
            free = np.isnan(self.high[numbers % self.slots, rows])
            rows, numbers, values = rows[free], numbers[free], values[free]
            self.close[numbers % self.slots, rows] = values

    def fill(self, row: int, end: Floats, high: Floats, low: Floats, close: Floats) -> None:
        """Past bars of one row, of this ring's interval or shorter, oldest first; bars that are there already stay."""
        if not len(end):
            return
        numbers, starts = np.unique(self.numbers(end), return_index=True)
        self.turn(int(numbers[-1]))
        last = close[np.append(starts[1:], len(close)) - 1]
        older = numbers <= self.newest - self.slots
        slots = numbers % self.slots
        free = ~older & np.isnan(self.high[slots, row])
        self.high[slots[free], row] = np.maximum.reduceat(high, starts)[free]
        self.low[slots[free], row] = np.minimum.reduceat(low, starts)[free]
        self.close[slots[free], row] = last[free]
        if older.any() and np.isnan(self.rows.close_before[row]):
            self.rows.close_before[row] = last[older][-1]
        self.rows.first[row] = np.fmin(self.rows.first[row], numbers[0] * self.interval)
        self.dirty.update(numbers[free].tolist())
        self.carry(np.array([row]))

    def carry(self, rows: Rows) -> None:
        """Carry the closes of these rows on over all bars without readings."""
        order = np.arange(self.newest - self.slots + 1, self.newest + 1) % self.slots
        block = np.ix_(order, rows)
        exists = ~np.isnan(self.high[block])
        latest = np.maximum.accumulate(np.where(exists, np.arange(self.slots)[:, None], -1), axis=0)
        closes = np.take_along_axis(self.close[block], np.maximum(latest, 0), axis=0)
        self.close[block] = np.where(latest >= 0, closes, self.rows.close_before[rows])

    # ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────

    def complete(self, rows: Rows, window: float, now: float) -> Flags:
        """True where the series has a bar that ended at or before now−window."""
        complete: Flags = self.rows.first[rows] <= now - window
        return complete

    def high_of(self, rows: Rows, window: float, now: float, *, before: bool) -> Floats:
        """Highest of the window, NaN where it is empty; with `before` without each row's latest reading."""
        block = self._block(self.high, rows, window, now, self.rows.high_before if before else None)
        highest: Floats = np.fmax.reduce(block, axis=1, initial=np.nan)
        return highest

    def low_of(self, rows: Rows, window: float, now: float, *, before: bool) -> Floats:
        """Lowest of the window, NaN where it is empty; with `before` without each row's latest reading."""
        block = self._block(self.low, rows, window, now, self.rows.low_before if before else None)
        lowest: Floats = np.fmin.reduce(block, axis=1, initial=np.nan)
        return lowest

    def average(self, rows: Rows, window: float, now: float) -> Floats:
        """The mean close of the window's bars, NaN where it is empty."""
        exists = ~np.isnan(self._block(self.high, rows, window, now))
        total = np.add.reduce(np.where(exists, self._block(self.close, rows, window, now), 0.0), axis=1)
        count = np.add.reduce(exists, axis=1, dtype=np.intp)
        mean: Floats = np.divide(total, count, out=np.full(len(rows), np.nan), where=count > 0)
        return mean

    def close_by(self, rows: Rows, when: float) -> Floats:
        """The close of the last bar that ended at or before `when`, NaN where there is none."""
        number = min(int(np.floor(when / self.interval)), self.newest)
        if number <= self.newest - self.slots:
            return np.full(len(rows), np.nan)
        closes: Floats = self.close[number % self.slots, rows]
        return closes

    def _block(self, column: Floats, rows: Rows, window: float, now: float, before: Floats | None = None) -> Floats:
        """(rows, bars): those that end in (now−window, now], and the open one; a reading may be ahead of the clock.

        With `before`, the bar of each row's latest reading is what it was before.
        """
        start = max(math.floor((now - window) / self.interval) + 1, self.newest - self.slots + 1)
        count = max(0, self.newest + 1 - start)
        slot = start % max(self.slots, 1)
        if slot + count <= self.slots:
            bars = column[slot : slot + count]
        else:
            bars = np.concatenate([column[slot:], column[: slot + count - self.slots]])
        # Reducing runs along memory: for few rows that is several times as fast.
        block = np.ascontiguousarray(bars.take(rows, axis=1).T)
        if before is not None:
            place = self.rows.last[rows] - start
            held = np.flatnonzero((place >= 0) & (place < count))
            block[held, place[held]] = before[rows[held]]
        return block
