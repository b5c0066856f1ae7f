"""What the rules come to, before anything runs: which source gives what, who is told, and what it costs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertd.conditions import tree as t
from alertd.conditions.fields import MARKET
from alertd.conditions.functions import bars_of
from alertd.conditions.shape import fields_of, needs_of
from alertd.config.labels import unheard_of
from alertd.config.load import Config
from alertd.dispatch.route import Escalate, Leg, legs
from alertd.errors import ConfigError, Problem
from alertd.market.feeds import Feeds
from alertd.model.event import EventKind
from alertd.model.units import say_duration
from alertd.ports import Source
from alertd.rules.bank import Shape
from alertd.rules.files import Loaded
from alertd.rules.rule import Rule
from alertd.sources.budget import Spending, Window, budget

Needs = dict[tuple[str, str], Sequence[str]]
"""(field, coin) → the sources that give it, the preferred one first."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one rule watches (each of its fields, with the sources that give it), the receivers it tells, and those it
    tells later of what nobody acknowledges."""

    rule: Rule
    fields: Mapping[str, Sequence[str]]
    told: Sequence[str]
    later: Sequence[Escalate]


@dataclass(frozen=True, slots=True)
class Plan:
    """`problems` are warnings: what no source gives or fills, rules that tell nobody, names that nothing has."""

    watches: Sequence[Watch]
    spending: Sequence[Spending]
    problems: Sequence[Problem]


def make_plan(config: Config, loaded: Loaded, sources: Sequence[Source], feeds: Feeds) -> Plan:
    """The plan of these rules with these sources."""
    watches: list[Watch] = []
    problems: list[Problem] = []
    for rule in loaded.rules:
        found = _found(rule, feeds, loaded.series)
        problems += (*_missing(rule, found), *_unfilled(rule, loaded.series))
        ways = () if rule.draft else _legs(config, rule)
        told = list(dict.fromkeys(leg.receiver for leg in ways))
        later = list(dict.fromkeys(leg.escalate for leg in ways if leg.escalate))
        if not told and not rule.draft:
            problems.append(_about(rule, "nobody is told", "name receivers under `notify`, or a `route`"))
        watches.append(Watch(rule, _by_field(found), told, later))
    about = (*unheard_of(config, loaded.rules), *_unwatched(config))
    problems += sorted(about, key=lambda problem: (problem.line, problem.column))
    return Plan(watches, spending(config, loaded, sources, feeds), problems)


def spending(config: Config, loaded: Loaded, sources: Iterable[Source], feeds: Feeds) -> list[Spending]:
    """The calls that each source takes for these rules."""
    needs: Needs = {}
    for rule in loaded.rules:
        needs |= {(of.name, coin): givers for (of, coin), givers in _found(rule, feeds, loaded.series).items()}
    return [_spent(config, source, needs, _windows(loaded.rules)) for source in sources]


def refuse_overspending(spent: Iterable[Spending]) -> None:
    """Raises ConfigError for the sources whose quota would be exceeded."""
    if over := [str(each) for each in spent if each.over]:
        raise ConfigError("\n".join(over))


def _found(rule: Rule, feeds: Feeds, series: Mapping[str, t.Expression]) -> dict[tuple[t.Field, str], Sequence[str]]:
    """The sources of all that a rule watches."""
    return {(of, coin): _givers(feeds, of, coin) for of, coin in watched(rule, series)}


def watched(rule: Rule, series: Mapping[str, t.Expression]) -> Iterator[tuple[t.Field, str]]:
    """Each field of each coin that a rule names, itself or through a named series."""
    named = (of for tree in (rule.when, rule.until) if tree is not None for of in fields_of(tree))
    seen = (part for of in named for part in (fields_of(series[of.name]) if of.name in series else (of,)))
    yield from ((of, coin) for of in dict.fromkeys(seen) for coin in _coins(of, rule))


def alerts_on(rule: Rule) -> Sequence[str]:
    """The coins on which a rule has an alert: its own, or the whole market where it only counts over them."""
    return (MARKET,) if Shape(rule.when, rule.until).whole_rule else rule.symbols


def _coins(of: t.Field, rule: Rule) -> Sequence[str]:
    return (of.coin,) if of.coin is not None else rule.symbols


def _givers(feeds: Feeds, of: t.Field, coin: str) -> list[str]:
    return [feed.source for feed in feeds.candidates(of.name, coin, of.source)]


def _missing(rule: Rule, found: Mapping[tuple[t.Field, str], Sequence[str]]) -> Iterator[Problem]:
    """One warning per field for all the coins that no source has."""
    missing: dict[str, list[str]] = {}
    for (of, coin), givers in found.items():
        if not givers:
            missing.setdefault(of.name, []).append(coin)
    for name, coins in missing.items():
        shown = ", ".join(coins[:10]) + (f" and {len(coins) - 10} more" if len(coins) > 10 else "")
        yield _about(rule, f"no source gives {name} of {shown}", "it is never known: `coins:` names coins for a source")


def _unfilled(rule: Rule, series: Mapping[str, t.Expression]) -> Iterator[Problem]:
    """A warning where a rule looks back on what no source has a history of."""
    trees = (tree for tree in (rule.when, rule.until) if tree is not None)
    if looks := [(of.name, back) for tree in trees for of, back in _looks_back(tree) if of.name in series]:
        names, longest = dict.fromkeys(name for name, _ in looks), max(back for _, back in looks)
        message = f"what looks back on {', '.join(names)} is complete after {say_duration(longest)}"
        yield _about(rule, message, "a series has no history before the start")


def _unwatched(config: Config) -> Iterator[Problem]:
    """A warning where there are people and none of them is the operator, or that one is on one channel alone. What the
    console prints needs no other."""
    people, operator = config.policy.receivers, config.policy.operator
    if people and not operator:
        hint = "name receivers under `operator`, on two channels if you can"
        yield config.document.problem(("receivers",), "nobody hears of alertd's own troubles", hint, warning=True)
    parts = [part for name in operator for part in (people[name], people[name].otherwise) if part]
    match sorted({way.channel for part in parts for way in part.destinations}):
        case [only] if config.channels[only].kind != "console":
            hint = "name a receiver on another channel as well"
            yield config.document.problem(("operator",), f"nobody hears of trouble with {only}", hint, warning=True)


def _looks_back(tree: t.Condition) -> Iterator[tuple[t.Field, float]]:
    """The fields that a condition looks back on, each time with how many seconds."""
    for node in t.walk(tree):
        match node:
            case t.Window(_, of, seconds) | t.Change(of, seconds):
                yield of, seconds
            case t.Move():
                yield node.field, node.seconds
            case t.Indicator(function, of, arguments, interval, other):
                back = bars_of(function, arguments) * interval
                yield from ((each, back) for each in (of, other) if each is not None)
            case _:
                pass


def _by_field(found: Mapping[tuple[t.Field, str], Sequence[str]]) -> dict[str, list[str]]:
    """Each field as a person names it → all its sources, the preferred ones first."""
    shown: dict[str, dict[str, None]] = {}
    for (of, _), givers in found.items():
        name = of.name if of.coin is None else f"{of.coin}.{of.name}"
        shown.setdefault(name, {}).update(dict.fromkeys(givers))
    return {name: list(givers) for name, givers in shown.items()}


def _legs(config: Config, rule: Rule) -> Sequence[Leg]:
    """Every way that some event of the rule goes."""
    kinds = [kind for kind in EventKind if kind in rule.tell]
    seen = (
        {**rule.labels, "rule": rule.name, "owner": rule.owner, "symbol": coin, "event": kind.value}
        for coin in alerts_on(rule)
        for kind in kinds
    )
    return [leg for labels in seen for leg in legs(config.policy.route, rule, labels)]


def _windows(rules: Iterable[Rule]) -> list[Window]:
    spans: dict[tuple[str, str, float], float] = {}
    for rule in rules:
        for tree in (rule.when, rule.until):
            for need in needs_of(tree) if tree is not None else ():
                for coin in _coins(need.field, rule):
                    key = (need.field.name, coin, need.interval)
                    spans[key] = max(need.interval * need.slots, spans.get(key, 0.0))
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
