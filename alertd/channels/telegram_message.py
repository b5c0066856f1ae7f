"""How a notification looks on Telegram: its HTML, its keyboard, and what of it there is room for.

Wire format: https://core.telegram.org/bots/api#html-style, #inlinekeyboardbutton (`callback_data` of 1 to 64 bytes).
Telegram counts UTF-16 units of what is left when the entities are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from html import escape, unescape
from typing import TYPE_CHECKING

from alertd.channels.text import SIGNS, Room, clean, cut, cut_lines, fit, utf16
from alertd.channels.text import plain as in_plain
from alertd.model.notification import Notification

if TYPE_CHECKING:
    from telegram import InlineKeyboardMarkup

TEXT_LIMIT = 4096
"""Units of a message's text (Bot API, sendMessage)."""
CAPTION_LIMIT = 1024
"""Units of what stands under a photo (Bot API, sendPhoto)."""
BUTTONS = 3
"""Links of a row: more are too narrow on a phone."""

_SHORT_BUTTONS, _ROW = 4, 28
"""Buttons of a row, and the letters that they may have together."""
_LABEL = 64
_DATA = 64
_MARGIN = 8
"""Units for the sign and for the blank lines between the parts."""
_TAG = re.compile("<[^<>]*>")


def fitted(notification: Notification, code: str = "", *, limit: int = TEXT_LIMIT) -> tuple[Notification, str]:
    """As much of both as a message, or a caption, has room for; the code may take half of it."""
    # A line's indent is what puts a caret in its place, and `clean` takes blanks from both ends.
    rows = [clean(f"|{row}")[1:] for row in code.splitlines()]
    code = "\n".join(cut_lines(rows, limit // 2)) if code else ""
    room = Room(total=limit - _MARGIN - (utf16(code) + 2 if code else 0))
    return fit(notification, room), code


def fits(notification: Notification, code: str = "", *, limit: int) -> bool:
    """Whether nothing of it has to be left out."""
    return length(html(*fitted(notification, code))) <= limit


def html(notification: Notification, code: str = "") -> str:
    """A notification that fits as Telegram's HTML, without its links and buttons: they are a keyboard."""
    text = partial(escape, quote=False)
    parts = [f"{SIGNS[notification.tone]}<b>{text(notification.title)}</b>"]
    parts += ["\n".join(text(line) for line in notification.lines)]
    parts += [f"<pre>{text(code)}</pre>" if code else ""]
    parts += ["\n".join(f"<b>{text(name)}</b>: {text(value)}" for name, value in notification.facts)]
    parts += [f"<i>{text(notification.footer)}</i>" if notification.footer else ""]
    return "\n\n".join(part for part in parts if part)


def plain(notification: Notification, code: str = "") -> str:
    """The same without markup, with its links."""
    return in_plain(replace(notification, lines=(*notification.lines, code)) if code else notification)


def length(markup: str) -> int:
    """What Telegram counts of this HTML."""
    return utf16(unescape(_TAG.sub("", markup)))


def keyboard(notification: Notification) -> InlineKeyboardMarkup | None:
    """Links in rows of their own, above what the bot hears of."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    links = [InlineKeyboardButton(link.label, url=link.url) for link in notification.links]
    rows = [links[start : start + BUTTONS] for start in range(0, len(links), BUTTONS)]
    labelled = [(cut(clean(label), _LABEL) or "…", data) for label, data in notification.buttons]
    short = _rows([(label, data) for label, data in labelled if 0 < len(data.encode()) <= _DATA])
    rows += [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in short]
    return InlineKeyboardMarkup(rows) if rows else None


def _rows(buttons: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """As many to a row as can be read."""
    row: list[tuple[str, str]] = []
    for button in buttons:
        letters = sum(len(label) for label, _ in [*row, button])
        if row and (len(row) == _SHORT_BUTTONS or letters > _ROW):
            yield row
            row = []
        row.append(button)
    if row:
        yield row
