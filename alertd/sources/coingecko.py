"""CoinGecko v3: prices, volumes and market caps of almost every coin; keyless, demo and pro plans.

Wire formats (coingecko-api-oas): `/coins/markets` is an array of rows whose numbers are numbers or null, dated by
`last_updated` (ISO 8601); `/simple/price` an object by id, dated by `last_updated_at` (epoch seconds), without the ids
that it does not know. `/coins/{id}/market_chart` gives [[milliseconds, value], …]: every 5 minutes for one day, every
hour for up to 90, every day beyond.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, ClassVar, Literal, Self

import numpy as np
from aiohttp import ClientSession
from msgspec import Raw, Struct
from msgspec.json import Decoder
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from alertd.errors import SourceMalformed
from alertd.model.reading import Bars, Poll, Readings
from alertd.ports import Call, Candidate, Clock
from alertd.sources.http import Access, Api
from alertd.sources.kind import Ids, SourceKind, one_coin_each
from alertd.sources.plan import endpoint_of, plan
from alertd.sources.settings import SourceSettings
from alertd.sources.values import bars_of_points, count_absent, decode, decode_rows, moments, sift
from alertd.wire.secret import Secret

_MARKETS, _SIMPLE = "coins/markets", "simple/price"
_BATCH = 250
_QUOTE = "usd"
"""The daemon's one currency (`quote:` of the configuration)."""
_HOURLY_DAYS, _DAILY_DAYS = 90, 365
_RECORDS = ("all_time_high", "all_time_low", "drawdown")


class _Plan(Struct, frozen=True):
    base: str
    header: str
    per_minute: int


_PLANS = {
    "keyless": _Plan("https://api.coingecko.com/api/v3", "", 10),
    "demo": _Plan("https://api.coingecko.com/api/v3", "x-cg-demo-api-key", 30),
    "pro": _Plan("https://pro-api.coingecko.com/api/v3", "x-cg-pro-api-key", 300),
}
"""The pace is the lowest that any of CoinGecko's pages promises; `per_minute` raises it."""


class CoinGeckoSettings(SourceSettings):
    """`plan` decides on the host and the header of the key."""

    defaults: ClassVar[Mapping[str, float]] = dict.fromkeys(
        ("price", "volume_24h", "market_cap", "market_cap_rank", *_RECORDS), 300.0
    )

    plan: Literal["keyless", "demo", "pro"] = "keyless"
    keys: tuple[Secret, ...] = ()

    @property
    def pace(self) -> int:
        return self.per_minute or _PLANS[self.plan].per_minute

    @model_validator(mode="after")
    def _keys_fit_the_plan(self) -> Self:
        if (self.plan == "keyless") == bool(self.keys):
            raise PydanticCustomError("keys", "plan: demo and plan: pro need keys, and only they do")
        return self


class _Market(Struct, gc=False):
    id: str
    current_price: float | None = None
    total_volume: float | None = None
    market_cap: float | None = None
    market_cap_rank: float | None = None
    last_updated: str | None = None


class _Record(_Market, gc=False):
    """A row with what rules on records ask for; the others need not read that much."""

    ath: float | None = None
    ath_change_percentage: float | None = None
    atl: float | None = None


class _Listed(Struct, gc=False):
    id: str
    symbol: str
    name: str
    market_cap_rank: int | None = None


_ID = attrgetter("id")
_MARKET_ROWS = Decoder(list[_Market])
_MARKET_ROW = Decoder(_Market)
_RECORD_ROWS = Decoder(list[_Record])
_RECORD_ROW = Decoder(_Record)
_LISTED = Decoder(list[_Listed])
_BY_ID = Decoder(dict[str, Raw])
_PRICE_ROW = Decoder(dict[str, float | None])
_CHART = Decoder(dict[str, list[tuple[float, float | None]]])
_CHARTS = {"price": "prices", "market_cap": "market_caps", "volume_24h": "total_volumes"}


def decode_markets(
    body: bytes, received: float, *, source: str, coins: Mapping[str, str], fields: tuple[str, ...]
) -> Poll:
    """`/coins/markets` → columns; `coins` are those asked for, by CoinGecko's id."""
    refused: Counter[str] = Counter()
    rows: list[_Market] | list[_Record]
    if any(field in _RECORDS for field in fields):
        rows = decode_rows(_RECORD_ROWS, _RECORD_ROW, body, source=source, refused=refused)
    else:
        rows = decode_rows(_MARKET_ROWS, _MARKET_ROW, body, source=source, refused=refused)
    names = list(filter(None, map(coins.get, map(_ID, rows))))
    if len(names) < len(rows):
        rows = [row for row in rows if row.id in coins]
    at = moments([row.last_updated for row in rows], received)
    count_absent(len(coins) - len(rows), refused)
    readings: tuple[Readings, ...] = ()
    for field in fields:
        readings += sift(source, field, (names, list(map(_PICKS[field], rows)), at), received=received, refused=refused)
    return Poll(source, received, readings, refused=dict(refused))


def _drawdown(row: "_Record") -> float | None:
    """Positive, and none at all while the price is over a high that is not brought up to date yet."""
    change = row.ath_change_percentage
    return None if change is None else max(0.0, -change)


_PICKS: Mapping[str, Callable[[Any], float | None]] = {
    "price": attrgetter("current_price"),
    "volume_24h": attrgetter("total_volume"),
    "market_cap": attrgetter("market_cap"),
    "market_cap_rank": attrgetter("market_cap_rank"),
    "all_time_high": attrgetter("ath"),
    "all_time_low": attrgetter("atl"),
    "drawdown": _drawdown,
}
"""A field's value in a row; those of `_RECORDS` are in a `_Record` only."""


