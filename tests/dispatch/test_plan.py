"""One tick's dispatch, case by case: what becomes of an event, and what is in its message."""

from collections.abc import Sequence

import pytest

from alertd.dispatch.desk import Planned
from alertd.dispatch.matcher import Matcher
from alertd.dispatch.memory import Memory
from alertd.dispatch.plan import plan
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.dispatch.route import Route
from alertd.dispatch.state import DispatchState
from alertd.model.event import Event, EventKind, Notice
from alertd.model.kept import Acknowledged, Silence, Storm
from alertd.model.notification import Destination, ItemFate, ItemRow
from alertd.rules.rule import Rule
from tests.dispatch.samples import BOTH, Alerts, event, policy, receiver, rule
from tests.fakes import START

DAY = 86_400.0


def tick(
    state: DispatchState, *events: Event, rules: Sequence[Rule] = (), by: Policy | None = None, after: float = 0.0
) -> Planned:
    """Plan `after` seconds from the start; without `rules` every event's rule exists and notifies `desk`."""
    alerts = Alerts(rules or [rule(one.rule, owner=one.owner, tell=BOTH) for one in events])
    for one in events:
        alerts.follow(one)
    return plan(state, events, rules=alerts, policy=by or policy(), now=START + after)


def coins(planned: Planned) -> list[int]:
    """How many entries each message has."""
    return [len(message.holding) for message in planned.messages]


def test_a_firing_becomes_a_message() -> None:
    planned = tick(DispatchState(last_event=6, last_message=3), event())
    (message,) = planned.messages
    assert (message.number, message.holding, message.past, message.text) == (4, (7,), (), None)
    assert message.destinations == (Destination("chat", "desk-chat"), Destination("mail", "desk-mail"))
    assert (message.created, message.expires) == (START, START + 21_600)
    assert planned.items == [ItemRow(7, "desk", ItemFate.TOLD, message=4)]
    assert [(entry.number, entry.event, entry.words.when) for entry in planned.entries] == [(7, event(), "price > 70k")]


def test_nothing_to_do_plans_nothing() -> None:
    assert tick(DispatchState()) == Planned()


@pytest.mark.parametrize(
    ("reason", "told", "one", "of"),
    [
        ("unwanted", "", event(EventKind.RESOLVED), rule()),
        ("draft", "", event(), rule(draft=True)),
        ("changed", "", event(EventKind.RESOLVED, reason="changed"), rule(tell=BOTH)),
        ("removed", "", event(EventKind.RESOLVED, reason="removed"), rule("another")),
        ("expired", "", event(EventKind.RESOLVED, reason="expired"), rule(tell=BOTH)),
        ("no_rule", "", event(), rule("another")),
        ("no_route", "", event(), rule(notify=())),
        ("receiver_gone", "left", event(), rule(notify=("left",))),
    ],
)
def test_whatever_is_not_sent_has_a_reason(reason: str, told: str, one: Event, of: Rule) -> None:
    planned = tick(DispatchState(), one, rules=[of])
    assert planned.items == [ItemRow(1, told, ItemFate.DROPPED, reason)]
    assert [entry.event for entry in planned.entries] == [one]
    assert planned.messages == []


def test_kinds_that_the_rule_itself_asks_for_need_no_tell() -> None:
    planned = tick(DispatchState(), event(EventKind.ALREADY_TRUE), event(EventKind.NO_DATA, reason="price"))
    assert len(planned.messages) == 2


def test_two_routes_to_one_receiver_tell_once() -> None:
    twice = Route(routes=(Route(to=("desk", "me"), continue_=True), Route(to=("desk",))))
    planned = tick(DispatchState(), event(), rules=[rule(notify=())], by=policy(route=twice))
    assert [message.receiver for message in planned.messages] == ["desk", "me"]
    assert [row.receiver for row in planned.items] == ["desk", "me"]


def test_rules_of_two_owners_are_not_mixed() -> None:
    assert len(tick(DispatchState(), event(owner="ann"), event(owner="bob", alert=2)).messages) == 2


def test_group_by_labels() -> None:
    by = policy(route=Route(to=("desk",), group_by=("severity",)))
    rules = [rule(f"r{n}", notify=(), labels={"severity": "low" if n % 2 else "high"}) for n in range(6)]
    assert coins(tick(DispatchState(), *[event(rule=f"r{n}", alert=n) for n in range(6)], rules=rules, by=by)) == [3, 3]


@pytest.mark.parametrize(
    ("kind", "late"), [(EventKind.ALREADY_TRUE, False), (EventKind.NO_DATA, False), (EventKind.FIRED, True)]
)
def test_one_message_of_a_kind_whatever_group_by_says(kind: EventKind, late: bool) -> None:
    events = [event(kind, rule=f"r{n}", symbol=f"C{n}", alert=n, late=late) for n in range(5)]
    assert coins(tick(DispatchState(), *events)) == [5]


