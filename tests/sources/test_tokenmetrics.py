"""Token Metrics' wire formats: both cases of keys, pages, dates, signals, symbols that are several coins'."""

import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from alertd.errors import SourceMalformed
from tests.fakes import START
from tests.sources.server import Reply, Stage, stage
from tests.sources.stand import columns

IDS: dict[str, str | int] = {"BTC": "3375", "ETH": 3306}
TODAY, YESTERDAY = "2026-01-01T00:00:00.000Z", "2025-12-31"


def rows(*rows_: dict[str, object], length: int | None = None) -> Reply:
    body = {"success": True, "message": "", "length": len(rows_) if length is None else length, "data": rows_}
    return Reply(json.dumps(body).encode())


@asynccontextmanager
async def desk(*replies: Reply, **settings: object) -> AsyncIterator[Stage]:
    async with stage("tokenmetrics", IDS, *replies, keys=["env:ALERTD_TEST_KEY"], **settings) as it:
        yield it


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_TEST_KEY", "a-key")


async def read(it: Stage, field: str, *coins: str) -> dict[str, float]:
    poll = await it.ask(field, *coins)
    return {coin: value for r in poll.readings for coin, value in zip(r.coins, r.values.tolist(), strict=True)}


ROWS: dict[str, tuple[str, list[dict[str, object]], dict[str, float]]] = {
    "v2 upper case": (
        "signal",
        [{"TOKEN_ID": 3375, "DATE": TODAY, "TRADING_SIGNAL": 0, "TOKEN_TREND": -1}],
        {"BTC": -1},
    ),
    "v3 lower case": ("signal", [{"token_id": 3375, "date": TODAY, "token_trend": 1}], {"BTC": 1}),
    "both cases in a row": ("signal", [{"TOKEN_ID": 3375, "date": TODAY, "Token_Trend": "1"}], {"BTC": 1}),
    "ids as text": ("price", [{"TOKEN_ID": "3306", "CURRENT_PRICE": "3000.5"}], {"ETH": 3000.5}),
    "the newest day": (
        "signal",
        [
            {"TOKEN_ID": 3375, "DATE": YESTERDAY, "TOKEN_TREND": 1},
            {"TOKEN_ID": 3375, "DATE": TODAY, "TOKEN_TREND": -1},
        ],
        {"BTC": -1},
    ),
    "no trend today": (
        "signal",
        [
            {"TOKEN_ID": 3375, "DATE": TODAY, "TRADING_SIGNAL": 0, "TOKEN_TREND": None},
            {"TOKEN_ID": 3375, "DATE": YESTERDAY, "TRADING_SIGNAL": 1},
        ],
        {"BTC": 1},
    ),
    "never a signal": ("signal", [{"TOKEN_ID": 3375, "DATE": TODAY, "TRADING_SIGNAL": 0, "TOKEN_TREND": 0}], {}),
    "a trend of two": ("signal", [{"TOKEN_ID": 3375, "DATE": TODAY, "TOKEN_TREND": 2}], {}),
    "a day that is none": ("signal", [{"TOKEN_ID": 3375, "DATE": "soon", "TOKEN_TREND": 1}], {}),
    "hourly in words": (
        "hourly_signal",
        [
            {"TOKEN_ID": 3375, "TIMESTAMP": "2025-12-31 23:00:00", "SIGNAL": "Bearish"},
            {"TOKEN_ID": 3306, "TIMESTAMP": "2025-12-31 23:00:00", "SIGNAL": "LONG"},
        ],
        {"BTC": -1, "ETH": 1},
    ),
    "hourly in figures": ("hourly_signal", [{"TOKEN_ID": 3375, "TIMESTAMP": YESTERDAY, "SIGNAL": "-1"}], {"BTC": -1}),
    "hourly in other words": ("hourly_signal", [{"TOKEN_ID": 3375, "TIMESTAMP": YESTERDAY, "SIGNAL": "moon"}], {}),
    "grades as text": (
        "tm_grade",
        [{"TOKEN_ID": 3375, "TM_GRADE": "61.5", "TM_GRADE_24h_PCT_CHANGE": "x"}],
        {"BTC": 61.5},
    ),
    "a grade over 100": ("tm_grade", [{"TOKEN_ID": 3375, "TM_GRADE": 100.5}], {}),
    "what a grade advises": ("grade_signal", [{"TOKEN_ID": 3375, "TM_GRADE_SIGNAL": "Strong Sell"}], {"BTC": -2}),
    "a grade of the technology": (
        "technology_grade",
        [{"TOKEN_ID": 3375, "DATE": TODAY, "TECHNOLOGY_GRADE": "71.2", "DEFI_USAGE_SCORE": None}],
        {"BTC": 71.2},
    ),
    "a grade of the valuation that is not there yet": (
        "valuation_grade",
        [{"token_id": 3375, "date": TODAY, "valuation_grade": None}],
        {},
    ),
    "momentum": ("momentum", [{"TOKEN_ID": 3375, "MOMENTUM": "Momentum Crashing"}], {"BTC": -2}),
    "another coin": ("price", [{"TOKEN_ID": 17528, "TOKEN_NAME": "BTC", "CURRENT_PRICE": 1}], {}),
    "a row that is none": ("price", [{"TOKEN_NAME": "x"}, {"TOKEN_ID": 3375, "CURRENT_PRICE": 7}], {"BTC": 7}),
}


