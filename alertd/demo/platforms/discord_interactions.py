"""Discord's interactions on loopback: their answers within three seconds, and the messages that they become.

https://docs.discord.com/developers/interactions/receiving-and-responding.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Protocol

from alertd.demo.platforms.discord_messages import EPHEMERAL, length
from alertd.demo.platforms.discord_people import BUTTON, COMMAND, FILE, STRING, TYPING, WINDOW, Asking, DiscordUser

APPLICATION = "100000000000000002"
BOT = "100000000000000001"

DEADLINE, LIFE = 3.0, 900.0
"""Seconds for the first answer, and for those after it."""

MESSAGE, LATER, LATER_IN_PLACE, IN_PLACE, CHOICES, ASK = 4, 5, 6, 7, 8, 9
"""Types of answers."""
_TAKES = {
    COMMAND: (MESSAGE, LATER, ASK),
    BUTTON: (MESSAGE, LATER, LATER_IN_PLACE, IN_PLACE, ASK),
    TYPING: (CHOICES,),
    WINDOW: (MESSAGE, LATER),
}
_GUILD, _DIRECT, _THREAD = 0, 1, 11

_COMMAND = re.compile(r"[-_a-z0-9]{1,32}")
COMMANDS = 100

Files = Mapping[str, tuple[str, bytes]]


class Refused(Exception):
    """What Discord says instead: (status, code, message)."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


UNKNOWN = Refused(404, 10062, "Unknown interaction")
UNKNOWN_HOOK = Refused(404, 10015, "Unknown Webhook")
ANSWERED = Refused(400, 40060, "Interaction has already been acknowledged.")


class Screen(Protocol):
    """Where messages are shown: the platform. Both return the message's id and raise ValueError for one that Discord
    would refuse."""

    def post(self, chat: str, body: Mapping[str, Any], files: Files, only: str) -> str: ...

    def change(self, chat: str, ref: str, body: Mapping[str, Any], files: Files) -> str: ...


class Interactions:
    """All that are open, by their ids. `deadline` is in seconds."""

    def __init__(self, screen: Screen) -> None:
        self.deadline = DEADLINE
        self._screen = screen
        self._open: dict[str, Asking] = {}
        self._numbers = count(400_000_000_000_000_001)

    def begin(self, user: DiscordUser, chat: str, kind: int, data: Mapping[str, Any], button: str) -> Asking:
        """The next one; the caller adds what depends on the chat, and delivers it."""
        number = str(next(self._numbers))
        payload = {
            "id": number,
            "application_id": APPLICATION,
            "type": kind,
            "token": f"token-{number}",
            "version": 1,
            "channel_id": chat,
            "data": dict(data),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": 10 * 2**20,
            "app_permissions": "0",
        }
        asking = Asking(user, chat, kind, payload, asyncio.get_running_loop().time(), button)
        self._open[number] = asking
        return asking

    def answer(self, number: str, token: str, body: Mapping[str, Any], files: Files) -> dict[str, Any]:
        """The first answer. Raises Refused, or ValueError for one that Discord would refuse."""
        asking = self._open.get(number)
        if asking is None or asking.payload["token"] != token or self._age(asking) > self.deadline:
            raise UNKNOWN
        if asking.answers:
            raise ANSWERED
        kind, data = body["type"], body.get("data") or {}
        if kind not in _TAKES[asking.kind]:
            raise ValueError(f"an interaction of type {asking.kind} takes no answer of type {kind}")
        self._take(asking, kind, data, files)
        asking.answers.append(kind)
        asking.answered.set()
        return {"interaction": {"id": number, "type": asking.kind, "response_message_id": asking.original or None}}

    def of(self, token: str) -> Asking:
        """The one whose token an endpoint was called with. Raises Refused."""
        asking = self._open.get(token.removeprefix("token-"))
        if asking is None or asking.payload["token"] != token or self._age(asking) > LIFE or not asking.answers:
            raise UNKNOWN_HOOK
        return asking

    def edit(self, asking: Asking, body: Mapping[str, Any], files: Files) -> str:
        """The original: what was promised, or the message as it is."""
        if asking.pending:
            asking.pending = False
            asking.original = self._post(asking, body, files, asking.flags)
            return asking.original
        if not asking.original:
            raise Refused(404, 10008, "Unknown Message")
        return self._screen.change(asking.chat, asking.original, body, files)

    def delete(self, asking: Asking) -> None:
        if not (asking.pending or asking.original):
            raise Refused(404, 10008, "Unknown Message")
        asking.pending, asking.original = False, ""

    def follow(self, asking: Asking, body: Mapping[str, Any], files: Files) -> str:
        """One more message: the first after a promise keeps that."""
        return (
            self.edit(asking, body, files) if asking.pending else self._post(asking, body, files, body.get("flags", 0))
        )

    def _take(self, asking: Asking, kind: int, data: Mapping[str, Any], files: Files) -> None:
        if kind == MESSAGE:
            asking.original = self._post(asking, data, files, data.get("flags", 0))
        elif kind == LATER:
            asking.pending, asking.flags = True, data.get("flags", 0)
        elif kind == LATER_IN_PLACE:
            asking.original = asking.button
        elif kind == IN_PLACE:
            asking.original = self._screen.change(asking.chat, asking.button, data, files)
        elif kind == CHOICES:
            asking.choices = choices(data)
        else:
            asking.window = window(data)

    def _post(self, asking: Asking, body: Mapping[str, Any], files: Files, flags: int) -> str:
        return self._screen.post(asking.chat, body, files, asking.user.id if flags & EPHEMERAL else "")

    def _age(self, asking: Asking) -> float:
        return asyncio.get_running_loop().time() - asking.began


