"""Which values an expression can have at all: what `sense` needs to tell what can never or must always be true.

A range is never too narrow: where nothing is known of an expression, it is everything.
"""

from math import inf, isclose, isnan, sqrt
from typing import NamedTuple

from alertd.conditions import tree as t
from alertd.conditions.fields import Unit, spec_of

EQUAL = 1e-12
"""Relative distance within which two values are the same."""


class Range(NamedTuple):
    """From `low` to `high`. `above` is true where low itself is out, `below` where high is; `holes` are out too."""

    low: float = -inf
    high: float = inf
    above: bool = False
    below: bool = False
    holes: frozenset[float] = frozenset()

    @property
    def empty(self) -> bool:
        if isclose(self.low, self.high, rel_tol=EQUAL):
            return self.above or self.below or any(isclose(self.low, hole, rel_tol=EQUAL) for hole in self.holes)
        return self.low > self.high

    @property
    def point(self) -> bool:
        """True for one value alone."""
        return self.low == self.high and not self.empty

    def meet(self, other: "Range") -> "Range":
        """What is in both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        above = (self.above and self.low == low) or (other.above and other.low == low)
        below = (self.below and self.high == high) or (other.below and other.high == high)
        return Range(low, high, above, below, self.holes | other.holes)

    def inside(self, other: "Range") -> bool:
        """True where everything in it is in `other` as well."""
        if self.empty:
            return True
        low = self.low > other.low or (self.low == other.low and (self.above or not other.above))
        high = self.high < other.high or (self.high == other.high and (self.below or not other.below))
        return low and high and all(hole in self.holes or not self._has(hole) for hole in other.holes)

    def _has(self, value: float) -> bool:
        return not self.meet(Range(value, value)).empty


ANY = Range()
POSITIVE = Range(0.0, above=True)
NOT_NEGATIVE = Range(0.0)
HUNDRED = Range(0.0, 100.0)
AT_LEAST_ONE = Range(1.0)

_BY_UNIT = {Unit.MONEY: POSITIVE, Unit.GRADE: HUNDRED, Unit.RANK: AT_LEAST_ONE}
_FIELDS = {"drawdown": HUNDRED, "base_volume": NOT_NEGATIVE, "volume": NOT_NEGATIVE, "volume_24h": NOT_NEGATIVE}
_AS_THEIR_FIELD = frozenset(("open", "close", "sma", "ema", "vwap"))
_INDICATORS = {
    "rsi": HUNDRED,
    "stddev": NOT_NEGATIVE,
    "atr": NOT_NEGATIVE,
    "correlation": Range(-1.0, 1.0),
}


def span_of(node: t.Expression, coins: float = inf) -> Range:
    """The values that an expression can have; `coins` is how many the rule has, infinity where nobody knows."""
    match node:
        case t.Number(value) | t.Percent(value) | t.Duration(value):
            return ANY if isnan(value) else Range(value, value)
        case t.Negative(of):
            return _scaled(span_of(of, coins), -1.0)
        case t.Arithmetic(operator, left, right):
            return _arithmetic(operator, span_of(left, coins), span_of(right, coins))
        case t.Count():
            return Range(0.0, coins)
        case t.Share():
            return HUNDRED
        case t.Rank():
            return Range(1.0, coins)
        case _:
            return _measured(node)


def _measured(node: t.Expression) -> Range:
    """The values of what is measured on one coin."""
    match node:
        case t.Field(name) | t.Opening(t.Field(name)) | t.LastAlert(t.Field(name)):
            return _of_field(name)
        case t.Window(function, field):
            return HUNDRED if function == "drawdown" else _of_field(field.name)
        case t.Indicator(function, field, arguments):
            return _of_indicator(function, field, arguments)
        case t.Change(field):
            # A fall by more than everything needs a value below zero.
            return Range(-100.0) if _of_field(field.name).low >= 0 else ANY
        case t.Age():
            return NOT_NEGATIVE
        case _:
            return ANY


def difference(left: Range, right: Range) -> Range:
    """The values of a left side less those of a right one."""
    return _sum(left, _scaled(right, -1.0))


def _of_field(name: str) -> Range:
    spec = spec_of(name)
    if spec is None:
        return ANY
    return _FIELDS.get(spec.name) or _BY_UNIT.get(spec.unit, ANY)


def _of_indicator(function: str, field: t.Field, arguments: tuple[float, ...]) -> Range:
    if function in _AS_THEIR_FIELD:
        return _of_field(field.name)
    if function == "zscore":
        # One of n values is never further from their mean than √(n−1) of their population standard deviations.
        furthest = sqrt(max(arguments[0] - 1, 0))
        return Range(-furthest, furthest)
    if function == "bollinger" and arguments[1] >= 0:
        return _of_field(field.name)
    return _INDICATORS.get(function, ANY)


def _arithmetic(operator: str, left: Range, right: Range) -> Range:
    if operator == "+":
        return _sum(left, right)
    if operator == "-":
        return difference(left, right)
    if operator == "*":
        if right.point or left.point:
            return _scaled(left, right.low) if right.point else _scaled(right, left.low)
        return _product(left, right)
    if right.point and right.low:
        return _scaled(left, 1 / right.low)
    if right.low < 0 < right.high or not (right.low or right.high):
        return ANY
    # By zero there is no value: the divisor is on one side of it.
    return _product(left, Range(_over(right.high, right.low), _over(right.low, right.high)))


def _sum(left: Range, right: Range) -> Range:
    return Range(left.low + right.low, left.high + right.high, left.above or right.above, left.below or right.below)


def _scaled(of: Range, factor: float) -> Range:
    if factor == 0:
        return Range(0.0, 0.0)
    if factor < 0:
        return Range(of.high * factor, of.low * factor, of.below, of.above)
    return Range(of.low * factor, of.high * factor, of.above, of.below)


def _product(left: Range, right: Range) -> Range:
    corners = [_times(one, other) for one in (left.low, left.high) for other in (right.low, right.high)]
    return Range(min(corners), max(corners))


def _times(one: float, other: float) -> float:
    return 0.0 if not one or not other else one * other


def _over(bound: float, other: float) -> float:
    """One bound of 1/x; `other` is x's other bound, which says on which side of zero x is."""
    if bound:
        return 1 / bound
    return inf if other > 0 else -inf
