"""A daemon with everything around it: prices set by hand, five platforms, and a clock that all of them share.

Hours pass in no time: the daemon is killed, and comes back `later`, by a clock that shows it. Nobody sleeps: whoever
waits, waits for a message or a line of the log, and not longer than `PATIENCE`.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp

from alertd.clock import SystemClock
from alertd.config.settings import ClockSettings
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.http import Serving
from alertd.demo.platforms.limits import DISCORD, SLACK, TELEGRAM, Limits
from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.smtp import SmtpPlatform
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.webhook import WebhookPlatform
from alertd.storage.record import read_history
from tests.acceptance.daemon import PATIENCE, Daemon
from tests.acceptance.ticker import Ticker

NOON = "2026-03-10T12:00:00Z"
"""A Tuesday."""

COINS = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE")

BOTS = ("1001:first-bot-of-the-tests", "1002:second-bot-of-the-tests")

WAYS: Mapping[str, Mapping[str, object]] = {
    "me": {"telegram": "123456789"},
    "desk": {"slack": "#alerts"},
    "den": {"discord": "876543210987654321"},
    "post": {"email": "desk@desk.example"},
    "books": {"webhook": "default"},
}
"""Somebody on each channel."""


@dataclass
class World:
    """Everything that runs, but the daemon before `start`."""

    daemon: Daemon
    shift: ClockSettings
    ticker: Ticker
    record: Record
    telegram: TelegramPlatform
    slack: SlackPlatform
    discord: DiscordPlatform
    email: SmtpPlatform
    webhook: WebhookPlatform
    news: asyncio.Event

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    def now(self) -> float:
        return SystemClock.of(self.shift).now()

    async def start(self) -> None:
        """The first time, by a clock that begins now; on return every price was seen once."""
        await self._start(self.shift.shows)
        await self.price()

    async def price(self, **coins: float) -> None:
        """Prices that are judged, and what they led to committed, on return."""
        await self.ticker.judged(**{f"{coin}USDT": price for coin, price in coins.items()})

    async def later(self, at: str) -> None:
        """kill -9, and a new daemon that finds another time: `2026-03-10T12:05:00Z`."""
        await self._kill()
        await self.wake(at)

    async def wake(self, at: str) -> None:
        """A new daemon that finds this time, where one was killed."""
        await self._start(instant(at))

    async def restart(self) -> None:
        """kill -9, and a new one on the same files, at once."""
        await self._kill()
        await self.daemon.start()

    async def _kill(self) -> None:
        """Between two messages: what is in flight then may come twice, which is tried elsewhere."""
        taken = len(self.record.told_of())
        await self.daemon.log.has('"message": "sent over', times=taken)
        await self.daemon.kill()

    async def _start(self, shows: float) -> None:
        self.shift = self.shift.model_copy(update={"real": time.time(), "shows": shows})
        self.daemon.write_config(clock=self.shift.model_dump())
        await self.daemon.start()

    # ── what came ────────────────────────────────────────────────────────────────────────────────────────────────

    def at(self, channel: str, address: str = "") -> list[Received]:
        """What a platform took, edits too, in order, but no charts that were added later."""
        return [each for each in self.record.told_of(channel) if address in ("", each.address)]

    def titles(self, channel: str, address: str = "") -> list[str]:
        """The first lines, without the platforms' signs before them."""
        return [title(each) for each in self.at(channel, address)]

    async def came(self, count: int, channel: str, address: str = "") -> list[Received]:
        """Wait until so many came to an address, edits too."""
        await self.until(lambda: len(self.at(channel, address)) >= count, lambda: str(self.titles(channel, address)))
        return self.at(channel, address)

    async def until(self, enough: Callable[[], bool], shown: Callable[[], str] = str) -> None:
        """Wait for what a message may bring about."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not enough():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError(f"it did not come to that; there is {shown()}") from None

    # ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────

    async def alertd(self, *arguments: str) -> str:
        """What a command says that has to succeed."""
        code, said = await self.daemon.command(*arguments)
        assert code == 0, said
        return said

    def fates(self, rule: str, receiver: str = "") -> list[tuple[str, str, str]]:
        """(event, fate, reason) of everything about a rule, in order."""
        told = read_history(self.daemon.state, rule=rule, receiver=receiver, limit=1000)[::-1]
        return [
            row
            for each in told
            for row in (
                *((each.entry.event.kind, share.fate, share.reason) for share in each.shares),
                *((each.entry.event.kind, "told", again.reason) for again in each.again),
            )
        ]

    def parcels(self, rule: str) -> list[tuple[str, str, str]]:
        """(channel, state, reason) of every delivery that tells of a rule, in order."""
        told = read_history(self.daemon.state, rule=rule, limit=1000)[::-1]
        return [
            (parcel.channel, parcel.state, parcel.reason)
            for each in told
            for parcels in (*(one.parcels for one in each.shares), *(one.parcels for one in each.again))
            for parcel in parcels
        ]

    async def page(self, path: str, method: str = "GET") -> tuple[int, str]:
        """A page of the daemon's own, by its path."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.daemon.http}{path}") as answer,
        ):
            return answer.status, await answer.text()


