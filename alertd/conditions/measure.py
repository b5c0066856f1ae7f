"""An expression, evaluated for all the alerts of a bank at once: float64 columns, NaN where they are unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from alertd.conditions.tree import (
    Age,
    Arithmetic,
    Change,
    Compare,
    Condition,
    Duration,
    Expression,
    Field,
    Negative,
    Number,
    Parameter,
    Percent,
    Window,
    walk,
)
from alertd.market.columns import Flags, Floats, Rows
from alertd.market.market import Market

AGE_STEP = 1e-3
"""A time out is looked at so many seconds after it, where it must have been exceeded."""

_NOTHING: Rows = np.empty(0, np.intp)


@dataclass(frozen=True, slots=True)
class Tick:
    """The market at one moment. `new` and `revised` flag, by series number, what this tick brought; `known` are the
    values by series number, NaN where there is none or it is stale."""

    market: Market
    now: float
    new: Flags
    revised: Flags
    known: Floats

    @classmethod
    def of(cls, market: Market, now: float, new: Rows = _NOTHING, revised: Rows = _NOTHING) -> Self:
        """The market as it is now; `new` and `revised` are series numbers."""
        return cls(market, now, market.flags(new), market.flags(revised), market.known())


@dataclass(slots=True)
class Look:
    """What a tree is evaluated on: n alerts, and the market as they are bound to it.

    `series[field]` are the series numbers of a field, `parameters[i]` the i-th constants, `memory[k]` the k-th column
    of memory, `added` when each alert came, all of length n. `priming` only fills the memory: it takes the latest
    readings as those before the next.
    """

    tick: Tick
    series: Mapping[Field, Rows]
    parameters: Sequence[Floats]
    memory: Sequence[Floats]
    added: Floats
    priming: bool = False

    @property
    def size(self) -> int:
        return len(self.added)


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
            return look.tick.now - _since(of, look)
        case Negative(of):
            return -number(of, look)
        case Arithmetic(operator, left, right):
            return _finite(_OPERATORS[operator](number(left, look), number(right, look)))


_OPERATORS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def _value(of: Field, look: Look) -> Floats:
    values: Floats = look.tick.known[look.series[of]]
    return values


def _since(of: Field, look: Look) -> Floats:
    """When a field last had a reading; where it never had one, when the alert was added."""
    numbers, latest = look.series[of], look.tick.market.latest
    return np.where(np.isnan(latest.at[numbers]), look.added, latest.seen[numbers])


def _window(function: str, of: Field, seconds: float, look: Look) -> Floats:
    now = look.tick.now
    ring, rows = look.tick.market.ring(seconds, look.series[of])
    match function:
        case "high":
            found = ring.high_of(rows, seconds, now, before=True)
        case "low":
            found = ring.low_of(rows, seconds, now, before=True)
        case _:
            found = ring.average(rows, seconds, now)
    return np.where(ring.complete(rows, seconds, now) & ~np.isnan(_value(of, look)), found, np.nan)


def _past(of: Field, seconds: float, look: Look) -> Floats:
    now = look.tick.now
    ring, rows = look.tick.market.ring(seconds, look.series[of])
    return np.where(ring.complete(rows, seconds, now), ring.close_by(rows, now - seconds), np.nan)


def lowest(of: Field, seconds: float, look: Look) -> Floats:
    """Of what a window holds so far, the reading being judged among it."""
    ring, rows = look.tick.market.ring(seconds, look.series[of])
    return ring.low_of(rows, seconds, look.tick.now, before=False)


def highest(of: Field, seconds: float, look: Look) -> Floats:
    """Of what a window holds so far, the reading being judged among it."""
    ring, rows = look.tick.market.ring(seconds, look.series[of])
    return ring.high_of(rows, seconds, look.tick.now, before=False)


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


Limits = tuple[tuple[Field, Expression], ...]


def age_limits(node: Condition) -> Limits:
    """(field, limit) of every `age(…)` that is compared with a duration."""
    compared = [part for part in walk(node) if isinstance(part, Compare)]
    sides = [pair for part in compared for pair in ((part.left, part.right), (part.right, part.left))]
    return tuple((age.field, limit) for age, limit in sides if isinstance(age, Age) and not isinstance(limit, Age))


def timeouts(limits: Limits, look: Look, after: float | Floats) -> Floats:
    """When an age next passes one of its limits, if no reading comes; infinity where none will after that time."""
    due = np.full(look.size, np.inf)
    for of, limit in limits:
        passes = _since(of, look) + number(limit, look) + AGE_STEP
        due = np.fmin(due, np.where(passes > after, passes, np.inf))
    return due
