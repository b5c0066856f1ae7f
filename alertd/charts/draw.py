"""A chart as a PNG: candles or a line, the level, the moment, and what was traded, readable on a phone.

Drawn with Pillow (the extra `charts`) at twice its size, in the font that comes with it: the same chart gives the same
bytes. Anything but plain ASCII is not in that font.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alertd.charts.scales import DAY, prices, times
from alertd.model.units import say_duration, say_number

if TYPE_CHECKING:
    from datetime import tzinfo

    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from alertd.model.reading import Bars

WIDTH, HEIGHT = 800, 450
FEWEST = 2
"""Bars of which a chart can be drawn."""

_FINE = 2  # pixels drawn for each pixel of the picture, in both directions
_TITLE, _TEXT = 32, 21
_LEFT, _TOP, _BOTTOM = 16, 72, 34  # what is left free, in pixels
_TRADED = 62  # the height that what was traded may take
_PILL = 30  # the height of a price on the axis
_LONGEST = 24  # characters of a coin's name
_WIDEST = 16  # characters of a price on the axis
_NEAR = 1.0  # a level that is further away than so many heights of the prices stands at the edge
_THIN = 3.0  # pixels; narrower candles are a line

_PAPER, _INK, _GREY, _GRID = "#ffffff", "#1c2833", "#5d6d7e", "#e5e8eb"
_UP, _DOWN, _LEVEL = "#1e8449", "#c0392b", "#1f4e9e"
_UP_TRADED, _DOWN_TRADED, _TRADED_GREY = "#b7d9c5", "#ecc0bb", "#cdd5dc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Prices of a coin from `start` to the moment `at` (epoch seconds), with a `level` where there is one; times are
    written in `zone`. Bars that are not there are gaps."""

    symbol: str
    bars: Bars
    start: float
    at: float
    zone: tzinfo
    level: float | None = None


def draw(chart: Chart) -> bytes | None:
    """The PNG, None where there are too few bars. Raises ImportError where Pillow is not installed."""
    from PIL import Image, ImageDraw

    if len(chart.bars.end) < FEWEST:
        return None
    image = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), _PAPER)
    page = _Page(chart, ImageDraw.Draw(image))
    page.grid()
    page.traded()
    page.prices()
    page.level()
    page.moment()
    page.title()
    out = BytesIO()
    image.reduce(_FINE).save(out, "PNG", compress_level=4)
    return out.getvalue()


def title_of(chart: Chart) -> tuple[str, str]:
    """`BTC 71,204` and `+5.2% in 24h`, which is over the time that there are prices of."""
    bars = chart.bars
    first, last = float(bars.open[0]), float(bars.close[-1])
    begins = float(bars.end[0]) - bars.interval
    span = chart.at - (chart.start if begins <= chart.start + 2 * bars.interval else begins)
    said = "24h" if round(span) == DAY else say_duration(span)
    name = chart.symbol.encode("ascii", "replace").decode()[:_LONGEST]
    change = f"{100 * (last / first - 1):+,.1f}% in {said}" if first > 0 else ""
    return f"{name} {say_number(last)}", change


def _price(value: float) -> str:
    """For the axis, where there is little room."""
    text = say_number(value)
    return text if len(text) <= _WIDEST else f"{value:.4g}"


@lru_cache(8)
def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size * _FINE)


