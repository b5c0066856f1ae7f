"""Bars as readings: how past prices are played."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from itertools import groupby

import numpy as np

from alertd.market.columns import Floats
from alertd.model.reading import Bars, Poll, Readings


class Path(StrEnum):
    """How a bar becomes readings: one at its end, or four in it."""

    CLOSE = "close"
    OHLC = "ohlc"


def readings_of(bars: Bars, path: Path) -> tuple[Floats, Floats]:
    """(times, values) of the readings that a bar stands for, oldest first.

    CLOSE: the close, at the bar's end. OHLC: at a quarter, half, three quarters and the end: open, low, high, close
    where close >= open, else open, high, low, close.
    """
    if path is Path.CLOSE:
        return bars.end, bars.close
    quarters = np.array([0.75, 0.5, 0.25, 0.0]) * bars.interval
    rising = (bars.close >= bars.open)[:, None]
    up = np.stack([bars.open, bars.low, bars.high, bars.close], axis=1)
    down = np.stack([bars.open, bars.high, bars.low, bars.close], axis=1)
    return (bars.end[:, None] - quarters).ravel(), np.where(rising, up, down).ravel()


def polls(
    bars: Mapping[str, Bars], path: Path, *, start: float = -np.inf, end: float = np.inf, late: bool = False
) -> Iterator[Poll]:
    """The readings in [start, end] of bars by coin, in order: one poll for all that have one at that time."""
    coins = sorted(bars)
    columns = [readings_of(bars[coin], path) for coin in coins]
    times = np.concatenate([times for times, _ in columns] or [np.empty(0)])
    values = np.concatenate([values for _, values in columns] or [np.empty(0)])
    owner = np.repeat(np.arange(len(coins)), [len(times) for times, _ in columns])
    order = np.lexsort((owner, times))
    order = order[(times[order] >= start) & (times[order] <= end)]
    for at, group in groupby(order.tolist(), key=lambda k: float(times[k])):
        rows = list(group)
        first = bars[coins[owner[rows[0]]]]
        names = tuple(coins[owner[row]] for row in rows)
        yield Poll(
            first.source, at, (Readings(first.source, first.field, names, values[rows], times[rows]),), late=late
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
