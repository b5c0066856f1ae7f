"""The level that an alert waits for: one that is far away is asked about, one can be moved by a button, and one that is
edited is of what the old one was of."""

from collections.abc import Sequence
from decimal import Decimal

from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.explain import label
from alertd.conditions.fields import Unit, spec_of
from alertd.conditions.mistakes import Sentence
from alertd.conditions.parse import read
from alertd.errors import RuleError
from alertd.model.universe import Universe
from alertd.rules.peek import Peek
from alertd.rules.rule import Rule

FAR = 10.0
"""A level that is so many times the value, or the value so many times the level, is asked about."""

_ALIKE = 10.0
"""Two levels of one thing: none is more than so many times the other."""
_PRICE = "price "
_BACK = {">": ("<", 0.98), ">=": ("<", 0.98), "<": (">", 1.02), "<=": (">", 1.02)}
"""How far behind a level it is over: so that a value beside it is not told again and again."""
_NEAR = 2.0
"""The level that was meant: it is so many times the value at the most, or the other way about."""
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


def unchecked(rule: Rule, seen: Sequence[Peek]) -> list[str]:
    """That nothing is known to compare a written level with: whoever wrote it has to look at it themselves."""
    names = {
        label(field).replace("_", " ")
        for field, _ in _levels(rule.when)
        for each in seen
        if not (isinstance(value := each.values.get(label(field)), float) and value > 0)
    }
    return [f"the level could not be compared with the {name}: check that it is right" for name in sorted(names)]


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


def over(condition: str, universe: Universe) -> str:
    """When it is over, with some room: `price < 68600` of `price > 70000`, "" for what is no such level."""
    when = read(Sentence(condition), universe)
    if not isinstance(when, t.Compare) or not isinstance(when.right, t.Number) or when.right.value <= 0:
        return ""
    sign, by = _BACK.get(when.operator, ("", 0.0))
    return f"{condition[slice(*when.left.span)]} {sign} {plain(when.right.value * by)}" if sign else ""


def nudged(condition: str, by: float, universe: Universe) -> str | None:
    """The sentence with its level so many percent higher, or the percents of its move so many points; None where it has
    not just one such."""
    found = _found(condition, universe)
    if len(found) != 1:
        return None
    node = found[0]
    value = node.value * (1 + by / 100.0) if isinstance(node, t.Number) else node.value + by
    if value <= 0:
        return None
    sign = "%" if isinstance(node, t.Percent) else ""
    return f"{condition[: node.span[0]]}{plain(value)}{sign}{condition[node.span[1] :]}"


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
        if isinstance(part, t.Compare | t.Cross | t.Move | t.Within)
        for node in _constants(part)
    ]


def _constants(part: t.Compare | t.Cross | t.Move | t.Within) -> list[t.Number | t.Percent]:
    match part:
        case t.Move(amount=amount):
            sides: tuple[t.Node, ...] = (amount,)
        case t.Within(target=target):
            sides = (target,)
        case _:
            sides = (part.left, part.right)
    return [side for side in sides if isinstance(side, t.Number | t.Percent)]


# ── an edit that does not say what its level is of: `edit 3 < 25` ────────────────────────────────────────────────────


def is_of_price(condition: str, universe: Universe) -> bool:
    """True where it is of nothing but the coins' own price, which so may go without saying."""
    parts = [node for node in t.walk(read(Sentence(condition), universe)) if isinstance(node, t.Condition)]
    subjects = [getattr(part, name) for part in parts for name in ("left", "field", "of") if hasattr(part, name)]
    return all(
        isinstance(each, t.Condition) or (isinstance(each, t.Field) and (each.name, each.coin) == ("price", None))
        for each in subjects
    )


def of_the_same(old: str, new: str, universe: Universe) -> str | None:
    """`rsi(14, 1h) < 25` for an alert on `rsi(14, 1h) < 30` and a new `price < 25`: the old condition's own left side.
    None where either is more than one comparison with a level, or the levels are no two of one thing."""
    before, after = (read(Sentence(each), universe) for each in (old, new))
    if not isinstance(before, t.Compare | t.Cross) or not isinstance(after, t.Compare | t.Cross):
        return None
    numbers = [side.value for side in (before.right, after.right) if isinstance(side, t.Number)]
    if len(numbers) < 2 or isinstance(before.left, t.Number) or not _alike(*numbers):
        return None
    changed = old[: before.left.span[1]] + " " + new.removeprefix(_PRICE)
    try:
        compile_condition(changed, universe)
    except RuleError:
        return None
    return changed


def _alike(one: float, other: float) -> bool:
    return one == other or (one * other > 0 and 1 / _ALIKE <= one / other <= _ALIKE)
