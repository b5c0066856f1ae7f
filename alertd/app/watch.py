"""Watching the sources: first what was missed, then what happens."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from alertd import history
from alertd.app.freshness import Freshness, stale_after
from alertd.errors import SourceError
from alertd.market.gaps import Gap, unfilled, unseen
from alertd.market.market import Series
from alertd.market.path import in_turn
from alertd.model.reading import Poll
from alertd.pipeline import Pipeline
from alertd.ports import Call, Clock, Source
from alertd.rules.state import State
from alertd.sources.allowance import Allowance
from alertd.sources.poller import Poller
from alertd.web.metrics import Metrics

log = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds that sources get for their history; then watching goes on without it."""


class Watch:
    """A poller for each source, and the history that windows and outages ask for. `allowances` are by source.

    `failing` is (source, reason) → what its poller says of it, until it is well again; `changed` is called when that
    has changed.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        clock: Clock,
        pipeline: Pipeline,
        metrics: Metrics,
        *,
        allowances: Mapping[str, Allowance] = MappingProxyType({}),
        changed: Callable[[], None],
    ) -> None:
        self.failing: dict[tuple[str, str], str] = {}
        self.freshness = Freshness()
        self._sources = {source.name: source for source in sources}
        self._clock = clock
        self._pipeline = pipeline
        self._metrics = metrics
        self._allowances = allowances
        self._changed = changed
        self._new_windows = asyncio.Event()
        self._asked: dict[tuple[Series, float], float] = {}
        self._pollers = {
            source.name: Poller(
                source,
                clock,
                random.random,
                on_poll=self._take,
                on_state=self._note_state,
                on_failure=self._count_failure,
                allowance=allowances.get(source.name),
            )
            for source in sources
        }

    @property
    def trouble(self) -> dict[str, str]:
        """Of each source that is not well why: the last reason."""
        return dict(self.failing.keys())

    async def run(self) -> None:
        """Until cancelled. The rules must be in force."""
        try:
            async with asyncio.timeout(PATIENCE):
                gaps = await self._pipeline.ask(self._missed)
                self._count(gaps)
                if late := await history.missed(gaps, self._sources):
                    await self._pipeline.take(*late)
                await self._fill_windows()
        except TimeoutError:
            log.warning("the sources took too long over what was missed: watching goes on without it")
        self._pipeline.caught_up()
        await self.want()
        async with asyncio.TaskGroup() as tasks:
            for poller in self._pollers.values():
                tasks.create_task(poller.run())
            tasks.create_task(self._keep_filled())

    async def want(self, *, out_of_turn: bool = False) -> None:
        """Poll what the rules in force ask for, and fetch the history of their windows; `out_of_turn` as a poller
        takes it."""
        wanted, ages = await self._pipeline.ask(lambda state: (state.wanted(), stale_after(state)))
        self.freshness.expect(ages, self._clock.now())
        self._metrics.expect(ages)
        for name, poller in self._pollers.items():
            poller.want(wanted.get(name, {}), out_of_turn=out_of_turn)
        self._new_windows.set()

    def heard(self, source: str, call: Call) -> None:
        """Somebody else asked it just now, and the engine has what came of it."""
        self._pollers[source].heard(call, self._clock.now())

    async def _keep_filled(self) -> None:
        while True:
            await self._new_windows.wait()
            self._new_windows.clear()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._fill_windows()
            except TimeoutError:
                log.warning("the sources took too long over the history of new windows")

    async def _fill_windows(self) -> None:
        """Each depth of each series is asked for once: what a source does not have, it does not have after a reload."""
        gaps = await self._pipeline.ask(self._unfilled)
        self._count(gaps)
        for poll in await history.filling(gaps, self._sources):
            await self._pipeline.take(poll)

    def _count(self, gaps: Sequence[Gap]) -> None:
        """What their history takes of the quotas."""
        for gap in gaps:
            source, allowance = self._sources.get(gap.series.source), self._allowances.get(gap.series.source)
            if source is not None and allowance is not None:
                cost = source.history_cost(gap.series.field, interval=gap.interval, span=gap.end - gap.start)
                allowance.spend(self._clock.now(), cost)

    def _missed(self, state: State) -> list[Gap]:
        return _wanted(unseen(state.market, self._clock.now()), state)

    def _unfilled(self, state: State) -> list[Gap]:
        now = self._clock.now()
        gaps = [
            gap
            for gap in _wanted(unfilled(state.market, now), state)
            if now - gap.start > self._asked.get((gap.series, gap.interval), 0.0)
        ]
        self._asked |= {(gap.series, gap.interval): now - gap.start for gap in gaps}
        return gaps

    async def _take(self, poll: Poll) -> None:
        now = self._clock.now()
        self._metrics.record_poll(poll.source, ok=True)
        self._metrics.heard(poll.source, now)
        self.freshness.heard(poll.source, now)
        for note in poll.notes:
            self._pipeline.tell_operator(f"note:{poll.source}:{note}", note)
        for part in in_turn(poll):
            await self._pipeline.take(part)
        self.freshness.taken(poll.source, self._clock.now())

    def _count_failure(self, source: str, error: SourceError) -> None:
        self._metrics.record_poll(source, ok=False)
        self._metrics.refused(source, error.reason)
        log.warning("%s", error, extra={"source": source})

    def _note_state(self, source: str, ok: bool, reason: str, text: str) -> None:
        if ok:
            self.failing = {key: said for key, said in self.failing.items() if key[0] != source}
        else:
            self.failing[source, reason] = text
        self._changed()


def _wanted(gaps: Sequence[Gap], state: State) -> list[Gap]:
    """Those that some rule asks for."""
    wanted = state.wanted()
    return [gap for gap in gaps if gap.series.coin in wanted.get(gap.series.source, {}).get(gap.series.field, ())]
