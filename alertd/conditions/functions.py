"""The functions that a condition may call: one row each, which the parser, the type check and the pages go by.

What a function counts over comes last in its parentheses: a window of time, or the interval of its bars. Before it
stand the plain numbers, before these the field, which is `price` unless one is named.
"""

from collections.abc import Mapping
from types import MappingProxyType

from alertd.conditions.fields import Unit
from alertd.conditions.signatures import (
    INTERVALS,
    MOST_BARS,
    Argument,
    FunctionSpec,
    Kind,
    exponential_bars,
    macd_bars,
    n_bars,
    one_bar,
    pair_bars,
    signal_bars,
    wilder_bars,
)

__all__ = ["FUNCTIONS", "INTERVALS", "MOST_BARS", "Argument", "FunctionSpec", "Kind", "bars_of"]

_N = (Argument("n"),)
_N2 = (Argument("n", 2),)
_FAST_SLOW = (Argument("fast", 2), Argument("slow", 2))
_WILDER = "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978"
_APPEL = "Gerald Appel, 1979"
_FRACTALS = "Bill Williams' fractals, Trading Chaos, 1995"

_TABLE = (
    FunctionSpec(
        "high",
        Kind.WINDOW,
        None,
        "high(24h)",
        "the highest value of the window, the reading being judged left out",
        "price > high(24h)",
    ),
    FunctionSpec(
        "low",
        Kind.WINDOW,
        None,
        "low(24h)",
        "the lowest value of the window, the reading being judged left out",
        "price < low(7d)",
    ),
    FunctionSpec(
        "average",
        Kind.WINDOW,
        None,
        "average(24h)",
        "the mean of the window's readings, the one being judged among them",
        "volume(1h) > 3 * average(volume(1h), 7d)",
    ),
    FunctionSpec(
        "drawdown",
        Kind.WINDOW,
        Unit.PERCENT,
        "drawdown(30d)",
        "percent below the highest value of the window, the reading being judged among them; known from the first"
        " reading on",
        "drawdown(30d) > 20%",
        relative=True,
    ),
    FunctionSpec(
        "resistance",
        Kind.WINDOW,
        None,
        "resistance(30d)",
        "the lowest swing high of the window that is at least the value before the reading being judged; a swing high"
        " is a bar higher than the two before it and at least as high as the two after it",
        "price breaks resistance(30d)",
        reference=_FRACTALS,
    ),
    FunctionSpec(
        "support",
        Kind.WINDOW,
        None,
        "support(30d)",
        "the highest swing low of the window that is at most the value before the reading being judged; a swing low is"
        " a bar lower than the two before it and at least as low as the two after it",
        "price breaks support(30d), holds 15m",
        reference=_FRACTALS,
    ),
    FunctionSpec(
        "change",
        Kind.CHANGE,
        Unit.PERCENT,
        "change(price, 1h)",
        "percent against the value at the last bar that ended one window ago or before",
        "change(price, 1h) > 5%",
        relative=True,
    ),
    FunctionSpec(
        "open",
        Kind.INDICATOR,
        None,
        "open(1d)",
        "the first reading of the last closed bar",
        "close(1d) > 1.03 * open(1d)",
        bars=one_bar,
    ),
    FunctionSpec(
        "close",
        Kind.INDICATOR,
        None,
        "close(4h)",
        "the last reading of the last closed bar",
        "close(4h) crosses above 70k",
        bars=one_bar,
    ),
    FunctionSpec(
        "sma",
        Kind.INDICATOR,
        None,
        "sma(50, 1d)",
        "the mean of the last n closes",
        "price crosses above sma(50, 1d)",
        _N,
        n_bars,
    ),
    FunctionSpec(
        "ema",
        Kind.INDICATOR,
        None,
        "ema(20, 4h)",
        "the exponential mean of closes with α = 2/(n+1), seeded with the mean of the first n of n + 2.5·n bars",
        "ema(20, 4h) crosses above ema(50, 4h)",
        _N2,
        exponential_bars,
    ),
    FunctionSpec(
        "stddev",
        Kind.INDICATOR,
        None,
        "stddev(20, 1h)",
        "the population standard deviation of the last n closes",
        "stddev(20, 1h) > 0.02 * price",
        _N2,
        n_bars,
    ),
    FunctionSpec(
        "zscore",
        Kind.INDICATOR,
        Unit.NUMBER,
        "zscore(20, 1h)",
        "how many standard deviations the last close is above the mean of the last n",
        "zscore(volume(1h), 50, 1h) > 3",
        _N2,
        n_bars,
    ),
    FunctionSpec(
        "bollinger",
        Kind.INDICATOR,
        None,
        "bollinger(20, 2, 1h)",
        "the mean of the last n closes plus k standard deviations: the upper band, or the lower one where k is below 0",
        "price < bollinger(20, -2, 1h)",
        (*_N2, Argument("k", whole=False)),
        n_bars,
        reference="John Bollinger, Bollinger on Bollinger Bands, 2001",
    ),
    FunctionSpec(
        "rsi",
        Kind.INDICATOR,
        Unit.GRADE,
        "rsi(14, 1h)",
        "the relative strength of closes, 0 to 100, gains and losses smoothed by 1/n over 5·n bars after the first n;"
        " 100 where there are only gains, 50 where nothing changed",
        "rsi(14, 1h) < 30",
        _N2,
        wilder_bars,
        reference=_WILDER,
    ),
    FunctionSpec(
        "atr",
        Kind.INDICATOR,
        None,
        "atr(14, 1h)",
        "the average true range: the largest of high − low, |high − close before| and |low − close before|, smoothed by"
        " 1/n over 5·n bars after the first n",
        "atr(14, 1h) > 0.03 * price",
        _N2,
        wilder_bars,
        reference=_WILDER,
    ),
    FunctionSpec(
        "macd",
        Kind.INDICATOR,
        None,
        "macd(12, 26, 4h)",
        "the exponential mean of the fast number of closes minus that of the slow one",
        "macd(12, 26, 4h) crosses above macd_signal(12, 26, 9, 4h)",
        _FAST_SLOW,
        macd_bars,
        reference=_APPEL,
    ),
    FunctionSpec(
        "macd_signal",
        Kind.INDICATOR,
        None,
        "macd_signal(12, 26, 9, 4h)",
        "the exponential mean of the last values of macd",
        "macd(12, 26, 1d) < macd_signal(12, 26, 9, 1d)",
        (*_FAST_SLOW, Argument("signal", 2)),
        signal_bars,
        reference=_APPEL,
    ),
    FunctionSpec(
        "macd_histogram",
        Kind.INDICATOR,
        None,
        "macd_histogram(12, 26, 9, 4h)",
        "macd minus its signal",
        "macd_histogram(12, 26, 9, 4h) crosses above 0",
        (*_FAST_SLOW, Argument("signal", 2)),
        signal_bars,
        reference=_APPEL,
    ),
    FunctionSpec(
        "vwap",
        Kind.INDICATOR,
        Unit.MONEY,
        "vwap(24, 1h)",
        "the mean price of what was traded in the last n bars: money traded by coins traded",
        "price crosses below vwap(24, 1h)",
        _N,
        n_bars,
    ),
    FunctionSpec(
        "correlation",
        Kind.INDICATOR,
        Unit.NUMBER,
        "correlation(BTC.price, 30, 1d)",
        "Pearson's correlation of the last n changes (log of close by close before) with those of another field, on"
        " bars that both have; of any two fields where two are named",
        "correlation(BTC.price, 30, 1d) < 0.2",
        _N2,
        pair_bars,
        reference="Karl Pearson, 1895",
    ),
    FunctionSpec(
        "age",
        Kind.AGE,
        Unit.DURATION,
        "age(price)",
        "how long ago the field's last reading was; always known",
        "age(price) > 10m",
    ),
    FunctionSpec(
        "count",
        Kind.BREADTH,
        Unit.NUMBER,
        "count(where price down 5% in 1h)",
        "on how many of the rule's coins the condition is true",
        "count(where price down 5% in 1h) > 10",
    ),
    FunctionSpec(
        "share",
        Kind.BREADTH,
        Unit.PERCENT,
        "share(where price > sma(50, 1d))",
        "on how many percent of the rule's coins the condition is true, of those where it is known",
        "share(where price > sma(50, 1d)) > 30%",
    ),
    FunctionSpec(
        "rank",
        Kind.RANK,
        Unit.RANK,
        "rank(change(price, 24h))",
        "the coin's place among the rule's coins: 1 for the highest value",
        "rank(change(price, 24h)) <= 5",
    ),
)

FUNCTIONS: Mapping[str, FunctionSpec] = MappingProxyType({spec.name: spec for spec in _TABLE})


def bars_of(function: str, arguments: tuple[float, ...]) -> int:
    """The closed bars that an indicator needs before it is known. Raises ValueError for what is none."""
    bars = FUNCTIONS[function].bars
    if bars is None:
        raise ValueError(f"{function} is no indicator")
    return bars(arguments)
