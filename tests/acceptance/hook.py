"""A webhook's endpoint that may be slow to answer."""

import asyncio
import time

from aiohttp import web

from alertd.channels.webhook import WINDOW
from alertd.clock import SystemClock
from alertd.config.settings import ClockSettings
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.webhook import WebhookPlatform
from tests.acceptance.daemon import PATIENCE


class Hook(WebhookPlatform):
    """Takes every message; its answers after the first `answered` wait for `answer`. Its secret is `a-secret`.

    `attempts` are the idempotency keys of all that it was sent.
    """

    def __init__(self, answered: float = float("inf")) -> None:
        super().__init__(Record(), ["a-secret"])
        self.attempts: list[str] = []
        self._answered = answered
        self._answering = asyncio.Event()

    def shows(self, at: float | None = None, *, speed: float = 1.0) -> dict[str, float]:
        """The clock of a daemon that begins at `at` (now, unless given), and this endpoint's own."""
        began = time.time()
        shift = ClockSettings(real=began, shows=began if at is None else at, speed=speed)
        self.record.now, self.window = SystemClock.of(shift).now, WINDOW * speed
        return shift.model_dump()

    def answer(self) -> None:
        self._answering.set()

    async def _take(self, request: web.Request) -> web.Response:
        answer = await super()._take(request)
        self.attempts.append(request.headers["Idempotency-Key"])
        if len(self.attempts) > self._answered:
            await self._answering.wait()
        return answer


async def arrived(hook: Hook, count: int) -> list[str]:
    """The first lines of what it was sent, once it is so many messages."""
    try:
        async with asyncio.timeout(PATIENCE):
            await hook.record.arrived(count)
    except TimeoutError:
        raise AssertionError(f"only {titles(hook)} came") from None
    assert hook.record.wrong == []
    return titles(hook)


def titles(hook: Hook) -> list[str]:
    return [received.text.splitlines()[0] for received in hook.record.received]
