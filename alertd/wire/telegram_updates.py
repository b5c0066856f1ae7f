"""Updates as Telegram sends them, brought down to what the bot reads before the SDK sees them: one that is not as
documented would take with it all that came in the same answer.

Wire format: https://core.telegram.org/bots/api#update, #message, #callbackquery, #chatmemberupdated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from alertd.wire.telegram_api import SessionRequest

_Time = Annotated[int, msgspec.Meta(ge=0, le=2**36)]
"""Epoch seconds; the SDK makes a date of them, and there are no dates beyond."""


_THERE = ("creator", "administrator", "member", "restricted")


class _User(msgspec.Struct, omit_defaults=True):
    id: int
    is_bot: bool
    first_name: str
    last_name: str = ""
    username: str = ""


class _Chat(msgspec.Struct, omit_defaults=True):
    id: int
    type: str


class _Told(msgspec.Struct, rename={"who": "from"}, omit_defaults=True):
    """A message that another one answers."""

    message_id: int
    date: _Time
    chat: _Chat
    who: _User | None = None


class _Document(msgspec.Struct, omit_defaults=True):
    file_id: str
    file_unique_id: str
    file_name: str = ""
    file_size: int = 0


class _Photo(msgspec.Struct):
    """Of one size."""

    file_id: str
    file_unique_id: str
    width: int
    height: int


class _Origin(msgspec.Struct):
    """That a message is forwarded, and when it was first sent: the SDK wants a name or a chat of each type that it
    knows."""

    date: _Time
    type: str = "forwarded"

    def __post_init__(self) -> None:
        self.type = "forwarded"


class _Message(msgspec.Struct, rename={"who": "from"}, omit_defaults=True):
    message_id: int
    date: _Time
    chat: _Chat
    who: _User | None = None
    sender_chat: _Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_to_message: _Told | None = None
    text: str | None = None
    caption: str | None = None
    document: _Document | None = None
    forward_origin: _Origin | None = None
    photo: tuple[_Photo, ...] = ()


class _Query(msgspec.Struct, rename={"who": "from"}, omit_defaults=True):
    id: str
    who: _User
    chat_instance: str
    message: _Message | None = None
    data: str | None = None


class _Member(msgspec.Struct):
    """How the bot is in a chat: `member` or `left`, of which the SDK wants to know nothing else."""

    user: _User
    status: str

    def __post_init__(self) -> None:
        self.status = "member" if self.status in _THERE else "left"


class _Change(msgspec.Struct, rename={"who": "from"}):
    chat: _Chat
    who: _User
    date: _Time
    old_chat_member: _Member
    new_chat_member: _Member


class _Update(msgspec.Struct, omit_defaults=True):
    """What is in it besides is nothing that is answered."""

    update_id: int
    message: _Message | None = None
    callback_query: _Query | None = None
    my_chat_member: _Change | None = None


class _Numbered(msgspec.Struct):
    update_id: int


class UpdatesRequest(SessionRequest):
    """Asks for updates. What cannot be read of one is left out, so that it can be confirmed as the others are."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = SessionRequest.parse_json_payload(payload)
        result = answer.get("result") if isinstance(answer, dict) else None
        return {"result": readable(result)} if isinstance(result, list) else answer


def readable(updates: Sequence[object]) -> list[dict[str, Any]]:
    """Those that have a number, with what is as it should be."""
    found: list[dict[str, Any]] = []
    for update in updates:
        for shape in (_Update, _Numbered):
            try:
                found.append(msgspec.to_builtins(msgspec.convert(update, shape)))
                break
            except (msgspec.ValidationError, UnicodeError):  # half a surrogate pair is no text to msgspec
                continue
    return found
