"""What sources say beside their turn, for somebody who asks now."""

import asyncio
import logging
import traceback
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from alertd.config.settings import Section
from alertd.errors import SourceError
from alertd.pipeline import Pipeline
from alertd.ports import Call, Clock, Source
from alertd.sources.allowance import Allowance
from alertd.sources.settings import SourceSettings
from alertd.wire.secret import redact

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that somebody who asked is kept waiting for a source."""

FRESH = 10.0
"""Seconds within which the same is not asked for again."""

FREE = frozenset({"binance", "candles"})
"""Kinds of sources whose answers nobody bills."""

_SOON = 0.2
"""Seconds between two looks at what is wanted, where many ask."""

_AGAIN = 10.0
"""Seconds until that is tried again, where a bug was in the way."""

_MOST = 4096


class Watching(Protocol):
    """What polls, see `app.watch.Watch`."""

    async def want(self, *, out_of_turn: bool = False) -> None: ...
    def heard(self, source: str, call: Call) -> None: ...


def allowances(sections: Mapping[str, Section]) -> dict[str, Allowance]:
    """By the sources' names, of the configuration's sections. Whose answers nobody bills is free."""
    found = {}
    for name, section in sections.items():
        settings = section.settings
        pace, quota = (settings.pace, settings.quota) if isinstance(settings, SourceSettings) else (None, None)
        found[name] = Allowance(name, free=section.kind in FREE, pace=pace, quota=quota)
    return found


class OnDemand:
    """See `bot.office.Quotes`. `allowances` are by source."""

    def __init__(
        self,
        sources: Sequence[Source],
        pipeline: Pipeline,
        clock: Clock,
        watch: Watching,
        allowances: Mapping[str, Allowance],
    ) -> None:
        self._sources = sources
        self._pipeline = pipeline
        self._clock = clock
        self._watch = watch
        self._allowances = allowances
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
            try:
                await self._watch.want(out_of_turn=True)
            except Exception:  # what is watched already goes on
                log.error("a bug in what is polled: tried again\n%s", redact(traceback.format_exc()))
                self._anew = True
                await self._clock.sleep(_AGAIN)
            await self._clock.sleep(_SOON)

    async def fetch(self, wanted: Mapping[str, Collection[str]]) -> str:
        asks = self._due(wanted)
        if not asks:
            return ""
        try:
            async with asyncio.timeout(PATIENCE):
                short = await asyncio.gather(*(self._ask(source, fields) for source, fields in asks))
        except TimeoutError:
            log.info("no source answered in time")
            return ""
        return next(filter(None, short), "")

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

    async def _ask(self, source: Source, fields: Mapping[str, frozenset[str]]) -> str:
        calls = source.calls(fields)
        for number, call in enumerate(calls):
            now = self._clock.now()
            if why := self._allowances[source.name].ask(now, call.cost):
                log.info("%s", why, extra={"source": source.name})
                for left in calls[number:]:  # which may be asked as soon as there is room
                    for pair in left.pairs:
                        self._asked.pop(pair, None)
                return why
            try:
                poll = await source.poll(call, now)
            except SourceError as error:
                log.info("%s", error, extra={"source": source.name})
                continue
            await self._pipeline.take(poll)
            self._watch.heard(source.name, call)
        return ""
