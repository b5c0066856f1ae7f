"""A courier takes one channel's messages out of the store and brings them to the platform.

At least once: a message counts as sent when the platform has taken it, and the store learns it right after. Between
the two lies the one moment in which a crash can lead to a duplicate.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable
from heapq import heappop, heappush
from math import inf

from alertd.dispatch.notice import delivery_key, recovery_key
from alertd.errors import DeliveryDelayed, DeliveryRefused, StorageBusy
from alertd.model.notification import Delivery
from alertd.model.units import say_duration
from alertd.outbox.health import Health
from alertd.outbox.pacing import Pace
from alertd.outbox.retry import Retry
from alertd.ports import Channel, Clock, Fate, Settled, Store
from alertd.wire.secret import redact

log = logging.getLogger(__name__)

CLAIM = 100
"""How many deliveries are taken out of the store at once."""

_STORE_AGAIN = 1.0

TellOperator = Callable[[str, str], None]
"""(key, text) of a notice."""

OnSettled = Callable[[str, Fate, str], None]
"""(channel, fate, reason), once the store has it."""


class Courier:
    """Drains the outbox of one channel: several sends in flight, in order per address, at the platform's pace.

    `random` gives floats in [0, 1). `run` ends when `drain` asks it to; it raises StorageError where the store is
    beyond use.
    """

    def __init__(
        self,
        channel: Channel,
        store: Store,
        clock: Clock,
        *,
        random: Callable[[], float],
        tell: TellOperator,
        on_settled: OnSettled,
        retry: Retry | None = None,
    ) -> None:
        self._channel = channel
        self._store = store
        self._clock = clock
        self._random = random
        self._tell = tell
        self._on_settled = on_settled
        self._retry = retry or Retry()
        self._pace = Pace(channel.pacing)
        self._claimed: list[tuple[float, int, Delivery]] = []  # a heap: when its address is ready, row
        self._busy: set[str] = set()  # addresses of what is claimed, in flight or not yet settled
        self._in_flight = 0
        self._settled: list[tuple[Delivery, Settled]] = []
        self._look_at = 0.0  # when the store may have more; infinity: when wake() says so
        self._health = Health()
        self._rests = 0  # for how often in a row the whole channel was held back
        self._draining = False
        self._stir = asyncio.Event()
        self._results = asyncio.Event()
        self._done = asyncio.Event()

    def wake(self) -> None:
        """There is something new in the store."""
        self._look_at = 0.0
        self._stir.set()

    async def run(self) -> None:
        """Deliver until `drain`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._settle())
                while not self._draining:
                    self._stir.clear()
                    await self._clock.wait(self._stir, await self._turn(tasks))
        finally:
            self._done.set()

    async def drain(self, deadline: float) -> bool:
        """Claim no more, and finish what is in flight; False if the deadline (epoch seconds) came first."""
        self._draining = True
        self._stir.set()
        self._results.set()
        return await self._clock.wait(self._done, deadline)

    async def _turn(self, tasks: asyncio.TaskGroup) -> float | None:
        """Start what may go now. Returns when there is more to do, None where only an event can tell."""
        now = self._clock.now()
        if self._pace.rest_until > now:
            return self._pace.rest_until
        if self._may_claim() and self._look_at <= now:
            await self._claim(now)
        room = self._channel.pacing.in_flight
        while self._claimed and self._in_flight < room and not self._draining:
            ready = max(self._claimed[0][0], self._pace.ready_at())
            if ready > now:
                return min(ready, self._look_at) if self._may_claim() else ready
            delivery = heappop(self._claimed)[2]
            self._pace.take(delivery.address, now)
            self._in_flight += 1
            tasks.create_task(self._deliver(delivery))
        return self._look_at if self._may_claim() and self._look_at < inf else None

    def _may_claim(self) -> bool:
        return len(self._claimed) < CLAIM

    async def _claim(self, now: float) -> None:
        name = self._channel.name
        self._look_at = inf  # wake() may put it back while the store answers
        try:
            found = await self._store.due(name, now, limit=CLAIM, busy=tuple(self._busy))
            for delivery in found:
                self._busy.add(delivery.address)
                ready = self._pace.address_ready_at(delivery.address)
                heappush(self._claimed, (ready if ready > now else 0.0, delivery.row, delivery))
            full = len(found) == CLAIM
            more = now if full else await self._store.next_due(name, busy=tuple(self._busy))
        except StorageBusy as error:
            log.warning("the outbox of %s cannot be read: %s", name, error)
            more = now + _STORE_AGAIN
        self._look_at = min(self._look_at, inf if more is None else more)

    async def _deliver(self, delivery: Delivery) -> None:
        """One attempt. Whatever comes of it is settled."""
        try:
            settled = await self._attempt(delivery)
        except Exception:
            # Not log.exception: the traceback is redacted here, whatever the log does with it.
            text = redact(traceback.format_exc())
            log.error("a bug in sending %s over %s\n%s", delivery.message, delivery.channel, text)
            settled = Settled(delivery.row, Fate.BURIED, self._clock.now(), reason="bug")
        self._in_flight -= 1
        self._settled.append((delivery, settled))
        self._results.set()
        self._stir.set()

    async def _attempt(self, delivery: Delivery) -> Settled:
        now = self._clock.now()
        if now >= delivery.expires:
            return Settled(delivery.row, Fate.EXPIRED, now, reason="expired")
        try:
            await self._channel.send(delivery, now)
        except DeliveryDelayed as error:
            return self._delay(delivery, error, now)
        except DeliveryRefused as error:
            log.warning("%s refused %s: %s", delivery.channel, delivery.message, redact(str(error)))
            if error.whole_channel:
                return self._refuse_all(delivery, error, now)
            return Settled(delivery.row, Fate.BURIED, self._clock.now(), reason=error.reason)
        self._rests = 0
        if self._health.worked(self._clock.now()):
            self._tell(recovery_key(delivery.channel), f"{delivery.channel} takes messages again.")
        return Settled(delivery.row, Fate.SENT, self._clock.now())

    def _delay(self, delivery: Delivery, error: DeliveryDelayed, started: float) -> Settled:
        now = self._clock.now()
        log.warning("%s does not take %s yet: %s", delivery.channel, delivery.message, redact(str(error)))
        if self._health.failed(started, now):
            text = (
                f"{delivery.channel} takes no messages ({error.reason}).\nThey wait, and are tried until they expire."
            )
            self._tell(delivery_key(delivery.channel), text)
        attempts = self._rests if error.whole_channel else delivery.attempts
        due = self._retry.at(attempts, error.retry_after, now, self._random, age=now - delivery.created)
        if error.whole_channel:
            due = min(due, now + self._retry.asked)
            if self._pace.rest_until <= now:  # sends that were in flight together fail together: once
                self._rests += 1
            self._pace.rest(due)
        return self._later(delivery, due, error.reason)

    def _refuse_all(self, delivery: Delivery, error: DeliveryRefused, started: float) -> Settled:
        """The credential is refused: everything waits, the operator is told once, and it is tried now and then."""
        now = self._clock.now()
        due = now + self._retry.refused
        self._pace.rest(due)
        if self._health.failed(started, now, for_good=True):
            self._tell(
                delivery_key(delivery.channel),
                f"{delivery.channel} refuses alertd's credential ({error.reason}).\n"
                f"Its messages wait. They are tried again every {say_duration(self._retry.refused)} until they expire.",
            )
        return self._later(delivery, due, error.reason)

    def _later(self, delivery: Delivery, due: float, reason: str) -> Settled:
        now = self._clock.now()
        if due >= delivery.expires:
            return Settled(delivery.row, Fate.EXPIRED, now, reason="expired")
        return Settled(delivery.row, Fate.DELAYED, now, due=due, reason=reason)

    async def _settle(self) -> None:
        """Writes down what became of the sends: all that came in while the last ones were written go together."""
        while not (self._draining and not self._in_flight and not self._settled):
            await self._results.wait()
            self._results.clear()
            batch, self._settled = self._settled, []
            if batch:
                await self._write([settled for _, settled in batch])
                for delivery, settled in batch:
                    self._busy.discard(delivery.address)
                    self._report(delivery, settled)
                self.wake()

    async def _write(self, batch: list[Settled]) -> None:
        while True:
            try:
                return await self._store.settle(batch)
            except StorageBusy as error:
                log.warning("what %s has sent cannot be written down yet: %s", self._channel.name, error)
                await self._clock.sleep(_STORE_AGAIN)

    def _report(self, delivery: Delivery, settled: Settled) -> None:
        channel, receiver, title = delivery.channel, delivery.receiver, delivery.notification.title
        log.info(
            "%s over %s: %s",
            settled.fate,
            channel,
            title,
            extra={"delivery": delivery.message, "receiver": receiver, "reason": settled.reason},
        )
        self._on_settled(channel, settled.fate, settled.reason)
        if settled.fate is Fate.BURIED:
            text = f"{channel} did not take a message to {receiver} ({settled.reason}).\nIt is not tried again: {title}"
        elif settled.fate is Fate.EXPIRED:
            text = f"{channel} could not bring a message to {receiver} before it expired.\nIt was: {title}"
        else:
            return
        self._tell(delivery_key(channel, receiver), text)
