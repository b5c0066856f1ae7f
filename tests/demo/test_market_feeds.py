"""The loopback APIs: their answers have the shape of the real ones, and what is asked wrongly is refused and noted."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alertd.demo.feeds import BinanceFeed, CoinGeckoFeed, FearGreedFeed, TokenMetricsFeed
from alertd.demo.feeds.ground import Feed
from alertd.demo.market import HOUR, Market, market_day
from alertd.demo.platforms.record import Answer, Record
from alertd.sources.coins import CoinTable
from alertd.wire.session import http_session
from tests.fakes import START, HandClock

NOW = START + 11 * HOUR + 630.0
KEY = {"x-api-key": "tm-key", "x-cg-demo-api-key": "cg-key"}
SAMPLES = Path(os.environ.get("ALERTD_SAMPLES", Path(__file__).parents[2].parent / "shared" / "api-samples"))


@pytest.fixture(scope="module")
def market() -> Market:
    return market_day(7, START)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with http_session() as it:
        yield it


@pytest.fixture
async def feed(request: pytest.FixtureRequest, market: Market) -> AsyncIterator[Feed]:
    """The feed that the test is parametrized with."""
    table, record = CoinTable.shipped(), Record(now=HandClock(NOW).now)
    ids = table.ids(request.param)
    async with {
        "binance": BinanceFeed(market, record, ids),
        "coingecko": CoinGeckoFeed(market, record, ids, keys={"cg-key"}),
        "tokenmetrics": TokenMetricsFeed(market, record, ids, keys={"tm-key"}),
        "fear_greed": FearGreedFeed(market, record),
    }[request.param] as it:
        yield it


async def asked(feed: Feed, session: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, Any]:
    """(status, body) of a GET with the keys, unless `headers` say otherwise."""
    sent = {name.replace("_", "-"): value for name, value in (headers or KEY).items()}
    async with session.get(f"{feed.api}{path}", headers=sent) as response:
        return response.status, json.loads(await response.read() or b"null")


def kinds(body: object) -> object:
    """The shape of an answer: its keys and the kinds of its values, of the first row of a list."""
    if isinstance(body, dict):
        return {key: kinds(value) for key, value in body.items()}
    if isinstance(body, list):
        return [kinds(body[0])] if body else []
    return "number" if isinstance(body, int | float) else type(body).__name__


@pytest.mark.parametrize(
    ("feed", "path", "sample"),
    [
        ("binance", "/api/v3/ticker/price?symbol=BTCUSDT", "binance_ticker_price.json"),
        ("coingecko", "/simple/price?ids=ethereum&vs_currencies=usd", "coingecko_simple_price.json"),
        ("coingecko", "/coins/ethereum/market_chart?vs_currency=usd&days=2", "coingecko_market_chart.json"),
        ("tokenmetrics", "/trading-signals?token_id=3375&limit=1", "tokenmetrics_v2_trading_signals.json"),
        ("fear_greed", "/fng/?limit=1&format=json", "alternative_me_fng.json"),
    ],
    indirect=["feed"],
)
async def test_an_answer_has_the_shape_of_a_recorded_one(
    feed: Feed, session: aiohttp.ClientSession, path: str, sample: str
) -> None:
    if not (SAMPLES / sample).exists():
        pytest.skip(f"no {sample} in {SAMPLES}: set ALERTD_SAMPLES")
    status, body = await asked(feed, session, path)
    assert status == 200
    assert kinds(body) == kinds(json.loads((SAMPLES / sample).read_text()))


@pytest.mark.parametrize(
    ("feed", "path", "sample"),
    [
        ("coingecko", "/coins/markets?vs_currency=usd", "coingecko_coins_markets.json"),
        ("binance", "/api/v3/klines?symbol=BTCUSDT&interval=1h", "binance_klines.json"),
    ],
    indirect=["feed"],
)
async def test_a_row_has_what_a_recorded_one_has(
    feed: Feed, session: aiohttp.ClientSession, path: str, sample: str
) -> None:
    if not (SAMPLES / sample).exists():
        pytest.skip(f"no {sample} in {SAMPLES}: set ALERTD_SAMPLES")
    _, rows = await asked(feed, session, path)
    recorded = json.loads((SAMPLES / sample).read_text())
    if isinstance(rows[0], list):
        assert [type(cell) for cell in rows[0]] == [type(cell) for cell in recorded[0]]
    else:
        assert rows[0].keys() <= recorded[0].keys()


@pytest.mark.parametrize(
    ("feed", "path", "status", "said"),
    [
        pytest.param("binance", "/api/v3/ticker/price?symbols=[%22BTCUSDT%22,%22XUSDT%22]", 400, -1121, id="a symbol"),
        pytest.param("binance", "/api/v3/klines?symbol=BTCUSDT&interval=7m", 400, -1120, id="an interval"),
        pytest.param("binance", "/api/v3/klines?symbol=XUSDT&interval=1m", 400, -1121, id="klines of a symbol"),
        pytest.param("coingecko", "/coins/nothing/market_chart?vs_currency=usd&days=1", 404, "coin not found", id="id"),
    ],
    indirect=["feed"],
)
async def test_what_there_is_not(
    feed: Feed, session: aiohttp.ClientSession, path: str, status: int, said: int | str
) -> None:
    got, body = await asked(feed, session, path)
    assert got == status
    assert said in body.values()


@pytest.mark.parametrize(
    ("feed", "path", "note"),
    [
        pytest.param("coingecko", "/coins/markets", "no vs_currency", id="no currency"),
        pytest.param("coingecko", "/coins/markets?vs_currency=usd&per_page=251", "the most is 250", id="a long page"),
        pytest.param(
            "coingecko", f"/coins/markets?vs_currency=usd&ids={','.join(map(str, range(251)))}", "251 ids", id="251 ids"
        ),
        pytest.param("coingecko", "/simple/price?vs_currencies=usd&ids=a,a", "names one twice", id="an id twice"),
        pytest.param("coingecko", "/coins/list?x_cg_demo_api_key=1", "a key in the URL", id="a key in the URL"),
        pytest.param("tokenmetrics", "/price", "token_id is required", id="no token"),
        pytest.param("tokenmetrics", "/tokens?limit=1000", "at most 100", id="a long page there"),
        pytest.param("tokenmetrics", "/tokens?page=0", "pages count from 1", id="page 0"),
        pytest.param("tokenmetrics", "/trader-grades?startDate=2026-01-01", "dates are two", id="one date"),
        pytest.param(
            "tokenmetrics", "/trader-grades?startDate=2025-11-01&endDate=2026-01-01", "29 days", id="two months"
        ),
        pytest.param("binance", "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1001", "1000", id="1001 klines"),
        pytest.param("binance", "/api/v3/ticker/price?symbols=[%22BTCUSDT%22,+%22ETHUSDT%22]", "a space", id="a space"),
    ],
    indirect=["feed"],
)
async def test_what_is_asked_wrongly_is_noted(feed: Feed, session: aiohttp.ClientSession, path: str, note: str) -> None:
    await asked(feed, session, path)
    assert len(feed.record.wrong) == 1
    assert note in feed.record.wrong[0]


@pytest.mark.parametrize(
    ("feed", "headers", "status"),
    [
        pytest.param("coingecko", {"x_cg_demo_api_key": "cg-key"}, 200, id="the key"),
        pytest.param("coingecko", {"x_cg_demo_api_key": "other"}, 401, id="another key"),
        pytest.param("coingecko", {"accept": "*/*"}, 401, id="no key"),
        pytest.param("coingecko", {"x_cg_pro_api_key": "cg-key"}, 400, id="the other plan's header"),
        pytest.param("tokenmetrics", {"x_api_key": "tm-key"}, 200, id="the key there"),
        pytest.param("tokenmetrics", {"api_key": "tm-key"}, 401, id="the older header"),
    ],
    indirect=["feed"],
)
async def test_keys(feed: Feed, session: aiohttp.ClientSession, headers: dict[str, str], status: int) -> None:
    path = "/coins/list" if isinstance(feed, CoinGeckoFeed) else "/tokens"
    assert (await asked(feed, session, path, **headers))[0] == status


@pytest.mark.parametrize("feed", ["coingecko"], indirect=True)
async def test_a_tag_holds_while_the_answer_does(feed: Feed, session: aiohttp.ClientSession) -> None:
    url = f"{feed.api}/coins/markets?vs_currency=usd"
    async with session.get(url, headers=KEY) as response:
        tag = response.headers["ETag"]
    async with session.get(url, headers={**KEY, "If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    feed.record.now = HandClock(NOW + 60).now
    async with session.get(url, headers={**KEY, "If-None-Match": tag}) as response:
        assert response.status == 200


@pytest.mark.parametrize("feed", ["tokenmetrics"], indirect=True)
async def test_pages_are_newest_first_and_end(feed: Feed, session: aiohttp.ClientSession) -> None:
    pages = [
        (await asked(feed, session, f"/hourly-ohlcv?token_id=3375&limit=20&page={number}"))[1] for number in range(1, 4)
    ]
    assert [page["length"] for page in pages] == [20, 16, 0]
    starts = [row["TIMESTAMP"] for page in pages for row in page["data"]]
    assert starts == sorted(starts, reverse=True)
    assert (starts[0], starts[-1]) == ("2026-01-01T11:00:00.000Z", "2025-12-31T00:00:00.000Z")


@pytest.mark.parametrize("feed", ["binance"], indirect=True)
async def test_the_last_kline_is_the_open_one(feed: Feed, session: aiohttp.ClientSession) -> None:
    start = int((START + 9 * HOUR) * 1000)
    path = f"/api/v3/klines?symbol=BTCUSDT&interval=1h&startTime={start}"
    _, rows = await asked(feed, session, path)
    assert [row[0] for row in rows] == [start, start + 3_600_000, start + 7_200_000]
    assert rows[-1][6] > NOW * 1000
    assert (await asked(feed, session, f"{path}&limit=1"))[1] == rows[:1]


@pytest.mark.parametrize("interval", ["3m", "15m", "1h", "4h", "6h"])
@pytest.mark.parametrize("feed", ["binance"], indirect=True)
async def test_longer_klines_hold_what_the_shorter_ones_traded(
    feed: Feed, session: aiohttp.ClientSession, interval: str
) -> None:
    path = "/api/v3/klines?symbol=BTCUSDT&limit=1000&interval="
    _, minutes = await asked(feed, session, f"{path}1m")
    _, rows = await asked(feed, session, f"{path}{interval}")
    start, end = rows[-2][0], rows[-2][6]
    for column in (5, 7):
        parts = [float(row[column]) for row in minutes if start <= row[0] < end]
        assert float(rows[-2][column]) == pytest.approx(sum(parts))
        assert len({*parts}) > 1


@pytest.mark.parametrize("feed", ["tokenmetrics"], indirect=True)
async def test_sentiments_are_hourly_newest_first_and_nobodys(feed: Feed, session: aiohttp.ClientSession) -> None:
    _, body = await asked(feed, session, "/sentiments?limit=3")
    assert [row["DATETIME"] for row in body["data"]] == [f"2026-01-01T{hour}:00:00.000Z" for hour in (11, 10, "09")]
    kinds_ = ("MARKET", "NEWS", "REDDIT", "TWITTER")
    assert body["data"][0].keys() == {
        "DATETIME",
        *(f"{kind}_SENTIMENT_{what}" for kind in kinds_ for what in ("GRADE", "LABEL")),
        *(f"{kind}_SUMMARY" for kind in kinds_[1:]),
    }


@pytest.mark.parametrize("feed", ["tokenmetrics"], indirect=True)
async def test_levels_have_a_day_each(feed: Feed, session: aiohttp.ClientSession) -> None:
    _, body = await asked(feed, session, "/resistance-support?token_id=3375")
    (row,) = body["data"]
    assert {"TOKEN_ID", "DATE"} <= row.keys()
    assert kinds(row["HISTORICAL_RESISTANCE_SUPPORT_LEVELS"]) == [{"level": "number", "date": "str"}]


@pytest.mark.parametrize("feed", ["binance", "coingecko", "tokenmetrics", "fear_greed"], indirect=True)
async def test_a_scripted_answer_comes_first_and_all_is_counted(feed: Feed, session: aiohttp.ClientSession) -> None:
    path = {
        BinanceFeed: "/api/v3/ticker/price",
        CoinGeckoFeed: "/coins/list",
        TokenMetricsFeed: "/tokens",
        FearGreedFeed: "/fng/",
    }[type(feed)]
    feed.record.answers.append(Answer(429, {"Retry-After": "5"}, b"{}"))
    assert [(await asked(feed, session, path))[0] for _ in range(2)] == [429, 200]
    assert feed.asked(path) == 2
