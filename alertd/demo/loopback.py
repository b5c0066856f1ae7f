"""All loopback platforms of one run, their throw-away keys, and the channels of a configuration that leads to them."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from alertd.channels.webhook import WINDOW
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.limits import DISCORD, SLACK, TELEGRAM, smtp, webhook
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.slack_ways import LASTS
from alertd.demo.platforms.smtp import SmtpPlatform
from alertd.demo.platforms.telegram import QUERY_LIFE, TelegramPlatform
from alertd.demo.platforms.webhook import WebhookPlatform

NAMES = ("coingecko", "tokenmetrics", "telegram", "slack", "slack-app", "discord", "email", "webhook", "chat")

Settings = Mapping[str, object]


class Keys:
    """Drawn for this run and good for nothing else: one in each file of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys = {name: secrets.token_hex(20) for name in NAMES}
        self._keys["telegram"] = f"110201543:{secrets.token_hex(17)}"  # theirs begin with the bot's number

    def __getitem__(self, name: str) -> str:
        return self._keys[name]

    def file(self, name: str) -> str:
        """As a configuration refers to it."""
        return f"file:{self._path(name)}"

    def write(self) -> None:
        for name, key in self._keys.items():
            self._path(name).touch(mode=0o600)
            self._path(name).write_text(key, encoding="utf-8")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"


class Platforms:
    """What they get is noted in the record, by whose clock they live; `speed` is how many of its seconds pass in one of
    ours. They keep to the limits of the real ones."""

    def __init__(self, record: Record, keys: Keys, *, speed: float) -> None:
        self._keys = keys
        self.telegram = TelegramPlatform(record, keys["telegram"], limits=TELEGRAM, query_life=QUERY_LIFE * speed)
        self.slack = SlackPlatform(record, token=keys["slack"], app_token=keys["slack-app"], hook="", limits=SLACK)
        self.slack.ways.lasts = LASTS * speed
        self.discord = DiscordPlatform(record, token=keys["discord"], hook="", limits=DISCORD)
        self.email = SmtpPlatform(record, login=("alerts", keys["email"]), limits=smtp(60))
        self.webhook = WebhookPlatform(record, [keys["webhook"]], window=WINDOW * speed, limits=webhook(10, burst=20))
        self.servers = (self.telegram, self.slack, self.discord, self.email, self.webhook)

    @property
    def recognised(self) -> int:
        """How often one was given again what it had, and knew it by its key."""
        mails = sum(self.email.ids.values()) - len(self.email.ids)
        return self.webhook.repeats + self.discord.repeats + mails

    def channels(self) -> dict[str, Settings]:
        """That section of the configuration; they have to be up."""
        file = self._keys.file
        return {
            "telegram": {"url": self.telegram.url, "token": file("telegram")},
            "slack": {"url": self.slack.url, "token": file("slack"), "app_token": file("slack-app")},
            "discord": {"url": self.discord.api, "token": file("discord")},
            "email": {
                "host": "localhost",
                "port": str(self.email.port),
                "tls": "none",
                "user": "alerts",
                "password": file("email"),
                "from": "alertd@desk.example",
            },
            "webhook": {"url": f"{self.webhook.url}/alerts", "secret": file("webhook")},
        }
