"""Telegram, by one bot token or several: python-telegram-bot's `Bot` alone, without its update loop and its limiter.

Wire format: https://core.telegram.org/bots/api#sendmessage, #editmessagetext and #making-requests (refusals are HTTP
statuses with a `description`; 429 and a chat that became a supergroup carry `parameters`). The Bot API knows no
idempotency key: an attempt without an answer may have been delivered.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Self
from zlib import crc32

from pydantic import model_validator

from alertd.channels.answers import Reason, by_failure, by_status, not_theirs
from alertd.channels.kind import ChannelKind
from alertd.channels.text import SIGNS, Room, fit, plain
from alertd.errors import ConfigError, DeliveryError, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Delivery, Link, Loudness, Notification
from alertd.ports import Bucket, Limit
from alertd.wire.sdk import Refusal, blot
from alertd.wire.secret import Secret, redact
from alertd.wire.session import retry_after, tls
from alertd.wire.settings import Count, Endpoint, Rate, Uncertain

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from telegram import Bot, InlineKeyboardMarkup

API = "https://api.telegram.org"
TEXT_LIMIT = 4096
"""UTF-16 units of a text after its entities are parsed (Bot API, sendMessage)."""
BUTTONS = 3
"""Of a row: more are too narrow on a phone."""

# Telegram's bot FAQ: about 30 messages a second in all, one a second to one chat with short bursts, 20 a minute to a
# group. A burst of 3 and one in 3.5 s are never more than 20 in any 60 s.
CHAT = Limit(1.0, 3)
GROUP = Limit(3.5, 3)

_ROOM = Room(total=TEXT_LIMIT - 8)  # less the sign and the blank lines between the parts
_ADDRESS = re.compile(r"(?P<chat>-?\d{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31})(?:/(?P<topic>\d{1,10}))?", re.ASCII)
_LOG = logging.getLogger(__name__)

# Telegram's words for a refusal, in lower case; no page lists them.
_STRANGER = ("can't initiate conversation", "is not a member")
"""Another bot may know this chat."""
_DEAD = ("bot was blocked", "deactivated", "chat not found", "was kicked", "group chat was deleted", *_STRANGER)
_UNCHANGED = "message is not modified"
_UNCHANGEABLE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_MARKUP = ("can't parse entities", "button")
"""Said of markup that it cannot read, and of a button's URL that it does not like."""


class TelegramSettings(Endpoint):
    """`url` is where the Bot API is (a local Bot API server, a gateway), without the `/bot…` part. `tokens` are of
    several bots that share the chats; `rate` is what Telegram lets one bot send, more for paid broadcasts."""

    token: Secret | None = None
    tokens: tuple[Secret, ...] = ()
    rate: Rate = Count(30, 1.0)
    uncertain: Uncertain = "resend"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.token is None) == (not self.tokens):
            raise ValueError("expected either `token` or `tokens`")
        return self

    @property
    def bots(self) -> tuple[Secret, ...]:
        return (self.token,) if self.token else self.tokens


