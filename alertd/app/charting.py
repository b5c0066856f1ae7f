"""Charts for those who ask and for messages: drawn off the loop, a few at a time, and kept for a while."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import OrderedDict
from importlib.util import find_spec
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alertd.app.prices import Prices
from alertd.bot.office import NO_PRICES
from alertd.charts.draw import Chart, draw
from alertd.wire.secret import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from alertd.model.notification import Picture
    from alertd.pipeline import Pipeline
    from alertd.ports import Clock, Source
    from alertd.sources.allowance import Allowance

log = logging.getLogger(__name__)

AT_ONCE, WAITING = 2, 32
"""Charts that are made at a time, and those that may wait for it; there is none for whoever comes then."""

PATIENCE = 5.0
"""Seconds that a chart may take, its prices included."""

KEPT = 64
"""Pictures that are kept: some 30 KB each."""

LONGEST = 400 * 86_400.0
"""Seconds; no source keeps more of interest."""

MISSING = "charts need Pillow, which is not installed: pip install 'alertd[charts]'"

NO_PILLOW = "Charts are not installed here: an admin can add them."
TOO_MANY = "Many charts are being drawn: try again in a minute."
TOO_LONG = "Its prices did not come in time: try again in a minute."
BUG = "Something went wrong here: it is in alertd's log."


class Charting:
    """See `bot.office.Charts`. `allowances` are by source; `zone` is the daemon's, for pictures that have none of
    their own."""

    def __init__(
        self,
        pipeline: Pipeline,
        sources: Sequence[Source],
        clock: Clock,
        allowances: Mapping[str, Allowance],
        *,
        zone: Callable[[], tzinfo],
    ) -> None:
        self._prices = Prices(pipeline, sources, clock, allowances)
        self._zone = zone
        self._room = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[tuple[object, ...], asyncio.Task[bytes | str]] = {}
        self._drawn: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._able = find_spec("PIL") is not None
        if not self._able:
            log.warning(MISSING)

    async def draw(self, picture: Picture) -> bytes | str:
        """For somebody who asks."""
        return await self._picture(picture, asked=True)

    async def beside(self, picture: Picture) -> bytes | None:
        """The same for a message that nobody asked a chart for: a billed source is asked once in ten minutes at most
        for a coin."""
        png = await self._picture(picture, asked=False)
        return png if isinstance(png, bytes) else None

    async def _picture(self, picture: Picture, *, asked: bool) -> bytes | str:
        if not self._able:
            return NO_PILLOW
        if not 0 < picture.span <= LONGEST:
            return NO_PRICES
        key = picture.symbol, picture.span, picture.level, picture.at // 60, picture.zone
        if (png := self._drawn.get(key)) is not None:
            self._drawn.move_to_end(key)
            return png
        if (task := self._under_way.get(key)) is None:
            if len(self._under_way) >= AT_ONCE + WAITING:
                return TOO_MANY
            task = self._under_way[key] = asyncio.create_task(self._make(picture, key, asked=asked))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Whoever stops waiting takes it from nobody else, and finds it the next time.
        return await asyncio.shield(task)

    async def _make(self, picture: Picture, key: tuple[object, ...], *, asked: bool) -> bytes | str:
        try:
            async with self._room, asyncio.timeout(PATIENCE):
                bars, short = await self._prices.of(picture, asked=asked)
                if bars is None:
                    return short or NO_PRICES
                chart = Chart(
                    symbol=picture.symbol,
                    bars=bars,
                    start=picture.at - picture.span,
                    at=picture.at,
                    zone=ZoneInfo(picture.zone) if picture.zone else self._zone(),
                    level=picture.level,
                )
                png = await asyncio.to_thread(draw, chart)
        except TimeoutError:
            log.info("a chart of %s took too long", picture.symbol)
            return TOO_LONG
        except Exception:  # a chart is worth no message
            log.error("a bug in a chart of %s\n%s", picture.symbol, redact(traceback.format_exc()))
            return BUG
        if png is None:
            return short or NO_PRICES
        self._drawn[key] = png
        while len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        return png
