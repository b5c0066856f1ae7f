"""Grouping: group_by, group_wait, group_interval and repeat_interval, as Alertmanager has them."""

from dataclasses import replace
from datetime import UTC, time
from typing import TypedDict, Unpack

import pytest

from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.policy import Cap, Policy
from alertd.dispatch.route import Route
from alertd.dispatch.schedule import Schedule
from alertd.model.notification import Lane
from alertd.rules.rule import Active
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import World, play

RULES = [
    rule("r", tell=BOTH, notify=()),
    rule("other", tell=BOTH, notify=()),
    rule("crash", tell=BOTH, notify=(), labels={"severity": "critical"}),
]


class Grouping(TypedDict, total=False):
    group_by: tuple[str, ...]
    group_wait: float
    group_interval: float
    repeat_interval: float


def by(cap: Cap | None = None, **route: Unpack[Grouping]) -> Policy:
    return policy(receiver("desk", cap), route=Route(to=("desk",), **route))


@pytest.mark.parametrize(
    ("script", "route", "told"),
    [
        pytest.param("0s fired A B/other; 1h", by(), ["0s desk A", "0s desk B"], id="by rule"),
        pytest.param("0s fired A B/other; 1h", by(group_by=()), ["0s desk A B"], id="all in one"),
        pytest.param("0s fired A A/other B; 1h", by(group_by=("symbol",)), ["0s desk A A", "0s desk B"], id="by coin"),
        pytest.param("0s fired A B/crash; 1h", by(group_by=()), ["0s desk A", "0s desk B"], id="critical ones apart"),
        pytest.param("0s fired A; 10s fired B; 30s fired C; 1h", by(group_wait=30.0),
                     ["30s desk A B", "1m desk C"], id="group_wait"),
        pytest.param("0s fired A; 10s resolved A; 1h", by(group_wait=30.0),
                     ["30s desk (A -A)"], id="over while it waits"),
        pytest.param("0s fired A; 10s fired B/crash; 1h", by(group_wait=30.0, group_by=()),
                     ["10s desk B", "30s desk A"], id="critical does not wait"),
        pytest.param("0s fired A; 1m fired B; 2m fired C; 20m fired D; 1h", by(group_interval=300.0),
                     ["0s desk A", "5m desk B C", "20m desk D"], id="group_interval"),
        pytest.param("0s fired A; 10s fired B; 1m fired C; 1h", by(group_wait=30.0, group_interval=300.0),
                     ["30s desk A B", "5m30s desk C"], id="both"),
        pytest.param("0s fired A B; 1h resolved A; 3h resolved B; 9h", by(repeat_interval=7_200.0),
                     ["0s desk A B", "1h desk -A", "3h desk -B"], id="repeat_interval counts from the last"),
        pytest.param("0s fired A B; 5h", by(repeat_interval=7_200.0),
                     ["0s desk A B", "2h desk A B", "4h desk A B"], id="repeat_interval"),
        pytest.param("0s fired A B; 1h ack A; 3h", by(repeat_interval=7_200.0),
                     ["0s desk A B", "2h desk B"], id="what somebody has seen is not repeated"),
        pytest.param("0s fired A B; 1h silence symbol=A 2h; 5h", by(repeat_interval=7_200.0),
                     ["0s desk A B", "2h desk B", "4h desk A B"], id="nor what is silenced"),
        pytest.param("0s fired A; 1s fired B/other; 3h", by(Cap(2, 9_000.0), repeat_interval=7_200.0),
                     ["0s desk A", "1s desk B", "2h30m desk A", "2h30m desk B"], id="the cap holds it back"),
        pytest.param("0s silence rule=~.* 1h; 1s fired A B/other; 4h", by(repeat_interval=7_200.0),
                     ["1h desk A B", "3h desk B", "3h desk A"], id="what was held belongs to its own groups"),
    ],
)  # fmt: skip
def test_groups(script: str, route: Policy, told: list[str]) -> None:
    assert play(script, route, rules=RULES).told == told


def test_groups_are_not_repeated_in_quiet_hours() -> None:
    night = Hours((Span(Active(frozenset(range(7)), time(1), time(7), UTC)),))
    one = by(repeat_interval=7_200.0)
    quiet = replace(one, receivers={"desk": replace(one.receivers["desk"], quiet=night)})
    assert play("0s fired A; 9h", quiet, rules=RULES).told == ["0s desk A", "7h desk A", "9h desk A"]


def test_what_a_silence_holds_back_comes_when_it_is_ended() -> None:
    script = "0s fired A; 1h silence symbol=A 9h; 3h expire 1; 4h"
    assert play(script, by(repeat_interval=7_200.0), rules=RULES).told == ["0s desk A", "3h desk A"]


def test_a_repeat_comes_with_the_digest() -> None:
    one = by(repeat_interval=7_200.0)
    daily = replace(one, receivers={"desk": replace(one.receivers["desk"], digest=Schedule("06:00", UTC))})
    assert play("1h fired A; 2d", daily, rules=RULES).told == ["6h desk A", "1d6h desk A"]


def test_a_critical_group_is_repeated_in_its_lane() -> None:
    world = play("0s fired A/crash B; 3h", by(repeat_interval=7_200.0, group_by=()), rules=RULES)
    assert world.told == ["0s desk A", "0s desk B", "2h desk A", "2h desk B"]
    lanes = [one.lane for one in world.tables.messages.values()]
    assert lanes == [Lane.CRITICAL, Lane.NORMAL, Lane.CRITICAL, Lane.NORMAL]
    assert world.tellings == ["A desk repeated", "B desk repeated"]


def test_a_group_of_a_receiver_that_is_gone_is_forgotten() -> None:
    other = policy(receiver("me"), route=Route(to=("me",)))
    world = play("0s fired A; 1h reload; 9h", by(repeat_interval=7_200.0), other, rules=RULES)
    assert world.told == ["0s desk A"]
    assert world.tables.kept == {}


def test_a_rule_that_has_become_a_draft_is_not_repeated() -> None:
    world = World([by(repeat_interval=7_200.0)], RULES)
    world.run("0s fired A")
    world.alerts.rules["", "r"] = replace(RULES[0], draft=True)
    world.run("9h")
    assert world.told == ["0s desk A"]


def test_what_fires_no_more_is_forgotten() -> None:
    world = play("0s fired A; 1h resolved A; 9h", by(repeat_interval=7_200.0, group_interval=60.0), rules=RULES)
    assert world.tables.kept == {}
