"""Candle files as a source: recorded prices that come when their time comes. It never goes stale.

The format of the files stands in `candle_files`.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np
from pydantic import Field

from alertd.errors import ConfigError, SourceMalformed
from alertd.model.reading import Bars, Floats, Poll, Readings
from alertd.ports import Call, Candidate
from alertd.sources.bars import PER_BAR, bar_field, tells, traded_bars
from alertd.sources.candle_files import coarser, ended_in, read_all, read_candles
from alertd.sources.kind import SourceKind
from alertd.sources.values import bars_of_points
from alertd.wire.settings import Seconds, Settings

__all__ = ["Candles", "CandlesSettings", "read_candles"]


class CandlesSettings(Settings):
    """`files` are read anew when they have changed; `every` is how often that is looked for."""

    files: list[str] = Field(min_length=1)
    every: Seconds = 60.0


class Candles:
    """Candle files as a source: each bar is a reading, its close at its end, once that time has come; so is what was
    traded in it, and in longer bars, where the file tells that.

    The first poll gives the last bar of each coin that has ended by then; what was before it is history. Symbols are
    coins' names as they stand, unless `ids` (coin → symbol) names them otherwise.
    """

    fields = frozenset({"price", *PER_BAR})

    def __init__(self, name: str, settings: CandlesSettings, ids: Mapping[str, str | int]) -> None:
        self.name = name
        self._files = settings.files
        self._every = settings.every
        self._names = {str(symbol): coin for coin, symbol in ids.items()}
        self._stamps: list[tuple[int, int]] = []
        self._bars: dict[str, Bars] = {}
        self._points: dict[tuple[str, str], tuple[Floats, Floats]] = {}
        self._given: dict[tuple[str, str], float] = {}
        self._read()

    @property
    def coins(self) -> tuple[str, ...]:
        """alertd's names of all that the files hold."""
        return tuple(self._bars)

    def has(self, field: str, coin: str) -> bool:
        bars = self._bars.get(coin)
        return bars is not None and (field == "price" or tells(bars, field))

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        mine = {field: {coin for coin in coins if self.has(field, coin)} for field, coins in wanted.items()}
        fields = tuple(sorted(field for field, coins in mine.items() if coins))
        coins = tuple(sorted(set[str]().union(*mine.values())))
        return (Call("files", fields, coins, self._every, 0),) if coins else ()

    async def poll(self, call: Call, now: float) -> Poll:
        await self._follow()
        ended: dict[tuple[float, str], list[tuple[str, float]]] = {}
        for field, coin in product(call.fields, call.coins):
            if not self.has(field, coin):
                continue
            ends, values = self._told(field, coin)
            after = int(np.searchsorted(ends, now, side="right"))
            given = self._given.get((field, coin))
            first = max(after - 1, 0) if given is None else int(np.searchsorted(ends, given, side="right"))
            for end, value in zip(ends[first:after].tolist(), values[first:after].tolist(), strict=True):
                ended.setdefault((end, field), []).append((coin, value))
                self._given[field, coin] = end
        readings = tuple(
            Readings(
                self.name,
                field,
                tuple(coin for coin, _ in pairs),
                np.array([value for _, value in pairs]),
                np.full(len(pairs), end),
            )
            for (end, field), pairs in sorted(ended.items())
        )
        return Poll(self.name, now, readings)

    def _told(self, field: str, coin: str) -> tuple[Floats, Floats]:
        """(times, values) of all readings of a field that the files hold."""
        if (field, coin) not in self._points:
            bars = self._bars[coin]
            told = traded_bars(bars, field) if bar_field(field) else bars
            self._points[field, coin] = told.end, told.close
        return self._points[field, coin]

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        if not self.has(field, coin):
            return None
        if bar_field(field):
            return ended_in(bars_of_points(self.name, field, coin, interval, self._told(field, coin)), start, end)
        bars = self._bars[coin]
        return None if interval % bars.interval else ended_in(coarser(bars, interval), start, end)

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        word = text.casefold()
        found = [coin for coin in self._bars if word in coin.casefold()]
        found.sort(key=lambda coin: (coin.casefold() != word, not coin.casefold().startswith(word), coin))
        return tuple(Candidate(coin, coin, coin) for coin in found)

    async def _follow(self) -> None:
        """Read the files anew if one has changed. What cannot be read is tried again at the next poll."""
        if self._look() == self._stamps:
            return
        try:
            await asyncio.to_thread(self._read)
        except ConfigError as error:
            raise SourceMalformed(str(error), reason="file") from None

    def _look(self) -> list[tuple[int, int]]:
        stats = [os.stat(file) if os.path.exists(file) else None for file in self._files]
        return [(stat.st_mtime_ns, stat.st_size) if stat else (0, 0) for stat in stats]

    def _read(self) -> None:
        # Looked at first: what is written meanwhile is a change of its own.
        stamps = self._look()
        bars = read_all(self._files)
        self._bars = {
            (coin := self._names.get(symbol, symbol)): replace(found, source=self.name, coin=coin)
            for symbol, found in bars.items()
        }
        self._points = {}
        self._stamps = stamps


KIND = SourceKind(CandlesSettings, lambda name, settings, ids, _session, _clock: Candles(name, settings, ids))
