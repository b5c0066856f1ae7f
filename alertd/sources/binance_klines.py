"""Binance's candles (klines): the past of a price, and what was traded in each bar as it closes.

Wire format (binance-spot-api-docs): `/api/v3/klines` of one symbol is an array of [open time (ms), open, high, low,
close, base volume, close time, quote volume, …], numbers as text; the last one is still open. Their week begins on
Monday, so that one is made of days here.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from alertd.market.gaps import LONGEST
from alertd.model.reading import Bars, Poll, Readings
from alertd.ports import Call
from alertd.sources.bars import bar_of, traded, traded_bars
from alertd.sources.candle_files import coarser, ended_in
from alertd.sources.http import Api, Rejected
from alertd.sources.values import decode_rows, moment, sift

SETTLED = 3.0
"""Seconds after its end from which a bar is taken for closed there: clocks differ, the last trades are being booked."""

_NAMES = {
    60.0: "1m", 180.0: "3m", 300.0: "5m", 900.0: "15m", 1800.0: "30m", 3600.0: "1h", 7200.0: "2h", 14400.0: "4h",
    21600.0: "6h", 28800.0: "8h", 43200.0: "12h", 86400.0: "1d",
}  # fmt: skip
_PAGE = 1000
_AT_ONCE = 8


_INVALID_SYMBOL = (-1121, -1100)
"""No symbol of the exchange, and nothing that could be one (`BTC/USDT`)."""


class _Fault(Struct, gc=False):
    code: int


class _Kline(Struct, gc=False, array_like=True):
    start: float
    open: float
    high: float
    low: float
    close: float
    volume: float
    close_time: float
    quote_volume: float


# strict=False: the numbers are text.
_ROWS = Decoder(list[_Kline], strict=False)
_ROW = Decoder(_Kline, strict=False)
_FAULT = Decoder(_Fault)


def asked_for(interval: float) -> float | None:
    """The longest candles there that make up bars of that length; None if none do."""
    return max((length for length in _NAMES if interval % length == 0), default=None) if interval > 0 else None


def requests_for(interval: float, span: float) -> int:
    """How many requests the bars of `span` seconds take, 0 where there are none of that length."""
    length = asked_for(interval)
    return max(1, math.ceil(span / length / _PAGE)) if length else 0


class Klines:
    """What one API has of them. A bar that was told is not told again, by field and coin."""

    def __init__(self, source: str, api: Api) -> None:
        self._source = source
        self._api = api
        self._told: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, float], tuple[float, Bars]] = {}
        """By (coin, interval): the last close that was asked for, and what came; told once all of a call have come."""

    async def prices(self, symbol: str, coin: str, interval: float, span: tuple[float, float]) -> Bars:
        """Bars of the price that ended in `span` (start, end], oldest first."""
        start, end = (math.floor(at / interval) * interval for at in span)
        bars = await self._candles(symbol, coin, interval, (start, end), Counter())
        return ended_in(coarser(bars, interval), *span)

    async def traded(self, symbol: str, coin: str, name: str, span: tuple[float, float]) -> Bars:
        """What was traded, by the field of that name, in the bars that ended in `span` (start, end], oldest first."""
        interval = bar_of(name).interval
        start, end = (math.floor(at / interval) * interval for at in span)
        return traded_bars(await self._candles(symbol, coin, interval, (start, end), Counter()), name)

    async def poll(self, call: Call, symbols: Mapping[str, str], now: float) -> tuple[Poll, frozenset[str]]:
        """The bars of a call's fields that closed since the last look, oldest first, and the symbols that the exchange
        does not know; `symbols` are those asked for, by coin.

        Where one of them fails, what came of the others is kept: the next try asks for the rest alone.
        """
        interval = bar_of(call.fields[0]).interval
        closed = math.floor((now - SETTLED) / interval) * interval
        refused: Counter[str] = Counter()
        unknown: set[str] = set()
        room = asyncio.Semaphore(_AT_ONCE)

        async def fetch(coin: str, symbol: str) -> None:
            since = min(self._told.get((name, coin), closed - interval) for name in call.fields)
            since = max(since, closed - max(interval, math.floor(LONGEST / interval) * interval))
            if since >= closed or self._waiting.get((coin, interval), (0.0,))[0] == closed:
                return
            own: Counter[str] = Counter()
            async with room:
                try:
                    bars = await self._candles(symbol, coin, interval, (since, closed), own)
                except Rejected as error:
                    if not invalid_symbol(error):
                        raise
                    unknown.add(symbol)
                    return
            own["absent"] += not (len(bars.end) or own.total())
            refused.update(own)
            self._waiting[coin, interval] = closed, bars

        tries = (fetch(coin, symbol) for coin, symbol in symbols.items())
        for failure in await asyncio.gather(*tries, return_exceptions=True):
            if failure is not None:
                raise failure
        readings = self._tell(call, now, refused)
        return Poll(self._source, now, readings, refused=dict(+refused)), frozenset(unknown)

    def _tell(self, call: Call, now: float, refused: Counter[str]) -> tuple[Readings, ...]:
        """What waits of a call, in the order of the bars' ends: one reading of each field for each."""
        interval = bar_of(call.fields[0]).interval
        rounds: dict[tuple[float, str], dict[str, float]] = {}
        for coin in call.coins:
            if (coin, interval) not in self._waiting:
                continue
            closed, bars = self._waiting.pop((coin, interval))
            for name in call.fields:
                told = self._told.get((name, coin), closed - interval)
                for end, value in zip(*(column.tolist() for column in traded(bars, bar_of(name))), strict=True):
                    if end > told:
                        rounds.setdefault((end, name), {})[coin] = value
                        self._told[name, coin] = end
        readings: tuple[Readings, ...] = ()
        for (end, name), values in sorted(rounds.items()):
            rows = (list(values), list(values.values()), np.full(len(values), end))
            readings += sift(self._source, name, rows, received=now, refused=refused)
        return readings

    async def _candles(
        self, symbol: str, coin: str, interval: float, span: tuple[float, float], refused: Counter[str]
    ) -> Bars:
        """Bars of the price, as long as `interval` or dividing it, that ended in `span` (start, end], both of them
        multiples of it; what was left out is counted in `refused`."""
        length = asked_for(interval) or interval
        since, last = span[0], span[1] - length  # a bar is known by its start here
        rows: list[_Kline] = []
        while since <= last:
            page = await self._page(symbol, length, (since, last), refused)
            rows += page
            following = moment(page[-1].start) + length if page else math.nan
            if len(page) < _PAGE or not following > since:
                break  # the second: an answer to another question would be asked for again and again
            since = following
        ours = [row for row in rows if span[0] < moment(row.start) + length <= span[1]]
        bars = _bars(self._source, coin, length, ours)
        refused["out_of_range"] += len(ours) - len(bars.end)
        return bars

    async def _page(
        self, symbol: str, length: float, starts: tuple[float, float], refused: Counter[str]
    ) -> list[_Kline]:
        params = {
            "symbol": symbol,
            "interval": _NAMES[length],
            "startTime": str(round(starts[0] * 1000)),
            "endTime": str(round(starts[1] * 1000)),
            "limit": str(_PAGE),
        }
        body, _ = await self._api.body("/api/v3/klines", params)
        return decode_rows(_ROWS, _ROW, body, source=self._source, refused=refused)


def invalid_symbol(error: Rejected) -> bool:
    """True where the exchange says that it has no such symbol."""
    try:
        return _FAULT.decode(error.body).code in _INVALID_SYMBOL
    except (DecodeError, UnicodeDecodeError):
        return False


def _bars(source: str, coin: str, length: float, klines: list[_Kline]) -> Bars:
    """Whole and believable candles only, each start once, oldest first."""
    rows = [(moment(k.start) + length, k.open, k.high, k.low, k.close, k.volume, k.quote_volume) for k in klines]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 7)
    prices = columns[:, 1:5]
    good = np.isfinite(columns[:, :5]).all(axis=1) & (prices > 0).all(axis=1)
    if len(columns):
        good &= (columns[:, 3] <= prices.min(axis=1)) & (columns[:, 2] >= prices.max(axis=1))
    columns = columns[good]
    _, first = np.unique(columns[:, 0], return_index=True)
    end, open_, high, low, close, volume, quote_volume = columns[first].T
    return Bars(source, "price", coin, length, end, open_, high, low, close, volume, quote_volume)
