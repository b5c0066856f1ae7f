"""The sources against the loopback APIs: what comes out is what the market was, and nothing was asked wrongly."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alertd.conditions.functions import INTERVALS
from alertd.demo.market import DAY, HOUR, Market, market_day
from alertd.demo.platforms.record import Act, Answer
from alertd.errors import SourceMalformed, SourceRefused, SourceUnavailable
from alertd.sources import KINDS
from alertd.sources.binance_klines import SETTLED
from alertd.sources.candle_files import coarser, ended_in
from tests.fakes import START
from tests.sources.stand import MORNING, Stand, columns, standing

COINS = frozenset({"BTC", "ETH", "SHIB", "BONK"})
APIS = sorted(KINDS.keys() - {"candles"})


@pytest.fixture(scope="module")
def market() -> Market:
    return market_day(7, START)


@pytest.fixture
def keys(tmp_path: Path) -> Callable[..., list[str]]:
    def written(*texts: str) -> list[str]:
        for number, text in enumerate(texts):
            (tmp_path / f"key{number}").write_text(text)
        return [f"file:{tmp_path / f'key{number}'}" for number in range(len(texts))]

    return written


@pytest.fixture
async def stand(request: pytest.FixtureRequest, market: Market, keys: Callable[..., list[str]]) -> AsyncIterator[Stand]:
    """A stand of the kind that the test is parametrized with."""
    settings: dict[str, object] = {"keys": keys("a-key")} if request.param == "tokenmetrics" else {}
    async with standing(request.param, market, settings) as it:
        yield it


def truth(market: Market, field: str, coin: str, now: float) -> float:
    quote, grade = market.quote(coin, now), market.grade(coin, now)
    assert quote is not None
    assert grade is not None
    ranks = sorted(market.bars, key=lambda other: -(market.quote(other, now) or quote).cap)
    return {
        "price": quote.price,
        "volume_24h": quote.volume * quote.price,
        "market_cap": quote.cap,
        "market_cap_rank": ranks.index(coin) + 1.0,
        "signal": float(market.signal(coin, now)),
        "hourly_signal": float(market.signal(coin, now)),
        "tm_grade": grade,
        "trader_grade": grade,
        "investor_grade": grade,
        "technology_grade": grade,
        "valuation_grade": grade,
        "all_time_high": float(market.until(coin, now).high.max()),
        "all_time_low": float(market.until(coin, now).low.min()),
        "drawdown": 100 * (1 - quote.price / float(market.until(coin, now).high.max())),
        **traded_in_the_last_hour(market, coin, now),
        **levels_next_to(market, coin, quote.price, now),
    }[field]


def traded_in_the_last_hour(market: Market, coin: str, now: float) -> dict[str, float]:
    bars = market.traded(coin, now)
    last = (now - SETTLED) // HOUR * HOUR
    hour = (bars.end > last - HOUR) & (bars.end <= last)
    assert bars.volume is not None
    assert bars.quote_volume is not None
    return {
        "base_volume(1h)": float(bars.volume[hour].sum()),
        "volume(1h)": float(bars.quote_volume[hour].sum()),
    }


def levels_next_to(market: Market, coin: str, price: float, now: float) -> dict[str, float]:
    bars = coarser(market.until(coin, now), 4 * HOUR)
    levels = np.concatenate((bars.high, bars.low))
    return {
        "resistance": float(levels.min(where=levels > price, initial=np.inf)),
        "support": float(levels.max(where=levels < price, initial=0.0)),
    }


FIELDS = [
    ("binance", ("price",)),
    ("binance", ("price", "volume_24h")),
    ("coingecko", ("price",)),
    ("binance", ("price", "base_volume(1h)", "volume(1h)")),
    ("coingecko", ("price", "market_cap", "volume_24h", "market_cap_rank")),
    ("coingecko", ("price", "all_time_high", "all_time_low", "drawdown")),
    ("tokenmetrics", ("price",)),
    ("tokenmetrics", ("signal", "hourly_signal")),
    ("tokenmetrics", ("tm_grade", "trader_grade", "investor_grade")),
    ("tokenmetrics", ("technology_grade", "valuation_grade")),
    ("tokenmetrics", ("price", "resistance", "support")),
]


@pytest.mark.parametrize(("stand", "fields"), FIELDS, indirect=["stand"])
async def test_readings_are_what_the_market_was(stand: Stand, fields: tuple[str, ...]) -> None:
    found = await stand.ask({**dict.fromkeys(fields, COINS), "nonsense": COINS})
    assert found.keys() == {(field, coin) for field in fields for coin in COINS}
    for (field, coin), value in found.items():
        assert value == pytest.approx(
            truth(stand.market, field, coin, MORNING), rel=1e-3 if "volume" in field else 1e-6
        )
    assert stand.record.wrong == []


@pytest.mark.parametrize("version", ["v2", "v3"])
async def test_token_metrics_in_both_cases(market: Market, keys: Callable[..., list[str]], version: str) -> None:
    async with standing("tokenmetrics", market, {"version": version, "keys": keys("a-key")}, version=version) as stand:
        found = await stand.ask({"signal": COINS, "grade_signal": COINS, "momentum": COINS, "fundamental_grade": COINS})
        assert found["signal", "BTC"] == market.signal("BTC", MORNING) == 1.0
        assert {field for field, _ in found} >= {"signal", "grade_signal", "momentum"}
        market_wide = await stand.ask({"market_sentiment": frozenset({"market"})})
        assert market_wide == {("market_sentiment", "market"): market.mood(MORNING)}
        levels = await stand.ask({"resistance": COINS, "valuation_grade": COINS})
        quote = market.quote("BTC", MORNING)
        assert quote is not None
        assert levels["resistance", "BTC"] == levels_next_to(market, "BTC", quote.price, MORNING)["resistance"]
        assert levels["valuation_grade", "BTC"] == market.grade("BTC", MORNING)
        await stand.clock.advance(2 * HOUR)
        assert (await stand.ask({"signal": COINS}))["signal", "BTC"] == -1.0
        assert stand.record.wrong == []


@pytest.mark.parametrize("stand", ["fear_greed"], indirect=True)
async def test_fear_and_greed_is_the_markets(stand: Stand) -> None:
    assert await stand.ask({"fear_greed": frozenset({"market"})}) == {
        ("fear_greed", "market"): stand.market.mood(START)
    }
    assert stand.record.wrong == []


@pytest.mark.parametrize("fields", [("price",), ("price", "market_cap")])
@pytest.mark.parametrize("stand", ["coingecko"], indirect=True)
async def test_what_has_not_changed_is_confirmed(stand: Stand, fields: tuple[str, ...]) -> None:
    (call,) = stand.source.calls(dict.fromkeys(fields, COINS))
    first = await stand.source.poll(call, MORNING)
    second = await stand.source.poll(call, MORNING)
    assert second.readings == ()
    assert second.confirmed == tuple((readings.field, readings.coins) for readings in first.readings)
    await stand.clock.advance(60)
    assert (await stand.source.poll(call, MORNING + 60)).confirmed == ()


@pytest.mark.parametrize(("name", "plan"), [("coingecko", {"plan": "demo"}), ("tokenmetrics", {})])
async def test_keys_are_tried_in_order_and_the_one_that_is_taken_stays(
    market: Market, keys: Callable[..., list[str]], name: str, plan: dict[str, str]
) -> None:
    settings = {**plan, "keys": keys("old-key", "good-key")}
    async with standing(name, market, settings, taken=frozenset({"good-key"})) as stand:
        for _ in range(2):
            assert ("price", "BTC") in await stand.ask({"price": COINS})
            await stand.clock.advance(60)
        header = {"coingecko": "x-cg-demo-api-key", "tokenmetrics": "x-api-key"}[name]
        first, *others = [request.headers[header] for request in stand.feed.requests]
        assert (first, set(others)) == ("old-key", {"good-key"})
        assert not any("-key" in request.path for request in stand.feed.requests)
        assert stand.record.wrong == []


@pytest.mark.parametrize(("name", "plan"), [("coingecko", {"plan": "demo"}), ("tokenmetrics", {})])
async def test_no_key_that_is_taken_is_a_refusal_that_shows_none(
    market: Market, keys: Callable[..., list[str]], name: str, plan: dict[str, str]
) -> None:
    settings = {**plan, "keys": keys("old-key", "older-key")}
    async with standing(name, market, settings, taken=frozenset({"good-key"})) as stand:
        with pytest.raises(SourceRefused) as caught:
            await stand.ask({"price": COINS})
        assert len(stand.feed.requests) == 2
        assert "old" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(Answer(429, {"Retry-After": "30"}), SourceUnavailable, id="429"),
        pytest.param(Answer(503), SourceUnavailable, id="503"),
        pytest.param(Answer(act=Act.DROP), SourceUnavailable, id="dropped"),
        pytest.param(Answer(403), SourceRefused, id="403"),
        pytest.param(Answer(302, {"Location": "/"}), SourceMalformed, id="redirect"),
        pytest.param(Answer(200, {}, b"<html>hello</html>"), SourceMalformed, id="html"),
    ],
)
@pytest.mark.parametrize("stand", APIS, indirect=True)
async def test_an_answer_that_is_none_and_the_next_one_that_is(
    stand: Stand, answer: Answer, error: type[Exception]
) -> None:
    wanted = {"price": COINS, "fear_greed": frozenset({"market"})}
    # aiohttp itself asks once more when a connection breaks.
    stand.record.answers.extend([answer] * (2 if answer.act is Act.DROP else 1))
    with pytest.raises(error):
        await stand.ask(wanted)
    if answer.status == 429:
        # The host is left alone until it wants to be asked again.
        with pytest.raises(SourceUnavailable):
            await stand.ask(wanted)
        assert len(stand.feed.requests) == 1
        await stand.clock.advance(30)
    assert await stand.ask(wanted)


@pytest.mark.parametrize(
    ("stand", "interval"),
    [
        *(("binance", seconds) for seconds in INTERVALS.values() if seconds < DAY),
        ("coingecko", 3600.0),
        ("coingecko", 4 * 3600.0),
        ("tokenmetrics", 3600.0),
    ],
    indirect=["stand"],
)
async def test_history_is_the_bars_of_the_market(stand: Stand, interval: float) -> None:
    start, end = MORNING - DAY, MORNING + 30.0
    bars = await stand.source.history("price", "BTC", interval=interval, start=start, end=end)
    assert bars is not None
    whole = coarser(stand.market.bars["BTC"], interval)
    expected = ended_in(whole, start, MORNING)
    assert (bars.source, bars.field, bars.coin, bars.interval) == (stand.source.name, "price", "BTC", interval)
    np.testing.assert_array_equal(bars.end, expected.end)
    np.testing.assert_allclose(bars.close, expected.close)
    if stand.source.name != "coingecko":
        # Its chart has one point an hour: high and low are not in it.
        np.testing.assert_allclose(bars.high, expected.high)
        np.testing.assert_allclose(bars.low, expected.low)
    cost = stand.source.history_cost("price", interval=interval, span=end - start)
    assert len(stand.feed.requests) <= cost
    assert stand.record.wrong == []


@pytest.mark.parametrize("stand", ["fear_greed"], indirect=True)
async def test_no_history_costs_nothing(stand: Stand) -> None:
    bars = await stand.source.history("fear_greed", "market", interval=3600.0, start=MORNING - DAY, end=MORNING)
    assert bars is None
    assert stand.source.history_cost("fear_greed", interval=3600.0, span=DAY) == 0


@pytest.mark.parametrize(
    ("stand", "best"),
    [("binance", "ETHUSDT"), ("coingecko", "ethereum"), ("tokenmetrics", "3306")],
    indirect=["stand"],
)
async def test_a_coin_is_found_by_its_ticker(stand: Stand, best: str) -> None:
    found = await stand.source.find("ETH")
    assert (found[0].id, found[0].symbol) == (best, "ETH")
    assert stand.record.wrong == []


async def test_token_metrics_ids_are_looked_up_once_and_twins_are_told(
    market: Market, keys: Callable[..., list[str]]
) -> None:
    ids = {coin: coin for coin in COINS}
    async with standing("tokenmetrics", market, {"keys": keys("a-key")}, ids=ids) as stand:
        (call,) = stand.source.calls({"signal": COINS})
        poll = await stand.source.poll(call, MORNING)
        assert set(columns(poll)) == {("signal", coin) for coin in COINS - {"BTC"}}
        (note,) = poll.notes
        assert "3375" in note
        assert "17528" in note
        assert not stand.source.has("signal", "BTC")
        (call,) = stand.source.calls({"signal": COINS})
        assert (await stand.source.poll(call, MORNING)).notes == ()
        assert stand.feed.asked("/tokens") == 1


async def test_binance_lives_with_a_symbol_that_is_none(market: Market) -> None:
    ids = {"BTC": "BTCUSDT", "ETH": "ETHUSDT", "OLD": "OLDUSDT"}
    async with standing("binance", market, ids=ids) as stand:
        wanted = {"price": frozenset(ids)}
        (call,) = stand.source.calls(wanted)
        poll = await stand.source.poll(call, MORNING)
        assert set(columns(poll)) == {("price", "BTC"), ("price", "ETH")}
        assert "OLDUSDT" in poll.notes[0]
        before = len(stand.feed.requests)
        assert set(await stand.ask(wanted)) == {("price", "BTC"), ("price", "ETH")}
        assert len(stand.feed.requests) == before + 1


async def test_coins_by_the_hundred_come_in_batches(market: Market) -> None:
    crowd = {f"C{number}": replace(market.bars["BTC"], coin=f"C{number}") for number in range(300)}
    ids = {coin: coin.lower() for coin in crowd}
    async with standing("coingecko", Market(crowd), ids=ids) as stand:
        found = await stand.ask({"price": frozenset(crowd), "market_cap": frozenset(crowd)})
        assert len(found) == 600
        assert stand.feed.asked("/coins/markets") == 2
        assert stand.record.wrong == []
