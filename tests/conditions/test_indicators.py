"""Indicators against plain formulas over lists of bars, and against published figures."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, log
from statistics import fmean, pstdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.conditions.functions import bars_of
from alertd.conditions.indicators import indicator, pair_indicator
from alertd.conditions.look import Tick
from alertd.conditions.measure import number
from alertd.conditions.tree import Compare
from tests.conditions.stand import Stand
from tests.fakes import START

Bar = tuple[float, float, float, float]
"""Open, high, low, close."""


# ── the formulas, one value at a time ────────────────────────────────────────────────────────────────────────────


def ema(n: int, values: Sequence[float]) -> float:
    mean = fmean(values[:n])
    for value in values[n:]:
        mean += 2 / (n + 1) * (value - mean)
    return mean


def wilder(n: int, values: Sequence[float]) -> float:
    mean = fmean(values[:n])
    for value in values[n:]:
        mean = (mean * (n - 1) + value) / n
    return mean


def rsi(n: int, closes: Sequence[float]) -> float:
    changes = [after - before for before, after in pairwise(closes)]
    gain, loss = wilder(n, [max(change, 0) for change in changes]), wilder(n, [max(-change, 0) for change in changes])
    if gain == loss == 0:
        return 50.0
    return 100.0 if loss == 0 else 100 - 100 / (1 + gain / loss)


def atr(n: int, bars: Sequence[Bar]) -> float:
    ranges = [
        max(high - low, abs(high - before[3]), abs(low - before[3])) for before, (_, high, low, _) in pairwise(bars)
    ]
    return wilder(n, ranges)


def line(fast: int, slow: int, closes: Sequence[float]) -> float:
    closes = closes[-(slow + ceil(2.5 * slow)) :]
    return ema(fast, closes) - ema(slow, closes)


def signal(fast: int, slow: int, n: int, closes: Sequence[float]) -> float:
    count = n + ceil(2.5 * n)
    return ema(n, [line(fast, slow, closes[: len(closes) - back]) for back in range(count - 1, -1, -1)])


def pearson(x: Sequence[float], y: Sequence[float]) -> float:
    x, y = ([log(after / before) for before, after in pairwise(each)] for each in (x, y))
    mean_x, mean_y = fmean(x), fmean(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / (len(x) * pstdev(x) * pstdev(y))


FORMULAS: dict[str, tuple[int, Callable[[Sequence[Bar], Sequence[float]], float]]] = {
    # sentence: (bars that it needs, formula over just those and their closes)
    "open(1m)": (1, lambda bars, _: bars[-1][0]),
    "close(1m)": (1, lambda _, closes: closes[-1]),
    "sma(5, 1m)": (5, lambda _, closes: fmean(closes)),
    "ema(4, 1m)": (14, lambda _, closes: ema(4, closes)),
    "ema(5, 1m)": (18, lambda _, closes: ema(5, closes)),
    "stddev(5, 1m)": (5, lambda _, closes: pstdev(closes)),
    "zscore(5, 1m)": (5, lambda _, closes: (closes[-1] - fmean(closes)) / pstdev(closes)),
    "bollinger(5, 2, 1m)": (5, lambda _, closes: fmean(closes) + 2 * pstdev(closes)),
    "bollinger(5, -1.5, 1m)": (5, lambda _, closes: fmean(closes) - 1.5 * pstdev(closes)),
    "rsi(3, 1m)": (19, lambda _, closes: rsi(3, closes)),
    "atr(3, 1m)": (19, lambda bars, _: atr(3, bars)),
    "macd(2, 4, 1m)": (14, lambda _, closes: line(2, 4, closes)),
    "macd_signal(2, 4, 3, 1m)": (24, lambda _, closes: signal(2, 4, 3, closes)),
    "macd_histogram(2, 4, 3, 1m)": (24, lambda _, closes: line(2, 4, closes) - signal(2, 4, 3, closes)),
}


def value_of(stand: Stand) -> float:
    """The left side of a comparison, as the market is now."""
    assert isinstance(stand.tree, Compare)
    with np.errstate(all="ignore"):
        return float(number(stand.tree.left, stand.look(Tick.of(stand.market, stand.now)))[0])


def test_an_indicator_needs_as_many_bars_as_are_said() -> None:
    for sentence, (count, _) in FORMULAS.items():
        function, _, rest = sentence.partition("(")
        arguments = tuple(float(part) for part in rest.split(",")[:-1])
        assert bars_of(function, arguments) == count, sentence


prices = st.integers(50, 150).map(lambda tenths: tenths / 10)
ticks = st.lists(st.tuples(st.sampled_from([7, 15, 20, 25, 40, 60, 60, 130, 400]), prices), min_size=30, max_size=110)


@settings(max_examples=25)
@pytest.mark.parametrize("sentence", FORMULAS)
@given(script=ticks)
def test_of_the_bars_that_readings_make(sentence: str, script: list[tuple[int, float]]) -> None:
    """Bars with gaps; the value is known when there are enough among twice as many that ended last."""
    needed, formula = FORMULAS[sentence]
    stand, now = Stand(f"{sentence} < {sentence} + {'10' if sentence.startswith('rsi') else '1'}"), 3.0
    bars: dict[int, Bar] = {}
    for pause, price in script:
        now += pause
        stand.run(f"{now}:{price}")
        end = ceil(now / 60)
        first, high, low, _ = bars.get(end, (price, price, price, price))
        bars[end] = (first, max(high, price), min(low, price), price)
        closed = floor(now / 60)
        last = [bars[n] for n in range(closed - 2 * needed + 1, closed + 1) if n in bars][-needed:]
        value = value_of(stand)
        if len(last) < needed:
            assert np.isnan(value)
            continue
        if sentence.startswith("zscore") and len({bar[3] for bar in last}) == 1:
            assert np.isnan(value), "divided by nothing"
            continue
        assert value == pytest.approx(formula(last, [bar[3] for bar in last]), rel=1e-9, abs=1e-9)


@settings(max_examples=40)
@given(
    script=st.lists(
        st.tuples(st.sampled_from([20, 60, 130]), prices, prices, st.integers(0, 5)), min_size=20, max_size=60
    )
)
def test_correlation_is_of_the_bars_that_both_have(script: list[tuple[int, float, float, int]]) -> None:
    stand, now = Stand("correlation(ETH.price, 4, 1m) < 2"), 3.0
    ours: dict[int, float] = {}
    theirs: dict[int, float] = {}
    for pause, price, other, which in script:
        now += pause
        said = [f"{price}"] * (which != 0) + [f"ETH={other}"] * (which != 1)
        stand.run(f"{now}:{','.join(said)}")
        if which != 0:
            ours[ceil(now / 60)] = price
        if which != 1:
            theirs[ceil(now / 60)] = other
        closed = floor(now / 60)
        common = [n for n in range(closed - 9, closed + 1) if n in ours and n in theirs][-5:]
        value = value_of(stand)
        x, y = [ours[n] for n in common], [theirs[n] for n in common]
        if len(common) < 5 or len(set(x)) == 1 or len(set(y)) == 1:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(pearson(x, y), rel=1e-6, abs=1e-6)


QUOTES = [44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28, 46.28]
INTEL = [22.27, 22.19, 22.08, 22.17, 22.18, 22.13, 22.23, 22.43, 22.24, 22.29, 22.15, 22.39, 22.38, 22.61, 23.36, 24.05]
PUBLISHED = [
    ("rsi", (14.0,), QUOTES, 70.53, 0.1, "school.stockcharts.com, Relative Strength Index, the first value"),
    ("rsi", (14.0,), [*QUOTES, 46.00], 66.32, 0.1, "the next"),
    ("rsi", (14.0,), [*QUOTES, 46.00, 46.03, 46.41, 46.22, 45.64], 57.97, 0.1, "five later"),
    ("sma", (10.0,), INTEL[:10], 22.22, 0.005, "school.stockcharts.com, Moving Averages"),
    ("ema", (10.0,), INTEL[:11], 22.21, 0.005, "its 10-day EMA, the first after the seed"),
    ("ema", (10.0,), INTEL[:14], 22.33, 0.005, "three later"),
    ("ema", (10.0,), INTEL, 22.80, 0.005, "and two later"),
]


@pytest.mark.parametrize(
    ("function", "arguments", "closes", "expected", "within"),
    [case[:5] for case in PUBLISHED],
    ids=[f"{case[0]}: {case[5]}" for case in PUBLISHED],
)
def test_published_figures(
    function: str, arguments: tuple[float, ...], closes: list[float], expected: float, within: float
) -> None:
    assert indicator(function, arguments, (np.array(closes)[:, None],))[0] == pytest.approx(expected, abs=within)


FLAT = [
    ("rsi(3, 1m)", 50.0),
    ("stddev(5, 1m)", 0.0),
    ("zscore(5, 1m)", np.nan),
    ("macd(2, 4, 1m)", 0.0),
    ("macd_signal(2, 4, 3, 1m)", 0.0),
    ("macd_histogram(2, 4, 3, 1m)", 0.0),
    ("atr(3, 1m)", 0.0),
    ("ema(4, 1m)", 0.1),
    ("sma(5, 1m)", 0.1),
    ("bollinger(5, 2, 1m)", 0.1),
    ("correlation(ETH.price, 4, 1m)", np.nan),
]


@pytest.mark.parametrize(("sentence", "expected"), FLAT, ids=[case[0] for case in FLAT])
def test_equal_closes_come_to_exactly_that(sentence: str, expected: float) -> None:
    """Nothing crosses a rounding error."""
    stand = Stand(f"{sentence} < {sentence} + 1")
    stand.run(" ".join(f"{60 * k}:0.1,ETH=0.1" for k in range(30)))
    np.testing.assert_equal(value_of(stand), expected)


def test_only_gains_are_a_hundred() -> None:
    stand = Stand("rsi(3, 1m) > 99")
    assert stand.run(" ".join(f"{60 * k}:{1 + 0.1 * k}" for k in range(30)))[-1] == "yes"


def test_vwap_is_money_by_coins() -> None:
    money, coins = np.array([[100.0], [330.0]]), np.array([[10.0], [30.0]])
    assert pair_indicator("vwap", money, coins).tolist() == [430 / 40]


CLOSED = [
    ("a bar that is open does not count", "close(1m) > 10", "60:9 119:11 119.9:12", "no no no"),
    ("its end is in it", "close(1m) > 10", "60:9 120:11", "no yes"),
    ("a late reading is in the bar of its time", "close(1m) > 10", "60:9 100:9 121@119:11", "no no yes"),
    ("so is a revision of it", "close(1m) > 10", "60:9 119:9 121@119:11 122@119:8", "no no yes no"),
    ("one before a gap still counts", "close(1m) > 10", "60:11 179:1 180:1", "yes yes no"),
    ("one long ago does not", "close(1m) > 10", "60:11 179:- 180:-", "yes yes ?"),
    ("with the first reading after its bar", "close(1m) crosses above 10", "60:9 119:11 125:11 126:12", "? no yes no"),
    ("two lines", "sma(1, 1m) crosses above sma(2, 1m)", "60:9 120:8 180:9 181:9", "? ? yes no"),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in CLOSED], ids=[f"{case[1]}: {case[0]}" for case in CLOSED]
)
def test_closed_bars(when: str, script: str, expected: str) -> None:
    assert Stand(when).run(script) == expected.split()


def test_it_is_unknown_while_its_field_is() -> None:
    assert Stand("close(1m) > 10", stale_after=50.0).run("60:11 100:- 110:- 111:12") == ["yes", "yes", "?", "yes"]


def test_a_hour_is_aligned_to_the_epoch() -> None:
    assert START % 3600 == 0
    stand = Stand("close(4h) > 10")
    assert stand.run("1:11 3h59m:12 4h:13 4h1s:1 8h1s:1") == ["?", "?", "yes", "yes", "no"]
