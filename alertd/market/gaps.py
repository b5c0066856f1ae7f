"""What the market does not know yet, and a source's history could tell."""

from math import isnan
from typing import NamedTuple

from alertd.market.market import Market, Series

SHORTEST = 120.0
"""A silence of less than so many seconds is no gap: the next poll is as good."""

LONGEST = 86_400.0
"""Nothing older than a day is judged after an outage."""


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
    """Before each series' first bar, as far back as its ring's windows reach: to fill them."""
    gaps = []
    for interval, ring in market.rings.items():
        start = now - ring.slots * interval
        for row in range(ring.rows.size):
            first = float(ring.rows.first[row])
            if not first <= start + interval:
                series = market.series[int(ring.rows.series[row])]
                gaps.append(Gap(series, interval, start, now if isnan(first) else first - interval))
    return gaps
