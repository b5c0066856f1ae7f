"""When the operator hears of a channel that is down."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alertd.outbox.health import Health


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


@given(st.lists(st.tuples(st.floats(0.1, 900.0), st.booleans()), max_size=300))
def test_told_in_turns_and_never_a_flood(script: list[tuple[float, bool]]) -> None:
    health, now, told = Health(), 0.0, list[tuple[float, bool]]()
    for pause, works in script:
        now += pause
        if health.worked(now) if works else health.failed(now, now):
            told.append((now, works))
    assert [works for _, works in told] == [bool(number % 2) for number in range(len(told))]
    for kind in (told[::2], told[1::2]):
        assert all(later - earlier > 3_600 for (earlier, _), (later, _) in pairwise(kind))
