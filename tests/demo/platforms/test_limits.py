"""The gate, by itself: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.demo.platforms.limits import DISCORD, TELEGRAM, Ask, Gate, Limit, Manner, Refusal, Waits, smtp
from tests.fakes import START

CHAT, OTHER = Ask("chat", "5"), Ask("chat", "6")


def let_through(gate: Gate, ask: Ask, count: int, now: float = START) -> int:
    return sum(gate.ask([ask], now) is None for _ in range(count))


@pytest.mark.parametrize(
    ("limits", "ask", "at_once", "in_a_minute"),
    [
        (TELEGRAM, Ask("overall", "bot"), 30, 30 + 1800 - 30),
        (TELEGRAM, CHAT, 4, 4 + 60 - 1),
        (TELEGRAM, Ask("group", "-5"), 20, 20),
        (DISCORD, Ask("channel", "9"), 5, 60),
        (smtp(30), Ask("mails", "a@b"), 30, 30),
        (smtp(30), Ask("attempts", "a@b"), 60, 60),
        ((), CHAT, 100, 6000),
    ],
    ids=["telegram in all", "a chat", "a group", "a channel of discord", "mails", "attempts", "no limit"],
)
def test_what_a_limit_lets_through(limits: tuple[Limit, ...], ask: Ask, at_once: int, in_a_minute: int) -> None:
    assert let_through(Gate(limits), ask, 100) == at_once
    gate = Gate(limits)
    assert sum(let_through(gate, ask, 100, START + second) for second in range(60)) == in_a_minute


def test_a_scale_multiplies_rates_and_bursts() -> None:
    gate = Gate(TELEGRAM, 100)
    assert let_through(gate, CHAT, 1000) == 400
    assert let_through(gate, CHAT, 1000, START + 1) == 100


def test_a_call_that_one_bucket_refuses_counts_in_none() -> None:
    gate = Gate(TELEGRAM)
    assert let_through(gate, CHAT, 4) == 4
    for _ in range(100):
        assert gate.ask([Ask("overall", "bot"), CHAT], START) == Refusal("chat", 1.0)
    assert let_through(gate, Ask("overall", "bot"), 100) == 30


def test_keys_are_apart() -> None:
    gate = Gate(TELEGRAM)
    assert [let_through(gate, ask, 10) for ask in (CHAT, OTHER)] == [4, 4]


def test_a_call_has_a_cost() -> None:
    gate = Gate((Limit("weight", Manner.FIXED, 100, 60.0),))
    assert [gate.ask([Ask("weight", "", 40)], START) is None for _ in range(3)] == [True, True, False]
    level = gate.level("weight", "", START + 20)
    assert level is not None
    assert (level.limit, level.remaining, level.reset) == (100, 20, 40)


@given(
    manner=st.sampled_from(Manner),
    count=st.integers(1, 20),
    per=st.floats(0.5, 60),
    burst=st.integers(1, 10),
    steps=st.lists(st.floats(0, 20), min_size=1, max_size=60),
)
def test_who_waits_as_told_passes_and_nobody_before(
    manner: Manner, count: int, per: float, burst: int, steps: list[float]
) -> None:
    gate, now = Gate((Limit("it", manner, count, per, burst),)), 0.0
    passed: list[float] = []
    for step in steps:
        now += step
        refusal = gate.ask([Ask("it", "")], now)
        if refusal:
            assert gate.ask([Ask("it", "")], now + refusal.retry_after * 0.99 - 1e-3)
            now += refusal.retry_after + 1e-6
            assert gate.ask([Ask("it", "")], now) is None
        passed.append(now)
    # No window of its length holds more than its limit; a fixed one may meet the next at its edge.
    most = {Manner.BUCKET: burst + count, Manner.SLIDING: count, Manner.FIXED: 2 * count}[manner]
    assert all(sum(start <= at < start + per for at in passed) <= most for start in passed)


def test_a_wait_is_about_its_bucket_and_ends() -> None:
    waits = Waits()
    waits.tell(CHAT, START, START + 7)
    assert waits.running([OTHER], START + 1, 0.05) is None
    assert waits.running([OTHER, CHAT], START + 1, 0.05) == Refusal("chat", 6, early=True)
    assert waits.running([CHAT], START + 7, 0.05) is None


@pytest.mark.parametrize(("after", "early"), [(0.0, False), (0.05, False), (0.06, True)])
def test_what_was_under_way_is_not_early(after: float, early: bool) -> None:
    waits = Waits()
    waits.tell(CHAT, 0, 7)
    refusal = waits.running([CHAT], after, 0.05)
    assert refusal is not None
    assert refusal.early is early
