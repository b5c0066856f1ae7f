"""People on Telegram's loopback platform: they write to the bot, press what it shows them, and read what it says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from alertd.demo.platforms.record import Received

if TYPE_CHECKING:
    from alertd.demo.platforms.telegram import TelegramPlatform

PATIENCE = 20.0
"""Seconds that somebody looks at the screen for an answer."""


class User:
    """A member of every group. `started` is whether they have ever written to the bot: before it may not write to
    them. Chats are addresses as alertd writes them, "" for the private one."""

    def __init__(self, platform: TelegramPlatform, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.started = False
        self._platform = platform
        self._read: dict[str, int] = {}

    @property
    def chat(self) -> str:
        return str(self.number)

    @property
    def card(self) -> dict[str, Any]:
        """As Telegram tells of them."""
        return {"id": self.number, "is_bot": False, "first_name": self.name}

    async def says(self, text: str, chat: str = "", *, answering: int = 0) -> Received:
        """What comes back, in that chat or in the private one."""
        self._read[chat or self.chat] = len(self._platform.record.received)
        self.tells(text, chat, answering=answering)
        return await self.reads(chat)

    async def presses(self, button: str, chat: str = "") -> Received:
        """A button by its label or its data: the same."""
        self._read[chat or self.chat] = len(self._platform.record.received)
        self.taps(button, chat)
        return await self.reads(chat)

    def tells(self, text: str, chat: str = "", *, answering: int = 0) -> None:
        """Without waiting for an answer. `answering` is a message of the chat."""
        chat = chat or self.chat
        self.started = self.started or chat == self.chat
        self._platform.told(self, text, chat, answering)

    def taps(self, button: str, chat: str = "") -> str:
        """The same for a button: the newest of that name in the chat. Returns the query that is to be acknowledged."""
        return self._platform.tapped(self, button, chat or self.chat)

    async def reads(self, chat: str = "") -> Received:
        """The next message or change in that chat, or in the private one, that they have not read. Raises TimeoutError
        where none comes."""
        chat, record = chat or self.chat, self._platform.record
        at = self._read.get(chat, 0)
        async with asyncio.timeout(PATIENCE):
            while True:
                await record.arrived(at + 1)
                received = record.received[at]
                at += 1
                if received.channel == "telegram" and received.address in (chat, self.chat):
                    self._read[chat] = at
                    return received
