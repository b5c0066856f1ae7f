"""Discord, by a webhook or a bot's token: discord.py's HTTP clients alone, without its gateway.

Wire format: https://docs.discord.com/developers/resources/message#create-message, …/webhook#execute-webhook and
…/topics/rate-limits. By a bot's token a message carries a nonce, so that one that arrived already is not posted
again within a few minutes; a webhook knows no such thing.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from alertd.channels.answers import Reason, by_failure, by_status
from alertd.channels.kind import ChannelKind
from alertd.channels.text import Room, fit, utf16
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError
from alertd.model.notification import Delivery, Link, Notification, Tone
from alertd.ports import Pacing
from alertd.wire.sdk import Refusal, SdkSession, blot
from alertd.wire.secret import Secret, conceal
from alertd.wire.session import retry_after, tls
from alertd.wire.settings import TokenOrWebhook

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from discord import Embed
    from discord.http import MultipartParameters

    from alertd.wire.discord_api import BotApi

API = "https://discord.com/api/v10"
DEFAULT = "default"
"""The address of a webhook: its channel is a part of its URL."""

EMBED_LIMIT = 4096
"""Characters of an embed's description; with title, fields and footer it may have 6,000 (docs: embed limits)."""
FIELDS, NAME_LIMIT, VALUE_LIMIT, FOOTER_LIMIT = 25, 256, 1024, 2048
NONCE_LIMIT = 25

# discord.py keeps to the buckets that Discord's headers announce; this only spares it the rush.
PACING = Pacing(overall=1 / 50, in_flight=4)

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

    pacing = PACING

    def __init__(self, name: str, settings: DiscordSettings, session: ClientSession) -> None:
        from alertd.wire.discord_api import WebhookApi, every_request

        blot("discord.http", "discord.webhook.async_")
        self.name = name
        self._settings = settings
        self._base = settings.url or API
        self._tls = tls(settings.ca_file)
        settings.proxy_url()  # one that cannot be used is told before anything is sent
        wrapped = SdkSession(session, **every_request(self._tls, settings.timeout))
        self._session = cast("ClientSession", wrapped)  # the library calls nothing but `request`
        self._webhooks = WebhookApi(self._base)
        self._bots: list[BotApi] = []  # the last one is in use, sends may still be under way on the others
        self._login = asyncio.Lock()

    async def send(self, delivery: Delivery, now: float) -> None:
        import aiohttp
        from discord import RateLimited

        try:
            if self._settings.webhook:
                return await self._to_webhook(self._settings.webhook, delivery)
            return await self._to_channel(cast(Secret, self._settings.token), delivery)
        except Refusal as refusal:
            error = self._meaning(refusal, now)
        except RateLimited as limit:
            text = "Discord's bucket is empty"
            error = DeliveryDelayed(text, reason=Reason.RATE_LIMITED, retry_after=limit.retry_after)
        except (aiohttp.ClientError, OSError, ConfigError) as failure:
            error = by_failure(failure)
        except ValueError:
            error = _not_discord()
        raise error

    async def close(self) -> None:
        for bot in self._bots:
            await bot.close()

    async def _to_webhook(self, secret: Secret, delivery: Delivery) -> None:
        number, token = webhook_parts(secret)
        with parameters(delivery.notification) as message:
            answer = await self._webhooks.execute_webhook(
                number,
                token,
                session=self._session,
                proxy=self._settings.proxy_url(),
                payload=message.payload,
                wait=True,  # else Discord says yes before it has the message
            )
        _check(answer)

    async def _to_channel(self, secret: Secret, delivery: Delivery) -> None:
        bot = await self._logged_in(secret.reveal())
        with parameters(delivery.notification, nonce(delivery)) as message:
            answer = await bot.send_message(int(delivery.address), params=message)
        _check(answer)

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

    def _meaning(self, refusal: Refusal, now: float) -> DeliveryError:
        status, said = refusal.status, refusal.word("message")
        # The body's own word (seconds, with a fraction) goes before the header's.
        wait = retry_after(str(refusal.body.get("retry_after", refusal.headers.get("Retry-After"))), now)
        # Without Discord's own body it is Cloudflare that refuses the whole address.
        everyone = status == 429 and (refusal.body.get("global") is True or not refusal.body)
        # The URL of a webhook is its credential: one that is not found was deleted.
        gone = self._settings.webhook is not None and status in (401, 404)
        return by_status(status, said, retry_after=wait, whole_channel=True if everyone or gone else None)


def check_address(address: str, settings: DiscordSettings) -> str | None:
    """A channel's id; a webhook has `default` alone, its own."""
    if settings.webhook:
        return None if address == DEFAULT else f"a webhook posts to its own channel: its address is `{DEFAULT}`"
    return None if _ADDRESS.fullmatch(address) else "expected a channel id such as 123456789012345678"


def _check(answer: object) -> None:
    """Discord's yes is the message that it made; a gateway's page under 200 is none."""
    if not (isinstance(answer, dict) and "id" in answer):
        raise _not_discord()


def _not_discord() -> DeliveryDelayed:
    return DeliveryDelayed("the answer is not Discord's", reason=Reason.SERVER_ERROR)


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


def parameters(notification: Notification, key: str | None = None) -> MultipartParameters:
    """The message: the title as content (what a lock screen shows), the rest as an embed. It mentions nobody."""
    from discord import AllowedMentions
    from discord.http import handle_message_parameters
    from discord.utils import MISSING

    links = tuple(Link(link.label, link.url.translate(_QUOTED)) for link in notification.links)
    fitted = fit(replace(notification, links=links), _ROOM)
    return handle_message_parameters(
        content=f"**{escape(fitted.title)}**",
        embed=_embed(fitted) or MISSING,
        allowed_mentions=AllowedMentions.none(),
        nonce=key,
    )


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
