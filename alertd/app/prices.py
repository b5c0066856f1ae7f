"""The prices that a chart shows: what a source keeps, then what the engine has seen since, as bars of one length."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import replace
from math import ceil, floor, inf
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from alertd.bot.quota import Quota, Word
from alertd.charts.scales import DAY, INTERVALS, interval_for
from alertd.dispatch.policy import Cap
from alertd.errors import SourceError
from alertd.model.reading import Bars, Floats
from alertd.model.units import say_duration
from alertd.sources.candle_files import coarser, ended_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alertd.market.ring import Ring
    from alertd.model.notification import Picture
    from alertd.pipeline import Pipeline
    from alertd.ports import Clock, Source
    from alertd.rules.state import State
    from alertd.sources.allowance import Allowance

log = logging.getLogger(__name__)

PRICE = "price"

FRESH, FRESH_ASKED, FRESH_UNASKED = 60.0, 120.0, 600.0
"""Seconds for which a source's history is good enough: one that costs nothing; a billed one, for somebody who asks, and
for a message that would go without as well."""

SPANS = (3600.0, 6 * 3600.0, DAY, 7 * DAY, 10 * DAY, 30 * DAY, 90 * DAY, 400 * DAY)
"""Seconds of history that are asked for: a chart is cut from the next longer one, so that no wording of its length is
a call of its own."""

CALLS = Cap(30, 3600.0)
"""Calls that charts may take of each billed source, whoever wants them."""

_PAGE = 1000  # bars that the exchanges give in one answer
_AHEAD = 60.0  # a reading that came while the message was on its way still belongs to it
_DEAREST = 3  # billed calls that one chart may take
_MOST = 256


class Found(NamedTuple):
    """`bars` are None where nobody has any. `short` says which calls ran out on the way and when there are more, ""
    where none did."""

    bars: Bars | None
    short: str = ""


class _Fetched(NamedTuple):
    asked: float
    bars: Bars | None


class _UsedUp(Exception):
    """A source's calls of this hour or day are gone: the text says it to whoever asked for a chart."""


class Prices:
    """`allowances` are by source."""

    def __init__(
        self, pipeline: Pipeline, sources: Sequence[Source], clock: Clock, allowances: Mapping[str, Allowance]
    ) -> None:
        self._pipeline = pipeline
        self._sources = sources
        self._clock = clock
        self._allowances = allowances
        self._calls: Quota[str] = Quota(CALLS)
        self._fetched: OrderedDict[tuple[str, str, float, float], _Fetched] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, picture: Picture, *, asked: bool) -> Found:
        """Bars of the picture's span. `asked` says that somebody waits for the chart."""
        start, at = picture.at - picture.span, picture.at
        parts = await self._pipeline.ask(lambda state: seen(state, picture.symbol, start, at))
        covered = bool(parts) and float(parts[0].end[0]) <= start + 2 * interval_for(picture.span)
        async with self._locks.setdefault(picture.symbol, asyncio.Lock()):
            kept, short = await self._kept(picture, asked=asked, covered=covered)
        if kept is not None:
            parts = [kept, *parts]
        within = [ended_in(part, start, at + _AHEAD) for part in parts]
        return Found(joined(within, interval_for(picture.span)), short)

    async def _kept(self, picture: Picture, *, asked: bool, covered: bool) -> Found:
        """What the first source that keeps the prices of this span has."""
        short = ""
        for source in self._sources:
            free = self._allowances[source.name].free
            if not source.has(PRICE, picture.symbol) or (covered and not free):
                continue
            fresh = FRESH if free else FRESH_ASKED if asked else FRESH_UNASKED
            bars, why = await self._history(source, picture, fresh)
            short = short or why
            if bars is not None and len(bars.end):
                return Found(bars, short)
        return Found(None, short)

    async def _history(self, source: Source, picture: Picture, fresh: float) -> Found:
        now = self._clock.now()
        # A chart of what was long ago is another one than that of now.
        until = now if picture.at > now - FRESH_UNASKED else picture.at
        span = span_for(picture.span)
        key = source.name, picture.symbol, span, 0.0 if until == now else until
        there = self._fetched.get(key)
        if there is not None and now - there.asked < fresh:
            return Found(there.bars)
        before = there.bars if there else None
        # Noted before: what fails, or takes too long, is not tried with every message.
        self._fetched[key] = _Fetched(now, before)
        self._fetched.move_to_end(key)
        while len(self._fetched) > _MOST:
            self._fetched.popitem(last=False)
        try:
            bars = await self._ask(source, picture._replace(span=span), until)
        except _UsedUp as used_up:  # nothing was asked: it may be as soon as there are calls
            self._fetched[key] = _Fetched(-inf, before)
            return Found(before, str(used_up))
        except SourceError as error:
            log.info("no chart of %s from %s: %s", picture.symbol, source.name, error)
            return Found(before)
        self._fetched[key] = _Fetched(now, bars)
        return Found(bars)

    async def _ask(self, source: Source, picture: Picture, until: float) -> Bars | None:
        """Bars as short as one answer has them, else as the chart has them, else longer ones."""
        for interval in steps(picture.span):
            cost = source.history_cost(PRICE, interval=interval, span=picture.span)
            if cost > _DEAREST:
                continue
            self._count(source, cost)
            start = floor((picture.at - picture.span) / interval) * interval
            bars = await source.history(PRICE, picture.symbol, interval=interval, start=start, end=until)
            if bars is not None and len(bars.end) > 1:
                return bars
        return None

    def _count(self, source: Source, cost: int) -> None:
        now, allowance = self._clock.now(), self._allowances[source.name]
        if allowance.free:
            return
        if why := allowance.used_up(now, cost):
            raise _UsedUp(why)
        if self._calls.ask(source.name, now, cost) is not Word.GO:
            minutes = say_duration(60.0 * ceil(self._calls.wait(source.name, now, cost) / 60.0))
            raise _UsedUp(
                f"Charts may ask {source.name} {CALLS.count} times an hour, and have: try again in {minutes}."
            )
        allowance.spend(now, cost)


