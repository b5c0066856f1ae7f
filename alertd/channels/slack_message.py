"""A notification as a message of Slack: blocks, buttons, and `text` for lock screens and screen readers.

https://docs.slack.dev/reference/block-kit/blocks and …/messaging/formatting-message-text#escaping. Nobody's text
becomes markup: it stands in `plain_text` objects, or between the fences of a code block.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from alertd.channels.text import JOINERS, SIGNS, Room, clean, cut, cut_lines, fit, plain, utf16
from alertd.model.notification import Button, Link, Notification

TEXT_LIMIT = 4000
"""Characters recommended for a message's own `text` (docs: chat.postMessage)."""
HEADER_LIMIT = 150
SECTION_LIMIT = 3000
FIELDS = 10
"""Fields of a section, of 2,000 characters each; also the elements of a context (docs: Block Kit)."""
LINK_LIMIT = 2900
"""Of the 3,000 characters that an element of a context may have."""
TOTAL_LIMIT = 13_200
"""Characters of all blocks before `msg_blocks_too_long` (measured, slackapi/bolt-js#2509)."""
CODE_LIMIT = 5600
"""Of them, for what is shown as it is."""
BUTTONS = 25
"""Elements of a block with actions, each with a label of 75 characters and a value of 2,000."""
LABEL_LIMIT = 75

_QUOTED = str.maketrans({"|": "%7C", "<": "%3C", ">": "%3E"})
_FENCE = "```"
_NO_FENCE = "`\u200b`\u200b`\u200b"  # ends with a break: more of them may follow
"""Three backticks that end no code block: there is no escaping them."""

Block = dict[str, Any]


def escape(text: str) -> str:
    """https://docs.slack.dev/messaging/formatting-message-text#escaping: these three, and nothing else, are decoded."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(text: str) -> int:
    return utf16(escape(text))


# `text` is cut on its own, well inside the recommendation; of the blocks a tenth is left for what Slack may count more.
_TEXT_ROOM = Room(total=TEXT_LIMIT - 8, size=_size, widest=5)
_BLOCKS_ROOM = Room(total=TOTAL_LIMIT * 9 // 10, title=HEADER_LIMIT - 4, value=1500, size=_size, widest=5)
_CODED_ROOM = replace(_BLOCKS_ROOM, total=_BLOCKS_ROOM.total - CODE_LIMIT)


def payload(notification: Notification, *, buttons: Sequence[Button] = (), code: str = "") -> dict[str, Any]:
    """The message; `buttons` are those that a bot hears of, `code` is shown in letters of one width."""
    text = plain(fit(notification, _TEXT_ROOM))
    blocks = _blocks(fit(_linkable(notification), _CODED_ROOM if code else _BLOCKS_ROOM), _code(code))
    return {
        "text": escape(f"{SIGNS[notification.tone]}{text}"),
        "blocks": [*blocks, _actions(buttons)] if buttons else blocks,
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _blocks(notification: Notification, code: Sequence[Block]) -> list[Block]:
    blocks: list[Block] = [{"type": "header", "text": _plain(f"{SIGNS[notification.tone]}{notification.title}")}]
    blocks += [{"type": "section", "text": _plain(text)} for text in _packed(notification.lines, SECTION_LIMIT)]
    fields = [_plain(f"{name}\n{value}") for name, value in notification.facts]
    blocks += [{"type": "section", "fields": some} for some in _by(FIELDS, fields)]
    blocks += code
    # The label is text beside a link of fixed wording: in Slack's markup `*_~` cannot be escaped.
    links = [part for link in notification.links for part in (_plain(f"{link.label}:"), _open(link.url))]
    blocks += [{"type": "context", "elements": some} for some in _by(FIELDS, links)]
    if notification.footer:
        blocks.append({"type": "context", "elements": [_plain(notification.footer)]})
    return blocks


def _code(code: str) -> list[Block]:
    """What is shown as it is: a caret stays below what it marks."""
    lines = ["".join(map(_visible, line)) for line in code.replace(_FENCE, _NO_FENCE).split("\n")] if code else []
    texts = _packed(cut_lines(lines, CODE_LIMIT, size=_size), SECTION_LIMIT - 2 * len(_FENCE) - 2)
    return [{"type": "section", "text": _markup(f"{_FENCE}\n{escape(text)}\n{_FENCE}")} for text in texts]


def _visible(char: str) -> str:
    return char if char.isprintable() or char in JOINERS or char == "\u200b" else " "


def _actions(buttons: Sequence[Button]) -> Block:
    elements = [
        {
            "type": "button",
            "action_id": str(number),
            "text": _plain(cut(clean(button.label), LABEL_LIMIT, _size) or "…"),
            "value": button.data,
        }
        for number, button in enumerate(buttons[:BUTTONS])
    ]
    return {"type": "actions", "elements": elements}


def _packed(lines: Sequence[str], limit: int) -> Iterable[str]:
    """Lines in as few texts as fit `limit` each; a line too long for one is cut into several."""
    text: str | None = None
    for line in lines:
        for piece in _pieces(line, limit):
            joined = piece if text is None else f"{text}\n{piece}"
            if text is not None and _size(joined) > limit:
                yield text
                text = piece
            else:
                text = joined
    if text:
        yield text


def _pieces(line: str, limit: int) -> Iterable[str]:
    # 5 units is the most that a character takes once escaped.
    width = limit if _size(line) <= limit else limit // 5
    return (line[start : start + width] for start in range(0, max(len(line), 1), width))


def _by(count: int, parts: Sequence[Block]) -> Iterable[Sequence[Block]]:
    return (parts[start : start + count] for start in range(0, len(parts), count))


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": escape(text), "emoji": False}


def _markup(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _linkable(notification: Notification) -> Notification:
    """Its links as they may stand in Slack's markup, those left out that are too long for it."""
    quoted = [Link(link.label, link.url.translate(_QUOTED)) for link in notification.links]
    return replace(notification, links=tuple(link for link in quoted if _size(link.url) <= LINK_LIMIT))


def _open(url: str) -> Block:
    return _markup(f"<{escape(url)}|open>")
