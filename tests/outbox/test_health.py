"""When the operator hears of a channel that is down."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.dispatch.notice import recovery_key
from alertd.outbox.health import Health
from alertd.ports import Limit
from tests.outbox.stand import post, refused


def test_four_failures_in_a_row_are_told_once() -> None:
    health = Health()
    assert [health.failed(at, at) for at in range(8)] == [False, False, False, True, False, False, False, False]


def test_it_is_down_after_four_failures_in_a_row_until_one_works() -> None:
    health = Health()
    down = []
    for at in range(5):
        health.failed(at, at)
        down.append(health.down)
    health.worked(5)
    assert [*down, health.down] == [False, False, False, True, True, False]


def test_a_minute_of_nothing_but_failures_is_told() -> None:
    health = Health()
    assert [health.failed(at - 10, at) for at in (10, 45, 71)] == [False, False, True]


@pytest.mark.parametrize(
    ("failures", "for_good", "said"),
    [
        ([0, 1, 2], False, ""),
        ([0, 1, 2, 3], False, "takes nothing for 30s: HTTP 502"),
        ([0], True, "takes nothing for 30s: HTTP 502"),
        ([-45], False, "takes nothing for 1m15s: HTTP 502"),
    ],
    ids=["three", "four", "a refused credential", "one, a minute ago"],
)
def test_what_is_down_says_for_how_long_and_why(failures: list[float], for_good: bool, said: str) -> None:
    health = Health()
    assert health.trouble(30) == ""
    health.why = "HTTP 502"
    for at in failures:
        health.failed(at, at, for_good=for_good)
    assert health.trouble(30) == said
    health.worked(30)
    assert health.trouble(100) == ""


async def test_a_courier_says_what_of_its_channel_is_down() -> None:
    one_server = refused("unauthorized", bucket="chat:ann").only("hooks.example")
    async with post(one_server, refused("unauthorized", whole_channel=True), per_address=Limit(0.0)) as it:
        await it.put("ann")
        await it.clock.advance(5)
        assert it.courier.troubles(it.clock.now()) == {"hooks.example": "takes nothing for 5s: no"}
        await it.put("bob")
        assert it.courier.troubles(it.clock.now()) == {
            "hooks.example": "takes nothing for 5s: no",
            "": "takes nothing for 0s: no",
        }
        await it.clock.advance(3_600)
        assert it.courier.troubles(it.clock.now()) == {}


def test_attempts_under_way_together_count_once() -> None:
    health = Health()
    assert not any(health.failed(0.0, 1.0 + number / 8) for number in range(8))


def test_a_success_begins_anew() -> None:
    health = Health()
    for at in range(3):
        health.failed(at, at)
    assert not health.worked(3)
    assert not any(health.failed(at, at) for at in (100, 101, 102))


def test_the_recovery_is_told_once_and_only_after_trouble_was() -> None:
    health = Health()
    assert not health.worked(0)
    assert health.failed(1, 1, for_good=True)
    assert [health.worked(2), health.worked(3)] == [True, False]


def test_trouble_within_the_hour_is_told_after_it_if_it_lasts() -> None:
    health = Health()
    health.failed(0, 0, for_good=True)
    health.worked(10)
    told = [at for at in range(20, 9_000, 10) if health.failed(at, at)]
    assert told == [3_670]


KEY, OVER = "delivery:chat", recovery_key("delivery:chat")


@pytest.mark.parametrize(
    ("told", "failed", "worked"),
    [
        ({}, True, False),
        ({KEY: 100.0}, False, True),
        ({KEY: 100.0, OVER: 200.0}, False, False),
        ({KEY: 300.0, OVER: 200.0}, False, True),
        ({KEY: -9_000.0, OVER: -8_000.0}, True, False),
        ({"delivery:mail": 100.0}, True, False),
    ],
    ids=["nothing", "trouble", "its end, just now", "trouble again", "its end, long ago", "another's"],
)
def test_a_restart_knows_what_was_told(told: dict[str, float], failed: bool, worked: bool) -> None:
    assert Health.of(KEY, told).failed(400, 400, for_good=True) is failed
    assert Health.of(KEY, told).worked(400) is worked


@given(st.lists(st.tuples(st.floats(0.1, 900.0), st.booleans(), st.booleans()), max_size=300))
def test_told_in_turns_and_never_a_flood(script: list[tuple[float, bool, bool]]) -> None:
    """Whatever restarts there are."""
    health, now, told, known = Health(), 0.0, list[tuple[float, bool]](), dict[str, float]()
    for pause, works, restarts in script:
        now += pause
        if restarts:
            health = Health.of(KEY, known)
        if health.worked(now) if works else health.failed(now, now):
            told.append((now, works))
            known[OVER if works else KEY] = now
    assert [works for _, works in told] == [bool(number % 2) for number in range(len(told))]
    for kind in (told[::2], told[1::2]):
        assert all(later - earlier > 3_600 for (earlier, _), (later, _) in pairwise(kind))
