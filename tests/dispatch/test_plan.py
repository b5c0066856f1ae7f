"""One tick's dispatch, case by case."""

from collections.abc import Sequence

import pytest

from alertd.dispatch.notice import delivery_key, recovery_key
from alertd.dispatch.plan import Planned, plan
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.dispatch.route import Matcher, Route
from alertd.dispatch.state import DispatchState
from alertd.model.event import Event, EventKind, Item, Notice
from alertd.model.notification import Destination, Message
from alertd.rules.rule import Rule
from tests.dispatch.samples import event, policy, receiver, rule
from tests.fakes import START

BOTH = frozenset({EventKind.FIRED, EventKind.RESOLVED})
EVERYTHING = Route(to=("desk",))


def tick(
    state: DispatchState,
    *events: Event,
    rules: Sequence[Rule] = (),
    notices: Sequence[Notice] = (),
    by: Policy | None = None,
    after: float = 0.0,
) -> Planned:
    """Plan `after` seconds from the start; without `rules` every event's rule exists and notifies `desk`."""
    known = rules or [rule(one.rule, owner=one.owner, tell=BOTH) for one in events]
    return plan(
        state,
        events,
        notices,
        rules={(one.owner, one.name): one for one in known},
        policy=by or policy(),
        now=START + after,
    )


def new() -> DispatchState:
    return DispatchState(word="word")


def titles(planned: Planned) -> list[tuple[str, str]]:
    return [(message.receiver, message.notification.title) for message in planned.messages]


def coins(message: Message) -> int:
    return len(message.items)


def several(count: int, **words: str) -> list[Event]:
    """`count` firings, each of a rule and a coin of its own."""
    return [event(rule=f"rule-{n}", symbol=f"C{n}", alert=n + 1) for n in range(count)]


def test_a_firing_becomes_a_message() -> None:
    (message,) = tick(new(), event()).messages
    assert message.id == "word-1"
    assert message.destinations == (Destination("chat", "desk-chat"), Destination("mail", "desk-mail"))
    assert message.items == (Item(1, 1, EventKind.FIRED, 1, "desk"),)
    assert (message.created, message.expires) == (START, START + 21_600)


def test_nothing_to_do_plans_nothing() -> None:
    assert tick(new()) == Planned()


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
    planned = tick(new(), one, rules=[of])
    assert planned.not_sent == [(one, told, reason)]
    assert planned.messages == []


def test_kinds_that_the_rule_itself_asks_for_need_no_tell() -> None:
    planned = tick(new(), event(EventKind.ALREADY_TRUE), event(EventKind.NO_DATA, reason="price"))
    assert len(planned.messages) == 2


def test_two_routes_to_one_receiver_tell_once() -> None:
    twice = Route(routes=(Route(to=("desk", "me"), continue_=True), Route(to=("desk",))))
    planned = tick(new(), event(), rules=[rule(notify=())], by=policy(route=twice))
    assert [message.receiver for message in planned.messages] == ["desk", "me"]
    assert planned.not_sent == [(event(), "desk", "already_told")]


def test_one_message_per_rule_and_receiver() -> None:
    events = [event(symbol=symbol, alert=n) for n, symbol in enumerate(["BTC", "ETH", "SOL"])]
    planned = tick(new(), *events, event(rule="other", alert=9))
    assert titles(planned) == [("desk", "BTC, ETH, SOL: price > 70k"), ("desk", "BTC 71,204: price > 70k")]


def test_rules_of_two_owners_are_not_mixed() -> None:
    planned = tick(new(), event(owner="ann"), event(owner="bob", alert=2))
    assert len(planned.messages) == 2