class _Span(NamedTuple):
    """Values `low` to `high` lie on the pixels `first` to `last`."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)


@dataclass(slots=True)
class _Page:
    """The chart while it is drawn; every length but those of the picture itself is in the picture's pixels."""

    chart: Chart
    pen: ImageDraw
    x: _Span = field(init=False)
    y: _Span = field(init=False)
    pinned: float | None = field(init=False)
    """The level where it is drawn: at the edge, where it is far away."""

    def __post_init__(self) -> None:
        bars, level = self.chart.bars, self.chart.level
        low, high = float(bars.low.min()), float(bars.high.max())
        room = max((high - low) * _NEAR, 0.02 * high)
        self.pinned = None if level is None else min(max(level, low - room), high + room)
        if level is not None and self.pinned == level:
            low, high = min(low, level), max(high, level)
        margin = max(0.06 * (high - low), 0.001 * abs(high), 1e-12)
        low, high = low - margin, high + margin
        floor_ = HEIGHT - _BOTTOM - (_TRADED if self._tells() else 0)
        self.y = _Span(low, high, floor_, _TOP)
        if self.pinned is not None:
            self.pinned = min(max(self.pinned, low), high)
        wide = [self._width(tick.label) for tick in prices(low, high, 5)]
        wide += [self._width(_price(value)) for value in (float(bars.close[-1]), level) if value is not None]
        end = max(self.chart.at, float(bars.end[-1]))
        self.x = _Span(self.chart.start, end, _LEFT, max(WIDTH - max(wide) - 26, WIDTH / 2))

    def _tells(self) -> bool:
        volume = self.chart.bars.volume
        return volume is not None and bool(np.nansum(volume) > 0)

    # ── its parts ────────────────────────────────────────────────────────────────────────────────────────────────

    def grid(self) -> None:
        """Round prices at the right, round times below; what would stand on a marked price is left out."""
        marked = self._marks()
        right = self.x.last
        for tick in prices(self.y.low, self.y.high, 5):
            y = self.y(tick.at)
            self._line((_LEFT, y), (right, y), _GRID)
            if all(abs(y - other) >= _PILL for other, _, _ in marked):
                self._text((right + 13, y), tick.label, _GREY, "lm")
        free = 0.0
        for tick in times(self.x.low, self.x.high, self.chart.zone, 6):
            x, half = self.x(tick.at), self._width(tick.label) / 2
            self._line((x, _TOP), (x, HEIGHT - _BOTTOM), _GRID)
            if x - half >= free and x + half <= WIDTH - 4:
                self._text((x, HEIGHT - _BOTTOM / 2), tick.label, _GREY, "mm")
                free = x + half + 14

    def traded(self) -> None:
        bars = self.chart.bars
        if bars.volume is None or not self._tells():
            return
        floor_ = HEIGHT - _BOTTOM
        heights = np.nan_to_num(bars.volume / np.nanmax(bars.volume)) * (_TRADED - 10)
        for left, right, height, up in zip(*self._sides(), heights.tolist(), (bars.close >= bars.open), strict=True):
            colour = _TRADED_GREY if self._is_line() else _UP_TRADED if up else _DOWN_TRADED
            if height > 0:
                self._box((left, floor_ - max(height, 0.5)), (right, floor_), colour)

    def prices(self) -> None:
        if self._is_line():
            self._draw_line()
            return
        bars = self.chart.bars
        columns = (bars.open.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist())
        for left, right, opened, high, low, close in zip(*self._sides(), *columns, strict=True):
            colour = _UP if close >= opened else _DOWN
            middle = (left + right) / 2
            self._line((middle, self.y(high)), (middle, self.y(low)), colour, 1.5)
            top, bottom = self.y(max(opened, close)), self.y(min(opened, close))
            self._box((left, top), (right, max(bottom, top + 1)), colour)

    def level(self) -> None:
        """Dashed; one that is far away is an arrow that points there."""
        if self.pinned is None:
            return
        y, x = self.y(self.pinned), float(_LEFT)
        if self.pinned != self.chart.level:
            back = 14 if y < self.y.first - _PILL else -14  # it points up, unless it is at the bottom
            tip = self.x.last - 18
            places = [(tip, y), (tip - 9, y + back), (tip + 9, y + back)]
            self.pen.polygon([(x * _FINE, y * _FINE) for x, y in places], fill=_LEVEL)
            return
        while x < self.x.last:
            self._line((x, y), (min(x + 10, self.x.last), y), _LEVEL, 2)
            x += 16

    def moment(self) -> None:
        """Where the price was at the moment, and both prices on the axis."""
        x, y = self.x(self.chart.at), self.y(float(self.chart.bars.close[-1]))
        self._line((x, _TOP), (x, HEIGHT - _BOTTOM), _GREY, 1)
        for radius, colour in ((8.0, _PAPER), (6.0, _INK)):
            self._dot((x, y), radius, colour)
        for middle, label, colour in self._marks():
            self._box((self.x.last + 5, middle - _PILL / 2 + 1), (WIDTH - 5, middle + _PILL / 2 - 1), colour)
            self._text((self.x.last + 13, middle), label, _PAPER, "lm")

    def title(self) -> None:
        """The price; and smaller how it changed over all that is shown, which is another change than a message's."""
        text, change = title_of(self.chart)
        size = _TITLE
        while self._width(text, size) > WIDTH - 3 * _LEFT - self._width(change) and size > _TEXT:
            size -= 1
        self._text((WIDTH - _LEFT, 38), change, _GREY, "rm")
        self.pen.text(
            (_LEFT * _FINE, 36 * _FINE),
            text,
            fill=_INK,
            font=_font(size),
            anchor="lm",
            stroke_width=1,
            stroke_fill=_INK,
        )

    # ── where things are ─────────────────────────────────────────────────────────────────────────────────────────

    def _marks(self) -> list[tuple[float, str, str]]:
        """(place, price, colour) of the last price and of the level, moved apart where they would overlap."""
        bars = self.chart.bars
        last = float(bars.close[-1])
        colour = _UP if last >= float(bars.open[0]) else _DOWN
        found = [(self.y(last), _price(last), colour)]
        if self.pinned is not None and self.chart.level is not None:
            y, other = self.y(self.pinned), found[0][0]
            if abs(y - other) < _PILL:
                side = -1 if self.chart.level >= last else 1
                middle = (y + other) / 2
                y, found[0] = middle + side * _PILL / 2, (middle - side * _PILL / 2, *found[0][1:])
            found.append((y, _price(self.chart.level), _LEVEL))
        return found

    def _is_line(self) -> bool:
        bars = self.chart.bars
        bare = float(np.mean(bars.high == bars.low)) > 0.5
        return bare or self._slot() < _THIN

    def _slot(self) -> float:
        """The width of a bar's time."""
        return self.x(self.x.low + self.chart.bars.interval) - self.x.first

    def _sides(self) -> tuple[list[float], list[float]]:
        """Left and right of every bar: a part of its time, so that they stand apart."""
        bars = self.chart.bars
        half = 0.36 * bars.interval
        middles = bars.end - bars.interval / 2
        lefts, rights = (np.maximum(middles + side * half, self.x.low).tolist() for side in (-1, 1))
        return [self.x(at) for at in lefts], [self.x(at) for at in rights]

    def _draw_line(self) -> None:
        """Through the closes, each at its bar's end, broken where bars are not there."""
        bars = self.chart.bars
        breaks = np.flatnonzero(np.diff(bars.end) > 1.5 * bars.interval) + 1
        colour = _UP if bars.close[-1] >= bars.open[0] else _DOWN
        for part in np.split(np.arange(len(bars.end)), breaks):
            places = [(self.x(min(float(bars.end[at]), self.chart.at)), self.y(float(bars.close[at]))) for at in part]
            if len(places) == 1:
                self._dot(places[0], 1.5, colour)
            scaled = [(x * _FINE, y * _FINE) for x, y in places]
            self.pen.line(scaled, fill=colour, width=round(2.5 * _FINE), joint="curve")

    # ── strokes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _width(self, text: str, size: int = _TEXT) -> float:
        return _font(size).getlength(text) / _FINE

    def _text(self, place: tuple[float, float], text: str, colour: str, anchor: str) -> None:
        x, y = place
        self.pen.text((x * _FINE, y * _FINE), text, fill=colour, font=_font(_TEXT), anchor=anchor)

    def _line(self, start: tuple[float, float], end: tuple[float, float], colour: str, width: float = 1) -> None:
        places = [each * _FINE for each in (*start, *end)]
        self.pen.line(places, fill=colour, width=max(1, round(width * _FINE)))

    def _box(self, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
        self.pen.rectangle([each * _FINE for each in (*start, *end)], fill=colour)

    def _dot(self, middle: tuple[float, float], radius: float, colour: str) -> None:
        (x, y), radius = middle, radius * _FINE
        x, y = x * _FINE, y * _FINE
        self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
