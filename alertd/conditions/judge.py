"""A condition, evaluated for all the alerts of a bank at once.

Expressions become float64 columns, NaN where they are unknown; conditions become verdicts in Kleene's logic, coded so
that `and` is the minimum and `or` the maximum. Crossings and flips remember: each has its columns of memory, which
`judge` reads and moves on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from alertd.conditions.shape import fields_of
from alertd.conditions.tree import (
    Age,
    And,
    Arithmetic,
    Change,
    Compare,
    Condition,
    Cross,
    Duration,
    Expression,
    Field,
    Flip,
    Is,
    Move,
    Negative,
    Not,
    Number,
    Or,
    Parameter,
    Percent,
    Tree,
    Window,
    walk,
)
from alertd.market.columns import Codes, Flags, Floats, Rows
from alertd.market.market import Market

NO, UNKNOWN, YES = 0, 1, 2
"""Verdicts."""

CLOSE = 1e-12
"""Numbers are equal within this, relative."""

AGE_STEP = 1e-3
"""A time out is looked at so many seconds after it, where it must have been exceeded."""


@dataclass(slots=True)
class Look:
    """What a tree is evaluated on: n alerts, and the market as they are bound to it.

    `series[field]` are the series numbers of a field, `parameters[i]` the i-th constants, `memory[k]` the k-th column
    of memory, each of length n. `new` and `revised` flag, by series number, what this tick brought. `priming` only
    fills the memory: it takes the latest readings as those before the next.
    """

    market: Market
    now: float
    series: Mapping[Field, Rows]
    parameters: Sequence[Floats]
    memory: Sequence[Floats]
    new: Flags
    revised: Flags
    size: int
    priming: bool = False


def memories(node: Tree) -> int:
    """How many columns of memory a tree needs."""
    return sum(_MEMORY.get(type(part), 0) for part in walk(node))


_MEMORY: dict[type, int] = {Cross: 2, Flip: 1}


def windows_of(node: Tree) -> tuple[tuple[Field, float], ...]:
    """(field, seconds) of every window that looks back."""
    return tuple(
        dict.fromkeys((part.field, part.seconds) for part in walk(node) if isinstance(part, Window | Change | Move))
    )


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────


def number(node: Expression, look: Look) -> Floats:
    """The value of an expression for each alert, NaN where it is unknown."""
    match node:
        case Number(value) | Percent(value) | Duration(value):
            return np.full(look.size, value)
        case Parameter(index):
            return look.parameters[index]
        case Field():
            return _value(node, look)
        case Window(function, of, seconds):
            return _window(function, of, seconds, look)
        case Change(of, seconds):
            return _finite(100.0 * (_value(of, look) / _past(of, seconds, look) - 1.0))
        case Age(of):
            return look.now - look.market.latest.seen[look.series[of]]
        case Negative(of):
            return -number(of, look)
        case Arithmetic(operator, left, right):
            return _finite(_OPERATORS[operator](number(left, look), number(right, look)))


_OPERATORS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def _value(of: Field, look: Look) -> Floats:
    numbers, latest = look.series[of], look.market.latest
    return np.where(latest.fresh[numbers], latest.value[numbers], np.nan)


def _window(function: str, of: Field, seconds: float, look: Look) -> Floats:
    numbers = look.series[of]
    ring, rows = look.market.ring(seconds, numbers)
    if function == "average":
        found = ring.average(rows, seconds, look.now)
    else:
        high, low = ring.high_low(rows, seconds, look.now, before=True)
        found = high if function == "high" else low
    known = (rows >= 0) & ring.complete(rows, seconds, look.now) & look.market.latest.fresh[numbers]
    return np.where(known, found, np.nan)


def _past(of: Field, seconds: float, look: Look) -> Floats:
    ring, rows = look.market.ring(seconds, look.series[of])
    known = (rows >= 0) & ring.complete(rows, seconds, look.now)
    return np.where(known, ring.close_by(rows, look.now - seconds), np.nan)


def extremes(of: Field, seconds: float, look: Look) -> tuple[Floats, Floats]:
    """Lowest and highest of what a window holds so far, the reading being judged among it."""
    ring, rows = look.market.ring(seconds, look.series[of])
    high, low = ring.high_low(rows, seconds, look.now, before=False)
    return np.where(rows >= 0, low, np.nan), np.where(rows >= 0, high, np.nan)


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def judge(node: Condition, look: Look) -> Codes:
    """The verdict for each alert; moves the memory of crossings and flips on by this tick."""
    with np.errstate(all="ignore"):
        return _Judging(look).verdict(node)


def side(left: Floats, right: Floats) -> Floats:
    """-1, 0 or 1 as left is below, equal to or above right, NaN where one is unknown."""
    apart = left - right
    near = np.abs(apart) <= CLOSE * np.fmax(np.abs(left), np.abs(right))
    return np.where(near, 0.0, np.sign(apart))


class _Judging:
    """One pass over a tree, from left to right: each crossing and flip takes its own columns of memory."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.used = 0

    def verdict(self, node: Condition) -> Codes:
        look = self.look
        match node:
            case Compare(operator, left, right):
                return _known(side(number(left, look), number(right, look)), _COMPARISONS[operator])
            case Is(of, state):
                return _known(side(_value(of, look), np.full(look.size, state)), (0.0,))
            case Move():
                return _moved(node, look)
            case Cross():
                return self._crossed(node)
            case Flip():
                return self._flipped(node)
            case Not(of):
                return (YES - self.verdict(of)).astype(np.int8)
            case And(parts):
                return reduce(np.minimum, [self.verdict(part) for part in parts])
            case Or(parts):
                return reduce(np.maximum, [self.verdict(part) for part in parts])

    def _take(self, count: int) -> Sequence[Floats]:
        self.used += count
        return self.look.memory[self.used - count : self.used]

    def _crossed(self, node: Cross) -> Codes:
        look, (last, before) = self.look, self._take(2)
        now = side(number(node.left, look), number(node.right, look))
        new, revised = _touched(node, look)
        before[:] = np.where(new, last, before)
        last[:] = now if look.priming else np.where(new | revised, now, last)
        match node.direction:
            case "above":
                crossed = (now > 0) & (before <= 0)
            case "below":
                crossed = (now < 0) & (before >= 0)
            case "either":
                crossed = ((now > 0) & (before <= 0)) | ((now < 0) & (before >= 0))
            case _:
                crossed = (now != before) & ((now == 0) | (now * before <= 0))
        unknown = np.isnan(now) | ((new | revised) & np.isnan(before))
        return _codes(crossed & (new | revised), unknown)

    def _flipped(self, node: Flip) -> Codes:
        look, (last,) = self.look, self._take(1)
        now = _value(node.field, look)
        flipped = ~np.isnan(now) & ~np.isnan(last) & (now != last) & (not look.priming)
        if node.source_state is not None:
            flipped &= last == node.source_state
        if node.target_state is not None:
            flipped &= now == node.target_state
        last[:] = np.where(np.isnan(now), last, now)
        return _codes(flipped, np.isnan(now))


