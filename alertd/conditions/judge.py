"""A condition, judged for all the alerts of a bank at once.

Verdicts are of Kleene's logic, coded so that `and` is the minimum and `or` the maximum. Crossings and flips remember:
each has its columns of memory, which `judge` reads and moves on.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from alertd.conditions.measure import Look, highest, lowest, number
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import (
    And,
    Compare,
    Condition,
    Cross,
    Flip,
    Is,
    Move,
    Not,
    Or,
    Tree,
    walk,
)
from alertd.market.columns import Codes, Flags, Floats

NO, UNKNOWN, YES = 0, 1, 2
"""Verdicts."""

CLOSE = 1e-12
"""Numbers are equal within this, relative."""


def memories(node: Tree) -> int:
    """How many columns of memory a tree needs."""
    return sum(_MEMORY.get(type(part), 0) for part in walk(node))


_MEMORY: dict[type, int] = {Cross: 2, Flip: 1}


def judge(node: Condition, look: Look) -> Codes:
    """The verdict for each alert; moves the memory of crossings and flips on by this tick."""
    with np.errstate(all="ignore"):
        return _Judging(look).verdict(node)


def apart(left: Floats, right: Floats) -> Floats:
    """left − right, 0 where they are equal, NaN where one is unknown."""
    distance = left - right
    distance[np.abs(distance) <= CLOSE * np.abs(right)] = 0.0
    return distance


class _Judging:
    """One pass over a tree, from left to right: each crossing and flip takes its own columns of memory."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.used = 0

    def verdict(self, node: Condition) -> Codes:
        look = self.look
        match node:
            case Compare(operator, left, right):
                distance = apart(number(left, look), number(right, look))
                return _codes(_COMPARISONS[operator](distance, 0.0), np.isnan(distance))
            case Is(of, state):
                value = number(of, look)
                return _codes(value == state, np.isnan(value))
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
        now = np.sign(apart(number(node.left, look), number(node.right, look)))
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
        now = number(node.field, look)
        flipped = ~np.isnan(now) & ~np.isnan(last) & (now != last) & (not look.priming)
        if node.source_state is not None:
            flipped &= last == node.source_state
        if node.target_state is not None:
            flipped &= now == node.target_state
        last[:] = np.where(np.isnan(now), last, now)
        return _codes(flipped, np.isnan(now))


_COMPARISONS: dict[str, np.ufunc] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def _codes(yes: Flags, unknown: Flags) -> Codes:
    codes = yes.astype(np.int8)
    codes *= YES
    codes[unknown] = UNKNOWN
    return codes


def _moved(node: Move, look: Look) -> Codes:
    value, amount = number(node.field, look), number(node.amount, look)
    reached = 100.0 * value if node.relative else value
    unknown, moved = np.isnan(value), np.zeros(look.size, np.bool_)
    if node.direction != "down":
        base = lowest(node.field, node.seconds, look)
        goal = (100.0 + amount) * base if node.relative else base + amount
        unknown, moved = unknown | np.isnan(base), apart(reached, goal) >= 0
    if node.direction != "up":
        base = highest(node.field, node.seconds, look)
        goal = (100.0 - amount) * base if node.relative else base - amount
        unknown, moved = unknown | np.isnan(base), moved | (apart(reached, goal) <= 0)
    return _codes(moved, unknown)


def _touched(node: Cross, look: Look) -> tuple[Flags, Flags]:
    """Which alerts got a new reading, and which a revision only, of a series that this crossing names."""
    new, revised = np.zeros(look.size, np.bool_), np.zeros(look.size, np.bool_)
    for of in fields_of(node):
        new |= look.tick.new[look.series[of]]
        revised |= look.tick.revised[look.series[of]]
    return new, revised & ~new
