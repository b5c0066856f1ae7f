"""When a failed send is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.outbox.retry import Retry
from tests.fakes import START


@pytest.mark.parametrize(
    ("attempts", "ceiling"),
    [(0, 1.0), (1, 2.0), (2, 4.0), (8, 256.0), (9, 300.0), (5000, 300.0)],
    ids=lambda value: f"{value:g}",
)
def test_the_ceiling_doubles_up_to_five_minutes(attempts: int, ceiling: float) -> None:
    assert Retry().at(attempts, None, START, lambda: 1.0) == START + ceiling


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_is_full(attempts: int, drawn: float) -> None:
    latest = Retry().at(attempts, None, START, lambda: 1.0)
    assert START <= Retry().at(attempts, None, START, lambda: drawn) <= latest


@pytest.mark.parametrize(
    ("attempts", "asked", "waited"), [(0, 1234.0, 1234.0), (3, 0.0, 4.0), (3, 1.5, 4.0), (3, 4.5, 4.5)]
)
def test_what_the_platform_asks_for_is_the_least(attempts: int, asked: float, waited: float) -> None:
    assert Retry().at(attempts, asked, START, lambda: 0.5) == START + waited
