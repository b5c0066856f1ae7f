"""What the rules come to, before anything runs: which source gives what, who is told, and what it costs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertd.conditions.shape import fields_of, windows_of
from alertd.conditions.tree import Field
from alertd.config.load import Config
from alertd.dispatch.route import legs
from alertd.errors import ConfigError, Problem
from alertd.market.feeds import Feeds
from alertd.market.ring import interval_for
from alertd.model.event import EventKind
from alertd.ports import Source
from alertd.rules.rule import Rule
from alertd.sources.budget import Spending, Window, budget

Needs = dict[tuple[str, str], Sequence[str]]
"""(field, coin) → the sources that give it, the preferred one first."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one rule watches (each of its fields, with the sources that give it) and the receivers it tells."""

    rule: Rule
    fields: Mapping[str, Sequence[str]]
    told: Sequence[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """`problems` are warnings: what no source gives, rules that tell nobody."""

    watches: Sequence[Watch]
    spending: Sequence[Spending]
    problems: Sequence[Problem]


def make_plan(config: Config, rules: Sequence[Rule], sources: Sequence[Source], feeds: Feeds) -> Plan:
    """The plan of these rules with these sources."""
    watches: list[Watch] = []
    problems: list[Problem] = []
    for rule in rules:
        found = _found(rule, feeds)
        problems += _missing(rule, found)
        told = () if rule.draft else _told(config, rule)
        if not told and not rule.draft:
            problems.append(_about(rule, "nobody is told", "name receivers under `notify`, or a `route`"))
        watches.append(Watch(rule, _by_field(found), told))
    return Plan(watches, spending(config, rules, sources, feeds), problems)


def spending(config: Config, rules: Sequence[Rule], sources: Iterable[Source], feeds: Feeds) -> list[Spending]:
    """The calls that each source takes for these rules."""
    needs: Needs = {}
    for rule in rules:
        needs |= {(of.name, coin): givers for (of, coin), givers in _found(rule, feeds).items()}
    return [_spent(config, source, needs, _windows(rules)) for source in sources]


def refuse_overspending(spent: Iterable[Spending]) -> None:
    """Raises ConfigError for the sources whose quota would be exceeded."""
    if over := [str(each) for each in spent if each.over]:
        raise ConfigError("\n".join(over))


def _found(rule: Rule, feeds: Feeds) -> dict[tuple[Field, str], Sequence[str]]:
    """The sources of each field of each coin that a rule names."""
    return {(of, coin): _givers(feeds, of, coin) for of in _fields(rule) for coin in _coins(of, rule)}


def _fields(rule: Rule) -> Iterator[Field]:
    seen = (of for tree in (rule.when, rule.until) if tree is not None for of in fields_of(tree))
    yield from dict.fromkeys(seen)


def _coins(of: Field, rule: Rule) -> Sequence[str]:
    return (of.coin,) if of.coin is not None else rule.symbols


def _givers(feeds: Feeds, of: Field, coin: str) -> list[str]:
    return [feed.source for feed in feeds.candidates(of.name, coin, of.source)]


def _missing(rule: Rule, found: Mapping[tuple[Field, str], Sequence[str]]) -> Iterator[Problem]:
    """One warning per field for all the coins that no source has."""
    missing: dict[str, list[str]] = {}
    for (of, coin), givers in found.items():
        if not givers:
            missing.setdefault(of.name, []).append(coin)
    for name, coins in missing.items():
        shown = ", ".join(coins[:10]) + (f" and {len(coins) - 10} more" if len(coins) > 10 else "")
        yield _about(rule, f"no source gives {name} of {shown}", "it is never known: `coins:` names coins for a source")


def _by_field(found: Mapping[tuple[Field, str], Sequence[str]]) -> dict[str, list[str]]:
    """Each field as a person names it → all its sources, the preferred ones first."""
    shown: dict[str, dict[str, None]] = {}
    for (of, _), givers in found.items():
        name = of.name if of.coin is None else f"{of.coin}.{of.name}"
        shown.setdefault(name, {}).update(dict.fromkeys(givers))
    return {name: list(givers) for name, givers in shown.items()}


def _told(config: Config, rule: Rule) -> list[str]:
    """Every receiver that some event of the rule goes to."""
    kinds = [kind for kind in EventKind if kind in rule.tell]
    seen = (
        {**rule.labels, "rule": rule.name, "owner": rule.owner, "symbol": coin, "event": kind.value}
        for coin in rule.symbols
        for kind in kinds
    )
    return list(dict.fromkeys(leg.receiver for labels in seen for leg in legs(config.policy.route, rule, labels)))


def _windows(rules: Iterable[Rule]) -> list[Window]:
    spans: dict[tuple[str, str, float], float] = {}
    for rule in rules:
        for tree in (rule.when, rule.until):
            for of, seconds in windows_of(tree) if tree is not None else ():
                for coin in _coins(of, rule):
                    key = (of.name, coin, interval_for(seconds))
                    spans[key] = max(seconds, spans.get(key, 0.0))
    return [Window(*key, span) for key, span in spans.items()]


def _spent(config: Config, source: Source, needs: Needs, windows: Iterable[Window]) -> Spending:
    # Standbys are asked as well: they take over with a history of their own.
    wanted: dict[str, set[str]] = {}
    for (name, coin), givers in needs.items():
        if source.name in givers:
            wanted.setdefault(name, set()).add(coin)
    quota = getattr(config.sources[source.name].settings, "quota", None)
    mine = [window for window in windows if source.name in needs.get((window.field, window.coin), ())]
    return budget(source, {name: frozenset(coins) for name, coins in wanted.items()}, mine, quota)


def _about(rule: Rule, message: str, hint: str) -> Problem:
    file, _, line = rule.place.rpartition(":")
    return Problem(f"{rule.name}: {message}", file, int(line) if line.isdecimal() else 0, hint=hint, warning=True)
