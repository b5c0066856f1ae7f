"""Caps, growing cooldowns and mutes: how much is told at most."""

from dataclasses import replace
from datetime import UTC, time

import pytest

from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.policy import Cap
from alertd.dispatch.route import Route
from alertd.model.notification import ItemFate
from alertd.rules.rule import Active
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import World, play

RULES = [rule(name, tell=BOTH) for name in ("r", "a", "b", "c")] + [
    rule("crash", tell=BOTH, labels={"severity": "critical"})
]
CAPPED = policy(receiver("desk", Cap(2, 3_600.0)), operator=("desk",))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("0s fired A/a B/b C/c D; 2h",
                     ["0s desk A", "0s desk B", "1h desk C D"], id="the overflow comes in one digest"),
        pytest.param("0s fired A/a B/b C/c; 10m resolved C/c; 2h",
                     ["0s desk A", "0s desk B", "1h desk (C -C)"], id="what came and went is told"),
        pytest.param("0s fired A/a B/b; 1m fired C/crash D/c; 2h",
                     ["0s desk A", "0s desk B", "1m desk C", "1h desk D"], id="critical passes"),
        pytest.param("; ".join(["0s fired A/a B/b", "1m fired C/c", *(f"{n}m fired D/crash" for n in range(5, 90, 5))]),
                     ["0s desk A", "0s desk B", *(f"{n}m desk D" for n in range(5, 60, 5)), "1h desk C",
                      "1h desk D", *(f"1h{n}m desk D" for n in range(5, 30, 5))],
                     id="and starves nobody"),
        pytest.param("; ".join(["0s fired A/a B/b", "1m fired C/c", *(f"{n}m notice x:{n}" for n in range(5, 90, 5))]),
                     ["0s desk A", "0s desk B", *(f"{n}m desk “alertd: it is broken”" for n in range(5, 60, 5)),
                      "1h desk C", "1h desk “alertd: it is broken”",
                      *(f"1h{n}m desk “alertd: it is broken”" for n in range(5, 30, 5))],
                     id="nor does the operator's"),
        pytest.param("0s fired A/crash; 1s fired B/crash; 2s fired C/c; 2h",
                     ["0s desk A", "1s desk B", "2s desk C"], id="and does not count"),
        pytest.param("0s fired A/a B/b; 1m fired C/c; 2m reminded C/c; 2h",
                     ["0s desk A", "0s desk B", "1h desk C"], id="a reminder of what waits"),
    ],
)  # fmt: skip
def test_cap(script: str, told: list[str]) -> None:
    assert play(script, CAPPED, rules=RULES).told == told


@pytest.mark.parametrize("cap", [None, Cap(9, 3_600.0), Cap(2, 1_800.0)], ids=["none", "more", "sooner"])
def test_a_reload_that_widens_the_cap_lets_go(cap: Cap | None) -> None:
    script = "0s fired A/a B/b C/c; 30m reload; 2h"
    told = play(script, CAPPED, policy(receiver("desk", cap)), rules=RULES).told
    assert told == ["0s desk A", "0s desk B", "30m desk C"]


# ── the growing cooldown ─────────────────────────────────────────────────────────────────────────────────────────


GROWING = [rule("r", tell=BOTH, cooldown=900.0, cooldown_most=14_400.0, notify=("desk", "me"))]


def flapping(*minutes: int) -> str:
    return "; ".join(f"{minute}m fired A; {minute + 5}m resolved A" for minute in minutes)


def test_it_doubles_up_to_the_most() -> None:
    world = play(f"{flapping(*range(0, 24 * 60, 15))}; 3d", policy(runaway=None), rules=GROWING)
    fired = [line.split()[0] for line in world.told if " desk " in line and "-A" not in line.split()]
    assert fired[:3] == ["0s", "15m", "45m"]
    assert world.fates(ItemFate.HELD) == []


def test_who_is_told_of_its_end_was_told_of_its_beginning() -> None:
    world = play("0s fired A; 5m resolved A; 16m fired A; 17m resolved A; 20m fired A; 21m resolved A; 2h",
                 policy(), rules=[replace(GROWING[0], notify=("desk",))])  # fmt: skip
    assert world.told == [
        "0s desk A",
        "5m desk -A",
        "16m desk A",
        "17m desk -A",
        "46m desk (A -A)",
    ]


