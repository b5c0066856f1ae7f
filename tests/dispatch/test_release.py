"""Release: what was held is told when that is over, whatever has begun meanwhile; what is over is told as such or not
at all."""

from dataclasses import replace
from datetime import UTC, time

import pytest

from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.inhibit import Inhibition
from alertd.dispatch.matcher import Matcher
from alertd.dispatch.policy import Cap, Policy, StormLimit
from alertd.dispatch.route import Route
from alertd.dispatch.schedule import Schedule
from alertd.model.notification import ItemFate
from alertd.rules.rule import Active
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import play


def hours(begin: int, end: int) -> Hours:
    return Hours((Span(Active(frozenset(range(7)), time(begin), time(end), UTC)),))


RULES = [
    rule("r", tell=BOTH, notify=()),
    rule("slow", tell=BOTH, notify=(), cooldown=900.0, cooldown_most=3_600.0),
    rule("crash", tell=BOTH, notify=("me",)),
]
DESK, TO_DESK = receiver("desk"), Route(to=("desk",))
QUIET = policy(replace(DESK, quiet=hours(0, 7)), receiver("me"), route=TO_DESK)
DAILY = policy(replace(DESK, digest=Schedule("06:00", UTC)), route=TO_DESK)
CAPPED = policy(replace(DESK, cap=Cap(1, 3_600.0)), route=TO_DESK)
STORMY = policy(route=TO_DESK, storm=StormLimit(coins=3, seconds=300.0))
WAITING = policy(route=replace(TO_DESK, group_wait=30.0))
BY_COIN = policy(
    route=replace(TO_DESK, group_by=("symbol",), group_interval=600.0), runaway=Cap(3, 3_600.0), operator=("desk",)
)
INHIBITED = replace(QUIET, inhibit=(Inhibition({"rule": Matcher("crash")}, {"rule": Matcher("r")}),))
OFFICE = replace(QUIET, route=replace(TO_DESK, mute=("office",)), hours={"office": hours(6, 9)})


@pytest.mark.parametrize(
    ("script", "by", "told"),
    [
        pytest.param("1h fired A; 2h silence symbol=A 2d; 1d", QUIET, ["7h desk A"], id="quiet hours"),
        pytest.param("1h fired A; 2h silence symbol=A 2d; 1d", DAILY, ["6h desk A"], id="a digest"),
        pytest.param("0s fired A B C D; 1m silence symbol=A 1h; 2h", STORMY,
                     ["0s desk “Storm: 4 coins fired in 5m”", "5m desk A B C D"], id="a storm"),
        pytest.param("0s fired B; 1s fired A; 1m silence symbol=A 9h; 2h", CAPPED,
                     ["0s desk B", "1h desk A"], id="the cap"),
        pytest.param("0s fired A; 10s silence symbol=A 1h; 20s fired A/slow; 2h", WAITING,
                     ["30s desk A", "1h desk A"], id="a group, but not what comes during the silence"),
        pytest.param("0s fired A/slow; 1m resolved A/slow; 2m fired A/slow; 3m silence symbol=A 9h; 1h",
                     policy(route=TO_DESK), ["0s desk A", "1m desk -A", "15m desk A"], id="a growing cooldown"),
        pytest.param("0s silence symbol=A 2h; 1h fired A; 3h silence symbol=A 9h; 1d", QUIET,
                     ["7h desk A"], id="quiet hours after a silence"),
        pytest.param("1h fired A; 2h silence symbol=A 9h; 3h resolved A; 1d", QUIET,
                     ["7h desk (A -A)"], id="what came and went"),
        pytest.param("1h fired A; 2h fired ALL/crash; 3h fired B; 1d", INHIBITED,
                     ["2h me ALL", "7h desk A"], id="an inhibition began"),
        pytest.param("0s fired A; 2m fired A; 3m fired B; 4m fired C; 5m fired D; 6m fired E; 1h", BY_COIN,
                     ["0s desk A", "3m desk B", "4m desk C", "5m desk D", "5m desk “r is muted: 3 messages in 1h”",
                      "10m desk A"], id="a mute began"),
        pytest.param("1h fired A; 1d", OFFICE, ["9h desk A"], id="but the hours of its route hold it"),
    ],
)  # fmt: skip
def test_what_was_held_is_told_whatever_began_meanwhile(script: str, by: Policy, told: list[str]) -> None:
    # What fired in a storm's window, and what a rule has told, are not kept over a restart.
    assert play(script, by, rules=RULES).told == told


def test_what_waited_for_one_that_is_gone_is_told_whatever_began_meanwhile() -> None:
    by = policy(receiver("me"), operator=("me",), route=TO_DESK)
    assert play("1h fired A; 2h silence symbol=A 2d; 3h reload; 1d", QUIET, by, rules=RULES).told == ["3h me A"]


def test_the_end_of_what_was_told_before_has_not_come_and_gone() -> None:
    world = play("8h fired A; 25h fired B; 26h resolved A; 27h resolved B; 2d", QUIET, rules=RULES)
    assert world.told == ["8h desk A", "1d7h desk -A (B -B)"]


@pytest.mark.parametrize(
    ("script", "by", "told", "dropped"),
    [
        pytest.param("1h no_data A B; 2h fired B; 8h", QUIET, ["7h desk ?A B"], ["?B desk over"], id="quiet hours"),
        pytest.param("0s no_data A; 10s already_true A; 1h", WAITING, ["40s desk =A"], ["?A desk over"], id="a group"),
        pytest.param("0s silence symbol=A 1h; 1s no_data A; 2s fired A; 2h", WAITING,
                     ["1h desk A"], ["?A desk silence:1"], id="a silence, which says so"),
    ],
)  # fmt: skip
def test_what_has_data_again_is_not_told(script: str, by: Policy, told: list[str], dropped: list[str]) -> None:
    world = play(script, by, rules=RULES)
    assert world.told == told
    assert world.fates(ItemFate.DROPPED) == dropped


@pytest.mark.parametrize(
    ("script", "by", "told", "dropped"),
    [
        pytest.param("0s fired ALL/crash; 1m no_data A; 2m already_true A; 3m no_data A; 8h resolved ALL/crash; 9h",
                     INHIBITED, ["0s me ALL", "8h desk =A ?A", "8h me -ALL"], ["?A desk inhibited:crash"],
                     id="data is missing once more"),
        pytest.param("0s fired ALL/crash; 1m already_true A; 2m fired A; 3m resolved A; 4m fired A; "
                     "8h resolved ALL/crash; 9h",
                     INHIBITED, ["0s me ALL", "8h desk A", "8h me -ALL"],
                     ["=A desk inhibited:crash", "A desk inhibited:crash", "-A desk inhibited:crash"],
                     id="it became true once more"),
        pytest.param("0s silence symbol=A 1h; 1m no_data A; 30m silence symbol=A 2h; 40m already_true A; "
                     "50m no_data A; 3h",
                     WAITING, ["2h30m desk =A ?A"], ["?A desk silence:1"], id="one silence after the other"),
        pytest.param("1h no_data A; 2h fired A; 3h no_data A; 8h", QUIET, ["7h desk A ?A"], ["?A desk over"],
                     id="quiet hours"),
    ],
)  # fmt: skip
def test_what_is_over_is_not_told_because_it_began_once_more(
    script: str, by: Policy, told: list[str], dropped: list[str]
) -> None:
    world = play(script, by, rules=RULES)
    assert world.told == told
    assert world.fates(ItemFate.DROPPED) == dropped
