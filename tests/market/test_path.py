"""Bars as readings."""

from dataclasses import replace

import numpy as np
import pytest

from alertd.market.path import Path, as_history, in_turn, polls, readings_of
from alertd.model.reading import Bars, Poll, Readings


def bars(coin: str, *rows: tuple[float, float, float, float, float]) -> Bars:
    """Rows are (end, open, high, low, close)."""
    end, first, high, low, close = (np.array(column) for column in zip(*rows, strict=True))
    return Bars("candles", "price", coin, 60.0, end, first, high, low, close)


UP, DOWN = (60.0, 10.0, 14.0, 9.0, 12.0), (60.0, 12.0, 14.0, 9.0, 10.0)
EVEN = (60.0, 10.0, 14.0, 9.0, 10.0)
PATHS = [
    ("the close", Path.CLOSE, UP, [(60.0, 12.0)]),
    ("a rising bar", Path.OHLC, UP, [(15.0, 10.0), (30.0, 9.0), (45.0, 14.0), (60.0, 12.0)]),
    ("a falling bar", Path.OHLC, DOWN, [(15.0, 12.0), (30.0, 14.0), (45.0, 9.0), (60.0, 10.0)]),
    (
        "an even bar rises",
        Path.OHLC,
        (60.0, 10.0, 14.0, 9.0, 10.0),
        [(15.0, 10.0), (30.0, 9.0), (45.0, 14.0), (60.0, 10.0)],
    ),
]


@pytest.mark.parametrize(("path", "bar", "expected"), [case[1:] for case in PATHS], ids=[case[0] for case in PATHS])
def test_readings_of_a_bar(
    path: Path, bar: tuple[float, float, float, float, float], expected: list[tuple[float, float]]
) -> None:
    times, values = readings_of(bars("BTC", bar), path)
    assert list(zip(times.tolist(), values.tolist(), strict=True)) == expected


def test_one_poll_for_all_that_have_a_reading_then() -> None:
    both = [bars("ETH", UP, (120.0, 1, 1, 1, 1)), bars("BTC", DOWN, (180.0, 2, 2, 2, 2))]
    made = [
        (poll.received, poll.readings[0].coins, poll.readings[0].values.tolist()) for poll in polls(both, Path.CLOSE)
    ]
    assert made == [(60.0, ("BTC", "ETH"), [10.0, 12.0]), (120.0, ("ETH",), [1.0]), (180.0, ("BTC",), [2.0])]


def test_a_part_of_it() -> None:
    one = bars("BTC", UP, (120.0, 2, 2, 2, 2), (180.0, 3, 3, 3, 3))
    assert [poll.received for poll in polls([one], Path.CLOSE, start=120.0, end=150.0)] == [120.0]
    assert as_history(one, Path.CLOSE, 120.0).end.tolist() == [60.0]
    assert list(polls([], Path.CLOSE)) == []


def test_fields_that_have_a_reading_then_come_together() -> None:
    price = bars("BTC", UP, (120.0, 2, 2, 2, 2))
    volume = replace(bars("BTC", (120.0, 5, 5, 5, 5)), field="volume(2m)", interval=120.0)
    assert [
        (poll.received, [(readings.field, readings.values.tolist()) for readings in poll.readings])
        for poll in polls([volume, price], Path.OHLC, start=50.0)
    ] == [
        (60.0, [("price", [12.0])]),
        (75.0, [("price", [2.0])]),
        (90.0, [("price", [2.0])]),
        (105.0, [("price", [2.0])]),
        (120.0, [("price", [2.0]), ("volume(2m)", [5.0])]),
    ]


def test_bars_that_came_together_are_read_in_turn() -> None:
    def column(field: str, at: float) -> Readings:
        return Readings("candles", field, ("BTC",), np.array([1.0]), np.array([at]))

    first, second, other = column("price", 60.0), column("price", 120.0), column("signal", 120.0)
    poll = Poll("candles", 130.0, (first, second, other), confirmed=(("price", ("ETH",)),))
    parts = list(in_turn(poll))
    assert [part.readings for part in parts] == [(first, other), (second,)]
    assert [part.confirmed for part in parts] == [poll.confirmed, ()]
    assert list(in_turn(Poll("candles", 130.0, (first, other)))) == [Poll("candles", 130.0, (first, other))]
