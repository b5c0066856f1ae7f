"""An expression, evaluated for all the alerts of a bank at once: float64 columns, NaN where they are unknown."""

from collections.abc import Iterator
from functools import lru_cache
from typing import assert_never

import numpy as np

from alertd.conditions.look import Look, Peers, Tick
from alertd.conditions.memory import placed
from alertd.conditions.series import finite, of_series
from alertd.conditions.tree import (
    Age,
    Arithmetic,
    Change,
    Compare,
    Count,
    Duration,
    Expression,
    Field,
    Holds,
    Indicator,
    LastAlert,
    Negative,
    Number,
    Opening,
    Parameter,
    Percent,
    Rank,
    Recently,
    Share,
    Tree,
    Window,
)
from alertd.market.columns import Floats
from alertd.market.windows import CLOSE

__all__ = ["Look", "Peers", "Tick", "has_timeouts", "highest", "lowest", "number", "peers_of", "since", "timeouts"]

AGE_STEP = 1e-3
"""A time out is looked at so many seconds after it, where it must have been exceeded."""


def number(node: Expression, look: Look) -> Floats:
    """The value of an expression for each alert, NaN where it is unknown."""
    match node:
        case Number(value) | Percent(value) | Duration(value):
            return np.full(look.size, value)
        case Parameter(index):
            return look.parameters[index]
        case Field() | Window() | Indicator() | Opening() | Change():
            return of_series(node, look)
        case Age(of):
            return look.tick.now - since(of, look)
        case Count() | Share():
            return look.breadth[node]
        case Rank(of):
            return _rank(of, look)
        case Negative(of):
            return -number(of, look)
        case Arithmetic(operator, left, right):
            return finite(_OPERATORS[operator](number(left, look), number(right, look)))
        case LastAlert():
            raise TypeError("what an alert last opened with is in its memory")
        case _:
            assert_never(node)


_OPERATORS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def since(of: Field, look: Look) -> Floats:
    """When a field last had a reading; where it never had one, when the alert was added."""
    numbers, latest = look.series[of], look.tick.market.latest
    return np.where(np.isnan(latest.at[numbers]), look.added, latest.seen[numbers])


def highest(of: Field, seconds: float, look: Look) -> Floats:
    """Of what a window holds so far, the reading being judged among it."""
    return of_series(Window("highest", of, seconds), look)


def lowest(of: Field, seconds: float, look: Look) -> Floats:
    """Of what a window holds so far, the reading being judged among it."""
    return of_series(Window("lowest", of, seconds), look)


def peers_of(look: Look) -> Peers:
    """Raises ValueError where a look at a `count`, `share` or `rank` has none."""
    if look.peers is None:
        raise ValueError("what counts over the coins of a rule is looked at with them")
    return look.peers


def _rank(of: Expression, look: Look) -> Floats:
    """1 and the number of the rule's coins with a larger value."""
    peers, mine = peers_of(look), number(of, look)
    values = number(of, peers.look)
    known = (~np.isnan(values)).nonzero()[0]
    order = known[np.argsort(values[known])]
    # Every value's place among all; within a rule it is found by (rule, place).
    places = np.sort(peers.of[order] * (len(order) + 1) + np.arange(len(order)))
    above = np.searchsorted(values[order], mine + CLOSE * np.abs(mine), side="right")
    first = np.searchsorted(places, peers.mine * (len(order) + 1) + above)
    last = np.searchsorted(places, (peers.mine + 1) * (len(order) + 1))
    return np.where(np.isnan(mine), np.nan, 1.0 + last - first)


# ── what changes by time alone ───────────────────────────────────────────────────────────────────────────────────


@lru_cache(4096)
def has_timeouts(node: Tree) -> bool:
    """True if a verdict may change by time alone."""
    return any(
        isinstance(part, Recently | Holds)
        or (isinstance(part, Compare) and any(_limits(part)))
        or (isinstance(part, Count | Share) and has_timeouts(part.of))
        for part, _ in placed(node)
    )


def timeouts(node: Tree, look: Look, after: float | Floats, *, anew: bool = False) -> Floats | float:
    """When an age next passes a limit, what was true recently no longer is, or what is held has been held long enough,
    if no reading comes; infinity where none will after that time. With `anew`, an age that is over its limit already
    counts as well."""
    due: Floats | float = np.inf
    for part, column in placed(node) if has_timeouts(node) else ():
        for ends in _ends(part, column, look, after):
            since_when = -np.inf if anew and isinstance(part, Compare) else after
            due = np.fmin(due, np.where(ends > since_when, ends, np.inf))
    return due


def _ends(part: Tree, column: int, look: Look, after: float | Floats) -> Iterator[Floats]:
    match part:
        case Compare():
            for age, limit in _limits(part):
                yield since(age.field, look) + number(limit, look) + AGE_STEP
        case Recently(_, seconds):
            yield look.memory[column] + seconds
        case Holds(_, seconds):
            yield look.memory[column + 1] + seconds
        case Count(of) | Share(of) if has_timeouts(of):
            peers = peers_of(look)
            begin, ends = np.full(peers.count, np.inf), np.full(peers.count, np.inf)
            np.minimum.at(begin, peers.mine, after)
            np.minimum.at(ends, peers.of, timeouts(of, peers.look, begin[peers.of]))
            yield ends[peers.mine]


def _limits(part: Compare) -> Iterator[tuple[Age, Expression]]:
    """The ages that are compared, and what with."""
    sides = ((part.left, part.right), (part.right, part.left))
    return ((age, limit) for age, limit in sides if isinstance(age, Age) and not isinstance(limit, Age))
