"""People of a Slack workspace on loopback: what they say and press, and what they see of what comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol
from zlib import crc32

from alertd.demo.platforms.people import Onlooker, Seen
from alertd.demo.platforms.slack_files import Uploads

TEAM = "T0LOOPBACK"
BOT = "U0ALERTDBOT"
"""The bot's own user."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})

_MENTION = re.compile(r"@alertd\b")


class Delivering(Protocol):
    """What a person's words go through: the platform."""

    uploads: Uploads

    @property
    def url(self) -> str: ...

    async def deliver(self, kind: str, payload: Mapping[str, Any], **more: Any) -> Mapping[str, Any] | None: ...

    def response_url(self, kind: str, user: str, chat: str, ref: str) -> str: ...

    def wrote(self, chat: str, thread: str) -> str: ...


def conversation(address: str) -> str:
    """The id of a channel that is asked for by its name, or of the conversation with a user; an id is its own."""
    if address.startswith("#"):
        return f"C{crc32(address.encode()):010}"
    return f"D{address[1:]}" if address[:1] in ("U", "W") else address


class SlackUser(Onlooker[Seen]):
    """Somebody in the workspace."""

    def __init__(self, platform: Delivering, id: str, name: str) -> None:
        super().__init__()
        self.platform = platform
        self.id = id
        self.name = name
        self._last: dict[str, Any] = {}

    @property
    def direct(self) -> str:
        """Their conversation with the bot."""
        return conversation(self.id)

    async def says(self, text: str, chat: str = "", thread: str = "") -> Seen:
        """Say it, to the bot alone unless there is a chat, and read what comes back."""
        return await self.answer(self.sends(text, chat, thread))

    async def sends(self, text: str, chat: str = "", thread: str = "") -> None:
        """Say it: a slash command, a word to the bot alone, or one in a channel that mentions `@alertd`."""
        chat = chat or self.direct
        if text.startswith("/"):
            await self._commands(text, chat)
        elif chat.startswith("D") or _MENTION.search(text):
            await self._writes(text, chat, thread)

    async def gives(self, name: str, content: bytes) -> Seen:
        """Share a file with the bot, and read what comes back."""
        return await self.answer(self.drops((name, content)))

    async def drops(self, *files: tuple[str, bytes]) -> None:
        """Share files (name, content) with the bot in one message."""
        await self.shares(*(self.platform.uploads.put(self.platform.url, name, content) for name, content in files))

    async def shares(self, *files: Mapping[str, Any]) -> None:
        """The same by what a message tells of them."""
        await self._writes("", self.direct, "", {"subtype": "file_share", "upload": False, "files": files})

    async def again(self) -> None:
        """Slack tells of the same message again, as it does where it was not acknowledged."""
        await self.platform.deliver("events_api", self._last, retry_attempt=1, retry_reason="timeout")

    async def presses(self, button: str, on: Seen | None = None) -> Seen:
        """Press a button by its label or data, of the latest message that has it, and read what comes back."""
        return await self.answer(self.taps(button, on))

    async def taps(self, button: str, on: Seen | None = None) -> None:
        """Press it. Raises LookupError where no message has it."""
        shown, label, data = self.find(button, on)
        container = {"type": "message", "message_ts": shown.ref, "channel_id": shown.chat}
        payload: dict[str, Any] = {
            "type": "block_actions",
            "user": {"id": self.id, "username": self.name, "name": self.name, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "loopback"},
            "container": {**container, "is_ephemeral": shown.private},
            "channel": {"id": shown.chat, "name": "directmessage" if shown.chat.startswith("D") else "group"},
            "response_url": self.platform.response_url("actions", self.id, shown.chat, shown.ref),
            "actions": [{"type": "button", "action_id": "0", "block_id": "b", "value": data, "text": {"text": label}}],
        }
        if not shown.private:
            payload["message"] = {"ts": shown.ref, **({"thread_ts": shown.thread} if shown.thread else {})}
        await self.platform.deliver("interactive", payload)

    async def _commands(self, text: str, chat: str) -> None:
        command, _, rest = text.partition(" ")
        payload = {
            "command": command,
            "text": _escaped(rest.strip()),
            "team_id": TEAM,
            "team_domain": "loopback",
            "user_id": self.id,
            "user_name": self.name,
            "channel_id": chat,
            "channel_name": "directmessage" if chat.startswith("D") else "group",
            "response_url": self.platform.response_url("commands", self.id, chat, ""),
        }
        await self.platform.deliver("slash_commands", payload)

    async def _writes(self, text: str, chat: str, thread: str, more: Mapping[str, Any] = _NOTHING) -> None:
        direct = chat.startswith("D")
        ts = self.platform.wrote(chat, thread)
        event = {
            "type": "message" if direct else "app_mention",
            "user": self.id,
            "text": _MENTION.sub(f"<@{BOT}>", _escaped(text)),
            "ts": ts,
            "event_ts": ts,
            "team": TEAM,
            "channel": chat,
            **({"channel_type": "im"} if direct else {}),
            **({"thread_ts": thread} if thread else {}),
            **more,
        }
        event_id = f"Ev{ts.replace('.', '')}"
        self._last = {"type": "event_callback", "team_id": TEAM, "event_id": event_id, "event": event}
        await self.platform.deliver("events_api", self._last, retry_attempt=0, retry_reason="")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
