"""Binance spot, its public market data: prices in bulk, 24-hour volumes, and candles for history.

Wire format (binance-spot-api-docs): numbers are text, times are milliseconds. `/api/v3/ticker/price` has no time of
its own. One unknown symbol fails a whole request with 400 and code -1121, -1100 where it has a character that none has.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from aiohttp import ClientSession
from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from pydantic import Field

from alertd.model.reading import Bars, Poll, Readings
from alertd.ports import Call, Candidate, Clock
from alertd.sources.http import Access, Api, Rejected
from alertd.sources.kind import Ids, SourceKind, one_coin_each
from alertd.sources.plan import endpoint_of, plan
from alertd.sources.settings import SourceSettings
from alertd.sources.values import count_absent, decode, decode_rows, moment, sift

_PRICE, _DAY = "ticker/price", "ticker/24hr"
_NAMED = {_PRICE: 200, _DAY: 100}
"""Up to so many symbols are asked for by name (a URL of 4 kB; from 101 on `ticker/24hr` weighs the same for all of
them); more come with the whole exchange, which is one request of about the same weight."""
_INTERVALS = {60.0: "1m", 3600.0: "1h"}
_PAGE = 1000
_INVALID_SYMBOL = (-1121, -1100)
"""No symbol of the exchange, and nothing that could be one (`BTC/USDT`)."""


class BinanceSettings(SourceSettings):
    """`weight_limit` is what the exchange allows an address in a minute."""

    defaults: ClassVar[Mapping[str, float]] = {"price": 5.0, "volume_24h": 60.0}

    weight_limit: int = Field(default=6000, gt=0)


class _Ticker(Struct, gc=False, rename="camel"):
    """A row of either ticker; each leaves out the other's columns."""

    symbol: str
    price: float | None = None
    last_price: float | None = None
    quote_volume: float | None = None
    close_time: float | None = None


class _Fault(Struct, gc=False):
    code: int


class _Kline(Struct, gc=False, array_like=True):
    """[open time, open, high, low, close, …]"""

    start: float
    open: float
    high: float
    low: float
    close: float


# strict=False: the numbers are text.
_ROWS = Decoder(list[_Ticker], strict=False)
_ROW = Decoder(_Ticker, strict=False)
_KLINES = Decoder(list[_Kline], strict=False)
_FAULT = Decoder(_Fault)


def decode_tickers(
    body: bytes, received: float, *, source: str, coins: Mapping[str, str], fields: tuple[str, ...]
) -> Poll:
    """Either ticker → columns; `coins` are those asked for, by symbol. Volumes are of the quote currency."""
    refused: Counter[str] = Counter()
    rows = [row for row in decode_rows(_ROWS, _ROW, body, source=source, refused=refused) if row.symbol in coins]
    names = [coins[row.symbol] for row in rows]
    at = np.array([received if row.close_time is None else row.close_time / 1000.0 for row in rows])
    columns: dict[str, list[float | None]] = {
        "price": [row.price if row.last_price is None else row.last_price for row in rows],
        "volume_24h": [row.quote_volume for row in rows],
    }
    count_absent(len(coins) - len(rows), refused)
    readings: tuple[Readings, ...] = ()
    for field in fields:
        readings += sift(source, field, (names, columns[field], at), received=received, refused=refused)
    return Poll(source, received, readings, refused=dict(refused))


