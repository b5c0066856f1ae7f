"""A courier takes one channel's messages out of the store and brings them to the platform.

At least once: an attempt is written down before the call and what came of it after, both in one transaction with those
of other messages. A call that a crash leaves without an answer is uncertain: it is resent with the same key where the
platform knows keys, else marked as a possible repeat, or not at all (see `ports.Channel`).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from math import inf
from typing import TypeAlias

from alertd.errors import StorageBusy
from alertd.model.notification import Lane, Queued
from alertd.outbox.carrier import Call, Carrier, Draw, Tell
from alertd.outbox.farewell import OnSettled, Reports
from alertd.outbox.illustrate import Illustrator
from alertd.outbox.late import digest, fit
from alertd.outbox.pacing import Cells, Pace, Taking
from alertd.outbox.replies import Turns
from alertd.outbox.retry import Retry
from alertd.ports import Channel, Clock, Store
from alertd.rows import Fate, Settled

log = logging.getLogger(__name__)

CLAIM = 256
"""How many heads are taken out of the store at once."""

STALE = 200
"""How many stale messages go in one digest."""

PACES = 120.0
"""For how long an attempt counts against the platform's limits after a restart, seconds."""

_STORE_AGAIN = 1.0
_NEWS = 0.25  # what is claimed is compared with what is new in the store that often
_SOON = 1.0  # the store's timers are asked for that often while sends are under way
_BREATH = 0.05

Outcome: TypeAlias = tuple[Call, Settled]


