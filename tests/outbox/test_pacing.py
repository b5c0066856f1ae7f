"""How many messages leave in which time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.outbox.pacing import Pace
from alertd.ports import Pacing
from tests.fakes import START


def leave(pacing: Pacing, addresses: list[str]) -> list[float]:
    """Send one message after the other, each as soon as the pace lets it; returns the seconds from the start."""
    pace, now, times = Pace(pacing), START, []
    for address in addresses:
        now = max(now, pace.ready_at(), pace.address_ready_at(address))
        pace.take(address, now)
        times.append(now - START)
    return times


@pytest.mark.parametrize(
    ("case", "pacing", "addresses", "expected"),
    [
        ("no limit", Pacing(), "aaaa", [0, 0, 0, 0]),
        ("one per second and address", Pacing(per_address=1), "aaba", [0, 1, 1, 2]),
        ("one per half second in all", Pacing(overall=0.5), "abc", [0, 0.5, 1.0]),
        ("a burst of three, then one per second", Pacing(per_address=1, burst=3), "aaaaa", [0, 0, 0, 1, 2]),
        ("both limits", Pacing(overall=1, per_address=4), "aba", [0, 1, 4]),
    ],
)
def test_pace(case: str, pacing: Pacing, addresses: str, expected: list[float]) -> None:
    assert leave(pacing, list(addresses)) == pytest.approx(expected), case


def test_a_rest_holds_everybody() -> None:
    pace = Pace(Pacing())
    pace.rest(START + 30)
    pace.rest(START + 10)
    assert pace.ready_at() == START + 30


def test_addresses_are_forgotten_once_their_bucket_is_full() -> None:
    pace = Pace(Pacing(per_address=1))
    for number in range(5_000):
        pace.take(f"chat-{number}", START + number)
    assert len(pace._addresses) < 2_000
    assert pace.address_ready_at("chat-4999") == START + 5_000


def test_an_address_that_has_to_wait_is_not_forgotten() -> None:
    pace = Pace(Pacing(per_address=60))
    for number in range(3_000):
        pace.take(f"chat-{number}", START)
    assert pace.address_ready_at("chat-0") == START + 60


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=60), st.integers(1, 5))
def test_no_window_holds_more_than_the_burst_and_the_rate(addresses: list[str], burst: int) -> None:
    times = leave(Pacing(overall=2, burst=burst), addresses)
    for first in range(len(times)):
        for last in range(first, len(times)):
            assert last - first + 1 <= burst + (times[last] - times[first]) / 2 + 1e-6
