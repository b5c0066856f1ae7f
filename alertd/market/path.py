"""Bars as readings: how past prices are played."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from itertools import groupby

import numpy as np

from alertd.market.columns import Floats
from alertd.market.feeds import comes_per_bar
from alertd.model.reading import Bars, Poll, Readings


class Path(StrEnum):
    """How a bar becomes readings: one at its end, or four in it."""

    CLOSE = "close"
    OHLC = "ohlc"


def readings_of(bars: Bars, path: Path) -> tuple[Floats, Floats]:
    """(times, values) of the readings that a bar stands for, oldest first.

    CLOSE: the close, at the bar's end. OHLC: at a quarter, half, three quarters and the end: open, low, high, close
    where close >= open, else open, high, low, close. What comes per bar is one reading, at the bar's end.
    """
    if path is Path.CLOSE or comes_per_bar(bars.field):
        return bars.end, bars.close
    quarters = np.array([0.75, 0.5, 0.25, 0.0]) * bars.interval
    rising = (bars.close >= bars.open)[:, None]
    up = np.stack([bars.open, bars.low, bars.high, bars.close], axis=1)
    down = np.stack([bars.open, bars.high, bars.low, bars.close], axis=1)
    return (bars.end[:, None] - quarters).ravel(), np.where(rising, up, down).ravel()


def polls(
    bars: Iterable[Bars], path: Path, *, start: float = -np.inf, end: float = np.inf, late: bool = False
) -> Iterator[Poll]:
    """The readings in [start, end] of bars of one source, in order: one poll for all the fields and coins that have one
    at that time."""
    ordered = sorted(bars, key=lambda each: (each.field, each.coin))
    columns = [readings_of(each, path) for each in ordered]
    times = np.concatenate([times for times, _ in columns] or [np.empty(0)])
    values = np.concatenate([values for _, values in columns] or [np.empty(0)])
    owner = np.repeat(np.arange(len(ordered)), [len(times) for times, _ in columns])
    order = np.lexsort((owner, times))
    order = order[(times[order] >= start) & (times[order] <= end)]
    for at, group in groupby(order.tolist(), key=lambda k: float(times[k])):
        by_field = groupby(group, key=lambda k: ordered[owner[k]].field)
        rows = [(field, list(of_field)) for field, of_field in by_field]
        source = ordered[owner[rows[0][1][0]]].source
        yield Poll(
            source,
            at,
            tuple(
                Readings(source, field, tuple(ordered[owner[k]].coin for k in own), values[own], times[own])
                for field, own in rows
            ),
            late=late,
        )


def in_turn(poll: Poll) -> Iterator[Poll]:
    """A poll with several readings of one field (bars that came since the last look), one after the other: each is
    judged."""
    rounds: list[list[Readings]] = []
    counts: Counter[str] = Counter()
    for readings in poll.readings:
        turn = counts[readings.field]
        counts[readings.field] += 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(readings)
    if len(rounds) < 2:
        yield poll
        return
    yield replace(poll, readings=tuple(rounds[0]))
    for later in rounds[1:]:
        yield Poll(poll.source, poll.received, tuple(later), late=poll.late)


def as_history(bars: Bars, path: Path, before: float) -> Bars:
    """What of the bars lies before a time, as bars without length that only fill the market: one for each reading."""
    times, values = readings_of(bars, path)
    at, column = times[times < before], values[times < before]
    return Bars(bars.source, bars.field, bars.coin, 0.0, at, column, column, column, column)
