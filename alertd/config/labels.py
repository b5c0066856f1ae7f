"""What matchers can see: the labels of rules with their values; and warnings of what the configuration names that no
rule has, so that it never means anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from alertd.conditions.fields import MARKET
from alertd.config.load import Config
from alertd.dispatch.matcher import Matcher
from alertd.dispatch.policy import Policy
from alertd.dispatch.route import Route, labels
from alertd.errors import Problem, did_you_mean
from alertd.model.event import Entry, EventKind
from alertd.model.universe import Universe
from alertd.rules.document import Path
from alertd.rules.rule import CRITICAL, SEVERITY, Rule

RULE, OWNER, SYMBOL, EVENT = "rule", "owner", "symbol", "event"
"""What matchers see of every event; `dispatch.route.labels` gives it to them."""

_CLOSED = (RULE, SYMBOL, EVENT)
"""Labels whose values are known beforehand: any other value is a mistake."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`values` are those of each label that some rule has, or alertd gives; `universe` knows the names of coins."""

    values: Mapping[str, AbstractSet[str]]
    universe: Universe

    @classmethod
    def of(cls, rules: Iterable[Rule], universe: Universe, entries: Iterable[Entry] = ()) -> "Vocabulary":
        """The words of rules, and of events that are on record."""
        values: dict[str, set[str]] = {
            SEVERITY: {CRITICAL},
            RULE: set(),
            OWNER: set(),
            SYMBOL: {MARKET},
            EVENT: {kind.value for kind in EventKind},
        }
        for rule in rules:
            values[RULE].add(rule.name)
            values[SYMBOL].update(rule.symbols)
            for label, value in rule.labels.items():
                values.setdefault(label, set()).add(value)
        for entry in entries:
            for label, value in labels(entry).items():
                values.setdefault(label, set()).add(value)
        return cls(values, universe)

    def unknown_label(self, label: str) -> str:
        """What to write instead of a label that no rule has; "" for one that is there."""
        if label in self.values:
            return ""
        return did_you_mean(label, self.values) or f"there are {', '.join(sorted(self.values))}"

    def unknown_value(self, label: str, text: str) -> str:
        """The value that a matcher's text names outright and that nothing has; "" for what is there, for a pattern, for
        a label that is not to be there, and for owners, whom nobody knows beforehand."""
        value = text.removeprefix("!")
        fine = label == OWNER or value.startswith("~") or value in self.values.get(label, ())
        return "" if fine else value

    def meant(self, label: str, value: str) -> str:
        """A hint with the value that may be meant, "" where none is near."""
        known = self.values.get(label, ())
        if label == SYMBOL and (coin := self.universe.coin(value)) in known:
            return f"did you mean {coin!r}?"
        return did_you_mean(value, known)


def pattern_of(value: str) -> str:
    """`btc-*`, as people write it, as the regular expression that a matcher takes: `~btc-.*`."""
    return "~" + value.replace(".", r"\.").replace("*", ".*")


def unheard_of(config: Config, rules: Sequence[Rule]) -> Iterator[Problem]:
    """A warning for each label, rule and coin that routes and inhibition name and no rule has. Without rules nothing
    can be said of that."""
    if not rules:
        return
    seen = Vocabulary.of(rules, config.universe)
    for path, match in _matches(config.policy):
        for label, matcher in match.items():
            if hint := seen.unknown_label(label):
                yield _warning(config, (*path, label), f"no rule has a label {label!r}", hint, key=True)
            else:
                yield from _unknown_value(config, seen, (*path, label), matcher)
    for path, names in _names(config.policy):
        listed = isinstance(config.document.at(path), list)
        for index, label in enumerate(names):
            if hint := seen.unknown_label(label):
                place = (*path, index) if listed else path
                yield _warning(config, place, f"no rule has a label {label!r}", hint)


def _unknown_value(config: Config, seen: Vocabulary, path: Path, matcher: Matcher) -> Iterator[Problem]:
    """Of a label whose values are free only what is nearly one that there is: what it names may still come."""
    label = str(path[-1])
    value = seen.unknown_value(label, matcher.text)
    if not value:
        return
    if "*" in value:
        sign = "!" if matcher.text.startswith("!") else ""
        hint = f"write {sign}{pattern_of(value)} for a pattern"
    else:
        hint = seen.meant(label, value)
    if label in _CLOSED or hint:
        yield _warning(config, path, _nothing(label, value), hint)


def _nothing(label: str, value: str) -> str:
    match label:
        case "rule":
            return f"no rule is called {value!r}"
        case "symbol":
            return f"no rule watches {value!r}"
        case "event":
            return f"there is no event {value!r}"
        case _:
            return f"no rule has {label}: {value}"


def _matches(policy: Policy) -> Iterator[tuple[Path, Mapping[str, Matcher]]]:
    """All matchers of the configuration, and where they stand."""
    for path, route in _routes(("route",), policy.route):
        yield (*path, "match"), route.match
    for index, each in enumerate(policy.inhibit):
        yield ("inhibit", index, "source"), each.source
        yield ("inhibit", index, "target"), each.target


def _names(policy: Policy) -> Iterator[tuple[Path, Sequence[str]]]:
    """All lists of labels of the configuration, and where they stand."""
    for path, route in _routes(("route",), policy.route):
        yield (*path, "group_by"), route.group_by or ()
    for index, each in enumerate(policy.inhibit):
        yield ("inhibit", index, "equal"), each.equal


def _routes(path: Path, route: Route | None) -> Iterator[tuple[Path, Route]]:
    if route is None:
        return
    yield path, route
    for index, child in enumerate(route.routes):
        yield from _routes((*path, "routes", index), child)


def _warning(config: Config, path: Path, message: str, hint: str, *, key: bool = False) -> Problem:
    return config.document.problem(path, message, hint, key=key, warning=True)