def span_for(span: float) -> float:
    """The shortest of the standard ones that has all of it."""
    return next((each for each in SPANS if span <= each), SPANS[-1])


def steps(span: float) -> Iterator[float]:
    """Lengths of bars to ask for, the best first; none so long that a chart of them would be bare."""
    shown = interval_for(span)
    yield from (each for each in INTERVALS if each <= shown and shown % each == 0 and span / each <= _PAGE)
    yield from (each for each in INTERVALS if shown < each <= span / 8)


def seen(state: State, coin: str, start: float, at: float) -> list[Bars]:
    """What the engine has of a coin's price: bars, where some rule looks back on them, and the latest reading."""
    market = state.market
    found = [
        number
        for feed in state.feeds.candidates(PRICE, coin)
        if (number := market.numbers.get((feed.source, PRICE), {}).get(coin))
    ]
    if not found:
        return []
    number = state.preferred(found)
    parts: list[Bars] = []
    for interval, ring in sorted(market.rings.items()):
        row = int(market.rows(interval, np.array([number]))[0])
        if row >= 0 and interval <= interval_for(at - start):
            parts.append(ring_bars(ring, row, coin, (start, at)))
            break
    moment, value = float(market.latest.at[number]), market.latest.value[number : number + 1].copy()
    if start < moment <= at + _AHEAD and value[0] > 0:
        latest = np.array([min(moment, at)])
        parts.append(Bars(market.series[number].source, PRICE, coin, 0.0, latest, value, value, value, value))
    return [part for part in parts if len(part.end)]


def ring_bars(ring: Ring, row: int, coin: str, span: tuple[float, float]) -> Bars:
    """The bars of a row that ended in `span` (start, end], with the open one. Where first readings are not kept, a bar
    opens with the close before it."""
    first = max(ring.oldest, floor(span[0] / ring.interval) + 1)
    last = min(ring.newest, ceil(span[1] / ring.interval))
    numbers = np.arange(first, last + 1)
    slots = numbers % max(ring.slots, 1)
    there = ~np.isnan(ring.high[slots, row])
    numbers, slots = numbers[there], slots[there]
    high, low, close = ring.high[slots, row], ring.low[slots, row], ring.close[slots, row]
    if ring.opens:
        opened = ring.open[slots, row]
    else:
        before = ring.close[(numbers - 1) % max(ring.slots, 1), row]
        opened = np.where(numbers > ring.oldest, before, np.nan)
    opened = np.where(np.isnan(opened), close, np.clip(opened, low, high))
    return Bars("", PRICE, coin, ring.interval, numbers * ring.interval, opened, high, low, close)


def joined(parts: Sequence[Bars], interval: float) -> Bars | None:
    """Bars of `interval` seconds from these, of which a later one only has what is after the one before it."""
    whole: Bars | None = None
    for part in parts:
        rest = part if whole is None else ended_in(part, float(whole.end[-1]), inf)
        if len(rest.end):
            whole = rest if whole is None else _after(whole, rest)
    if whole is None:
        return None
    shown = max([interval, *(part.interval for part in parts)])
    return coarser(replace(whole, interval=0.0), shown)


def _after(first: Bars, second: Bars) -> Bars:
    def both(one: str) -> Floats:
        return np.concatenate((getattr(first, one), getattr(second, one)))

    volume = None
    if first.volume is not None:
        traded = np.zeros(len(second.end)) if second.volume is None else second.volume
        volume = np.concatenate((np.nan_to_num(first.volume), np.nan_to_num(traded)))
    end, opened, high, low, close = (both(name) for name in ("end", "open", "high", "low", "close"))
    return Bars(first.source, PRICE, first.coin, first.interval, end, opened, high, low, close, volume)
