"""Candle files as a source: recorded prices that come when their time comes. It never goes stale.

The format of the files stands in `candle_files`.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from pydantic import Field

from alertd.errors import ConfigError, SourceMalformed
from alertd.model.reading import Bars, Poll, Readings
from alertd.ports import Call, Candidate
from alertd.sources.candle_files import coarser, ended_in, read_all, read_candles
from alertd.sources.kind import SourceKind
from alertd.wire.settings import Seconds, Settings

__all__ = ["Candles", "CandlesSettings", "read_candles"]


class CandlesSettings(Settings):
    """`files` are read anew when they have changed; `every` is how often that is looked for."""

    files: list[str] = Field(min_length=1)
    every: Seconds = 60.0


class Candles:
    """Candle files as a source: each bar is a reading, its close at its end, once that time has come.

    The first poll gives the last bar of each coin that has ended by then; what was before it is history. Symbols are
    coins' names as they stand, unless `ids` (coin → symbol) names them otherwise.
    """

    fields = frozenset({"price"})

    def __init__(self, name: str, settings: CandlesSettings, ids: Mapping[str, str | int]) -> None:
        self.name = name
        self._files = settings.files
        self._every = settings.every
        self._names = {str(symbol): coin for coin, symbol in ids.items()}
        self._stamps: list[tuple[int, int]] = []
        self._bars: dict[str, Bars] = {}
        self._given: dict[str, float] = {}
        self._read()

    @property
    def coins(self) -> tuple[str, ...]:
        """alertd's names of all that the files hold."""
        return tuple(self._bars)

    def has(self, field: str, coin: str) -> bool:
        return field in self.fields and coin in self._bars

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        coins = tuple(sorted(coin for coin in wanted.get("price", ()) if coin in self._bars))
        return (Call("files", ("price",), coins, self._every, 0),) if coins else ()

    async def poll(self, call: Call, now: float) -> Poll:
        await self._follow()
        ended: dict[float, list[tuple[str, float]]] = {}
        for coin in call.coins:
            if (bars := self._bars.get(coin)) is None:
                continue
            after = int(np.searchsorted(bars.end, now, side="right"))
            given = self._given.get(coin)
            first = max(after - 1, 0) if given is None else int(np.searchsorted(bars.end, given, side="right"))
            for end, close in zip(bars.end[first:after].tolist(), bars.close[first:after].tolist(), strict=True):
                ended.setdefault(end, []).append((coin, close))
                self._given[coin] = end
        readings = tuple(
            Readings(
                self.name,
                "price",
                tuple(coin for coin, _ in ended[end]),
                np.array([close for _, close in ended[end]]),
                np.full(len(ended[end]), end),
            )
            for end in sorted(ended)
        )
        return Poll(self.name, now, readings)

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        bars = self._bars.get(coin) if field in self.fields else None
        if bars is None or interval % bars.interval:
            return None
        return ended_in(coarser(bars, interval), start, end)

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
        self._stamps = stamps


KIND = SourceKind(CandlesSettings, lambda name, settings, ids, _session, _clock: Candles(name, settings, ids))
