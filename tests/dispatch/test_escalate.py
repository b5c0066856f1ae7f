"""Fallback, escalation, acknowledgement, loudness and words to the operator."""

from dataclasses import replace
from datetime import UTC, time

import pytest

from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.notice import delivery_key, reachable, recovery_key, start_key
from alertd.dispatch.policy import Otherwise, Policy, Receiver
from alertd.dispatch.route import Escalate, Route
from alertd.dispatch.state import DispatchState
from alertd.model.event import EventKind, Notice
from alertd.model.kept import Noticed
from alertd.model.notification import Destination, ItemFate, Lane, Loudness, Notification, Tone
from alertd.rules.rule import Active
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import World, play
from tests.fakes import START

RULES = [
    rule("r", tell=BOTH, notify=()),
    rule("flip", tell=frozenset({EventKind.FIRED}), notify=()),
    rule("both", tell=BOTH, notify=("desk", "me")),
]
BY = policy(route=Route(to=("desk",), escalate=Escalate(("me", "left"), 600.0)))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("0s fired A; 1h", ["0s desk A", "10m me A"], id="nobody has seen it"),
        pytest.param("0s fired A; 5m ack A; 6m reminded A; 1h", ["0s desk A"], id="somebody has"),
        pytest.param("0s fired A; 5m resolved A; 1h", ["0s desk A", "5m desk -A"], id="it is over"),
        pytest.param("0s fired A; 5m resolved A; 6m fired A; 1h",
                     ["0s desk A", "5m desk -A", "6m desk A", "16m me A"], id="it has come again"),
        pytest.param("0s fired A; 5m ack A; 6m resolved A; 7m fired A; 1h",
                     ["0s desk A", "6m desk -A", "7m desk A", "17m me A"], id="another episode was seen"),
        pytest.param("0s fired A/flip; 1s resolved A/flip; 1h", ["0s desk A", "10m me A"], id="a momentary one"),
        pytest.param("0s fired A/flip; 1m ack A/flip; 1h", ["0s desk A"], id="a momentary one that was seen"),
        pytest.param("0s silence symbol=A 1h; 1s fired A; 2h",
                     ["1h desk A", "1h10m me A"], id="from when it is told on"),
        pytest.param("0s reminded A; 1h", ["0s desk ~A"], id="a reminder is none"),
    ],
)  # fmt: skip
def test_escalation(script: str, told: list[str]) -> None:
    assert play(script, BY, rules=RULES, momentary=["flip"]).told == told


def test_what_is_escalated_says_so_and_goes_first() -> None:
    world = play("0s fired A; 1h", BY, rules=RULES)
    message = world.tables.messages[2]
    assert (message.lane, message.note) == (Lane.CRITICAL, "desk has not acknowledged it for 10m")
    assert world.fates(ItemFate.TOLD) == ["A desk"]
    assert world.tellings == ["A me escalated", "A left receiver_gone -"]


def test_where_the_next_is_gone_the_operator_is_told() -> None:
    world = play(
        "0s fired A; 1m reload; 1h", BY, policy(receiver("desk"), route=BY.route, operator=("desk",)), rules=RULES
    )
    assert world.told == ["0s desk A", "10m desk A", "10m desk A"]
    gone = "desk has not acknowledged it for 10m, and {}, to be told next, is no longer in the configuration"
    notes = [(one.note, one.lane) for one in world.tables.messages.values()][1:]
    assert notes == [(gone.format(name), Lane.CRITICAL) for name in ("me", "left")]
    assert world.tellings == ["A me receiver_gone -", "A desk escalated", "A left receiver_gone -", "A desk escalated"]


def test_a_rule_that_has_become_a_draft_is_not_escalated() -> None:
    world = World([BY], RULES)
    world.run("0s fired A")
    world.alerts.rules["", "r"] = replace(RULES[0], draft=True)
    world.run("1h")
    assert world.told == ["0s desk A"]


def test_what_is_escalated_to_whom_it_was_told_leaves_that_in_the_record() -> None:
    world = play("0s fired A/both; 1h", policy(route=Route(escalate=Escalate(("me",), 600.0))), rules=RULES)
    assert world.fates(ItemFate.TOLD) == ["A desk", "A me"]
    assert [row.message for row in world.tables.items.values()] == [1, 2]
    assert world.tellings == ["A me escalated"]


def test_of_what_two_have_not_seen_a_third_is_told_once() -> None:
    by = policy(*map(receiver, ("desk", "me", "boss")), route=Route(escalate=Escalate(("boss",), 600.0)))
    assert play("0s fired A/both; 1h", by, rules=RULES).told == ["0s desk A", "0s me A", "10m boss A"]


