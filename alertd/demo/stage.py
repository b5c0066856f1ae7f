"""The loopback servers of the demo, and a configuration that leads alertd to them and nowhere else."""

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from alertd.channels.webhook import WINDOW
from alertd.demo.feeds import CoinGeckoFeed, TokenMetricsFeed
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.smtp import SmtpPlatform
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.webhook import WebhookPlatform
from alertd.demo.scenario import OPERATOR, PEOPLE, Watch
from alertd.demo.session import Session
from alertd.sources.coins import CoinTable

PRICES_EVERY, SIGNALS_EVERY = 0.15, 0.45
"""Seconds of ours from poll to poll."""

KEYS = ("coingecko", "tokenmetrics", "telegram", "slack", "discord", "email", "webhook")


class Stage:
    """All servers, started by `async with`; `record` is what the platforms got, `asked_wrongly` what the APIs did not
    like. `folder` gets the configuration, and the keys, which are drawn for this run and good for nothing else."""

    def __init__(
        self,
        session: Session,
        folder: Path,
        *,
        now: Callable[[], float],
        on_received: Callable[[Received], None],
    ) -> None:
        self.session = session
        self.folder = folder
        self.record = Record(now=now, on_received=on_received)
        # When the session is over the market stands still, so that nothing new comes while the last things are told.
        self._prices_record = Record(now=lambda: min(now(), session.end))
        self.signals_record = Record(now=lambda: min(now(), session.end))
        self._keys = {name: _key(name) for name in KEYS}
        keys, table = self._keys, CoinTable.shipped()
        self.prices = CoinGeckoFeed(
            session.market, self._prices_record, table.ids("coingecko"), keys={keys["coingecko"]}, plan="demo"
        )
        self.signals = TokenMetricsFeed(
            session.market, self.signals_record, table.ids("tokenmetrics"), keys={keys["tokenmetrics"]}
        )
        self._telegram = TelegramPlatform(self.record, keys["telegram"])
        self._slack = SlackPlatform(self.record, token=keys["slack"], hook="")
        self._discord = DiscordPlatform(self.record, token=keys["discord"], hook="")
        self._email = SmtpPlatform(self.record, login=("alerts", keys["email"]))
        self._webhook = WebhookPlatform(self.record, [keys["webhook"]], window=WINDOW * session.speed)
        self._servers = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for server in (
                self.prices,
                self.signals,
                self._telegram,
                self._slack,
                self._discord,
                self._email,
                self._webhook,
            ):
                await stack.enter_async_context(server)
            self._servers = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._servers.aclose()

    @property
    def recognised(self) -> int:
        """How often a platform was given again what it had, and knew it by its key."""
        mails = sum(self._email.ids.values()) - len(self._email.ids)
        return self._webhook.repeats + self._discord.repeats + mails

    @property
    def complaints(self) -> list[str]:
        """What was wrong with what alertd sent and asked."""
        return [*self.record.wrong, *self._prices_record.wrong, *self.signals_record.wrong]

    @property
    def asked(self) -> int:
        """How many requests the two APIs have answered."""
        return len(self.prices.requests) + len(self.signals.requests)

    def write(self, watches: Sequence[Watch], *, real: float, shows: float) -> Path:
        """Writes keys, rules and configuration; returns the latter's path. The clock shows `shows` at `real`."""
        for name, key in self._keys.items():
            path = self.folder / f"{name}.key"
            path.touch(mode=0o600)
            path.write_text(key, encoding="utf-8")
        rules = {"version": "1", "rules": [watch.entry() for watch in watches]}
        config = {
            "version": "1",
            "state": "alertd.db",
            "rules": ["rules.yaml"],
            "clock": {"real": repr(real), "shows": repr(shows), "speed": repr(self.session.speed)},
            "sources": self._sources(),
            "prices": ["coingecko"],
            "coins": {
                coin: {"coingecko": str(self.prices.ids[coin]), "tokenmetrics": str(self.signals.ids[coin])}
                for coin in self.session.market.bars
            },
            "channels": self._channels(),
            "receivers": {
                person.name: {person.channel: person.address, **({"cap": person.cap} if person.cap else {})}
                for person in PEOPLE
            },
            "operator": [OPERATOR],
            "http": "off",
        }
        # JSON is YAML, and needs no thought about what a coin may be called.
        (self.folder / "rules.yaml").write_text(json.dumps(rules, indent=1), encoding="utf-8")
        path = self.folder / "alertd.yaml"
        path.write_text(json.dumps(config, indent=1), encoding="utf-8")
        return path

    def _sources(self) -> dict[str, dict[str, object]]:
        speed = self.session.speed
        return {
            "coingecko": {
                "url": self.prices.api,
                "plan": "demo",
                "keys": [self._file("coingecko")],
                "every": f"{PRICES_EVERY * speed:.0f}s",
            },
            "tokenmetrics": {
                "url": self.signals.api,
                "keys": [self._file("tokenmetrics")],
                "every": {"signal": f"{SIGNALS_EVERY * speed:.0f}s"},
            },
        }

    def _channels(self) -> dict[str, dict[str, object]]:
        return {
            "telegram": {"url": self._telegram.url, "token": self._file("telegram")},
            "slack": {"url": self._slack.url, "token": self._file("slack")},
            "discord": {"url": self._discord.api, "token": self._file("discord")},
            "email": {
                "host": "localhost",
                "port": str(self._email.port),
                "tls": "none",
                "user": "alerts",
                "password": self._file("email"),
                "from": "alertd@desk.example",
            },
            "webhook": {"url": f"{self._webhook.url}/alerts", "secret": self._file("webhook")},
        }

    def _file(self, name: str) -> str:
        return f"file:{self.folder / name}.key"


def _key(name: str) -> str:
    """A throw-away key; Telegram's tokens begin with the bot's number."""
    return ("110201543:" if name == "telegram" else "") + secrets.token_hex(20)
