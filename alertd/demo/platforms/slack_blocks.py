"""What Slack checks in a message, and what a person reads of it."""

import re
from collections.abc import Iterator
from typing import Any

TEXT_LIMIT = 40_000
TOTAL_LIMIT = 13_200
BLOCKS = 50
_LONGEST = {"header": 150, "section": 3000, "field": 2000, "context": 3000}
_LINK = re.compile(r"<(https?://[^<>|\s]+)\|([^<>|]+)>")
_CODE = re.compile(r"```\n((?:(?!```).)+)\n```", re.DOTALL)
_RAW = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")


def read(body: dict[str, Any]) -> str:
    """What a person reads in a message. Raises ValueError (or KeyError, TypeError) where Slack would refuse it."""
    if body["unfurl_links"] or body["unfurl_media"] or body["link_names"] or body["mrkdwn"]:
        raise ValueError("its text unfurls, mentions or has markup")
    if not _checked(body["text"], TEXT_LIMIT):
        raise ValueError("no_text")
    texts = [text for block in body["blocks"] if block["type"] != "actions" for text in _texts(block)]
    if not 0 < len(body["blocks"]) <= BLOCKS:
        raise ValueError("invalid_blocks")
    if sum(map(_length, texts)) > TOTAL_LIMIT:
        raise ValueError("msg_blocks_too_long")
    return "\n".join(map(_decoded, texts))


def pressable(body: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """The buttons: those with links (label, URL), and those that a bot hears of (label, value). Raises ValueError (or
    KeyError, TypeError) where Slack would refuse one."""
    links: list[tuple[str, str]] = []
    callbacks: list[tuple[str, str]] = []
    for block in body["blocks"]:
        if block["type"] != "actions":
            continue
        elements = block["elements"]
        if not 0 < len(elements) <= 25:
            raise ValueError("invalid_blocks")
        for element in elements:
            label = _label(element)
            if "url" in element:
                if not 0 < len(element["url"]) <= 3000:
                    raise ValueError("invalid_blocks")
                links.append((label, element["url"]))
            else:
                callbacks.append((label, _value(element)))
        ids = [element["action_id"] for element in elements if "value" in element]
        if len(set(ids)) < len(ids):
            raise ValueError("invalid_blocks")
    return tuple(links), tuple(callbacks)


def _label(element: dict[str, Any]) -> str:
    label = element["text"]
    if element["type"] != "button" or label["type"] != "plain_text" or not label["text"]:
        raise ValueError("invalid_blocks")
    return _decoded(_checked(label["text"], 75))


def _value(element: dict[str, Any]) -> str:
    value, action = element["value"], element["action_id"]
    if not isinstance(value, str) or not 0 < len(value) <= 2000 or not 0 < len(action) <= 255:
        raise ValueError("invalid_blocks")
    return value


def _texts(block: dict[str, Any]) -> Iterator[str]:
    """The texts of a block. Raises ValueError where Slack would refuse it."""
    kind = block["type"]
    parts = [(part, kind) for part in [block["text"]] if part] if "text" in block else []
    parts += [(part, "field") for part in block.get("fields", ())]
    parts += [(part, kind) for part in block.get("elements", ())]
    if not parts or len(parts) > 10 or kind not in _LONGEST:
        raise ValueError("invalid_blocks")
    for part, place in parts:
        if part["type"] == "mrkdwn":
            yield _marked_up(part, place)
        elif part["type"] == "plain_text" and part.get("emoji") is False and part["text"]:
            yield _checked(part["text"], _LONGEST[place])
        else:
            raise ValueError("invalid_blocks")


def _marked_up(part: dict[str, Any], place: str) -> str:
    """What is no plain text is a link, or a block of code as a whole: nobody's text is markup."""
    found = (
        {"context": _LINK, "section": _CODE}[place].fullmatch(part["text"]) if place in ("context", "section") else None
    )
    if not found or not part.get("verbatim"):
        raise ValueError("invalid_blocks")
    _long(part["text"], _LONGEST[place])
    return _checked(found[1], _LONGEST[place])


def _checked(text: str, limit: int) -> str:
    if _RAW.search(text):
        raise ValueError("unescaped_markup")
    return _long(text, limit)


def _long(text: str, limit: int) -> str:
    if _length(text) > limit:
        raise ValueError("msg_too_long")
    return text


def _length(text: str) -> int:
    # As if it counted in its own, escaped form: nobody outside knows.
    return len(text.encode("utf-16-le")) // 2


def _decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
