"""The five platforms on loopback with one record, and the configuration that delivers to them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.smtp import SmtpPlatform
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.webhook import WebhookPlatform

RECEIVERS = {
    "mail": {"email": "desk@desk.example"},
    "phone": {"telegram": "123456789"},
    "team": {"slack": "#alerts"},
    "den": {"discord": "876543210987654321"},
    "books": {"webhook": "default"},
}
"""Somebody on each channel."""

CHANNEL = {name: channel for name, addresses in RECEIVERS.items() for channel in addresses}


@dataclass(frozen=True)
class Platforms:
    """`channels` and `secrets` (by the channel's name) are what a daemon needs to deliver there."""

    record: Record
    channels: Mapping[str, Mapping[str, object]]
    secrets: Mapping[str, str]


@asynccontextmanager
async def platforms(record: Record, folder: Path, secrets: Mapping[str, str]) -> AsyncIterator[Platforms]:
    """All of them, up and taking `secrets` (by channel), which lie in files of the folder."""
    references = {name: f"file:{folder / name}" for name in secrets}
    for name, secret in secrets.items():
        (folder / name).write_text(secret + "\n")
    async with AsyncExitStack() as stack:
        smtp = await stack.enter_async_context(SmtpPlatform(record, login=("alerts", secrets["email"])))
        telegram = await stack.enter_async_context(TelegramPlatform(record, secrets["telegram"]))
        slack = await stack.enter_async_context(SlackPlatform(record, token=secrets["slack"], hook="/services/none"))
        discord = await stack.enter_async_context(DiscordPlatform(record, token=secrets["discord"], hook="1/none"))
        webhook = await stack.enter_async_context(WebhookPlatform(record, [secrets["webhook"]]))
        mail = {"host": "localhost", "port": smtp.port, "tls": "none", "user": "alerts", "from": "alerts@desk.example"}
        channels: dict[str, Mapping[str, object]] = {
            "email": {**mail, "password": references["email"]},
            "telegram": {"url": telegram.url, "token": references["telegram"]},
            "slack": {"url": slack.url, "token": references["slack"]},
            "discord": {"url": discord.api, "token": references["discord"]},
            "webhook": {"url": f"{webhook.url}/hook", "secret": references["webhook"]},
        }
        yield Platforms(record, channels, secrets)
