"""What an expression says of a series: measured once for all alerts that are bound to it."""

from dataclasses import replace
from typing import TypeVar, assert_never

import numpy as np
from numpy.typing import NDArray

from alertd.conditions.functions import bars_of
from alertd.conditions.indicators import COLUMNS, indicator, pair_indicator
from alertd.conditions.look import Look
from alertd.conditions.tree import Change, Field, Indicator, Opening, Window
from alertd.market import windows
from alertd.market.columns import Floats, Ints, Numbers, Rows
from alertd.market.ring import Ring, interval_for
from alertd.market.windows import Part

OfBars = Window | Indicator | Opening | Change
OfSeries = Field | OfBars
"""Expressions that say one thing of each series."""


Kind = TypeVar("Kind", np.float64, np.int8, np.bool_)

_PIECE = 16_384

_FEW = 4
"""Where the alerts are fewer than this part of the series, a value is measured for each alert, not for each series."""


def gather(table: NDArray[Kind], numbers: Rows | Numbers) -> NDArray[Kind]:
    """What a table by series number says of these series.

    In pieces: numpy widens numbers of 32 bits before it looks up, which takes ten times as long for a long column.
    """
    found = np.empty(len(numbers), table.dtype)
    for start in range(0, len(numbers), _PIECE):
        piece = slice(start, start + _PIECE)
        np.take(table, numbers[piece], out=found[piece], mode="clip")
    return found


def finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def table(node: OfSeries, look: Look) -> tuple[Floats, Rows] | None:
    """The value by series number, and the series of each alert; None where the alerts are so few that it is better to
    measure each of them, or where it takes a second series."""
    tick = look.tick
    if isinstance(node, Indicator) and node.other is not None:
        return None
    if isinstance(node, Field):
        return (tick.known, look.series[node]) if look.size * _FEW >= len(tick.known) else None
    key, numbers = replace(node, field=_ANY), look.series[node.field]
    found = tick.tables.get(key)
    if found is None:
        ring = tick.market.rings.get(_interval(node))
        if ring is None or look.size * _FEW < ring.rows.size:
            return None
        every = slice(0, ring.rows.size)
        owners = ring.rows.series[every]
        found = tick.tables[key] = np.full(len(tick.known), np.nan)
        found[owners] = _measured(node, ring, every, tick.known[owners], tick.now)
    return found, numbers


def of_series(node: OfSeries, look: Look) -> Floats:
    found = table(node, look)
    if found is not None:
        return gather(*found)
    tick = look.tick
    if isinstance(node, Field):
        known: Floats = tick.known[look.series[node]]
        return known
    values = np.full(look.size, np.nan)
    ring = tick.market.rings.get(_interval(node))
    if ring is None:
        return values
    if isinstance(node, Indicator) and node.other is not None:
        return _of_pairs(node, node.other, ring, look)
    numbers = look.series[node.field]
    rows = tick.market.rows(ring.interval, numbers)
    there = (rows >= 0).nonzero()[0]
    values[there] = _measured(node, ring, rows[there], tick.known[numbers[there]], tick.now)
    return values


_ANY = Field("")


def _interval(node: OfBars) -> float:
    """The length of the bars that it is made of."""
    return interval_for(node.seconds) if isinstance(node, Window | Change) else node.interval


def _measured(node: OfBars, ring: Ring, rows: Part, values: Floats, now: float) -> Floats:
    """For rows of a ring; unknown where the series' `values` are."""
    match node:
        case Window():
            found = _window(node, ring, rows, values, now)
        case Change(_, seconds):
            past = windows.close_by(ring, rows, now - seconds)
            found = 100.0 * (values / past - 1.0)
            found[~windows.complete(ring, rows, seconds, now)] = np.nan
        case Opening():
            found = windows.opening(ring, rows, now)
        case Indicator():
            found = _indicator(node, ring, now)[rows]
        case _:
            assert_never(node)
    return np.where(np.isfinite(found) & ~np.isnan(values), found, np.nan)


def _window(node: Window, ring: Ring, rows: Part, values: Floats, now: float) -> Floats:
    seconds = node.seconds
    match node.function:
        case "highest":
            return windows.highest(ring, rows, seconds, now)
        case "lowest":
            return windows.lowest(ring, rows, seconds, now)
        case "drawdown":
            return 100.0 * (1.0 - values / windows.highest(ring, rows, seconds, now))
        case "high":
            found = windows.highest(ring, rows, seconds, now, before=True)
        case "low":
            found = windows.lowest(ring, rows, seconds, now, before=True)
        case "average":
            found = windows.average(ring, rows, seconds, now)
        case function:
            before = ring.rows.before[rows]
            level = windows.level_above if function == "resistance" else windows.level_below
            found = level(ring, rows, seconds, now, np.where(np.isnan(before), values, before))
    return np.where(windows.complete(ring, rows, seconds, now), found, np.nan)


def _indicator(node: Indicator, ring: Ring, now: float) -> Floats:
    """For all rows of a ring: between the ends of bars it stays as it is."""
    count = bars_of(node.function, node.arguments)

    def made() -> tuple[Floats]:
        bars = windows.closed_bars(ring, count, now, COLUMNS.get(node.function, ("close",)))
        return (np.full(ring.rows.size, np.nan) if bars is None else indicator(node.function, node.arguments, bars),)

    return ring.kept((node.function, node.arguments), windows.closed_span(ring, count, now), made)[0]


def _of_pairs(node: Indicator, other: Field, ring: Ring, look: Look) -> Floats:
    """Of two series: once for each distinct pair of them."""
    market, known, now = look.tick.market, look.tick.known, look.tick.now
    count, name = bars_of(node.function, node.arguments), (node.function, node.arguments)
    span = windows.closed_span(ring, count, now)
    many = ring.rows.size + 1
    ones, others = (market.rows(ring.interval, look.series[of]) for of in (node.field, other))
    pairs, place = np.unique((ones + 1) * many + others + 1, return_inverse=True)

    def made(pairs: Ints) -> tuple[Floats, ...]:
        values = np.full(len(pairs), np.nan)
        rows = pairs // many - 1, pairs % many - 1
        there = ((rows[0] >= 0) & (rows[1] >= 0)).nonzero()[0]
        bars = windows.pair_bars(ring, (rows[0][there], rows[1][there]), count, now)
        if bars is not None:
            values[there] = finite(pair_indicator(node.function, *bars))
        return pairs.astype(np.float64), values

    kept = ring.kept(name, span, lambda: made(pairs))
    if not np.isin(pairs, kept[0]).all():
        kept = ring.keep(name, span, made(np.union1d(kept[0].astype(np.int64), pairs)))
    values = kept[1][np.searchsorted(kept[0], pairs)][place]
    unknown = np.isnan(known[look.series[node.field]]) | np.isnan(known[look.series[other]])
    return np.where(unknown, np.nan, values)