@pytest.mark.parametrize(
    ("names", "have"),
    [
        (("desk",), "desk has"),
        (("desk", "me"), "desk and me have"),
        (("desk", "late", "me"), "desk, late and me have"),
    ],
)
def test_it_names_all_who_have_not_seen_it(names: tuple[str, ...], have: str) -> None:
    by = policy(*map(receiver, (*names, "boss")), route=Route(escalate=Escalate(("boss",), 20.0)))
    world = play("0s fired A/all; 1h", by, rules=[rule("all", notify=names)])
    assert world.told[-1] == "20s boss A"
    assert world.tables.messages[len(names) + 1].note == f"{have} not acknowledged it for 20s"


# ── whoever else was told ────────────────────────────────────────────────────────────────────────────────────────

SEEN = "“r/A/1 is acknowledged by ann”"
TOLD = ["0s desk A", "10m me A"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("0s fired A; 20m resolved A; 1h", [*TOLD, "20m desk -A", "20m me -A"], id="hears the end"),
        pytest.param("0s fired A; 5m resolved A; 6m fired A; 7m resolved A; 1h",
                     ["0s desk A", "5m desk -A", "6m desk A", "7m desk -A"], id="not where it was not told"),
        pytest.param("0s fired A; 20m resolved A; 21m fired A; 22m resolved A; 1h",
                     [*TOLD, "20m desk -A", "20m me -A", "21m desk A", "22m desk -A"], id="nor that of the next one"),
        pytest.param("0s fired A; 15m silence symbol=A 1h; 20m resolved A; 2h",
                     [*TOLD, "1h15m desk -A", "1h15m me -A"], id="after a silence"),
        pytest.param("0s fired A/short; 20m resolved A/short; 1h", TOLD, id="not where the rule tells no ends"),
        pytest.param("0s fired A/both; 20m resolved A/both; 1h",
                     ["0s desk A", "0s me A", "10m me A", "20m desk -A", "20m me -A"], id="once, if told anyway"),
        pytest.param("0s fired A; 20m remove r; 1h", TOLD, id="not that its rule is gone"),
        pytest.param("0s fired A; 20m ack A; 1h", [*TOLD, f"20m me {SEEN}"], id="hears that somebody has seen it"),
        pytest.param("0s fired A; 20m ack A; 21m ack A; 22m ack A; 1h", [*TOLD, f"20m me {SEEN}"], id="once"),
        pytest.param("0s fired A; 20m ack A; 20m ack A; 1h", [*TOLD, f"20m me {SEEN}"], id="of two at one time"),
        pytest.param("0s fired A; 5m ack A; 1h", ["0s desk A"], id="not where nobody else was told"),
        pytest.param("0s fired A; 20m ack A; 30m resolved A; 1h",
                     [*TOLD, f"20m me {SEEN}", "30m desk -A", "30m me -A"], id="hears both"),
        pytest.param("0s fired A; 20m resolved A; 30m ack A; 1h",
                     [*TOLD, "20m desk -A", "20m me -A"], id="not what is seen when it is over"),
        pytest.param("0s fired A; 15m silence symbol=A 1h; 20m ack A; 2h",
                     [*TOLD, f"20m me {SEEN}"], id="in a silence, too"),
        pytest.param("0s fired A/flip; 20m ack A/flip; 21m ack A/flip; 1h",
                     [*TOLD, f"20m me {SEEN.replace('r/', 'flip/')}"], id="of a momentary one"),
    ],
)  # fmt: skip
def test_whoever_else_was_told_hears_the_rest(script: str, told: list[str]) -> None:
    rules = [*RULES, rule("short", tell=frozenset({EventKind.FIRED}), notify=())]
    by = replace(BY, route=Route(to=("desk",), escalate=Escalate(("me",), 600.0)))
    world = play(script, by, rules=rules, momentary=["flip"])
    assert world.told == told
    assert all(kind != "raised" for kind, _ in world.tables.kept) or "resolved" not in script


def test_the_word_that_it_is_seen_is_short_and_usual() -> None:
    world = play("0s fired A; 20m ack A; 1h", BY, rules=RULES)
    message = world.tables.messages[3]
    assert message.text == Notification("r/A/1 is acknowledged by ann", tone=Tone.CLEAR)
    assert (message.lane, message.loudness) == (Lane.NORMAL, Loudness.USUAL)


