"""Discord, by a webhook or a bot's token: discord.py's HTTP clients alone, without its gateway.

Wire format: https://docs.discord.com/developers/resources/message#create-message, …/webhook#execute-webhook and
…/topics/rate-limits. By a bot's token a message carries a nonce, so that one that arrived already is not posted
again within a few minutes; a webhook knows no such thing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from alertd.channels.answers import Reason, by_failure, by_status, not_theirs
from alertd.channels.discord_message import CHART, edit, illustration, payload, with_files
from alertd.channels.kind import ChannelKind
from alertd.channels.remembered import keep
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery
from alertd.ports import Bucket, Limit, Pictures
from alertd.wire.sdk import Refusal, SdkSession, blot
from alertd.wire.secret import Secret, conceal
from alertd.wire.session import retry_after, tls
from alertd.wire.settings import TokenOrWebhook

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from discord.http import MultipartParameters

    from alertd.wire.discord_api import BotApi

API = "https://discord.com/api/v10"
DEFAULT = "default"
"""The address of a webhook: its channel is a part of its URL."""

NONCE_LIMIT = 25

NONCE_LIFE = 300.0
"""Seconds for which Discord surely knows a nonce: "the past few minutes"."""

# Discord lets 50 requests a second through in all: this is never more in any second. What a channel takes its headers
# announce, and discord.py keeps to that; a channel's bucket is there for the Retry-After that may come all the same.
OVERALL = Limit(1 / 45, 5)
FREE = Limit(0.0)
IN_FLIGHT = 16

_DEAD = frozenset((10003, 10015, 50001, 50013, 50007, 50027))
"""Discord's codes of what is gone or closed: unknown channel, unknown webhook, missing access, missing permissions,
no messages to this user, invalid webhook token (docs: JSON error codes)."""
_UNCHANGEABLE = frozenset((10008, 50005))
"""Unknown message, another author's message."""

_WEBHOOK = re.compile(r"https?://[^/]+(?:/[^?#]*)?/webhooks/(?P<id>\d{1,20})/(?P<token>[A-Za-z0-9._-]+)/?")
_ADDRESS = re.compile(r"(?:user:)?\d{15,20}", re.ASCII)
_USER = "user:"
"""What the address of a person begins with, whose private channel has an id of its own."""


class DiscordSettings(TokenOrWebhook):
    """`url` stands for https://discord.com/api/v10; of a webhook's own URL only its id and token are read."""


