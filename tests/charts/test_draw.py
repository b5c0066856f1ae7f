"""Charts as pictures: what can be seen in them."""

from dataclasses import replace
from io import BytesIO
from math import inf
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from alertd.charts.draw import HEIGHT, WIDTH, Chart, draw, title_of
from alertd.model.reading import Bars
from tests.charts.samples import bars
from tests.fakes import START

DAY = 86_400.0
UP, DOWN, LEVEL, TRADED = (30, 132, 73), (192, 57, 43), (31, 78, 158), (183, 217, 197)


def chart(of: Bars, *, level: float | None = None, span: float = DAY, at: float = START, symbol: str = "BTC") -> Chart:
    return Chart(symbol=symbol, bars=of, start=at - span, at=at, zone=ZoneInfo("Europe/Madrid"), level=level)


def seen(of: Chart) -> Image.Image:
    png = draw(of)
    assert png
    image = Image.open(BytesIO(png))
    assert (image.format, image.size, image.mode) == ("PNG", (WIDTH, HEIGHT), "RGB")
    return image


def where(image: Image.Image, colour: tuple[int, int, int]) -> tuple[list[int], list[int]]:
    """Columns and rows in which there is that colour."""
    there = np.all(np.asarray(image) == np.array(colour), axis=2)
    return np.flatnonzero(there.any(axis=0)).tolist(), np.flatnonzero(there.any(axis=1)).tolist()


def test_candles_go_up_and_down_over_what_was_traded() -> None:
    image = seen(chart(bars(96)))
    for colour in (UP, DOWN, TRADED):
        columns, _ = where(image, colour)
        assert len(columns) > 100
    _, rows = where(image, TRADED)
    assert min(rows) > HEIGHT / 2
    assert not where(seen(chart(bars(96, traded=False))), TRADED)[0]


def test_a_level_is_a_line_and_a_price_on_the_axis() -> None:
    assert not where(seen(chart(bars(96))), LEVEL)[0]
    columns, rows = where(seen(chart(bars(96), level=100.0)), LEVEL)
    assert min(columns) < 30
    assert max(columns) > WIDTH - 10
    higher = where(seen(chart(bars(96), level=101.0)), LEVEL)[1]
    assert min(higher) < min(rows)


@pytest.mark.parametrize(("level", "top"), [(400.0, True), (10.0, False)])
def test_a_level_that_is_far_away_does_not_flatten_the_prices(level: float, top: bool) -> None:
    columns, rows = where(seen(chart(bars(96), level=level)), LEVEL)
    assert min(columns) > WIDTH / 2, "an arrow at the edge, no line"
    assert (max(rows) < HEIGHT / 2) == top
    candles = where(seen(chart(bars(96), level=level)), UP)[1]
    assert max(candles) - min(candles) > HEIGHT / 3


def test_the_level_and_the_price_do_not_cover_each_other() -> None:
    """The boxes on the axis: the level's, and the last price's, green or red."""
    of = bars(96)
    price = float(of.close[-1])
    for level in (price * 0.999, price, price * 1.001):
        image = seen(chart(of, level=level)).crop((WIDTH - 6, 0, WIDTH - 4, HEIGHT))
        ours = where(image, LEVEL)[1]
        theirs = where(image, UP)[1] or where(image, DOWN)[1]
        assert 26 <= len(ours) <= 31
        assert 26 <= len(theirs) <= 31
        assert not set(ours) & set(theirs)
        assert (min(ours) < min(theirs)) == (level >= price)


def test_bars_of_one_price_are_a_line() -> None:
    of = bars(96, traded=False)
    bare = replace(of, open=of.close, high=of.close, low=of.close)
    colour = UP if of.close[-1] >= of.close[0] else DOWN
    columns, _ = where(seen(chart(bare)), colour)
    assert set(range(40, 600)) <= set(columns)
    assert not where(seen(chart(bare)), DOWN if colour == UP else UP)[0]


@pytest.mark.parametrize("line", [False, True])
def test_a_gap_stays_a_gap(line: bool) -> None:
    of = bars(96, traded=False)
    there = np.ones(96, np.bool_)
    there[40:56] = False
    columns = {name: getattr(of, name)[there] for name in ("end", "open", "high", "low", "close")}
    if line:
        columns |= dict.fromkeys(("open", "high", "low"), columns["close"])
    image = seen(chart(replace(of, **columns)))
    drawn = set(where(image, UP)[0]) | set(where(image, DOWN)[0])
    left = min(drawn)
    slot = (WIDTH - 90 - left) / 96
    assert not drawn & set(range(round(left + 42 * slot), round(left + 54 * slot)))
    assert drawn & set(range(round(left + 58 * slot), round(left + 70 * slot)))


@pytest.mark.parametrize(
    ("case", "count", "span", "symbol", "title", "change"),
    [
        ("a day", 96, DAY, "BTC", "BTC 71,204", "+5.2% in 24h"),
        ("two days", 192, 2 * DAY, "BTC", "BTC 71,204", "+5.2% in 2d"),
        ("less than was asked for", 24, DAY, "BTC", "BTC 71,204", "+5.2% in 6h"),
        ("letters that the font has not", 96, DAY, "B₿C", "B?C 71,204", "+5.2% in 24h"),
        ("a name without end", 96, DAY, "X" * 90, "XXXXXXXXXXXXXXXXXXXXXXXX 71,204", "+5.2% in 24h"),
    ],
)
def test_titles(case: str, count: int, span: float, symbol: str, title: str, change: str) -> None:
    of = bars(count)
    of.open[0], of.close[-1] = 71_204 / 1.052, 71_204.0
    assert title_of(chart(of, span=span, symbol=symbol)) == (title, change), case


def test_the_same_chart_is_the_same_picture() -> None:
    assert draw(chart(bars(96), level=101.0)) == draw(chart(bars(96), level=101.0))
    assert draw(chart(bars(96), level=101.0)) != draw(chart(bars(96), level=100.9))


@pytest.mark.parametrize("count", [0, 1])
def test_there_is_no_chart_of_less_than_two_bars(count: int) -> None:
    assert draw(chart(bars(count))) is None


@given(
    count=st.integers(2, 400),
    price=st.floats(1e-12, 1e12),
    level=st.none() | st.floats(-1e15, 1e15),
    flat=st.booleans(),
    volume=st.sampled_from((0.0, 1.0, 1e300, float("nan"))),
)
@settings(max_examples=30)
def test_whatever_the_prices_there_is_a_picture(
    count: int, price: float, level: float | None, flat: bool, volume: float
) -> None:
    of = bars(count, price=price)
    of = replace(of, volume=np.full(count, volume))
    if flat:
        same = np.full(count, price)
        of = replace(of, open=same, high=same, low=same, close=same)
    assert seen(chart(of, level=level, span=count * 900.0))


def test_a_coin_that_rose_without_bounds_is_drawn() -> None:
    of = bars(10)
    of.low[0], of.open[0] = 1e-12, 1e-12
    assert title_of(chart(of))[1].endswith("in 2h30m")
    assert seen(chart(of, level=-inf))