def test_matchers_see_labels_and_the_event() -> None:
    match = {"event": Matcher("resolved"), "team": Matcher("!x")}
    route = Route(to=("desk",), routes=(Route(to=("me",), match=match),))
    of = rule(notify=(), tell=BOTH, labels={"team": "y"})
    planned = tick(DispatchState(), event(), event(EventKind.RESOLVED, alert=2), rules=[of], by=policy(route=route))
    assert [message.receiver for message in planned.messages] == ["desk", "me"]


def test_times_are_remembered_for_a_day() -> None:
    state = DispatchState()
    for hour in range(100):
        tick(state, event(alert=hour), after=hour * 3_600.0)
    assert len(state.recent.of("desk")) == 24


def test_what_has_been_over_for_long_is_forgotten() -> None:
    silence = Silence(number=1, matchers=(), start=START, end=START + DAY, author="", comment="")
    seen = Acknowledged(alert=1, episode=1, by="ann", at=START)
    state = DispatchState(memory=Memory([silence, seen]))
    forgotten = [set(tick(state, after=day * DAY).kept) for day in range(100)]
    assert [(day, kept) for day, kept in enumerate(forgotten) if kept] == [
        (90, {("acknowledged", "1\0" + "1")}),
        (91, {("silence", "1")}),
    ]


def test_receivers_that_are_still_are_forgotten() -> None:
    state = DispatchState()
    by = policy(*(receiver(f"r{n}") for n in range(3_000)))
    for n in range(3_000):
        tick(state, event(alert=n), rules=[rule(notify=(f"r{n}",))], by=by, after=n * 600.0)
    assert len(state.recent) < 2_000
    assert len(state.by_rule) < 2_000
    assert len(state.coins) < 100


def test_a_storm_s_end_survives_in_the_tables() -> None:
    storm = Storm(receiver="desk", since=START, until=START + 300, told=START)
    assert tick(DispatchState(memory=Memory([storm]))).wake_at == START + 300


@pytest.mark.parametrize(("count", "seconds"), [(0, 60.0), (1, 0.0), (30, 90_000.0)])
def test_a_cap_without_sense_is_refused(count: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="expected a cap such as 30/h"):
        Cap(count, seconds)


def test_a_notice_says_more_below_its_first_line() -> None:
    notice = Notice(START, "source:binance", "binance gives no prices.\nIt is asked again.")
    planned = plan(DispatchState(), [], [notice], rules=Alerts([]), policy=policy(operator=("me",)), now=START)
    (text,) = [message.text for message in planned.messages]
    assert text is not None
    assert (text.title, text.lines) == ("alertd: binance gives no prices.", ("It is asked again.",))
    assert planned.items == []


def test_a_receiver_without_any_way_is_told_nothing_and_dropped_for_that() -> None:
    """No store takes a message that goes nowhere: the engine would end by it."""
    by = policy(Receiver("desk", ()), receiver("ops"))
    planned = tick(DispatchState(last_message=3), event(), by=by)
    assert (planned.messages, planned.kept) == ([], {})
    assert planned.items == [ItemRow(1, "desk", ItemFate.DROPPED, "receiver_gone")]


@pytest.mark.parametrize(
    ("notify", "destinations", "told"),
    [
        (("mail", "chat"), {"mail": ["~1"], "chat": ["~1"]}, ["@7/mail"]),
        (("mail", "chat"), {"mail": ["~1"], "chat": ["~2"]}, ["@7/mail", "@7/chat"]),
        (("mail", "chat"), {"mail": ["~1"], "chat": ["~1", "~2"]}, ["@7/mail", "@7/chat"]),
        (("both", "chat"), {"both": ["~1", "~2"], "chat": ["~2"]}, ["@7/both"]),
    ],
)
def test_two_ways_of_a_person_that_lead_to_one_place_tell_it_once(
    notify: tuple[str, ...], destinations: dict[str, list[str]], told: list[str]
) -> None:
    ways = [Receiver(f"@7/{way}", tuple(Destination("chat", to) for to in tos)) for way, tos in destinations.items()]
    planned = tick(DispatchState(), event(owner="@7"), rules=[rule(owner="@7", notify=notify)], by=policy(*ways))
    assert [message.receiver for message in planned.messages] == told
    assert [row.receiver for row in planned.items] == told


def test_two_receivers_of_the_configuration_are_both_told_wherever_they_are() -> None:
    both = [Receiver(name, (Destination("chat", "1"),)) for name in ("desk", "ops")]
    planned = tick(DispatchState(), event(), rules=[rule(notify=("desk", "ops"))], by=policy(*both))
    assert [message.receiver for message in planned.messages] == ["desk", "ops"]
