"""The unit of an expression, from those of its parts."""

from alertd.conditions import tree as t
from alertd.conditions.fields import FIELDS, Unit
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


def unit_of(node: t.Expression, sentence: Sentence) -> Unit | None:
    """None where a part is wrong (and blamed for it), so that the whole is not blamed as well."""
    match node:
        case t.Number() | t.Parameter():
            return Unit.NUMBER
        case t.Percent() | t.Change():
            return Unit.PERCENT
        case t.Duration() | t.Age():
            return Unit.DURATION
        case t.Field(name):
            return FIELDS[name].unit if name in FIELDS else None
        case t.Window(_, field):
            unit = unit_of(field, sentence)
            return unit if unit is not Unit.STATE else None
        case t.Negative(of):
            return _no_state(unit_of(of, sentence), of, sentence)
        case t.Arithmetic():
            return _arithmetic(node, sentence)


def _no_state(unit: Unit | None, node: t.Expression, sentence: Sentence) -> Unit | None:
    if unit is Unit.STATE:
        sentence.blame(node.span, f"{sentence.words(node.span)} is a state, not a number")
        return None
    return unit


def _arithmetic(node: t.Arithmetic, sentence: Sentence) -> Unit | None:
    left = _no_state(unit_of(node.left, sentence), node.left, sentence)
    right = _no_state(unit_of(node.right, sentence), node.right, sentence)
    if left is None or right is None:
        return None
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
