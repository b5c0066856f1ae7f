"""Hours of routes, quiet hours and scheduled digests: what is told when, and what is not."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.dispatch.route import Route
from alertd.dispatch.schedule import Schedule
from alertd.model.notification import Destination, ItemFate, Lane
from alertd.rules.rule import Active
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import World, play

MADRID = ZoneInfo("Europe/Madrid")


def hours(begin: int, end: int, zone: ZoneInfo | None = None) -> Hours:
    return Hours((Span(Active(frozenset(range(7)), time(begin), time(end), zone or ZoneInfo("UTC"))),))


RULES = [rule("r", tell=BOTH), rule("crash", tell=BOTH, labels={"severity": "critical"})]
NIGHT, OFFICE = hours(0, 7), hours(9, 17)
QUIET = policy(replace(receiver("desk"), quiet=hours(23, 7)))


def by_route(**names: tuple[str, ...]) -> Policy:
    route = Route(to=("desk",), mute=names.get("mute"), active=names.get("active"))
    return replace(policy(route=route), hours={"night": NIGHT, "office": OFFICE, "never": Hours(())})


@pytest.mark.parametrize(
    ("script", "by", "told"),
    [
        pytest.param("1h fired BTC; 8h fired ETH", by_route(mute=("night",)),
                     ["7h desk BTC", "8h desk ETH"], id="mute"),
        pytest.param("1h fired BTC; 2h resolved BTC; 9h", by_route(mute=("night",)), [], id="came and went"),
        pytest.param("1h fired BTC; 7h resolved BTC; 9h", by_route(mute=("night",)), [], id="over as they are"),
        pytest.param("1h fired BTC/crash; 8h", by_route(mute=("night",)), ["7h desk BTC"], id="critical as well"),
        pytest.param("1h fired BTC; 18h fired ETH; 2d", by_route(active=("office",)),
                     ["9h desk BTC", "1d9h desk ETH"], id="active"),
        pytest.param("1h fired BTC; 18h", by_route(active=("never",)), [], id="never active"),
        pytest.param("1h fired BTC; 18h", by_route(mute=("gone",)), ["1h desk BTC"], id="hours that are gone"),
        pytest.param("1h fired BTC; 18h", by_route(mute=("night", "office")),
                     ["7h desk BTC"], id="one after the other"),
        pytest.param("0s fired BTC; 10h resolved BTC; 2d", by_route(mute=("office",)),
                     ["0s desk BTC", "17h desk -BTC"], id="the end of what was told before"),
    ],
)  # fmt: skip
def test_the_hours_of_a_route(script: str, by: Policy, told: list[str]) -> None:
    assert play(script, by, rules=[replace(one, notify=()) for one in RULES]).told == told


def test_two_routes_with_other_hours_to_one_receiver() -> None:
    route = Route(to=("desk",), routes=(Route(match={}, mute=("office", "night")),))
    by = replace(policy(route=route), hours={"night": hours(0, 12), "office": hours(0, 7)})
    other = Route(to=("desk",), mute=("office",))
    # What is held for the longer hours first does not keep the other back.
    world = play("1h fired BTC; 2h reload; 3h fired ETH; 13h", by, replace(by, route=other),
                 rules=[replace(one, notify=()) for one in RULES])  # fmt: skip
    assert world.told == ["7h desk BTC ETH"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("1h fired BTC; 2h fired ETH; 8h", ["7h desk BTC ETH"], id="one digest"),
        pytest.param("1h fired BTC; 2h fired ETH; 3h resolved BTC; 8h", ["7h desk ETH (BTC -BTC)"], id="came and went"),
        pytest.param("1h fired BTC; 7h resolved BTC; 8h", ["7h desk (BTC -BTC)"], id="over as they are"),
        pytest.param("1h fired BTC/crash ETH; 8h", ["1h desk BTC", "7h desk ETH"], id="critical passes"),
        pytest.param("7h fired BTC; 22h fired ETH; 23h fired SOL; 2d",
                     ["7h desk BTC", "22h desk ETH", "1d7h desk SOL"], id="their edges"),
        pytest.param("1h fired BTC; 2h reminded BTC; 3h reminded BTC; 8h", ["7h desk BTC"], id="with its reminders"),
    ],
)  # fmt: skip
def test_quiet_hours(script: str, told: list[str]) -> None:
    assert play(script, QUIET, rules=RULES).told == told


def test_quiet_hours_that_a_reload_takes_away() -> None:
    assert play("1h fired BTC; 2h reload; 8h", QUIET, policy(), rules=RULES).told == ["2h desk BTC"]


def test_a_receiver_that_a_reload_takes_away() -> None:
    world = play("1h fired BTC; 2h reload; 8h", QUIET, policy(receiver("me")), rules=RULES)
    assert world.told == []
    assert world.fates(ItemFate.DROPPED) == ["BTC desk receiver_gone"]


@pytest.mark.parametrize(
    ("evening", "lasts"),
    [(datetime(2026, 3, 28, 22, tzinfo=UTC), 7), (datetime(2026, 10, 24, 21, tzinfo=UTC), 9)],
    ids=["the short night", "the long night"],
)
def test_quiet_hours_go_by_the_zone_s_clocks(evening: datetime, lasts: int) -> None:
    by = policy(replace(receiver("desk"), quiet=hours(23, 7, MADRID)))
    assert play("0s fired BTC; 12h", by, start=evening.timestamp()).told == [f"{lasts}h desk BTC"]


def test_what_waited_for_a_receiver_that_is_gone_goes_to_the_operator() -> None:
    script = "0s silence symbol=SOL 9h; 1h fired BTC ETH SOL; 90m resolved ETH; 2h reload; 9h"
    world = play(script, QUIET, policy(receiver("me"), operator=("me",)), rules=RULES)
    assert world.told == ["2h me BTC (ETH -ETH)", "9h me SOL"]
    for message in world.tables.messages.values():
        assert message.note == "was held for desk, which is no longer in the configuration"
    assert world.fates(ItemFate.DROPPED) == [f"{sign} desk receiver_gone" for sign in ("BTC", "ETH", "SOL", "-ETH")]
    assert world.tellings == [f"{sign} me receiver_gone" for sign in ("BTC", "ETH", "-ETH", "SOL")]


@pytest.mark.parametrize("reloads", [False, True], ids=["a digest", "a receiver that is gone"])
def test_what_has_become_a_draft_is_not_told(reloads: bool) -> None:
    world = World([QUIET, policy(receiver("me"), operator=("me",))], RULES)
    world.run("1h fired BTC")
    world.alerts.rules["", "r"] = replace(RULES[0], draft=True)
    world.run("2h reload; 9h" if reloads else "9h")
    assert world.told == []
    assert world.fates(ItemFate.DROPPED) == ["BTC desk draft"]


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────


def with_digest(*, quiet: Hours | None = None, cap: Cap | None = None) -> Policy:
    desk = Receiver("desk", (Destination("chat", "1"),), digest=Schedule("0 8,18 * * *", ZoneInfo("UTC")))
    return policy(replace(desk, quiet=quiet, cap=cap))


@pytest.mark.parametrize(
    ("script", "by", "told"),
    [
        pytest.param("1h fired BTC; 2h fired ETH/crash; 9h fired SOL; 1d", with_digest(),
                     ["2h desk ETH", "8h desk BTC", "18h desk SOL"], id="at its times, but for what is critical"),
        pytest.param("1h fired BTC; 2h resolved BTC; 9h", with_digest(), ["8h desk (BTC -BTC)"], id="came and went"),
        pytest.param("8h fired BTC; 1d", with_digest(),
                     ["18h desk BTC"], id="what comes as one does waits for the next"),
        pytest.param("1h fired BTC; 1d", with_digest(quiet=hours(0, 7)), ["8h desk BTC"], id="after quiet hours"),
        pytest.param("1h fired BTC; 1d", with_digest(quiet=hours(0, 9)), ["9h desk BTC"], id="when quiet hours end"),
        pytest.param("0s silence symbol=BTC 3h; 1h fired BTC; 1d", with_digest(),
                     ["8h desk BTC"], id="after a silence"),
        pytest.param("0s fired A/crash; 10m fired BTC; 1d", with_digest(cap=Cap(1, 36_000.0)),
                     ["0s desk A", "8h desk BTC"], id="what is critical leaves the cap alone"),
        pytest.param("1h fired ETH; 9h fired BTC; 2d", with_digest(cap=Cap(1, 43_200.0)),
                     ["8h desk ETH", "20h desk BTC"], id="capped, then told and not held for another"),
    ],
)  # fmt: skip
def test_scheduled_digests(script: str, by: Policy, told: list[str]) -> None:
    assert play(script, by, rules=RULES).told == told


def test_a_digest_in_quiet_hours_comes_when_they_end() -> None:
    by = policy(replace(receiver("desk"), quiet=hours(23, 7), digest=Schedule("06:00", UTC)))
    script = "; ".join(f"{24 * day + 1}h fired N{day}; {24 * day + 12}h fired D{day}" for day in range(10))
    world = play(f"{script}; 12d", by, rules=RULES)
    assert len(world.told) == 11
    assert world.told[0] == "7h desk N0"
    assert world.told[1:10] == [f"{day}d7h desk D{day - 1} N{day}" for day in range(1, 10)]
    assert world.told[10] == "10d7h desk D9"


def test_a_digest_in_the_closed_hours_of_its_route() -> None:
    by = policy(replace(receiver("desk"), digest=Schedule("06:00", UTC)), route=Route(to=("desk",), mute=("night",)))
    by = replace(by, hours={"night": NIGHT})
    told = play("8h fired BTC; 4d", by, rules=[replace(one, notify=()) for one in RULES]).told
    assert told == ["1d7h desk BTC"]


def test_a_digest_under_a_silence_that_comes_again() -> None:
    by = replace(policy(replace(receiver("desk"), digest=Schedule("06:00", UTC))), hours={"night": NIGHT})
    world = play("0s silence symbol=BTC 30d during=night; 8h fired BTC; 4d", by, rules=RULES)
    assert world.told == ["1d6h desk BTC"]


def test_a_reload_without_the_schedule_lets_go() -> None:
    assert play("1h fired BTC; 2h reload; 1d", with_digest(), policy(), rules=RULES).told == ["2h desk BTC"]


def test_what_is_critical_goes_in_its_own_lane() -> None:
    world = play("1h fired BTC/crash ETH; 8h", QUIET, rules=RULES)
    assert [message.lane for message in world.tables.messages.values()] == [Lane.CRITICAL, Lane.NORMAL]
