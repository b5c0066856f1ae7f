"""Token Metrics on loopback, v2 (UPPER_SNAKE rows) and v3 (lower_snake): tokens, prices, signals, grades, levels,
sentiments, bars.

Formats: token-metrics/mcp and rows that were recorded of v2, their oddities included: numbers as strings, nulls, two
forms of a date, `tm_link` beside `TM_LINK`. The signals and grades are computed from the prices, by no AI.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from datetime import date
from typing import Any, Unpack

from aiohttp import web

from alertd.demo.feeds.ground import Feed, answer, iso, number, page, tagged
from alertd.demo.market import DAY, HOUR, Market
from alertd.demo.platforms.http import Serving, whole_seconds
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Record
from alertd.sources.candle_files import coarser

MOST = 100
LONGEST_SPAN = 29
SIGNALS = ((80, "Strong Buy"), (60, "Buy"), (40, "Neutral"), (20, "Sell"), (0, "Strong Sell"))
MOMENTA = (
    (80, "Momentum Surging"),
    (60, "Gaining Momentum"),
    (40, "Holding Steady"),
    (20, "Losing Momentum"),
    (0, "Momentum Crashing"),
)
Row = dict[str, Any]
TWIN: Row = {"TOKEN_ID": 17528, "TOKEN_NAME": "BTC", "TOKEN_SYMBOL": "BTC"}
"""Symbols are not unique there: this is one more BTC."""


class TokenMetricsFeed(Feed):
    """With `keys`, only who shows one of them in `header` is answered. Coins without an id get one from 10001 on.

    It speaks both versions, whichever is asked; `version` is the one that `api` names.
    """

    name = "tokenmetrics"

    def __init__(
        self,
        market: Market,
        record: Record,
        ids: Mapping[str, str | int],
        *,
        keys: Set[str] = frozenset(),
        header: str = "x-api-key",
        version: str = "v2",
        **serving: Unpack[Serving],
    ) -> None:
        numbered = {coin: ids.get(coin, free) for free, coin in enumerate(market.bars, 10_001)}
        super().__init__(market, record, numbered, **serving)
        self.keys = keys
        self.header = header
        self.version = version

    @property
    def api(self) -> str:
        return f"{self.url}/{self.version}"

    def routes(self) -> list[web.RouteDef]:
        paths: dict[str, Callable[[list[str], web.Request], Iterable[Row]]] = {
            "tokens": self._tokens,
            "price": self._prices,
            "trading-signals": self._signals,
            "hourly-trading-signals": self._hourly_signals,
            "tm-grade": self._tm_grades,
            "trader-grades": self._trader_grades,
            "investor-grades": self._investor_grades,
            "fundamental-grade": self._fundamental_grades,
            "resistance-support": self._levels,
            "sentiments": self._sentiments,
            "hourly-ohlcv": self._hourly_bars,
            "daily-ohlcv": self._daily_bars,
        }
        return [web.get(f"/{{version:v[23]}}/{path}", self._told(rows)) for path, rows in paths.items()]

    def caller(self, request: web.Request) -> str:
        return request.headers.get(self.header, "")

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        said = {"success": False, "message": "Rate limit exceeded"}
        return answer(said, status=429, headers=whole_seconds(refusal))

    def banned(self) -> web.Response:
        return answer({"success": False, "message": "Forbidden"}, status=403)

    def _told(self, rows: Callable[[list[str], web.Request], Iterable[Row]]) -> Callable[[web.Request], Any]:
        """A route that gives a page of rows to those who may have it."""

        async def tell(request: web.Request) -> web.Response:
            if self.keys and request.headers.get(self.header) not in self.keys:
                return answer({"success": False, "message": "Invalid API key"}, status=401)
            if wrong := self._mistake(request):
                self.fault(f"{request.path}: {wrong}")
                return answer({"success": False, "message": wrong}, status=422)
            limit, now = min(number(request, "limit", 50), MOST), self.now
            found = [] if now < self._opening else list(rows(self._meant(request), request))
            data = [self._cased(row, request) for row in page(found, limit, number(request, "page", 1))]
            message = "Data fetched successfully" if data else ""
            return tagged(request, {"success": True, "message": message, "length": len(data), "data": data})

        return tell

    @property
    def _opening(self) -> float:
        return min(float(bars.end[0]) for bars in self.market.bars.values())

    def _mistake(self, request: web.Request) -> str:
        """What a request does that the real one would not take, "" where it is right."""
        query = request.query
        if number(request, "limit", 50) > MOST:
            return f"limit must be at most {MOST}"
        if number(request, "page", 1) < 1:
            return "pages count from 1"
        if request.path.endswith(("/price", "/hourly-trading-signals")) and not query.get("token_id"):
            return "token_id is required"
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("startDate", "endDate") if name in query)
        except ValueError:
            return "" if not {"startDate", "endDate"} & query.keys() else "dates are two, as YYYY-MM-DD"
        return "" if 0 <= (last - first).days <= LONGEST_SPAN else f"dates span {LONGEST_SPAN} days at most"

    def _meant(self, request: web.Request) -> list[str]:
        """The coins that are asked for: by token_id, by symbol, else all."""
        if (ids := self.listed(request, "token_id", most=MOST)) is not None:
            return [self.coins[number_] for number_ in ids if number_ in self.coins]
        # A token's name is its symbol here.
        key = "token_name" if "token_name" in request.query else "symbol"
        symbols = self.listed(request, key, most=MOST)
        return [coin for coin in self.market.bars if symbols is None or coin in symbols]

    def _cased(self, row: Row, request: web.Request) -> Row:
        if request.match_info["version"] == "v3":
            return {key.lower(): value for key, value in row.items()}
        return row

    def _token(self, coin: str) -> Row:
        return {"TOKEN_ID": int(self.ids[coin]), "TOKEN_NAME": coin, "TOKEN_SYMBOL": coin}

    def _days(self, request: web.Request) -> list[float]:
        """The midnights asked for that the market has something of, newest first; the last two where none are asked."""
        query, today = request.query, self.now // DAY * DAY
        bounds = [_midnight(query[name]) for name in ("startDate", "endDate") if name in query]
        first, last = bounds if len(bounds) == 2 else (today - DAY, today)
        first, last = max(first, self._opening // DAY * DAY), min(last, today)
        return [last - day * DAY for day in range(int((last - first) // DAY) + 1)]

    def _tokens(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        extra: Row = {"EXCHANGE_LIST": [], "CATEGORY_LIST": [], "TM_LINK": ""}
        for coin in coins:
            yield {**self._token(coin), **extra}
        if "BTC" in coins and "token_id" not in request.query:
            yield {**TWIN, **extra}

    def _prices(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        for coin in coins:
            if quote := self.market.quote(coin, self.now):
                yield {**self._token(coin), "CURRENT_PRICE": quote.price}

    def _signals(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        for day in self._days(request):
            for coin in coins:
                trend = self.market.signal(coin, min(day + DAY, self.now))
                turned = trend != self.market.signal(coin, day)
                grade = self.market.grade(coin, min(day + DAY, self.now))
                yield {
                    **self._token(coin),
                    "DATE": iso(day),
                    "TRADING_SIGNAL": trend if turned else 0,
                    "TOKEN_TREND": trend,
                    "TRADING_SIGNALS_RETURNS": 0.0,
                    "HOLDING_RETURNS": 0.0,
                    "tm_link": coin.lower(),
                    "TM_TRADER_GRADE": grade,
                    "TM_INVESTOR_GRADE": grade,
                    "TM_LINK": "",
                }

    def _hourly_signals(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        hour = self.now // HOUR * HOUR
        for ago in range(24):
            for coin in coins:
                if quote := self.market.quote(coin, hour - ago * HOUR):
                    trend = self.market.signal(coin, hour - ago * HOUR)
                    yield {
                        "TIMESTAMP": iso(hour - ago * HOUR),
                        **self._token(coin),
                        "CLOSE": quote.price,
                        "SIGNAL": {1: "bullish", -1: "bearish", 0: "neutral"}[trend],
                        "POSITION": {1: "long", -1: "short", 0: "none"}[trend],
                    }

    def _tm_grades(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        for coin in coins:
            grade, before = self.market.grade(coin, self.now), self.market.grade(coin, self.now - DAY)
            known = grade if grade is not None else 50.0
            yield {
                **self._token(coin),
                "FUNDAMENTAL_GRADE": None,
                "TM_GRADE": str(known),
                "TM_GRADE_24h_PCT_CHANGE": str(round(known - before, 2)) if before is not None else None,
                "TM_TRADER_GRADE_24H_CHANGE": None,
                "FUNDAMENTAL_GRADE_CLASS": "blueChip",
                "TM_GRADE_SIGNAL": _named(SIGNALS, known),
                "MOMENTUM": _named(MOMENTA, known),
            }

    def _graded(self, coins: list[str], request: web.Request, extra: Callable[[float | None], Row]) -> Iterable[Row]:
        for day in self._days(request):
            for coin in coins:
                grade = self.market.grade(coin, min(day + DAY, self.now))
                yield {**self._token(coin), "DATE": iso(day)[:10], **extra(grade)}

    def _trader_grades(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        return self._graded(
            coins, request, lambda grade: {"TA_GRADE": grade, "QUANT_GRADE": grade, "TM_TRADER_GRADE": grade}
        )

    def _investor_grades(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        return self._graded(
            coins,
            request,
            lambda grade: {
                "TM_INVESTOR_GRADE": grade,
                "FUNDAMENTAL_GRADE": 62.5,
                "TECHNOLOGY_GRADE": str(grade),
                "VALUATION_GRADE": grade,
                "DEFI_USAGE_SCORE": None,
            },
        )

    def _fundamental_grades(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        return self._graded(coins, request, lambda grade: {"FUNDAMENTAL_GRADE": 62.5})

    def _levels(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        """Highs and lows of the four-hour bars so far."""
        for coin in coins:
            bars = coarser(self.market.until(coin, self.now), 4 * HOUR)
            found = [
                {"level": level, "date": iso(end)[:10]}
                for end, high, low in zip(bars.end.tolist(), bars.high.tolist(), bars.low.tolist(), strict=True)
                for level in (high, low)
            ]
            yield {
                **self._token(coin),
                "DATE": iso(self.now // DAY * DAY),
                "HISTORICAL_RESISTANCE_SUPPORT_LEVELS": found,
            }

    def _sentiments(self, _: list[str], request: web.Request) -> Iterable[Row]:
        """Of each hour, newest first; posts are moodier than the news."""
        hour = self.now // HOUR * HOUR
        for at in (hour - ago * HOUR for ago in range(int((hour - self._opening) // HOUR) + 1)):
            row: Row = {"DATETIME": iso(at)}
            for kind, strength in (("MARKET", 1.0), ("NEWS", 0.8), ("REDDIT", 1.2), ("TWITTER", 1.4)):
                grade = min(max(50 + strength * (self.market.mood(at) - 50), 0.0), 100.0)
                label = "positive" if grade > 55 else "negative" if grade < 45 else "neutral"
                row |= {f"{kind}_SENTIMENT_GRADE": round(grade, 2), f"{kind}_SENTIMENT_LABEL": label}
                row |= {} if kind == "MARKET" else {f"{kind}_SUMMARY": ""}
            yield row

    def _hourly_bars(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        return self._bars(coins, request, HOUR, "TIMESTAMP")

    def _daily_bars(self, coins: list[str], request: web.Request) -> Iterable[Row]:
        return self._bars(coins, request, DAY, "DATE")

    def _bars(self, coins: list[str], request: web.Request, interval: float, key: str) -> Iterable[Row]:
        """Bars by their start, newest first, the open one too."""
        days = self._days(request)
        for coin in coins:
            bars = coarser(self.market.until(coin, self.now), interval)
            columns = (
                bars.end.tolist(),
                bars.open.tolist(),
                bars.high.tolist(),
                bars.low.tolist(),
                bars.close.tolist(),
            )
            for end, open_, high, low, close in sorted(zip(*columns, strict=True), reverse=True):
                start = end - interval
                if days and days[-1] <= start < days[0] + DAY:
                    prices = {"OPEN": open_, "HIGH": high, "LOW": low, "CLOSE": close}
                    yield {**self._token(coin), key: iso(start), **prices, "VOLUME": self.market.supply[coin] * 0.002}


def _named(scale: tuple[tuple[int, str], ...], grade: float) -> str:
    return next(name for least, name in scale if grade >= least)


def _midnight(text: str) -> float:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days * DAY
