"""Events and rules to tell people about, and how the alerts of a played world stand."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypedDict, Unpack

from alertd.conditions.tree import Compare, Field, Number
from alertd.dispatch.inhibit import Inhibition
from alertd.dispatch.policy import Cap, Policy, Receiver, StormLimit
from alertd.dispatch.route import Route
from alertd.model.event import Entry, Event, EventKind, Value, Words
from alertd.model.notification import Destination
from alertd.rules.rule import Rule
from alertd.rules.standing import Open, Standing
from tests.fakes import START

BOTH = frozenset({EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED})


class RuleWords(TypedDict, total=False):
    when_text: str
    until_text: str
    labels: dict[str, str]
    notify: tuple[str, ...]
    tell: frozenset[EventKind]
    draft: bool
    say: str
    owner: str
    cooldown: float
    cooldown_most: float | None


class EventWords(TypedDict, total=False):
    owner: str
    time: float
    at: float
    opened: float
    source: str
    reason: str
    late: bool
    ordinal: int


class PolicyWords(TypedDict, total=False):
    route: Route | None
    operator: tuple[str, ...]
    inhibit: tuple[Inhibition, ...]
    storm: StormLimit | None
    runaway: Cap | None
    public_url: str


def rule(name: str = "btc-breakout", **words: Unpack[RuleWords]) -> Rule:
    chosen: RuleWords = {"when_text": "price > 70k", "notify": ("desk",), **words}
    when = Compare(">", Field("price"), Number(70_000.0))
    return Rule(name=name, symbols=("BTC",), when=when, **chosen)


def event(
    kind: EventKind = EventKind.FIRED,
    *,
    rule: str = "btc-breakout",
    symbol: str = "BTC",
    alert: int = 1,
    episode: int = 1,
    values: Mapping[str, Value] | None = None,
    **words: Unpack[EventWords],
) -> Event:
    chosen: EventWords = {"owner": "", "time": START, "at": START - 4, "source": "binance", "ordinal": 1, **words}
    shown = {"price": 71_204.0, "level": 70_000.0} if values is None else values
    return Event(kind=kind, rule=rule, symbol=symbol, alert=alert, episode=episode, values=shown, **chosen)


def entry(one: Event, of: Rule | None = None, number: int = 1) -> Entry:
    """The event with its number and what its rule says."""
    of = of or rule(one.rule)
    return Entry(number, one, Words(of.when_text, of.until_text, of.say, tuple(of.labels.items())))


def receiver(name: str, cap: Cap | None = None) -> Receiver:
    return Receiver(name, (Destination("chat", f"{name}-chat"), Destination("mail", f"{name}-mail")), cap)


def policy(*receivers: Receiver, **words: Unpack[PolicyWords]) -> Policy:
    known = receivers or (receiver("desk"), receiver("me"))
    return Policy(receivers={one.name: one for one in known}, **words)


class Alerts:
    """Rules and how their alerts stand, by the events that were played. Those of a rule in `momentary` have no
    length."""

    def __init__(self, rules: Iterable[Rule], momentary: frozenset[str] = frozenset()) -> None:
        self.rules = {(one.owner, one.name): one for one in rules}
        self._momentary = momentary
        self._last: dict[int, Event] = {}
        self._standing: dict[tuple[str, str], dict[int, Standing]] = {}

    def get(self, key: tuple[str, str], /) -> Rule | None:
        return self.rules.get(key)

    def standing(self, key: tuple[str, str], /) -> Mapping[int, Standing]:
        return self._standing.get(key, {}) if key in self.rules else {}

    def open_episodes(self) -> Iterator[Open]:
        for key in self.rules:
            for alert, stands in self._standing.get(key, {}).items():
                if stands.firing and not stands.momentary:
                    yield Open(alert, *key, self._last[alert].symbol, stands.episode)

    def follow(self, one: Event) -> None:
        """An event has happened."""
        self._last[one.alert] = one
        own = self._standing.setdefault((one.owner, one.rule), {})
        stands = own.get(one.alert, Standing(False, False, 0, 0, one.rule in self._momentary))
        match one.kind:
            case EventKind.FIRED:
                stands = stands._replace(firing=True, true=True, outage=0, episode=one.episode)
            case EventKind.RESOLVED:
                stands = stands._replace(firing=False, true=False, outage=0)
            case EventKind.ALREADY_TRUE:
                stands = stands._replace(true=True, outage=0)
            case EventKind.NO_DATA:
                stands = stands._replace(outage=one.ordinal)
            case EventKind.REMINDED:
                stands = stands._replace(outage=0)
        own[one.alert] = stands
