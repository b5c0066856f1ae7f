"""Past bars in a ring, time-major: `high[slot, row]`. One ring per bar length.

A bar of number n holds the readings of ((n-1)·interval, n·interval]. A slot belongs to one number for all rows at
once; a bar without readings is NaN in `high` and `low`, while `close` is carried on from the bar before, so that "the
last bar ended by then" is a look-up.
"""

from typing import ClassVar

import numpy as np

from alertd.market.columns import Columns, Fill, Flags, Floats, Ints, Rows

MINUTE = 60.0
HOUR = 3600.0
_EMPTY = -1_000_000_000


def interval_for(window: float) -> float:
    """Windows up to 24 h are made of minutes, longer ones of hours."""
    return MINUTE if window <= 24 * HOUR else HOUR


class RingRows(Columns):
    """What the ring knows of each row besides its bars.

    `first` is the end of the first bar that ever was, NaN before it. `last` is the number of the bar of the latest
    reading; `high_before` and `low_before` are that bar without this reading: what a breakout is measured against.
    """

    FILL: ClassVar[Fill] = {
        "series": (np.int64, _EMPTY),
        "first": (np.float64, np.nan),
        "last": (np.int64, _EMPTY),
        "high_before": (np.float64, np.nan),
        "low_before": (np.float64, np.nan),
    }
    series: Ints
    first: Floats
    last: Ints
    high_before: Floats
    low_before: Floats


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
        self.number = np.full(0, _EMPTY, np.int64)
        self.high = np.full((0, 0), np.nan)
        self.low = np.full((0, 0), np.nan)
        self.close = np.full((0, 0), np.nan)

    def fit(self, slots: int, rows: int) -> None:
        """Room for `slots` bars of `rows` rows; what is there stays."""
        width = self.high.shape[1]
        if slots <= self.slots and rows <= width:
            return
        deep, wide = max(slots, self.slots), width if rows <= width else max(rows, 2 * width)
        number = np.full(deep, _EMPTY, np.int64)
        old = np.flatnonzero(self.number != _EMPTY)
        to = self.number[old] % deep
        number[to] = self.number[old]
        for name in ("high", "low", "close"):
            grown = np.full((deep, wide), np.nan)
            grown[to, :width] = getattr(self, name)[old]
            setattr(self, name, grown)
        self.number, self.slots = number, deep
        if self.newest != _EMPTY:
            wanted = np.arange(self.newest - deep + 1, self.newest + 1)
            self.number[wanted % deep] = wanted

    def numbers(self, at: Floats) -> Ints:
        """The bar that a time belongs to."""
        return np.ceil(at / self.interval).astype(np.int64)

    def turn(self, number: int) -> None:
        """Make `number` a bar of the ring: newer slots are cleared, closes carried on."""
        if number <= self.newest:
            return
        start = max(self.newest + 1, number - self.slots + 1)
        carried = self.close[self.newest % self.slots].copy() if self.newest != _EMPTY else None
        for fresh in range(start, number + 1):
            slot = fresh % self.slots
            if self.number[slot] != _EMPTY:
                self.dropped.add(int(self.number[slot]))
            self.number[slot] = fresh
            self.high[slot] = np.nan
            self.low[slot] = np.nan
            self.close[slot] = np.nan if carried is None else carried
        self.newest = number

    def put(self, rows: Rows, at: Floats, values: Floats, *, replace: bool) -> None:
        """New readings of `rows`, each row once; with `replace` they take the place of each row's latest reading."""
        table, numbers = self.rows, self.numbers(at)
        for number in np.unique(numbers).tolist():
            self.turn(number)
        slots = numbers % self.slots
        known = self.number[slots] == numbers
        rows, slots, numbers, values = rows[known], slots[known], numbers[known], values[known]
        if not replace:
            table.high_before[rows] = self.high[slots, rows]
            table.low_before[rows] = self.low[slots, rows]
        self.high[slots, rows] = np.fmax(table.high_before[rows], values)
        self.low[slots, rows] = np.fmin(table.low_before[rows], values)
        self._close(rows, numbers, values)
        table.last[rows] = numbers
        table.first[rows] = np.fmin(table.first[rows], numbers * self.interval)

    def fill(self, row: int, end: Floats, high: Floats, low: Floats, close: Floats) -> None:
        """Past bars of one row, of this ring's interval or shorter, oldest first; bars that are there already stay."""
        table, numbers = self.rows, self.numbers(end)
        for number in np.unique(numbers).tolist():
            if number <= self.newest - self.slots:
                continue
            self.turn(number)
            slot = number % self.slots
            if np.isnan(self.high[slot, row]):
                part = numbers == number
                self.high[slot, row] = high[part].max()
                self.low[slot, row] = low[part].min()
                self._close(np.array([row]), np.array([number]), close[part][-1:])
        if len(numbers):
            table.first[row] = np.fmin(table.first[row], numbers[0] * self.interval)

    def _close(self, rows: Rows, numbers: Ints, values: Floats) -> None:
        """Set closes and carry them on to the newer bars, up to the next one that has readings of its own."""
        open_rows, open_values, at = rows, values, numbers.copy()
        self.dirty.update(np.unique(numbers).tolist())
        first = True
        while len(open_rows):
            slots = at % self.slots
            # A newer bar that exists ends the carrying on; the bar itself always takes its close.
            stop = np.zeros(len(open_rows), np.bool_) if first else ~np.isnan(self.high[slots, open_rows])
            self.close[slots[~stop], open_rows[~stop]] = open_values[~stop]
            on = ~stop & (at < self.newest)
            open_rows, open_values, at, first = open_rows[on], open_values[on], at[on] + 1, False

    # ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────

    def span(self, window: float, now: float) -> Ints:
        """The slots of the bars that end in (now−window, now], and of the open one."""
        start = int(np.floor((now - window) / self.interval)) + 1
        end = int(np.ceil(now / self.interval))
        wanted = np.arange(max(start, end - self.slots + 1), end + 1)
        slots = wanted % self.slots
        held: Ints = slots[self.number[slots] == wanted]
        return held

    def complete(self, rows: Rows, window: float, now: float) -> Flags:
        """True where the series has a bar that ended at or before now−window."""
        complete: Flags = self.rows.first[rows] <= now - window
        return complete

    def high_low(self, rows: Rows, window: float, now: float, *, before: bool) -> tuple[Floats, Floats]:
        """Highest and lowest of the window, NaN where it is empty; with `before` without each row's latest reading."""
        slots = self.span(window, now)
        if not len(slots):
            nothing = np.full(len(rows), np.nan)
            return nothing, nothing.copy()
        high, low = self.high[np.ix_(slots, rows)], self.low[np.ix_(slots, rows)]
        if before:
            place = self.number[slots][:, None] == self.rows.last[rows][None, :]
            high = np.where(place, self.rows.high_before[rows], high)
            low = np.where(place, self.rows.low_before[rows], low)
        return np.fmax.reduce(high, axis=0), np.fmin.reduce(low, axis=0)

    def average(self, rows: Rows, window: float, now: float) -> Floats:
        """The mean close of the window's bars, NaN where it is empty."""
        slots = self.span(window, now)
        exists = ~np.isnan(self.high[np.ix_(slots, rows)])
        total = np.where(exists, self.close[np.ix_(slots, rows)], 0.0).sum(axis=0)
        count = exists.sum(axis=0)
        mean: Floats = np.divide(total, count, out=np.full(len(rows), np.nan), where=count > 0)
        return mean

    def close_by(self, rows: Rows, when: float) -> Floats:
        """The close of the last bar that ended at or before `when`, NaN where there is none."""
        number = min(int(np.floor(when / self.interval)), self.newest)
        slot = number % self.slots if self.slots else 0
        if not self.slots or self.number[slot] != number:
            return np.full(len(rows), np.nan)
        closes: Floats = self.close[slot, rows]
        return closes