@pytest.mark.parametrize("name", ROWS)
async def test_rows(name: str) -> None:
    field, data, wanted = ROWS[name]
    async with desk(rows(*data)) as it:
        assert await read(it, field, "BTC", "ETH") == wanted


async def test_a_signal_is_dated_by_its_day() -> None:
    async with desk(rows({"TOKEN_ID": 3375, "DATE": YESTERDAY, "TOKEN_TREND": 1})) as it:
        assert (await it.ask("signal", "BTC")).readings[0].at.tolist() == [START - 86400.0]


async def test_what_is_asked() -> None:
    async with desk(rows(), header="api_key") as it:
        await it.ask("signal", "BTC", "ETH")
        (request,) = it.script.asked
        assert request.path == "/trading-signals"
        assert request.headers["api_key"] == "a-key"
        assert dict(request.query) == {
            "token_id": "3375,3306",
            "startDate": "2025-12-31",
            "endDate": "2026-01-01",
            "limit": "100",
            "page": "1",
        }


async def test_grades_of_the_signals_endpoint_come_along_for_nothing() -> None:
    wanted = dict.fromkeys(("signal", "trader_grade", "tm_grade"), frozenset({"BTC"}))
    async with desk(rows()) as it:
        calls = it.source.calls({**wanted, "volume_24h": frozenset({"BTC"})})
        assert [(call.fields, call.every) for call in calls] == [
            (("tm_grade",), 6 * 3600.0),
            (("signal", "trader_grade"), 3600.0),
        ]


async def test_success_false_is_an_error_on_200() -> None:
    async with desk(Reply(b'{"success": false, "message": "plan a-key expired", "data": []}')) as it:
        with pytest.raises(SourceMalformed, match="success is false: plan") as caught:
            await it.ask()
        assert caught.value.reason == "not_success"


def levels(token: int, *known: object, date: str = TODAY, **row: object) -> dict[str, object]:
    found = [{"level": level, "date": "2025-01-05"} for level in known]
    return {"TOKEN_ID": token, "DATE": date, "HISTORICAL_RESISTANCE_SUPPORT_LEVELS": found, **row}


def costs(token: int, price: object) -> dict[str, object]:
    return {"TOKEN_ID": token, "CURRENT_PRICE": price}


