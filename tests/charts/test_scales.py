"""Axes: how many places they have, and what stands there."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.charts.scales import DAY, INTERVALS, MOST_BARS, interval_for, prices, times
from tests.fakes import START

HOUR = 3600.0
EVENING = ("08:00", "12:00", "16:00", "20:00")


@pytest.mark.parametrize(
    ("span", "interval"),
    [
        (HOUR, 60.0),
        (4 * HOUR, 300.0),
        (DAY, 900.0),
        (2 * DAY, HOUR),
        (7 * DAY, HOUR),
        (30 * DAY, 4 * HOUR),
        (90 * DAY, 12 * HOUR),
        (365 * DAY, DAY),
    ],
)
def test_bars_suit_the_span(span: float, interval: float) -> None:
    assert interval_for(span) == interval


@given(span=st.floats(60.0, 400 * DAY))
def test_no_chart_has_more_bars_than_can_be_told_apart(span: float) -> None:
    assert span / interval_for(span) <= MOST_BARS or interval_for(span) == INTERVALS[-1]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (290.0, 360.0, ["300", "320", "340", "360"]),
        (69_500.0, 71_400.0, ["69,500", "70,000", "70,500", "71,000"]),
        (0.98, 1.02, ["0.98", "0.99", "1.00", "1.01", "1.02"]),
        (111.0, 123.0, ["112.5", "115.0", "117.5", "120.0", "122.5"]),
        (2.9e-7, 3.6e-7, ["0.00000030", "0.00000032", "0.00000034", "0.00000036"]),
    ],
)
def test_prices_are_round(low: float, high: float, labels: list[str]) -> None:
    assert [tick.label for tick in prices(low, high, 5)] == labels


@given(low=st.floats(1e-9, 1e7), width=st.floats(1e-3, 10.0), most=st.integers(2, 8))
def test_prices_lie_inside_and_are_told_apart(low: float, width: float, most: int) -> None:
    high = low * (1 + width)
    ticks = prices(low, high, most)
    assert 1 <= len(ticks) <= most + 1
    assert all(low * (1 - 1e-6) <= tick.at <= high * (1 + 1e-6) for tick in ticks)
    assert all(float(tick.label.replace(",", "")) == pytest.approx(tick.at) for tick in ticks)
    assert len({tick.label for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("case", "start", "span", "zone", "labels"),
    [
        ("a day", START + 7 * HOUR, DAY, "UTC", [*EVENING, "2 Jan", "04:00"]),
        ("a zone", START + 7 * HOUR, DAY, "Europe/Madrid", [*EVENING, "2 Jan", "04:00", "08:00"]),
        ("half an hour off", START, 4 * HOUR, "Asia/Kolkata", ["06:00", "07:00", "08:00", "09:00"]),
        ("an hour", START + 300, HOUR, "UTC", ["00:15", "00:30", "00:45", "01:00"]),
        ("a week", START + 5, 7 * DAY, "UTC", ["2 Jan", "4 Jan", "6 Jan", "8 Jan"]),
        ("a month", START + 5, 30 * DAY, "UTC", ["4 Jan", "11 Jan", "18 Jan", "25 Jan"]),
    ],
)  # fmt: skip
def test_times_are_round(case: str, start: float, span: float, zone: str, labels: list[str]) -> None:
    assert [tick.label for tick in times(start, start + span, ZoneInfo(zone), 6)] == labels, case


@given(
    start=st.floats(START, START + 365 * DAY),
    span=st.floats(60.0, 400 * DAY),
    zone=st.sampled_from(("UTC", "Europe/Madrid", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")),
)
def test_times_lie_inside_in_order_and_are_few(start: float, span: float, zone: str) -> None:
    ticks = times(start, start + span, ZoneInfo(zone), 6)
    places = [tick.at for tick in ticks]
    assert len(ticks) <= 8
    assert places == sorted(set(places))
    assert all(start <= at <= start + span for at in places)
