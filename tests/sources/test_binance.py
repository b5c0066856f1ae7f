"""Binance's wire formats: tickers, unknown symbols, candles."""

import json

import numpy as np
import pytest

from alertd.errors import SourceMalformed
from alertd.sources.binance import decode_tickers
from tests.fakes import START
from tests.sources.server import Reply, stage

IDS: dict[str, str | int] = {"BTC": "BTCUSDT", "ETH": "ethusdt", "BAD": "BADUSDT"}
PRICES = [{"symbol": "BTCUSDT", "price": "4.00000200"}, {"symbol": "ETHUSDT", "price": "0.5"}]
UNKNOWN = Reply(b'{"code":-1121,"msg":"Invalid symbol."}', 400)
ILLEGAL = Reply(b'{"code":-1100,"msg":"Illegal characters found in parameter \'symbols\'"}', 400)


def prices(*rows: dict[str, str]) -> Reply:
    return Reply(json.dumps(rows or PRICES).encode())


def test_the_day_ticker_into_columns() -> None:
    row = {"symbol": "BNBBTC", "lastPrice": "4.00000200", "quoteVolume": "15.30", "closeTime": 1767225590500}
    poll = decode_tickers(
        json.dumps([row]).encode(), START, source="b", coins={"BNBBTC": "BNB"}, fields=("price", "volume_24h")
    )
    assert [(it.field, it.values.tolist(), it.at.tolist()) for it in poll.readings] == [
        ("price", [4.000002], [START - 9.5]),
        ("volume_24h", [15.3], [START - 9.5]),
    ]


async def test_prices_are_asked_for_by_name_in_one_request() -> None:
    async with stage("binance", IDS, prices()) as it:
        poll = await it.ask("price", "BTC", "ETH")
        (request,) = it.script.asked
        assert request.path == "/api/v3/ticker/price"
        assert request.query["symbols"] == '["BTCUSDT","ETHUSDT"]'
        assert dict(zip(poll.readings[0].coins, poll.readings[0].values.tolist(), strict=True)) == {
            "BTC": 4.000002,
            "ETH": 0.5,
        }
        assert poll.readings[0].at.tolist() == [START, START]


async def test_many_are_taken_from_the_whole_exchange() -> None:
    ids: dict[str, str | int] = {f"C{number}": f"C{number}USDT" for number in range(201)}
    async with stage("binance", ids, prices({"symbol": "C7USDT", "price": "7"}, {"symbol": "XYZ", "price": "1"})) as it:
        poll = await it.ask("price", *ids)
        assert "symbols" not in it.script.asked[0].query
        assert poll.readings[0].coins == ("C7",)
        assert poll.refused == {"absent": 200}


async def test_a_volume_brings_the_day_ticker_for_all() -> None:
    async with stage("binance", IDS, Reply(b"[]")) as it:
        (call,) = it.source.calls({"price": frozenset({"BTC"}), "volume_24h": frozenset({"BTC"})})
        await it.source.poll(call, START)
        assert it.script.paths == ["/api/v3/ticker/24hr"]
        assert call.every == 5.0


@pytest.mark.parametrize("fault", [UNKNOWN, ILLEGAL], ids=["unknown", "with a character that none has"])
async def test_an_unknown_symbol_costs_the_others_nothing_and_is_told_once(fault: Reply) -> None:
    async with stage("binance", IDS, fault, prices()) as it:
        (call,) = it.source.calls({"price": frozenset(IDS)})
        first = await it.source.poll(call, START)
        assert set(first.readings[0].coins) == {"BTC", "ETH"}
        assert first.notes == ("binance knows no symbol BADUSDT: BAD has no price there; mend its id under coins:",)
        second = await it.source.poll(call, START)
        assert (second.notes, second.refused) == ((), {})
        assert [request.query.get("symbols") for request in it.script.asked] == [
            '["BADUSDT","BTCUSDT","ETHUSDT"]',
            None,
            '["BTCUSDT","ETHUSDT"]',
        ]
        assert not it.source.has("price", "BAD")


async def test_another_fault_is_told_as_it_is() -> None:
    async with stage("binance", IDS, Reply(b'{"code":-1102,"msg":"A parameter is missing"}', 400)) as it:
        with pytest.raises(SourceMalformed, match="A parameter is missing"):
            await it.ask()


