"""One condition as each of several sources would say it, and back to the words that they share."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar, cast

from alertd.conditions import tree as t
from alertd.model.universe import Universe

N = TypeVar("N", bound=t.Node)


def unnamed(condition: t.Condition) -> tuple[t.Field, ...]:
    """The fields of the own coin that name no source: what another source could say as well."""
    fields = (node for node in t.walk(condition) if isinstance(node, t.Field))
    return tuple(dict.fromkeys(field for field in fields if field.coin is None and field.source is None))


def slow(condition: t.Condition, fields: Sequence[t.Field], source: str, universe: Universe) -> bool:
    """True for a source that gives one of the fields more seldom than the condition looks back."""
    spans = [
        node.interval if isinstance(node, t.Indicator) else node.seconds
        for node in t.walk(condition)
        if isinstance(node, t.Window | t.Change | t.Move | t.Indicator)
    ]
    every = (universe.intervals.get((source, field.name), 0.0) for field in fields)
    return any(interval > span for interval in every for span in spans)


def said_by(source: str, condition: t.Condition) -> t.Condition:
    """The condition with the source's name on those fields."""

    def named(field: t.Field) -> t.Field:
        return replace(field, source=source) if field.coin is None and field.source is None else field

    return _with(condition, named)


def shared(parts: Sequence[t.Condition]) -> t.Condition:
    """The words that the parts were made of: without the source where they have different ones."""
    first, last = ([node for node in t.walk(part) if isinstance(node, t.Field)] for part in (parts[0], parts[-1]))
    pairs = iter(zip(first, last, strict=True))

    def unlike(_: t.Field) -> t.Field:
        one, other = next(pairs)
        return one if one.source == other.source else replace(one, source=None)

    return _with(parts[0], unlike)


def unsourced(tree: N) -> N:
    """The same, whoever gives its fields."""
    return _with(tree, lambda field: replace(field, source=None))


def _with(node: N, change: Callable[[t.Field], t.Field]) -> N:
    """The tree with other fields, which are asked for from left to right."""
    if isinstance(node, t.Field):
        return cast("N", change(node))
    below: dict[str, object] = {}
    for name in t.BELOW[type(node)]:
        value = getattr(node, name)
        if isinstance(value, t.Node):
            below[name] = _with(value, change)
        elif value is not None:
            below[name] = tuple(_with(part, change) for part in value)
    changed = cast("Callable[..., N]", replace)
    return changed(node, **below) if below else node