class Binance:
    """Keyless. A symbol that the exchange does not know is told once, and not asked for again."""

    fields = frozenset(BinanceSettings.defaults)

    def __init__(self, name: str, settings: BinanceSettings, ids: Ids, session: ClientSession, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._ids = one_coin_each(name, {coin: str(id_).upper() for coin, id_ in ids.items()})
        self._unknown: set[str] = set()
        self._clock = clock
        access = Access("https://data-api.binance.vision", weight_limit=settings.weight_limit)
        self._api = Api(name, settings, access, session=session, clock=clock)

    def has(self, field: str, coin: str) -> bool:
        symbol = self._ids.get(coin)
        return field in self.fields and symbol is not None and symbol not in self._unknown

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        mine = {field: frozenset(coin for coin in coins if self.has(field, coin)) for field, coins in wanted.items()}
        path = _DAY if mine.get("volume_24h") else _PRICE
        every = self._settings.interval
        return plan(mine, endpoint=lambda _: path, every=every, batch=lambda _: max(1, len(self._ids)))

    async def poll(self, call: Call, now: float) -> Poll:
        coins = {self._ids[coin]: coin for coin in call.coins if self.has("price", coin)}
        path = endpoint_of(call)

        def columns(body: bytes, received: float) -> Poll:
            return decode_tickers(body, received, source=self.name, coins=coins, fields=call.fields)

        if not coins:
            return Poll(self.name, now)
        params = {"symbols": _listed(coins)} if len(coins) <= _NAMED[path] else {}
        try:
            return await self._api.poll(f"/api/v3/{path}", params, (*call.fields, *coins), columns)
        except Rejected as error:
            if not _invalid_symbol(error):
                raise
        return await self._without_unknown(path, coins, call.fields)

    async def _without_unknown(self, path: str, coins: Mapping[str, str], fields: tuple[str, ...]) -> Poll:
        """The whole exchange shows which symbols it does not know: one request instead of halving the batch."""
        body, received = await self._api.body(f"/api/v3/{path}", {})
        known = {row.symbol for row in decode_rows(_ROWS, _ROW, body, source=self.name, refused=Counter())}
        unknown = coins.keys() - known
        self._unknown |= unknown
        rest = {symbol: coin for symbol, coin in coins.items() if symbol in known}
        poll = decode_tickers(body, received, source=self.name, coins=rest, fields=fields)
        notes = tuple(
            f"{self.name} knows no symbol {symbol}: {coins[symbol]} has no price there; mend its id under coins:"
            for symbol in sorted(unknown)
        )
        return Poll(self.name, received, poll.readings, refused=poll.refused, notes=notes)

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        if field != "price" or interval not in _INTERVALS or not self.has(field, coin):
            return None
        end = min(end, self._clock.now())  # the bar that is still open is no history
        klines: list[_Kline] = []
        # A bar is known by its start here: those that end in (start, end] begin in (start − interval, end − interval].
        since, last = math.floor(start / interval) * interval, end - interval
        while since <= last:
            page = await self._klines(coin, interval, since, last)
            klines += page
            following = moment(page[-1].start) + interval if page else math.nan
            if len(page) < _PAGE or not following > since:
                break  # the second: an answer to another question would be asked for again and again
            since = following
        return _bars(self.name, coin, interval, [row for row in klines if start < moment(row.start) + interval <= end])

    async def _klines(self, coin: str, interval: float, since: float, last: float) -> list[_Kline]:
        params = {
            "symbol": self._ids[coin],
            "interval": _INTERVALS[interval],
            "startTime": str(round(since * 1000)),
            "endTime": str(round(last * 1000)),
            "limit": str(_PAGE),
        }
        body, _ = await self._api.body("/api/v3/klines", params)
        return decode(_KLINES, body, self.name)

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return math.ceil(span / interval / _PAGE) if field == "price" and interval in _INTERVALS else 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        """Pairs that begin with the text, the quote in USDT first: the exchange's own names are all it tells."""
        word = text.upper()
        body, _ = await self._api.body(f"/api/v3/{_PRICE}", {})
        rows = decode_rows(_ROWS, _ROW, body, source=self.name, refused=Counter())
        found = [row.symbol for row in rows if row.symbol.startswith(word)]
        found.sort(key=lambda symbol: (symbol not in (word, f"{word}USDT"), not symbol.endswith("USDT"), symbol))
        return tuple(Candidate(symbol, symbol.removesuffix("USDT"), symbol) for symbol in found[:20])


def _listed(coins: Mapping[str, str]) -> str:
    """JSON without spaces, as `symbols` wants it."""
    return json.dumps(sorted(coins), separators=(",", ":"))


def _invalid_symbol(error: Rejected) -> bool:
    try:
        return _FAULT.decode(error.body).code in _INVALID_SYMBOL
    except (DecodeError, UnicodeDecodeError):
        return False


def _bars(source: str, coin: str, interval: float, klines: list[_Kline]) -> Bars:
    """Whole and believable candles only, each start once, oldest first."""
    columns = np.array([(moment(k.start) + interval, k.open, k.high, k.low, k.close) for k in klines]).reshape(-1, 5)
    prices = columns[:, 1:]
    good = np.isfinite(columns).all(axis=1) & (prices > 0).all(axis=1)
    good &= (columns[:, 3] <= prices.min(axis=1)) & (columns[:, 2] >= prices.max(axis=1)) if len(columns) else good
    columns = columns[good]
    _, first = np.unique(columns[:, 0], return_index=True)
    end, open_, high, low, close = columns[first].T
    return Bars(source, "price", coin, interval, end, open_, high, low, close)


def _build(name: str, settings: BinanceSettings, ids: Ids, session: ClientSession, clock: Clock) -> Binance:
    return Binance(name, settings, ids, session, clock)


KIND = SourceKind(BinanceSettings, _build)
