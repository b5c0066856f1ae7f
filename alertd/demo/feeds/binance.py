"""Binance spot on loopback: ticker/price, ticker/24hr, klines, with the weight header.

Formats: binance/binance-spot-api-docs.
"""

import math
from collections.abc import Mapping
from typing import Any, Unpack

import msgspec
import numpy as np
from aiohttp import web

from alertd.demo.feeds.ground import Feed, answer, number
from alertd.demo.market import DAY, HOUR, MINUTE, Market
from alertd.demo.platforms.http import Handle, Serving, whole_seconds
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Record
from alertd.model.reading import Bars
from alertd.sources.candle_files import coarser

INTERVALS = {
    **{f"{minutes}m": minutes * MINUTE for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": hours * HOUR for hours in (1, 2, 4, 6, 8, 12)},
    "1d": DAY,
}
"""Those that are aligned to the epoch: the real one has 3 days, weeks (from Monday on) and months besides."""


STRIKES = 3
"""Calls while a 429's Retry-After runs that make a ban of it."""

BAN = 120.0
"""Seconds of the shortest ban."""


class BinanceFeed(Feed):
    """A symbol that is not listed fails its whole batch, as there. Who goes on after a 429 is banned: 418."""

    name = "binance"
    counted = "weight"

    def __init__(
        self, market: Market, record: Record, ids: Mapping[str, str | int], **serving: Unpack[Serving]
    ) -> None:
        super().__init__(market, record, {coin: ids.get(coin, f"{coin}USDT") for coin in market.bars}, **serving)
        self.used = 0
        """The weight of all requests so far."""
        self.banned_until = 0.0
        self._strikes = 0

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v3/ticker/price", self._prices),
            web.get("/api/v3/ticker/24hr", self._days),
            web.get("/api/v3/klines", self._klines),
        ]

    def weight(self, request: web.Request) -> int:
        if request.path.endswith("/price"):
            return 2 if "symbol" in request.query else 4
        if not request.path.endswith("/24hr"):
            return 2
        symbols = 1 if "symbol" in request.query else request.query.get("symbols", "," * len(self.coins)).count(",") + 1
        return 2 if symbols <= 20 else 40 if symbols <= 100 else 80

    async def respond(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        if self.now < self.banned_until:
            return self._ban(self.banned_until - self.now)
        response = await super().respond(request, handler)
        self.used += self.weight(request)
        level = self.gate.level(self.counted, "", self.now)
        response.headers["X-MBX-USED-WEIGHT-1M"] = str(level.limit - level.remaining if level else self.used)
        return response

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        self._strikes = self._strikes + 1 if refusal.early else 0
        if self._strikes >= STRIKES:
            self._strikes, self.banned_until = 0, self.now + BAN
            return self._ban(BAN)
        said = "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."
        return answer({"code": -1003, "msg": said}, status=429, headers=whole_seconds(refusal))

    def banned(self) -> web.Response:
        return self._ban(BAN)

    def _ban(self, wait: float) -> web.Response:
        said = f"Way too much request weight used; IP banned until {round((self.now + wait) * 1000)}."
        return answer({"code": -1003, "msg": said}, status=418, headers={"Retry-After": str(math.ceil(wait))})

    def _asked(self, request: web.Request) -> list[str] | None:
        """The symbols that are meant, None if one of them does not exist."""
        if "symbols" in request.query:
            if " " in request.query["symbols"]:
                self.fault(f"{request.path}: a space in symbols")
            symbols = msgspec.json.decode(request.query["symbols"], type=list[str])
        else:
            symbols = [request.query["symbol"]] if "symbol" in request.query else list(self.coins)
        return symbols if all(symbol in self.coins for symbol in symbols) else None

    def _told(self, request: web.Request, rows: list[dict[str, object]]) -> web.Response:
        return answer(rows[0] if "symbol" in request.query and rows else rows)

    async def _prices(self, request: web.Request) -> web.Response:
        symbols = self._asked(request)
        if symbols is None:
            return answer({"code": -1121, "msg": "Invalid symbol."}, status=400)
        rows: list[dict[str, object]] = [
            {"symbol": symbol, "price": _text(quote.price)}
            for symbol in symbols
            if (quote := self.market.quote(self.coins[symbol], self.now))
        ]
        return self._told(request, rows)

    async def _days(self, request: web.Request) -> web.Response:
        symbols = self._asked(request)
        if symbols is None:
            return answer({"code": -1121, "msg": "Invalid symbol."}, status=400)
        rows: list[dict[str, object]] = [
            {
                "symbol": symbol,
                "priceChange": _text(quote.price - quote.open),
                "priceChangePercent": f"{100 * (quote.price / quote.open - 1):.3f}",
                "weightedAvgPrice": _text((quote.high + quote.low + quote.price) / 3),
                "lastPrice": _text(quote.price),
                "openPrice": _text(quote.open),
                "highPrice": _text(quote.high),
                "lowPrice": _text(quote.low),
                "volume": _text(quote.volume),
                "quoteVolume": _text(quote.volume * quote.price),
                "openTime": round((quote.at - DAY) * 1000),
                "closeTime": round(quote.at * 1000),
                "firstId": 1,
                "lastId": 2,
                "count": 2,
            }
            for symbol in symbols
            if (quote := self.market.quote(self.coins[symbol], self.now))
        ]
        return self._told(request, rows)

    async def _klines(self, request: web.Request) -> web.Response:
        coin = self.coins.get(request.query.get("symbol", ""))
        interval = INTERVALS.get(request.query.get("interval", ""))
        if coin is None:
            return answer({"code": -1121, "msg": "Invalid symbol."}, status=400)
        if interval is None:
            return answer({"code": -1120, "msg": "Invalid interval."}, status=400)
        limit = number(request, "limit", 500)
        if limit > 1000:
            self.fault(f"{request.path}: limit={limit}, the most is 1000")
        # What has happened so far: the last bar is the open one.
        rows = _rows(coarser(self.market.traded(coin, self.now), interval))
        first, after = number(request, "startTime", 0), number(request, "endTime", 2**62)
        found = [row for row in rows if first <= row[0] <= after]
        limit = min(limit, 1000)
        return answer(found[:limit] if "startTime" in request.query else found[-limit:])


def _rows(bars: Bars) -> list[list[Any]]:
    traded = [column for column in (bars.volume, bars.quote_volume) if column is not None]
    columns = (bars.end, bars.open, bars.high, bars.low, bars.close, *traded)
    return [
        [
            round((end - bars.interval) * 1000),
            _text(open_),
            _text(high),
            _text(low),
            _text(close),
            _text(volume),
            round(end * 1000) - 1,
            _text(money),
            100,
            _text(volume / 2),
            _text(money / 2),
            "0",
        ]
        for end, open_, high, low, close, volume, money in np.stack(columns, axis=1).tolist()
    ]


def _text(value: float) -> str:
    """Numbers are strings there, never in exponential form."""
    return f"{value:.10f}"
