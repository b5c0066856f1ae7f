"""Discord, by a webhook or a bot's token: discord.py's HTTP clients alone, without its gateway.

Wire format: https://docs.discord.com/developers/resources/message#create-message, …/webhook#execute-webhook and
…/topics/rate-limits. By a bot's token a message carries a nonce, so that one that arrived already is not posted
again within a few minutes; a webhook knows no such thing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from alertd.channels.answers import Reason, by_failure, by_status, not_theirs
from alertd.channels.kind import ChannelKind
from alertd.channels.text import Room, cut, fit, utf16
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError
from alertd.model.notification import Delivery, Link, Loudness, Notification, Tone
from alertd.ports import Bucket, Limit
from alertd.wire.sdk import Refusal, SdkSession, blot
from alertd.wire.secret import Secret, conceal
from alertd.wire.session import retry_after, tls
from alertd.wire.settings import TokenOrWebhook

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from discord import Embed

    from alertd.wire.discord_api import BotApi

API = "https://discord.com/api/v10"
DEFAULT = "default"
"""The address of a webhook: its channel is a part of its URL."""

EMBED_LIMIT = 4096
"""Characters of an embed's description; with title, fields and footer it may have 6,000 (docs: embed limits)."""
FIELDS, NAME_LIMIT, VALUE_LIMIT, FOOTER_LIMIT = 25, 256, 1024, 2048
NONCE_LIMIT = 25

NONCE_LIFE = 300.0
"""Seconds for which Discord surely knows a nonce: "the past few minutes"."""
BUTTON_LABEL, BUTTON_URL, ROW, ROWS = 80, 512, 5, 5
"""Of link buttons: characters, and how many (docs: components)."""

# Discord lets 50 requests a second through in all: this is never more in any second. What a channel takes its headers
# announce, and discord.py keeps to that; a channel's bucket is there for the Retry-After that may come all the same.
OVERALL = Limit(1 / 45, 5)
FREE = Limit(0.0)
IN_FLIGHT = 16

_DEAD = frozenset((10003, 10015, 50001, 50013, 50007))
"""Discord's codes of what is gone or closed: unknown channel, unknown webhook, missing access, missing permissions,
no messages to this user (docs: JSON error codes)."""
_UNCHANGEABLE = frozenset((10008, 50005))
"""Unknown message, another author's message."""

COLOURS = {Tone.ALARM: 0xD93025, Tone.CLEAR: 0x188038, Tone.NOTE: 0x5F6368}

_WEBHOOK = re.compile(r"https?://[^/]+(?:/[^?#]*)?/webhooks/(?P<id>\d{1,20})/(?P<token>[A-Za-z0-9._-]+)/?")
_ADDRESS = re.compile(r"\d{15,20}", re.ASCII)
# Every sign that Discord's markdown may take for markup, lists at a line's start and bare links included.
_MARKUP = re.compile(r"[\\*_~`|\[\]<>#@]|:(?=//|\w+:)|^[-+](?=\s)|(?<=\d)[.)](?=\s)")

_QUOTED = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E"})
"""What would end a link's target early."""


class DiscordSettings(TokenOrWebhook):
    """`url` stands for https://discord.com/api/v10; of a webhook's own URL only its id and token are read."""


class DiscordChannel:
    """One webhook or one bot."""

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

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return Bucket("bot", OVERALL), Bucket(_bucket(address), FREE)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns the message's id."""
        from aiohttp import ClientError
        from discord import RateLimited

        try:
            if delivery.replaces and delivery.origin.isdigit():
                return await self._sent(delivery, delivery.origin)
            return await self._sent(delivery)
        except Refusal as refusal:
            error = self._meaning(refusal, delivery.address, now)
        except RateLimited as limit:
            text = "Discord's bucket is empty"
            error = DeliveryDelayed(
                text, reason=Reason.RATE_LIMITED, retry_after=limit.retry_after, bucket=_bucket(delivery.address)
            )
        except (ClientError, OSError, ConfigError) as failure:
            error = by_failure(failure)
        except ValueError:
            error = not_theirs("Discord")
        raise error

    async def close(self) -> None:
        for bot in self._bots:
            await bot.close()

    async def _sent(self, delivery: Delivery, edits: str = "") -> str:
        """The message's id: that of the one which it `edits`, unless that one cannot be changed any more."""
        try:
            if self._settings.webhook:
                answer = await self._to_webhook(self._settings.webhook, delivery, edits)
            else:
                answer = await self._to_channel(cast(Secret, self._settings.token), delivery, edits)
        except Refusal as refusal:
            if edits and refusal.body.get("code") in _UNCHANGEABLE:
                return await self._sent(delivery)
            raise
        # Discord's yes is the message that it made; a gateway's page under 200 is none.
        if not (isinstance(answer, dict) and "id" in answer):
            raise not_theirs("Discord")
        return str(answer["id"])

    async def _to_webhook(self, secret: Secret, delivery: Delivery, edits: str) -> object:
        number, token = webhook_parts(secret)
        body = edit(delivery.notification) if edits else payload(delivery)
        way: dict[str, Any] = {"session": self._session, "proxy": self._settings.proxy_url(), "payload": body}
        way["with_components"] = bool(body.get("components"))
        if edits:
            return await self._webhooks.edit_webhook_message(number, token, int(edits), **way)
        # `wait`, else Discord says yes before it has the message.
        return await self._webhooks.execute_webhook(number, token, wait=True, **way)

    async def _to_channel(self, secret: Secret, delivery: Delivery, edits: str) -> object:
        from discord.http import MultipartParameters

        bot = await self._logged_in(secret.reveal())
        channel = int(delivery.address)
        if edits:
            body = edit(delivery.notification)
            return await bot.edit_message(channel, int(edits), params=MultipartParameters(body, None, None))
        body = payload(delivery) | {"nonce": nonce(delivery), "enforce_nonce": True}
        if delivery.origin.isdigit():
            body["message_reference"] = {"message_id": delivery.origin, "fail_if_not_exists": False}
        return await bot.send_message(channel, params=MultipartParameters(body, None, None))

    async def _logged_in(self, token: str) -> BotApi:
        """The client of this token; another token (the file was replaced) logs in anew."""
        from alertd.wire.discord_api import BotApi

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
        # The URL of a webhook is its credential: one that is not found was deleted.
        gone = self._settings.webhook is not None and status in (401, 404)
        return by_status(
            status,
            said,
            retry_after=wait,
            bucket=_bucket(address),
            whole_channel=True if everyone or gone else None,
            dead=gone or refusal.body.get("code") in _DEAD,
        )


