"""Binance spot, its public market data: prices in bulk, 24-hour volumes, what each bar traded, and candles.

Wire format (binance-spot-api-docs): numbers are text, times are milliseconds. `/api/v3/ticker/price` has no time of
its own. One unknown symbol fails a whole request with 400 and code -1121, -1100 where it has a character that none has.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import replace
from typing import ClassVar

import numpy as np
from aiohttp import ClientSession
from msgspec import Struct
from msgspec.json import Decoder
from pydantic import Field

from alertd.model.reading import Bars, Poll, Readings
from alertd.ports import Call, Candidate, Clock
from alertd.sources.bars import bar_field, bar_of
from alertd.sources.binance_klines import SETTLED, Klines, asked_for, invalid_symbol, requests_for
from alertd.sources.http import Access, Api, Rejected
from alertd.sources.kind import Ids, SourceKind, one_coin_each
from alertd.sources.plan import endpoint_of, plan
from alertd.sources.settings import SourceSettings
from alertd.sources.values import bars_of_points, count_absent, decode_rows, sift

_PRICE, _DAY = "ticker/price", "ticker/24hr"
_NAMED = {_PRICE: 200, _DAY: 100}
"""Up to so many symbols are asked for by name (a URL of 4 kB; from 101 on `ticker/24hr` weighs the same for all of
them); more come with the whole exchange, which is one request of about the same weight."""
_KLINES = "klines"
_SYMBOLS_OF_BARS = 100
"""Candles are asked for by symbol; so many requests are one call, that the prices come between them."""


class BinanceSettings(SourceSettings):
    """`weight_limit` is what the exchange allows an address in a minute."""

    defaults: ClassVar[Mapping[str, float]] = {"price": 5.0, "volume_24h": 60.0}
    per_bar: ClassVar[tuple[str, ...]] = ("volume", "base_volume")

    weight_limit: int = Field(default=6000, gt=0)


class _Ticker(Struct, gc=False, rename="camel"):
    """A row of either ticker; each leaves out the other's columns."""

    symbol: str
    price: float | None = None
    last_price: float | None = None
    quote_volume: float | None = None
    close_time: float | None = None


# strict=False: the numbers are text.
_ROWS = Decoder(list[_Ticker], strict=False)
_ROW = Decoder(_Ticker, strict=False)


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

    fields = frozenset((*BinanceSettings.defaults, *BinanceSettings.per_bar))

    def __init__(self, name: str, settings: BinanceSettings, ids: Ids, session: ClientSession, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._ids = one_coin_each(name, {coin: str(id_).upper() for coin, id_ in ids.items()})
        self._unknown: set[str] = set()
        self._clock = clock
        access = Access("https://data-api.binance.vision", weight_limit=settings.weight_limit)
        self._api = Api(name, settings, access, session=session, clock=clock)
        self._klines = Klines(name, self._api)

    def has(self, field: str, coin: str) -> bool:
        symbol = self._ids.get(coin)
        return _given(field) and symbol is not None and symbol not in self._unknown

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        mine = {field: frozenset(coin for coin in coins if self.has(field, coin)) for field, coins in wanted.items()}
        tickers = {field: coins for field, coins in mine.items() if not bar_field(field)}
        path = _DAY if tickers.get("volume_24h") else _PRICE
        every = self._settings.interval
        return (
            *plan(tickers, endpoint=lambda _: path, every=every, batch=lambda _: max(1, len(self._ids))),
            *(
                call._replace(cost=len(call.coins), offset=SETTLED)
                for call in plan(
                    {field: coins for field, coins in mine.items() if bar_field(field)},
                    endpoint=lambda field: f"{_KLINES}({field.partition('(')[2]}",
                    every=lambda field: bar_of(field).interval,
                    batch=lambda _: _SYMBOLS_OF_BARS,
                )
            ),
        )

    async def poll(self, call: Call, now: float) -> Poll:
        coins = {self._ids[coin]: coin for coin in call.coins if self.has("price", coin)}
        path = endpoint_of(call)
        if path.startswith(_KLINES):
            poll, unknown = await self._klines.poll(call, {coin: symbol for symbol, coin in coins.items()}, now)
            return replace(poll, notes=self._forget(unknown, coins))

        def columns(body: bytes, received: float) -> Poll:
            return decode_tickers(body, received, source=self.name, coins=coins, fields=call.fields)

        if not coins:
            return Poll(self.name, now)
        params = {"symbols": _listed(coins)} if len(coins) <= _NAMED[path] else {}
        try:
            return await self._api.poll(f"/api/v3/{path}", params, (*call.fields, *coins), columns)
        except Rejected as error:
            if not invalid_symbol(error):
                raise
        return await self._without_unknown(path, coins, call.fields)

    async def _without_unknown(self, path: str, coins: Mapping[str, str], fields: tuple[str, ...]) -> Poll:
        """The whole exchange shows which symbols it does not know: one request instead of halving the batch."""
        body, received = await self._api.body(f"/api/v3/{path}", {})
        known = {row.symbol for row in decode_rows(_ROWS, _ROW, body, source=self.name, refused=Counter())}
        notes = self._forget(coins.keys() - known, coins)
        rest = {symbol: coin for symbol, coin in coins.items() if symbol in known}
        poll = decode_tickers(body, received, source=self.name, coins=rest, fields=fields)
        return replace(poll, notes=notes)

    def _forget(self, unknown: Set[str], coins: Mapping[str, str]) -> tuple[str, ...]:
        """Ask no more for symbols that the exchange does not know; returns what is to be told of it."""
        self._unknown |= unknown
        return tuple(
            f"{self.name} knows no symbol {symbol}: {coins[symbol]} has no price there; mend its id under coins:"
            for symbol in sorted(unknown)
        )

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        if not self.has(field, coin) or (field != "price" and not bar_field(field)) or not asked_for(interval):
            return None
        symbol, now = self._ids[coin], self._clock.now()  # the bar that is still open is no history
        if field == "price":
            return await self._klines.prices(symbol, coin, interval, (start, min(end, now)))
        first, last = (math.floor(at / interval) * interval for at in (start, min(end, now - SETTLED)))
        bars = await self._klines.traded(symbol, coin, field, (first, last))
        return bars_of_points(self.name, field, coin, interval, (bars.end, bars.close))

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        bar = bar_field(field)
        return requests_for(bar.interval if bar else interval, span) if field == "price" or bar else 0

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


def _given(field: str) -> bool:
    bar = bar_field(field)
    return field in BinanceSettings.defaults if bar is None else asked_for(bar.interval) is not None


def _build(name: str, settings: BinanceSettings, ids: Ids, session: ClientSession, clock: Clock) -> Binance:
    return Binance(name, settings, ids, session, clock)


KIND = SourceKind(BinanceSettings, _build)
