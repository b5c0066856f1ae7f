"""Which alerts of a bank a tick can change at all, where each waits for a value of its coin to pass a level.

A level is met only when the value passes it; beside it may stand what only other readings change. So the alerts of each
coin stand in the order of their constants, and those between the last value and this one are judged; a tick in which
nothing is passed looks at the coins alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from alertd.conditions.measure import Look, Tick, has_timeouts, highest, lowest, number
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import (
    Age,
    And,
    Compare,
    Condition,
    Count,
    Expression,
    Field,
    LastAlert,
    Move,
    Or,
    Parameter,
    Rank,
    Share,
    momentary,
    walk,
)
from alertd.market.columns import Flags, Floats, Ints, Numbers, Rows

_NEAR = 1e-9
"""Values that are so close, relative, are looked at: whether they are equal is for `judge` to say."""

_FEW = 64
"""More new rows than these are put in order together."""


class Rung(NamedTuple):
    """What a level is compared with, where its constant is lifted out to, and the fields that the rest is about."""

    of: Expression | Move
    parameter: int
    beside: tuple[Field, ...] = ()


def rung_of(when: Condition) -> Rung | None:
    """The part of a condition that waits for a level, None if there is none, or if time alone changes the rest."""
    match when:
        case Compare(_, Parameter(index), value) | Compare(_, value, Parameter(index)):
            strange = (Parameter, Age, LastAlert, Rank, Count, Share)
            return None if any(isinstance(node, strange) for node in walk(value)) else Rung(value, index)
        case Move(_, _, Parameter(index)):
            return Rung(when, index)
        case And(parts) | Or(parts) if not any(isinstance(node, Count | Share | Rank) for node in walk(when)):
            place, found = next(((k, rung) for k, part in enumerate(parts) if (rung := rung_of(part))), (0, None))
            rest = parts[:place] + parts[place + 1 :]
            if found is None or any(map(has_timeouts, rest)):
                return None
            if any(map(momentary, rest)) and not momentary(when):
                return None  # such a part is over with its tick
            beside = dict.fromkeys(of for part in rest for of in fields_of(part))
            return found._replace(beside=(*found.beside, *beside))
        case _:
            return None


class Rungs(NamedTuple):
    """The alerts of a bank as the ladder sees them: `coin`, `level` and, for each field, `series` by row."""

    coin: Numbers
    level: Floats
    series: Sequence[Numbers]


class Ladder:
    """The rows of a bank, by coin and level. `of` is what the levels are compared with, made of `fields`.

    `order` are the rows, those of coin c from `starts[c]` to `starts[c + 1]`. For each coin, `last` is the value that
    its rows were last judged on, `below` and `above` the levels next to it, `series` what its fields are bound to.
    """

    def __init__(self, rung: Rung) -> None:
        self.rung = rung
        self.fields = fields_of(rung.of)
        self._order: Numbers = np.empty(0, np.int32)
        self._count = 0
        self._starts: Rows = np.zeros(1, np.intp)
        self._last: Floats = np.empty(0)
        self._below: Floats = np.empty(0)
        self._above: Floats = np.empty(0)
        self._series: Numbers = np.zeros((len(self.fields), 0), np.int32)

    # ── who is on it ─────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, rows: Rows, rungs: Rungs) -> None:
        """New rows; they are judged until they have a verdict to rest with, so that nobody is in a hurry to."""
        if len(rows) > _FEW:
            self.build(np.concatenate([self._order[: self._count], rows.astype(np.int32)]), rungs)
            return
        coins = self._meet(rows, rungs)
        if self._count + len(rows) > len(self._order):
            grown = np.empty(self._count + len(rows) + max(self._count // 8, _FEW), np.int32)
            grown[: self._count] = self._order[: self._count]
            self._order = grown
        for row, coin in zip(rows.tolist(), coins.tolist(), strict=True):
            first, end = self._starts[coin], self._starts[coin + 1]
            levels = rungs.level[self._order[first:end]]
            place = first + int(np.searchsorted(levels, rungs.level[row]))
            self._order[place + 1 : self._count + 1] = self._order[place : self._count]
            self._order[place] = row
            self._count += 1
            self._starts[coin + 1 :] += 1
            self._band(np.array([coin]), rungs.level)

    def remove(self, rows: Rows, rungs: Rungs) -> None:
        """These rows are about to go."""
        if len(rows) > _FEW:
            order = self._order[: self._count]
            self.build(order[~np.isin(order, rows)], rungs)
            return
        for row in rows.tolist():
            place, coin = self._place(row, rungs), int(rungs.coin[row])
            self._order[place : self._count - 1] = self._order[place + 1 : self._count]
            self._count -= 1
            self._starts[coin + 1 :] -= 1
            self._band(np.array([coin]), rungs.level)

    def rename(self, olds: Rows, news: Rows, rungs: Rungs) -> None:
        """Rows have moved within their bank; `rungs` are still those from before."""
        for old, new in zip(olds.tolist(), news.tolist(), strict=True):
            self._order[self._place(old, rungs)] = new

    def rebind(self, target: Ints) -> None:
        """Its coins are bound to what their series have become; where that is another one, all of it is judged anew."""
        for column, of in zip(self._series, self.fields, strict=True):
            if of.source is None:
                new = target[column]
                self._last[new != column] = np.nan
                column[:] = new

    def nbytes(self) -> int:
        return self._order.nbytes

    def _widen(self, coins: int) -> None:
        more = coins - len(self._last)
        if more > 0:
            more = max(more, len(self._last) // 8)
            self._starts = np.append(self._starts, np.full(more, self._count))
            self._last, self._below, self._above = (
                np.append(column, np.full(more, np.nan)) for column in (self._last, self._below, self._above)
            )
            self._series = np.append(self._series, np.zeros((len(self.fields), more), np.int32), axis=1)

    def build(self, rows: Rows | Numbers, rungs: Rungs) -> None:
        """All of its rows, put in order anew."""
        coins = self._meet(rows, rungs)
        self._order = rows[np.lexsort((rungs.level[rows], coins))].astype(np.int32)
        self._count = len(rows)
        counts = np.bincount(coins, minlength=len(self._last))
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._band(counts.nonzero()[0], rungs.level)

    def _meet(self, rows: Rows | Numbers, rungs: Rungs) -> Numbers:
        """The coins of these rows, with what they are bound to."""
        coins: Numbers = rungs.coin[rows]
        self._widen(int(coins.max(initial=-1)) + 1)
        for column, series in zip(self._series, rungs.series, strict=True):
            column[coins] = series[rows]
        return coins

    def _place(self, row: int, rungs: Rungs) -> int:
        coin = rungs.coin[row]
        first, end = self._starts[coin], self._starts[coin + 1]
        return int(first + (self._order[first:end] == row).nonzero()[0][0])

    # ── who is to be judged ──────────────────────────────────────────────────────────────────────────────────────

    def passed(self, tick: Tick, moved: Flags, levels: Floats) -> Rows:
        """The rows whose level lies between the last value and this one, or close to them."""
        there = self._starts[1:] > self._starts[:-1]
        touched = np.zeros(len(there), np.bool_)
        for column in self._series:
            touched |= moved[column]
        coins = (touched & there).nonzero()[0]
        values, near = self._measure(tick, coins)
        known = ~np.isnan(values)
        coins, values, near = coins[known], values[known], near[known]
        last = self._last[coins]
        low, high = np.fmin(last, values) - near, np.fmax(last, values) + near
        self._last[coins] = values
        # Where nothing was known so far, nobody knows who is above and who below.
        fresh = np.isnan(last)
        hit = (fresh | (self._below[coins] >= low) | (self._above[coins] <= high)).nonzero()[0]
        coins, low, high, fresh, rose = coins[hit], low[hit], high[hit], fresh[hit], values[hit] >= last[hit]
        first, end = self._search(coins, low, levels, "left"), self._search(coins, high, levels, "right")
        self._enclose(coins, np.where(rose, end, first), levels)
        first[fresh], end[fresh] = self._starts[coins[fresh]], self._starts[coins[fresh] + 1]
        counts = end - first
        places = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        rows: Rows = self._order[places].astype(np.intp)
        return rows

    def _measure(self, tick: Tick, coins: Rows) -> tuple[Floats, Floats]:
        """The value of each coin, and how far from it a level may be that equals it."""
        look = Look(
            tick=tick,
            series={of: column[coins] for of, column in zip(self.fields, self._series, strict=True)},
            parameters=(),
            memory=(),
            added=np.full(len(coins), np.nan),
        )
        with np.errstate(all="ignore"):
            if not isinstance(self.rung.of, Move):
                values = number(self.rung.of, look)
                return values, _NEAR * np.abs(values)
            return _moved(self.rung.of, look)

    def _search(self, coins: Rows, values: Floats, levels: Floats, side: str) -> Rows:
        """Where a value would stand among the levels of its coin: before its equals, or behind them."""
        low, high = self._starts[coins].copy(), self._starts[coins + 1].copy()
        while (open_ := (low < high).nonzero()[0]).size:
            middle = (low[open_] + high[open_]) // 2
            found = levels[self._order[middle]]
            before = found < values[open_] if side == "left" else found <= values[open_]
            low[open_[before]] = middle[before] + 1
            high[open_[~before]] = middle[~before]
        return low

    def _band(self, coins: Rows, levels: Floats) -> None:
        """Find the levels next to the last values of these coins."""
        last = self._last[coins]
        self._enclose(coins, self._search(coins, np.where(np.isnan(last), 0.0, last), levels, "left"), levels)

    def _enclose(self, coins: Rows, place: Rows, levels: Floats) -> None:
        """Note the levels on both sides of these places in the order."""
        first, end = self._starts[coins], self._starts[coins + 1]
        rows = self._order[: max(self._count, 1)]
        under = levels[rows[np.maximum(place - 1, 0)]] if self._count else np.zeros(len(coins))
        over = levels[rows[np.minimum(place, self._count - 1)]] if self._count else under
        self._below[coins] = np.where(place > first, under, -np.inf)
        self._above[coins] = np.where(place < end, over, np.inf)


def _moved(node: Move, look: Look) -> tuple[Floats, Floats]:
    """How far a field has moved: percent points, or units."""
    value = number(node.field, look)
    ways = []
    if node.direction != "down":
        low = lowest(node.field, node.seconds, look)
        ways.append(_percent(value - low, low) if node.relative else value - low)
    if node.direction != "up":
        high = highest(node.field, node.seconds, look)
        ways.append(_percent(high - value, high) if node.relative else high - value)
    far: Floats = np.fmax.reduce(ways)
    near = _NEAR * (100.0 + np.abs(far) if node.relative else np.abs(value) + np.abs(far))
    return far, np.where(np.isfinite(far), near, 0.0)


def _percent(by: Floats, base: Floats) -> Floats:
    """From nothing, every move is one of any percentage: so the definition has it."""
    percent: Floats = np.where((base == 0.0) & ~np.isnan(by), np.inf, 100.0 * by / base)
    return percent