def kline(start: float, *ohlc: str) -> list[object]:
    rest = ["1", int(start * 1000) + 59999, "1", 3, "1", "1", "0"]
    return [int(start * 1000), *(ohlc or ("2", "4", "1", "3")), *rest]


async def test_candles_by_pages_without_the_open_one() -> None:
    starts = [START - 60.0 * (1500 - number) for number in range(1501)]
    rows = [kline(start) for start in starts]
    async with stage("binance", IDS, *(Reply(json.dumps(page).encode()) for page in (rows[:1000], rows[1000:]))) as it:
        await it.clock.advance(30.0)
        bars = await it.source.history("price", "BTC", interval=60.0, start=starts[0], end=START + 3600.0)
        assert bars is not None
        assert bars.end.tolist() == [start + 60.0 for start in starts[:-1]]
        assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (2.0, 4.0, 1.0, 3.0)
        first, second = (request.query for request in it.script.asked)
        assert (first["symbol"], first["interval"], first["limit"]) == ("BTCUSDT", "1m", "1000")
        assert float(first["startTime"]) == starts[0] * 1000
        assert float(second["startTime"]) == starts[1000] * 1000


async def test_candles_of_another_time_are_asked_for_twice_at_the_most() -> None:
    page = [kline(START - 60.0 * (5000 - number)) for number in range(1000)]
    async with stage("binance", IDS, Reply(json.dumps(page).encode())) as it:
        bars = await it.source.history("price", "BTC", interval=60.0, start=START - 60.0 * 3000, end=START)
        assert bars is not None
        assert len(bars.end) == 0
        assert len(it.script.asked) == 1


@pytest.mark.parametrize(
    "broken",
    [
        kline(START - 120.0, "2", "nan", "1", "3"),
        kline(START - 120.0, "2", "4", "0", "3"),
        kline(START - 120.0, "2", "4", "-1", "3"),
        kline(START - 120.0, "2", "2.5", "1", "3"),
        kline(START - 120.0, "2", "4", "2.5", "3"),
        kline(START - 60.0),
    ],
    ids=["no number", "zero", "negative", "high below close", "low above open", "twice"],
)
async def test_a_candle_that_cannot_be_is_left_out(broken: list[object]) -> None:
    rows = [broken, kline(START - 60.0), kline(START - 7200.0)]
    async with stage("binance", IDS, Reply(json.dumps(rows).encode())) as it:
        bars = await it.source.history("price", "BTC", interval=60.0, start=START - 3600.0, end=START)
        assert bars is not None
        assert bars.end.tolist() == [START]


async def test_no_candles_is_an_empty_history() -> None:
    async with stage("binance", IDS, Reply(b"[]")) as it:
        bars = await it.source.history("price", "BTC", interval=3600.0, start=START - 7200.0, end=START)
        assert bars is not None
        assert bars.end.dtype == np.float64
        assert len(bars.end) == 0


async def test_no_history_of_what_it_has_not() -> None:
    async with stage("binance", IDS, Reply(b"[]")) as it:
        assert await it.source.history("price", "SOL", interval=60.0, start=0.0, end=START) is None
        assert await it.source.history("volume_24h", "BTC", interval=60.0, start=0.0, end=START) is None
        assert await it.source.history("price", "BTC", interval=30.0, start=0.0, end=START) is None
        assert await it.source.history("volume(1h)", "SOL", interval=3600.0, start=0.0, end=START) is None
        assert [it.source.has(field, "BTC") for field in ("volume(1h)", "volume(30s)", "volume")] == [
            True,
            False,
            False,
        ]
        assert it.script.asked == []


async def test_find_lists_the_pair_in_usdt_first() -> None:
    rows = [{"symbol": symbol, "price": "1"} for symbol in ("SOLVUSDT", "SOLBTC", "SOLUSDT", "BTCUSDT")]
    async with stage("binance", IDS, prices(*rows)) as it:
        assert [coin.id for coin in await it.source.find("sol")] == ["SOLUSDT", "SOLVUSDT", "SOLBTC"]
