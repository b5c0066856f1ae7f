"""The level of a plain comparison: one that is far away is asked about, and one can be moved by a button."""

from collections.abc import Sequence
from decimal import Decimal

from alertd.conditions import tree as t
from alertd.conditions.explain import label
from alertd.conditions.fields import Unit, spec_of
from alertd.conditions.mistakes import Sentence
from alertd.conditions.parse import read
from alertd.model.universe import Universe
from alertd.rules.peek import Peek
from alertd.rules.rule import Rule

FAR = 10.0
"""A level that is so many times the value, or the value so many times the level, is asked about."""

_NEAR = 2.0
_FACTORS = (1e3, 1e6, 1e-3, 10.0, 0.1, 100.0, 0.01, 1e-6)
"""By which people are wrong: a `k` or an `M` too little or too much, a digit."""


def plain(value: float) -> str:
    """A number as a canonical sentence has it: no suffix, no exponent, six significant digits."""
    text = f"{Decimal(f'{value:.6g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def far(rule: Rule, seen: Sequence[Peek]) -> tuple[Peek, float, float] | None:
    """The first coin of which a written level is far away, with that level and the value now: of an amount of money
    that is compared as it is, and nothing that is reckoned from it."""
    for field, level in _levels(rule.when):
        for each in seen:
            value = each.values.get(label(field))
            if isinstance(value, float) and value > 0 and not 1 / FAR < level / value < FAR:
                return each, level, value
    return None


def _levels(when: t.Condition) -> list[tuple[t.Field, float]]:
    found = []
    for part in t.walk(when):
        if isinstance(part, t.Compare | t.Cross):
            for side, other in ((part.left, part.right), (part.right, part.left)):
                spec = spec_of(side.name) if isinstance(side, t.Field) else None
                if isinstance(side, t.Field) and isinstance(other, t.Number) and spec and spec.unit is Unit.MONEY:
                    found.append((side, other.value))
    return found


def meant(level: float, value: float) -> float | None:
    """The level that somebody probably meant, None where no slip of theirs leads near the value."""
    return next((level * by for by in _FACTORS if 1 / _NEAR <= level * by / value <= _NEAR), None)


def with_level(condition: str, level: float, other: float, universe: Universe) -> str:
    """The sentence with another level in that one's place."""
    for node in t.walk(read(Sentence(condition), universe)):
        if isinstance(node, t.Number) and node.value == level:
            return condition[: node.span[0]] + plain(other) + condition[node.span[1] :]
    return condition


def nudged(condition: str, by: float, universe: Universe) -> tuple[str, float] | None:
    """The sentence with its level so many percent higher, or the percents of its move so many points, and the new
    number; None where it has not just one such."""
    found = _found(condition, universe)
    if len(found) != 1:
        return None
    node = found[0]
    value = node.value * (1 + by / 100.0) if isinstance(node, t.Number) else node.value + by
    if value <= 0:
        return None
    sign = "%" if isinstance(node, t.Percent) else ""
    return f"{condition[: node.span[0]]}{plain(value)}{sign}{condition[node.span[1] :]}", value


def replaced(condition: str, word: str, universe: Universe) -> str | None:
    """The sentence with its one level, or the one percent of its move, in that one's place: `75000`, `5%`. None where
    it has not just one, or one of the other kind."""
    found = _found(condition, universe)
    if len(found) != 1 or isinstance(found[0], t.Percent) != word.endswith("%"):
        return None
    return condition[: found[0].span[0]] + word + condition[found[0].span[1] :]


def _found(condition: str, universe: Universe) -> list[t.Number | t.Percent]:
    return [
        node
        for part in t.walk(read(Sentence(condition), universe))
        if isinstance(part, t.Compare | t.Cross | t.Move)
        for node in _constants(part)
    ]


def _constants(part: t.Compare | t.Cross | t.Move) -> list[t.Number | t.Percent]:
    sides = (part.amount,) if isinstance(part, t.Move) else (part.left, part.right)
    return [side for side in sides if isinstance(side, t.Number | t.Percent)]
