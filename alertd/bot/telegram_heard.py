"""What an update of Telegram says to us: who, where, and which words or which button."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from alertd.bot.asking import Asked
from alertd.bot.catalogue import NAMES
from alertd.model.people import Identity

if TYPE_CHECKING:
    from telegram import CallbackQuery, MaybeInaccessibleMessage, Message, Update, User

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?=\s|$)", re.ASCII)
"""Telegram's commands have no hyphen: `forget_user` is our `forget-user`."""


class Heard(NamedTuple):
    """`message` is the one to answer: what was said, or has the button. `query` is what a press is acknowledged by."""

    asked: Asked
    message: int = 0
    query: str = ""


def heard(update: Update, channel: str, me: User) -> Heard | None:
    """None for what nobody says to this bot: the chatter of a group, its comings and goings, posts of anonymous admins
    and of channels, for they all share one identity."""
    key = f"{me.id}:{update.update_id}"
    if update.callback_query is not None:
        return _pressed(update.callback_query, key, channel)
    message = update.message
    if message is None or message.from_user is None or message.from_user.is_bot or message.sender_chat is not None:
        return None
    group = message.chat.type != message.chat.PRIVATE
    text = _words(message, me, group)
    if not text:
        return None
    asked = Asked(
        key=key,
        identity=Identity(channel, "", str(message.from_user.id)),
        chat=_address(message),
        direct=str(message.from_user.id),
        name=_printable(message.from_user.full_name),
        group=group,
        text=text,
    )
    return Heard(asked, message.message_id)


def _pressed(query: CallbackQuery, key: str, channel: str) -> Heard | None:
    who, message = query.from_user, query.message
    if not query.data:
        return None
    asked = Asked(
        key=key,
        identity=Identity(channel, "", str(who.id)),
        chat=_address(message) if message else str(who.id),
        direct=str(who.id),
        name=_printable(who.full_name),
        group=message is not None and message.chat.type != message.chat.PRIVATE,
        button=_printable(query.data),
    )
    return Heard(asked, message.message_id if message else 0, query.id)


def _words(message: Message, me: User, group: bool) -> str:
    """A whole command, "" where there is none for us."""
    text = _printable(message.text).strip()
    command = _COMMAND.match(text)
    if command is None:
        told = message.reply_to_message
        ours = told is not None and told.from_user is not None and told.from_user.id == me.id
        return text if ours or not group else ""
    name, whose = command[1], command[2]
    if whose and whose.casefold() != (me.username or "").casefold():
        return ""
    hyphened = name.casefold().replace("_", "-")
    return f"/{hyphened if hyphened in NAMES else name}{text[command.end() :]}"


def _address(message: MaybeInaccessibleMessage) -> str:
    topic = getattr(message, "message_thread_id", None) if getattr(message, "is_topic_message", False) else None
    return f"{message.chat.id}/{topic}" if topic else str(message.chat.id)


def _printable(text: str | None) -> str:
    """Without halves of surrogate pairs, which no encoding has; the SDK has None for an empty name."""
    return (text or "").encode("utf-8", "replace").decode()
