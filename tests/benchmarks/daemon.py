"""A daemon's engine task with its SQLite store, its clock turned by hand."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from types import TracebackType
from typing import Self

from alertd.app.restore import Restored, restore
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.market.feeds import Feed, Feeds
from alertd.model.event import EventKind
from alertd.model.notification import Destination
from alertd.model.reading import Poll
from alertd.pipeline import Pipeline
from alertd.rules.amend import Change
from alertd.storage.sqlite import SqliteStore

TELEGRAM = (Destination("telegram", "1"),)
OPEN = Policy(receivers={"desk": Receiver("desk", TELEGRAM)})
CAPPED = Policy(receivers={"desk": Receiver("desk", TELEGRAM, Cap(30, 3600.0))})
"""The desk wants no more than 30 messages an hour: what is over that is held back for a digest."""

BEAT = 1e-3
"""Seconds between two looks at how late the loop is."""


def feeds() -> Feeds:
    return Feeds([Feed("coingecko", "price"), Feed("tokenmetrics", "signal")])


async def start(store: SqliteStore, now: float) -> Restored:
    """What a daemon does with its store until all alerts in it are in force."""
    return restore(await store.load(now), feeds(), now=now, max_jump=None)


class Count:
    """What the pipeline reports: here only how many fired."""

    fired = 0

    def tick(self, seconds: float) -> None: ...

    def event(self, kind: EventKind, count: int = 1) -> None:
        self.fired += count * (kind is EventKind.FIRED)

    def refused(self, source: str, reason: str, count: int = 1) -> None: ...

    def not_sent(self, reason: str, count: int = 1) -> None: ...


class Clock:
    """Stands still between the polls."""

    def __init__(self, now: float) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps here")

    async def wait(self, event: asyncio.Event, until: float | None) -> bool:
        return await event.wait()


class Daemon:
    """The pipeline on a store, taking work from outside the loop: `take` and `change` return when it is committed."""

    def __init__(self, path: Path, now: float, policy: Policy) -> None:
        self._policy = policy
        self._path, self._clock, self._count = path, Clock(now), Count()
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._store = self._runner.run(SqliteStore.open(self._path, now=self._clock.now()))
        self._engine = self._runner.run(self._start())
        return self

    async def _start(self) -> asyncio.Task[None]:
        restored = await start(self._store, self._clock.now())
        self._pipeline = Pipeline(
            restored.state,
            restored.dispatch,
            self._policy,
            self._store,
            self._clock,
            observer=self._count,
            wake=lambda: None,
            known=restored.known,
        )
        return asyncio.create_task(self._pipeline.run())

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._engine.cancel()
        self._runner.run(self._store.close())
        self._runner.close()

    @property
    def fired(self) -> int:
        return self._count.fired

    def take(self, poll: Poll) -> None:
        self._runner.run(self._take(poll))

    def change(self, change: Change) -> None:
        self._runner.run(self._pipeline.change(change, self._policy))

    async def _take(self, poll: Poll) -> None:
        self._clock.time = poll.received
        await self._pipeline.take(poll)

    def longest_stall(self, *work: Poll | Change | float) -> float:
        """Seconds that the loop was late at the worst, while it did this work, or nothing for so many seconds."""
        return self._runner.run(_watch(self._all(work)))

    async def _all(self, work: tuple[Poll | Change | float, ...]) -> None:
        for one in work:
            if isinstance(one, float):
                await asyncio.sleep(one)
            else:
                await (self._take(one) if isinstance(one, Poll) else self._pipeline.change(one, self._policy))


async def _watch(work: Awaitable[None]) -> float:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    longest, last = 0.0, loop.time()
    while not task.done():
        await asyncio.sleep(BEAT)
        longest = max(longest, loop.time() - last - BEAT)
        last = loop.time()
    await task
    return longest
