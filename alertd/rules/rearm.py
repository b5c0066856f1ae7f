"""`rearm: 0.5%` → the `until` that it stands for."""

import re

from alertd.conditions import tree as t
from alertd.conditions.fields import Unit, spec_of
from alertd.conditions.mistakes import Sentence
from alertd.conditions.units import Specs, unit_of, words_for
from alertd.model.units import number
from alertd.rules.wrong import Wrong

_PERCENT = re.compile(r"(.+?)\s*%")
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def until_of(when: t.Condition, rearm: str, specs: Specs = spec_of) -> t.Compare:
    """The comparison that ends an episode of `when`: back over the level by that much; `specs` knows its fields.

    Raises Wrong.
    """
    if not isinstance(when, t.Compare) or when.operator not in _TURNED:
        raise Wrong("rearm goes with a plain comparison such as price > 70k", "write until: for this one")
    operator, left, right = when.operator, when.left, when.right
    if isinstance(left, t.Number | t.Percent):
        operator, left, right = _TURNED[operator], right, left
    sign = -1.0 if operator.startswith(">") else 1.0
    found = _PERCENT.fullmatch(rearm)
    size = _size(found[1] if found else rearm)
    unit = unit_of(left, Sentence(""), specs)
    if unit is Unit.DURATION:
        raise Wrong("rearm does not go with an age", "write until: for this one")
    if unit is Unit.PERCENT and not found:
        raise Wrong("a percentage is compared here", f"write rearm: {size:g}%")
    if unit in (Unit.GRADE, Unit.RANK) and found:
        raise Wrong(f"{words_for(unit)} is compared here: it moves by points", f"write rearm: {size:g}")
    if found and unit is not Unit.PERCENT:
        level = _scaled(right, sign * size)
    else:
        level = _shifted(right, sign * size, percent=unit is Unit.PERCENT)
    return t.Compare("<=" if sign < 0 else ">=", left, level)


def _size(text: str) -> float:
    try:
        size = number(text)
    except ValueError:
        size = 0.0
    if not 0 < size < float("inf"):
        raise Wrong(f"expected a distance such as 0.5% or 500, not {text!r}")
    return size


def _scaled(level: t.Expression, percent: float) -> t.Expression:
    if percent <= -100:
        raise Wrong("rearm has to be less than 100%")
    if isinstance(level, t.Number):
        # Away from a level below zero is away from it too: the distance has no sign.
        return t.Number(level.value + abs(level.value) * percent / 100 if level.value < 0 else _of(level, percent))
    return t.Arithmetic("*", t.Number((100 + percent) / 100), level)


def _of(level: t.Number, percent: float) -> float:
    return level.value * (100 + percent) / 100


def _shifted(level: t.Expression, by: float, *, percent: bool) -> t.Expression:
    if isinstance(level, t.Number):
        return t.Number(level.value + by)
    if isinstance(level, t.Percent):
        return t.Percent(level.value + by)
    distance: t.Expression = t.Percent(abs(by)) if percent else t.Number(abs(by))
    return t.Arithmetic("-" if by < 0 else "+", level, distance)
