"""The unit of an expression, from those of its parts."""

from collections.abc import Callable

from alertd.conditions import tree as t
from alertd.conditions.fields import FieldSpec, Unit, spec_of
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.mistakes import Sentence

_WORDS = {
    Unit.MONEY: "an amount of money",
    Unit.NUMBER: "a plain number",
    Unit.PERCENT: "a percentage",
    Unit.GRADE: "a grade from 0 to 100",
    Unit.RANK: "a rank",
    Unit.STATE: "a state",
    Unit.DURATION: "a duration",
}


def words_for(unit: Unit) -> str:
    return _WORDS[unit]


Specs = Callable[[str], FieldSpec | None]
"""The row of a field by its name."""


def unit_of(node: t.Expression, sentence: Sentence, specs: Specs = spec_of) -> Unit | None:
    """None where a part is wrong (and blamed for it), so that the whole is not blamed as well."""
    match node:
        case t.Field(name):
            spec = specs(name)
            return spec.unit if spec is not None else None
        case t.Number() | t.Parameter() | t.Count():
            return Unit.NUMBER
        case t.Percent() | t.Change() | t.Share():
            return Unit.PERCENT
        case t.Duration() | t.Age():
            return Unit.DURATION
        case t.Rank():
            return Unit.RANK
        case t.Window(function, field) | t.Indicator(function, field):
            of_field = unit_of(field, sentence, specs)
            return None if of_field in (None, Unit.STATE) else FUNCTIONS[function].unit or of_field
        case t.Opening(field) | t.LastAlert(field):
            return unit_of(field, sentence, specs)
        case t.Negative(of):
            return _no_state(unit_of(of, sentence, specs), of, sentence)
        case t.Arithmetic(_, left, right):
            one = _no_state(unit_of(left, sentence, specs), left, sentence)
            other = _no_state(unit_of(right, sentence, specs), right, sentence)
            return None if one is None or other is None else _arithmetic(node, one, other, sentence)


def _no_state(unit: Unit | None, node: t.Expression, sentence: Sentence) -> Unit | None:
    if unit is Unit.STATE:
        sentence.blame(node.span, f"{sentence.words(node.span)} is a state, not a number")
        return None
    return unit


def _arithmetic(node: t.Arithmetic, left: Unit, right: Unit, sentence: Sentence) -> Unit | None:
    unit = _added(left, right) if node.operator in "+-" else _multiplied(node.operator, left, right)
    if unit is None:
        words = sentence.words(node.span)
        hint = ""
        if Unit.PERCENT in (left, right):
            hint = "write a factor instead: 1.05 * price is 5% above the price"
        sentence.blame(node.span, f"{words!r} mixes {_WORDS[left]} with {_WORDS[right]}", hint)
    return unit


def _added(left: Unit, right: Unit) -> Unit | None:
    if left is right:
        return left
    if {left, right} & {Unit.PERCENT, Unit.DURATION}:
        return None
    if Unit.NUMBER in (left, right):
        return right if left is Unit.NUMBER else left
    return None


def _multiplied(operator: str, left: Unit, right: Unit) -> Unit | None:
    if right is Unit.NUMBER:
        return left
    if left is Unit.NUMBER and operator == "*":
        return right
    if operator == "/" and left is right:
        return Unit.NUMBER
    if {left, right} & {Unit.PERCENT, Unit.DURATION}:
        return None
    # A ratio or a product of things that are no percentage is a plain number.
    return Unit.NUMBER
