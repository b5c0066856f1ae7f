"""One alert: one rule on one coin, with all it remembers, and the sources that its fields are bound to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from tests.opinion.life import Life, Terms
from tests.opinion.look import Binding, Look, Memory
from tests.opinion.readings import Key, Market, Source
from tests.opinion.sentence import (
    MARKET,
    Compare,
    Condition,
    Count,
    Holds,
    Recently,
    children,
    fields_in,
    of_own_coin,
    walk,
)
from tests.opinion.values import Age, Dur, Field, Node, Rank

INSTANT = 1e-3
"""An age is over its limit right after it: so much later."""


@dataclass
class Alert:
    """`handled` is the time up to which its timers were looked at; `out` says that a silence was told, and `outages`
    how many were."""

    terms: Terms
    coin: str
    added: float
    life: Life = field(default_factory=Life)
    memory: Memory = field(default_factory=Memory)
    bindings: dict[Binding, str] = field(default_factory=dict)
    outages: int = 0
    out: bool = False
    handled: float = -inf

    @property
    def trees(self) -> list[Condition]:
        return [tree for tree in (self.terms.when, self.terms.until) if tree]

    def nodes(self) -> list[Node]:
        return [node for tree in self.trees for node in walk(tree)]

    def look(self, market: Market, t: float) -> Look:
        return Look(t, market, self.coin, self.terms.coins, self.bindings, self.memory, self.added)

    def named(self) -> set[Key]:
        """The series that it looks at, those of the coins that it counts over among them."""
        return {(source, name, coin) for (name, coin, _), source in self.bindings.items()}

    def keys(self, moved: set[Binding]) -> set[Key]:
        return {(self.bindings[binding], *binding[:2]) for binding in moved}

    def timers(self, market: Market) -> dict[object, float]:
        """When time alone could change something, by what it is."""
        found: dict[object, float] = dict(self.life.timers(self.terms, self.handled).items())
        look = self.look(market, self.handled)
        for node in self.nodes():
            match node:
                case Compare(Age(of), _, Dur(seconds)) | Compare(Dur(seconds), _, Age(of)):
                    series = look.series(of)
                    seen = series.seen if series and series.readings else self.added
                    found[node] = seen + seconds + INSTANT
                case Recently(_, seconds) if node in self.memory.yes:
                    found[node] = self.memory.yes[node] + seconds
                case Holds(_, seconds) if node in self.memory.held:
                    found[node] = self.memory.held[node][1] + seconds
                case _:
                    pass
        return found


def on_coins(terms: Terms) -> tuple[str, ...]:
    """A rule that says nothing of its own coin and only counts is one alert, on the market."""
    trees = [tree for tree in (terms.when, terms.until) if tree]
    counts = any(isinstance(node, Count) for tree in trees for node in walk(tree))
    return (MARKET,) if counts and not any(of_own_coin(tree) for tree in trees) else terms.coins


def candidates(sources: Sequence[Source], binding: Binding) -> list[Source]:
    """Those that have a field of a coin, the preferred one first; only the one that is named, if one is."""
    name, coin, source = binding
    return [one for one in sources if one.field == name and coin in one.coins and source in (None, one.name)]


def wanted(alert: Alert, market: Market) -> list[Binding]:
    """What an alert has to know; what it counts over, of each of the rule's coins."""
    look = alert.look(market, alert.added)
    found = [look.binding(of) for tree in alert.trees for of in fields_in(tree)]
    counted = [of for node in alert.nodes() if isinstance(node, Count | Rank) for of in fields_in(node)]
    found += [look.at(coin).binding(of) for of in counted for coin in alert.terms.coins]
    return list(dict.fromkeys(found))


def bind(alert: Alert, market: Market, sources: Sequence[Source], t: float) -> set[Binding]:
    """Bind each field to the first fresh source, else to the first.

    Returns what moved. What the coins are counted by may move, too: that is no seam in what is said of this one.
    """
    before = dict(alert.bindings)
    for binding in wanted(alert, market):
        able = candidates(sources, binding)
        series = [market.watch((one.name, *binding[:2]), one.stale_after, t) for one in able]
        fresh = [one for one, its in zip(able, series, strict=True) if its.fresh(t)]
        for one in (fresh or able)[:1]:
            alert.bindings[binding] = one.name
    look = alert.look(market, t)
    own = {look.binding(of) for tree in alert.trees for of in uncounted(tree)}
    return {binding for binding in own & before.keys() if before[binding] != alert.bindings[binding]}


def told_of(terms: Terms) -> list[Field]:
    """The fields whose silence is told: all that a rule names, but for those whose age it asks for itself, and those
    that it only counts with."""
    trees = [tree for tree in (terms.when, terms.until) if tree]
    aged = {node.field for tree in trees for node in walk(tree) if isinstance(node, Age)}
    return [of for of in dict.fromkeys(of for tree in trees for of in uncounted(tree)) if of not in aged]


def uncounted(tree: Node) -> list[Field]:
    """The fields that are not only said in a `count`."""
    if isinstance(tree, Field | Count):
        return [tree] if isinstance(tree, Field) else []
    return [of for child in children(tree) for of in uncounted(child)]
