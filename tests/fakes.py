"""Fakes of the ports: a clock turned by hand. Nothing in the tests sleeps."""

import asyncio
import heapq
from itertools import count

START = 1_767_225_600.0
"""2026-01-01 00:00 UTC: where every test's clock starts."""


class HandClock:
    """A clock that stands still until `advance` turns it; waiters wake in the order of their times."""

    def __init__(self, now: float = START) -> None:
        self._now = now
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await self._until(self._now + max(seconds, 0.0))

    async def wait(self, event: asyncio.Event, until: float | None) -> bool:
        setting = asyncio.ensure_future(event.wait())
        timer = asyncio.ensure_future(self._until(until)) if until is not None else None
        try:
            await asyncio.wait([task for task in (setting, timer) if task], return_when=asyncio.FIRST_COMPLETED)
            return event.is_set()
        finally:
            setting.cancel()
            if timer:
                timer.cancel()

    async def advance(self, seconds: float) -> None:
        """Turn the clock on; everything that falls due on the way runs at its own time."""
        end = self._now + seconds
        await settle()
        while self._waiting and self._waiting[0][0] <= end:
            at, _, future = heapq.heappop(self._waiting)
            self._now = max(self._now, at)
            if not future.done():
                future.set_result(None)
                await settle()
        self._now = end
        await settle()

    async def _until(self, at: float) -> None:
        if at <= self._now:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (at, next(self._order), future))
        await future


async def settle(rounds: int = 20) -> None:
    """Let everything that can run, run. What waits for a thread or a socket needs its own signal."""
    for _ in range(rounds):
        await asyncio.sleep(0)
