"""Text that fits: every part of a notification cleaned of what is invisible, and cut to what a platform takes.

Cutting comes before escaping and markup, so that no entity and no tag is ever cut in two. Sizes are UTF-16 units
unless said: no platform counts more than that for a character.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from alertd.model.notification import Link, Notification, Tone

JOINERS = "\u200c\u200d"
"""Invisible, yet part of how some scripts and many emoji are written."""

UNTITLED = "(no title)"

SIGNS = {Tone.ALARM: "🔔 ", Tone.CLEAR: "✅ ", Tone.NOTE: ""}
"""What stands before a title where a platform has no colours; up to 3 units."""


def utf16(text: str) -> int:
    """How many UTF-16 code units a text takes: what Telegram counts, and the most that the others may count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a notification a platform takes, in the units of `size`.

    `total` bounds all parts together, each counted with `margin` units more for the separator and the markup around
    it. `size` measures a text as the platform will (escaped, where it counts after escaping) and must be additive; no
    character takes more than `widest`.
    """

    total: int
    title: int = 250
    facts: int = 25
    name: int = 100
    value: int = 1000
    links: int = 10
    label: int = 100
    footer: int = 1000
    margin: int = 2
    size: Callable[[str], int] = utf16
    widest: int = 2


def clean(text: str) -> str:
    """One line of visible characters: controls become spaces, direction marks and other invisible ones go."""
    if text.isprintable():
        return text.strip()
    chars = []
    for char in text:
        kind = unicodedata.category(char)
        if kind in ("Cc", "Zl", "Zp"):
            chars.append(" ")
        elif kind == "Cs":
            chars.append("\ufffd")  # half a pair: no encoding has it
        elif kind != "Cf" or char in JOINERS:
            chars.append(char)
    return "".join(chars).strip()


def cut(text: str, limit: int, size: Callable[[str], int] = utf16) -> str:
    """The text, or as much of it as fits `limit` with an ellipsis at its end, never cut inside a visible character."""
    if size(text) <= limit:
        return text
    room = limit - size("…")
    if room < 0:
        return ""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle]) <= room:
            low = middle
        else:
            high = middle - 1
    while low and _joined(text, low):
        low -= 1
    return text[:low].rstrip() + "…"


def cut_lines(lines: Sequence[str], limit: int, *, margin: int = 1, size: Callable[[str], int] = utf16) -> list[str]:
    """The first lines that fit `limit`, `margin` counted for each; the last one then says how many are missing."""
    costs = [size(line) + margin for line in lines]
    if sum(costs) <= limit:
        return list(lines)
    room = limit - size(_missing(len(lines))) - margin
    if room < 0:
        return []
    kept: list[str] = []
    for line, cost in zip(lines, costs, strict=True):
        if cost > room:
            break
        kept.append(line)
        room -= cost
    if not kept and room > margin:
        kept.append(cut(lines[0], room - margin, size))
    left = len(lines) - len(kept)
    return [*kept, _missing(left)] if left else kept


def fit(notification: Notification, room: Room) -> Notification:
    """The same notification, clean and no larger than `room`; its buttons are not looked at.

    The title comes first; footer, links and facts may take half of the rest and are left out whole where they do
    not fit; the lines have what remains. Links that are not http(s) are left out.
    """
    if _fits(notification, room):
        return notification
    title = cut(clean(notification.title), min(room.title, room.total - room.margin), room.size) or UNTITLED
    left = room.total - room.size(title) - room.margin
    budget = left // 2

    def pay(*parts: str) -> bool:
        nonlocal left, budget
        cost = sum(room.size(part) + room.margin for part in parts)
        if cost > budget:
            return False
        left, budget = left - cost, budget - cost
        return True

    footer = cut(clean(notification.footer), room.footer, room.size)
    footer = footer if footer and pay(footer) else ""
    links = [Link(cut(clean(link.label), room.label, room.size), clean(link.url)) for link in notification.links]
    kept = [link for link in links[: room.links] if _opens(link.url) and pay(link.label or "link", link.url)]
    facts = [
        (cut(clean(name), room.name, room.size), cut(clean(value), room.value, room.size))
        for name, value in notification.facts[: room.facts]
    ]
    facts = [(name, value) for name, value in facts if name and value and pay(name, value)]
    lines = [line for line in map(clean, notification.lines) if line]
    return replace(
        notification,
        title=title,
        lines=tuple(cut_lines(lines, left, margin=room.margin, size=room.size)),
        facts=tuple(facts),
        links=tuple(Link(link.label or "link", link.url) for link in kept),
        footer=footer,
    )


def plain(notification: Notification) -> str:
    """Title, lines, facts, links and footer as text without any markup, one to a line."""
    rows = [notification.title, *notification.lines]
    rows += [f"{name}: {value}" for name, value in notification.facts]
    rows += [f"{link.label}: {link.url}" for link in notification.links]
    return "\n".join([*rows, notification.footer] if notification.footer else rows)


def _fits(notification: Notification, room: Room) -> bool:
    """True for what is clean and small beyond doubt, as nearly all is: looked through in one go, with every character
    as wide as can be."""
    widest = room.widest
    small: list[str] = []
    for name, value in notification.facts:
        if len(name) * widest > room.name or len(value) * widest > room.value:
            return False
        small += (name, value)
    for link in notification.links:
        if len(link.label) * widest > room.label or not _opens(link.url):
            return False
        small += (link.label, link.url)
    if notification.footer:
        small.append(notification.footer)
    text = f"|{'|'.join([notification.title, *notification.lines, *small])}|"
    if not text.isprintable() or " |" in text or "| " in text or "||" in text:
        return False
    title = room.size(notification.title)
    left = room.total - title - room.margin
    aside = sum(map(len, small)) * widest + len(small) * room.margin
    rows = sum(map(len, notification.lines)) * widest + len(notification.lines) * room.margin
    return (
        title <= room.title
        and len(notification.facts) <= room.facts
        and len(notification.links) <= room.links
        and len(notification.footer) * widest <= room.footer
        and aside <= left // 2
        and aside + rows <= left
    )


def _missing(count: int) -> str:
    return f"… and {count} more {'line' if count == 1 else 'lines'}"


def _opens(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url.split()) == 1


def _joined(text: str, at: int) -> bool:
    """True if the characters on both sides of `at` are drawn as one: marks, emoji sequences, flags."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if not after:
        return False
    if unicodedata.category(after).startswith("M") or after in JOINERS or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if before == "\u200d":
        return True
    flags = 0
    while at - flags > 0 and "\U0001f1e6" <= text[at - flags - 1] <= "\U0001f1ff":
        flags += 1
    return flags % 2 == 1 and "\U0001f1e6" <= after <= "\U0001f1ff"
