"""The axes of a chart: which bars suit a span, where the round prices are, and the round times of a zone."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from math import ceil, floor, log10
from typing import NamedTuple

DAY = 86_400.0

INTERVALS = (60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 12 * 3600.0, DAY)
"""Lengths of bars, seconds."""

MOST_BARS = 180
"""So many candles can still be told from one another on a phone."""

_TIMES = (300, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200)
_DAYS = (1, 2, 7, 14, 28, 56, 112)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Tick(NamedTuple):
    """A place on an axis, and what stands there."""

    at: float
    label: str


def interval_for(span: float) -> float:
    """The shortest bars of which a span has few enough; the longest where none are."""
    return next((interval for interval in INTERVALS if span / interval <= MOST_BARS), INTERVALS[-1])


def prices(low: float, high: float, most: int) -> list[Tick]:
    """Round prices in [low, high], so many at the most, all written with the same decimals. low < high."""
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = power * next(each for each in _STEPS if power * each >= rough * (1 - 1e-9))
    decimals = max(0, -floor(log10(step) + 1e-9) + (abs(step / power - 2.5) < 1e-9))
    numbers = range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)
    return [Tick(number * step, f"{number * step:,.{decimals}f}") for number in numbers][: most + 1]


def times(start: float, end: float, zone: tzinfo, most: int) -> list[Tick]:
    """Round times of that zone in [start, end] (epoch seconds), so many at the most: hours and days, with the date at
    midnight."""
    span = end - start
    step = next((each for each in _TIMES if span / each <= most), None)
    first, last = (datetime.fromtimestamp(at, zone).date() for at in (start, end))
    if step is None:
        days = next((each for each in _DAYS if span / DAY / each <= most), _DAYS[-1])
        moments = [datetime.combine(day, time(), zone) for day in _dates(first, last) if day.toordinal() % days == 0]
    else:
        hours = [time(each // 3600, each % 3600 // 60) for each in range(0, int(DAY), step)]
        moments = [datetime.combine(day, hour, zone) for day in _dates(first, last) for hour in hours]
    # Where the clocks are put forward, an hour that is not there falls on the one after it.
    found = {moment.timestamp(): moment for moment in moments}
    return [Tick(at, _said(moment)) for at, moment in sorted(found.items()) if start <= at <= end]


def _dates(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _said(moment: datetime) -> str:
    """`14:30`, `5 Jan` at midnight; whatever the locale of the process."""
    if moment.time() == time():
        return f"{moment.day} {_MONTHS[moment.month - 1]}"
    return f"{moment:%H:%M}"
