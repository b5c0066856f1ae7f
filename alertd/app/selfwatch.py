"""alertd watches itself: every few seconds it shows its own figures, and tells the operator what is wrong."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from alertd.app.troubles import TICK, Bulletin, Disk, Figures, Moment, Signs, jump
from alertd.config.load import Config
from alertd.errors import StorageBusy
from alertd.ports import Clock, Store
from alertd.rows import Depth
from alertd.web.metrics import Metrics

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds of real time from one look to the next at the most, whatever a rehearsal's clock shows."""

_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux has a clock that counts on in the machine's sleep; elsewhere a sleep looks like a clock that was set."""

TellOperator = Callable[[str, str], None]
"""(key, text) of a notice."""


def moment() -> Moment:
    """Now."""
    return Moment(time.time(), time.clock_gettime(_BOOT), time.monotonic())


class SelfWatch:
    """`signs` says what the daemon knows of itself, `config` is the one in force; `skip` hears of seconds that the
    daemon did not live through (see `Jump`). Everything else is looked up here."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        *,
        signs: Callable[[], Signs],
        config: Callable[[], Config],
        tell: TellOperator,
        skip: Callable[[float], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._signs = signs
        self._config = config
        self._tell = tell
        self._skip = skip
        self._told = Bulletin({})
        self._depths: Sequence[Depth] | None = None
        self._disk: Disk | None = None
        self._news = asyncio.Event()

    def know(self, told: Mapping[str, float]) -> None:
        """Before it runs: what the operator was told in the last run, by its key, and when."""
        self._told = Bulletin(told)

    async def run(self) -> None:
        """Until cancelled. What has to be asked for may hang; looking goes on with what is known."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_measuring())
            tasks.create_task(self._keep_looking())

    def stir(self) -> None:
        """Look now: something has changed that is worth telling at once."""
        self._news.set()

    async def measure(self) -> None:
        """Ask how much waits and how much room there is."""
        try:
            self._depths = depths = await self._store.depths()
            self._metrics.depth(depths, self._clock.now())
            self._metrics.held(self._signs().held)
            for (channel, reason), count in self._store.lost().items():
                self._metrics.given_up(channel, reason, count)
        except StorageBusy as error:
            log.info("the outbox cannot be counted: %s", error)
        try:
            self._disk = await asyncio.to_thread(_disk, self._config().state.parent)
            self._metrics.disk_free(self._disk.free)
        except OSError as error:
            log.info("the disk cannot be looked at: %s", error)

    def look(self, before: Moment, after: Moment) -> None:
        """Show how things are, and tell what is wrong, or is so no longer, since the look at `before`."""
        config = self._config()
        if happened := jump(before, after, config.policy.zone):
            self._skip(happened.lost)
            self._tell(happened.key, happened.text)
        signs, now = self._signs(), self._clock.now()
        self._metrics.signs(ready=signs.ready, tick=signs.tick, busy=bool(signs.store), committed=signs.committed)
        figures = Figures(signs, self._depths, self._disk, lag=max(0.0, after.awake - before.awake - EVERY))
        for key, text in self._told.news(figures, config.limits, now):
            if key == TICK:
                log.error(text)  # what is told leaves with the next tick: that may be never
            self._tell(key, text)

    async def _keep_measuring(self) -> None:
        while True:
            await self.measure()
            await asyncio.sleep(EVERY)

    async def _keep_looking(self) -> None:
        before = moment()
        while True:
            after = moment()
            self.look(before, after)
            before = after
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._news.wait()
            self._news.clear()


def _disk(folder: Path) -> Disk:
    usage = shutil.disk_usage(folder)
    return Disk(str(folder), usage.free, usage.total)