def instant(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def title(received: Received) -> str:
    first = received.text.strip().splitlines()[0]
    return re.sub(r"^[^\w{]+", "", first)


@asynccontextmanager
async def world(
    folder: Path,
    rules: Sequence[Mapping[str, object]],
    *,
    shows: str = NOON,
    speed: float = 1.0,
    limits: bool = False,
    receivers: Mapping[str, Mapping[str, object]] = WAYS,
    channels: Mapping[str, Mapping[str, object]] | None = None,
    **config: object,
) -> AsyncIterator[World]:
    """Platforms that are up, and a daemon that is not started yet. `channels` adds to what channels are told."""
    shift = ClockSettings(real=time.time(), shows=instant(shows), speed=speed)
    news = asyncio.Event()
    record = Record(on_received=lambda _: news.set(), flight=0.1 * speed)
    for name, secret in {"bot": BOTS[0], "bot2": BOTS[1], "token": "xoxb-a-token", "secret": "a-secret"}.items():
        (folder / name).write_text(secret + "\n")

    def serving(of: Limits) -> Serving:
        return {"limits": of} if limits else {}

    async with AsyncExitStack() as stack:
        telegram = TelegramPlatform(record, BOTS[0], tokens=BOTS[1:], **serving(TELEGRAM))
        slack = SlackPlatform(record, token="xoxb-a-token", hook="", **serving(SLACK))
        discord = DiscordPlatform(record, token="xoxb-a-token", hook="", **serving(DISCORD))
        email = SmtpPlatform(record)
        hook = WebhookPlatform(record, ["a-secret"], window=300.0 * speed)
        ticker = Ticker({f"{coin}USDT": 100.0 for coin in COINS})
        for server in (telegram, slack, discord, email, hook, ticker):
            await stack.enter_async_context(server)
        made: dict[str, dict[str, object]] = {
            "telegram": {"url": telegram.url, "token": f"file:{folder / 'bot'}"},
            "slack": {"url": slack.url, "token": f"file:{folder / 'token'}"},
            "discord": {"url": discord.api, "token": f"file:{folder / 'token'}"},
            "email": {"host": "localhost", "port": email.port, "tls": "none", "from": "alerts@desk.example"},
            "webhook": {"url": f"{hook.url}/hook", "secret": f"file:{folder / 'secret'}"},
        }
        for name, more in (channels or {}).items():
            made[name] = {key: value for key, value in {**made[name], **more}.items() if value is not None}
        settings = {
            "sources": {"binance": {"url": ticker.url, "every": f"{0.05 * speed:g}s"}},
            "channels": made,
            "receivers": receivers,
            "stale_after": "7d",  # a busy machine is not what is tried here
            "max_jump": "off",
            "chart": "off",
            **config,
        }
        async with Daemon(folder, settings, rules) as daemon:
            the = World(daemon, shift, ticker, record, telegram, slack, discord, email, hook, news)
            record.now = the.now
            yield the


def watch(name: str, when: str = "price > 200", *coins: str, **keys: object) -> dict[str, object]:
    """A rule on bitcoin, or on these coins, told to `me` unless it says otherwise (`notify=()`: by the routes)."""
    entry: dict[str, object] = {
        "name": name,
        "symbols": list(coins or ("BTC",)),
        "when": when,
        "notify": ["me"],
        **keys,
    }
    return {key: value for key, value in entry.items() if value != ()}


CRITICAL = {"labels": {"severity": "critical"}}
