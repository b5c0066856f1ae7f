"""Fakes of the ports: a clock turned by hand, a channel that answers as told. Nothing in the tests sleeps."""

import asyncio
import heapq
from collections import deque
from collections.abc import Iterable
from itertools import count

from alertd.errors import DeliveryDelayed
from alertd.model.notification import Delivery
from alertd.ports import Bucket, Limit, Pictures

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


async def settle(rounds: int = 60) -> None:
    """Let everything that can run, run. What waits for a thread or a socket needs its own signal."""
    for _ in range(rounds):
        await asyncio.sleep(0)


class ScriptedChannel:
    """A channel that notes what it is given, with the time, and answers as the test says.

    `answers` are raised (an exception) or taken as a yes (None), the first for the first send to come; with none left
    it always takes the message. A send to an address in `gates` waits for its event first. The time noted is when
    the platform took the message; `taken` has the deliveries as they came. Messages in `poison` always
    fail. `overall` is the limit of the bucket `bot`,
    `per_address` that of `chat:<address>`.
    """

    pictures = Pictures.NEVER

    def __init__(
        self,
        clock: HandClock,
        *,
        in_flight: int = 32,
        remembers: float = 0.0,
        resends: bool = True,
        overall: Limit | None = None,
        per_address: Limit | None = None,
        answers: Iterable[Exception | None] = (),
    ) -> None:
        self.illustrated: list[tuple[Delivery, str, bytes]] = []
        self.name = "chat"
        self.in_flight = in_flight
        self.remembers = remembers
        self.resends = resends
        self.overall = overall
        self.per_address = per_address
        self.answers = deque(answers)
        self.gates: dict[str, asyncio.Event] = {}
        self.poison: set[str] = set()
        self.tried: list[tuple[float, str]] = []
        self.sent: list[tuple[float, str, str]] = []
        self.taken: list[Delivery] = []
        self.at_once = 0
        self.most_at_once = 0
        self._clock = clock

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        overall = (Bucket("bot", self.overall),) if self.overall else ()
        return (*overall, Bucket(f"chat:{address}", self.per_address)) if self.per_address else overall

    async def send(self, delivery: Delivery, now: float) -> str:
        self.tried.append((now, delivery.message))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if gate := self.gates.get(delivery.address):
                await gate.wait()
            if delivery.message in self.poison:
                raise DeliveryDelayed("no", reason="server_error")
            answer = self.answers.popleft() if self.answers else None
            if answer is not None:
                raise answer
            self.sent.append((self._clock.now(), delivery.address, delivery.notification.title))
            self.taken.append(delivery)
            return f"ref-{delivery.message}"
        finally:
            self.at_once -= 1

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        self.illustrated.append((delivery, ref, png))

    async def close(self) -> None:
        """Nothing to let go of."""


async def unfetched(place: str, most: int) -> bytes:
    """For what only reads what a platform says (see `asking.Fetch`)."""
    raise AssertionError("a file is fetched before it is known who gave it")
