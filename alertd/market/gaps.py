"""What the market does not know yet, and a source's history could tell."""

from math import isnan
from typing import NamedTuple

import numpy as np

from alertd.market.columns import Flags
from alertd.market.market import NOWHERE, Market, Series
from alertd.market.ring import Ring

SHORTEST = 120.0
"""A silence of less than so many seconds is no gap: the next poll is as good."""

DAY = 86_400.0

LONGEST = DAY
"""Nothing older than a day is judged after an outage."""

_SHORTER = {604_800.0: DAY}
"""Weeks begin on Thursday, as the epoch did, and at the sources on Monday: they are asked for in days."""


class Gap(NamedTuple):
    """Bars of `interval` seconds that ended in (start, end] are missing."""

    series: Series
    interval: float
    start: float
    end: float


def unseen(market: Market, now: float) -> list[Gap]:
    """Since each series' last reading, where that is a while ago: to be judged, late."""
    gaps = []
    for number in range(1, market.latest.size):
        last = float(market.latest.at[number])
        if now - last > SHORTEST:
            gaps.append(Gap(market.series[number], 60.0, max(last, now - LONGEST), now))
    return gaps


def unfilled(market: Market, now: float) -> list[Gap]:
    """Before each series' first bar, as far back as its windows reach, and where first readings are asked for that were
    not kept: to fill them."""
    gaps = []
    for interval, ring in market.rings.items():
        rows = ring.rows
        starts = now - rows.slots[: rows.size] * interval
        short = ~(rows.first[: rows.size] <= starts + interval)
        unopened = _unopened(ring)
        for row in np.flatnonzero(short | unopened).tolist():
            first = float(rows.first[row])
            end = now if isnan(first) or unopened[row] else first - interval
            series = market.series[int(rows.series[row])]
            gaps.append(Gap(series, _SHORTER.get(interval, interval), float(starts[row]), end))
    return [gap for gap in gaps if gap.series != NOWHERE]


def _unopened(ring: Ring) -> Flags:
    """The rows with bars whose first readings are not known."""
    size = ring.rows.size
    if not ring.opens:
        return np.zeros(size, np.bool_)
    unopened: Flags = (np.isnan(ring.open[:, :size]) & ~np.isnan(ring.high[:, :size])).any(axis=0)
    return unopened
