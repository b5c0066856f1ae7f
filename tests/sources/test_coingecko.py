"""CoinGecko's wire formats, calls and history."""

import json

import pytest

from alertd.errors import SourceMalformed
from alertd.sources import kind
from alertd.sources.coingecko import decode_markets, decode_prices
from alertd.wire.session import http_session
from tests.fakes import START, HandClock
from tests.sources.server import Reply, stage

IDS = {"BTC": "bitcoin", "ETH": "ethereum", "SNT": "status"}
BY_ID = {"bitcoin": "BTC", "ethereum": "ETH"}
ROW = {
    "id": "bitcoin",
    "symbol": "btc",
    "current_price": 70187,
    "market_cap": 1381651251183,
    "market_cap_rank": 1,
    "total_volume": 20154184933,
    "roi": None,
    "sparkline_in_7d": {"price": [1.5]},
    "last_updated": "2025-12-31T23:59:31.736Z",
}


def test_markets_into_columns() -> None:
    other = {**ROW, "id": "ethereum", "current_price": 3000.5, "market_cap_rank": None, "last_updated": None}
    body = json.dumps([ROW, other, {**ROW, "id": "not-asked-for"}]).encode()
    fields = ("market_cap", "market_cap_rank", "price", "volume_24h")
    poll = decode_markets(body, START, source="cg", coins=BY_ID, fields=fields)
    columns = {it.field: dict(zip(it.coins, it.values.tolist(), strict=True)) for it in poll.readings}
    assert columns == {
        "market_cap": {"BTC": 1381651251183.0, "ETH": 1381651251183.0},
        "market_cap_rank": {"BTC": 1.0},
        "price": {"BTC": 70187.0, "ETH": 3000.5},
        "volume_24h": {"BTC": 20154184933.0, "ETH": 20154184933.0},
    }
    # A row without a time of its own is as of its receipt.
    assert poll.readings[0].at.tolist() == [START - 28.264, START]
    assert poll.refused == {"no_number": 1}


def test_records_into_columns() -> None:
    records = {"ath": 73738, "ath_change_percentage": -4.77063, "atl": 67.81}
    over = {"id": "ethereum", "ath": None, "ath_change_percentage": 0.5, "atl": 0.4}
    body = json.dumps([{**ROW, **records}, {**ROW, **over}]).encode()
    fields = ("all_time_high", "all_time_low", "drawdown", "price")
    poll = decode_markets(body, START, source="cg", coins=BY_ID, fields=fields)
    columns = {it.field: dict(zip(it.coins, it.values.tolist(), strict=True)) for it in poll.readings}
    assert columns == {
        "all_time_high": {"BTC": 73738.0},
        "all_time_low": {"BTC": 67.81, "ETH": 0.4},
        "drawdown": {"BTC": 4.77063, "ETH": 0.0},
        "price": {"BTC": 70187.0, "ETH": 70187.0},
    }
    assert poll.refused == {"no_number": 1}


def test_a_coin_that_comes_twice_is_read_once() -> None:
    body = json.dumps([ROW, {**ROW, "current_price": 1}]).encode()
    poll = decode_markets(body, START, source="cg", coins={"bitcoin": "BTC"}, fields=("price",))
    assert (poll.readings[0].coins, poll.readings[0].values.tolist()) == (("BTC",), [70187.0])
    assert poll.refused == {"twice": 1}


def test_prices_into_columns() -> None:
    body = b'{"bitcoin":{"usd":76975,"usd_24h_vol":null,"last_updated_at":1767225500}}'
    poll = decode_prices(body, START, source="cg", coins=BY_ID)
    (reading,) = poll.readings
    assert (reading.coins, reading.values.tolist(), reading.at.tolist()) == (("BTC",), [76975.0], [1767225500.0])
    assert poll.refused == {"absent": 1}


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":{"error_code":429,"error_message":"slow"}}',
        b'{"error":"coin not found"}',
        b'{"error":{"status":{}}}',
    ],
)
def test_an_error_with_status_200(body: bytes) -> None:
    with pytest.raises(SourceMalformed) as caught:
        decode_prices(body, START, source="cg", coins=BY_ID)
    assert caught.value.reason == "not_success"


def test_a_coin_whose_id_is_status() -> None:
    poll = decode_prices(b'{"status":{"usd":0.02}}', START, source="cg", coins={"status": "SNT"})
    assert poll.readings[0].coins == ("SNT",)


