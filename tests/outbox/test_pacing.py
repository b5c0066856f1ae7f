"""How many messages leave in which time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.outbox.pacing import MANY, WHOLE, Pace, Taking
from alertd.ports import Bucket, Limit
from tests.fakes import START

FREE = Limit(0.0)


def leave(overall: Limit, per_address: Limit, addresses: list[str]) -> list[float]:
    """Send one message after the other, each as soon as the pace lets it; returns the seconds from the start."""
    pace, now, times = Pace(), START, []
    for address in addresses:
        cells = pace.cells((Bucket("bot", overall), Bucket(address, per_address)))
        now = max(now, *(cell.ready_at(now) for cell in cells))
        for cell in cells:
            cell.take(now)
        times.append(now - START)
    return times


@pytest.mark.parametrize(
    ("case", "overall", "per_address", "addresses", "expected"),
    [
        ("no limit", FREE, FREE, "aaaa", [0, 0, 0, 0]),
        ("one per second and address", FREE, Limit(1), "aaba", [0, 1, 1, 2]),
        ("one per half second in all", Limit(0.5), FREE, "abc", [0, 0.5, 1.0]),
        ("a burst of three, then one per second", FREE, Limit(1, 3), "aaaaa", [0, 0, 0, 1, 2]),
        ("both limits", Limit(1), Limit(4), "aba", [0, 1, 4]),
    ],
)
def test_pace(case: str, overall: Limit, per_address: Limit, addresses: str, expected: list[float]) -> None:
    assert leave(overall, per_address, list(addresses)) == pytest.approx(expected), case


def test_the_longest_rest_holds() -> None:
    pace = Pace(rests={"bot": START + 30})
    cells = pace.cells((Bucket("bot", Limit(1)),))
    pace.rest("bot", START + 10)
    assert cells[0].ready_at(START) == pace.rest_of(cells) == START + 30
    pace.rest(WHOLE, START + 40)
    assert pace.rest_until == pace.rest_of(cells) == pace.rest_of(()) == START + 40


@pytest.mark.parametrize(
    ("case", "limit", "taken", "full_after"),
    [
        ("nothing was sent", Limit(10, 3), 0, 0),
        ("one of a burst", Limit(10, 3), 1, 10),
        ("all of a burst", Limit(10, 3), 3, 30),
        ("one at a time", Limit(10), 1, 10),
        ("no limit", FREE, 5, 0),
    ],
)
def test_a_cell_is_full_once_a_whole_burst_may_go(case: str, limit: Limit, taken: int, full_after: float) -> None:
    pace = Pace()
    (cell,) = pace.cells((Bucket("bot", limit),))
    for _ in range(taken):
        cell.take(START)
    assert cell.is_full(START + full_after), case
    assert not full_after or not cell.is_full(START + full_after - 0.1)
    pace.rest("bot", START + 50)
    assert not cell.is_full(START + full_after)


def test_what_was_sent_before_counts() -> None:
    pace = Pace([("bot", START - 1), ("bot", START)], then=START + 120)
    pace.forget(START + 1, used=set())
    (cell,) = pace.cells((Bucket("bot", Limit(10, 2)),))
    assert cell.ready_at(START + 1) == pytest.approx(START + 9)


def test_cells_are_forgotten_once_nothing_is_held_back() -> None:
    pace = Pace()
    for number in range(MANY):
        for cell in pace.cells((Bucket(f"chat-{number}", Limit(1)),)):
            cell.take(START if number % 2 else START + 100)
    used = pace.cells((Bucket("chat-1", Limit(1)),))
    pace.forget(START + 50, used={id(cell) for cell in used})
    assert pace.cells((Bucket("chat-1", Limit(1)),))[0] is used[0]
    assert pace.cells((Bucket("chat-0", Limit(1)),))[0].ready_at(START + 50) > START + 50
    assert pace.cells((Bucket("chat-3", Limit(1)),))[0].full == 0.0


def test_what_did_not_go_takes_nothing() -> None:
    pace = Pace()
    cells = pace.cells((Bucket("bot", Limit(10)), Bucket("chat", Limit(1))))
    taking = Taking()
    for _ in range(3):
        taking.take(cells, START)
    assert cells[0].ready_at(START) > START
    taking.undo()
    assert [cell.ready_at(START) for cell in cells] == [0.0, 0.0]


def test_a_clock_set_back_holds_nothing_up() -> None:
    (cell,) = Pace().cells((Bucket("bot", Limit(2, 3)),))
    for _ in range(3):
        cell.take(START)
    assert cell.ready_at(START - 3_600) == START - 3_600 + 2
    assert cell.ready_at(START - 3_598) == START - 3_598


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=60), st.integers(1, 5))
def test_no_window_holds_more_than_the_burst_and_the_rate(addresses: list[str], burst: int) -> None:
    times = leave(Limit(2, burst), FREE, addresses)
    for first in range(len(times)):
        for last in range(first, len(times)):
            assert last - first + 1 <= burst + (times[last] - times[first]) / 2 + 1e-6
