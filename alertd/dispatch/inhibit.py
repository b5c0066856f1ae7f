"""Inhibition: what makes other things not worth telling while it lasts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alertd.dispatch.matcher import Matcher
from alertd.model.event import EventKind

Labels = Mapping[str, str]
Match = Mapping[str, Matcher]


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert that matches `source` fires, those that match `target` are held, where both have the same values
    of the labels in `equal`. As in Alertmanager, two that match both sides do not inhibit each other."""

    source: Match = field(default_factory=dict)
    target: Match = field(default_factory=dict)
    equal: tuple[str, ...] = ()


class Firing(NamedTuple):
    """An open episode of an alert, with what matchers see of it."""

    alert: int
    labels: Labels


class _Source(NamedTuple):
    """What inhibits: an alert of this rule, which may be inhibited itself."""

    rule: str
    target_too: bool


class Inhibitors:
    """The open episodes that may inhibit others, by what they have to share with them."""

    def __init__(self, rules: Sequence[Inhibition], firing: Iterable[Firing]) -> None:
        self.rules = tuple(rules)
        self._open: dict[tuple[int, tuple[str, ...]], dict[int, _Source]] = {}
        self._places: dict[int, list[tuple[int, tuple[str, ...]]]] = {}
        for alert, labels in firing:
            self.fired(alert, labels)

    def fired(self, alert: int, labels: Labels) -> None:
        """An episode has opened, in the place of an earlier one of its alert."""
        self.resolved(alert)
        for place in self._sides(labels, source=True):
            target_too = matches(self.rules[place[0]].target, labels)
            self._open.setdefault(place, {})[alert] = _Source(labels["rule"], target_too)
            self._places.setdefault(alert, []).append(place)

    def resolved(self, alert: int) -> bool:
        """An episode is over: True if something may be inhibited no longer."""
        places = self._places.pop(alert, [])
        for place in places:
            self._open[place].pop(alert, None)
            if not self._open[place]:
                del self._open[place]
        return bool(places)

    def inhibitor(self, alert: int, labels: Labels) -> str | None:
        """The rule of an alert that inhibits this one, None if nothing does; nothing inhibits itself."""
        for place in self._sides(labels, source=False):
            sources = self._open.get(place)
            if not sources:
                continue
            source_too = matches(self.rules[place[0]].source, {**labels, "event": EventKind.FIRED.value})
            for other, source in sources.items():
                if other != alert and not (source_too and source.target_too):
                    return source.rule
        return None

    def _sides(self, labels: Labels, *, source: bool) -> Iterator[tuple[int, tuple[str, ...]]]:
        for number, rule in enumerate(self.rules):
            if matches(rule.source if source else rule.target, labels):
                yield number, tuple(labels.get(name, "") for name in rule.equal)


def matches(match: Match, labels: Labels) -> bool:
    """True if every matcher takes the value of its label, "" where there is none."""
    return all(matcher.matches(labels.get(label, "")) for label, matcher in match.items())
