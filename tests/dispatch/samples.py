"""Events and rules to tell people about."""

from collections.abc import Mapping
from typing import TypedDict, Unpack

from alertd.conditions.tree import Compare, Field, Number
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.dispatch.route import Route
from alertd.model.event import Event, EventKind, Value
from alertd.model.notification import Destination
from alertd.rules.rule import Rule
from tests.fakes import START


class RuleWords(TypedDict, total=False):
    when_text: str
    until_text: str
    labels: dict[str, str]
    notify: tuple[str, ...]
    tell: frozenset[EventKind]
    draft: bool
    say: str
    owner: str


class EventWords(TypedDict, total=False):
    owner: str
    time: float
    at: float
    opened: float
    source: str
    reason: str
    late: bool
    ordinal: int


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


def receiver(name: str, cap: Cap | None = None) -> Receiver:
    return Receiver(name, (Destination("chat", f"{name}-chat"), Destination("mail", f"{name}-mail")), cap)


def policy(*receivers: Receiver, route: Route | None = None, operator: tuple[str, ...] = ()) -> Policy:
    known = receivers or (receiver("desk"), receiver("me"))
    return Policy(receivers={one.name: one for one in known}, route=route, operator=operator)
