"""Route: who is told of an event, by the rule's own `notify` or by the tree of routes (Alertmanager's semantics)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from alertd.model.event import Event
from alertd.rules.rule import Told

GROUP_BY = ("rule",)


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a label has to be: `critical` (equal), `~btc-.*` (the whole value matches), either with a `!` before it
    for the opposite. A label that is not there is "". Raises ValueError for what is no regular expression."""

    text: str
    _wanted: str = field(init=False, compare=False, repr=False)
    _pattern: re.Pattern[str] | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        body = self.text.removeprefix("!")
        try:
            pattern = re.compile(body[1:]) if body.startswith("~") else None
        except re.error as error:
            raise ValueError(f"{body[1:]!r} is not a regular expression: {error}") from None
        object.__setattr__(self, "_wanted", body)
        object.__setattr__(self, "_pattern", pattern)

    def matches(self, value: str) -> bool:
        found = self._pattern.fullmatch(value) is not None if self._pattern else value == self._wanted
        return found is not self.text.startswith("!")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the routing tree. An event goes down it depth first: the first child that matches takes it, and the
    next ones only where that child has `continue`; where none does, the node itself takes it.

    All of `match` must match. `to`, `group_by` and `group_wait` (seconds) are the parent's where they are () or None.
    """

    to: tuple[str, ...] = ()
    match: Mapping[str, Matcher] = field(default_factory=dict)
    group_by: tuple[str, ...] | None = None
    group_wait: float | None = None
    continue_: bool = False
    routes: tuple["Route", ...] = ()


class Leg(NamedTuple):
    """One receiver that an event goes to, with how it is grouped there."""

    receiver: str
    group_by: tuple[str, ...]
    group_wait: float


def labels(event: Event, rule: Told) -> dict[str, str]:
    """What matchers and `group_by` see: the rule's labels, and `rule`, `owner`, `symbol`, `event`."""
    return {
        **rule.labels,
        "rule": event.rule,
        "owner": event.owner,
        "symbol": event.symbol,
        "event": event.kind.value,
    }


def legs(tree: Route | None, rule: Told, seen: Mapping[str, str]) -> Iterator[Leg]:
    """Where an event goes; twice to one receiver where two routes say so. A rule with `notify` is grouped as the
    tree's root says."""
    root = tree or Route()
    group_by = GROUP_BY if root.group_by is None else root.group_by
    group_wait = root.group_wait or 0.0
    if rule.notify:
        yield from (Leg(name, group_by, group_wait) for name in rule.notify)
    elif _takes(root, seen):
        yield from _descend(root, (), Leg("", group_by, group_wait), seen)


def _takes(route: Route, seen: Mapping[str, str]) -> bool:
    return all(matcher.matches(seen.get(label, "")) for label, matcher in route.match.items())


def _descend(route: Route, to: tuple[str, ...], inherited: Leg, seen: Mapping[str, str]) -> Iterator[Leg]:
    to = route.to or to
    group_by = inherited.group_by if route.group_by is None else route.group_by
    group_wait = inherited.group_wait if route.group_wait is None else route.group_wait
    leg = Leg("", group_by, group_wait)
    taken = False
    for child in route.routes:
        if _takes(child, seen):
            taken = True
            yield from _descend(child, to, leg, seen)
            if not child.continue_:
                break
    if not taken:
        yield from (leg._replace(receiver=name) for name in to)
