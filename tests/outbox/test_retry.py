"""When a failed send is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.outbox.retry import Retry
from tests.fakes import START


@pytest.mark.parametrize(
    ("attempts", "age", "ceiling"),
    [
        (0, 0.0, 1.0),
        (1, 0.0, 1.5),
        (2, 0.0, 2.25),
        (20, 599.0, 60.0),
        (20, 600.0, 300.0),
        (5000, 0.0, 60.0),
        (5000, 1e6, 300.0),
        (2, 1e6, 2.25),
    ],
    ids=lambda value: f"{value:g}",
)
def test_the_ceiling_grows_to_a_minute_and_to_five_later(attempts: int, age: float, ceiling: float) -> None:
    assert Retry().at(attempts, None, START, lambda: 1.0, age=age) == START + ceiling


def test_a_delivery_is_tried_again_about_as_long_after_an_outage_as_that_was() -> None:
    for outage in (10.0, 36.0, 120.0):
        now, attempts = 0.0, 0
        while now < outage:
            now = Retry().at(attempts, None, now, lambda: 0.5, age=now)
            attempts += 1
        assert now < 1.6 * outage


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_is_full(attempts: int, drawn: float) -> None:
    latest = Retry().at(attempts, None, START, lambda: 1.0)
    assert START <= Retry().at(attempts, None, START, lambda: drawn) <= latest


@pytest.mark.parametrize(
    ("attempts", "asked", "waited"),
    [
        (0, 1234.0, 1234.0),
        (20, 7.0, 7.0),
        (20, 1.5, 1.5),
        (0, 1e9, 86_400.0),
        (20, 0.001, 1.0),
        (2, 0.0, 1.125),
        (2, -5.0, 1.125),
    ],
)
def test_what_the_platform_asks_for_wins(attempts: int, asked: float, waited: float) -> None:
    assert Retry().at(attempts, asked, START, lambda: 0.5) == START + waited
