"""A courier at work on the store that is shipped, and everything that can be seen of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from alertd.errors import DeliveryDelayed, DeliveryRefused, StorageBusy
from alertd.model.notification import Delivery, Destination, Lane, Message, Notification, Queued
from alertd.outbox.carrier import Draw
from alertd.outbox.courier import Courier
from alertd.ports import Limit
from alertd.rows import Attempt, Commit, Fate, Settled
from alertd.storage.memory import MemoryStore
from tests.fakes import START, HandClock, ScriptedChannel, settle


def draw(queued: Queued, now: float) -> Delivery:
    """Words as they are; entries as their numbers, with the note in front."""
    content = queued.content
    told = " ".join(str(entry.number) for entry in (*content.holding, *content.past))
    return Delivery(
        message=queued.message,
        receiver=queued.receiver,
        channel=queued.channel,
        address=queued.address,
        notification=content.text or Notification(f"{content.note}: {told}" if content.note else told),
        created=queued.created,
        loudness=queued.loudness,
        origin=queued.origin,
    )


class MoodyStore(MemoryStore):
    """The memory store, busy as often as the test says; it notes the calls that write.

    `slow` is for how many rounds of the loop it keeps the answer of a turn to itself."""

    def __init__(self) -> None:
        super().__init__("word")
        self.busy: dict[str, int] = {}
        self.asked = 0
        self.slow = 0
        self.turns: list[tuple[Sequence[Settled], Sequence[Attempt]]] = []

    def _mood(self, call: str) -> None:
        if self.busy.get(call, 0):
            self.busy[call] -= 1
            raise StorageBusy("the disk is full")

    async def due(self, channel: str, now: float, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Queued]:
        self.asked += 1
        self._mood("due")
        return await super().due(channel, now, limit=limit, busy=busy)

    async def turn(
        self,
        channel: str,
        *,
        settled: Sequence[Settled] = (),
        attempts: Sequence[Attempt] = (),
        rests: Mapping[str, float] | None = None,
        now: float = 0.0,
    ) -> frozenset[int]:
        self._mood("turn")
        begun = await super().turn(channel, settled=settled, attempts=attempts, rests=rests, now=now)
        self.turns.append((settled, attempts))
        for _ in range(self.slow):
            await asyncio.sleep(0)
        return begun

    async def paces(self, channel: str, since: float) -> tuple[Sequence[tuple[str, float]], Mapping[str, float]]:
        self._mood("paces")
        return await super().paces(channel, since)


@dataclass
class Post:
    clock: HandClock
    channel: ScriptedChannel
    store: MoodyStore
    told: list[tuple[str, str]] = field(default_factory=list)
    told_receivers: list[str] = field(default_factory=list)
    fates: list[tuple[str, Fate, str]] = field(default_factory=list)
    freed: int = 0
    draw: Draw = draw
    courier: Courier = field(init=False)
    number: int = 0
    _running: asyncio.Future[None] | None = None

    def __post_init__(self) -> None:
        self.courier = self.new_courier()

    def new_courier(self) -> Courier:
        return Courier(
            self.channel,
            self.store,
            self.clock,
            draw=self.draw,
            random=lambda: 1.0,
            tell=self._tell,
            on_settled=lambda channel, fate, reason: self.fates.append((channel, fate, reason)),
            freed=self._free,
        )

    def _tell(self, key: str, text: str, receiver: str) -> None:
        self.told.append((key, text))
        self.told_receivers.append(receiver)

    def _free(self) -> None:
        self.freed += 1

    async def start(self) -> None:
        self._running = asyncio.ensure_future(self.courier.run())
        await settle()

    async def stop(self) -> None:
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.wait([self._running])
        if not self._running.cancelled():
            self._running.result()

    async def crash_and_restart(self) -> None:
        """The process dies where it stands; another one takes up what the store has."""
        await self.stop()
        self.courier = self.new_courier()
        await self.start()

    async def put(
        self,
        *addresses: str,
        expires: float = 21_600.0,
        lane: Lane = Lane.NORMAL,
        standby: tuple[Destination, ...] = (),
    ) -> None:
        """One message to each address, titled `1`, `2`, …"""
        messages = []
        for address in addresses:
            self.number += 1
            messages.append(
                Message(
                    number=self.number,
                    receiver=f"to-{address}",
                    destinations=(Destination("chat", address),),
                    standby=standby,
                    patience=60.0,
                    text=Notification(str(self.number)),
                    created=self.clock.now(),
                    expires=self.clock.now() + expires,
                    lane=lane,
                )
            )
        await self.store.commit(Commit(now=self.clock.now(), messages=messages))
        self.courier.wake()
        await settle()

    @property
    def sent(self) -> list[tuple[float, str]]:
        """(seconds since the start, title) in the order in which the platform took them."""
        return [(at - START, title) for at, _, title in self.channel.sent]

    @property
    def titles(self) -> list[str]:
        return [title for _, title in self.sent]

    @property
    def tried(self) -> list[float]:
        """Seconds since the start of every call."""
        return [at - START for at, _ in self.channel.tried]

    async def waiting(self) -> int:
        return sum(depth.waiting for depth in await self.store.depths())


@asynccontextmanager
async def post(
    *answers: Exception | None,
    in_flight: int = 32,
    remembers: float = 0.0,
    resends: bool = True,
    overall: Limit | None = None,
    per_address: Limit | None = None,
) -> AsyncIterator[Post]:
    """A courier at work, for a `ScriptedChannel` of this kind."""
    clock = HandClock()
    channel = ScriptedChannel(
        clock,
        in_flight=in_flight,
        remembers=remembers,
        resends=resends,
        overall=overall,
        per_address=per_address,
        answers=answers,
    )
    at_work = Post(clock, channel, MoodyStore())
    await at_work.start()
    try:
        yield at_work
    finally:
        await at_work.stop()


def delayed(
    retry_after: float | None = None, *, whole_channel: bool = False, bucket: str = "", uncertain: bool = False
) -> DeliveryDelayed:
    return DeliveryDelayed(
        "no",
        reason="unavailable",
        retry_after=retry_after,
        whole_channel=whole_channel,
        bucket=bucket,
        uncertain=uncertain,
    )


def refused(
    reason: str = "not_found", *, bucket: str = "", whole_channel: bool = False, dead: bool = False
) -> DeliveryRefused:
    return DeliveryRefused("no", reason=reason, bucket=bucket, whole_channel=whole_channel, dead=dead)
