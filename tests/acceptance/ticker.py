"""Binance's ticker with prices that a test sets by hand, and klines that it has."""

import asyncio
from collections.abc import Iterable, Mapping

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform
from alertd.demo.platforms.record import Record

Kline = tuple[float, float, float, float, float]
"""(start in epoch seconds, open, high, low, close) of one minute."""


class Ticker(HttpPlatform):
    """`prices` are by symbol; `traded` is what was traded in the minutes of a symbol, in money, by their start. Its
    record's `answers` come first, so that it breaks as a test says."""

    def __init__(self, prices: Mapping[str, float], klines: Iterable[Kline] = ()) -> None:
        super().__init__(Record())
        self.prices = dict(prices)
        self.klines = list(klines)
        self.traded: dict[str, dict[float, float]] = {}
        self._told = 0
        self._more = asyncio.Condition()
        self._going = asyncio.Event()
        self._going.set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/v3/ticker/price", self._ticker), web.get("/api/v3/klines", self._candles)]

    async def judged(self, **prices: float) -> None:
        """Set prices, and wait until they are judged and committed: until the daemon has come for the next ones."""
        self.prices |= prices
        await self.asked(2)

    async def hold(self) -> None:
        """Answer no more, until `go`. On return everything that was answered before is committed."""
        self._going.clear()
        await self.asked(1)

    def go(self, **prices: float) -> None:
        self.prices |= prices
        self._going.set()

    async def asked(self, times: int) -> None:
        """Wait for so many more requests for prices."""
        async with asyncio.timeout(30), self._more:
            enough = self._told + times
            await self._more.wait_for(lambda: self._told >= enough)

    async def _ticker(self, _: web.Request) -> web.Response:
        async with self._more:
            self._told += 1
            self._more.notify_all()
        await self._going.wait()
        return web.json_response(
            [{"symbol": symbol, "price": _texts(price)[0]} for symbol, price in self.prices.items()]
        )

    async def _candles(self, request: web.Request) -> web.Response:
        start, end = (float(request.query[name]) / 1000 for name in ("startTime", "endTime"))
        step = {"1m": 60.0, "5m": 300.0, "1h": 3600.0}[request.query["interval"]]
        symbol = request.query["symbol"]
        flat = [self.prices.get(symbol, 1.0)] * 4
        traded = {at: (prices, 1.0) for at, *prices in self.klines}
        traded |= {at: (flat, money) for at, money in self.traded.get(symbol, {}).items()}
        if step == 300.0:  # what charts of a day are drawn from
            first, last = (int(moment // step) for moment in (start, end))
            traded = {place * step: (flat, 1.0) for place in range(first + 1, last)}
        rows = [
            [round(at * 1000), *_texts(*prices, money / prices[-1]), round((at + step) * 1000) - 1, *_texts(money)]
            for at, (prices, money) in sorted(traded.items())
            if start <= at <= end and step != 3600.0
        ]
        return web.json_response(rows[: int(request.query["limit"])])


def _texts(*numbers: float) -> list[str]:
    """Numbers are strings there, never in exponential form."""
    return [f"{number:.8f}" for number in numbers]
