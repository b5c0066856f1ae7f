"""The answers recorded from the real APIs, where their folder is: by ALERTD_SAMPLES, else beside the checkout."""

import json
import os
from pathlib import Path

import pytest

from alertd.errors import SourceMalformed, SourceUnavailable
from alertd.model.reading import Poll
from tests.fakes import START
from tests.sources.server import Reply, stage

_DEFAULT = Path(__file__).parents[2].parent / "shared" / "api-samples"
SAMPLES = Path(os.environ.get("ALERTD_SAMPLES", _DEFAULT))

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no folder of recorded answers (ALERTD_SAMPLES)")


def sample(name: str, *, in_list: bool = False) -> Reply:
    body = (SAMPLES / name).read_bytes()
    return Reply(b"[" + body + b"]" if in_list else body)


async def read(kind: str, ids: dict[str, str | int], field: str, reply: Reply, coin: str = "BTC") -> Poll:
    settings: dict[str, object] = {"keys": ["env:ALERTD_TEST_KEY"]} if kind == "tokenmetrics" else {}
    async with stage(kind, ids, reply, **settings) as it:
        # Some of them are from after the clock's first day.
        await it.clock.advance(400 * 86400.0)
        poll: Poll = await it.ask(field, coin)
        return poll


CASES: dict[str, tuple[str, dict[str, str | int], str, str, float, float]] = {
    "coingecko_coins_markets.json": (
        "coingecko",
        {"BTC": "bitcoin"},
        "market_cap",
        "BTC",
        1381651251183.0,
        1712508571.736,
    ),
    "coingecko_oas_coins_markets.json": (
        "coingecko",
        {"BTC": "bitcoin"},
        "market_cap_rank",
        "BTC",
        1.0,
        1779108561.599,
    ),
    "coingecko_coins_markets.json drawdown": (
        "coingecko",
        {"BTC": "bitcoin"},
        "drawdown",
        "BTC",
        4.77063,
        1712508571.736,
    ),
    "coingecko_oas_coins_markets.json record": (
        "coingecko",
        {"BTC": "bitcoin"},
        "all_time_high",
        "BTC",
        126080.0,
        1779108561.599,
    ),
    "coingecko_oas_simple_price.json": ("coingecko", {"BTC": "bitcoin"}, "price", "BTC", 76975.0, 1779092258.0),
    "coingecko_simple_price.json": ("coingecko", {"ETH": "ethereum"}, "price", "ETH", 1498.64, START + 400 * 86400.0),
    "tokenmetrics_v2_trading_signals.json": ("tokenmetrics", {"BTC": 3375}, "signal", "BTC", -1.0, 1744243200.0),
    "tokenmetrics_v2_trader_grades.json": ("tokenmetrics", {"X": 17528}, "trader_grade", "X", 18.41, 1696896000.0),
    "alternative_me_fng.json": ("fear_greed", {}, "fear_greed", "market", 54.0, 1713628800.0),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_recorded_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_TEST_KEY", "a-key")
    kind, ids, field, coin, value, at = CASES[name]
    poll = await read(kind, ids, field, sample(name.partition(" ")[0]), coin)
    (reading,) = poll.readings
    assert (reading.field, reading.coins) == (field, (coin,))
    assert reading.values.tolist() == [value]
    assert reading.at.tolist() == pytest.approx([at])
    assert poll.refused == {}


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("binance_ticker_24hr.json", "volume_24h", 15.3),
        ("binance_ticker_24hr_xchange.json", "volume_24h", 15.3),
        ("binance_ticker_price.json", "price", 4.000002),
    ],
)
async def test_a_recorded_ticker(name: str, field: str, value: float) -> None:
    symbol = json.loads((SAMPLES / name).read_bytes())["symbol"]
    poll = await read("binance", {"BTC": symbol}, field, sample(name, in_list=True))
    assert poll.readings[0].values.tolist() == [value]


async def test_recorded_candles() -> None:
    async with stage("binance", {"BNB": "BNBBTC"}, sample("binance_klines.json")) as it:
        bars = await it.source.history("price", "BNB", interval=3600.0, start=1499036400.0, end=1499043600.0)
    assert bars is not None
    assert (bars.end.tolist(), bars.close.tolist()) == ([1499043600.0], [0.01577100])


async def test_what_recorded_candles_traded() -> None:
    async with stage("binance", {"BNB": "BNBBTC"}, sample("binance_klines.json")) as it:
        bars = await it.source.history("volume(1h)", "BNB", interval=3600.0, start=1499036400.0, end=1499043600.0)
    assert bars is not None
    assert (bars.end.tolist(), bars.close.tolist()) == ([1499043600.0], [2434.19055334])


async def test_a_recorded_chart() -> None:
    async with stage("coingecko", {"BTC": "bitcoin"}, sample("coingecko_market_chart.json")) as it:
        bars = await it.source.history("price", "BTC", interval=3600.0, start=1711843199.0, end=START)
    assert bars is not None
    assert bars.close.tolist() == [69702.3087473573, 71246.9514406015, 68887.7495158568]


async def test_a_recorded_refusal() -> None:
    reply = Reply(sample("coingecko_429.json").body, 429, {"Retry-After": "119"})
    async with stage("coingecko", {"BTC": "bitcoin"}, reply) as it:
        with pytest.raises(SourceUnavailable, match="exceeded the Rate Limit"):
            await it.ask()
    async with stage("coingecko", {"BTC": "bitcoin"}, sample("coingecko_429.json")) as it:
        with pytest.raises(SourceMalformed):
            await it.ask()
