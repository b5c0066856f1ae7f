"""What dispatch promises for every sequence of ticks: nothing lost, nothing twice, no cap exceeded, nothing held for
ever, nothing overtaken; more ticks than are needed, and a restart before each, change nothing."""

from dataclasses import replace
from datetime import UTC, time
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from alertd.dispatch.dedup import Decision, wanted
from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.inhibit import Inhibition
from alertd.dispatch.matcher import Matcher
from alertd.dispatch.policy import Cap, Policy, StormLimit
from alertd.dispatch.route import Escalate, Route, labels, legs
from alertd.dispatch.schedule import Schedule
from alertd.dispatch.send import ESCALATED
from alertd.model.event import EventKind
from alertd.model.notification import ItemFate, Lane
from alertd.rules.rule import Active
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import World

RULES = [
    rule("quiet", notify=(), labels={"severity": "low"}),
    rule("loud", notify=(), labels={"severity": "high"}, tell=BOTH),
    rule("crash", notify=(), labels={"severity": "critical"}, tell=BOTH),
    rule("mine", notify=("me",), tell=BOTH, cooldown=60.0, cooldown_most=600.0),
    rule("gone", notify=("left", "me")),
    rule("draft", draft=True),
]
ROUTE = Route(
    to=("desk",),
    routes=(
        Route(to=("me", "desk"), match={"severity": Matcher("high")}, group_wait=7.0, continue_=True),
        Route(to=("desk", "night"), match={"severity": Matcher("critical")}, escalate=Escalate(("me",), 90.0)),
        Route(to=("all",), group_by=(), group_wait=20.0, group_interval=50.0),
        Route(to=("night",), match={"severity": Matcher("low")}, mute=("some",)),
    ),
)
CAPS = {"desk": Cap(3, 60.0), "me": Cap(2, 33.3), "all": None, "night": Cap(5, 100.0), "digest": None}


def hours(minute: int, until: int) -> Hours:
    return Hours((Span(Active(frozenset(range(7)), time(0, minute), time(0, until), UTC)),))


def promised() -> Policy:
    known = [receiver(name, cap) for name, cap in CAPS.items()]
    by = policy(*known, route=ROUTE, operator=("desk",), storm=None, runaway=None)
    own = dict(by.receivers)
    own["night"] = replace(own["night"], quiet=hours(1, 3))
    own["all"] = replace(own["all"], digest=Schedule("*/5 * * * *", UTC))
    crash = {"rule": Matcher("crash")}
    inhibit = tuple(Inhibition(crash, {"rule": Matcher(text)}, ("symbol",)) for text in ("quiet", "~loud|crash"))
    return replace(by, receivers=own, inhibit=inhibit, hours={"some": hours(0, 2)})


PLAIN = promised()
STORMY = replace(PLAIN, storm=StormLimit(coins=3, seconds=45.0), runaway=Cap(4, 120.0))
OTHER = replace(policy(receiver("desk", Cap(9, 60.0)), receiver("me"), route=ROUTE, operator=("me",)), storm=None)


class Script(NamedTuple):
    text: str
    ends: float


COINS = ("A", "B", "C", "D")
ORDERS = (
    "silence symbol=A 40s",
    "silence rule=~l.*|q.* 2m",
    "silence event=fired 30s from=10s",
    "expire 1",
    "notice x:y",
)


_ALERTS = st.lists(
    st.tuples(st.sampled_from(COINS), st.sampled_from([one.name for one in RULES])), max_size=6, unique=True
)


@st.composite
def scripts(draw: st.DrawFn, reload: bool = False) -> Script:
    """Episodes that begin, are reminded of and end, as `step` makes them, and what people ask for meanwhile."""
    now, steps = 0.0, ["0s"]
    open_, looked = set[str](), set[str]()
    pauses = draw(st.lists(st.sampled_from([0.5, 1.0, 7.0, 16.5, 60.0, 150.0]), min_size=1, max_size=12))
    reload_at = draw(st.integers(0, len(pauses) - 1)) if reload else None
    for place, pause in enumerate(pauses):
        now += pause
        known = sorted(looked)
        for coin, name in draw(_ALERTS):
            word = f"{coin}/{name}"
            kinds = ["resolved", "reminded", "no_data"] if word in open_ else ["fired", "fired", "no_data"]
            kind = draw(st.sampled_from(kinds if word in looked else [*kinds, "already_true"]))
            steps.append(f"{now}s {kind} {word}")
            if kind != "no_data":  # the first look at an alert is its first verdict
                looked.add(word)
            if kind == "fired":
                open_.add(word)
            elif kind == "resolved":
                open_.discard(word)
        if draw(st.integers(0, 3)) == 0:
            steps.append(f"{now}s {draw(st.sampled_from(ORDERS))}")
        if open_ and draw(st.integers(0, 5)) == 0:
            steps.append(f"{now}s ack {draw(st.sampled_from(sorted(open_)))}")
        if known and draw(st.integers(0, 5)) == 0:
            steps.append(f"{now}s postpone {draw(st.sampled_from(known))} 90s")
        if place == reload_at:
            steps.append(f"{now}s reload")
    # Whatever inhibits is over at the end.
    steps += [f"{now + 1}s resolved {word}" for word in sorted(open_)]
    return Script("; ".join([*steps, f"{now + 90_000}s"]), now)


