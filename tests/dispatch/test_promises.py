"""What dispatch promises for every sequence of ticks: nothing lost, nothing twice, no cap exceeded, nothing held for
ever, and a restart changes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from alertd.dispatch.dedup import Decision, wanted
from alertd.dispatch.plan import Planned, plan
from alertd.dispatch.policy import Cap
from alertd.dispatch.route import Matcher, Route, labels, legs
from alertd.dispatch.state import DispatchState
from alertd.model.event import Event, EventKind, Notice
from alertd.model.notification import Held, Message
from tests.dispatch.samples import event, policy, receiver, rule
from tests.fakes import START

RULES = [
    rule("quiet", notify=(), labels={"severity": "low"}),
    rule("loud", notify=(), labels={"severity": "high"}, tell=frozenset({EventKind.FIRED, EventKind.RESOLVED})),
    rule("mine", notify=("me",)),
    rule("gone", notify=("left", "me")),
    rule("draft", draft=True),
]
BY_KEY = {(one.owner, one.name): one for one in RULES}
ROUTE = Route(
    to=("desk",),
    routes=(
        Route(to=("me", "desk"), match={"severity": Matcher("high")}, group_wait=7.0, continue_=True),
        Route(to=("all",), group_by=(), group_wait=20.0),
    ),
)
CAPS = {"desk": Cap(3, 60.0), "me": Cap(2, 33.3), "all": None}
POLICY = policy(*(receiver(name, cap) for name, cap in CAPS.items()), route=ROUTE, operator=("desk",))


class Tick(NamedTuple):
    after: float
    events: list[Event]
    notices: list[Notice]


@st.composite
def scripts(draw: st.DrawFn) -> list[Tick]:
    """Ticks with every event's identity of its own, as `step` makes them."""
    now, alert, script = START, 0, []
    for pause in draw(st.lists(st.sampled_from([0.5, 1.0, 7.0, 16.65, 60.0]), min_size=1, max_size=12)):
        now += pause
        events = []
        for name in draw(st.lists(st.sampled_from([one.name for one in RULES]), max_size=8)):
            alert += 1
            kind = draw(st.sampled_from(EventKind))
            late = draw(st.integers(0, 9)) == 0
            events.append(event(kind, rule=name, symbol=f"C{alert}", alert=alert, time=now, at=now, late=late))
        notices = [Notice(now, f"source:{alert}", "stale")] if draw(st.integers(0, 4)) == 0 else []
        script.append(Tick(now, events, notices))
    return script


@dataclass
class Tables:
    """What the store would have."""

    held: dict[int, Held] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    not_sent: Counter[tuple[int, str]] = field(default_factory=Counter)
    last_held: int = 0

    def commit(self, planned: Planned) -> None:
        for row in planned.held:
            assert row.row > self.last_held
            self.last_held = row.row
            self.held[row.row] = row
        for number in planned.released:
            del self.held[number]
        self.messages += planned.messages
        self.not_sent.update((one.alert, receiver) for one, receiver, _ in planned.not_sent)

    def restored(self) -> DispatchState:
        return DispatchState.restore(
            word="word",
            last_message=len(self.messages),
            last_held=self.last_held,
            held=list(reversed(self.held.values())),
            recent=[(message.receiver, message.created) for message in self.messages],
        )


def ways(events: list[Event]) -> Counter[tuple[int, str]]:
    """Every (alert, receiver) that routing wants, as often as it does; "" where nobody is to be told."""
    counted: Counter[tuple[int, str]] = Counter()
    for one in events:
        of = BY_KEY[one.owner, one.rule]
        named = [leg.receiver for leg in legs(ROUTE, of, labels(one, of))]
        counted.update((one.alert, name) for name in (named if wanted(one, of) is Decision.FIRST else [""]))
    return counted


def play(script: list[Tick], *, restart: bool = False) -> tuple[Tables, list[Planned]]:
    """Run the script with every due time in between, and on until nothing is held."""
    state, tables, plans = DispatchState(word="word"), Tables(), []
    wake: float | None = None

    def one(now: float, events: list[Event], notices: list[Notice]) -> float | None:
        nonlocal state
        state = tables.restored() if restart else state
        planned = plan(state, events, notices, rules=BY_KEY, policy=POLICY, now=now)
        tables.commit(planned)
        plans.append(planned)
        assert planned.wake_at is None or planned.wake_at > now
        assert planned.wake_at == min((row.until for row in tables.held.values()), default=None)
        return planned.wake_at

    for now, events, notices in script:
        while wake is not None and wake < now:
            wake = one(wake, [], [])
        wake = one(now, events, notices)
    for _ in range(200):
        if wake is None:
            break
        wake = one(wake, [], [])
    return tables, plans


@given(scripts())
def test_every_way_ends_in_exactly_one_place(script: list[Tick]) -> None:
    tables, _ = play(script)
    items = [item for message in tables.messages for item in message.items]
    assert len(items) == len(set(items))
    ended = Counter((item.alert, item.receiver) for item in items) + tables.not_sent
    assert ended == ways([one for tick in script for one in tick.events])


@given(scripts())
def test_nothing_is_held_for_ever(script: list[Tick]) -> None:
    tables, _ = play(script)
    assert tables.held == {}


@given(scripts())
def test_no_window_holds_more_than_the_cap(script: list[Tick]) -> None:
    tables, _ = play(script)
    for name, cap in CAPS.items():
        times = [message.created for message in tables.messages if message.receiver == name and message.items]
        for first, last in zip(times, times[cap.count :] if cap else [], strict=False):
            assert cap is not None
            assert first + cap.seconds <= last


@given(scripts())
def test_a_rule_s_firings_reach_a_receiver_in_their_order(script: list[Tick]) -> None:
    tables, _ = play(script)
    assert [message.id for message in tables.messages] == [f"word-{n + 1}" for n in range(len(tables.messages))]
    on_time = {one.alert: one.rule for tick in script for one in tick.events if not one.late}
    reached: dict[tuple[str, str], list[int]] = {}
    for item in (item for message in tables.messages for item in message.items):
        if item.event is EventKind.FIRED and item.alert in on_time:
            reached.setdefault((item.receiver, on_time[item.alert]), []).append(item.alert)
    assert all(alerts == sorted(alerts) for alerts in reached.values())


@given(scripts())
def test_a_restart_at_every_tick_changes_nothing(script: list[Tick]) -> None:
    without_notices = [tick._replace(notices=[]) for tick in script]
    assert play(without_notices, restart=True) == play(without_notices)
