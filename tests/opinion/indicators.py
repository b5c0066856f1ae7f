"""The functions over closed bars, from the list of bars that there are, oldest first."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, log, sqrt

from tests.opinion.readings import Bar, start_of

Numbers = tuple[float, ...]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def stddev(values: Sequence[float]) -> float:
    """Of the population."""
    middle = mean(values)
    return sqrt(mean([(value - middle) ** 2 for value in values]))


def ema(n: int, values: Sequence[float]) -> float:
    """α = 2/(n+1), seeded with the mean of the first n."""
    average = mean(values[:n])
    for value in values[n:]:
        average += (value - average) * 2 / (n + 1)
    return average


def wilder(n: int, values: Sequence[float]) -> float:
    """The mean of the first n, then smoothed: (average·(n−1) + x)/n."""
    average = mean(values[:n])
    for value in values[n:]:
        average = (average * (n - 1) + value) / n
    return average


def rsi(n: int, closes: Sequence[float]) -> float:
    """J. Welles Wilder, New Concepts in Technical Trading Systems, 1978."""
    changes = [b - a for a, b in pairwise(closes)]
    gain = wilder(n, [max(change, 0.0) for change in changes])
    loss = wilder(n, [max(-change, 0.0) for change in changes])
    if not loss:
        return 100.0 if gain else 50.0
    return 100 - 100 / (1 + gain / loss)


def atr(n: int, bars: Sequence[Bar]) -> float:
    """Wilder, the same book."""
    return wilder(
        n,
        [
            max(bar.high - bar.low, abs(bar.high - before.close), abs(bar.low - before.close))
            for before, bar in pairwise(bars)
        ],
    )


def warm(n: int) -> int:
    """How many closes an average of n needs until its seed weighs next to nothing."""
    return n + ceil(2.5 * n)


def macd(fast: int, slow: int, closes: Sequence[float]) -> float:
    last = closes[-warm(slow) :]
    return ema(fast, last) - ema(slow, last)


def macd_signal(fast: int, slow: int, g: int, closes: Sequence[float]) -> float:
    """The average of the line, each of its values as if its bar were the last."""
    count = len(closes)
    return ema(g, [macd(fast, slow, closes[: count - ago]) for ago in reversed(range(warm(g)))])


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's, of the log returns."""
    x, y = ([log(b / a) for a, b in pairwise(values)] for values in (one, other))
    mx, my = mean(x), mean(y)
    # No variance where all returns are the same but for rounding: then there is nothing to correlate.
    together = mean([(a - mx) * (b - my) for a, b in zip(x, y, strict=True)])
    return together / (stddev(x) * stddev(y))


def needed(function: str, numbers: Numbers) -> int:
    """How many bars an indicator needs: n plus the warm-up."""
    n = int(numbers[0]) if numbers else 1
    match function:
        case "ema":
            return warm(n)
        case "rsi" | "atr":
            return n + 5 * n + 1
        case "macd":
            return warm(int(numbers[1]))
        case "macd_signal" | "macd_histogram":
            return warm(int(numbers[1])) + warm(int(numbers[2])) - 1
        case "correlation":
            return n + 1
        case _:
            return n


def last_bars(bars: Sequence[Bar], count: int, interval: float, t: float) -> list[Bar] | None:
    """The last `count` of the bars that ended in the last 2·count intervals before the end of the last closed one;
    UNKNOWN where there are fewer."""
    end = start_of(t, interval)
    found = [bar for bar in bars if end - 2 * count * interval < bar.end <= end]
    return found[-count:] if len(found) >= count else None


OF_BARS: dict[str, Callable[[Numbers, Sequence[Bar]], float]] = {
    "open": lambda numbers, bars: bars[-1].open,
    "close": lambda numbers, bars: bars[-1].close,
    "atr": lambda numbers, bars: atr(int(numbers[0]), bars),
}
OF_CLOSES: dict[str, Callable[[Numbers, Sequence[float]], float]] = {
    "sma": lambda numbers, closes: mean(closes),
    "stddev": lambda numbers, closes: stddev(closes),
    "zscore": lambda numbers, closes: (closes[-1] - mean(closes)) / stddev(closes),
    "bollinger": lambda numbers, closes: mean(closes) + numbers[1] * stddev(closes),
    "ema": lambda numbers, closes: ema(int(numbers[0]), closes),
    "rsi": lambda numbers, closes: rsi(int(numbers[0]), closes),
    "macd": lambda numbers, closes: macd(int(numbers[0]), int(numbers[1]), closes),
    "macd_signal": lambda numbers, closes: macd_signal(int(numbers[0]), int(numbers[1]), int(numbers[2]), closes),
    "macd_histogram": lambda numbers, closes: (
        macd(int(numbers[0]), int(numbers[1]), closes)
        - macd_signal(int(numbers[0]), int(numbers[1]), int(numbers[2]), closes)
    ),
}


def indicate(function: str, numbers: Numbers, bars: Sequence[Bar]) -> float:
    """Of as many bars as it needs. Raises ZeroDivisionError where there is nothing to divide by."""
    if function in OF_BARS:
        return OF_BARS[function](numbers, bars)
    return OF_CLOSES[function](numbers, [bar.close for bar in bars])
