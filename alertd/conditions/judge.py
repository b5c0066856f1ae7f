"""A condition, judged for all the alerts of a bank at once.

Verdicts are of Kleene's logic, coded so that `and` is the minimum and `or` the maximum. Some nodes remember: each has
its columns of memory (see `conditions.memory`), which `judge` reads and moves on.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from alertd.conditions.codes import NO, UNKNOWN, YES, apart, at_least, codes_of
from alertd.conditions.levels import level, moved
from alertd.conditions.look import Look
from alertd.conditions.measure import number, peers_of
from alertd.conditions.memory import memories, placed
from alertd.conditions.series import gather
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import (
    And,
    Between,
    Compare,
    Condition,
    Confirmed,
    Count,
    Cross,
    CrossEvery,
    Enters,
    Field,
    Flip,
    Holds,
    Is,
    LastAlert,
    Move,
    Not,
    Or,
    Rank,
    Recently,
    Share,
    Since,
    Some,
    Tree,
    Within,
)
from alertd.market.columns import Codes, Flags, Floats

__all__ = ["NO", "UNKNOWN", "YES", "apart", "judge", "memories", "rebase"]


def judge(node: Condition, look: Look) -> Codes:
    """The verdict for each alert; moves the memory on by this tick."""
    with np.errstate(all="ignore"):
        survey(node, look)
        return _Judging(look).verdict(node)


def rebase(node: Condition, look: Look, which: Flags) -> None:
    """From now on what these alerts say since their last alert counts from the values of now."""
    for part, column in placed(node):
        if isinstance(part, Since) and isinstance(part.base, LastAlert):
            value = number(part.field, look)
            base = look.memory[column]
            base[:] = np.where(which & ~np.isnan(value), value, base)


def survey(node: Tree, look: Look) -> None:
    """Look at the coins of the rules: what each `count` and `share` comes to."""
    for part, _ in placed(node):
        if isinstance(part, Count | Share) and part not in look.breadth:
            peers = peers_of(look)
            verdicts = judge(part.of, peers.look)
            yes, known = peers.sums(verdicts == YES), peers.sums(verdicts != UNKNOWN)
            told = yes if isinstance(part, Count) else 100.0 * yes / known
            look.breadth[part] = np.where(known > 0, told, np.nan)


class _Judging:
    """One pass over a tree, from left to right: each node that remembers takes its own columns of memory."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.used = 0

    def verdict(self, node: Condition) -> Codes:
        match node:
            case Compare() | Is() | Move() | Within() | Between():
                return level(node, self.look)
            case Cross():
                return self._crossed(node)
            case CrossEvery():
                return self._crossed_every(node)
            case Enters():
                return self._entered(node)
            case Flip():
                return self._flipped(node)
            case Holds():
                return self._held(node)
            case Since():
                return self._since(node)
            case Recently():
                return self._recently(node)
            case Not() | And() | Or() | Some() | Confirmed():
                return self._joined(node)

    def _joined(self, node: Not | And | Or | Some | Confirmed) -> Codes:
        match node:
            case Not(of):
                return (YES - self.verdict(of)).astype(np.int8)
            case And(parts):
                return reduce(np.minimum, [self.verdict(part) for part in parts])
            case Or(parts):
                return reduce(np.maximum, [self.verdict(part) for part in parts])
            case Some(count, parts) | Confirmed(count, parts):
                return at_least(count, [self.verdict(part) for part in parts])

    def _take(self, count: int) -> Sequence[Floats]:
        self.used += count
        return self.look.memory[self.used - count : self.used]

    def _step(self, node: Condition, now: Floats) -> tuple[Floats, Flags]:
        """What was at the reading before the one being judged, and which alerts judge a reading: takes the two columns
        of a node that compares readings, and moves them on."""
        last, before = self._take(2)
        new, revised = _touched(node, self.look)
        before[:] = np.where(new, last, before)
        last[:] = now if self.look.priming else np.where(new | revised, now, last)
        return before, new | revised

    def _crossed(self, node: Cross) -> Codes:
        now = np.sign(apart(number(node.left, self.look), number(node.right, self.look)))
        before, read = self._step(node, now)
        match node.direction:
            case "above":
                crossed = (now > 0) & (before <= 0)
            case "below":
                crossed = (now < 0) & (before >= 0)
            case "either":
                crossed = ((now > 0) & (before <= 0)) | ((now < 0) & (before >= 0))
            case _:
                crossed = (now != before) & ((now == 0) | (now * before <= 0))
        return codes_of(crossed & read, np.isnan(now) | (read & np.isnan(before)))

    def _crossed_every(self, node: CrossEvery) -> Codes:
        now = number(node.of, self.look)
        before, read = self._step(node, now)
        crossed = ~np.isnan(multiple_crossed(now, before, number(node.step, self.look)))
        return codes_of(crossed & read, np.isnan(now) | (read & np.isnan(before)))

    def _entered(self, node: Enters) -> Codes:
        now = self.verdict(node.range)
        before, read = self._step(node, np.where(now == UNKNOWN, np.nan, now))
        crossed = (now == NO) & (before == YES) if node.leaves else (now == YES) & (before == NO)
        return codes_of(crossed & read, (now == UNKNOWN) | (read & np.isnan(before)))

    def _flipped(self, node: Flip) -> Codes:
        (last,) = self._take(1)
        now = number(node.field, self.look)
        flipped = ~np.isnan(now) & ~np.isnan(last) & (now != last) & (not self.look.priming)
        if node.source_state is not None:
            flipped &= last == node.source_state
        if node.target_state is not None:
            flipped &= now == node.target_state
        last[:] = np.where(np.isnan(now), last, now)
        return codes_of(flipped, np.isnan(now))

    def _held(self, node: Holds) -> Codes:
        frozen, since = self._take(2)
        crossed = self._crossed(node.of)
        left, now = number(node.of.left, self.look), self.look.tick.now
        past = apart(left, frozen)
        back = past <= 0 if node.of.direction == "above" else past >= 0
        frozen[back] = since[back] = np.nan
        begins = (crossed == YES) & np.isnan(since)
        frozen[begins], since[begins] = number(node.of.right, self.look)[begins], now
        return codes_of(since + node.seconds <= now, np.isnan(left))

    def _since(self, node: Since) -> Codes:
        value, amount = number(node.field, self.look), number(node.amount, self.look)
        if isinstance(node.base, LastAlert):
            (base,) = self._take(1)
            base[:] = np.where(np.isnan(base), value, base)
        else:
            base = number(node.base, self.look)
        return moved(node, value, amount, (base, base))

    def _recently(self, node: Recently) -> Codes:
        (last,) = self._take(1)
        now = self.look.tick.now
        verdict = self.verdict(node.of)
        if not self.look.priming:
            last[verdict == YES] = now
        recent = last > now - node.seconds
        return codes_of(recent, ~recent & (verdict == UNKNOWN))