def test_group_by_labels() -> None:
    by = policy(route=Route(to=("desk",), group_by=("severity",)))
    rules = [rule(f"r{n}", notify=(), labels={"severity": "low" if n % 2 else "high"}) for n in range(6)]
    planned = tick(new(), *[event(rule=f"r{n}", alert=n) for n in range(6)], rules=rules, by=by)
    assert [coins(message) for message in planned.messages] == [3, 3]


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        ("already true", {"kind": EventKind.ALREADY_TRUE}),
        ("no data", {"kind": EventKind.NO_DATA, "reason": "price"}),
        ("late", {"late": True}),
    ],
)
def test_one_message_of_a_kind_whatever_group_by_says(case: str, kinds: dict[str, EventKind]) -> None:
    events = [event(rule=f"r{n}", symbol=f"C{n}", alert=n, **kinds) for n in range(5)]  # type: ignore[arg-type]  # a table
    assert [coins(message) for message in tick(new(), *events).messages] == [5], case


def test_group_wait_gathers() -> None:
    state, by = new(), policy(route=Route(to=("desk",), group_wait=30.0))
    first = tick(state, event(alert=1), by=by)
    assert (first.messages, first.wake_at) == ([], START + 30)
    assert [(row.row, row.reason, row.until) for row in first.held] == [(1, "group", START + 30)]
    second = tick(state, event(alert=2, symbol="ETH"), by=by, after=20)
    assert [(row.row, row.reason, row.until) for row in second.held] == [(2, "group", START + 30)]
    third = tick(state, event(alert=3, symbol="SOL"), by=by, after=30)
    assert [coins(message) for message in third.messages] == [3]
    assert (third.released, third.held, third.wake_at) == ([1, 2], [], None)
    assert third.messages[0].notification.lines[1:] == (
        "• BTC 71,204, 30s ago",
        "• ETH 71,204, 30s ago",
        "• SOL 71,204, 30s ago",
    )


def test_the_cap_holds_the_overflow_for_one_digest() -> None:
    state, by = new(), policy(receiver("desk", Cap(3, 3_600.0)))
    burst = tick(state, *several(5), by=by)
    assert len(burst.messages) == 3
    assert [(row.reason, row.until) for row in burst.held] == [("cap", START + 3_600)] * 2
    more = tick(state, event(alert=50), by=by, after=1_800)
    assert more.messages == []
    assert more.wake_at == START + 3_600
    freed = tick(state, by=by, after=3_600)
    assert freed.released == [1, 2, 3]
    assert titles(freed) == [("desk", "BTC, C3, C4: price > 70k")]
    assert freed.messages[0].notification.footer.endswith("held back by the cap of 3 messages in 1h")
    assert freed.wake_at is None
    # The digest counted as one: two more may go, and the third is held until it leaves the window.
    after = tick(state, *several(3), by=by, after=3_601)
    assert len(after.messages) == 2
    assert after.wake_at == START + 7_200


@pytest.mark.parametrize("cap", [None, Cap(9, 3_600.0), Cap(3, 1_800.0)], ids=["none", "more", "sooner"])
def test_a_cap_that_is_lifted_lets_go_of_what_it_held(cap: Cap | None) -> None:
    state = new()
    held = tick(state, *several(5), by=policy(receiver("desk", Cap(3, 3_600.0)))).held
    planned = tick(state, by=policy(receiver("desk", cap)), after=1_800)
    assert planned.released == [row.row for row in held]
    assert [coins(message) for message in planned.messages] == [2]


def test_what_joins_a_held_digest_waits_no_longer_than_that() -> None:
    state, by = new(), policy(receiver("desk", Cap(1, 60.0)), operator=("desk",))
    tick(state, *several(2), by=by)
    tick(state, notices=[notice()], by=by, after=30)
    planned = tick(state, event(alert=9), by=by, after=40)
    assert [(row.reason, row.until) for row in planned.held] == [("cap", START + 60)]
    assert [coins(message) for message in tick(state, by=by, after=60).messages] == [2]


def test_times_are_remembered_for_a_day() -> None:
    state = new()
    for hour in range(100):
        tick(state, event(alert=hour), after=hour * 3_600.0)
    assert len(state.recent["desk"]) == 24