_COMPARISONS: dict[str, tuple[float, ...]] = {
    ">": (1.0,),
    ">=": (1.0, 0.0),
    "<": (-1.0,),
    "<=": (-1.0, 0.0),
    "==": (0.0,),
    "!=": (-1.0, 1.0),
}


def _known(sides: Floats, wanted: tuple[float, ...]) -> Codes:
    """YES where the side is one of those wanted, UNKNOWN where there is none."""
    return _codes(np.isin(sides, wanted), np.isnan(sides))


def _codes(yes: Flags, unknown: Flags) -> Codes:
    return np.where(unknown, UNKNOWN, np.where(yes, YES, NO)).astype(np.int8)


def _moved(node: Move, look: Look) -> Codes:
    value = _value(node.field, look)
    lowest, highest = extremes(node.field, node.seconds, look)
    amount = number(node.amount, look)
    if node.relative:
        up = side(100.0 * value, (100.0 + amount) * lowest) >= 0
        down = side(100.0 * value, (100.0 - amount) * highest) <= 0
    else:
        up, down = side(value, lowest + amount) >= 0, side(value, highest - amount) <= 0
    moved = {"up": up, "down": down, "moves": up | down}[node.direction]
    return _codes(moved, np.isnan(value) | np.isnan(lowest))


def _touched(node: Cross, look: Look) -> tuple[Flags, Flags]:
    """Which alerts got a new reading, and which a revision only, of a series that this crossing names."""
    new, revised = np.zeros(look.size, np.bool_), np.zeros(look.size, np.bool_)
    for of in fields_of(node):
        new |= look.new[look.series[of]]
        revised |= look.revised[look.series[of]]
    return new, revised & ~new


def timeouts(node: Condition, look: Look) -> Floats:
    """When an `age(…)` that is compared with a duration next passes it, if no reading comes; infinity for never."""
    due = np.full(look.size, np.inf)
    for part in walk(node):
        if isinstance(part, Compare) and isinstance(part.left, Age) != isinstance(part.right, Age):
            age, limit = (part.left, part.right) if isinstance(part.left, Age) else (part.right, part.left)
            if isinstance(age, Age) and isinstance(limit, Duration | Parameter):
                passes = look.market.latest.seen[look.series[age.field]] + number(limit, look) + AGE_STEP
                due = np.fmin(due, np.where(passes > look.now, passes, np.inf))
    return due