def test_calm_begins_anew() -> None:
    script = "0s fired A; 1m resolved A; 15m fired A; 16m resolved A; 5h fired A; 301m resolved A; 315m fired A; 9h"
    world = play(script, policy(), rules=[replace(GROWING[0], notify=("desk",), tell=rule().tell)])
    assert world.told == ["0s desk A", "15m desk A", "5h desk A", "5h15m desk A"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("0s fired A; 1m resolved A; 2m silence symbol=A 10m; 3m fired A; 20m",
                     ["0s desk A", "15m desk A"], id="what a silence held comes too soon as well"),
        pytest.param("0s silence symbol=A 1h; 1s fired A; 61m resolved A; 62m fired A; 3h",
                     ["1h desk A", "1h15m desk A"], id="and counts when it is over"),
        pytest.param("0s fired A; 1m resolved A; 2m silence symbol=A 1h; 3m fired A; 4m resolved A; 70m fired A; 3h",
                     ["0s desk A", "1h10m desk A"], id="but not where it is not told"),
    ],
)  # fmt: skip
def test_what_is_held_for_more_than_one_receiver(script: str, told: list[str]) -> None:
    assert play(script, policy(), rules=[replace(GROWING[0], notify=("desk",), tell=rule().tell)]).told == told


def test_an_episode_counts_once_for_whomever_it_is_told_to() -> None:
    night = Hours((Span(Active(frozenset(range(7)), time(0), time(0, 10), UTC)),))
    by = policy(route=Route(routes=(Route(to=("desk",), continue_=True), Route(to=("me",), mute=("night",)))))
    script = "0s fired A; 5m resolved A; 16m fired A; 17m resolved A; 45m fired A; 46m resolved A; 3h"
    rules = [replace(GROWING[0], notify=(), tell=rule().tell)]
    told = play(script, replace(by, hours={"night": night}), rules=rules).told
    assert [line for line in told if "desk" in line] == ["0s desk A", "16m desk A", "46m desk (A)"]


# ── a rule that runs away ────────────────────────────────────────────────────────────────────────────────────────

MUTED = "“r is muted: 3 messages in 1h”"
RUNAWAY = policy(runaway=Cap(3, 3_600.0), operator=("me", "desk"))
NOISE = "; ".join(f"{minute}m fired A{minute}" for minute in range(6))


def test_a_runaway_is_muted_and_that_is_told_once() -> None:
    world = play(f"{NOISE}; 2d", RUNAWAY, rules=RULES)
    assert world.told == [
        "0s desk A0",
        "1m desk A1",
        "2m desk A2",
        "3m desk A3",
        f"3m desk {MUTED}",
        "3m me “r is muted: 3 messages in 1h to desk”",
        "1d desk A4 A5",
    ]


def test_unmuting_tells_what_still_holds() -> None:
    world = play(f"{NOISE}; 10m resolved A4; 1h unmute r; 61m fired B; 2d", RUNAWAY, rules=RULES)
    assert world.told[-2:] == ["1h desk A5", "1h1m desk B"]
    assert world.fates(ItemFate.DROPPED) == ["A4 desk runaway", "-A4 desk runaway"]


def test_what_led_to_a_mute_that_was_undone_leads_to_no_other() -> None:
    script = f"{NOISE}; 10m unmute r; 11m fired B; 12m fired C; 13m fired D; 14m fired E; 15m fired F"
    world = play(script, RUNAWAY, rules=RULES)
    assert world.told[6:] == [
        "10m desk A4 A5",
        "11m desk B",
        "12m desk C",
        "13m desk D",
        f"13m desk {MUTED}",
        "13m me “r is muted: 3 messages in 1h to desk”",
    ]


def test_a_mute_outlives_a_restart() -> None:
    world = World([RUNAWAY], RULES)
    world.run(NOISE)
    world.state = world.tables.restored(world.now)
    world.run("10m fired B; 20m unmute r; 1h")
    assert world.told[-1] == "20m desk A4 A5 B"


def test_a_reload_without_the_limit_lets_go() -> None:
    world = play(f"{NOISE}; 10m reload; 11m fired B; 1h", RUNAWAY, policy(runaway=None), rules=RULES)
    assert world.told[-2:] == ["10m desk A4 A5", "11m desk B"]


def test_what_is_critical_is_never_muted() -> None:
    world = play("; ".join(f"{n}m fired A{n}/crash" for n in range(6)), RUNAWAY, rules=RULES)
    assert len(world.told) == 6
