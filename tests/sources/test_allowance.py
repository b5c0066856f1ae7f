"""What may be asked out of turn: by the minute, and of the month's quota."""

import pytest

from alertd.sources.allowance import CALLS, CALLS_FREE, DAYS, Allowance
from tests.fakes import START

DAY = 86_400.0


def asked(allowance: Allowance, count: int, *, now: float = START, cost: int = 1) -> int:
    """How many of them went."""
    return sum(not allowance.ask(now, cost) for _ in range(count))


@pytest.mark.parametrize(
    ("allowance", "cost", "may"),
    [
        (Allowance("it"), 1, CALLS.count),
        (Allowance("it"), 3, CALLS.count // 3),
        (Allowance("it", free=True), 1, CALLS_FREE.count),
        (Allowance("it", free=True), 0, CALLS_FREE.count),
        (Allowance("it", free=True), 1000, 1),
        (Allowance("it", pace=6), 1, 3),
        (Allowance("it", pace=1), 1, 1),
        (Allowance("it", pace=1000), 1, CALLS.count),
        (Allowance("it", quota=2 * DAYS), 1, 2),
        (Allowance("it", free=True, quota=1), 1, CALLS_FREE.count),
    ],
    ids=[
        "billed", "rounds of three", "free", "a round that takes no call", "a round over the pace", "half of the pace",
        "a slow source", "a fast source", "a small quota", "free, with a quota",
    ],
)  # fmt: skip
def test_so_many_go_at_once(allowance: Allowance, cost: int, may: int) -> None:
    assert asked(allowance, may + 5, cost=cost) == may
    assert asked(allowance, may + 5, cost=cost, now=START + DAY) == may, "a day later"


def test_what_ran_out_is_said_and_when_there_is_more() -> None:
    allowance = Allowance("it", quota=12 * DAYS)
    asked(allowance, 10)
    assert allowance.ask(START, 1) == "Chat may ask it 10 times a minute, and has: there is more in 6s."
    assert asked(allowance, 10, now=START + 60.0) == 2
    used_up = "Chat has used up what the quota leaves of today's calls to it: there is more in 1h59m."
    assert allowance.ask(START + 90.0, 1) == used_up
    assert not allowance.ask(START + 60.0 + allowance.wait(START + 60.0, 1), 1)


def test_turns_take_of_the_quota_and_are_never_refused() -> None:
    allowance = Allowance("it", quota=100 * DAYS)
    for _ in range(95):
        allowance.spend(START, 1)
    assert asked(allowance, 10) == 5
    for _ in range(1000):
        allowance.spend(START, 1)
    assert allowance.used_up(START, 1)
    assert not allowance.used_up(START + 2 * DAY, 1), "what was overspent is forgotten in time"


def test_a_clock_that_was_set_back_is_waited_for_no_longer_than_that() -> None:
    allowance = Allowance("it", quota=100 * DAYS)
    assert asked(allowance, 10) == 10
    back = START - 365 * DAY
    assert allowance.wait(back, 1) <= 2 * DAY
