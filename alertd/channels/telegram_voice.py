"""One bot, saying things: what Telegram's methods take, what it answers, and the ways round a refusal.

Wire format: https://core.telegram.org/bots/api#sendmessage, #sendphoto, #editmessagetext, #editmessagecaption and
#editmessagemedia (which adds media to text messages, too). Everything here raises Refusal for an answer that is not
2xx, and DeliveryDelayed where there was none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from alertd.channels.answers import Reason, by_failure, by_status, not_theirs
from alertd.channels.telegram_message import CAPTION_LIMIT, fits, fitted, html, keyboard, plain
from alertd.errors import ConfigError, DeliveryError, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Notification
from alertd.wire.sdk import Refusal
from alertd.wire.secret import redact
from alertd.wire.session import retry_after

if TYPE_CHECKING:
    from telegram import Bot

    from alertd.wire.telegram_api import SessionRequest

# Telegram's words for a refusal, in lower case; no page lists them.
STRANGER = ("can't initiate conversation", "is not a member")
"""Another bot may know this chat."""
_DEAD = ("bot was blocked", "deactivated", "chat not found", "was kicked", "group chat was deleted", *STRANGER)
_UNCHANGED = "message is not modified"
_GONE = ("message to edit not found", "message_id_invalid")
_UNCHANGEABLE = ("message can't be edited", *_GONE)
_PICTURED = "there is no text in the message"
"""Said of a photo whose text is to be changed: it has a caption."""
_MARKUP = ("can't parse entities", "button")
"""Said of markup that it cannot read, and of a button that it does not like."""

CHART = "chart.png"


class Place(NamedTuple):
    """Where a message goes: a chat and its topic. It answers the message `follows`, 0 for none."""

    chat: str
    topic: int | None = None
    follows: int = 0
    silent: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        more: dict[str, Any] = {"chat_id": self.chat, "message_thread_id": self.topic}
        if self.silent:
            more["disable_notification"] = True
        if self.follows:
            more |= {"reply_to_message_id": self.follows, "allow_sending_without_reply": True}
        return more


def parts(address: str) -> tuple[str, int | None]:
    """The chat of an address, and its topic."""
    chat, _, topic = address.partition("/")
    return chat, int(topic) if topic else None


async def say(bot: Bot, place: Place, notification: Notification, code: str = "") -> int:
    """The message's number."""
    message = await _said(bot.send_message, "text", fitted(notification, code), place.arguments)
    return int(message.message_id)


async def photo(bot: Bot, place: Place, png: bytes) -> None:
    """A picture without words."""
    await asked(bot.send_photo, {"photo": png, "filename": CHART, **place.arguments})


async def show(bot: Bot, place: Place, png: bytes, notification: Notification, code: str = "") -> int:
    """A photo with all of it as its caption: for what `captions` takes."""
    form = fitted(notification, code, limit=CAPTION_LIMIT)
    message = await _said(bot.send_photo, "caption", form, {"photo": png, "filename": CHART, **place.arguments})
    return int(message.message_id)


async def hand(bot: Bot, place: Place, name: str, content: bytes) -> None:
    """A file."""
    await asked(bot.send_document, {"document": content, "filename": name, **place.arguments})


async def fetched(bot: Bot, file: str, most: int) -> bytes:
    """A file that somebody sent, or its first `most` bytes. The token is a part of its URL: that is nowhere told."""
    found = await asked(bot.get_file, {"file_id": file})
    url = found.file_path or ""
    if not url.startswith(f"{bot.base_file_url}/"):  # a local Bot API server may name a place on its disk
        raise not_theirs("Telegram")
    return cast(bytes, await asked(cast("SessionRequest", bot.request).file, {"url": url, "most": most}))


async def edited(
    bot: Bot, place: Place, message: int, notification: Notification, code: str = "", *, pictured: bool = False
) -> bool:
    """True if the message, or the caption of the photo that it has become, says this now; False where it cannot be
    changed any more. `pictured` says that it is known to be a photo: else that is learnt by a refusal."""
    where = {"chat_id": place.chat, "message_id": message}
    try:
        if not pictured:
            try:
                await _said(bot.edit_message_text, "text", fitted(notification, code), where)
            except Refusal as refusal:
                if not says(refusal, _PICTURED):
                    raise
                pictured = True
        if pictured:
            form = fitted(notification, code, limit=CAPTION_LIMIT)
            await _said(bot.edit_message_caption, "caption", form, where)
    except Refusal as refusal:
        if not says(refusal, _UNCHANGED, *_UNCHANGEABLE):
            raise
        return says(refusal, _UNCHANGED)
    return True


