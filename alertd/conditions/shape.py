"""The shape of a condition: its tree with the constants lifted out. Alerts of one shape are judged together.

Windows, intervals, fields, coins and states belong to the shape: they decide what the market keeps.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, cast

from alertd.conditions import tree as t
from alertd.conditions.functions import bars_of
from alertd.market.ring import SPARE, interval_for, slots_for


class Need(NamedTuple):
    """History to keep of a field: so many bars of `interval` seconds, with their first readings if `opens`."""

    field: t.Field
    interval: float
    slots: int
    opens: bool


def shape(tree: t.Condition) -> tuple[t.Condition, tuple[float, ...]]:
    """The tree with `Parameter(i)` for the i-th constant, from left to right, and the constants.

    Numbers, percents (percent points) and durations that are compared (seconds) are constants.
    """
    constants: list[float] = []
    return cast("t.Condition", _lifted(tree, constants)), tuple(constants)


@lru_cache(4096)
def fields_of(tree: t.Tree) -> tuple[t.Field, ...]:
    """The distinct fields that a tree names, from left to right."""
    return tuple(dict.fromkeys(node for node in t.walk(tree) if isinstance(node, t.Field)))


@lru_cache(4096)
def needs_of(tree: t.Tree) -> tuple[Need, ...]:
    """The history that a tree looks back on: one need for each field and length of bar."""
    merged: dict[tuple[t.Field, float], Need] = {}
    for need in (need for node in t.walk(tree) for need in _needs(node)):
        key = (need.field, need.interval)
        other = merged.get(key, need)
        merged[key] = Need(*key, max(need.slots, other.slots), need.opens or other.opens)
    return tuple(merged.values())


def _needs(node: t.Tree) -> tuple[Need, ...]:
    match node:
        case t.Window(_, field, seconds) | t.Change(field, seconds):
            return (Need(field, interval_for(seconds), slots_for(seconds), opens=False),)
        case t.Move():
            return (Need(node.field, interval_for(node.seconds), slots_for(node.seconds), opens=False),)
        case t.Indicator(function, field, arguments, interval, other):
            slots = 2 * bars_of(function, arguments) + SPARE
            fields = (field,) if other is None else (field, other)
            return tuple(Need(each, interval, slots, function == "open") for each in fields)
        case t.Opening(field, interval):
            return (Need(field, interval, SPARE, opens=True),)
        case _:
            return ()


def _lifted(node: t.Tree, constants: list[float]) -> t.Tree:
    match node:
        case t.Number(value) | t.Percent(value) | t.Duration(value):
            constants.append(value)
            return t.Parameter(len(constants) - 1)
        case _:
            below = ((name, getattr(node, name)) for name in t.BELOW[type(node)])
            changed = {
                name: tuple(_lifted(part, constants) for part in value)
                if name == "parts"
                else _lifted(value, constants)
                for name, value in below
                if value is not None
            }
            return _replace(node, **changed) if changed else node


_replace: Callable[..., t.Tree] = replace
