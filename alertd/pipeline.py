"""One tick, from a poll to the rows of its transaction: the file to read first.

    poll ─► step ─► plan ─► commit ─► couriers

`step` absorbs the readings, judges every alert they touch and moves it on; `plan` decides who is told of what, what is
held back and what is released; `commit` writes alert states, history and messages in one transaction, or nothing; only
then do the couriers hear of it, who draw each message when they send it. One task does all of it, one tick after the
other, so that memory never gets ahead of the store.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from alertd.dispatch.desk import Planned
from alertd.dispatch.plan import plan
from alertd.dispatch.policy import Policy
from alertd.dispatch.state import DispatchState
from alertd.errors import StorageBusy
from alertd.model.event import Notice
from alertd.model.kept import Kept
from alertd.model.order import Order
from alertd.model.people import PeopleRow
from alertd.model.reading import Poll
from alertd.ports import Clock, Store
from alertd.report import MANY, Observer, report
from alertd.rows import Commit
from alertd.rules.amend import Change, amend
from alertd.rules.outcome import Outcome
from alertd.rules.saved import Known
from alertd.rules.standing import Rulebook
from alertd.rules.state import State
from alertd.rules.step import step, wake_at
from alertd.tick import commit_of

log = logging.getLogger(__name__)

_BUSY_PAUSE = 1.0

_TOGETHER = 64
"""What so many people asked for goes into one transaction."""

_VERY_MANY = 100_000
"""Alerts; a step that moves all of them takes longer than the loop should wait."""

Answer = TypeVar("Answer")
K = TypeVar("K", bound=Kept)


@dataclass(slots=True, eq=False)
class Work:
    """One thing for a tick to do: a poll, late polls in one go, what people ask of dispatch, or a change of rules with
    its policy; `before` is what was changed on the way here, `people` are rows for the same transaction. `done` is set
    once it is committed, `answers` (see `Planned`) before."""

    polls: Sequence[Poll] = ()
    orders: Sequence[Order] = ()
    change: Change | None = None
    policy: Policy | None = None
    before: Outcome | None = None
    people: Sequence[PeopleRow] = ()
    answers: Sequence[tuple[Kept, ...]] = ()
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def small(self) -> bool:
        """Whether it is what a person asked for by chat: a few rules at the most."""
        return bool(self.people) and not self.polls and self.policy is None


class Pipeline:
    """The engine task. It alone touches the state; everyone else puts work in."""

    def __init__(
        self,
        state: State,
        dispatch: DispatchState,
        policy: Policy,
        store: Store,
        clock: Clock,
        *,
        observer: Observer,
        wake: Callable[[], None],
        known: Known | None = None,
        catching_up: bool = False,
    ) -> None:
        """`known` is what the store has, else all of the state. With `catching_up`, time stands still until `caught_up`
        but for late polls."""
        self.state = state
        self.policy = policy
        self.busy_since: float | None = None
        """When the tick that is running began, None between ticks: what the watchdog looks at."""
        self.trouble = ""
        """Why the store does not take commits just now, "" while it does."""
        self._rules = Rulebook(state)
        self.committed: float | None = None  # when it last took one, epoch seconds
        self._dispatch = dispatch
        self.kept = dispatch.memory.copy()
        """What dispatch keeps, as it was committed."""
        self._store = store
        self._clock = clock
        self._observer = observer
        self._wake = wake
        self._work: deque[Work] = deque()
        self._notices: list[Notice] = []
        self._stir = asyncio.Event()
        self._amending = asyncio.Lock()
        self._held_until = np.inf
        self._now = -np.inf
        self._began = clock.now()
        self._stored = known or Known.by(state)
        self._catching_up = catching_up

    # ── what others put in ───────────────────────────────────────────────────────────────────────────────────────

    async def take(self, *polls: Poll) -> None:
        """Have polls judged; returns when what they led to is committed. Late ones make one transaction together."""
        await self._put(Work(polls=polls))

    async def change(self, change: Change, policy: Policy, before: Outcome | None = None) -> None:
        """Put rules and policy into force; returns when that is committed."""
        await self._put(Work(change=change, policy=policy, before=before))

    async def obey(self, *orders: Order) -> Sequence[tuple[Kept, ...]]:
        """Do what somebody asks of dispatch; returns what came of each (see `Planned`) when that is committed."""
        work = Work(orders=orders)
        await self._put(work)
        return work.answers

    async def serve(
        self, *, change: Change | None = None, orders: Sequence[Order] = (), people: Sequence[PeopleRow] = ()
    ) -> Sequence[tuple[Kept, ...]]:
        """Do what a person asked for, all of it in one transaction with `people`; returns as `obey` does."""
        work = Work(orders=orders, change=change, people=people)
        await self._put(work)
        return work.answers

    def tell_operator(self, key: str, text: str, receiver: str = "") -> None:
        """Have the operator told, once for each key in an hour, and the receiver whom it concerns."""
        self._notices.append(Notice(self._clock.now(), key, text, receiver))
        self._stir.set()

    def remembered(self, kind: type[K]) -> list[K]:
        """What dispatch keeps of this kind, and the store has: the silences, the mutes, …"""
        return self.kept.all(kind)

    def held(self) -> Counter[str]:
        """How many entries are held back, by reason."""
        return self._dispatch.held()

    def caught_up(self) -> None:
        """What was missed has been taken: from now on timers run."""
        self._catching_up = False
        self._stir.set()

    async def idle(self) -> None:
        """Returns when everything that was put in before is done."""
        await self._put(Work())

    async def ask(self, question: Callable[[State], Answer]) -> Answer:
        """What the state says, at a moment at which no change of rules is at work on it."""
        async with self._amending:
            return question(self.state)

    async def _put(self, work: Work) -> None:
        self._work.append(work)
        self._stir.set()
        await work.done

    # ── the loop ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """One tick after the other, until cancelled. Raises StorageError where a commit fails for good."""
        while True:
            self._stir.clear()
            if not self._work and not self._notices:
                due = self._due()
                if due > self._clock.now():
                    await self._clock.wait(self._stir, due if np.isfinite(due) else None)
                    continue
            await self._tick(self._turn())

    def _turn(self) -> list[Work]:
        """What the next tick does: one thing, or all that people asked for in a row, which is little each."""
        turn = [self._work.popleft() if self._work else Work()]
        while turn[0].small and self._work and self._work[0].small and len(turn) < _TOGETHER:
            turn.append(self._work.popleft())
        return turn

    def _due(self) -> float:
        return self._held_until if self._catching_up else min(wake_at(self.state), self._held_until)

    async def _tick(self, turn: Sequence[Work]) -> None:
        now = self._now = max(self._clock.now(), self._now)
        self.busy_since = now
        began = asyncio.get_running_loop().time()
        outcome = await self._judge(turn, now)
        outcome.notices += self._notices
        self._notices = []
        planned = await self._plan(outcome, [order for work in turn for order in work.orders], now)
        stored, self._stored = self._stored, Known.by(self.state)
        people = [row for work in turn for row in work.people]
        await self._commit(commit_of(self.state, outcome, planned, people, stored=stored, now=now))
        self.kept.learn(planned.kept)
        self.state.book.recycle()
        if planned.messages:
            self._wake()
        polls = [poll for work in turn for poll in work.polls]
        await self._if_many(len(planned.entries), lambda: report(self._observer, polls, outcome, planned))
        self._observer.tick(asyncio.get_running_loop().time() - began)
        self.busy_since = None
        answers = iter(planned.answers)
        for work in turn:
            work.answers = [next(answers) for _ in work.orders]
            if not work.done.done():
                work.done.set_result(None)

    async def _judge(self, turn: Sequence[Work], now: float) -> Outcome:
        """What a turn means for the alerts. Timers that ended before a poll come first, each at its own time."""
        outcome = turn[0].before or Outcome()
        for work in turn:
            self.policy = work.policy or self.policy
            if work.change is not None:
                outcome.add(await self._amend(work.change, now, small=work.small))
            for poll in work.polls:
                at = poll.received if poll.late else now
                await self._pass_time(outcome, at)
                outcome.add(await self._step(poll, at))
                if poll.late:
                    await asyncio.sleep(0)
        if not self._catching_up:
            await self._pass_time(outcome, now)
            # What a reading began may be over at once (a crossing has no length): that takes no tick of its own.
            if not any(work.polls for work in turn) or wake_at(self.state) <= now:
                outcome.add(await self._step(None, now))
        return outcome

    async def _amend(self, change: Change, now: float, *, small: bool) -> Outcome:
        """A large reload takes seconds: the loop stays free, and nobody else looks at the state meanwhile."""
        async with self._amending:
            return amend(self.state, change, now) if small else await asyncio.to_thread(amend, self.state, change, now)

    async def _pass_time(self, outcome: Outcome, until: float) -> None:
        while (due := wake_at(self.state)) < until:
            # What time alone led to before the start is late, too.
            late = Poll("", due, late=True) if due < self._began else None
            outcome.add(await self._step(late, due))

    async def _step(self, poll: Poll | None, at: float) -> Outcome:
        """Where a crash may move a hundred thousand alerts at once, the loop stays free meanwhile."""
        if len(self.state) < _VERY_MANY:
            return step(self.state, poll, at)
        async with self._amending:
            return await asyncio.to_thread(step, self.state, poll, at)

    async def _plan(self, outcome: Outcome, orders: Sequence[Order], now: float) -> Planned:
        def planning() -> Planned:
            return plan(
                self._dispatch,
                list(outcome.events),
                outcome.notices,
                orders,
                rules=self._rules,
                policy=self.policy,
                now=now,
            )

        planned = await self._if_many(len(outcome.events) + self._dispatch.due(now), planning)
        self._held_until = np.inf if planned.wake_at is None else planned.wake_at
        return planned

    async def _if_many(self, count: int, work: Callable[[], Answer]) -> Answer:
        """Do what goes through so many events, off the loop where it would be held up."""
        return work() if count < MANY else await asyncio.to_thread(work)

    # ── the transaction ──────────────────────────────────────────────────────────────────────────────────────────

    async def _commit(self, commit: Commit) -> None:
        """Write it, however long the store is busy: until then there is no next tick, and so there are no polls."""
        began = self._clock.now()
        while commit:
            try:
                await self._store.commit(commit)
            except StorageBusy as error:
                if not self.trouble:
                    log.error("the tick waits for the store: %s", error)
                self.trouble = str(error)
                await self._clock.sleep(_BUSY_PAUSE)
            else:
                if self.trouble:
                    # Nobody was asked meanwhile: that is no silence of the sources.
                    self.state.market.skip(self._clock.now() - began)
                self.trouble, self.committed = "", self._clock.now()
                return
