"""A courier at work: a store with what it has to deliver, and a channel to a loopback server."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import ClientSession

from alertd.clock import SystemClock
from alertd.dispatch.draw import Drawing
from alertd.dispatch.policy import Policy, Receiver
from alertd.model.event import Entry, Event, EventKind, Words
from alertd.model.notification import Destination, ItemFate, ItemRow, Message
from alertd.outbox.courier import Courier
from alertd.ports import Channel
from alertd.rows import Commit, Fate
from alertd.storage.sqlite import SqliteStore
from alertd.wire.session import http_session

EXPIRES = 3600.0


def entry(number: int, now: float) -> Entry:
    """An event as rules tell them: a price, what it was compared with, how far it has moved."""
    event = Event(
        time=now,
        kind=EventKind.FIRED,
        alert=number,
        rule="btc-breakout",
        owner="",
        symbol="BTC",
        episode=1,
        ordinal=1,
        at=now - 2,
        source="binance",
        values={"price": 70_003.0 + number % 1000, "level": 70_000.0, "change": 5.2, "signal": "bullish"},
    )
    return Entry(number, event, Words("price > 70k and signal is bullish", labels=(("severity", "major"),)))


def fan_out(first: int, ways: Sequence[Destination], now: float) -> Commit:
    """A message for each of these, each about an event of its own."""
    numbers = range(first, first + len(ways))
    return Commit(
        now=now,
        entries=[entry(number, now) for number in numbers],
        items=[ItemRow(number, "desk", ItemFate.TOLD, message=number) for number in numbers],
        messages=[
            Message(
                number=number,
                receiver="desk",
                destinations=(way,),
                created=now,
                expires=now + EXPIRES,
                holding=(number,),
            )
            for number, way in zip(numbers, ways, strict=True)
        ],
    )


class Office:
    """A real store, a real courier and a real channel on a loop of their own, between `with` and its end."""

    def __init__(self, path: Path, channel: Callable[[ClientSession], Channel], policy: Policy | None = None) -> None:
        self._path, self._make = path, channel
        self._policy = policy or Policy(receivers={"desk": Receiver("desk", ())})
        self.runner = asyncio.Runner()
        self.clock = SystemClock()
        self.fates: list[Fate] = []
        self._enough, self._awaited = asyncio.Event(), 0
        self._last = 0

    def __enter__(self) -> Self:
        self.runner.run(self._open())
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.runner.run(self._close())
        self.runner.close()

    async def _open(self) -> None:
        self.store = await SqliteStore.open(self._path, now=self.clock.now())
        self._session = http_session()
        self._channel = self._make(await self._session.__aenter__())
        self._courier = Courier(
            self._channel,
            self.store,
            self.clock,
            draw=Drawing(self._policy, self.store.seal),
            random=lambda: 0.5,
            tell=lambda *_: None,
            on_settled=self._settled,
            freed=lambda: None,
        )
        self._task = asyncio.create_task(self._courier.run())
        await asyncio.sleep(0.05)

    async def _close(self) -> None:
        await self._courier.drain(self.clock.now() + 5)
        await self._task
        await self._channel.close()
        await self.store.close()
        await self._session.__aexit__(None, None, None)

    def _settled(self, _: str, fate: Fate, __: str) -> None:
        self.fates.append(fate)
        if len(self.fates) >= self._awaited:
            self._enough.set()

    def put(self, ways: Sequence[Destination]) -> None:
        """Commit a message for each; the courier is not told."""
        self.commit(fan_out(self._last + 1, ways, self.clock.now()))
        self._last += len(ways)

    def commit(self, commit: Commit) -> None:
        self.runner.run(self.store.commit(commit))

    def deliver(self, count: int) -> None:
        """Tell the courier; returns when so many are settled, all of them sent."""
        self.runner.run(self._deliver(count))

    async def _deliver(self, count: int) -> None:
        self.expect(count)
        self._courier.wake()
        await self.enough()

    def expect(self, count: int) -> None:
        """From now on, so many are to be settled."""
        self.fates, self._awaited = [], count
        self._enough.clear()

    async def enough(self) -> None:
        """Returns when they are, all of them sent."""
        await self._enough.wait()
        if strange := [fate for fate in self.fates if fate is not Fate.SENT]:
            raise AssertionError(f"not all were sent: {strange}")

    def wake(self) -> None:
        self._courier.wake()