async def test_prices_alone_come_from_simple_price() -> None:
    async with stage("coingecko", IDS, Reply(b'{"bitcoin": {"usd": 7}}')) as it:
        await it.ask("price", "BTC", "ETH")
        (request,) = it.script.asked
        assert request.path == "/simple/price"
        assert dict(request.query) == {
            "ids": "bitcoin,ethereum",
            "vs_currencies": "usd",
            "include_last_updated_at": "true",
        }


async def test_anything_more_comes_from_markets_in_batches_of_250() -> None:
    ids: dict[str, str | int] = {f"C{number:03}": f"id-{number:03}" for number in range(300)}
    async with stage("coingecko", ids, Reply(json.dumps([ROW]).encode())) as it:
        wanted = {"price": frozenset(ids), "market_cap": frozenset({"C000"}), "signal": frozenset(ids)}
        calls = it.source.calls(wanted)
        assert [(len(call.coins), call.cost) for call in calls] == [(250, 1), (50, 1)]
        assert calls[0].fields == ("market_cap", "price")
        await it.source.poll(calls[1], START)
        (request,) = it.script.asked
        assert request.path == "/coins/markets"
        assert request.query["vs_currency"] == "usd"
        assert len(request.query["ids"].split(",")) == 50
        assert request.query["per_page"] == "250"


@pytest.mark.parametrize(
    ("plan", "header"),
    [("demo", "x-cg-demo-api-key"), ("pro", "x-cg-pro-api-key")],
)
async def test_the_plan_decides_on_the_header(plan: str, header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_TEST_KEY", "a-key")
    async with stage("coingecko", IDS, Reply(b"{}"), plan=plan, keys=["env:ALERTD_TEST_KEY"]) as it:
        await it.ask("price", "BTC")
        assert it.script.asked[0].headers[header] == "a-key"


CHART = {
    "prices": [
        *([(START - 7200.0 + step * 300.0) * 1000, 100.0 + step] for step in range(25)),
        *([(START - 1000.0) * 1000, bad] for bad in (0.0, -1.0, None)),
    ],
    "market_caps": [[(START - 3600.0) * 1000, None], [START * 1000, 9.0]],
    "total_volumes": [],
}


@pytest.mark.parametrize(
    ("field", "interval", "days", "bars"),
    [
        ("price", 60.0, "1", 12),
        ("price", 900.0, "1", 4),
        ("price", 3600.0, "2", 1),
        ("price", 14400.0, "2", 1),
        ("market_cap", 3600.0, "2", 1),
        ("volume_24h", 3600.0, "2", 0),
    ],
)
async def test_history_is_made_of_the_charts_points(field: str, interval: float, days: str, bars: int) -> None:
    async with stage("coingecko", IDS, Reply(json.dumps(CHART).encode())) as it:
        found = await it.source.history(field, "BTC", interval=interval, start=START - 3600.0, end=START)
        assert found is not None
        assert len(found.end) == bars
        assert ((found.end > START - 3600.0) & (found.end <= START)).all()
        assert it.script.asked[0].path == "/coins/bitcoin/market_chart"
        assert it.script.asked[0].query["days"] == days
    if (field, interval) == ("price", 3600.0):
        assert (found.open[0], found.high[0], found.low[0], found.close[0]) == (113.0, 124.0, 113.0, 124.0)


async def test_no_history_of_other_intervals() -> None:
    async with http_session() as session:
        found = kind("coingecko")
        source = found.build("cg", found.settings.model_validate({}), IDS, session, HandClock())
        assert await source.history("price", "BTC", interval=30.0, start=0.0, end=START) is None
        assert source.history_cost("price", interval=30.0, span=86400.0) == 0
        assert await source.history("market_cap_rank", "BTC", interval=60.0, start=0.0, end=START) is None


async def test_find_lists_the_largest_first() -> None:
    listed = [{"id": "pepe-2", "symbol": "pepe", "name": "Pepe 2"}, {"id": "pepe", "symbol": "pepe", "name": "Pepe"}]
    ranked = [{**listed[1], "market_cap_rank": 30}, {**listed[0], "market_cap_rank": None}]
    async with stage("coingecko", IDS, *(Reply(json.dumps(rows).encode()) for rows in (listed, ranked))) as it:
        found = await it.source.find("PEPE")
        assert [(coin.id, coin.symbol, coin.rank) for coin in found] == [("pepe", "PEPE", 30), ("pepe-2", "PEPE", None)]