class Courier:
    """Drains the outbox of one channel: several sends in flight, in order per address, at the platform's pace.

    `random` gives floats in [0, 1). `freed` is called when messages were given up: what stands by for them on other
    channels may be due. `run` ends when `drain` asks it to; it raises StorageError where the store is beyond use.
    """

    def __init__(
        self,
        channel: Channel,
        store: Store,
        clock: Clock,
        *,
        draw: Draw,
        random: Callable[[], float],
        tell: Tell,
        on_settled: OnSettled,
        freed: Callable[[], None],
        retry: Retry | None = None,
    ) -> None:
        self._channel = channel
        self._name = channel.name
        self._store = store
        self._clock = clock
        self._freed = freed
        self.illustrator = Illustrator(channel, clock, draw=draw, carrier=lambda: self._carrier, wanted=self._wanted)
        self._report = Reports(channel.name, tell, on_settled, self.illustrator.sent)
        self._carrier = Carrier(
            channel, clock, draw=draw, with_chart=self.illustrator.with_chart, random=random, tell=tell, retry=retry
        )
        self._stir = self._carrier.stir
        self.know, self.troubles = self._carrier.know, self._carrier.troubles
        self.turns = Turns(channel, clock, carrier=self._carrier, wanted=self._unbegun)
        self._heads: list[Call] = []  # claimed, and not begun: in the order in which they are to go
        self._calls: asyncio.Queue[Call] = asyncio.Queue()
        self._busy: set[str] = set()  # addresses with a call in flight, or one that is not written down yet
        self._outcomes: list[Outcome] = []
        self._room = channel.in_flight
        self._look_at = 0.0  # when the store may have more; infinity: when wake() says so
        self._looked = -inf
        self._news = True
        self._store_at = -inf  # a store that was busy is left alone until then
        self._draining = False
        self._done = asyncio.Event()

    def wake(self) -> None:
        """There is something new in the store."""
        self._news = True
        self._stir.set()

    async def run(self) -> None:
        """Deliver until `drain`."""
        try:
            await self._take_up()
            async with asyncio.TaskGroup() as tasks:
                workers = [tasks.create_task(self._work()) for _ in range(self._room)]
                workers += [tasks.create_task(self.illustrator.run()), tasks.create_task(self.turns.run())]
                while True:
                    self._stir.clear()
                    self.turns.shut()
                    again = await self._turn()
                    self.turns.open()
                    if self._draining and not self._busy:
                        break
                    await self._clock.wait(self._stir, again)
                for worker in workers:
                    worker.cancel()
        finally:
            self._done.set()

    async def drain(self, deadline: float) -> bool:
        """Begin no more, and finish what is in flight; False if the deadline (epoch seconds) came first."""
        self._draining = True
        self._stir.set()
        return await self._clock.wait(self._done, deadline)

    async def _take_up(self) -> None:
        """What the platform has counted before this process began, and the rests that it asked for."""
        while not self._draining:
            now = self._clock.now()
            try:
                past, rests = await self._store.paces(self._name, now - PACES)
            except StorageBusy as error:
                log.warning("the outbox of %s cannot be read: %s", self._name, error)
                await self._clock.sleep(_STORE_AGAIN)
            else:
                self._carrier.pace = Pace(past, rests, then=now + PACES)
                return

    async def _work(self) -> None:
        while True:
            call = await self._calls.get()
            settled = await self._carrier.bring(call)
            self._outcomes.append((call, settled))  # the list is another one than before the call
            self._stir.set()
            if self._carrier.asked:
                await self._note_rests()

    async def _note_rests(self) -> None:
        """What a platform asks for is written down at once, whatever else the store is asked to do just now."""
        rests, self._carrier.asked = self._carrier.asked, {}
        try:
            await self._store.turn(self._name, rests=rests, now=self._clock.now())
        except StorageBusy:
            self._carrier.asked = rests | self._carrier.asked  # with the next turn, then

    async def _turn(self) -> float | None:
        """Write down what has ended, and begin what may go now. Returns when there is more to do, None where only an
        event can tell."""
        now = self._clock.now()
        if now < self._store_at:
            return self._store_at
        rest = self._carrier.pace.rest_until
        begins = not self._draining and rest <= now
        again = inf
        try:
            if begins:
                await self._look(now)
                again = await self._begin(now)
            elif self._outcomes or self._carrier.asked:
                await self._write([], now)
        except StorageBusy as error:
            log.warning("the outbox of %s has to wait: %s", self._name, error)
            self._heads, self._news = [], True
            self._store_at = now + _STORE_AGAIN
            return self._store_at
        if self._draining:
            return None
        looks = self._news or len(self._heads) < self._room
        until = min(again, self._look_at if looks else inf) if begins else rest
        return until if until < inf else None

    # ── what the store has ───────────────────────────────────────────────────────────────────────────────────────

    async def _look(self, now: float) -> None:
        """Claim heads where few are left; what is new in the store may have to go before those that are claimed."""
        if self._news:
            if self._heads and now < self._looked + _NEWS:
                self._look_at = self._looked + _NEWS
                return
            self._heads = []
        elif len(self._heads) >= self._room or now < self._look_at:
            return
        self._looked, self._news, self._look_at = now, False, inf  # wake() may come while the store answers
        taken = self._busy | {call.queued.address for call in self._heads}
        found = await self._store.due(self._name, now, limit=CLAIM, busy=tuple(taken))
        for queued in found:
            if queued.address not in taken:  # two names may have become one
                taken.add(queued.address)
                self._heads.append(self._call(queued))
                self.illustrator.claimed(queued, now)
        self._heads.sort(key=lambda call: call.queued.lane)
        used = {id(cell) for call in self._heads for cell in call.cells}
        self._carrier.pace.forget(now, used=used | self.turns.used())
        if len(found) == CLAIM:
            self._look_at = now
        elif found or self._busy:  # asked for often enough while there is much to do
            self._look_at = now + _SOON
        else:
            due = await self._store.next_due(self._name, busy=tuple(taken))
            self._look_at = inf if due is None else max(due, now + _BREATH)

    def _call(self, queued: Queued) -> Call:
        buckets = self._channel.buckets(queued.address)
        return Call(queued, tuple([bucket.name for bucket in buckets]), self._carrier.pace.cells(buckets))

    # ── who goes now ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _begin(self, now: float) -> float:
        """Write down what has ended, and call for as many as may go. Returns when the first of the others is ready."""
        taking = Taking()
        go, again = self._choose(now, taking)
        begun = frozenset[int]()
        try:
            for call in go:
                if now >= call.queued.expires or call.queued.members:
                    await self._gather(call, now)
            if go or self._outcomes or self._carrier.asked:
                begun = await self._write(go, now)
        finally:
            taking.undo()
        now = self._clock.now()
        for call in go:
            if call.queued.row in begun:
                for cell in call.cells:
                    cell.take(now)
                    cell.passed += 1
                self._busy.add(call.queued.address)
                self._calls.put_nowait(call)
            else:  # a more urgent one took its place
                self._news, again = True, now
        return again

    def _choose(self, now: float, taking: Taking) -> tuple[list[Call], float]:
        """Who goes now, and when the first of those that have to wait is ready; what cannot go for long is settled."""
        under_way = len(self._busy) - len(self._outcomes)
        room = (1 if self._carrier.probing else self._room) - under_way
        go, left, again = list[Call](), list[Call](), inf
        for place, call in enumerate(self._heads):
            if len(go) >= room:
                left += self._heads[place:]
                break
            ready = max([cell.ready_at(now) for cell in call.cells], default=now)
            settled = self._carrier.hopeless(call.queued, now) if ready <= now else self._carrier.put_off(call, now)
            if settled:
                self._busy.add(call.queued.address)
                self._outcomes.append((call, settled))
            elif ready > now:
                left.append(call)
                again = min(again, ready)
            else:
                taking.take(call.cells, now)
                go.append(call)
        self._heads = left
        return go, again

    def _wanted(self) -> list[Cells] | None:
        """What each message waits for; None where there is one that nobody has looked at yet."""
        return None if not self._calls.empty() else self._unbegun()

    def _unbegun(self) -> list[Cells] | None:
        return None if self._news else [call.cells for call in self._heads]

    async def _gather(self, call: Call, now: float) -> None:
        """A stale message goes with all that is stale for its address; a digest goes as it went before, and so does
        what may have arrived."""
        head = call.queued
        if head.members:
            call.queued = digest(head, head.members)
        elif not head.uncertain and (head.alone or head.lane is Lane.ASIDE):
            call.queued = digest(head)
        elif not head.uncertain:
            stale = await self._store.stale(self._name, head.address, now, limit=STALE)
            call.queued = digest(head, fit(head, [one for one in stale if not self._carrier.hopeless(one, now)]))

    async def _write(self, go: Sequence[Call], now: float) -> frozenset[int]:
        """One transaction; returns the rows of those of `go` that may be called for."""
        outcomes, self._outcomes = self._outcomes, []
        rests, self._carrier.asked = self._carrier.asked, {}
        attempts = [call.attempt() for call in go]
        settled = [settled for _, settled in outcomes]
        try:
            begun = await self._store.turn(self._name, settled=settled, attempts=attempts, rests=rests, now=now)
        except StorageBusy:
            self._outcomes = outcomes + self._outcomes
            self._carrier.asked = rests | self._carrier.asked
            raise
        if outcomes:
            self._look_at = now
        for call, one in outcomes:
            self._busy.discard(call.queued.address)
            self._report(call, one)
        if any(one.fate in (Fate.BURIED, Fate.EXPIRED) for one in settled):
            self._freed()
        return begun