def test_all_of_them_hear_it() -> None:
    first = Route(to=("desk",), escalate=Escalate(("me", "boss"), 600.0), continue_=True)
    route = Route(routes=(first, Route(to=("late",), escalate=Escalate(("boss", "chief"), 900.0))))
    by = policy(*map(receiver, ("desk", "late", "me", "boss", "chief")), route=route)
    world = play("0s fired A; 20m ack A; 30m resolved A; 1h", by, rules=RULES)
    assert world.told == [
        *("0s desk A", "0s late A", "10m me A", "10m boss A", "15m boss A", "15m chief A"),
        *(f"20m {name} {SEEN}" for name in ("me", "boss", "chief")),
        *(f"30m {name} -A" for name in ("desk", "late", "me", "boss", "chief")),
    ]


def test_the_operator_in_the_place_of_one_that_is_gone_hears_the_rest() -> None:
    route = Route(to=("desk",), escalate=Escalate(("left",), 600.0))
    by = policy(receiver("desk"), receiver("ops"), route=route, operator=("ops",))
    world = play("0s fired A; 20m ack A; 30m resolved A; 1h", by, rules=RULES)
    assert world.told == ["0s desk A", "10m ops A", f"20m ops {SEEN}", "30m desk -A", "30m ops -A"]


def test_what_nobody_could_be_told_of_leaves_nothing() -> None:
    by = policy(receiver("desk"), route=Route(to=("desk",), escalate=Escalate(("left",), 600.0)))
    world = play("0s fired A; 1h", by, rules=RULES)
    assert (world.told, world.tables.kept) == (["0s desk A"], {})


def test_what_still_waits_for_its_own_message_is_not_lost() -> None:
    night = Hours((Span(Active(frozenset(range(7)), time(0), time(7), UTC)),))
    by = policy(receiver("desk"), replace(receiver("me"), quiet=night), route=BY.route)
    world = play("1h fired A/both; 9h", by, rules=RULES)
    assert world.told == ["1h desk A", "1h10m me A", "7h me A", "7h10m me A"]


def test_reminders_that_wait_are_not_told_once_it_is_seen() -> None:
    world = play("0s fired A; 1m silence symbol=A 1h; 2m reminded A; 3m ack A; 2h", BY, rules=RULES)
    assert world.told == ["0s desk A"]


# ── fallback ─────────────────────────────────────────────────────────────────────────────────────────────────────

CHAT, MAIL, PAGER = Destination("chat", "1"), Destination("mail", "a@b.example"), Destination("pager", "9")


def test_what_stands_by_is_in_the_message() -> None:
    desk = Receiver("desk", (CHAT, CHAT), otherwise=Otherwise((MAIL, CHAT, MAIL), 90.0))
    (message,) = play("0s fired A", policy(desk), rules=[rule("r")]).tables.messages.values()
    assert (message.destinations, message.standby, message.patience) == ((CHAT,), (MAIL,), 90.0)


# ── loudness ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("severities", "by", "expected"),
    [
        (["critical"], {}, [Loudness.LOUD]),
        (["critical"], {"critical": Loudness.SILENT}, [Loudness.SILENT]),
        ([""], {}, [Loudness.USUAL]),
        (["info"], {"info": Loudness.SILENT}, [Loudness.SILENT]),
        (["info", "warning"], {"info": Loudness.SILENT, "warning": Loudness.LOUD}, [Loudness.LOUD]),
    ],
)
def test_as_loud_as_its_loudest(severities: list[str], by: dict[str, Loudness], expected: list[Loudness]) -> None:
    rules = [rule(f"r{n}", labels={"severity": each}, notify=()) for n, each in enumerate(severities)]
    one = policy(replace(receiver("desk"), loudness=by), route=Route(to=("desk",), group_by=()))
    world = play("0s fired " + " ".join(f"A/{each.name}" for each in rules), one, rules=rules)
    assert [message.loudness for message in world.tables.messages.values()] == expected


# ── words to the operator ────────────────────────────────────────────────────────────────────────────────────────


def ways(world: World) -> list[tuple[str, tuple[Destination, ...], tuple[Destination, ...]]]:
    return [(one.receiver, one.destinations, one.standby) for one in world.tables.messages.values()]


def operated(*receivers: Receiver) -> Policy:
    return policy(*receivers, operator=("me",))


@pytest.mark.parametrize(
    "key", [delivery_key("chat"), delivery_key("chat", "desk"), recovery_key(delivery_key("chat"))]
)
def test_a_channel_s_trouble_is_told_over_another(key: str) -> None:
    me = Receiver("me", (CHAT, MAIL), otherwise=Otherwise((CHAT, PAGER)))
    desk = Receiver("desk", (CHAT,), otherwise=Otherwise((CHAT, PAGER)))
    world = play(f"0s notice {key} desk", operated(me, desk))
    assert ways(world) == [("me", (MAIL,), (PAGER,)), ("desk", (PAGER,), ())]


