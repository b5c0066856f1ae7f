"""What Telegram reads of a message: its HTML, as strictly as Telegram parses it, and its buttons."""

import json
import re
from html import unescape
from typing import NamedTuple

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
DATA_LIMIT = 64
"""Bytes of a button's data."""

_TOKENS = re.compile(
    r'<(?P<open>b|i|code|pre)>|<(?P<link>a) href="[^"<>]*">|</(?P<close>b|i|code|pre|a)>'
    r"|(?P<text>&(?:lt|gt|amp|quot|#\d+);|[^<&]+)"
)


class Keyboard(NamedTuple):
    """(label, URL) and (label, data) of the buttons under a message."""

    links: tuple[tuple[str, str], ...] = ()
    callbacks: tuple[tuple[str, str], ...] = ()


def parse(html: str) -> str | None:
    """The text that a person reads, None where Telegram would not parse it."""
    text, at = "", 0
    stack: list[str] = []
    while at < len(html):
        found = _TOKENS.match(html, at)
        if not found:
            return None
        at = found.end()
        if found["text"]:
            text += unescape(found["text"])
        elif found["close"]:
            if not stack or stack.pop() != found["close"]:
                return None
        else:
            stack.append(found["open"] or found["link"])
    return None if stack else text


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def keyboard(markup: str) -> Keyboard:
    """Raises ValueError, KeyError or TypeError where Telegram would refuse the inline keyboard."""
    links, callbacks = [], []
    for button in [button for row in json.loads(markup)["inline_keyboard"] for button in row] if markup else ():
        label, (kind,) = button["text"], [key for key in button if key != "text"]
        if not label:
            raise ValueError("a button without a label")
        if kind == "url":
            if not button["url"].startswith(("https://", "http://", "tg://")):
                raise ValueError("a button with an odd link")
            links.append((label, button["url"]))
        else:
            if not 1 <= len(button["callback_data"].encode()) <= DATA_LIMIT:
                raise ValueError("a button without data, or with too much")
            callbacks.append((label, button["callback_data"]))
    return Keyboard(tuple(links), tuple(callbacks))
