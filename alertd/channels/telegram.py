"""Telegram, by one bot token or several: python-telegram-bot's `Bot` alone, without its update loop and its limiter.

Wire format: https://core.telegram.org/bots/api#making-requests (refusals are HTTP statuses with a `description`; 429
and a chat that became a supergroup carry `parameters`). The Bot API knows no idempotency key: an attempt without an
answer may have been delivered. What is said stands in `telegram_message`, how in `telegram_voice`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Self
from zlib import crc32

from pydantic import model_validator

from alertd.channels import telegram_voice as voice
from alertd.channels.answers import Reason, by_failure
from alertd.channels.kind import ChannelKind
from alertd.channels.remembered import keep
from alertd.channels.telegram_voice import Place, parts
from alertd.errors import ConfigError, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery, Loudness
from alertd.ports import Bucket, Limit, Pictures
from alertd.wire.sdk import Refusal, blot
from alertd.wire.secret import Secret
from alertd.wire.session import tls
from alertd.wire.settings import Count, Endpoint, Rate, Uncertain

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from telegram import Bot

API = "https://api.telegram.org"

# Telegram's bot FAQ: about 30 messages a second in all, one a second to one chat with short bursts, 20 a minute to a
# group. A burst of 3 and one in 3.5 s are never more than 20 in any 60 s.
CHAT = Limit(1.0, 3)
GROUP = Limit(3.5, 3)

REFUSED = 300.0
"""Seconds for which a bot whose token was refused is asked for nothing, where there is another."""

LISTENER = 0
"""Which of several tokens is the bot that hears commands and buttons."""

_ADDRESS = re.compile(r"(?P<chat>-?\d{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31})(?:/(?P<topic>\d{1,10}))?", re.ASCII)


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
    def base(self) -> str:
        """What comes before a token in a URL."""
        return f"{self.url or API}/bot"

    @property
    def files(self) -> str:
        """The same for what people sent."""
        return f"{self.url or API}/file/bot"

    @property
    def bots(self) -> tuple[Secret, ...]:
        return (self.token,) if self.token else self.tokens


class TelegramChannel:
    """One bot or several. A chat has its own bot among them, and another one where that one is a stranger or has no
    token that is good."""

    pictures = Pictures.AFTER

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
        self._base = settings.base
        self._bots: dict[int, Bot] = {}
        self._strangers: dict[str, frozenset[int]] = {}  # by chat
        self._refused: dict[int, float] = {}  # bots that are asked for nothing, until when
        self._pictured: dict[str, None] = {}  # messages that have become photos, by address and ref
        self._resting: dict[str, tuple[int, float]] = {}  # chat → bot, until when
        settings.proxy_url()  # one that cannot be used is told before anything is sent
        self._request = SessionRequest(
            session, tls=tls(settings.ca_file), timeout=settings.timeout, proxy=settings.proxy_url
        )

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        chat, _ = parts(address)
        # A name is a channel's or a public group's.
        return self._paces[self._ranked(chat)[0]], Bucket(f"chat:{chat}", GROUP if chat[0] in "-@" else CHAT)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns `<bot's id>:<message's id>`: in a private chat every bot counts messages on its own. One token of
        several that is refused is said of its bot's bucket alone: the message has another bot the next time."""
        chat, _ = parts(delivery.address)
        self._refused = {number: until for number, until in self._refused.items() if until > now}
        ranked = self._ranked(chat)
        for number in [number for number in ranked if number not in self._refused] or ranked:
            try:
                ref = await self._by_bot(number, delivery)
            except Refusal as refusal:
                error = self._meaning(refusal, number, delivery.address, now)
                if error.reason == Reason.UNAUTHORIZED:
                    self._refused[number] = now + REFUSED
                    none_left = len(self._refused) == len(self._tokens)
                    raise (error if none_left else self._left_by(number)) from None
                if not voice.says(refusal, *voice.STRANGER):
                    raise error from None
                self._note(chat, number, stranger=True)
            else:
                self._note(chat, number, stranger=False)
                return ref
        first = self._ranked(chat)[0]
        raise error if first in self._strangers[chat] else self._left_by(first)

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """The message becomes a photo with the same words under it, or is answered by one, without a sound."""
        teller, _, told = ref.partition(":")
        for number in range(len(self._tokens)):
            try:
                bot = self._bot(number)
            except ConfigError as error:
                raise by_failure(error) from None
            if _number(bot) == teller and told.isdigit():
                try:
                    said = delivery.notification if number == LISTENER else replace(delivery.notification, buttons=())
                    if await voice.illustrated(bot, Place(*parts(delivery.address)), int(told), said, png):
                        keep(self._pictured, f"{delivery.address} {ref}", None)
                except Refusal as refusal:
                    raise self._meaning(refusal, number, delivery.address, delivery.created) from None
                return

    async def close(self) -> None:
        """The session is not its own."""

    def _ranked(self, chat: str) -> list[int]:
        """All bots, a chat's own first: but those whose token is refused come after the others, and strangers last."""
        count = len(self._tokens)
        own, strangers = crc32(chat.encode()) % count, self._strangers.get(chat, ())
        order = [(own + step) % count for step in range(count)]
        return sorted(order, key=lambda number: (number in strangers, number in self._refused))

    def _note(self, chat: str, number: int, *, stranger: bool) -> None:
        known = self._strangers.get(chat, frozenset())
        if stranger is not (number in known):
            keep(self._strangers, chat, known ^ {number})

    def _left_by(self, number: int) -> DeliveryRefused:
        """What it means that a message does not go by this bot, while another one's token is good."""
        bot = self._tokens[number].reference
        text = f"Telegram refuses the token of {bot}"
        return DeliveryRefused(text, reason=Reason.UNAUTHORIZED, bucket=self._paces[number].name).only(bot)

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
        chat, topic = parts(delivery.address)
        teller, _, told = delivery.origin.partition(":")
        # Nobody listens to what is pressed under the messages of the others.
        said = delivery.notification if number == LISTENER else replace(delivery.notification, buttons=())
        follows = int(told) if teller == _number(bot) and told.isdigit() else 0
        if follows and delivery.replaces:
            pictured = f"{delivery.address} {delivery.origin}" in self._pictured
            if await voice.edited(bot, Place(chat, topic), follows, said, pictured=pictured):
                return delivery.origin
        place = Place(chat, topic, 0 if delivery.replaces else follows, delivery.loudness is Loudness.SILENT)
        return f"{_number(bot)}:{await voice.say(bot, place, said)}"

    def _meaning(self, refusal: Refusal, number: int, address: str, now: float) -> DeliveryError:
        chat, _ = parts(address)
        wait = voice.wait_of(refusal, now) or 0.0
        bucket = self._limited(number, chat, now, wait) if refusal.status == 429 else ""
        return voice.meaning(refusal, address, now, bucket)

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


def _number(bot: Bot) -> str:
    """The bot's own, which stands before the colon of its token."""
    return bot.token.partition(":")[0]


def build(name: str, settings: TelegramSettings, session: ClientSession) -> TelegramChannel:
    for token in settings.bots:
        token.reveal()
    return TelegramChannel(name, settings, session)


KIND = ChannelKind(TelegramSettings, build, lambda address, _: check_address(address), deaf=lambda _: None)
