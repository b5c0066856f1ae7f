"""A bot of Telegram on loopback, and somebody who answers what it hears."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import ClientSession

from alertd.bot.asking import Answering, Asked, Choice, Reply
from alertd.bot.platforms import Bot, Ears, build
from alertd.channels.telegram import TelegramSettings
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.model.notification import Notification
from alertd.model.people import Identity
from tests.fakes import HandClock

TOKEN = "110:first"
PATIENCE = 20.0
"""Real seconds, for the sockets are real."""


class Scripted:
    """Answers what is in `replies`, by text or button, and `heard …` to the rest; where there is a gate it waits for
    that first. What is in `raising` is a bug. `asked` is what came."""

    def __init__(self, replies: Mapping[str, Reply | None] | None = None) -> None:
        self.replies: dict[str, Reply | None] = dict(replies or {})
        self.gates: dict[str, asyncio.Event] = {}
        self.raising: set[str] = set()
        self.asked: list[Asked] = []
        self._more = asyncio.Condition()

    async def answer(self, asked: Asked) -> Reply | None:
        said = asked.button or asked.text
        async with self._more:
            self.asked.append(asked)
            self._more.notify_all()
        if gate := self.gates.get(said):
            await gate.wait()
        if said in self.raising:
            raise RuntimeError("a bug")
        return self.replies.get(said, Reply(said=Notification(f"heard {said}")))

    def complete(self, what: str, typed: str, identity: Identity) -> Sequence[Choice]:
        return ()

    async def heard(self, count: int) -> list[Asked]:
        """So many, as soon as they are there."""
        async with asyncio.timeout(PATIENCE), self._more:
            await self._more.wait_for(lambda: len(self.asked) >= count)
        return self.asked


class HastyClock(HandClock):
    """Whoever sleeps wakes at once, and so much later. `slept` is for how long."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []
        self._stir = asyncio.Condition()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds
        async with self._stir:
            self._stir.notify_all()

    async def sleeps(self, count: int) -> None:
        """Returns when somebody has slept so often."""
        async with asyncio.timeout(PATIENCE), self._stir:
            await self._stir.wait_for(lambda: len(self.slept) >= count)


class Desk:
    """What a bot was given, and what it did with that. Nobody's turn comes before `blocking` is set, where it is
    there."""

    def __init__(self, platform: TelegramPlatform, answering: Answering, clock: HandClock) -> None:
        self.platform = platform
        self.answering = answering
        self.clock = clock
        self.blocking: asyncio.Event | None = None
        self.turns: list[str] = []
        self.rests: list[tuple[str, float]] = []
        self.told: list[tuple[str, str]] = []
        self.known: list[str] = []
        self.admins: frozenset[str] = frozenset()

    async def turn(self, address: str) -> None:
        self.turns.append(address)
        if self.blocking:
            await self.blocking.wait()

    def bot(self, session: ClientSession, folder: Path, token: str = TOKEN, **settings: object) -> Bot:
        (folder / "token").write_text(token)
        found = {"url": self.platform.url, "token": f"file:{folder / 'token'}", "timeout": 15, **settings}
        ears = Ears(
            channel="telegram",
            answering=self.answering,
            session=session,
            clock=self.clock,
            turn=self.turn,
            rest=lambda address, until: self.rests.append((address, until)),
            tell=lambda key, text: self.told.append((key, text)),
            known_as=self.known.append,
            admins=lambda: self.admins,
        )
        return build("telegram", TelegramSettings.model_validate(found), ears)


@asynccontextmanager
async def running(bot: Bot) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(bot.run())
    try:
        yield task
        assert not task.done(), "the bot has ended by itself"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