class TelegramChannel:
    """One bot or several. A chat has its own bot among them, and another one where that one is a stranger."""

    remembers = 0.0

    def __init__(self, name: str, settings: TelegramSettings, session: ClientSession) -> None:
        from alertd.wire.telegram_api import SessionRequest

        blot("telegram.Bot", "telegram.request.BaseRequest")
        self.name = name
        self.resends = settings.uncertain == "resend"
        self._tokens = settings.bots
        count, seconds = settings.rate
        self.in_flight = min(max(int(count / seconds / 4), 16) * len(self._tokens), 64)
        pace = Limit(seconds / count, max(int(count / seconds / 10), 1))
        self._paces = [Bucket(f"bot:{number}", pace) for number in range(len(self._tokens))]
        self._base = f"{settings.url or API}/bot"
        self._bots: dict[int, Bot] = {}
        self._homes: dict[str, int] = {}  # chats whose own bot is a stranger there
        self._resting: dict[str, tuple[int, float]] = {}  # chat → bot, until when
        settings.proxy_url()  # one that cannot be used is told before anything is sent
        self._request = SessionRequest(
            session, tls=tls(settings.ca_file), timeout=settings.timeout, proxy=settings.proxy_url
        )

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        chat, _ = _parts(address)
        # A name is a channel's or a public group's.
        return self._paces[self._home(chat)], Bucket(f"chat:{chat}", GROUP if chat[0] in "-@" else CHAT)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns `<bot's id>:<message's id>`: in a private chat every bot counts messages on its own."""
        chat, _ = _parts(delivery.address)
        home, count = self._home(chat), len(self._tokens)
        errors: list[DeliveryError] = []
        for step in range(count):
            number = (home + step) % count
            try:
                ref = await self._by_bot(number, delivery)
            except Refusal as refusal:
                errors.append(self._meaning(refusal, number, delivery.address, now))
                if not (errors[-1].reason == Reason.UNAUTHORIZED or _says(refusal, *_STRANGER)):
                    break
            else:
                if step:
                    self._homes[chat] = number
                return ref
        raise _last_word(errors)

    async def close(self) -> None:
        """The session is not its own."""

    def _home(self, chat: str) -> int:
        return self._homes.get(chat, crc32(chat.encode()) % len(self._tokens))

    def _bot(self, number: int) -> Bot:
        """The bot of this token; another token (the file was replaced) makes another bot."""
        from telegram import Bot

        token = self._tokens[number].reveal()
        bot = self._bots.get(number)
        if bot is None or bot.token != token:
            bot = Bot(token, base_url=self._base, request=self._request, get_updates_request=self._request)
            self._bots[number] = bot
        return bot

    async def _by_bot(self, number: int, delivery: Delivery) -> str:
        """Its ref. Raises Refusal, or DeliveryDelayed where there was no answer."""
        try:
            bot = self._bot(number)
        except ConfigError as error:
            raise by_failure(error) from None
        whose = bot.token.partition(":")[0]
        chat, topic = _parts(delivery.address)
        teller, _, told = delivery.origin.partition(":")
        notification = fit(delivery.notification, _ROOM)
        follows = teller == whose and told.isdigit()
        if follows and delivery.replaces and await _edited(bot, chat, int(told), notification):
            return delivery.origin
        more: dict[str, Any] = {"message_thread_id": topic}
        if delivery.loudness is Loudness.SILENT:
            more["disable_notification"] = True
        if follows and not delivery.replaces:
            more |= {"reply_to_message_id": int(told), "allow_sending_without_reply": True}
        message = await _said(bot.send_message, notification, chat_id=chat, **more)
        return f"{whose}:{message.message_id}"

    def _meaning(self, refusal: Refusal, number: int, address: str, now: float) -> DeliveryError:
        """Telegram words most refusals as 400 or 403; 404 is a token that is not one."""
        status, said, (chat, topic) = refusal.status, refusal.word("description"), _parts(address)
        parameters = _parameters(refusal)
        to = parameters.get("migrate_to_chat_id")
        if isinstance(to, int) and str(to) != chat:
            _LOG.warning("Telegram chat %s has become %d: change the receiver's address", chat, to)
            return DeliveryMoved(f"the chat is {to} now", to=f"{to}/{topic}" if topic else str(to))
        if status in (401, 404):
            text = f"Telegram refuses the token (HTTP {status})"
            return DeliveryRefused(text, reason=Reason.UNAUTHORIZED, whole_channel=True)
        if status == 400:
            return DeliveryRefused(f"HTTP 400: {redact(said)}", reason=_reason(refusal), dead=_says(refusal, *_DEAD))
        # The body's own word (seconds) goes before a header that a gateway may have put there.
        wait = retry_after(str(parameters.get("retry_after", refusal.headers.get("Retry-After"))), now)
        bucket = self._limited(number, chat, now, wait or 0.0) if status == 429 else ""
        return by_status(status, said, retry_after=wait, bucket=bucket, dead=_says(refusal, *_DEAD))

    def _limited(self, number: int, chat: str, now: float, wait: float) -> str:
        """The bucket that a 429 is about, for Telegram does not say: the chat's, or the bot's where another chat of
        the same bot has to wait as well."""
        self._resting = {known: rest for known, rest in self._resting.items() if rest[1] > now}
        others = any(bot == number for known, (bot, _) in self._resting.items() if known != chat)
        self._resting[chat] = (number, now + wait)
        return f"bot:{number}" if others else f"chat:{chat}"


def check_address(address: str) -> str | None:
    """A chat id, `@channelname`, either with `/topic`."""
    if _ADDRESS.fullmatch(address):
        return None
    return "expected a chat id such as 123456789 or -1001234567890, or @channelname; with /<topic id> for a topic"


def html(notification: Notification) -> str:
    """A notification that fits as Telegram's HTML (https://core.telegram.org/bots/api#html-style), without its links:
    they are buttons."""
    text = partial(escape, quote=False)
    parts = [f"{SIGNS[notification.tone]}<b>{text(notification.title)}</b>"]
    parts += ["\n".join(text(line) for line in notification.lines)]
    parts += ["\n".join(f"<b>{text(name)}</b>: {text(value)}" for name, value in notification.facts)]
    parts += [f"<i>{text(notification.footer)}</i>" if notification.footer else ""]
    return "\n\n".join(part for part in parts if part)


async def _edited(bot: Bot, chat: str, message: int, notification: Notification) -> bool:
    """True if the message says this now; False where it cannot be changed any more."""
    try:
        await _said(bot.edit_message_text, notification, chat_id=chat, message_id=message)
    except Refusal as refusal:
        if not _says(refusal, _UNCHANGED, *_UNCHANGEABLE):
            raise
        return _says(refusal, _UNCHANGED)
    return True


async def _said(call: Any, notification: Notification, **arguments: Any) -> Any:
    """What the call returns for HTML with buttons, or for plain text if Telegram cannot take that."""
    from telegram import LinkPreviewOptions

    arguments["link_preview_options"] = LinkPreviewOptions(is_disabled=True)
    keyboard = _keyboard(notification.links)
    try:
        return await _asked(
            call, {"text": html(notification), "parse_mode": "HTML", "reply_markup": keyboard, **arguments}
        )
    except Refusal as refusal:
        if refusal.status != 400 or not _says(refusal, *_MARKUP):
            raise
    return await _asked(call, {"text": plain(notification), **arguments})


async def _asked(call: Any, arguments: Mapping[str, Any]) -> Any:
    """One request. Raises Refusal for an answer that is not 2xx, DeliveryDelayed where there was none."""
    from aiohttp import ClientError

    from alertd.wire.telegram_api import answered

    try:
        return await answered(call(**arguments))
    except (ClientError, OSError, ConfigError) as failure:
        error = by_failure(failure)
    except ValueError:
        error = not_theirs("Telegram")
    raise error


def _last_word(errors: Sequence[DeliveryError]) -> DeliveryError:
    """What it means that no bot could: one token that is refused is not the whole channel, nor is the chat dead."""
    tokens = [error for error in errors if error.reason == Reason.UNAUTHORIZED]
    if tokens and errors[-1].reason in (Reason.UNAUTHORIZED, Reason.FORBIDDEN) and len(tokens) < len(errors):
        return DeliveryRefused(str(tokens[0]), reason=Reason.UNAUTHORIZED)
    return errors[-1]


def _keyboard(links: tuple[Link, ...]) -> InlineKeyboardMarkup | None:
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    buttons = [InlineKeyboardButton(link.label, url=link.url) for link in links]
    rows = [buttons[start : start + BUTTONS] for start in range(0, len(buttons), BUTTONS)]
    return InlineKeyboardMarkup(rows) if rows else None


def _parts(address: str) -> tuple[str, int | None]:
    chat, _, topic = address.partition("/")
    return chat, int(topic) if topic else None


def _parameters(refusal: Refusal) -> dict[str, object]:
    found = refusal.body.get("parameters")
    return found if isinstance(found, dict) else {}


def _says(refusal: Refusal, *words: str) -> bool:
    said = refusal.word("description").casefold()
    return any(word in said for word in words)


def _reason(refusal: Refusal) -> Reason:
    """What a 400 is about."""
    if _says(refusal, "not found", "deactivated"):
        return Reason.NOT_FOUND
    if _says(refusal, "not enough rights", "have no rights", "write forbidden"):
        return Reason.FORBIDDEN
    return Reason.TOO_LARGE if _says(refusal, "too long") else Reason.BAD_REQUEST


def build(name: str, settings: TelegramSettings, session: ClientSession) -> TelegramChannel:
    for token in settings.bots:
        token.reveal()
    return TelegramChannel(name, settings, session)


KIND = ChannelKind(TelegramSettings, build, lambda address, _: check_address(address))
