"""What the windows of DESIGN.md §5 hold, and the last closed bars, read from a ring: one value per row asked for.

`rows` are some rows of the ring, or `slice(0, size)` for all of them: what closed bars come to is then kept in the ring
and made anew when one of them changed.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce

import numpy as np

from alertd.market.columns import Flags, Floats, Rows
from alertd.market.ring import Made, Ring

CLOSE = 1e-12
"""Numbers are equal within this, relative."""

Part = Rows | slice

_TAIL = 2 + 1
"""The newest bars, which change with every reading: the open one, one that a reading may be ahead of the clock, and one
for readings that are a little late."""


def complete(ring: Ring, rows: Part, window: float, now: float) -> Flags:
    """True where the series has a bar that ended at or before now−window."""
    complete: Flags = ring.rows.first[rows] <= now - window
    return complete


def highest(ring: Ring, rows: Part, window: float, now: float, *, before: bool = False) -> Floats:
    """Of the window, NaN where it is empty; with `before` without each row's latest reading."""
    return _extreme(ring, rows, (window, now), np.fmax, before)


def lowest(ring: Ring, rows: Part, window: float, now: float, *, before: bool = False) -> Floats:
    """Of the window, NaN where it is empty; with `before` without each row's latest reading."""
    return _extreme(ring, rows, (window, now), np.fmin, before)


def average(ring: Ring, rows: Part, window: float, now: float) -> Floats:
    """The mean close of the window's bars, NaN where it is empty."""
    span = _span(ring, window, now)
    settled = span[:-_TAIL]
    total, count = _closed(ring, rows, ("average", window), settled, lambda: _sum(ring, rows, settled))
    late_total, late_count = _sum(ring, rows, span[len(settled) :])
    total, count = total + late_total, count + late_count
    mean: Floats = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return mean


def close_by(ring: Ring, rows: Part, when: float) -> Floats:
    """The close of the last bar that ended at or before `when`, NaN where there is none."""
    number = min(math.floor(when / ring.interval), ring.newest)
    if number < ring.oldest:
        return np.full(len(ring.rows.last[rows]), np.nan)
    closes: Floats = ring.close[number % ring.slots, rows]
    return closes


def opening(ring: Ring, rows: Part, now: float) -> Floats:
    """The first reading of the bar that `now` belongs to, NaN where it has none yet."""
    number = math.ceil(now / ring.interval)
    if not ring.oldest <= number <= ring.newest:
        return np.full(len(ring.rows.last[rows]), np.nan)
    opens: Floats = ring.open[number % ring.slots, rows]
    return opens


def level_above(ring: Ring, rows: Part, window: float, now: float, values: Floats) -> Floats:
    """Resistance: the lowest swing high of the window that is at least the value; NaN where there is none."""
    return _level(ring, rows, (window, now), 1.0, values)


def level_below(ring: Ring, rows: Part, window: float, now: float, values: Floats) -> Floats:
    """Support: the highest swing low of the window that is at most the value; NaN where there is none."""
    return -_level(ring, rows, (window, now), -1.0, -values)


def closed_bars(ring: Ring, count: int, now: float, names: Sequence[str]) -> Made | None:
    """The columns of these names, (count, rows) each, oldest first: the last `count` bars of every row among the
    2·count that ended last, from NaN on where there are fewer. None where nothing reaches that far back."""
    rows, span = slice(0, ring.rows.size), closed_span(ring, count, now)
    blocks = [_bars(ring, getattr(ring, name), rows, span) for name in names]
    return _last(blocks, ~np.isnan(_bars(ring, ring.high, rows, span)), count)


def closed_span(ring: Ring, count: int, now: float) -> range:
    """The numbers of the 2·count bars that ended last, as far as they are held."""
    closed = math.floor(now / ring.interval)
    return _held(ring, closed - 2 * count + 1, closed + 1)


def pair_bars(ring: Ring, rows: tuple[Rows, Rows], count: int, now: float) -> Made | None:
    """The closes of two rows, each (count, pairs): on the last `count` bars that both have, among the 2·count that
    ended last, as `closed_bars` has them."""
    span = closed_span(ring, count, now)
    exists = [~np.isnan(_bars(ring, ring.high, each, span)) for each in rows]
    return _last([_bars(ring, ring.close, each, span) for each in rows], exists[0] & exists[1], count)


# ── blocks of bars ───────────────────────────────────────────────────────────────────────────────────────────────


def _span(ring: Ring, window: float, now: float) -> range:
    """The bars that end in (now−window, now], and the open one; a reading may be ahead of the clock."""
    return _held(ring, math.floor((now - window) / ring.interval) + 1, ring.newest + 1)


def _held(ring: Ring, start: int, stop: int) -> range:
    start, stop = max(start, ring.oldest), min(stop, ring.newest + 1)
    return range(start, max(start, stop))