def choices(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Completions (name, value). Raises ValueError where Discord would refuse them."""
    found = [(choice["name"], choice["value"]) for choice in data["choices"]]
    if len(found) > 25 or any(not 0 < length(text) <= 100 for pair in found for text in pair):
        raise ValueError("too many choices, or one that is empty or too long")
    return found


def window(data: Mapping[str, Any]) -> dict[str, Any]:
    """A modal with one field. Raises ValueError where Discord would refuse it."""
    fields = [field for row in data["components"] for field in row["components"]]
    if not (0 < length(data["title"]) <= 45 and 0 < length(data["custom_id"]) <= 100 and 0 < len(fields) <= 5):
        raise ValueError("a window without title, id or fields")
    for field in fields:
        if (field["type"], field["style"] in (1, 2), 0 < length(field["label"]) <= 45) != (4, True, True):
            raise ValueError("a field that is none")
    return dict(data)


def registered(body: object) -> list[dict[str, Any]]:
    """The commands of an application. Raises ValueError (or KeyError, TypeError) where Discord would refuse them."""
    if not isinstance(body, list) or len(body) > COMMANDS or len({each["name"] for each in body}) < len(body):
        raise ValueError("no list of commands, too many, or two of one name")
    for command in body:
        options = command.get("options", [])
        for named in (command, *options):
            if not _COMMAND.fullmatch(named["name"]) or not 0 < length(named["description"]) <= 100:
                raise ValueError(f"the name or description of {named['name']!r}")
        required = [option["required"] for option in options]
        if len(options) > 25 or required != sorted(required, reverse=True) or not all(map(_is_option, options)):
            raise ValueError(f"the options of {command['name']}")
    return [{"id": str(500_000_000_000_000_001 + at), **command} for at, command in enumerate(body)]


def _is_option(option: Mapping[str, Any]) -> bool:
    """Of a type that is known here; nothing completes a file."""
    return option["type"] == STRING or (option["type"] == FILE and "autocomplete" not in option)


def where(asking: Asking, guild: str, *, thread: bool, message: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The whole of an interaction, with what depends on its place: a `guild`, or "" for a private channel."""
    user = asking.user
    account = {"id": user.id, "username": user.name, "global_name": user.name, "discriminator": "0", "avatar": None}
    payload = asking.payload
    if guild:
        place = _THREAD if thread else _GUILD
        member = {"user": account, "roles": [], "permissions": "0", "joined_at": "2026-01-01T00:00:00+00:00"}
        payload |= {"guild_id": guild, "guild": {"id": guild, "locale": "en-US", "features": []}, "member": member}
        payload |= {"context": 0, "channel": {"id": asking.chat, "type": place, "guild_id": guild}}
    else:
        payload |= {"user": account, "context": 1, "channel": {"id": asking.chat, "type": _DIRECT}}
    if asking.button:
        payload["message"] = message(asking.button)
    return payload
