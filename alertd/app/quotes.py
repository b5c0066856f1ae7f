"""What sources say beside their turn, for somebody who asks now."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from alertd.bot.quota import Quota, Word
from alertd.dispatch.policy import Cap
from alertd.errors import SourceError
from alertd.pipeline import Pipeline
from alertd.ports import Clock, Source

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that somebody who asked is kept waiting for a source."""

FRESH = 10.0
"""Seconds within which the same is not asked for again."""

CALLS, CALLS_FREE = Cap(10, 60.0), Cap(120, 60.0)
"""Calls beside their turn that each source is asked for, whoever asks: of a billed one, and of one that costs nothing.
What is over it is not there yet, until its turn comes."""

_SOON = 0.2
"""Seconds between two looks at what is wanted, where many ask."""

_MOST = 4096


class OnDemand:
    """See `bot.office.Quotes`. `free` are the names of the sources whose answers nobody bills."""

    def __init__(
        self,
        sources: Sequence[Source],
        pipeline: Pipeline,
        clock: Clock,
        watch: Callable[[], Awaitable[None]],
        *,
        free: Collection[str] = (),
    ) -> None:
        self._sources = sources
        self._pipeline = pipeline
        self._clock = clock
        self._watch = watch
        self._free = free
        self._calls: Quota[str] = Quota(CALLS)
        self._calls_free: Quota[str] = Quota(CALLS_FREE)
        self._anew = False
        self._watching: asyncio.Task[None] | None = None
        self._asked: dict[tuple[str, str], float] = {}

    async def watch(self) -> None:
        self._anew = True
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch_anew())

    async def _watch_anew(self) -> None:
        """Once for all who asked meanwhile: to look up what is wanted takes long where there are many alerts."""
        while self._anew:
            self._anew = False
            await self._watch()
            await self._clock.sleep(_SOON)

    async def fetch(self, wanted: Mapping[str, Collection[str]]) -> None:
        asks = self._due(wanted)
        if not asks:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(self._ask(source, fields) for source, fields in asks))
        except TimeoutError:
            log.info("no source answered in time")

    def _due(self, wanted: Mapping[str, Collection[str]]) -> list[tuple[Source, dict[str, frozenset[str]]]]:
        """Each field of each coin at the first source that gives it, unless it was asked for just now."""
        now = self._clock.now()
        if len(self._asked) > _MOST:
            self._asked = {key: at for key, at in self._asked.items() if now - at < FRESH}
        asks: list[tuple[Source, dict[str, frozenset[str]]]] = []
        left = {
            (field, coin)
            for field, coins in wanted.items()
            for coin in coins
            if now - self._asked.get((field, coin), float("-inf")) >= FRESH
        }
        for source in self._sources:
            mine = {pair for pair in left if pair[0] in source.fields and source.has(*pair)}
            left -= mine
            self._asked |= dict.fromkeys(mine, now)
            if mine:
                fields = {field for field, _ in mine}
                asks.append((source, {field: frozenset(coin for of, coin in mine if of == field) for field in fields}))
        return asks

    async def _ask(self, source: Source, fields: Mapping[str, frozenset[str]]) -> None:
        free = source.name in self._free
        calls, now = self._calls_free if free else self._calls, self._clock.now()
        for call in source.calls(fields):
            # A billed round takes as many calls as it costs, one that is not billed is one.
            if any(calls.ask(source.name, now) is not Word.GO for _ in range(1 if free else call.cost)):
                log.info("%s is not asked beside its turn so often", source.name, extra={"source": source.name})
                return
            try:
                await self._pipeline.take(await source.poll(call, self._clock.now()))
            except SourceError as error:
                log.info("%s", error, extra={"source": source.name})
