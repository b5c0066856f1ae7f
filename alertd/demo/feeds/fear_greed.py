"""alternative.me's Fear & Greed index on loopback: /fng/, one value a day, numbers as strings, newest first."""

from typing import Unpack

from aiohttp import web

from alertd.demo.feeds.ground import Feed, answer, number
from alertd.demo.market import DAY, Market
from alertd.demo.platforms.http import Serving
from alertd.demo.platforms.record import Record

CLASSES = ((25, "Extreme Fear"), (46, "Fear"), (55, "Neutral"), (75, "Greed"), (101, "Extreme Greed"))


class FearGreedFeed(Feed):
    name = "fear_greed"

    def __init__(self, market: Market, record: Record, **serving: Unpack[Serving]) -> None:
        super().__init__(market, record, {}, **serving)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/fng/", self._index)]

    async def _index(self, request: web.Request) -> web.Response:
        now = self.now
        today = now // DAY * DAY
        limit = number(request, "limit", 1)
        rows: list[dict[str, str]] = []
        for ago in range(limit):
            day = today - ago * DAY
            if day < min(float(bars.end[0]) for bars in self.market.bars.values()):
                break
            value = self.market.mood(day)
            name = next(name for least, name in CLASSES if value < least)
            rows.append({"value": str(value), "value_classification": name, "timestamp": str(int(day))})
        if rows:
            rows[0]["time_until_update"] = str(int(today + DAY - now))
        return answer({"name": "Fear and Greed Index", "data": rows, "metadata": {"error": None}})
