"""Token Metrics v2 and v3: AI signals, grades, levels and prices by coin, and the sentiment of the market.

Wire format (token-metrics/mcp, recorded rows): `{"success": true, "message": "", "length": 1, "data": [{…}]}`; v2
writes its keys upper case, v3 lower case, some rows both, so they are folded. Numbers may be text or null; `DATE` is
"2025-04-10T00:00:00.000Z" or "2025-04-10". Pages count from 1, the newest rows come first. Symbols are not unique
there (17528 is called "BTC" too, Bitcoin is 3375): everything is asked by id, and an id is looked up once.
`/sentiments` is of the whole market, each hour; `/resistance-support` gives all levels that there ever were.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import ClassVar, Literal

from aiohttp import ClientSession
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from alertd.conditions.fields import FIELDS, MARKET
from alertd.model.reading import Bars, Poll
from alertd.ports import Call, Candidate, Clock
from alertd.sources.http import Access, Api
from alertd.sources.kind import Ids, SourceKind, one_coin_each
from alertd.sources.plan import endpoint_of, plan
from alertd.sources.settings import SourceSettings
from alertd.sources.tokenmetrics_rows import (
    ENDPOINTS,
    OF_MARKET,
    Page,
    Row,
    bars_of_rows,
    decode_page,
    next_levels,
    readings_of,
)
from alertd.wire.secret import Secret

_LIMIT = 100
_DAILY = ("trading-signals", "investor-grades")
_BATCHES = dict.fromkeys(_DAILY, 49)
"""Two days of 49 coins fit into one page of 100. The rest: as many as come without being told a limit."""
_BATCH = 50
_PAGED = {*_DAILY, "hourly-trading-signals"}
_LEVELS, _SENTIMENTS = "resistance-support", "sentiments"
_MOST_PAGES = 20
_MOST_PAGES_OF_A_POLL = 3
"""How far a coin is looked for that the API leaves out; the next poll does not look for it again."""
_SPAN = 28 * 86400.0
"""What is asked for at once: with the days that it begins and ends in, no longer than the 29 that may be."""
_SYMBOLS = 25
_GRADES = (
    "tm_grade",
    "trader_grade",
    "investor_grade",
    "fundamental_grade",
    "technology_grade",
    "valuation_grade",
    "grade_signal",
    "momentum",
)
_MOODS = ("market_sentiment", "news_sentiment", "reddit_sentiment", "twitter_sentiment")


class TokenMetricsSettings(SourceSettings):
    """`header` is the one that the key goes in (older plans: `api_key`); `grades` in `every` stands for all that are
    made from grades, `levels` for resistance and support, `sentiments` for the four of them."""

    defaults: ClassVar[Mapping[str, float]] = {
        "price": 600.0,
        "signal": 3600.0,
        "hourly_signal": 900.0,
        **dict.fromkeys(_GRADES, 6 * 3600.0),
        **dict.fromkeys(("resistance", "support", *_MOODS), 3600.0),
    }
    groups: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "grades": _GRADES,
        "levels": ("resistance", "support"),
        "sentiments": _MOODS,
    }

    version: Literal["v2", "v3"] = "v2"
    keys: tuple[Secret, ...]
    header: str = Field(default="x-api-key", pattern=r"^[A-Za-z0-9_-]+$")

    @field_validator("keys")
    @classmethod
    def _one_at_the_least(cls, keys: tuple[Secret, ...]) -> tuple[Secret, ...]:
        if not keys:
            raise PydanticCustomError("keys", "expected at least one key")
        return keys


class TokenMetrics:
    """A coin without an id is looked up by its name as a symbol, once in this source's life; one that is nobody's or
    several coins' symbol there is told once and not asked for."""

    fields = frozenset(TokenMetricsSettings.defaults)

    def __init__(
        self, name: str, settings: TokenMetricsSettings, ids: Ids, session: ClientSession, clock: Clock
    ) -> None:
        self.name = name
        self._settings = settings
        known = one_coin_each(name, ids)
        self._ids = {coin: id_ for coin, id_ in known.items() if id_.isdecimal()}
        self._symbols = {coin: symbol for coin, symbol in known.items() if not symbol.isdecimal()}
        self._lost: set[str] = set()
        self._silent: dict[str, set[int]] = {}
        self._notes: list[str] = []
        self._clock = clock
        access = Access(f"https://api.tokenmetrics.com/{settings.version}", settings.header, settings.keys)
        self._api = Api(name, settings, access, session=session, clock=clock)

    def has(self, field: str, coin: str) -> bool:
        return field in self.fields and (coin == MARKET) == FIELDS[field].of_market and coin not in self._lost

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        mine = {field: frozenset(coin for coin in coins if self.has(field, coin)) for field, coins in wanted.items()}
        calls = plan(
            {field: coins for field, coins in mine.items() if field in self.fields},
            endpoint=lambda field: ENDPOINTS[field],
            every=self._settings.interval,
            batch=lambda path: _BATCHES.get(path, _BATCH),
        )
        # Which of the levels are next to the price takes the price.
        return tuple(call._replace(cost=2) if endpoint_of(call) == _LEVELS else call for call in calls)

    async def poll(self, call: Call, now: float) -> Poll:
        path = endpoint_of(call)
        if path == _SENTIMENTS:
            coins = {OF_MARKET: MARKET}
            page = await self._page(path, {"limit": "10", "page": "1"}, of_market=True)
        else:
            await self._look_up(call.coins)
            coins = {int(self._ids[coin]): coin for coin in call.coins if coin in self._ids}
            if not coins:
                return Poll(self.name, now, notes=self._tell())
            page = await self._of_tokens(path, coins.keys(), now)
        refused: Counter[str] = Counter()
        readings = readings_of(page, source=self.name, coins=coins, fields=call.fields, refused=refused)
        return Poll(self.name, page.received, readings, refused=dict(refused), notes=self._tell())

    async def _of_tokens(self, path: str, ids: Set[int], now: float) -> Page:
        params = {"token_id": ",".join(map(str, ids))}
        if path == _LEVELS:
            levels = await self._page(path, {**params, "limit": str(_LIMIT), "page": "1"})
            return next_levels(levels, await self._page("price", params))
        if path in _DAILY:
            # Today's row may not be there yet.
            params |= {"startDate": _day(now - 86400.0), "endDate": _day(now)}
        if path not in _PAGED:
            return await self._page(path, params)
        page = await self._pages(path, params, ids - self._silent.get(path, set()))
        self._silent[path] = {*ids} - {row["token_id"] for row in page.rows}
        return page

    async def _page(self, path: str, params: Mapping[str, str], *, of_market: bool = False) -> Page:
        body, received = await self._api.body(f"/{path}", params)
        return decode_page(body, received, source=self.name, of_market=of_market)

    async def _pages(self, path: str, params: Mapping[str, str], ids: Set[int] | None = None) -> Page:
        """The rows of all pages; no further page is asked for once every coin of `ids` has come."""
        rows: list[Row] = []
        broken = 0
        before: tuple[Row, ...] = ()
        for number in range(1, (_MOST_PAGES if ids is None else _MOST_PAGES_OF_A_POLL) + 1):
            page = await self._page(path, {**params, "limit": str(_LIMIT), "page": str(number)})
            if page.rows == before:
                break  # "the API's page parameter doesn't work as expected", says their own client
            before = page.rows
            rows += page.rows
            broken += page.broken
            # `length` is that of all pages or of this one: only one that is larger says that more is to come.
            more = len(page.rows) >= _LIMIT or len(rows) < page.length
            if not more or (ids is not None and ids <= {row["token_id"] for row in rows}):
                break
        return Page(tuple(rows), page.received, broken=broken)

    async def _look_up(self, coins: Iterable[str]) -> None:
        """Find the ids that are missing."""
        missing = [coin for coin in coins if coin not in self._ids and coin not in self._lost]
        for start in range(0, len(missing), _SYMBOLS):
            batch = {self._symbols.get(coin, coin).upper(): coin for coin in missing[start : start + _SYMBOLS]}
            found = await self._tokens({"symbol": ",".join(batch)})
            for symbol, coin in batch.items():
                bearers = [token for token in found if token.symbol.upper() == symbol]
                if len(bearers) == 1:
                    self._ids[coin] = bearers[0].id
                else:
                    self._lost.add(coin)
                    self._notes.append(self._explain(coin, symbol, bearers))

    def _tell(self) -> tuple[str, ...]:
        """What is to be told and has not been yet: an answer that failed on the way keeps it for the next."""
        notes, self._notes = tuple(self._notes), []
        return notes

    def _explain(self, coin: str, symbol: str, bearers: Sequence[Candidate]) -> str:
        if not bearers:
            return f"{self.name} knows no {symbol}: {coin} has no signals there; write its id under coins:"
        listed = "; ".join(f"{token.id} ({token.name})" for token in bearers[:8])
        return f"{symbol} is several coins at {self.name}: {listed}; write which under coins: {coin}"

    async def _tokens(self, params: Mapping[str, str]) -> tuple[Candidate, ...]:
        tokens = {
            str(row["token_id"]): Candidate(
                str(row["token_id"]), str(row.get("token_symbol") or ""), str(row.get("token_name") or "")
            )
            for row in (await self._pages("tokens", params)).rows
        }
        return tuple(tokens.values())

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        """Hourly candles of the price, at most 29 days to a question."""
        if field != "price" or interval != 3600.0 or not self.has(field, coin):
            return None
        await self._look_up((coin,))
        if (id_ := self._ids.get(coin)) is None:
            return None
        end = min(end, self._clock.now())  # the bar that is still open is no history
        rows: list[Row] = []
        since = start - interval
        while since < end:
            until = min(since + _SPAN, end)
            params = {"token_id": id_, "startDate": _day(since), "endDate": _day(until)}
            rows += (await self._pages("hourly-ohlcv", params)).rows
            since = until
        return bars_of_rows(rows, source=self.name, coin=coin, span=(start, end))

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        if field != "price" or interval != 3600.0 or span <= 0:
            return 0
        parts, rest = divmod(span + interval, _SPAN)
        return int(parts) * _history_pages(_SPAN) + _history_pages(rest)

    async def find(self, text: str) -> tuple[Candidate, ...]:
        """By id, else by symbol, else by name."""
        if text.isdecimal():
            return await self._tokens({"token_id": text})
        return await self._tokens({"symbol": text.upper()}) or await self._tokens({"token_name": text})


def _history_pages(span: float) -> int:
    """Pages of hourly candles; the day that a span begins in is asked for whole."""
    return math.ceil((span + 86400.0) / 3600.0 / _LIMIT)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _build(name: str, settings: TokenMetricsSettings, ids: Ids, session: ClientSession, clock: Clock) -> TokenMetrics:
    return TokenMetrics(name, settings, ids, session, clock)


KIND = SourceKind(TokenMetricsSettings, _build)
