"""What an update of Telegram says to us: who, where, and which words or which button."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from alertd.bot.asking import Asked, Fetch, Upload
from alertd.bot.catalogue import NAMES
from alertd.bot.language.parse import is_import
from alertd.model.people import Identity

if TYPE_CHECKING:
    from telegram import CallbackQuery, ChatMemberUpdated, MaybeInaccessibleMessage, Message, Update, User

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?=\s|$)", re.ASCII)
"""Telegram's commands have no hyphen: `forget_user` is our `forget-user`."""


class Heard(NamedTuple):
    """`message` is the one to answer: what was said, or has the button (and is `pictured` where it is a photo). `query`
    is what a press is acknowledged by."""

    asked: Asked
    message: int = 0
    query: str = ""
    pictured: bool = False


def heard(update: Update, channel: str, me: User, fetch: Fetch) -> Heard | None:
    """None for what nobody says to this bot: the chatter of a group, its comings and goings, posts of anonymous admins
    and of channels, for they all share one identity. A document is for `import`, in a group where its caption says so,
    elsewhere where that is no other command; `fetch` would bring it, by its id."""
    key = f"{me.id}:{update.update_id}"
    if update.callback_query is not None:
        return _pressed(update.callback_query, key, channel)
    if update.my_chat_member is not None:
        return _returned(update.my_chat_member, key, channel)
    message = update.message
    if message is None or message.from_user is None or message.from_user.is_bot or message.sender_chat is not None:
        return None
    group = message.chat.type != message.chat.PRIVATE
    document, text = message.document, _words(message, me, group)
    uploads: tuple[Upload, ...] = ()
    if document and (is_import(text) or not (group or text.startswith("/"))):
        upload = Upload(_printable(document.file_name), document.file_size or 0, document.file_id, fetch)
        uploads, text = (upload,), "import"
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
        uploads=uploads,
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
    pictured = bool(getattr(message, "photo", ()))
    return Heard(asked, message.message_id if message else 0, query.id, pictured)


def _returned(change: ChatMemberUpdated, key: str, channel: str) -> Heard | None:
    """Somebody has unblocked the bot, or has it in a group again: https://core.telegram.org/bots/api#chatmember"""
    if change.new_chat_member.status != change.new_chat_member.MEMBER:
        return None
    who, group = str(change.from_user.id), change.chat.type != change.chat.PRIVATE
    identity, chat = Identity(channel, "", who), str(change.chat.id)
    return Heard(Asked(key=key, identity=identity, chat=chat, direct=who, group=group, returned=True))


def _words(message: Message, me: User, group: bool) -> str:
    """A whole command, "" where there is none for us: who forwards words does not say them. Only that of a document is
    heard below it."""
    if message.forward_origin is not None:
        return ""
    text = _printable(message.caption if message.document else message.text).strip()
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