def decode_prices(body: bytes, received: float, *, source: str, coins: Mapping[str, str]) -> Poll:
    """`/simple/price` → columns; `coins` are those asked for, by CoinGecko's id."""
    refused: Counter[str] = Counter()
    names: list[str] = []
    prices: list[float | None] = []
    times: list[float] = []
    answer = decode(_BY_ID, body, source)
    for id_, raw in answer.items():
        if id_ not in coins:
            continue
        try:
            row = _PRICE_ROW.decode(raw)
        except ValueError:
            refused["wrong_type"] += 1
            continue
        names.append(coins[id_])
        prices.append(row.get(_QUOTE))
        times.append(row.get("last_updated_at") or received)
    if not names and answer.keys() & {"status", "error"} - coins.keys():
        raise SourceMalformed(f"{source}: an error in place of prices", reason="not_success")
    count_absent(len(coins) - len(names), refused)
    readings = sift(source, "price", (names, prices, np.array(times)), received=received, refused=refused)
    return Poll(source, received, readings, refused=dict(refused))


class CoinGecko:
    """Prices alone come from `/simple/price`; with anything else all come from `/coins/markets`."""

    fields = frozenset(CoinGeckoSettings.defaults)

    def __init__(self, name: str, settings: CoinGeckoSettings, ids: Ids, session: ClientSession, clock: Clock) -> None:
        self.name = name
        self._ids = one_coin_each(name, ids)
        self._clock = clock
        access = _PLANS[settings.plan]
        self._settings = settings.model_copy(update={"per_minute": settings.pace})
        self._api = Api(
            name, self._settings, Access(access.base, access.header, settings.keys), session=session, clock=clock
        )

    def has(self, field: str, coin: str) -> bool:
        return field in self.fields and coin in self._ids

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        mine = {field: frozenset(coin for coin in coins if self.has(field, coin)) for field, coins in wanted.items()}
        path = _SIMPLE if {field for field, coins in mine.items() if coins} == {"price"} else _MARKETS
        return plan(mine, endpoint=lambda _: path, every=self._settings.interval, batch=lambda _: _BATCH)

    async def poll(self, call: Call, now: float) -> Poll:
        coins = {self._ids[coin]: coin for coin in call.coins}
        picks = (*call.fields, *call.coins)
        if endpoint_of(call) == _SIMPLE:
            params = {"ids": ",".join(coins), "vs_currencies": _QUOTE, "include_last_updated_at": "true"}
            return await self._api.poll(
                f"/{_SIMPLE}",
                params,
                picks,
                lambda body, received: decode_prices(body, received, source=self.name, coins=coins),
            )
        params = {"vs_currency": _QUOTE, "ids": ",".join(coins), "per_page": str(_BATCH), "page": "1"}
        return await self._api.poll(
            f"/{_MARKETS}",
            params,
            picks,
            lambda body, received: decode_markets(body, received, source=self.name, coins=coins, fields=call.fields),
        )

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        """Bars of the chart's points: every five minutes of the last day, every hour of the last 90 days, every day of
        the last year."""
        first = math.floor(start / interval) * interval
        days = _days(interval, self._clock.now() - first)
        if field not in _CHARTS or not self.has(field, coin) or days is None:
            return None
        params = {"vs_currency": _QUOTE, "days": str(days)}
        body, _ = await self._api.body(f"/coins/{self._ids[coin]}/market_chart", params)
        points = np.array(decode(_CHART, body, self.name).get(_CHARTS[field], []), dtype=np.float64).reshape(-1, 2)
        points = points[np.isfinite(points).all(axis=1) & (points[:, 1] > 0)]
        times = points[:, 0] / 1000.0
        last = math.floor(min(end, self._clock.now()) / interval) * interval  # the open bar is no history
        kept = (times > first) & (times <= last)
        return bars_of_points(self.name, field, coin, interval, (times[kept], points[kept, 1]))

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return 1 if field in _CHARTS and _days(interval, span) is not None else 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        """Coins of that very symbol, id or name, else those that hold it; the largest first."""
        word = text.casefold()
        body, _ = await self._api.body("/coins/list", {})
        listed = decode(_LISTED, body, self.name)
        found = [coin for coin in listed if word in (coin.symbol.casefold(), coin.id, coin.name.casefold())]
        found = found or [coin for coin in listed if word in coin.id or word in coin.name.casefold()]
        params = {"vs_currency": _QUOTE, "ids": ",".join(coin.id for coin in found[:_BATCH])}
        ranks: dict[str, int | None] = {}
        if found:
            body, _ = await self._api.body(f"/{_MARKETS}", params)
            ranks = {coin.id: coin.market_cap_rank for coin in decode(_LISTED, body, self.name)}
        found.sort(key=lambda coin: ranks.get(coin.id) or math.inf)
        return tuple(Candidate(coin.id, coin.symbol.upper(), coin.name, ranks.get(coin.id)) for coin in found[:20])


def _days(interval: float, span: float) -> int | None:
    """How many days of chart have points for bars that long, None where none do. A longer span is cut."""
    if interval <= 0 or interval % 60.0:
        return None
    if interval % 3600.0:
        return 1
    # Over 90 days a chart has one point a day, at its midnight.
    return min(max(math.ceil(span / 86400.0), 2), _DAILY_DAYS if interval % 86400.0 == 0 else _HOURLY_DAYS)


def _build(name: str, settings: CoinGeckoSettings, ids: Ids, session: ClientSession, clock: Clock) -> CoinGecko:
    return CoinGecko(name, settings, ids, session, clock)


KIND = SourceKind(CoinGeckoSettings, _build)
