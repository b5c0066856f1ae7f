"""The shape of a condition: its tree with the constants lifted out. Alerts of one shape are judged together.

Windows, fields, coins and states belong to the shape: they decide what the market keeps.
"""

from functools import lru_cache

from alertd.conditions import tree as t


def shape(tree: t.Condition) -> tuple[t.Condition, tuple[float, ...]]:
    """The tree with `Parameter(i)` for the i-th constant, from left to right, and the constants.

    Numbers, percents (percent points) and durations that are compared (seconds) are constants.
    """
    constants: list[float] = []
    return _condition(tree, constants), tuple(constants)


@lru_cache(4096)
def fields_of(tree: t.Tree) -> tuple[t.Field, ...]:
    """The distinct fields that a tree names, from left to right."""
    return tuple(dict.fromkeys(node for node in t.walk(tree) if isinstance(node, t.Field)))


def windows_of(node: t.Tree) -> tuple[tuple[t.Field, float], ...]:
    """(field, seconds) of every window that looks back."""
    windows = (part for part in t.walk(node) if isinstance(part, t.Window | t.Change | t.Move))
    return tuple(dict.fromkeys((part.field, part.seconds) for part in windows))


def _lift(value: float, constants: list[float]) -> t.Parameter:
    constants.append(value)
    return t.Parameter(len(constants) - 1)


def _condition(node: t.Condition, constants: list[float]) -> t.Condition:
    match node:
        case t.Compare(operator, left, right):
            return t.Compare(operator, _expression(left, constants), _expression(right, constants))
        case t.Cross(direction, left, right):
            return t.Cross(direction, _expression(left, constants), _expression(right, constants))
        case t.Move(direction, field, amount, relative, seconds):
            lifted = amount if isinstance(amount, t.Parameter) else _lift(amount.value, constants)
            return t.Move(direction, field, lifted, relative, seconds)
        case t.And(parts):
            return t.And(tuple(_condition(part, constants) for part in parts))
        case t.Or(parts):
            return t.Or(tuple(_condition(part, constants) for part in parts))
        case t.Not(of):
            return t.Not(_condition(of, constants))
        case t.Is() | t.Flip():
            return node


def _expression(node: t.Expression, constants: list[float]) -> t.Expression:
    match node:
        case t.Number(value) | t.Percent(value):
            return _lift(value, constants)
        case t.Duration(seconds):
            return _lift(seconds, constants)
        case t.Arithmetic(operator, left, right):
            return t.Arithmetic(operator, _expression(left, constants), _expression(right, constants))
        case t.Negative(of):
            return t.Negative(_expression(of, constants))
        case t.Field() | t.Window() | t.Change() | t.Age() | t.Parameter():
            return node