BOTH_LEVELS = ("resistance", "support")
LEVELS: dict[str, tuple[list[dict[str, object]], dict[tuple[str, str], float]]] = {
    "the nearest on each side": (
        [levels(3375, 60_000, 71_000.5, 68_000, 90_000)],
        {("resistance", "BTC"): 71_000.5, ("support", "BTC"): 68_000.0},
    ),
    "as text, some not there": (
        [levels(3375, None, "71000", "soon", "68000")],
        {("resistance", "BTC"): 71_000.0, ("support", "BTC"): 68_000.0},
    ),
    "over all of them": ([levels(3375, 60_000, 68_000)], {("support", "BTC"): 68_000.0}),
    "under all of them": ([levels(3375, 80_000)], {("resistance", "BTC"): 80_000.0}),
    "the price itself is none of them": ([levels(3375, 70_000, 75_000)], {("resistance", "BTC"): 75_000.0}),
    "the newest day": (
        [levels(3375, 71_000), levels(3375, 72_000, date=YESTERDAY)],
        {("resistance", "BTC"): 71_000.0},
    ),
    "in lower case": (
        [{"token_id": 3375, "date": TODAY, "historical_resistance_support_levels": [{"level": 71_000}]}],
        {("resistance", "BTC"): 71_000.0},
    ),
    "another shape": ([levels(3375, HISTORICAL_RESISTANCE_SUPPORT_LEVELS="none")], {}),
    "levels of another shape": ([levels(3375, HISTORICAL_RESISTANCE_SUPPORT_LEVELS=[71_000, None])], {}),
    "no price": ([levels(3306, 71_000)], {}),
}


@pytest.mark.parametrize("name", LEVELS)
async def test_levels(name: str) -> None:
    found, wanted = LEVELS[name]
    async with desk(rows(*found), rows(costs(3375, "70000"), costs(3306, None))) as it:
        (call,) = it.source.calls(dict.fromkeys(BOTH_LEVELS, frozenset({"BTC", "ETH"})))
        assert (call.cost, call.every) == (2, 3600.0)
        poll = await it.source.poll(call, START)
        assert columns(poll) == wanted
        assert all(readings.at.tolist() == [START] for readings in poll.readings)
        assert it.script.paths == ["/resistance-support", "/price"]
        assert [request.query["token_id"] for request in it.script.asked] == ["3375,3306"] * 2


SENTIMENTS = ("market_sentiment", "news_sentiment", "reddit_sentiment", "twitter_sentiment")


@pytest.mark.parametrize("spell", [str.upper, str.lower], ids=["v2", "v3"])
async def test_sentiments_are_the_markets_and_the_newest_hours(spell: Callable[[str], str]) -> None:
    newest = {"datetime": TODAY, "market_sentiment_grade": 61, "news_sentiment_grade": "55.5"}
    newest |= {"reddit_sentiment_grade": None, "twitter_sentiment_grade": 101, "news_summary": "…"}
    older = {"datetime": "2025-12-31T23:00:00.000Z", "market_sentiment_grade": 20, "reddit_sentiment_grade": 5}
    async with desk(rows(*({spell(key): value for key, value in row.items()} for row in (older, newest)))) as it:
        (call,) = it.source.calls(dict.fromkeys((*SENTIMENTS, "price"), frozenset({"market"})))
        assert (call.fields, call.coins, call.every, call.cost) == (SENTIMENTS, ("market",), 3600.0, 1)
        poll = await it.source.poll(call, START)
        assert columns(poll) == {("market_sentiment", "market"): 61.0, ("news_sentiment", "market"): 55.5}
        assert poll.readings[0].at.tolist() == [START]
        assert poll.refused == {"no_number": 1, "out_of_range": 1}
        assert dict(it.script.asked[0].query) == {"limit": "10", "page": "1"}
        assert not it.source.has("news_sentiment", "BTC")
        assert not it.source.has("price", "market")