def test_nobody_is_told_over_the_channel_that_it_is_about() -> None:
    assert play("0s notice delivery:chat", operated(Receiver("me", (CHAT,)))).told == []


ROOM, DOOR = Destination("chat", "room:2"), Destination("chat", "door")


@pytest.mark.parametrize(
    ("key", "me", "told"),
    [
        pytest.param("delivery:chat:ann:dead:room:2", Receiver("me", (CHAT,)), (CHAT,), id="another's address is dead"),
        pytest.param("delivery:chat:ann", Receiver("me", (CHAT,)), (CHAT,), id="another's message was refused"),
        pytest.param("delivery:chat:me:dead:room:2", Receiver("me", (ROOM, DOOR)), (DOOR,), id="one of two is dead"),
        pytest.param("delivery:chat:me:dead:room:2", Receiver("me", (ROOM,), otherwise=Otherwise((DOOR,))), (DOOR,),
                     id="the other way is on it too"),
        pytest.param("delivery:chat:@1/group:4:dead:room:2", Receiver("@1/group:4", (DOOR,)), (DOOR,),
                     id="a group of theirs is dead"),
        pytest.param("delivery:chat:@1/group:4", Receiver("@1/group:4", (ROOM,)), (), id="a group refused a message"),
        pytest.param("delivery:chat:me:dead:room:2", Receiver("me", (ROOM,)), (), id="their only one is dead"),
        pytest.param("delivery:chat:me", Receiver("me", (CHAT,)), (), id="their message was refused"),
        pytest.param("delivery:chat:ann:dead:room:2", Receiver("me", (CHAT, MAIL)), (MAIL,), id="another channel"),
        pytest.param("delivery:chat::down:a server", Receiver("me", (CHAT,)), (), id="a server of the channel is down"),
        pytest.param("delivery:chat::old", Receiver("me", (CHAT,)), (), id="the channel is late"),
    ],
)  # fmt: skip
def test_who_has_one_channel_hears_of_trouble_with_one_receiver_over_it(
    key: str, me: Receiver, told: tuple[Destination, ...]
) -> None:
    assert reachable(me, Notice(START, key, "it is broken")) == (told, ())


def test_what_says_the_same_is_told_as_one() -> None:
    """And both are noted: neither is told again within the hour."""
    script = "0s notice a:x; 0s notice a:y; 1m notice a:x; 2m notice a:y; 62m notice a:y"
    assert [line.split()[0] for line in play(script, operated(receiver("me"))).told] == ["0s", "1h2m"]


def test_what_nobody_was_told_of_is_not_noted() -> None:
    script = "0s notice delivery:chat; 1m reload; 2m notice delivery:chat"
    world = play(script, operated(Receiver("me", (CHAT,))), operated(Receiver("me", (CHAT, MAIL))))
    assert [line.split()[0] for line in world.told] == ["2m"]


def test_what_is_about_one_receiver_is_forgotten_after_its_hour() -> None:
    world = play("0s notice delivery:chat:ann; 1s notice delivery:mail; 2h notice source:a", operated(receiver("me")))
    assert [one.key for one in world.tables.kept.values() if isinstance(one, Noticed)] == ["delivery:mail", "source:a"]


def test_what_is_about_one_start_is_forgotten_after_its_hour_and_holds_back_no_other() -> None:
    first, second = start_key("strays", START), start_key("strays", START + 600)
    world = play(f"0s notice {first}; 10m notice {second}; 2h notice source:a", operated(receiver("me")))
    assert [line.split()[0] for line in world.told] == ["0s", "10m", "2h"]
    assert [one.key for one in world.tables.kept.values() if isinstance(one, Noticed)] == ["source:a"]


def test_a_notice_of_a_clock_that_was_ahead_holds_back_none_for_longer_than_its_hour() -> None:
    state = DispatchState.restore(kept=[Noticed(key="source:a", at=START + 1e8)], now=START)
    assert [each.at for each in state.memory.all(Noticed)] == [START]


def test_whom_it_concerns_is_told_once() -> None:
    world = play("0s notice source:binance me", operated(receiver("me")))
    assert world.told == ["0s me “alertd: it is broken”"]


@pytest.mark.parametrize("receivers", [(receiver("me"),), (receiver("me"), receiver("desk"))], ids=["gone", "there"])
def test_of_the_same_thing_once_an_hour(receivers: tuple[Receiver, ...]) -> None:
    times = ("0s", "0s", "59m", "61m")
    world = play("; ".join(f"{each} notice source:binance desk" for each in times), operated(*receivers))
    assert [line.split()[0] for line in world.told if " me " in line] == ["0s", "1h1m"]
    assert len([line for line in world.told if " desk " in line]) == 2 * (len(receivers) - 1)
