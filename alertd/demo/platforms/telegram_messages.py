"""What a bot says on Telegram's loopback platform: messages, photos and files, and what they are changed to."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.telegram_chats import NOBODY, Chats, Sent
from alertd.demo.platforms.telegram_form import Form, Upload, granted, markup_of, picture_of, reading, refusal
from alertd.demo.platforms.telegram_text import CAPTION_LIMIT, TEXT_LIMIT, keyboard, parse, units

SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)


class Messages:
    """The methods that say something: each takes the bot's number and the form. `take` is called with each message,
    changes too; `files` are documents (address, name, content)."""

    def __init__(self, chats: Chats, record: Record, take: Callable[[Received], None]) -> None:
        self.chats = chats
        self._take = take
        self.files: list[tuple[str, str, bytes]] = []
        self._record = record

    def send(self, sender: str, form: Form) -> web.Response:
        return self._new(sender, form, self._text(form), b"")

    def photo(self, sender: str, form: Form) -> web.Response:
        picture = picture_of(form, "photo")
        return self._new(sender, form, self._caption(form), picture) if picture else self.wrong("IMAGE_PROCESS_FAILED")

    def document(self, sender: str, form: Form) -> web.Response:
        upload = form.get("document")
        if not isinstance(upload, Upload) or not upload.name or not upload.content:
            return self.wrong("file must be non-empty")
        self.files.append((_address(form), *upload))
        return self._new(sender, form, self._caption(form) or upload.name, b"")

    def _new(self, sender: str, form: Form, text: str | web.Response, picture: bytes) -> web.Response:
        if isinstance(text, web.Response):
            return text
        chat, reply = str(form["chat_id"]), reading(form.get("reply_parameters")) or {}
        replies = str(reply.get("message_id", ""))
        if replies and int(replies) > self.chats.latest(chat):
            if reply.get("allow_sending_without_reply") is not True:
                return self.wrong("message to be replied not found")
            replies = ""
        sent = Sent(sender, _address(form), text, markup_of(form), picture)
        silent = reading(form.get("disable_notification")) is True
        return self._note(chat, 0, sent, replies=replies, silent=silent)

    def edit(self, sender: str, form: Form) -> web.Response:
        text = self._text(form)
        if isinstance(text, web.Response):
            return text
        if self._before(form).picture:
            # Whoever does not remember that it became a photo learns it by this, as on Telegram.
            return refusal(400, "Bad Request: there is no text in the message to edit")
        return self._changed(sender, form, text=text)

    def edit_caption(self, sender: str, form: Form) -> web.Response:
        text = self._caption(form)
        if isinstance(text, web.Response):
            return text
        if not self._before(form).picture:
            return self.wrong("there is no caption in the message to edit")
        return self._changed(sender, form, text=text)

    def edit_media(self, sender: str, form: Form) -> web.Response:
        """Of a text message, too: it becomes a photo."""
        media = reading(form["media"])
        text, picture = self._caption(media), picture_of(form, str(media.get("media", "")).removeprefix("attach://"))
        if isinstance(text, web.Response):
            return text
        if media.get("type") != "photo" or not picture:
            return self.wrong("IMAGE_PROCESS_FAILED")
        return self._changed(sender, form, text=text, picture=picture)

    def edit_markup(self, sender: str, form: Form) -> web.Response:
        return self._changed(sender, form)

    def _before(self, form: Form) -> Sent:
        return self.chats.sent.get((str(form["chat_id"]), int(form["message_id"])), NOBODY)

    def _changed(self, sender: str, form: Form, **parts: Any) -> web.Response:
        before = self._before(form)
        if before is NOBODY:
            return self.wrong("message to edit not found")
        if before.sender != sender:
            return self.wrong("message can't be edited")
        after = before._replace(markup=markup_of(form), **parts)
        if after == before:
            # Whoever was killed before they read the first answer learns by this that it is done, as on Telegram.
            return refusal(400, f"Bad Request: {SAME}")
        return self._note(str(form["chat_id"]), int(form["message_id"]), after)

    def _note(self, chat: str, number: int, sent: Sent, *, replies: str = "", silent: bool = False) -> web.Response:
        """`number` is that of the message that is changed, 0 for a new one."""
        try:
            buttons, callbacks = keyboard(sent.markup)
        except (KeyError, TypeError, ValueError):
            return self.wrong("can't parse inline keyboard button")
        edits, number = str(number or ""), number or self.chats.number(chat)
        self.chats.sent[chat, number] = sent
        self._take(
            Received(
                "telegram",
                sent.address,
                "",
                sent.text,
                self._record.now(),
                ref=str(number),
                edits=edits,
                replies=replies,
                silent=silent,
                buttons=buttons,
                sender=sent.sender,
                callbacks=callbacks,
                picture=sent.picture,
            )
        )
        return granted(self.chats.shown(chat, number, self._record.now()))

    def _text(self, form: Form) -> str | web.Response:
        """The text that a person reads, or the refusal of one that is wrong."""
        if (reading(form.get("link_preview_options")) or {}).get("is_disabled") is not True:
            self._record.wrong.append("telegram: the link preview is on")
        text = self._parsed(form, "text")
        if isinstance(text, str) and not text.strip():
            return self.wrong("message text is empty")
        if isinstance(text, str) and units(text) > TEXT_LIMIT:
            return self.wrong("message is too long")
        return text

    def _caption(self, form: Form) -> str | web.Response:
        text = self._parsed(form, "caption")
        return (
            self.wrong("message caption is too long") if isinstance(text, str) and units(text) > CAPTION_LIMIT else text
        )

    def _parsed(self, form: Form, key: str) -> str | web.Response:
        text: str | None = form.get(key) or ""
        if form.get("parse_mode") == "HTML":
            text = parse(text or "")
        return self.wrong("can't parse entities: unsupported or unclosed tag") if text is None else text

    def wrong(self, what: str) -> web.Response:
        self._record.wrong.append(f"telegram: {what}")
        return refusal(400, f"Bad Request: {what}")


def _address(form: Form) -> str:
    topic = form.get("message_thread_id")
    return str(form["chat_id"]) + (f"/{topic}" if topic else "")
