"""A bot of Slack at work on a loopback workspace, answered by a script."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from ssl import SSLContext
from tempfile import TemporaryDirectory
from typing import TypeVar

from alertd.bot.asking import Answering, Asked, Choice, Reply
from alertd.bot.platforms import Ears
from alertd.bot.slack import MOST, SlackBot
from alertd.channels.slack import SlackSettings
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.model.notification import Notification
from alertd.model.people import Identity
from alertd.wire.session import http_session
from tests.fakes import HandClock

ANN, BEN, ROOM = "U0ANN00001", "U0BEN00001", "C0ROOM0001"

T = TypeVar("T")


class Script:
    """Answers with the next of `replies`, and with `usual` where there is none; each waits for the `gate`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: deque[Reply | Exception | None] = deque()
        self.usual = Reply(said=Notification("done"))
        self.gate = asyncio.Event()
        self.gate.set()
        self._news = asyncio.Event()

    async def heard(self, count: int = 1) -> None:
        """Returns once so much has been asked."""
        while len(self.asked) < count:
            self._news.clear()
            await self._news.wait()

    async def answer(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        self._news.set()
        reply = self.replies.popleft() if self.replies else self.usual
        await self.gate.wait()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def complete(self, what: str, typed: str, identity: Identity) -> Sequence[Choice]:
        return ()


class Desk:
    """`told` is what the operator was told, `turns` the addresses that messages waited for (each until the `way` is
    free), `names` what the bot is known as."""

    def __init__(self, platform: SlackPlatform, clock: HandClock) -> None:
        self.platform, self.clock = platform, clock
        self.script = Script()
        self.told: list[tuple[str, str]] = []
        self.turns: list[str] = []
        self.rests: list[tuple[str, float]] = []
        self.way = asyncio.Event()
        self.way.set()
        self._news = asyncio.Event()
        self.names: list[str] = []
        self.ann, self.ben = platform.user(ANN, "ann"), platform.user(BEN, "ben")
        platform.rooms[ROOM] = {ANN, BEN}

    @property
    def wrong(self) -> list[str]:
        return self.platform.record.wrong

    async def turn(self, address: str) -> None:
        self.turns.append(address)
        self._news.set()
        await self.way.wait()

    async def queued(self, count: int) -> None:
        """Returns once so many messages have waited for their turn."""
        async with asyncio.timeout(20):
            while len(self.turns) < count:
                self._news.clear()
                await self._news.wait()

    async def while_time_passes(self, awaited: Awaitable[T], within: float = 20.0) -> T:
        """The clock goes on while this is waited for (`within` real seconds)."""
        task = asyncio.ensure_future(awaited)
        async with asyncio.timeout(within):
            while not task.done():
                await self.clock.advance(1.0)
            return await task


def put(folder: str, name: str, token: str) -> str:
    """A reference to a secret."""
    Path(folder, name).write_text(token)
    return f"file:{folder}/{name}"


@asynccontextmanager
async def desk(
    answering: Answering | None = None,
    clock: HandClock | None = None,
    *,
    tls: SSLContext | None = None,
    network: Mapping[str, object] | None = None,
    most: int = MOST,
) -> AsyncIterator[Desk]:
    """The bot runs, and has not necessarily a line yet. `network` is for its settings, `most` how much
    may wait."""
    clock = clock or HandClock()
    bot_token, app_token = secrets.token_hex(12), secrets.token_hex(12)
    record = Record(now=clock.now)
    with TemporaryDirectory() as folder:
        references = {"token": put(folder, "bot", bot_token), "app_token": put(folder, "app", app_token)}
        async with (
            SlackPlatform(record, token=bot_token, app_token=app_token, hook="", tls=tls) as platform,
            http_session() as session,
        ):
            at = Desk(platform, clock)
            settings = SlackSettings.model_validate(
                {"url": platform.url, "timeout": 5, **references, **(network or {})}
            )
            ears = Ears(
                channel="slack",
                answering=answering or at.script,
                session=session,
                clock=clock,
                turn=at.turn,
                rest=lambda address, until: at.rests.append((address, until)),
                tell=lambda key, text: at.told.append((key, text)),
                known_as=at.names.append,
            )
            bot = asyncio.create_task(SlackBot(settings, ears, rand=lambda: 1.0, ping=0.05, most=most).run())
            try:
                yield at
            finally:
                assert not bot.done(), "the bot has ended by itself"
                bot.cancel()
                with suppress(asyncio.CancelledError):
                    await bot