def _parts(ring: Ring, column: Floats, rows: Part, span: range) -> Iterator[Floats]:
    """(bars, rows) blocks, oldest first: two where the bars go over the end of the ring."""
    slot = span.start % max(ring.slots, 1)
    yield column[slot : slot + len(span), rows]
    if slot + len(span) > ring.slots:
        yield column[: slot + len(span) - ring.slots, rows]


def _bars(ring: Ring, column: Floats, rows: Part, span: range) -> Floats:
    """(bars, rows), oldest first: a copy."""
    return np.concatenate([*_parts(ring, column, rows, span)])


def _closed(ring: Ring, rows: Part, name: tuple[str, float], span: range, make: Callable[[], Made]) -> Made:
    """What is made of bars that have ended: kept where it is of all rows."""
    return ring.kept(name, span, make) if isinstance(rows, slice) else make()


def _extreme(ring: Ring, rows: Part, window: tuple[float, float], best: np.ufunc, before: bool) -> Floats:
    span = _span(ring, *window)
    settled = span[:-_TAIL]
    column, without = (ring.high, ring.rows.high_before) if best is np.fmax else (ring.low, ring.rows.low_before)

    def reduced(span: range) -> Made:
        blocks = (best.reduce(part, axis=0, initial=np.nan) for part in _parts(ring, column, rows, span))
        return (reduce(best, blocks),)

    (found,) = _closed(ring, rows, (best.__name__, window[0]), settled, lambda: reduced(settled))
    last = ring.rows.last[rows]
    for number in span[-_TAIL:]:
        bars = column[number % ring.slots, rows]
        found = best(found, np.where(last == number, without[rows], bars) if before else bars)
    if before and len(settled):
        # A latest reading among the settled bars counts only where it is what was found.
        places = np.arange(ring.rows.size)[rows]
        own, rest = column[last % ring.slots, places], without[places]
        late = np.flatnonzero((last >= settled.start) & (last < settled.stop) & (own == found) & (own != rest))
        if len(late):
            block = _bars(ring, column, places[late], span)
            block[last[late] - span.start, np.arange(len(late))] = rest[late]
            found[late] = best.reduce(block, axis=0)
    return found


def _sum(ring: Ring, rows: Part, span: range) -> Made:
    """The sum of the closes, and how many there are."""
    total = count = np.zeros(len(ring.rows.last[rows]))
    for high, close in zip(_parts(ring, ring.high, rows, span), _parts(ring, ring.close, rows, span), strict=True):
        exists = ~np.isnan(high)
        total = total + np.add.reduce(np.where(exists, close, 0.0), axis=0)
        count = count + np.add.reduce(exists, axis=0)
    return total, count


def _level(ring: Ring, rows: Part, window: tuple[float, float], sign: float, values: Floats) -> Floats:
    """The lowest swing of sign·values that is at least the value, within 1e-12."""
    seconds, now = window
    span = _held(ring, math.floor((now - seconds) / ring.interval) + 1, math.floor(now / ring.interval) + 1)
    column = ring.high if sign > 0 else ring.low
    name = ("resistance" if sign > 0 else "support", seconds)
    (swings,) = _closed(ring, rows, name, span, lambda: (_swings(sign * _bars(ring, column, rows, span)),))
    place = np.add.reduce(swings < values - CLOSE * np.abs(values), axis=0)
    ends = np.full((1, swings.shape[1]), np.nan)
    found: Floats = np.take_along_axis(np.concatenate([swings, ends]), place[None], axis=0)[0]
    return found


def _swings(bars: Floats) -> Floats:
    """(swings, rows), ascending, NaN behind: the bars that are higher than the two before and as high as the two after
    them."""
    if len(bars) < 5:
        return bars[:0]
    (bars,) = _pushed([bars], ~np.isnan(bars))
    mid = bars[2:-2]
    peak = (mid > bars[:-4]) & (mid > bars[1:-3]) & (mid >= bars[3:-1]) & (mid >= bars[4:])
    swings = np.sort(np.where(peak, mid, np.nan), axis=0)
    found: Floats = swings[: np.max(np.add.reduce(peak, axis=0), initial=0)]
    return found


def _last(blocks: Sequence[Floats], exists: Flags, count: int) -> Made | None:
    return tuple(block[-count:] for block in _pushed(blocks, exists)) if len(exists) >= count else None


def _pushed(blocks: Sequence[Floats], exists: Flags) -> Made:
    """Blocks of (bars, rows) with the bars that exist of each row at its end, and NaN before them."""
    gaps = np.flatnonzero(~np.logical_and.reduce(exists, axis=0))
    order = np.argsort(exists[:, gaps], axis=0, kind="stable")
    there = np.take_along_axis(exists[:, gaps], order, axis=0)
    for block in blocks:
        block[:, gaps] = np.where(there, np.take_along_axis(block[:, gaps], order, axis=0), np.nan)
    return tuple(blocks)