def hour(token: int, number: int) -> dict[str, object]:
    return {"TOKEN_ID": token, "TIMESTAMP": f"2025-12-{28 + number // 24} {number % 24:02}:00:00", "SIGNAL": "1"}


PAGES: dict[str, tuple[list[Reply], int, set[str]]] = {
    "all there": ([rows(hour(3375, 1), hour(3306, 1))], 1, {"BTC", "ETH"}),
    "a full page without all": (
        [rows(*(hour(3375, n % 90) for n in range(100))), rows(hour(3306, 1))],
        2,
        {"BTC", "ETH"},
    ),
    "a short page with a longer length": ([rows(hour(3375, 1), length=2), rows(hour(3306, 1))], 2, {"BTC", "ETH"}),
    "a coin that never comes": (
        [rows(*(hour(3375, (n + shift) % 90) for n in range(100))) for shift in range(4)],
        3,
        {"BTC"},
    ),
    "a page that repeats": ([rows(*(hour(3375, n % 90) for n in range(100)))], 2, {"BTC"}),
}


@pytest.mark.parametrize("name", PAGES)
async def test_pages(name: str) -> None:
    replies, asked, coins = PAGES[name]
    async with desk(*replies) as it:
        assert set(await read(it, "hourly_signal", "BTC", "ETH")) == coins
        assert [request.query["page"] for request in it.script.asked] == [str(page + 1) for page in range(asked)]


async def test_a_coin_that_never_comes_is_looked_for_once() -> None:
    replies, walked, coins = PAGES["a coin that never comes"]
    async with desk(*replies) as it:
        await read(it, "hourly_signal", "BTC", "ETH")
        assert set(await read(it, "hourly_signal", "BTC", "ETH")) == coins
        assert len(it.script.asked) == walked + 1
        it.script.then(rows(hour(3375, 1), hour(3306, 1)))
        assert set(await read(it, "hourly_signal", "BTC", "ETH")) == {"BTC", "ETH"}


def token(id_: int, symbol: str, name: str) -> dict[str, object]:
    return {"TOKEN_ID": id_, "TOKEN_SYMBOL": symbol, "TOKEN_NAME": name, "EXCHANGE_LIST": []}


async def test_missing_ids_are_looked_up_once_by_symbol() -> None:
    found = rows(token(1, "SOL", "Solana"), token(2, "PEPE", "Pepe"), token(3, "PEPE", "Pepe on Base"))
    prices = rows({"TOKEN_ID": 1, "CURRENT_PRICE": 150.0}, {"TOKEN_ID": 3375, "CURRENT_PRICE": 7.0})
    async with desk(found, prices) as it:
        (call,) = it.source.calls({"price": frozenset({"BTC", "SOL", "PEPE", "NONE"})})
        first, second = await it.source.poll(call, START), await it.source.poll(call, START)
        assert set(first.readings[0].coins) == {"BTC", "SOL"}
        assert first.notes == (
            "tokenmetrics knows no NONE: NONE has no signals there; write its id under coins:",
            "PEPE is several coins at tokenmetrics: 2 (Pepe); 3 (Pepe on Base); write which under coins: PEPE",
        )
        assert second.notes == ()
        assert it.script.paths == ["/tokens", "/price", "/price"]
        assert it.script.asked[0].query["symbol"] == "NONE,PEPE,SOL"
        assert it.script.asked[1].query["token_id"] == "3375,1"
        assert not it.source.has("price", "PEPE")


async def test_what_the_operator_should_know_survives_a_failure() -> None:
    async with desk(rows(), Reply(b"<html>"), rows({"TOKEN_ID": 3375, "CURRENT_PRICE": 7.0})) as it:
        (call,) = it.source.calls({"price": frozenset({"BTC", "NONE"})})
        with pytest.raises(SourceMalformed):
            await it.source.poll(call, START)
        assert len((await it.source.poll(call, START)).notes) == 1


