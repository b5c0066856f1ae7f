"""People on Telegram's loopback platform: they write to the bot, press what it shows them, and read what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alertd.demo.platforms.people import Onlooker
from alertd.demo.platforms.record import Received

if TYPE_CHECKING:
    from alertd.demo.platforms.telegram import TelegramPlatform


class User(Onlooker[Received]):
    """A member of every group. `started` is whether they have ever written to the bot: before it may not write to
    them. Chats are addresses as alertd writes them, "" for the private one."""

    def __init__(self, platform: TelegramPlatform, number: int, name: str) -> None:
        super().__init__()
        self.number = number
        self.name = name
        self.started = False
        self._platform = platform

    @property
    def chat(self) -> str:
        return str(self.number)

    @property
    def card(self) -> dict[str, Any]:
        """As Telegram tells of them."""
        return {"id": self.number, "is_bot": False, "first_name": self.name}

    async def says(self, text: str, chat: str = "", *, answering: int = 0) -> Received:
        """What comes back."""
        self.skip()
        self.tells(text, chat, answering=answering)
        return await self.reads()

    async def presses(self, button: str, chat: str = "") -> Received:
        """A button by its label or its data: the same."""
        self.skip()
        self.taps(button, chat)
        return await self.reads()

    def tells(
        self, text: str, chat: str = "", *, answering: int = 0, document: Mapping[str, Any] | None = None
    ) -> None:
        """Without waiting for an answer. `answering` is a message of the chat; below a `document` it is its caption."""
        chat = chat or self.chat
        self.started = self.started or chat == self.chat
        self._platform.told(self, text, chat, answering, document)

    async def gives(self, name: str, content: bytes, chat: str = "", *, caption: str = "") -> Received:
        """A file: what comes back."""
        self.skip()
        self.drops(name, content, chat, caption=caption)
        return await self.reads()

    def drops(self, name: str, content: bytes, chat: str = "", *, caption: str = "") -> None:
        """The same without waiting."""
        self.tells(caption, chat, document=self._platform.uploaded(name, content))

    def blocks(self, *, blocked: bool = True) -> None:
        """The bot may not write to them, or again."""
        (self._platform.blocked.add if blocked else self._platform.blocked.discard)(self.chat)
        self._platform.turned(self, "kicked" if blocked else "member")

    def taps(self, button: str, chat: str = "") -> str:
        """The same for a button: the newest of that name in the chat. Returns the query that is to be acknowledged."""
        return self._platform.tapped(self, button, chat or self.chat)