def played(script: Script, *by: Policy, every: float = 0.0, restarts: bool = False) -> World:
    """The tables refuse what is told twice, what a message does not hold, and a plan for the past."""
    world = World(by or (PLAIN,), RULES, every=every, restarts=restarts)
    busy, _, last = script.text.rpartition("; ")
    world.run(busy)
    world.every = 0.0
    world.run(last)
    return world


def raised(world: World) -> set[tuple[int, int, str]]:
    """(alert, episode, receiver) of whatever was escalated."""
    events = [(world.tables.entries[one.event].event, one) for one in world.tables.tellings]
    return {(event.alert, event.episode, one.receiver) for event, one in events if one.reason == ESCALATED}


def ways(world: World) -> set[tuple[int, str]]:
    """Every (event, receiver) that routing wants, or escalation for the end of what it told; "" where nobody is to be
    told."""
    wanted_: set[tuple[int, str]] = set()
    others = raised(world)
    for number, entry in world.tables.entries.items():
        row = world.tables.items.get((number, ""))
        of = world.alerts.get((entry.event.owner, entry.event.rule))
        assert of is not None
        if wanted(entry.event, of) is not Decision.FIRST or (row and row.reason == Decision.ACKNOWLEDGED):
            wanted_.add((number, ""))
        else:
            wanted_ |= {(number, leg.receiver) for leg in legs(ROUTE, of, labels(entry))}
            if entry.event.kind is EventKind.RESOLVED:
                episode = entry.event.alert, entry.event.episode
                wanted_ |= {(number, name) for *own, name in others if tuple(own) == episode}
    return wanted_


def check(world: World) -> None:
    rows = world.tables.items
    assert rows.keys() == ways(world)
    assert world.fates(ItemFate.HELD) == []
    told = [
        (number, message.receiver)
        for message in world.tables.messages.values()
        for number in (*message.holding, *message.past)
    ]
    beside = [(one.event, one.receiver) for one in world.tables.tellings if one.message]
    first = [key for key, row in rows.items() if row.fate is ItemFate.TOLD]
    assert sorted(told) == sorted([*first, *beside])


@given(scripts())
def test_every_way_ends_in_exactly_one_place(script: Script) -> None:
    check(played(script))


@given(scripts())
def test_every_way_ends_in_a_storm_too(script: Script) -> None:
    check(played(script, STORMY))


@given(scripts(reload=True))
def test_a_reload_loses_nothing(script: Script) -> None:
    check(played(script, PLAIN, OTHER))
    check(played(script, STORMY, PLAIN))


@given(scripts())
def test_no_window_holds_more_than_the_cap(script: Script) -> None:
    world = played(script, STORMY)
    critical = {number for number, entry in world.tables.entries.items() if entry.event.rule == "crash"}
    for name, cap in CAPS.items():
        own = [message for message in world.tables.messages.values() if message.receiver == name]
        for place, message in enumerate(own):
            if cap is None or message.text or critical.intersection((*message.holding, *message.past)):
                continue
            entries = [one for one in own[:place] if not one.text and one.lane is not Lane.CRITICAL]
            before = entries[-cap.count :]
            assert len(before) < cap.count or before[0].created + cap.seconds <= message.created


@given(scripts())
def test_the_steps_of_an_episode_reach_a_receiver_in_their_order(script: Script) -> None:
    world = played(script, STORMY)
    reached: dict[tuple[str, int, int], list[int]] = {}
    for message in world.tables.messages.values():
        if "acknowledged" in message.note or "no longer" in message.note:
            continue
        for number in sorted((*message.holding, *message.past)):
            one = world.tables.entries[number].event
            if one.episode and one.kind in (EventKind.FIRED, EventKind.RESOLVED):
                reached.setdefault((message.receiver, one.alert, one.episode), []).append(number)
    assert all(numbers == sorted(numbers) for numbers in reached.values())


@given(scripts())
def test_nobody_hears_of_an_end_without_a_beginning(script: Script) -> None:
    world = played(script)
    rows, entries, others = world.tables.items, world.tables.entries, raised(world)
    begun = {(entry.event.alert, entry.event.episode): number for number, entry in entries.items()
             if entry.event.kind is EventKind.FIRED}  # fmt: skip
    for (number, name), row in rows.items():
        one = entries[number].event
        if one.kind is EventKind.RESOLVED and row.fate is ItemFate.TOLD:
            first = rows.get((begun[one.alert, one.episode], name))
            assert (first and first.fate is ItemFate.TOLD) or (one.alert, one.episode, name) in others


@given(scripts())
def test_more_ticks_than_are_needed_change_nothing(script: Script) -> None:
    assert played(script, every=3.0).told == played(script).told


@given(scripts(), st.sampled_from([PLAIN, STORMY]))
def test_a_restart_at_every_tick_changes_nothing(script: Script, by: Policy) -> None:
    anew, once = played(script, by, restarts=True), played(script, by)
    # Of two reasons for which something is held, a restart may find the other: at one time, one goes before the other.
    assert sorted(anew.told) == sorted(once.told)
    assert {key: row.fate for key, row in anew.tables.items.items()} == {
        key: row.fate for key, row in once.tables.items.items()
    }