async def test_history_is_hourly_candles() -> None:
    candle = {"TOKEN_ID": 3375, "OPEN": 2, "HIGH": "4", "LOW": 1, "CLOSE": 3.0, "VOLUME": None}
    starts = ["2025-12-31 23:00:00", "2026-01-01 00:00:00", "2025-12-31 22:00:00", "2025-12-29 22:00:00"]
    data = [{**candle, "TIMESTAMP": start} for start in starts]
    async with desk(rows(*data, {**candle, "TIMESTAMP": "2025-12-31 21:00:00", "LOW": 0})) as it:
        bars = await it.source.history("price", "BTC", interval=3600.0, start=START - 86400.0, end=START + 3600.0)
        assert bars is not None
        assert bars.end.tolist() == [START - 3600.0, START]
        assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (2.0, 4.0, 1.0, 3.0)
        assert it.script.paths == ["/hourly-ohlcv"]
        assert await it.source.history("price", "BTC", interval=60.0, start=0.0, end=START) is None
        assert await it.source.history("signal", "BTC", interval=3600.0, start=0.0, end=START) is None


async def test_a_long_history_is_asked_for_in_parts() -> None:
    async with desk(rows()) as it:
        await it.source.history("price", "BTC", interval=3600.0, start=START - 60 * 86400.0, end=START)
        spans = [(request.query["startDate"], request.query["endDate"]) for request in it.script.asked]
        assert spans == [("2025-11-01", "2025-11-29"), ("2025-11-29", "2025-12-27"), ("2025-12-27", "2026-01-01")]


def candles_of(first: str, last: str) -> list[dict[str, object]]:
    """One for every hour of these days that has begun by START, the newest first."""
    begin = datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp()
    end = min(datetime.fromisoformat(last).replace(tzinfo=UTC).timestamp() + 86400.0, START)
    starts = [begin + 3600.0 * number for number in range(math.ceil((end - begin) / 3600.0))]
    prices = {"OPEN": 2, "HIGH": 4, "LOW": 1, "CLOSE": 3}
    return [{"TOKEN_ID": 3375, "TIMESTAMP": int(start), **prices} for start in reversed(starts)]


@pytest.mark.parametrize("days", [1, 7, 27, 28, 29, 30, 60, 90])
async def test_a_history_costs_what_the_budget_says(days: int) -> None:
    async with desk(rows()) as it:
        await it.source.history("price", "BTC", interval=3600.0, start=START - days * 86400.0, end=START)
        found = [candles_of(request.query["startDate"], request.query["endDate"]) for request in it.script.asked]
        asked = len(found)
        pages = [data[first : first + 100] for data in found for first in range(0, len(data), 100)]
        it.script.then(*(rows(*page) for page in pages), rows())
        bars = await it.source.history("price", "BTC", interval=3600.0, start=START - days * 86400.0, end=START)
        assert bars is not None
        assert len(bars.end) == 24 * days
        assert it.source.history_cost("price", interval=3600.0, span=days * 86400.0) == len(it.script.asked) - asked


@pytest.mark.parametrize(
    ("text", "query"), [("3375", {"token_id": "3375"}), ("btc", {"symbol": "BTC"})], ids=["by id", "by symbol"]
)
async def test_find(text: str, query: dict[str, str]) -> None:
    async with desk(rows(token(3375, "BTC", "Bitcoin"), token(17528, "BTC", "BTC"))) as it:
        assert [(coin.id, coin.name) for coin in await it.source.find(text)] == [("3375", "Bitcoin"), ("17528", "BTC")]
        assert it.script.asked[0].query.items() >= query.items()


async def test_find_by_name_where_no_symbol_fits() -> None:
    async with desk(rows(), rows(token(3375, "BTC", "Bitcoin"))) as it:
        assert [coin.id for coin in await it.source.find("bitcoin")] == ["3375"]
        assert it.script.asked[1].query["token_name"] == "bitcoin"
