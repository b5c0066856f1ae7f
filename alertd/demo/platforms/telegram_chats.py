"""The chats of Telegram's loopback platform: what stands in them, and how the API tells of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from alertd.demo.platforms.telegram_text import keyboard

USERNAME = "alertd_bot"


class Sent(NamedTuple):
    """A message of a bot as it stands in its chat."""

    sender: str
    address: str
    text: str
    markup: str
    picture: bytes = b""


NOBODY = Sent("", "", "", "")
"""In the place of one that is not there."""


def card(bot: str) -> dict[str, Any]:
    """A bot, by its number, as Telegram tells of it."""
    return {"id": int(bot) if bot.isdigit() else 1, "is_bot": True, "first_name": "alertd", "username": USERNAME}


def kind(chat: str) -> str:
    return "private" if chat.isdigit() else "supergroup" if chat.startswith("-") else "channel"


class Chats:
    """All of them: numbers are given in the order of a chat."""

    def __init__(self) -> None:
        self.sent: dict[tuple[str, int], Sent] = {}
        self._last: Counter[str] = Counter()

    def number(self, chat: str) -> int:
        """That of the next message."""
        self._last[chat] += 1
        return self._last[chat]

    def latest(self, chat: str) -> int:
        """That of the last one, 0 where there is none."""
        return self._last[chat]

    def told(self, address: str, number: int, now: float) -> dict[str, Any]:
        """What is common to all messages, as the API tells of them."""
        chat, _, topic = address.partition("/")
        # A channel is asked for by its name and answers with its id.
        found = {"id": -1001000000001 if kind(chat) == "channel" else int(chat), "type": kind(chat)}
        more = {"message_thread_id": int(topic), "is_topic_message": True} if topic else {}
        return {"message_id": number, "date": int(now), "chat": found, **more}

    def shown(self, chat: str, number: int, now: float) -> dict[str, Any]:
        """A message of a bot, as the API tells of it."""
        sent = self.sent[chat, number]
        body: Mapping[str, Any] = {"text": sent.text}
        if sent.picture:
            size = {"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}
            body = {"photo": [size], **({"caption": sent.text} if sent.text else {})}
        return {**self.told(sent.address, number, now), "from": card(sent.sender), **body}

    def pressed(self, address: str, button: str) -> tuple[int, str]:
        """The newest message there with this button, and its data. Raises LookupError where there is none."""
        chat = address.partition("/")[0]
        seen: list[str] = []
        for (where, number), sent in sorted(self.sent.items(), key=lambda item: -item[0][1]):
            if where != chat or sent.address != address:
                continue
            for label, data in keyboard(sent.markup).callbacks:
                if button in (label, data):
                    return number, data
                seen.append(label)
        raise LookupError(f"no button {button!r} in {address}; there are {seen}")
