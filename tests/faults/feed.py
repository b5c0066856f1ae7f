"""Binance's ticker, as the daemon reads it: it may be slow, or lie."""

import asyncio
from collections import deque
from collections.abc import Mapping
from math import inf

from aiohttp import web

from alertd.demo.platforms.record import Record
from tests.acceptance.ticker import Ticker

BAN = 120
"""Seconds that a ban lasts: Binance bans for two minutes first."""


class Feed(Ticker):
    """Answers after `delay` real seconds. While there are `lies`, each answer takes one, and has it for every price.

    `told_at` is when it first answered with the prices that `turn` set, by the clock of `record`. `bans` counts answers
    that say so, and `early` calls while the Retry-After of one ran.
    """

    def __init__(self, prices: Mapping[str, float], record: Record) -> None:
        super().__init__(prices)
        self.delay = 0.0
        self.lies: deque[object] = deque()
        self.told_at = inf
        self.bans, self.early = 0, 0
        self._clock = record
        self._banned_until = 0.0

    def turn(self, prices: Mapping[str, float]) -> None:
        self.prices |= prices
        self.told_at = inf

    def banned(self) -> web.Response:
        now = self._clock.now()
        self.early += now < self._banned_until
        self.bans, self._banned_until = self.bans + 1, now + BAN
        body = {"code": -1003, "msg": "Way too much request weight used; IP banned."}
        return web.json_response(body, status=418, headers={"Retry-After": str(BAN)})

    async def _ticker(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.delay)
        answer = await super()._ticker(request)
        if self.lies:
            lie = self.lies.popleft()
            return web.json_response(
                [{"symbol": symbol, "price": _spoilt(lie, price)} for symbol, price in self.prices.items()]
            )
        self.told_at = min(self.told_at, self._clock.now())
        return answer


def _spoilt(lie: object, price: float) -> object:
    return f"{price * lie:.8f}" if isinstance(lie, float) else lie
