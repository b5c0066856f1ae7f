"""One tick, from a poll to the rows of its transaction: the file to read first.

    poll ─► step ─► plan ─► commit ─► couriers

`step` absorbs the readings, judges every alert they touch and moves it on; `plan` decides who is told and renders the
message; `commit` writes alert states, history and messages in one transaction, or nothing; only then do the couriers
hear of it. One task does all of it, one tick after the other, so that memory never gets ahead of the store.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np

from alertd.dispatch.plan import Planned, plan
from alertd.dispatch.policy import Policy
from alertd.dispatch.state import DispatchState
from alertd.errors import StorageBusy
from alertd.market import pages
from alertd.model.event import Event, EventKind, Notice
from alertd.model.reading import Poll
from alertd.ports import Clock, Commit, SeriesRow, Store
from alertd.rules.amend import Change, amend
from alertd.rules.outcome import Outcome
from alertd.rules.saved import Known
from alertd.rules.state import State
from alertd.rules.step import step, wake_at

log = logging.getLogger(__name__)

TICK_PAGE = "tick"
"""The block that holds the time of the last commit: what came after it, the daemon did not see."""

FEEDS_PAGE = "feeds"
"""The block that tells by which sources, in which order, they were judged."""

_BUSY_PAUSE = 1.0

_MANY = 200
"""Events; to go through more of them takes the loop's time away from everything else."""

_VERY_MANY = 100_000
"""Alerts; a step that moves all of them takes longer than the loop should wait."""

Answer = TypeVar("Answer")


class Observer(Protocol):
    """Who counts what the pipeline does."""

    def tick(self, seconds: float) -> None: ...
    def event(self, kind: EventKind, count: int = 1) -> None: ...
    def refused(self, source: str, reason: str, count: int = 1) -> None: ...
    def not_sent(self, reason: str, count: int = 1) -> None: ...


@dataclass(slots=True, eq=False)
class Work:
    """One thing for a tick to do: a poll, late polls in one go, or a change of rules with its policy; `before` is what
    was changed on the way here. `done` is set once it is committed."""

    polls: Sequence[Poll] = ()
    change: Change | None = None
    policy: Policy | None = None
    before: Outcome | None = None
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


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
        self._dispatch = dispatch
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

    def tell_operator(self, key: str, text: str) -> None:
        """Have the operator told, once for each key in an hour."""
        self._notices.append(Notice(self._clock.now(), key, text))
        self._stir.set()

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
            await self._tick(self._work.popleft() if self._work else Work())

    def _due(self) -> float:
        return self._held_until if self._catching_up else min(wake_at(self.state), self._held_until)

    async def _tick(self, work: Work) -> None:
        now = self._now = max(self._clock.now(), self._now)
        self.busy_since = now
        began = asyncio.get_running_loop().time()
        outcome = await self._judge(work, now)
        outcome.notices += self._notices
        self._notices = []
        events, planned = await self._plan(outcome, now)
        await self._commit(self._rows(outcome, events, planned, now))
        self.state.book.recycle()
        if planned.messages:
            self._wake()
        await self._if_many(len(events), lambda: self._report(work, outcome, events, planned))
        self._observer.tick(asyncio.get_running_loop().time() - began)
        self.busy_since = None
        if not work.done.done():
            work.done.set_result(None)

    async def _judge(self, work: Work, now: float) -> Outcome:
        """What the work means for the alerts. Timers that ended before a poll come first, each at its own time."""
        outcome = work.before or Outcome()
        if work.change is not None:
            self.policy = work.policy or self.policy
            # A large reload takes seconds: the loop stays free, and nobody else looks at the state meanwhile.
            async with self._amending:
                outcome.add(await asyncio.to_thread(amend, self.state, work.change, now))
        for poll in work.polls:
            at = poll.received if poll.late else now
            await self._pass_time(outcome, at)
            outcome.add(await self._step(poll, at))
            if poll.late:
                await asyncio.sleep(0)
        if not work.polls and not self._catching_up:
            await self._pass_time(outcome, now)
            outcome.add(await self._step(None, now))
        return outcome

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

    async def _plan(self, outcome: Outcome, now: float) -> tuple[list[Event], Planned]:
        def planning() -> tuple[list[Event], Planned]:
            events = list(outcome.events)
            planned = plan(self._dispatch, events, outcome.notices, rules=self.state, policy=self.policy, now=now)
            return events, planned

        found = await self._if_many(len(outcome.events) + self._dispatch.due(now), planning)
        self._held_until = np.inf if found[1].wake_at is None else found[1].wake_at
        return found

    async def _if_many(self, count: int, work: Callable[[], Answer]) -> Answer:
        """Do what goes through so many events, off the loop where it would be held up."""
        return work() if count < _MANY else await asyncio.to_thread(work)

    # ── the transaction ──────────────────────────────────────────────────────────────────────────────────────────

    def _rows(self, outcome: Outcome, events: Sequence[Event], planned: Planned, now: float) -> Commit:
        state, market = self.state, self.state.market
        stored, self._stored = self._stored, Known.by(state)
        commit = Commit(
            now=now,
            rules=outcome.rules,
            coins=dict(enumerate(state.coins[stored.coins :], stored.coins)),
            shapes=dict(enumerate(state.shapes[stored.shapes :], stored.shapes)),
            manners=dict(enumerate(state.book.manners.all[stored.manners :], stored.manners)),
            alerts=outcome.alerts,
            gone=outcome.gone,
            former=outcome.former,
            series=[
                SeriesRow(number, *each) for number, each in enumerate(market.series[stored.series :], stored.series)
            ],
            pages=pages.changed(market),
            events=events,
            drops=outcome.drops,
            messages=planned.messages,
            held=planned.held,
            released=planned.released,
            not_sent=planned.not_sent,
        )
        if commit:
            run = {TICK_PAGE: np.array([now], "<f8").tobytes(), FEEDS_PAGE: state.feeds.signature()}
            commit.pages = {**commit.pages, **pages.confirmed(market), **run}
        return commit

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
                self.trouble = ""
                return

    def _report(self, work: Work, outcome: Outcome, events: Sequence[Event], planned: Planned) -> None:
        for kind, count in Counter(event.kind for event in events).items():
            self._observer.event(kind, count)
            if len(events) >= _MANY:
                log.info("%s: %d alerts", kind, count)
        for event in events if len(events) < _MANY else ():
            log.info("%s", event.kind, extra=_fields(event))
        reasons = Counter(reason for _, _, reason in planned.not_sent) + Counter(drop.reason for drop in outcome.drops)
        for reason, count in reasons.items():
            self._observer.not_sent(reason, count)
        for notice in outcome.notices:
            log.warning("%s", notice.text, extra={"about": notice.key})
        source = work.polls[0].source if work.polls else ""
        for poll in work.polls:
            outcome.refused.update(poll.refused)
        for reason, count in outcome.refused.items():
            self._observer.refused(source, reason, count)


def _fields(event: Event) -> dict[str, object]:
    fields: dict[str, object] = {"rule": event.rule, "symbol": event.symbol, "alert": event.alert}
    if event.episode:
        fields["episode"] = event.episode
    if event.reason:
        fields["reason"] = event.reason
    return fields | {"seen": dict(event.values)}