def multiple_crossed(now: Floats, before: Floats, step: Floats) -> Floats:
    """The multiple of the step that lies between two values, the nearest to the one of now; NaN for none."""
    high, low = _in_steps(now, step), _in_steps(before, step)
    up, down = np.ceil(high) - 1.0, np.floor(high) + 1.0
    found: Floats = step * np.where(
        (high > low) & (up >= low), up, np.where((high < low) & (down <= low), down, np.nan)
    )
    return found


def _in_steps(value: Floats, step: Floats) -> Floats:
    steps = value / step
    whole = np.rint(steps)
    return np.where(apart(steps, whole) == 0.0, whole, steps)


def _touched(node: Tree, look: Look) -> tuple[Flags, Flags]:
    """Which alerts got a new reading, and which a revision only, of a series that a node names."""
    new, revised = np.zeros(look.size, np.bool_), np.zeros(look.size, np.bool_)
    for part in {part for part, _ in placed(node)}:
        if isinstance(part, Field):
            new |= gather(look.tick.new, look.series[part])
            revised |= gather(look.tick.revised, look.series[part])
        elif isinstance(part, Count | Share | Rank):
            peers = peers_of(look)
            for of in fields_of(part):
                new |= peers.sums(look.tick.new[peers.look.series[of]]) > 0
                revised |= peers.sums(look.tick.revised[peers.look.series[of]]) > 0
    return new, revised & ~new
