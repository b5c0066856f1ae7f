"""What closed bars come to: the formulas of `conditions.functions`, for many series at once.

Columns are (bars, series), oldest first, as many bars as `functions.bars_of` says; NaN in a bar makes the value NaN.
"""

from collections.abc import Callable, Mapping

import numpy as np

from alertd.conditions.functions import bars_of
from alertd.market.columns import Floats

COLUMNS: Mapping[str, tuple[str, ...]] = {"open": ("open",), "atr": ("high", "low", "close")}
"""The columns of bars that an indicator is made of, where it is not `close` alone."""


def indicator(function: str, arguments: tuple[float, ...], columns: tuple[Floats, ...]) -> Floats:
    """The value of an indicator of one field for each series."""
    return _FORMULAS[function](arguments, *columns)


def pair_indicator(function: str, one: Floats, other: Floats) -> Floats:
    """The value of an indicator of two fields, `correlation` or `vwap`, from their closes."""
    return _vwap(one, other) if function == "vwap" else _correlation(one, other)


def weights(alpha: float, n: int, count: int) -> Floats:
    """What each of `count` values counts in their exponential mean, which begins with the mean of the first n."""
    later = alpha * (1 - alpha) ** np.arange(count - n - 1, -1, -1.0)
    return np.concatenate([np.full(n, (1 - alpha) ** (count - n) / n), later])


def _weighed(weights: Floats, values: Floats) -> Floats:
    """The sum of the values by their weights; `@` would have threads for it, which take forty times as long."""
    weighed: Floats = np.einsum("b,bs->s", weights, values)
    return weighed


def _ema(n: float, count: int) -> Floats:
    return weights(2 / (n + 1), int(n), count)


def _wilder(values: Floats, n: float) -> Floats:
    """Wilder's smoothed mean."""
    return _weighed(weights(1 / n, int(n), len(values)), values)


def _mean(arguments: tuple[float, ...], close: Floats) -> Floats:
    """All means are of the distances from the last close, so that equal closes come to exactly that, and macd to 0."""
    mean: Floats = close[-1] + np.add.reduce(close - close[-1], axis=0) / len(close)
    return mean


def _exponential(arguments: tuple[float, ...], close: Floats) -> Floats:
    mean: Floats = close[-1] + _weighed(_ema(arguments[0], len(close)), close - close[-1])
    return mean


def _deviation(arguments: tuple[float, ...], close: Floats) -> Floats:
    distance = close - close[-1]
    distance = distance - np.add.reduce(distance, axis=0) / len(close)
    deviation: Floats = np.sqrt(np.add.reduce(distance**2, axis=0) / len(close))
    return deviation


def _zscore(arguments: tuple[float, ...], close: Floats) -> Floats:
    score: Floats = (close[-1] - _mean(arguments, close)) / _deviation(arguments, close)
    return score


def _bollinger(arguments: tuple[float, ...], close: Floats) -> Floats:
    return _mean(arguments, close) + arguments[1] * _deviation(arguments, close)


def _rsi(arguments: tuple[float, ...], close: Floats) -> Floats:
    change = np.diff(close, axis=0)
    gain, loss = _wilder(np.maximum(change, 0.0), arguments[0]), _wilder(np.maximum(-change, 0.0), arguments[0])
    return np.where(gain + loss == 0.0, 50.0, 100.0 * gain / (gain + loss))


def _atr(arguments: tuple[float, ...], high: Floats, low: Floats, close: Floats) -> Floats:
    before = close[:-1]
    ranges = np.maximum(high[1:] - low[1:], np.maximum(np.abs(high[1:] - before), np.abs(low[1:] - before)))
    return _wilder(ranges, arguments[0])


def _line(arguments: tuple[float, ...], count: int) -> Floats:
    """What each of `count` closes counts in the macd of the last of them."""
    fast, slow = arguments[:2]
    return _ema(fast, count) - _ema(slow, count)


def _signal(arguments: tuple[float, ...], count: int) -> Floats:
    """What each of `count` closes counts in the exponential mean of the macds: one line for each of their bars."""
    line = _line(arguments, bars_of("macd", arguments[:2]))
    return np.convolve(_ema(arguments[2], count - len(line) + 1), line)


def _macd(arguments: tuple[float, ...], close: Floats) -> Floats:
    return _weighed(_line(arguments, len(close)), close - close[-1])


def _macd_signal(arguments: tuple[float, ...], close: Floats) -> Floats:
    return _weighed(_signal(arguments, len(close)), close - close[-1])


def _macd_histogram(arguments: tuple[float, ...], close: Floats) -> Floats:
    count = bars_of("macd", arguments[:2])
    return _macd(arguments, close[-count:]) - _macd_signal(arguments, close)


def _vwap(money: Floats, coins: Floats) -> Floats:
    mean: Floats = np.add.reduce(money, axis=0) / np.add.reduce(coins, axis=0)
    return mean


def _correlation(one: Floats, other: Floats) -> Floats:
    x, y = (np.diff(np.log(each), axis=0) for each in (one, other))
    x, y = x - np.mean(x, axis=0), y - np.mean(y, axis=0)
    spread = np.sqrt(np.add.reduce(x * x, axis=0) * np.add.reduce(y * y, axis=0))
    correlation: Floats = np.clip(np.add.reduce(x * y, axis=0) / spread, -1.0, 1.0)
    return correlation


_FORMULAS: Mapping[str, Callable[..., Floats]] = {
    "open": lambda _, first: first[-1],
    "close": lambda _, close: close[-1],
    "sma": _mean,
    "ema": _exponential,
    "stddev": _deviation,
    "zscore": _zscore,
    "bollinger": _bollinger,
    "rsi": _rsi,
    "atr": _atr,
    "macd": _macd,
    "macd_signal": _macd_signal,
    "macd_histogram": _macd_histogram,
}