def _bucket(address: str) -> str:
    return f"chat:{address}"


def check_address(address: str, settings: DiscordSettings) -> str | None:
    """A channel's id; a webhook has `default` alone, its own."""
    if settings.webhook:
        return None if address == DEFAULT else f"a webhook posts to its own channel: its address is `{DEFAULT}`"
    return None if _ADDRESS.fullmatch(address) else "expected a channel id such as 123456789012345678"


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


def escape(text: str) -> str:
    """One line as Discord's markdown: a backslash takes the meaning from any sign that has one."""
    return _MARKUP.sub(lambda found: "\\" + found[0], text)


def _size(text: str) -> int:
    return utf16(escape(text))


# All of it inside what the description alone may have: then every other limit of an embed holds as well.
_ROOM = Room(
    total=EMBED_LIMIT - 96, facts=FIELDS, name=NAME_LIMIT, value=VALUE_LIMIT, footer=FOOTER_LIMIT, margin=6, size=_size
)


def payload(delivery: Delivery) -> dict[str, Any]:
    """A message: the title as content (what a lock screen shows), the rest as an embed. It mentions nobody."""
    from discord import MessageFlags

    body = edit(delivery.notification)
    for part in ("embeds", "components"):
        if not body[part]:
            del body[part]
    if delivery.loudness is Loudness.SILENT:
        body["flags"] = MessageFlags(suppress_notifications=True).value
    return body


def edit(notification: Notification) -> dict[str, Any]:
    """What a message becomes: every part of it, empty ones too."""
    from discord import AllowedMentions

    links = tuple(Link(link.label, link.url.translate(_QUOTED)) for link in notification.links)
    fitted = fit(replace(notification, links=links), _ROOM)
    pressed = [link for link in fitted.links if utf16(link.url) <= BUTTON_URL][: ROW * ROWS]
    written = replace(fitted, links=tuple(link for link in fitted.links if link not in pressed))
    embed = _embed(written)
    return {
        "content": f"**{escape(fitted.title)}**",
        "embeds": [embed.to_dict()] if embed else [],
        "components": [_row(pressed[start : start + ROW]) for start in range(0, len(pressed), ROW)],
        "allowed_mentions": AllowedMentions.none().to_dict(),
    }


def _row(links: Sequence[Link]) -> dict[str, Any]:
    """An action row of link buttons (docs: components; 1, 2 and 5 are their types and the link's style)."""
    buttons = [{"type": 2, "style": 5, "label": cut(link.label, BUTTON_LABEL), "url": link.url} for link in links]
    return {"type": 1, "components": buttons}


def _embed(notification: Notification) -> Embed | None:
    from discord import Embed

    rows = [escape(line) for line in notification.lines]
    rows += [f"[{escape(link.label)}]({link.url})" for link in notification.links]
    if not (rows or notification.facts or notification.footer):
        return None
    embed = Embed(description="\n".join(rows) or None, colour=COLOURS[notification.tone])
    for name, value in notification.facts:
        embed.add_field(name=escape(name), value=escape(value))
    if notification.footer:
        embed.set_footer(text=notification.footer)  # the one part that knows no markdown
    return embed


def build(name: str, settings: DiscordSettings, session: ClientSession) -> DiscordChannel:
    if settings.webhook:
        webhook_parts(settings.webhook)
    if settings.token:
        settings.token.reveal()
    return DiscordChannel(name, settings, session)


KIND = ChannelKind(DiscordSettings, build, check_address)
