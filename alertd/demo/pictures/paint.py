"""A conversation as a PNG, in the manner of its platform. Drawn with Pillow (the extra `charts`) at twice its size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

WIDTH = 640
"""Pixels of every picture."""
TALLEST = 2400
LARGEST = 60_000
"""Bytes of a picture."""

_FINE = 2  # pixels drawn for each pixel of the picture, in both directions
_TEXT, _SMALL, _LINE = 15, 12, 21
_EDGE, _GAP, _PAD, _AVATAR = 18, 14, 12, 36
_QUIET = "#5f6368"  # the edge of what is no alarm
_BUTTON, _ROW = 32, 3  # a button's height, and how many stand side by side


_SIGNS = _BELL, _TICK = "\N{BELL}", "\N{WHITE HEAVY CHECK MARK}"
_AMBER, _GREEN = "#e8a020", "#188038"
_NAME = re.compile(r"^([A-Z][a-z]{2,11})\n(?=\S)", re.MULTILINE)
"""A fact's name, which a platform shows above what it is."""


class Shown(NamedTuple):
    """A message on somebody's screen: `mine` is their own, the others are the bot's. Its first line is its title."""

    text: str
    mine: bool = False
    buttons: tuple[str, ...] = ()
    picture: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a platform looks: colours, and `bubbles` for what is said, else rows with a face; with `below` a chart
    stands under the text, else over it. `bar` is the coloured edge
    of a card, "" for none."""

    paper: str
    ink: str
    faint: str
    card: str
    mine: str
    button: str
    label: str
    accent: str
    bar: str = ""
    bubbles: bool = False
    below: bool = False
    name: str = "alertd"


STYLES = {
    "telegram": Style(
        paper="#cfdfe6", ink="#111b21", faint="#6b7c85", card="#ffffff", mine="#e3fdd3", button="#8fa9b5",
        label="#ffffff", accent="#3390ec", bubbles=True,
    ),
    "slack": Style(
        paper="#ffffff", ink="#1d1c1d", faint="#616061", card="#ffffff", mine="#ffffff", button="#ffffff",
        label="#1d1c1d", accent="#4a154b",
    ),
    "discord": Style(
        paper="#313338", ink="#dbdee1", faint="#949ba4", card="#2b2d31", mine="#313338", button="#4e5058",
        label="#ffffff", accent="#5865f2", bar="#d93025",
    ),
    "email": Style(
        paper="#f3f5f7", ink="#202124", faint="#5f6368", card="#ffffff", mine="#ffffff", button="#e8f0fe",
        label="#1967d2", accent="#1a73e8", bubbles=True, below=True,
    ),
}  # fmt: skip


@lru_cache
def _font(size: int, *, bold: bool = False) -> FreeTypeFont | ImageFont:
    """DejaVu where the machine has it, for its signs; else the font that comes with Pillow."""
    from PIL import ImageFont

    try:
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        return ImageFont.truetype(name, size * _FINE, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return ImageFont.load_default(size * _FINE)


def paint(platform: str, messages: Sequence[Shown]) -> bytes:
    """The PNG, at most `LARGEST` bytes. Raises ValueError where it is more."""
    from PIL import Image, ImageDraw

    style = STYLES[platform]
    page = Image.new("RGB", (WIDTH * _FINE, TALLEST * _FINE), style.paper)
    pen = Pen(page, ImageDraw.Draw(page), style)
    for message in messages:
        pen.message(message)
    whole = page.crop((0, 0, page.width, (pen.y + _EDGE - _GAP) * _FINE))
    small = whole.resize((WIDTH, whole.height // _FINE), Image.Resampling.LANCZOS)
    for colours in (256, 128, 64, 32):
        out = BytesIO()
        small.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            return out.getvalue()
    raise ValueError(f"{platform}: the picture has {out.tell():,} bytes")


class Pen:
    """Goes down a page; all lengths in pixels of the picture. `y` is where the next message begins."""

    def __init__(self, page: Image, draw: ImageDraw, style: Style) -> None:
        self.y = _EDGE
        self._page = page
        self._draw = draw
        self._style = style

    def message(self, message: Shown) -> None:
        if self._style.bubbles:
            self._bubble(message)
        else:
            self._row(message)
        self.y += _GAP

    # ── the two manners ──────────────────────────────────────────────────────────────────────────────────────────

    def _bubble(self, message: Shown) -> None:
        """Mine on the right, the bot's on the left; buttons below in rows."""
        most = WIDTH - 2 * _EDGE - (0 if message.picture else 60)
        lines = list(self._lines(message, most - 2 * _PAD))
        widest = max((self._width(text, bold=bold) for text, bold in lines), default=0)
        width = most if message.picture or message.buttons else min(most, widest + 2 * _PAD)
        left = WIDTH - _EDGE - width if message.mine else _EDGE
        chart = self._chart(message.picture, width)
        shown = chart.height // _FINE if chart else 0
        height = shown + 2 * _PAD + len(lines) * _LINE - (_LINE - _TEXT) // 2
        self._box(left, self.y, width, height, self._style.mine if message.mine else self._style.card, round_by=12)
        under = self.y + height - shown - _PAD // 2 if self._style.below else self.y
        if chart:
            self._page.paste(chart, (left * _FINE, under * _FINE))
        self._text(left + _PAD, self.y + _PAD + (0 if self._style.below else shown), lines)
        self.y += height
        self._buttons(message.buttons, left, width)

    def _row(self, message: Shown) -> None:
        """A face, a name, and what was said; the bot's in a card where the platform has a bar for it."""
        style, left, top = self._style, _EDGE + _AVATAR + 12, self.y
        name, colour = ("ann", "#2e7d5b") if message.mine else (style.name, style.accent)
        self._box(_EDGE, top, _AVATAR, _AVATAR, colour, round_by=_AVATAR // 2 if style.bar else 6)
        self._put(_EDGE + 12, top + 8, name[0].upper(), "#ffffff", bold=True)
        self._put(left, top - 2, name, style.ink, bold=True)
        if not message.mine:
            after = left + self._width(name, bold=True) + 8
            self._box(after, top, 34, 15, style.accent if style.bar else "#e8e8e8", round_by=3)
            self._put(after + 5, top + 1, "APP", "#ffffff" if style.bar else style.faint, size=10)
        self.y += 22
        card = bool(style.bar) and not message.mine
        inset = _PAD + 4 if card else 0
        width = WIDTH - left - _EDGE
        lines = list(self._lines(message, width - 2 * inset))
        chart = self._chart(message.picture, width - 2 * inset)
        height = len(lines) * _LINE + (chart.height // _FINE + 10 if chart else 0) + (2 * _PAD - 4 if card else 2)
        if card:
            self._box(left, self.y, width, height, style.bar if chart else _QUIET, round_by=5)
            self._box(left + 4, self.y, width - 4, height, style.card, round_by=4)
        self._text(left + inset, self.y + (_PAD - 2 if card else 0), lines)
        if chart:
            under = self.y + (_PAD if card else 2) + len(lines) * _LINE
            self._page.paste(chart, ((left + inset) * _FINE, under * _FINE))
        self.y += height
        self._buttons(message.buttons, left, min(width, 460))
        self.y = max(self.y, top + _AVATAR)

    # ── their pieces ─────────────────────────────────────────────────────────────────────────────────────────────

    def _lines(self, message: Shown, width: int) -> Iterator[tuple[str, bool]]:
        for number, text in enumerate(_NAME.sub(r"\1: ", message.text.strip()).split("\n")):
            bold = not number and not message.mine
            for line in self._wrapped(text, width, bold=bold):
                yield line, bold

    def _wrapped(self, text: str, width: int, *, bold: bool) -> Iterator[str]:
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if line and self._width(longer, bold=bold) > width:
                yield line
                line = word
            else:
                line = longer
        yield line

    def _width(self, text: str, *, bold: bool = False, size: int = _TEXT) -> int:
        return int(_font(size, bold=bold).getlength(text)) // _FINE + 1

    def _text(self, left: int, top: int, lines: Sequence[tuple[str, bool]]) -> None:
        for number, (text, bold) in enumerate(lines):
            row = top + number * _LINE
            signed = text[:1] in _SIGNS
            if signed:
                self._sign(text[0], left, row)
            self._put(left + (20 if signed else 0), row, text[signed:].lstrip(), self._style.ink, bold=bold)

    def _sign(self, sign: str, left: int, top: int) -> None:
        """What the font does not have: a bell, or a tick in a box."""
        x, y = left * _FINE, (top + 1) * _FINE
        if sign == _BELL:
            self._draw.pieslice((x + 4, y, x + 24, y + 28), 180, 360, fill=_AMBER)
            self._draw.polygon([(x + 4, y + 14), (x + 24, y + 14), (x + 28, y + 24), (x, y + 24)], fill=_AMBER)
            self._draw.ellipse((x + 10, y + 22, x + 18, y + 30), fill=_AMBER)
        else:
            self._box(left, top + 1, 14, 14, _GREEN, round_by=3)
            self._draw.line([(x + 6, y + 14), (x + 12, y + 20), (x + 22, y + 8)], fill="#ffffff", width=4)

    def _put(self, left: int, top: int, text: str, ink: str, *, bold: bool = False, size: int = _TEXT) -> None:
        self._draw.text((left * _FINE, top * _FINE), text, fill=ink, font=_font(size, bold=bold))

    def _box(self, left: int, top: int, width: int, height: int, fill: str, *, round_by: int) -> None:
        area = (left * _FINE, top * _FINE, (left + width) * _FINE, (top + height) * _FINE)
        self._draw.rounded_rectangle(area, round_by * _FINE, fill=fill)

    def _buttons(self, labels: Sequence[str], left: int, width: int) -> None:
        style = self._style
        for at in range(0, len(labels), _ROW):
            row = labels[at : at + _ROW]
            self.y += 5
            each = (width - 5 * (len(row) - 1)) // len(row)
            for number, label in enumerate(row):
                start = left + number * (each + 5)
                if style.button == style.paper:
                    self._box(start, self.y, each, _BUTTON, "#bbbbbb", round_by=5)
                    self._box(start + 1, self.y + 1, each - 2, _BUTTON - 2, style.button, round_by=4)
                else:
                    self._box(start, self.y, each, _BUTTON, style.button, round_by=6)
                wide = self._width(label, bold=True, size=_SMALL)
                self._put(start + (each - wide) // 2, self.y + 8, label, style.label, bold=True, size=_SMALL)
            self.y += _BUTTON

    def _chart(self, png: bytes, width: int) -> Image | None:
        from PIL import Image

        if not png:
            return None
        chart = Image.open(BytesIO(png)).convert("RGB")
        size = (width * _FINE, chart.height * width * _FINE // chart.width)
        return chart.resize(size, Image.Resampling.LANCZOS)
