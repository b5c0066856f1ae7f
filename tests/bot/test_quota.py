"""Quotas: how much goes, who is told to wait, and that one who floods costs nobody else anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.bot.quota import Quota, Word
from alertd.dispatch.policy import Cap
from tests.fakes import START

GO, WAIT, NOTHING = Word.GO, Word.WAIT, Word.NOTHING


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param([0, 0, 0], [GO, GO, GO], id="all at once"),
        pytest.param([0, 0, 0, 0, 0], [GO, GO, GO, WAIT, NOTHING], id="too much is said once"),
        pytest.param([0, 0, 0, 0, 20, 20], [GO, GO, GO, WAIT, GO, WAIT], id="one more in a third of the time"),
        pytest.param([0, 0, 0, 60, 60, 60, 60], [GO, GO, GO, GO, GO, GO, WAIT], id="full again after the whole"),
        pytest.param([0, 0, 0, 19.9, 20], [GO, GO, GO, WAIT, GO], id="not a moment too soon"),
        pytest.param([0, 0, 0, -9e6, -9e6 + 20], [GO, GO, GO, WAIT, GO], id="a clock that was set back"),
    ],
)
def test_three_a_minute(asked: list[float], words: list[Word]) -> None:
    quota: Quota[str] = Quota(Cap(3, 60.0))
    assert [quota.ask("ann", START + at) for at in asked] == words


def test_how_long_to_wait() -> None:
    quota: Quota[str] = Quota(Cap(3, 60.0))
    assert quota.wait("ann", START) == 0.0
    for _ in range(3):
        quota.ask("ann", START)
    assert quota.wait("ann", START) == pytest.approx(20.0)
    assert quota.wait("ann", START + 15) == pytest.approx(5.0)


def test_what_counts_for_several_goes_whole_or_not_at_all() -> None:
    quota: Quota[str] = Quota(Cap(3, 60.0))
    assert quota.ask("ann", START, 2) is GO
    assert quota.wait("ann", START, 2) == pytest.approx(20.0)
    assert quota.ask("ann", START, 2) is WAIT
    assert quota.ask("ann", START) is GO, "what did not go took nothing"
    assert quota.ask("ann", START + 40, 2) is GO


def test_who_floods_takes_nothing_from_others() -> None:
    quota: Quota[str] = Quota(Cap(3, 60.0))
    for second in range(60):
        for _ in range(1000):
            quota.ask("flood", START + second)
        if second % 20 == 0:
            assert quota.ask("ann", START + second) is GO


def test_it_remembers_so_many_and_no_more() -> None:
    quota: Quota[int] = Quota(Cap(1, 60.0), most=100)
    for number in range(10_000):
        quota.ask(number, START)
    assert len(quota) == 100
    assert quota.ask(9_999, START) is WAIT
    assert quota.ask(0, START) is GO


@given(
    st.lists(st.floats(0, 30, allow_nan=False), max_size=200),
    st.integers(1, 20),
    st.floats(1, 3600, allow_nan=False),
)
def test_no_span_ever_has_more_than_twice_the_cap(steps: list[float], count: int, seconds: float) -> None:
    """A bucket that is full at the beginning and filled meanwhile: the bound of GCRA."""
    quota: Quota[str] = Quota(Cap(count, seconds))
    now, went = START, []
    for step in steps:
        now += step
        if quota.ask("ann", now) is GO:
            went.append(now)
    for start in went:
        assert sum(start <= at <= start + seconds for at in went) <= 2 * count + 1