class DiscordChannel:
    """One webhook or one bot."""

    pictures = Pictures.AFTER
    in_flight = IN_FLIGHT

    def __init__(self, name: str, settings: DiscordSettings, session: ClientSession) -> None:
        from alertd.wire.discord_api import WebhookApi, every_request

        blot("discord.http", "discord.webhook.async_")
        self.name = name
        self.remembers = 0.0 if settings.webhook else NONCE_LIFE
        self.resends = settings.uncertain == "resend"
        self._settings = settings
        self._base = settings.url or API
        self._tls = tls(settings.ca_file)
        settings.proxy_url()  # one that cannot be used is told before anything is sent
        wrapped = SdkSession(session, **every_request(self._tls, settings.timeout))
        self._session = cast("ClientSession", wrapped)  # the library calls nothing but `request`
        self._webhooks = WebhookApi(self._base)
        self._bots: list[BotApi] = []  # the last one is in use, sends may still be under way on the others
        self._login = asyncio.Lock()
        self._private: dict[str, int] = {}
        self._illustrated: dict[str, None] = {}

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return Bucket("bot", OVERALL), Bucket(_bucket(address), FREE)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns the message's id."""
        if delivery.replaces and delivery.origin.isdigit():
            try:
                return await self._asked(self._edited(delivery, delivery.origin), delivery.address, now)
            except _Unchangeable:
                pass  # then it is told anew
        return await self._asked(self._posted(delivery), delivery.address, now)

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """The chart as the picture of the message's embed."""
        change = with_files(illustration(delivery.notification), [(CHART, png)])
        await self._asked(self._change(delivery.address, ref, change), delivery.address, delivery.created)
        keep(self._illustrated, ref, None)

    async def close(self) -> None:
        for bot in self._bots:
            await bot.close()

    async def _asked(self, answering: Awaitable[object], address: str, now: float) -> str:
        """The id of the message that an answer holds; every other end is a DeliveryError."""
        from aiohttp import ClientError
        from discord import RateLimited

        try:
            answer = await answering
            # Discord's yes is the message that it made; a gateway's page under 200 is none.
            if not (isinstance(answer, dict) and "id" in answer):
                raise not_theirs("Discord")
            return str(answer["id"])
        except Refusal as refusal:
            if refusal.body.get("code") in _UNCHANGEABLE:
                error: DeliveryError = _Unchangeable("the message cannot be changed", reason=Reason.NOT_FOUND)
            else:
                error = self._meaning(refusal, address, now)
        except RateLimited as limit:
            text = "Discord's bucket is empty"
            error = DeliveryDelayed(
                text, reason=Reason.RATE_LIMITED, retry_after=limit.retry_after, bucket=_bucket(address)
            )
        except (ClientError, OSError, ConfigError) as failure:
            error = by_failure(failure)
        except ValueError:
            error = not_theirs("Discord")
        raise error

    async def _posted(self, delivery: Delivery) -> object:
        from discord.http import MultipartParameters

        if self._settings.webhook:
            body = payload(_mute(delivery))
            number, token = webhook_parts(self._settings.webhook)
            # `wait`, else Discord says yes before it has the message.
            return await self._webhooks.execute_webhook(number, token, wait=True, **self._way(body))
        body = payload(delivery) | {"nonce": nonce(delivery), "enforce_nonce": True}
        if delivery.origin.isdigit():
            body["message_reference"] = {"message_id": delivery.origin, "fail_if_not_exists": False}
        bot = await self._logged_in()
        channel = await self._channel(bot, delivery.address)
        return await bot.send_message(channel, params=MultipartParameters(body, None, None))

    async def _edited(self, delivery: Delivery, ref: str) -> object:
        from discord.http import MultipartParameters

        notification = _mute(delivery).notification if self._settings.webhook else delivery.notification
        # What is attached stays, and would stand below the embed where that does not show it.
        body = edit(notification, image=CHART if ref in self._illustrated else "")
        return await self._change(delivery.address, ref, MultipartParameters(body, None, None))

    async def _change(self, address: str, ref: str, change: MultipartParameters) -> object:
        if self._settings.webhook:
            number, token = webhook_parts(self._settings.webhook)
            way = self._way(change.payload) | {"multipart": change.multipart, "files": change.files}
            return await self._webhooks.edit_webhook_message(number, token, int(ref), **way)
        bot = await self._logged_in()
        return await bot.edit_message(await self._channel(bot, address), int(ref), params=change)

    def _way(self, body: dict[str, Any] | None) -> dict[str, Any]:
        """What every request of a webhook gets."""
        return {
            "session": self._session,
            "proxy": self._settings.proxy_url(),
            "payload": body,
            "with_components": bool(body and body.get("components")),
        }

    async def _channel(self, bot: BotApi, address: str) -> int:
        """The id of the channel: that of a person's private one is asked for once."""
        user = address.removeprefix(_USER)
        if user == address:
            return int(address)
        known = self._private.get(user)
        if known is None:
            answer = await bot.start_private_message(int(user))
            if not (isinstance(answer, dict) and str(answer.get("id")).isdigit()):
                raise not_theirs("Discord")
            known = int(answer["id"])
            keep(self._private, user, known)
        return known

    async def _logged_in(self) -> BotApi:
        """The client of the token; another token (the file was replaced) logs in anew."""
        from alertd.wire.discord_api import BotApi

        token = cast(Secret, self._settings.token).reveal()
        async with self._login:
            if self._bots and self._bots[-1].token == token:
                return self._bots[-1]
            timeout = self._settings.timeout
            bot = BotApi(self._base, proxy=self._settings.proxy_url(), tls=self._tls, timeout=timeout)
            try:
                await bot.static_login(token)
            except BaseException:
                await bot.close()
                raise
            self._bots.append(bot)
            return bot

    def _meaning(self, refusal: Refusal, address: str, now: float) -> DeliveryError:
        status, said = refusal.status, refusal.word("message")
        # The body's own word (seconds, with a fraction) goes before the header's.
        wait = retry_after(str(refusal.body.get("retry_after", refusal.headers.get("Retry-After"))), now)
        # Without Discord's own body it is Cloudflare that refuses the whole address.
        everyone = status == 429 and (refusal.body.get("global") is True or not refusal.body)
        dead = refusal.body.get("code") in _DEAD
        # The URL of a webhook is its credential: Discord has a code for one that was deleted, something on the way has
        # none.
        lost = self._settings.webhook is not None and status in (401, 404) and not dead
        return by_status(
            status,
            said,
            retry_after=wait,
            bucket=_bucket(address),
            whole_channel=True if everyone or lost else None,
            dead=dead,
        )


class _Unchangeable(DeliveryRefused):
    """The message is gone, or is another author's."""


def _bucket(address: str) -> str:
    return f"chat:{address}"


def _mute(delivery: Delivery) -> Delivery:
    """Without buttons to press: nobody hears of them behind a webhook."""
    return delivery._replace(notification=replace(delivery.notification, buttons=()))


def check_address(address: str, settings: DiscordSettings) -> str | None:
    """A channel's id, or `user:` and a person's; a webhook has `default` alone, its own."""
    if settings.webhook:
        return None if address == DEFAULT else f"a webhook posts to its own channel: its address is `{DEFAULT}`"
    return (
        None
        if _ADDRESS.fullmatch(address)
        else "expected a channel id such as 123456789012345678, or user:123456789012345678"
    )


def webhook_parts(secret: Secret) -> tuple[int, str]:
    """The id and the token in a webhook's URL. Raises ConfigError where there are none."""
    found = _WEBHOOK.fullmatch(secret.reveal())
    if not found:
        raise ConfigError(f"{secret.reference} does not hold a webhook URL of Discord")
    conceal(found["token"])
    return int(found["id"]), found["token"]


def nonce(delivery: Delivery) -> str:
    """One for each message and address: Discord looks a nonce up among all that the bot has sent."""
    return sha256(f"{delivery.message} {delivery.address}".encode()).hexdigest()[:NONCE_LIMIT]


def build(name: str, settings: DiscordSettings, session: ClientSession) -> DiscordChannel:
    if settings.webhook:
        webhook_parts(settings.webhook)
    if settings.token:
        settings.token.reveal()
    return DiscordChannel(name, settings, session)


def deaf(settings: DiscordSettings) -> str | None:
    """Why its bot cannot hear commands, None where it can."""
    return None if settings.token else "a webhook hears nothing: give the bot's token"


KIND = ChannelKind(DiscordSettings, build, check_address, deaf=deaf)
