"""What is shown in the channels of Discord on loopback, and to whom."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from alertd.demo.platforms.discord_interactions import BOT, Files, Refused
from alertd.demo.platforms.discord_messages import Kept, changed, pressable, read
from alertd.demo.platforms.discord_people import DiscordUser
from alertd.demo.platforms.people import Seen
from alertd.demo.platforms.record import Received, Record

SUPPRESS_NOTIFICATIONS = 1 << 12
"""The message flag of those that ring no bell."""

SELF: dict[str, Any] = {"id": BOT, "username": "alertd", "discriminator": "0", "avatar": None, "bot": True}
"""The bot's own account."""


class Screen:
    """All messages, by address and id; `users` are all people by their ids."""

    def __init__(self, record: Record) -> None:
        self.users: dict[str, DiscordUser] = {}
        self._record = record
        self._members: dict[str, set[str]] = {}
        self._refs = (str(200_000_000_000_000_000 + number) for number in count(1))
        self._files = (str(600_000_000_000_000_000 + number) for number in count(1))
        self._kept: dict[tuple[str, str], Kept] = {}

    def join(self, chat: str, *users: DiscordUser) -> None:
        """From now on they see what is said there."""
        self._members.setdefault(chat, set()).update(user.id for user in users)

    def has(self, chat: str, ref: str) -> bool:
        return (chat, ref) in self._kept

    def post(self, chat: str, body: Mapping[str, Any], files: Files, only: str = "", *, replies: str = "") -> str:
        """A new message, to one person where it is for them `only`; returns its id. Raises ValueError (or KeyError,
        TypeError) where Discord would refuse it."""
        return self._show(chat, changed(Kept(only=only), body, files, self._files), body, replies=replies)

    def change(self, chat: str, ref: str, body: Mapping[str, Any], files: Files) -> str:
        """A message, changed. Raises as `post`, and Refused where there is none."""
        if not self.has(chat, ref):
            raise Refused(404, 10008, "Unknown Message")
        return self._show(chat, changed(self._kept[chat, ref], body, files, self._files), body, edits=ref)

    def described(self, chat: str, ref: str) -> dict[str, Any]:
        """A message as Discord describes it."""
        kept = self._kept[chat, ref]
        named = [{"id": file, "filename": name, "size": len(content)} for file, (name, content) in kept.files.items()]
        return {"id": ref, "channel_id": chat, "author": SELF, "attachments": named, "content": kept.body["content"]}

    def _show(self, chat: str, kept: Kept, body: Mapping[str, Any], *, edits: str = "", replies: str = "") -> str:
        text, (links, callbacks), picture = read(kept.body), pressable(kept.body), kept.picture
        ref = edits or next(self._refs)
        self._kept[chat, ref] = kept
        seen = Seen(
            text,
            chat,
            ref,
            callbacks=callbacks,
            buttons=links,
            private=bool(kept.only),
            edited=bool(edits),
            picture=picture,
            file=kept.file,
        )
        for user in self._audience(chat, kept.only):
            user.show(seen)
        self._record.take(
            Received(
                "discord",
                chat,
                "",
                text,
                self._record.now(),
                ref,
                edits,
                replies,
                silent=bool(body.get("flags", 0) & SUPPRESS_NOTIFICATIONS),
                buttons=links,
                callbacks=callbacks,
                picture=picture,
            )
        )
        return ref

    def _audience(self, chat: str, only: str) -> list[DiscordUser]:
        members = self._members.get(chat, ())
        if only:
            return [self.users[only]]
        return [user for user in self.users.values() if chat == user.direct or user.id in members]
