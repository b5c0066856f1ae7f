"""The ways in which a condition comes true: what each asks of the values, so that two that cannot meet are seen.

A way is a bundle of demands that hold at once: a range for an expression (or for the difference of two), some of a
field's states, or a part that is taken as it is. The ways of the opposite are got the same way, as Kleene logic
has it. `()` is no way at all: never. None stands for more than `MOST` ways.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from itertools import combinations
from math import comb, inf

from alertd.conditions import tree as t
from alertd.conditions.fields import spec_of
from alertd.conditions.ranges import Range, difference, span_of

MOST = 64
"""Ways that a condition may come true before it is taken for too intricate to say anything of."""

Key = t.Tree | tuple[t.Tree, t.Tree]
Demand = Range | frozenset[float] | bool
Way = Mapping[Key, Demand]
Ways = tuple[Way, ...] | None

OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
_RANGES: Mapping[str, Callable[[float], Range]] = {
    ">": lambda value: Range(low=value, above=True),
    ">=": lambda value: Range(low=value),
    "<": lambda value: Range(high=value, below=True),
    "<=": lambda value: Range(high=value),
    "==": lambda value: Range(value, value),
    "!=": lambda value: Range(holes=frozenset((value,))),
}


def ways_of(node: t.Condition, want: bool, coins: float = inf) -> Ways:
    """The ways in which the condition is YES (`want`) or NO; `coins` is how many the rule has."""
    match node:
        case t.Not(of):
            return ways_of(of, not want, coins)
        case t.And(parts):
            return _at_least(len(parts) if want else 1, parts, want, coins)
        case t.Or(parts):
            return _at_least(1 if want else len(parts), parts, want, coins)
        case t.Some(count, parts) | t.Confirmed(count, parts):
            return _at_least(count if want else len(parts) - count + 1, parts, want, coins)
        case t.Compare(operator, left, right):
            return _comparison(operator if want else OPPOSITE[operator], left, right, coins)
        case t.Between(of, low, high):
            ends = (t.Compare(">=", of, low), t.Compare("<=", of, high))
            return ways_of(t.And(ends), want, coins)
        case t.Within():
            return _within(node, want, coins)
        case t.Is(field, state):
            states = _states(field)
            return _one(field, states & {state} if want else states - {state})
        case _:
            alone: Ways = ({node: want},)
            return _both(alone, _moment(node, coins)) if want else alone


def _moment(node: t.Condition, coins: float) -> Ways:
    """What is so at the moment in which something happens, where it says anything of that."""
    match node:
        case t.Cross("above", left, right):
            return _comparison(">", left, right, coins)
        case t.Cross("below", left, right):
            return _comparison("<", left, right, coins)
        case t.Holds(t.Cross(_, _, right) as cross) if span_of(right, coins).point:
            return _moment(cross, coins)
        case t.Enters(area, leaves):
            return ways_of(area, not leaves, coins)
        case t.Flip(field, source, target):
            before = _one(field, _states(field) - {source}) if source is not None else ({},)
            return _both(before, _one(field, frozenset((target,)))) if target is not None else before
        case _:
            return ({},)


def _comparison(operator: str, left: t.Expression, right: t.Expression, coins: float) -> Ways:
    one, other = span_of(left, coins), span_of(right, coins)
    if other.point:
        return _one(left, one.meet(_RANGES[operator](other.low)))
    if one.point:
        return _one(right, other.meet(_RANGES[TURNED[operator]](one.low)))
    if left == right:
        return _one((left, right), Range(0.0, 0.0).meet(_RANGES[operator](0.0)))
    if hash(left) > hash(right):
        # Either order will do, as long as it is the same one for both ways of saying it.
        operator, left, right, one, other = TURNED[operator], right, left, other, one
    return _one((left, right), difference(one, other).meet(_RANGES[operator](0.0)))


def _within(node: t.Within, want: bool, coins: float) -> Ways:
    size, target = span_of(node.amount, coins), span_of(node.target, coins)
    if size.high < 0:
        return () if want else ({},)
    if not (size.point and target.point):
        return ({node: want},)
    reach = abs(target.low) * size.low / 100 if node.relative else size.low
    low, high = t.Number(target.low - reach), t.Number(target.low + reach)
    return ways_of(t.Between(node.of, low, high), want, coins)


def _states(field: t.Field) -> frozenset[float]:
    spec = spec_of(field.name)
    return frozenset(spec.labels.values()) if spec is not None else frozenset()


def _one(key: Key, demand: Range | frozenset[float]) -> Ways:
    nothing = demand.empty if isinstance(demand, Range) else not demand
    return () if nothing else ({key: demand},)


# ── ways together ────────────────────────────────────────────────────────────────────────────────────────────────


def _at_least(count: int, parts: tuple[t.Condition, ...], want: bool, coins: float) -> Ways:
    if comb(len(parts), count) > MOST:
        return None
    found = [ways_of(part, want, coins) for part in parts]
    return _any_of(reduce(_both, group) for group in combinations(found, count))


def _any_of(groups: Iterable[Ways]) -> Ways:
    found: list[Way] = []
    for ways in groups:
        if ways is None or len(found) + len(ways) > MOST:
            return None
        found += ways
    return tuple(found)


def _both(one: Ways, other: Ways) -> Ways:
    if one == () or other == ():
        return ()
    if one is None or other is None or len(one) * len(other) > MOST * MOST:
        return None
    merged = [way for first in one for second in other if (way := _merged(first, second)) is not None]
    return tuple(merged) if len(merged) <= MOST else None


def _merged(one: Way, other: Way) -> Way | None:
    """The demands of both, None where they exclude each other."""
    found = dict(one)
    for key, demand in other.items():
        before = found.get(key)
        if before is None:
            found[key] = demand
            continue
        meeting = _met(before, demand)
        if meeting is None:
            return None
        found[key] = meeting
    return found


def _met(one: Demand, other: Demand) -> Demand | None:
    """Two demands of the same key as one, None where they exclude each other."""
    if isinstance(one, Range) and isinstance(other, Range):
        values = one.meet(other)
        return None if values.empty else values
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one & other or None
    # YES and NO of one part.
    return one if one is other else None


def entails(way: Way, end: Way) -> bool:
    """True if all that `end` asks holds when `way` does: it asks nothing of what `way` leaves open."""
    return all(key in way and _inside(way[key], demand) for key, demand in end.items())


def _inside(one: Demand, other: Demand) -> bool:
    if isinstance(one, Range) and isinstance(other, Range):
        return one.inside(other)
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one <= other
    return one is other
