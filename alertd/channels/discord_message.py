"""A notification as Discord's messages have it: a bold title, an embed, buttons, files. It mentions nobody.

Wire format: https://docs.discord.com/developers/resources/message (embeds, attachments) and …/components/reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from alertd.channels.text import Room, clean, cut, fit, utf16
from alertd.model.notification import Button, Delivery, Link, Loudness, Notification, Tone
from alertd.model.press import Action, read

if TYPE_CHECKING:
    from discord import Embed
    from discord.http import MultipartParameters

EMBED_LIMIT = 4096
"""Characters of an embed's description; with title, fields and footer it may have 6,000 (docs: embed limits)."""
FIELDS, NAME_LIMIT, VALUE_LIMIT, FOOTER_LIMIT = 25, 256, 1024, 2048
BUTTON_LABEL, BUTTON_URL, BUTTON_DATA, ROW, ROWS = 80, 512, 100, 5, 5
"""Of buttons: characters, and how many (docs: components)."""
CODE_LIMIT = 1800
"""Characters of what is shown in letters of one width: it leaves room for the rest."""

CHART = "chart.png"
_BYTES = "application/octet-stream"

COLOURS = {Tone.ALARM: 0xD93025, Tone.CLEAR: 0x188038, Tone.NOTE: 0x5F6368}

_ROW_TYPE, _BUTTON_TYPE = 1, 2
_GREY, _RED, _LINK = 2, 4, 5
"""Styles of buttons."""

# Every sign that Discord's markdown may take for markup, lists at a line's start and bare links included.
_MARKUP = re.compile(r"[\\*_~`|\[\]<>#@]|:(?=//|\w+:)|^[-+](?=\s)|(?<=\d)[.)](?=\s)")

_QUOTED = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E"})
"""What would end a link's target early."""


def escape(text: str) -> str:
    """One line as Discord's markdown: a backslash takes the meaning from any sign that has one."""
    return _MARKUP.sub(lambda found: "\\" + found[0], text)


def _size(text: str) -> int:
    return utf16(escape(text))


# All of it inside what the description alone may have: then every other limit of an embed holds as well.
_ROOM = Room(
    total=EMBED_LIMIT - 96, facts=FIELDS, name=NAME_LIMIT, value=VALUE_LIMIT, footer=FOOTER_LIMIT, margin=6, size=_size
)


def payload(delivery: Delivery) -> dict[str, Any]:
    """A message: the title as content (what a lock screen shows), the rest as an embed. It mentions nobody."""
    from discord import MessageFlags

    body = edit(delivery.notification)
    for part in ("embeds", "components"):
        if not body[part]:
            del body[part]
    if delivery.loudness is Loudness.SILENT:
        body["flags"] = MessageFlags(suppress_notifications=True).value
    return body


def edit(notification: Notification, *, code: str = "", image: str = "") -> dict[str, Any]:
    """What a message becomes: every part of it, empty ones too. `code` is shown as it is, in letters of one width;
    `image` is the name of an attached picture."""
    from discord import AllowedMentions

    block = _block(code)
    links = tuple(Link(link.label, link.url.translate(_QUOTED)) for link in notification.links)
    fitted = fit(replace(notification, links=links), replace(_ROOM, total=_ROOM.total - utf16(block)))
    rows, pressed = _components(notification.buttons, fitted.links)
    written = replace(fitted, links=tuple(link for link in fitted.links if link not in pressed))
    embed = _embed(written, block, image)
    return {
        "content": f"**{escape(fitted.title)}**",
        "embeds": [embed.to_dict()] if embed else [],
        "components": rows,
        "allowed_mentions": AllowedMentions.none().to_dict(),
    }


def illustration(notification: Notification) -> dict[str, Any]:
    """The change that gives a message its chart, which comes with it."""
    whole = edit(notification, image=CHART)
    return {"embeds": whole["embeds"], "allowed_mentions": whole["allowed_mentions"]}


def with_files(body: dict[str, Any], files: Sequence[tuple[str, bytes]], *, data: str = "") -> MultipartParameters:
    """A request's body and the files (name, content) that come with its message: `data` is where in the body the
    message is, "" where it is all of it."""
    from discord import File
    from discord.http import MultipartParameters

    if not files:
        return MultipartParameters(body, None, None)
    listed = [{"id": number, "filename": name} for number, (name, _) in enumerate(files)]
    body = body | ({data: body[data] | {"attachments": listed}} if data else {"attachments": listed})
    attached = [File(BytesIO(content), filename=name) for name, content in files]
    parts: list[dict[str, Any]] = [{"name": "payload_json", "value": json.dumps(body)}]
    parts += [
        {"name": f"files[{number}]", "value": file.fp, "filename": file.filename, "content_type": _BYTES}
        for number, file in enumerate(attached)
    ]
    return MultipartParameters(None, parts, attached)


def _components(buttons: Sequence[Button], links: Sequence[Link]) -> tuple[list[dict[str, Any]], list[Link]]:
    """Rows of buttons, what is pressed before what is opened, and the links that are among them."""
    told = {button.data: button for button in buttons if 0 < len(button.data) <= BUTTON_DATA}
    made = [_pressed(button) for button in told.values()][: ROW * (ROWS - 1)]
    rows = [made[start : start + ROW] for start in range(0, len(made), ROW)]
    opened = [link for link in links if utf16(link.url) <= BUTTON_URL][: ROW * (ROWS - len(rows))]
    linked = [_opened(link) for link in opened]
    rows += [linked[start : start + ROW] for start in range(0, len(linked), ROW)]
    return [{"type": _ROW_TYPE, "components": row} for row in rows], opened


def _pressed(button: Button) -> dict[str, Any]:
    press = read(button.data)
    style = _RED if press is not None and press.action is Action.DELETE else _GREY
    label = cut(clean(button.label), BUTTON_LABEL) or "…"
    return {"type": _BUTTON_TYPE, "style": style, "label": label, "custom_id": button.data}


def _opened(link: Link) -> dict[str, Any]:
    return {"type": _BUTTON_TYPE, "style": _LINK, "label": cut(link.label, BUTTON_LABEL), "url": link.url}


def _block(code: str) -> str:
    """A block in letters of one width, in which nothing ends it early; "" without code."""
    text = cut("\n".join(map(_row, code.split("\n"))).rstrip("\n"), CODE_LIMIT)
    return f"```\n{text}\n```" if text.strip() else ""


def _row(row: str) -> str:
    """A row of code as it is, its spaces too; a fence in it is broken by spaces of no width."""
    seen = "".join(char if char.isprintable() else " " for char in row)
    return seen.replace("```", "`\u200b`\u200b`\u200b")


def _embed(notification: Notification, block: str, image: str) -> Embed | None:
    from discord import Embed

    rows = [escape(line) for line in notification.lines]
    rows += [block] if block else []
    rows += [f"[{escape(link.label)}]({link.url})" for link in notification.links]
    if not (rows or notification.facts or notification.footer or image):
        return None
    embed = Embed(description="\n".join(rows) or None, colour=COLOURS[notification.tone])
    for name, value in notification.facts:
        embed.add_field(name=escape(name), value=escape(value))
    if notification.footer:
        embed.set_footer(text=notification.footer)  # the one part that knows no markdown
    if image:
        embed.set_image(url=f"attachment://{image}")
    return embed