async def illustrated(bot: Bot, place: Place, message: int, notification: Notification, png: bytes) -> bool:
    """True if the message has become a photo with the same words under it; where it cannot, the photo answers it,
    silently. A message that is no longer there gets none."""
    from telegram import InputMediaPhoto

    if captions(notification):
        form = fitted(notification, limit=CAPTION_LIMIT)
        media = InputMediaPhoto(png, filename=CHART, caption=html(*form), parse_mode="HTML")
        where = {"chat_id": place.chat, "message_id": message, "reply_markup": keyboard(form[0])}
        try:
            await asked(bot.edit_message_media, {"media": media, **where})
        except Refusal as refusal:
            if refusal.status != 400 or says(refusal, *_DEAD):
                raise
            if says(refusal, _UNCHANGED, *_GONE):
                return says(refusal, _UNCHANGED)
        else:
            return True
    await photo(bot, place._replace(follows=message, silent=True), png)
    return False


def captions(notification: Notification, code: str = "") -> bool:
    """Whether all of it may stand under a photo."""
    return fits(notification, code, limit=CAPTION_LIMIT)


async def asked(call: Any, arguments: Mapping[str, Any]) -> Any:
    """What one request returns."""
    from aiohttp import ClientError

    from alertd.wire.telegram_api import answered

    try:
        return await answered(call(**arguments))
    except (ClientError, OSError, ConfigError) as failure:
        error = by_failure(failure)
    except ValueError:
        error = not_theirs("Telegram")
    raise error


async def _said(call: Any, key: str, form: tuple[Notification, str], arguments: Mapping[str, Any]) -> Any:
    """What the call returns for HTML with buttons, or for plain text if Telegram cannot take that."""
    from telegram import LinkPreviewOptions

    more = dict(arguments)
    if key == "text":
        more["link_preview_options"] = LinkPreviewOptions(is_disabled=True)
    markup = keyboard(form[0])
    try:
        return await asked(call, {key: html(*form), "parse_mode": "HTML", "reply_markup": markup, **more})
    except Refusal as refusal:
        if refusal.status != 400 or not says(refusal, *_MARKUP):
            raise
    return await asked(call, {key: plain(*form), **more})


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────


def says(refusal: Refusal, *words: str) -> bool:
    said = refusal.word("description").casefold()
    return any(word in said for word in words)


def moved_to(refusal: Refusal, chat: str) -> int | None:
    """The supergroup that the chat has become."""
    to = _parameters(refusal).get("migrate_to_chat_id")
    return to if isinstance(to, int) and str(to) != chat else None


def meaning(refusal: Refusal, address: str, now: float, bucket: str = "") -> DeliveryError:
    """Telegram words most refusals as 400 or 403; 404 is a token that is not one. `bucket` is what a 429 is about."""
    status, said, (chat, topic) = refusal.status, refusal.word("description"), parts(address)
    to = moved_to(refusal, chat)
    if to is not None:
        return DeliveryMoved(f"the chat is {to} now", to=f"{to}/{topic}" if topic else str(to))
    if status in (401, 404):
        text = f"Telegram refuses the token (HTTP {status})"
        return DeliveryRefused(text, reason=Reason.UNAUTHORIZED, whole_channel=True)
    if status == 400:
        return DeliveryRefused(f"HTTP 400: {redact(said)}", reason=_reason(refusal), dead=says(refusal, *_DEAD))
    wait = wait_of(refusal, now)
    return by_status(status, said, retry_after=wait, bucket=bucket, dead=says(refusal, *_DEAD))


def wait_of(refusal: Refusal, now: float) -> float | None:
    """Seconds to wait, as it says: the body's own word (seconds) goes before a header that a gateway may have put
    there."""
    return retry_after(str(_parameters(refusal).get("retry_after", refusal.headers.get("Retry-After"))), now)


def _parameters(refusal: Refusal) -> dict[str, object]:
    found = refusal.body.get("parameters")
    return found if isinstance(found, dict) else {}


def _reason(refusal: Refusal) -> Reason:
    """What a 400 is about."""
    if says(refusal, "not found", "deactivated"):
        return Reason.NOT_FOUND
    if says(refusal, "not enough rights", "have no rights", "write forbidden"):
        return Reason.FORBIDDEN
    return Reason.TOO_LARGE if says(refusal, "too long") else Reason.BAD_REQUEST
