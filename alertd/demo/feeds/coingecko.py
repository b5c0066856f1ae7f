"""CoinGecko v3 on loopback: /coins/markets, /simple/price, /coins/list, a coin's market_chart.

Formats: coingecko/coingecko-api-oas.
"""

from collections.abc import Mapping, Set
from typing import Any, Unpack

from aiohttp import web

from alertd.demo.feeds.ground import Feed, answer, iso, number, page, tagged
from alertd.demo.market import DAY, HOUR, MINUTE, Market
from alertd.demo.platforms.http import Serving, whole_seconds
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Record
from alertd.sources.candle_files import coarser, ended_in

HEADERS = {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}
MOST = 250


class CoinGeckoFeed(Feed):
    """With `keys`, only who shows one of them in the plan's header is answered."""

    name = "coingecko"

    def __init__(
        self,
        market: Market,
        record: Record,
        ids: Mapping[str, str | int],
        *,
        keys: Set[str] = frozenset(),
        plan: str = "demo",
        **serving: Unpack[Serving],
    ) -> None:
        super().__init__(market, record, ids, **serving)
        self.keys = keys
        self.header = HEADERS[plan]

    @property
    def api(self) -> str:
        return f"{self.url}/api/v3"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v3/coins/markets", self._markets),
            web.get("/api/v3/simple/price", self._simple),
            web.get("/api/v3/coins/list", self._list),
            web.get("/api/v3/coins/{id}/market_chart", self._chart),
        ]

    def caller(self, request: web.Request) -> str:
        return request.headers.get(self.header, "")

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        return answer(_status(429, "You've exceeded the Rate Limit."), status=429, headers=whole_seconds(refusal))

    def banned(self) -> web.Response:
        return answer(_status(1020, "Access Denied"), status=403)

    def _admit(self, request: web.Request, *needed: str) -> web.Response | None:
        """What is wrong with a request, as CoinGecko says it; None if nothing is."""
        if "api_key" in request.query_string:
            self.fault(f"{request.path}: a key in the URL")
        shown = request.headers.get(self.header)
        strange = [name for name in HEADERS.values() if name != self.header and name in request.headers]
        if strange:
            return answer(_status(10011, f"{strange[0]} does not belong to this host"), status=400)
        if self.keys and shown not in self.keys:
            return answer(_status(10002, "API Key Missing"), status=401)
        for parameter in needed:
            if parameter not in request.query:
                self.fault(f"{request.path}: no {parameter}")
                return answer({"error": f"Missing parameter {parameter}"}, status=422)
        return None

    async def _markets(self, request: web.Request) -> web.Response:
        if wrong := self._admit(request, "vs_currency"):
            return wrong
        ids = self.listed(request, "ids", most=MOST)
        size = number(request, "per_page", 100)
        if size > MOST:
            self.fault(f"{request.path}: per_page={size}, the most is {MOST}")
        rows = [row for row in self._rows() if ids is None or row["id"] in ids]
        return tagged(request, page(rows, min(size, MOST), number(request, "page", 1)))

    def _rows(self) -> list[dict[str, Any]]:
        now = self.now
        quotes = [(coin, quote) for coin in self.market.bars if (quote := self.market.quote(coin, now))]
        quotes.sort(key=lambda pair: -pair[1].cap)
        return [
            {
                "id": self.ids[coin],
                "symbol": coin.lower(),
                "name": coin,
                "image": "",
                "current_price": quote.price,
                "market_cap": round(quote.cap),
                "market_cap_rank": rank,
                "fully_diluted_valuation": None,
                "total_volume": round(quote.volume * quote.price),
                "high_24h": quote.high,
                "low_24h": quote.low,
                "price_change_24h": quote.price - quote.open,
                "price_change_percentage_24h": 100 * (quote.price / quote.open - 1),
                **self._records(coin, quote.price),
                "roi": None,
                "last_updated": iso(quote.at),
            }
            for rank, (coin, quote) in enumerate(quotes, 1)
        ]

    def _records(self, coin: str, price: float) -> dict[str, Any]:
        """The highest and the lowest price so far, which is as far back as this market goes."""
        bars = self.market.until(coin, self.now)
        high, low = int(bars.high.argmax()), int(bars.low.argmin())
        return {
            "ath": float(bars.high[high]),
            "ath_change_percentage": 100 * (price / float(bars.high[high]) - 1),
            "ath_date": iso(float(bars.end[high])),
            "atl": float(bars.low[low]),
            "atl_change_percentage": 100 * (price / float(bars.low[low]) - 1),
            "atl_date": iso(float(bars.end[low])),
        }

    async def _simple(self, request: web.Request) -> web.Response:
        if wrong := self._admit(request, "vs_currencies", "ids"):
            return wrong
        query, now = request.query, self.now
        found: dict[str, dict[str, float]] = {}
        for number_ in self.listed(request, "ids", most=MOST) or ():
            coin = self.coins.get(number_)
            quote = self.market.quote(coin, now) if coin else None
            if quote is None:
                continue
            extra = {
                "include_market_cap": ("usd_market_cap", quote.cap),
                "include_24hr_vol": ("usd_24h_vol", quote.volume * quote.price),
                "include_24hr_change": ("usd_24h_change", 100 * (quote.price / quote.open - 1)),
                "include_last_updated_at": ("last_updated_at", int(quote.at)),
            }
            told = dict(pair for flag, pair in extra.items() if query.get(flag) == "true")
            found[number_] = {"usd": quote.price, **told}
        return tagged(request, found)

    async def _list(self, request: web.Request) -> web.Response:
        rows = [{"id": number_, "symbol": coin.lower(), "name": coin} for coin, number_ in self.ids.items()]
        return self._admit(request) or tagged(request, rows)

    async def _chart(self, request: web.Request) -> web.Response:
        if wrong := self._admit(request, "vs_currency", "days"):
            return wrong
        coin, days = self.coins.get(request.match_info["id"]), number(request, "days", 1)
        if coin is None:
            return answer({"error": "coin not found"}, status=404)
        step = 5 * MINUTE if days <= 1 else HOUR if days <= 90 else DAY
        step = DAY if request.query.get("interval") == "daily" else step
        now = self.now
        bars = ended_in(coarser(self.market.bars[coin], step), now - days * DAY, now)
        # Between two points the last one is the price of this moment.
        quote = self.market.quote(coin, now)
        points = [*zip(bars.end.tolist(), bars.close.tolist(), strict=True)] + (
            [(quote.at, quote.price)] if quote else []
        )
        prices = [[round(at * 1000), price] for at, price in dict(points).items()]
        supply = self.market.supply[coin]
        caps = [[at, price * supply] for at, price in prices]
        return tagged(request, {"prices": prices, "market_caps": caps, "total_volumes": caps})


def _status(code: int, text: str) -> dict[str, Any]:
    return {"status": {"error_code": code, "error_message": text}}
