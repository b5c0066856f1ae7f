"""What an expression is worth at time t for one coin; None is UNKNOWN."""

from functools import singledispatch
from math import isfinite

from tests.opinion.indicators import correlation, indicate, last_bars, needed
from tests.opinion.look import Look
from tests.opinion.readings import Bar, Series, bars, before_window, end_of, in_window
from tests.opinion.values import (
    Age,
    Bars,
    Change,
    Dur,
    Expression,
    Field,
    Math,
    Num,
    Opening,
    Pct,
    Rank,
    Window,
)


def equal(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def number(tree: Expression, look: Look) -> float | None:
    """Non-finite results and division by zero are UNKNOWN."""
    try:
        value = worth(tree, look)
    except (ZeroDivisionError, OverflowError):
        return None
    return value if value is not None and isfinite(value) else None


@singledispatch
def worth(tree: Expression, look: Look) -> float | None:
    raise TypeError(f"there is no opinion on {tree}")


@worth.register
def _(tree: Num | Pct, look: Look) -> float | None:
    return tree.value


@worth.register
def _(tree: Dur, look: Look) -> float | None:
    return tree.seconds


@worth.register
def _(tree: Field, look: Look) -> float | None:
    """The latest value; a missing or stale one is UNKNOWN."""
    series = look.series(tree)
    return series.value(look.time) if series else None


@worth.register
def _(tree: Math, look: Look) -> float | None:
    a, b = number(tree.left, look), number(tree.right, look)
    if a is None or b is None:
        return None
    match tree.operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case _:
            return a / b


@worth.register
def _(tree: Age, look: Look) -> float | None:
    """Always known: since the source last spoke of it, else since the alert was added."""
    series = look.series(tree.field)
    return look.time - (series.seen if series and series.readings else look.added)


@worth.register
def _(tree: Window, look: Look) -> float | None:
    """Known once the series has a bar that ended at or before t − W; an empty window is UNKNOWN."""
    series = look.fresh(tree.field)
    if not series:
        return None
    known = before_window(series.readings, tree.seconds, look.time)
    whole = in_window(series.readings, tree.seconds, look.time)
    # `high` and `low` leave out the reading that is being judged, which is the last one.
    others = in_window(series.readings[:-1], tree.seconds, look.time)
    match tree.function:
        case "drawdown":
            return 100 * (1 - series.readings[-1][1] / max(bar.high for bar in whole)) if whole else None
        case "high":
            return max(bar.high for bar in others) if known and others else None
        case "low":
            return min(bar.low for bar in others) if known and others else None
        case "average":
            return sum(bar.close for bar in whole) / len(whole) if known and whole else None
        case _:
            return _level(tree, series, look.time) if known else None


def _level(tree: Window, series: Series, t: float) -> float | None:
    """Resistance: the lowest swing high at or above the reading before the one being judged; support: the mirror
    image. Swings are Bill Williams' fractals, of five closed bars of the window."""
    up = 1.0 if tree.function == "resistance" else -1.0
    before = (series.readings[-2] if len(series.readings) > 1 else series.readings[-1])[1]
    closed = [bar for bar in in_window(series.readings, tree.seconds, t) if bar.end <= t]
    tops = [up * (bar.high if up > 0 else bar.low) for bar in closed]
    swings = [tops[k] for k in range(2, len(closed) - 2) if max(tops[k - 2 : k]) < tops[k] >= max(tops[k + 1 : k + 3])]
    levels = [top for top in swings if top >= up * before or equal(top, up * before)]
    return up * min(levels) if levels else None


@worth.register
def _(tree: Change, look: Look) -> float | None:
    """f(t) / (f at the last bar ended at or before t − W) − 1."""
    series = look.fresh(tree.field)
    before = before_window(series.readings, tree.seconds, look.time) if series else []
    return 100 * (series.readings[-1][1] / before[-1].close - 1) if series and before else None


@worth.register
def _(tree: Bars, look: Look) -> float | None:
    """Of two fields: over the bars that both have."""
    kinds = [tree.field, tree.other] if tree.other else [tree.field]
    made = [bars(series.readings, tree.interval) for series in map(look.fresh, kinds) if series]
    if len(made) < len(kinds):
        return None
    ends = set.intersection(*({bar.end for bar in of} for of in made))
    count = needed(tree.function, tree.numbers)
    found = [last_bars([bar for bar in of if bar.end in ends], count, tree.interval, look.time) for of in made]
    return _over(tree, [of for of in found if of])


def _over(tree: Bars, found: list[list[Bar]]) -> float | None:
    if not found:
        return None
    closes = [[bar.close for bar in of] for of in found]
    if tree.function == "correlation":
        return correlation(*closes)
    if tree.function == "vwap":
        return sum(closes[0]) / sum(closes[1])
    return indicate(tree.function, tree.numbers, found[0])


@worth.register
def _(tree: Opening, look: Look) -> float | None:
    """The first reading of the bar that is running."""
    series = look.fresh(tree.field)
    end = end_of(look.time, tree.interval)
    found = [value for at, value in series.readings if end_of(at, tree.interval) == end] if series else []
    return found[0] if found else None


@worth.register
def _(tree: Rank, look: Look) -> float | None:
    """1 + the number of the rule's coins with a larger known value."""
    own = number(tree.of, look)
    if own is None:
        return None
    others = [number(tree.of, look.at(coin)) for coin in look.coins]
    return 1.0 + sum(value is not None and value > own and not equal(value, own) for value in others)
