"""Tree → text: one spelling per tree. `parse(canonical(tree)) == tree`."""

import re
from dataclasses import replace
from decimal import Decimal

from alertd.conditions import tree as t
from alertd.conditions.confirm import shared
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
        case t.Not(t.Is(field, state)):
            return f"{_field(field)} is not {label_of(field.name, state)}"
        case t.Not(t.Within() | t.Between() as of):
            return f"{_expression(of.of)} not {_range(of)}"
        case t.Not(of):
            return f"not {_enclosed(of, t.And, t.Or)}"
        case t.And(parts):
            return " and ".join(_enclosed(part, t.Or) for part in parts)
        case t.Or(parts):
            return " or ".join(canonical(part) for part in parts)
        case t.Some(count, parts):
            return f"{count} of ({', '.join(canonical(part) for part in parts)})"
        case t.Confirmed(count, parts):
            of = shared(parts)
            text = _enclosed(of, t.And, t.Or)
            # `not` before a clause would take what follows it along.
            return f"{f'({text})' if text.startswith('not ') else text} confirmed by {count} sources"
        case t.Recently(of, seconds):
            return f"recently({canonical(of)}, {exact_duration(seconds)})"
        case t.Holds(of, seconds):
            return f"{canonical(of)}, holds {exact_duration(seconds)}"
        case _:
            return _simple(tree)


def _simple(tree: t.Tree) -> str:
    match tree:
        case t.Compare(operator, left, right):
            return f"{_expression(left)} {operator} {_expression(right)}"
        case t.Cross(direction, left, right):
            return f"{_expression(left)} {_CROSSINGS[direction]} {_expression(right)}"
        case t.CrossEvery(of, step):
            return f"{_expression(of)} crosses every {_expression(step)}"
        case t.Move(direction, field, amount, _, seconds):
            return f"{_field(field)} {direction} {_expression(amount)} in {exact_duration(seconds)}"
        case t.Since(direction, field, amount, _, base):
            return f"{_field(field)} {direction} {_expression(amount)} since {_expression(base)}"
        case t.Within() | t.Between():
            return f"{_expression(tree.of)} {_range(tree)}"
        case t.Enters(of, leaves):
            way = _range(of) if isinstance(of, t.Within) else f"{_expression(of.low)} to {_expression(of.high)}"
            return f"{_expression(of.of)} {'leaves' if leaves else 'enters'} {way}"
        case t.Flip(field, source, target):
            before = f" from {label_of(field.name, source)}" if source is not None else ""
            after = f" to {label_of(field.name, target)}" if target is not None else ""
            return f"{_field(field)} flips{before}{after}"
        case t.Is(field, state):
            return f"{_field(field)} is {label_of(field.name, state)}"
        case _:
            return _expression(tree)


def _range(of: t.Within | t.Between) -> str:
    if isinstance(of, t.Within):
        return f"within {_expression(of.amount)} of {_expression(of.target)}"
    return f"between {_expression(of.low)} and {_expression(of.high)}"


def _expression(node: t.Tree) -> str:
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
        case t.LastAlert():
            return "last alert"
        case t.Negative(of):
            return f"-{_enclosed(of, t.Arithmetic)}"
        case t.Arithmetic(operator, left, right):
            tight = _TIGHTNESS[operator]
            return f"{_operand(left, tight)} {operator} {_operand(right, tight + 1)}"
        case _:
            return _call(node)


def _call(node: t.Tree) -> str:
    match node:
        case t.Window(function, field, seconds):
            return f"{function}({_field(field)}, {exact_duration(seconds)})"
        case t.Indicator(function, field, arguments, interval, other):
            first = _field(replace(field, name="price") if function == "vwap" else field)
            second = [_field(other)] if other is not None and function != "vwap" else []
            return f"{function}({', '.join([first, *second, *map(_number, arguments), exact_duration(interval)])})"
        case t.Opening(field, interval):
            return f"open({_field(field)}, {exact_duration(interval)})"
        case t.Change(field, seconds):
            return f"change({_field(field)}, {exact_duration(seconds)})"
        case t.Age(field):
            return f"age({_field(field)})"
        case t.Count(of):
            return f"count(where {canonical(of)})"
        case t.Share(of):
            return f"share(where {canonical(of)})"
        case t.Rank(of):
            return f"rank({_expression(of)})"
        case _:
            raise TypeError(f"no node of a tree: {node!r}")


def _enclosed(node: t.Tree, *loose: type[t.Node]) -> str:
    text = canonical(node)
    return f"({text})" if isinstance(node, loose) else text


def _operand(node: t.Expression, tight: int) -> str:
    text = _expression(node)
    return f"({text})" if isinstance(node, t.Arithmetic) and _TIGHTNESS[node.operator] < tight else text


def _field(field: t.Field) -> str:
    name, bracket, interval = field.name.partition("(")
    if not bracket:
        return _named(field)
    # A field of bars takes its coin and source from a price in its parentheses.
    of = "" if field.coin is None and field.source is None else f"{_named(replace(field, name='price'))}, "
    return f"{name}({of}{interval}"


def _named(field: t.Field) -> str:
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
