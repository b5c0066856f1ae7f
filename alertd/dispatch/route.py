"""Route: who is told of an event, by the rule's own `notify` or by the tree of routes (Alertmanager's semantics)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from alertd.dispatch.inhibit import matches
from alertd.dispatch.matcher import Matcher
from alertd.model.event import Entry
from alertd.model.people import is_persons
from alertd.rules.rule import Told

GROUP_BY = ("rule",)


@dataclass(frozen=True, slots=True)
class Escalate:
    """The receivers that are told of an episode which nobody has acknowledged `after` seconds after it began."""

    to: tuple[str, ...]
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the routing tree. An event goes down it depth first: the first child that matches takes it, and the
    next ones only where that child has `continue`; where none does, the node itself takes it.

    All of `match` must match. Everything from `to` to `active` is the parent's where it is () or None. A group waits
    `group_wait` seconds for more before it is told, and `group_interval` before it is told again; while it fires it is
    told again after `repeat_interval`. Nothing is told during the hours that `mute` names, nor outside those of
    `active`. What nobody acknowledges is told to others by `escalate`.
    """

    to: tuple[str, ...] = ()
    match: Mapping[str, Matcher] = field(default_factory=dict)
    group_by: tuple[str, ...] | None = None
    group_wait: float | None = None
    group_interval: float | None = None
    repeat_interval: float | None = None
    mute: tuple[str, ...] | None = None
    active: tuple[str, ...] | None = None
    escalate: Escalate | None = None
    continue_: bool = False
    routes: tuple["Route", ...] = ()
    own: "Leg" = field(init=False, compare=False, repr=False)
    """How those are told that a rule names itself, where this is the root."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", _inherit(Leg(""), self))


class Leg(NamedTuple):
    """One receiver that an event goes to, with how it is grouped and limited there: see `Route`."""

    receiver: str
    group_by: tuple[str, ...] = GROUP_BY
    group_wait: float = 0.0
    group_interval: float = 0.0
    repeat_interval: float = 0.0
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    escalate: Escalate | None = None


def labels(entry: Entry) -> dict[str, str]:
    """What matchers and `group_by` see: the rule's labels, and `rule`, `owner`, `symbol`, `event`."""
    event = entry.event
    return {
        **dict(entry.words.labels),
        "rule": event.rule,
        "owner": event.owner,
        "symbol": event.symbol,
        "event": event.kind.value,
    }


def legs(tree: Route | None, rule: Told, seen: Mapping[str, str]) -> Iterator[Leg]:
    """Where an event goes; twice to one receiver where two routes say so. A rule with `notify` is grouped as the
    tree's root says; a person's goes to them, or to those of their ways that it names."""
    root = tree or _PLAIN
    if is_persons(rule.owner):
        # No tree of the operator's leads to a person, nor a person's alert to anybody else.
        for name in [f"{rule.owner}/{way}" for way in rule.notify] or [rule.owner]:
            yield Leg(name)
    elif rule.notify:
        leg = root.own
        for name in rule.notify:
            yield Leg(name, *leg[1:])
    elif matches(root.match, seen):
        yield from _descend(root, (), Leg(""), seen)


def _inherit(leg: Leg, route: Route) -> Leg:
    own = {name: value for name in Leg._fields[1:] if (value := getattr(route, name)) is not None}
    return leg._replace(**own) if own else leg


_PLAIN = Route()


def _descend(route: Route, to: tuple[str, ...], inherited: Leg, seen: Mapping[str, str]) -> Iterator[Leg]:
    to = route.to or to
    leg = _inherit(inherited, route)
    taken = False
    for child in route.routes:
        if matches(child.match, seen):
            taken = True
            yield from _descend(child, to, leg, seen)
            if not child.continue_:
                break
    if not taken:
        yield from (leg._replace(receiver=name) for name in to)
