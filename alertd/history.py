"""What happened while nobody watched: the sources' own bars, fetched at the start and after a reload."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from alertd.errors import SourceError
from alertd.market.gaps import Gap
from alertd.market.path import Path, polls
from alertd.model.reading import Bars, Poll
from alertd.ports import Source

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Requests to one source at a time."""


async def missed(gaps: Sequence[Gap], sources: Mapping[str, Source]) -> list[Poll]:
    """The readings of the gaps as late polls, in the order in which they came about."""
    late: list[Poll] = []
    found: dict[str, list[Bars]] = {}
    for bars in await _fetch(gaps, sources):
        found.setdefault(bars.source, []).append(bars)
    for group in found.values():
        late += polls(group, Path.OHLC, late=True)
    return sorted(late, key=lambda poll: poll.received)


async def filling(gaps: Sequence[Gap], sources: Mapping[str, Source]) -> list[Poll]:
    """The bars of the gaps: they fill windows and are judged for nobody."""
    found: dict[str, list[Bars]] = {}
    for bars in await _fetch(gaps, sources):
        found.setdefault(bars.source, []).append(bars)
    return [Poll(source, max(float(each.end[-1]) for each in bars), bars=tuple(bars)) for source, bars in found.items()]


async def _fetch(gaps: Sequence[Gap], sources: Mapping[str, Source]) -> list[Bars]:
    """What the sources have; a source that fails is left out, the live polls will tell of it."""
    room = {name: asyncio.Semaphore(AT_ONCE) for name in sources}

    async def fetch(gap: Gap) -> Bars | None:
        source = sources.get(gap.series.source)
        if source is None:
            return None
        async with room[gap.series.source]:
            try:
                return await source.history(
                    gap.series.field, gap.series.coin, interval=gap.interval, start=gap.start, end=gap.end
                )
            except SourceError as error:
                log.warning("no history of %s from %s: %s", gap.series.coin, gap.series.source, error)
                return None

    found = await asyncio.gather(*(fetch(gap) for gap in gaps))
    return [bars for bars in found if bars is not None and len(bars.end)]
