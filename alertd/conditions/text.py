"""Tree → text: one spelling per tree. `parse(canonical(tree)) == tree`."""

import re
from decimal import Decimal

from alertd.conditions import tree as t
from alertd.conditions.fields import MARKET, label_of
from alertd.model.units import duration, say_duration

_BARE_COIN = re.compile(r"[A-Z_][A-Z0-9_]*")
_TIGHTNESS = {"+": 1, "-": 1, "*": 2, "/": 2}
_CROSSINGS = {
    "above": "crosses above",
    "below": "crosses below",
    "either": "crosses",
    "reaches": "reaches",
}


def canonical(tree: t.Tree) -> str:
    """The one spelling of a condition or an expression: what the store keeps and an alert's identity goes by."""
    match tree:
        case t.Compare(operator, left, right):
            return f"{canonical(left)} {operator} {canonical(right)}"
        case t.Cross(direction, left, right):
            return f"{canonical(left)} {_CROSSINGS[direction]} {canonical(right)}"
        case t.Move(direction, field, amount, _, seconds):
            return f"{canonical(field)} {direction} {canonical(amount)} in {exact_duration(seconds)}"
        case t.Flip(field, source, target):
            before = f" from {label_of(field.name, source)}" if source is not None else ""
            after = f" to {label_of(field.name, target)}" if target is not None else ""
            return f"{canonical(field)} flips{before}{after}"
        case t.Is(field, state):
            return f"{canonical(field)} is {label_of(field.name, state)}"
        case t.Not(t.Is(field, state)):
            return f"{canonical(field)} is not {label_of(field.name, state)}"
        case t.Not(of):
            return f"not {_within(of, t.And, t.Or)}"
        case t.And(parts):
            return " and ".join(_within(part, t.Or) for part in parts)
        case t.Or(parts):
            return " or ".join(canonical(part) for part in parts)
        case _:
            return _expression(tree)


def _expression(node: t.Expression) -> str:
    match node:
        case t.Number(value):
            return _number(value)
        case t.Percent(value):
            return f"{_number(value)}%"
        case t.Duration(seconds):
            return exact_duration(seconds)
        case t.Parameter(index):
            return f"?{index}"
        case t.Field():
            return _field(node)
        case t.Window(function, field, seconds):
            return f"{function}({_field(field)}, {exact_duration(seconds)})"
        case t.Change(field, seconds):
            return f"change({_field(field)}, {exact_duration(seconds)})"
        case t.Age(field):
            return f"age({_field(field)})"
        case t.Negative(of):
            return f"-{_within(of, t.Arithmetic)}"
        case t.Arithmetic(operator, left, right):
            tight = _TIGHTNESS[operator]
            return f"{_operand(left, tight)} {operator} {_operand(right, tight + 1)}"


def _within(node: t.Tree, *loose: type[t.Node]) -> str:
    text = canonical(node)
    return f"({text})" if isinstance(node, loose) else text


def _operand(node: t.Expression, tight: int) -> str:
    text = _expression(node)
    return f"({text})" if isinstance(node, t.Arithmetic) and _TIGHTNESS[node.operator] < tight else text


def _field(field: t.Field) -> str:
    if field.source is not None:
        source = field.source if field.source.isidentifier() else f'"{field.source}"'
        return f"{source}.{field.name}"
    if field.coin is None:
        return field.name
    # A coin whose name is no upper-case word is quoted, so that it is never taken for a source.
    bare = field.coin == MARKET or _BARE_COIN.fullmatch(field.coin)
    return f"{field.coin}.{field.name}" if bare else f'"{field.coin}".{field.name}'


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def exact_duration(seconds: float) -> str:
    """Seconds as a duration that reads back as the same seconds."""
    text = say_duration(seconds)
    return text if duration(text) == seconds else f"{Decimal(repr(seconds)):f}s"