def test_an_address_that_is_named_twice_is_told_once() -> None:
    chat, mail = Destination("chat", "1"), Destination("mail", "a@b.example")
    (message,) = tick(new(), event(), by=policy(Receiver("desk", (chat, mail, chat)))).messages
    assert message.destinations == (chat, mail)


def test_one_receiver_s_cap_is_not_another_s() -> None:
    by = policy(receiver("desk", Cap(1, 60.0)), receiver("me"))
    rules = [rule(f"rule-{n}", notify=("desk", "me")) for n in range(3)]
    planned = tick(new(), *several(3), rules=rules, by=by)
    assert [message.receiver for message in planned.messages] == ["desk", "me", "me", "me"]
    assert [row.receiver for row in planned.held] == ["desk", "desk"]


def test_a_group_that_waited_is_capped_too() -> None:
    state = new()
    by = policy(receiver("desk", Cap(1, 600.0)), route=Route(to=("desk",), group_wait=10.0))
    tick(state, event(alert=1), event(rule="other", alert=2), by=by)
    planned = tick(state, by=by, after=10)
    assert len(planned.messages) == 1
    assert [(row.row, row.reason, row.until) for row in planned.held] == [(3, "cap", START + 610)]
    assert planned.released == [1, 2]


def test_what_is_held_for_a_receiver_that_left_is_not_sent() -> None:
    state = new()
    held = tick(state, event(), by=policy(route=Route(group_wait=10.0))).held
    planned = tick(state, by=policy(receiver("me")), after=10)
    assert planned.not_sent == [(event(), "desk", "receiver_gone")]
    assert (planned.released, planned.messages) == ([held[0].row], [])


# ── notices ──────────────────────────────────────────────────────────────────────────────────────────────────────


def notice(key: str = "source:binance", text: str = "binance gives no prices.\nIt is asked again.") -> Notice:
    return Notice(START, key, text)


def test_the_operator_is_told() -> None:
    (message,) = tick(new(), notices=[notice()], by=policy(operator=("me",))).messages
    assert message.receiver == "me"
    assert message.items == ()
    assert message.notification.title == "alertd: binance gives no prices."
    assert message.notification.lines == ("It is asked again.",)


def test_the_same_key_is_told_once_an_hour() -> None:
    state, by = new(), policy(operator=("me",))
    told = [len(tick(state, notices=[notice(), notice()], by=by, after=after).messages) for after in (0, 3_599, 3_600)]
    assert told == [1, 0, 1]


@pytest.mark.parametrize("key", [delivery_key("chat"), delivery_key("chat", "desk"), recovery_key("chat")])
def test_a_channel_s_trouble_is_told_over_another(key: str) -> None:
    by = policy(operator=("me", "desk"))
    planned = tick(new(), notices=[notice(key)], by=by)
    assert [(m.receiver, m.destinations) for m in planned.messages] == [
        ("me", (Destination("mail", "me-mail"),)),
        ("desk", (Destination("mail", "desk-mail"),)),
    ]


def test_a_notice_is_never_held() -> None:
    state, by = new(), policy(receiver("desk", Cap(1, 60.0)), operator=("desk", "left"))
    planned = tick(state, *several(2), notices=[notice()], by=by)
    assert [coins(message) for message in planned.messages] == [1, 0]
    assert len(planned.held) == 1


@pytest.mark.parametrize(("count", "seconds"), [(0, 60.0), (1, 0.0), (30, 90_000.0)])
def test_a_cap_without_sense_is_refused(count: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="expected a cap such as 30/h"):
        Cap(count, seconds)


def test_matchers_see_labels_and_the_event() -> None:
    route = Route(
        to=("desk",), routes=(Route(to=("me",), match={"event": Matcher("resolved"), "team": Matcher("!x")}),)
    )
    of = rule(notify=(), tell=BOTH, labels={"team": "y"})
    planned = tick(new(), event(), event(EventKind.RESOLVED, alert=2), rules=[of], by=policy(route=route))
    assert [message.receiver for message in planned.messages] == ["desk", "me"]
