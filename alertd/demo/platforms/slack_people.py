"""People of a Slack workspace on loopback: what they say and press, and what they see of what comes back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zlib import crc32

PATIENCE = 5.0
"""Seconds that somebody looks at the screen for an answer."""

TEAM = "T0LOOPBACK"
BOT = "U0ALERTDBOT"
"""The bot's own user."""

_MENTION = re.compile(r"@alertd\b")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on somebody's screen. `chat` is the conversation's id, `thread` the head that it stands below;
    `callbacks` are buttons (label, data). `private` is seen by one person alone; `edited` stands in the place of what
    was there. `picture` or `file` (name, content) where it is one."""

    text: str
    chat: str
    ref: str = ""
    thread: str = ""
    callbacks: tuple[tuple[str, str], ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()
    private: bool = False
    edited: bool = False
    picture: bytes = b""
    file: tuple[str, bytes] | None = None


class Delivering(Protocol):
    """What a person's words go through: the platform."""

    async def deliver(self, kind: str, payload: Mapping[str, Any], **more: Any) -> Mapping[str, Any] | None: ...

    def response_url(self, kind: str, user: str, chat: str, ref: str) -> str: ...

    def wrote(self, chat: str, thread: str) -> str: ...


def conversation(address: str) -> str:
    """The id of a channel that is asked for by its name, or of the conversation with a user; an id is its own."""
    if address.startswith("#"):
        return f"C{crc32(address.encode()):010}"
    return f"D{address[1:]}" if address[:1] in ("U", "W") else address


@dataclass(slots=True)
class SlackUser:
    """Somebody in the workspace. `seen` is all that came to their screen, `reads` goes through it."""

    platform: Delivering
    id: str
    name: str
    seen: list[Seen] = field(default_factory=list)
    _read: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _last: dict[str, Any] = field(default_factory=dict)

    @property
    def direct(self) -> str:
        """Their conversation with the bot."""
        return conversation(self.id)

    def look(self, seen: Seen) -> None:
        """It has come to the screen."""
        self.seen.append(seen)
        self._news.set()

    async def reads(self, within: float = PATIENCE) -> Seen:
        """The next that they have not read. Raises TimeoutError where nothing comes."""
        async with asyncio.timeout(within):
            while self._read >= len(self.seen):
                self._news.clear()
                await self._news.wait()
        self._read += 1
        return self.seen[self._read - 1]

    async def says(self, text: str, chat: str = "", thread: str = "") -> Seen:
        """Say it, to the bot alone unless there is a chat, and read what comes back."""
        self._read = len(self.seen)
        await self.sends(text, chat, thread)
        return await self.reads()

    async def sends(self, text: str, chat: str = "", thread: str = "") -> None:
        """Say it: a slash command, a word to the bot alone, or one in a channel that mentions `@alertd`."""
        chat = chat or self.direct
        if text.startswith("/"):
            await self._commands(text, chat)
        elif chat.startswith("D") or _MENTION.search(text):
            await self._writes(text, chat, thread)

    async def again(self) -> None:
        """Slack tells of the same message again, as it does where it was not acknowledged."""
        await self.platform.deliver("events_api", self._last, retry_attempt=1, retry_reason="timeout")

    async def presses(self, button: str, on: Seen | None = None) -> Seen:
        """Press a button by its label or data, of the latest message that has it, and read what comes back."""
        self._read = len(self.seen)
        await self.taps(button, on)
        return await self.reads()

    async def taps(self, button: str, on: Seen | None = None) -> None:
        """Press it."""
        shown, (label, data) = self._find(button, [on] if on else self.seen)
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

    async def _writes(self, text: str, chat: str, thread: str) -> None:
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
        }
        event_id = f"Ev{ts.replace('.', '')}"
        self._last = {"type": "event_callback", "team_id": TEAM, "event_id": event_id, "event": event}
        await self.platform.deliver("events_api", self._last, retry_attempt=0, retry_reason="")

    def _find(self, button: str, among: Sequence[Seen]) -> tuple[Seen, tuple[str, str]]:
        for shown in reversed(among):
            for label, data in shown.callbacks:
                if button in (label, data):
                    return shown, (label, data)
        raise LookupError(f"{self.name} sees no button {button!r}")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
