"""Clients of the loopback platforms as plain as can be: each call gives (status, headers, body)."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count
from typing import Any, Protocol

from aiohttp import ClientResponse, ClientSession
from aiosmtplib import SMTP

from alertd.channels.webhook import sign
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.webhook import WebhookPlatform

BOT = "1:first"
HOOK = "/services/T/B/hook"
DISCORD_HOOK = "7/hook"


@dataclass(frozen=True)
class Said:
    """What a platform answered; `body` is parsed where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


async def said(answering: AbstractAsyncContextManager[ClientResponse]) -> Said:
    async with answering as response:
        content = await response.read()
        body = json.loads(content) if response.content_type == "application/json" else content.decode()
        return Said(response.status, dict(response.headers), body)


class Caller(Protocol):
    """Sends one message to an address of a platform that is up."""

    async def send(self, address: str = "") -> Said: ...


@dataclass
class Telegram:
    platform: TelegramPlatform
    session: ClientSession

    async def call(self, method: str = "sendMessage", bot: str = BOT, **fields: Any) -> Said:
        form = {"chat_id": "5", "text": "BTC", "link_preview_options": {"is_disabled": True}, **fields}
        data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in form.items()}
        return await said(self.session.post(f"{self.platform.url}/bot{bot}/{method}", data=data))

    async def send(self, address: str = "5") -> Said:
        return await self.call(chat_id=address or "5")


@dataclass
class Slack:
    platform: SlackPlatform
    session: ClientSession

    def body(self, **fields: Any) -> dict[str, Any]:
        part = {"type": "plain_text", "text": "BTC", "emoji": False}
        flags = dict.fromkeys(("unfurl_links", "unfurl_media", "link_names", "mrkdwn"), False)
        return {"text": "BTC", "blocks": [{"type": "header", "text": part}], **flags, **fields}

    async def call(self, **fields: Any) -> Said:
        headers = {"Authorization": f"Bearer {BOT}"}
        body = {"channel": "C1", **self.body(**fields)}
        return await said(self.session.post(f"{self.platform.url}/api/chat.postMessage", json=body, headers=headers))

    async def hooked(self) -> Said:
        return await said(self.session.post(f"{self.platform.url}{HOOK}", json=self.body()))

    async def send(self, address: str = "C1") -> Said:
        return await self.call(channel=address or "C1")


@dataclass
class Discord:
    platform: DiscordPlatform
    session: ClientSession
    _nonces: Iterator[int] = field(default_factory=count)

    async def call(self, path: str = "channels/9/messages", method: str = "POST", **fields: Any) -> Said:
        body = {"content": "**BTC**", "allowed_mentions": {"parse": []}, **fields}
        if path.startswith("channels") and method == "POST":
            body |= {"nonce": str(next(self._nonces)), "enforce_nonce": True}
        headers = {"Authorization": f"Bot {BOT}", "Content-Type": "application/json"}
        url = f"{self.platform.api}/{path}"
        return await said(self.session.request(method, url, data=json.dumps(body), headers=headers))

    async def send(self, address: str = "9") -> Said:
        return await self.call(f"channels/{address or 9}/messages")


@dataclass
class Webhook:
    platform: WebhookPlatform
    session: ClientSession
    _keys: Iterator[int] = field(default_factory=count)

    async def send(self, address: str = "/a") -> Said:
        key = str(next(self._keys))
        content = json.dumps({"version": 1, "id": key, "text": "BTC"}).encode()
        headers = sign(content, key, ["key"], now=self.platform.record.now(), nonce=key)
        headers = {**headers, "Content-Type": "application/json"}
        return await said(self.session.post(f"{self.platform.url}{address or '/a'}", data=content, headers=headers))


def telegram(record: Record, **serving: Any) -> TelegramPlatform:
    return TelegramPlatform(record, BOT, **serving)


def slack(record: Record, **serving: Any) -> SlackPlatform:
    return SlackPlatform(record, token=BOT, hook=HOOK, **serving)


def discord(record: Record, **serving: Any) -> DiscordPlatform:
    return DiscordPlatform(record, token=BOT, hook=DISCORD_HOOK, **serving)


def webhook(record: Record, **serving: Any) -> WebhookPlatform:
    return WebhookPlatform(record, ["key"], **serving)


PLATFORMS = {"telegram": telegram, "slack": slack, "discord": discord, "webhook": webhook}
CALLERS: Mapping[str, Any] = {"telegram": Telegram, "slack": Slack, "discord": Discord, "webhook": Webhook}


def mail(number: int = 1, to: str = "desk@desk.example", reply: str = "", subject: str = "BTC") -> EmailMessage:
    mail = EmailMessage()
    for name, value in {
        "From": "alerts@desk.example",
        "To": to,
        "Subject": subject,
        "Date": "Thu, 01 Jan 2026 00:00:00 +0000",
        "Message-ID": f"<{number}@desk.example>",
        "Auto-Submitted": "auto-generated",
        **({"In-Reply-To": reply, "References": reply} if reply else {}),
    }.items():
        mail[name] = value
    mail.set_content("text")
    mail.add_alternative("<p>text</p>", subtype="html")
    return mail


def mailer(port: int, timeout: float = 5.0) -> SMTP:
    return SMTP(hostname="localhost", port=port, start_tls=False, local_hostname="desk.example", timeout=timeout)
