"""Slack, by a bot token (chat.postMessage) or an incoming webhook; see `slack_api` for the wire, `slack_message` for
what a message looks like."""

from __future__ import annotations

import logging
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from yarl import URL

from alertd.channels.answers import Reason
from alertd.channels.kind import ChannelKind
from alertd.channels.remembered import keep
from alertd.channels.slack_api import SlackApi, bucket, parts
from alertd.channels.slack_message import payload
from alertd.errors import ConfigError, DeliveryRefused
from alertd.model.notification import Delivery
from alertd.ports import Bucket, Limit, Pictures
from alertd.wire.secret import Secret, conceal
from alertd.wire.settings import HttpsUrl, TokenOrWebhook

if TYPE_CHECKING:
    from aiohttp import ClientSession

DEFAULT = "default"
"""The address of an incoming webhook: its channel is a part of its URL."""

# About one message a second to one channel, short bursts tolerated, and to a webhook (docs: rate limits); the limit of
# a workspace is unpublished and comes as 429.
CHAT = Limit(1.0, 3)
HOOK = Limit(1.0)
IN_FLIGHT = 16

CHART = "chart.png"

_ADDRESS = re.compile(r"#[^\s#@,<>&/]{1,80}|[CGDUW][A-Z0-9]{7,}|[CG][A-Z0-9]{7,}/[0-9]{1,20}\.[0-9]{1,10}")
"""A channel by its name, a conversation, or a thread of one (see `slack_api.parts`)."""
_CONVERSATION = re.compile(r"[CGD][A-Z0-9]{2,}")
"""What a file is shared in: no name, and nobody's number."""

log = logging.getLogger(__name__)


class SlackSettings(TokenOrWebhook):
    """`url` stands for https://slack.com, or for the scheme and host of the webhook. With an `app_token` the bot hears
    commands (Socket Mode)."""

    app_token: Secret | None = None


class SlackChannel:
    """One bot or one webhook. A webhook tells no name of a message, and takes no files."""

    in_flight = IN_FLIGHT
    remembers = 0.0

    def __init__(self, name: str, settings: SlackSettings, session: ClientSession) -> None:
        self.name = name
        self.resends = settings.uncertain == "resend"
        self.pictures = Pictures.AFTER if settings.token else Pictures.NEVER
        self._webhook = settings.webhook
        self._base = settings.url
        self._hears = settings.token is not None and settings.app_token is not None
        self._pace = HOOK if settings.webhook else CHAT
        self._api = SlackApi(settings, session)
        self._conversations: dict[str, str] = {}
        """Address → the id of its conversation, as Slack told it."""

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return (Bucket(bucket(address), self._pace),)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns the message's `ts`, "" from a webhook, which tells none. A follow-up goes into the thread, and what
        is for a thread does; into the conversation, where that is gone."""
        notification = delivery.notification
        body = payload(notification, buttons=notification.buttons if self._hears else ())
        if thread := parts(delivery.address)[1] or delivery.origin:
            try:
                return await self._posted(delivery.address, {**body, "thread_ts": thread}, now)
            except DeliveryRefused as refused:
                if refused.reason != Reason.THREAD_GONE:
                    raise
        return await self._posted(delivery.address, body, now)

    async def _posted(self, address: str, body: dict[str, Any], now: float) -> str:
        if self._webhook:
            await self._api.post(partial(webhook_url, self._webhook, self._base), body, now=now, address=address)
            return ""
        to = {"channel": parts(address)[0], **body}
        answer = await self._api.call("chat.postMessage", to, now=now, address=address)
        keep(self._conversations, address, str(answer.get("channel") or address))
        return str(answer.get("ts") or "")

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """The chart goes into the message's thread: there it makes no sound, and what follows comes below it."""
        if not ref or self._webhook:
            return
        address = delivery.address
        conversation, thread = parts(address)
        channel = self._conversations.get(address, conversation)
        if not _CONVERSATION.fullmatch(channel):
            log.info("no chart with %s: Slack has not said which conversation it is in", delivery.message)
            return
        await self._api.upload(CHART, png, channel=channel, thread=thread or ref, address=address, now=time.time())

    async def close(self) -> None:
        """The session is not its own."""


def check_address(address: str, settings: SlackSettings) -> str | None:
    """A channel by name or id; a webhook has `default` alone, its own."""
    if settings.webhook:
        return None if address == DEFAULT else f"a webhook posts to its own channel: its address is `{DEFAULT}`"
    return None if _ADDRESS.fullmatch(address) else "expected a channel such as #alerts or C0123456789"


def webhook_url(secret: Secret, base: str | None) -> str:
    """The URL to post to, as it is or under another `base`. ConfigError if it is no https URL (http to loopback)."""
    text = secret.reveal()
    try:
        TypeAdapter[str](HttpsUrl).validate_python(text)
    except ValidationError:
        text = ""
    if not text:
        raise ConfigError(f"{secret.reference} does not hold an https:// webhook URL of Slack")
    path = URL(text).raw_path_qs
    conceal(path)
    return f"{base}{path}" if base else text


def build(name: str, settings: SlackSettings, session: ClientSession) -> SlackChannel:
    if settings.webhook:
        webhook_url(settings.webhook, settings.url)
    if settings.token:
        settings.token.reveal()
    return SlackChannel(name, settings, session)


def deaf(settings: SlackSettings) -> str | None:
    """Why its bot cannot hear commands, None where it can."""
    if settings.token is None:
        return "a webhook hears nothing: give the bot's token"
    return None if settings.app_token else "it needs an app_token (xapp-…) to hear commands"


KIND = ChannelKind(SlackSettings, build, check_address, deaf=deaf)
