"""What Binance's bars traded: asked for as they close, told once each, also after what went wrong."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from alertd.errors import SourceUnavailable
from alertd.market.path import in_turn
from alertd.model.reading import Poll
from alertd.sources.binance_klines import SETTLED, requests_for
from tests.fakes import START
from tests.sources.server import Reply, Stage, stage

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WEEK = 7 * DAY
IDS: dict[str, str | int] = {"BTC": "BTCUSDT", "ETH": "ETHUSDT"}
UNKNOWN = Reply(b'{"code":-1121,"msg":"Invalid symbol."}', 400)
DOWN = Reply(b"", 503)


def kline(start: float, base: object = "2", quote: object = "7", *, length: float = HOUR) -> list[object]:
    return [int(start * 1000), "2", "4", "1", "3", base, int((start + length) * 1000) - 1, quote, 3, "1", "1", "0"]


def klines(*rows: list[object]) -> Reply:
    return Reply(json.dumps(rows).encode())


def told(poll: Poll) -> list[tuple[str, str, float, float]]:
    """(field, coin, hours after START, value) in the order of the readings."""
    return [
        (readings.field, coin, (at - START) / HOUR, value)
        for readings in poll.readings
        for coin, at, value in zip(readings.coins, readings.at.tolist(), readings.values.tolist(), strict=True)
    ]


@asynccontextmanager
async def desk(*replies: Reply, at: float = SETTLED) -> AsyncIterator[Stage]:
    async with stage("binance", IDS, *replies) as it:
        await it.clock.advance(at)
        yield it


async def test_bars_are_calls_of_their_own_by_the_clock() -> None:
    wanted = dict.fromkeys(("price", "volume(1h)", "base_volume(1h)", "volume(15m)"), frozenset(IDS))
    async with desk(klines()) as it:
        price, quarter, hour = it.source.calls({**wanted, "volume(1h)": frozenset({"BTC"})})
        assert (price.fields, price.offset, price.cost) == (("price",), None, 1)
        assert (quarter.fields, quarter.every, quarter.offset) == (("volume(15m)",), 900.0, SETTLED)
        assert (hour.fields, hour.coins) == (("base_volume(1h)", "volume(1h)"), ("BTC", "ETH"))
        assert (hour.every, hour.offset, hour.cost) == (HOUR, SETTLED, 2)


async def test_the_last_closed_bar_is_told_at_its_end_and_once() -> None:
    rows = klines(kline(START - 2 * HOUR, quote="5"), kline(START - HOUR), kline(START, quote="1"))
    async with desk(rows) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset({"BTC"}), "base_volume(1h)": frozenset({"BTC"})})
        poll = await it.source.poll(call, START + SETTLED)
        assert told(poll) == [("base_volume(1h)", "BTC", 0.0, 2.0), ("volume(1h)", "BTC", 0.0, 7.0)]
        assert poll.refused == {}
        (request,) = it.script.asked
        assert request.path == "/api/v3/klines"
        assert dict(request.query) == {
            "symbol": "BTCUSDT",
            "interval": "1h",
            "startTime": str(int(START - HOUR) * 1000),
            "endTime": str(int(START - HOUR) * 1000),
            "limit": "1000",
        }
        assert told(await it.source.poll(call, START + HOUR)) == []
        assert len(it.script.asked) == 1


async def test_a_bar_is_not_believed_before_it_is_settled() -> None:
    async with desk(klines(kline(START - 2 * HOUR), kline(START - HOUR))) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset({"BTC"})})
        assert told(await it.source.poll(call, START + SETTLED - 0.1)) == [("volume(1h)", "BTC", -1.0, 7.0)]
        assert told(await it.source.poll(call, START + SETTLED)) == [("volume(1h)", "BTC", 0.0, 7.0)]


async def test_bars_that_came_since_are_told_in_turn() -> None:
    async with desk(klines(kline(START - HOUR))) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset(IDS)})
        await it.source.poll(call, START + SETTLED)
        it.script.then(klines(*(kline(START + n * HOUR, quote=str(n)) for n in range(4))))
        poll = await it.source.poll(call, START + 3 * HOUR + SETTLED)
        turns = [told(part) for part in in_turn(poll)]
        assert turns == [[("volume(1h)", coin, n + 1.0, float(n)) for coin in ("BTC", "ETH")] for n in range(3)]


async def test_no_more_than_a_day_is_caught_up() -> None:
    async with desk(klines(kline(START - HOUR))) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset({"BTC"})})
        await it.source.poll(call, START + SETTLED)
        it.script.then(klines(*(kline(START + n * HOUR) for n in range(48))))
        assert len((await it.source.poll(call, START + 2 * DAY + SETTLED)).readings) == 24


async def test_a_field_that_a_reload_adds_has_its_bar_at_once() -> None:
    async with desk(klines(kline(START - HOUR))) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset({"BTC"})})
        await it.source.poll(call, START + SETTLED)
        (call,) = it.source.calls(dict.fromkeys(("volume(1h)", "base_volume(1h)"), frozenset({"BTC"})))
        assert told(await it.source.poll(call, START + 60.0)) == [("base_volume(1h)", "BTC", 0.0, 2.0)]


async def test_where_one_symbol_fails_the_others_are_not_asked_again() -> None:
    bar = klines(kline(START - HOUR))
    async with desk(bar, DOWN) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset(IDS)})
        with pytest.raises(SourceUnavailable):
            await it.source.poll(call, START + SETTLED)
        it.script.then(bar)
        assert {coin for _, coin, _, _ in told(await it.source.poll(call, START + 10.0))} == {"BTC", "ETH"}
        first, second, third = (request.query["symbol"] for request in it.script.asked)
        assert {first, second} == {"BTCUSDT", "ETHUSDT"}
        assert third in ("BTCUSDT", "ETHUSDT")


async def test_what_waited_for_too_long_is_asked_again_with_what_came_since() -> None:
    async with desk(klines(kline(START - HOUR)), DOWN) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset(IDS)})
        with pytest.raises(SourceUnavailable):
            await it.source.poll(call, START + SETTLED)
        it.script.then(klines(kline(START, quote="9")))
        poll = await it.source.poll(call, START + HOUR + SETTLED)
        assert told(poll) == [("volume(1h)", coin, 1.0, 9.0) for coin in ("BTC", "ETH")]


async def test_an_unknown_symbol_is_told_once_and_not_asked_again() -> None:
    async with desk(UNKNOWN) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset({"ETH"})})
        poll = await it.source.poll(call, START + SETTLED)
        assert poll.readings == ()
        assert poll.notes == ("binance knows no symbol ETHUSDT: ETH has no price there; mend its id under coins:",)
        assert it.source.calls({"volume(1h)": frozenset({"ETH"})}) == ()
        assert not it.source.has("price", "ETH")


REFUSED: dict[str, tuple[list[list[object]], dict[str, int]]] = {
    "no bar yet": ([], {"absent": 1}),
    "only the open one": ([kline(START)], {"absent": 1}),
    "less than nothing": ([kline(START - HOUR, quote="-1")], {"out_of_range": 1}),
    "no number": ([kline(START - HOUR, quote="nan")], {"no_number": 1}),
    "without end": ([kline(START - HOUR, quote="inf")], {"infinite": 1}),
    "null, and the bar before": ([kline(START - 2 * HOUR), kline(START - HOUR, quote=None)], {"wrong_type": 1}),
    "a price that cannot be": ([[*kline(START - HOUR)[:4], "9", *kline(START - HOUR)[5:]]], {"out_of_range": 1}),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_to_be_believed(name: str) -> None:
    rows, refused = REFUSED[name]
    async with desk(klines(*rows)) as it:
        (call,) = it.source.calls({"volume(1h)": frozenset({"BTC"})})
        poll = await it.source.poll(call, START + SETTLED)
        assert poll.readings == ()
        assert poll.refused == refused


@pytest.mark.parametrize(
    ("interval", "name", "length"),
    [(180.0, "3m", 180.0), (4 * HOUR, "4h", 4 * HOUR), (DAY, "1d", DAY), (WEEK, "1d", DAY), (10 * MINUTE, "5m", 300.0)],
)
async def test_candles_of_every_length(interval: float, name: str, length: float) -> None:
    end = START // interval * interval
    starts = np.arange(end - 3 * interval, end, length).tolist()
    async with desk(klines(*(kline(start, length=length) for start in starts))) as it:
        bars = await it.source.history("price", "BTC", interval=interval, start=end - 2 * interval, end=START)
        assert bars is not None
        assert (bars.interval, bars.end.tolist()) == (interval, [end - interval, end])
        assert it.script.asked[0].query["interval"] == name
        assert it.script.asked[0].query["startTime"] == str(int(end - 2 * interval) * 1000)


async def test_a_week_is_what_its_days_traded() -> None:
    end = START // WEEK * WEEK
    days = [kline(end - n * DAY, base=str(n), length=DAY) for n in range(14, 0, -1)]
    async with desk(klines(*days)) as it:
        bars = await it.source.history("base_volume(7d)", "BTC", interval=WEEK, start=end - 2 * WEEK, end=START)
        assert bars is not None
        assert (bars.end.tolist(), bars.close.tolist()) == ([end - WEEK, end], [77.0, 28.0])


@pytest.mark.parametrize(
    ("interval", "ends", "values"),
    [
        pytest.param(HOUR, [-3.0, -2.0, -1.0, 0.0], [3.0, 2.0, 1.0, 0.0], id="as long"),
        pytest.param(MINUTE, [-3.0, -2.0, -1.0, 0.0], [3.0, 2.0, 1.0, 0.0], id="shorter: each at its end"),
        pytest.param(2 * HOUR, [-2.0, 0.0], [2.0, 0.0], id="longer: the last of them closes"),
    ],
)
async def test_the_history_of_a_volume(interval: float, ends: list[float], values: list[float]) -> None:
    rows = [kline(START - n * HOUR, quote=str(n - 1)) for n in range(4, -1, -1)]
    async with desk(klines(*rows), at=60.0) as it:
        found = await it.source.history(
            "volume(1h)", "BTC", interval=interval, start=START - 4 * HOUR, end=START + HOUR
        )
        assert found is not None
        assert (found.field, found.interval) == ("volume(1h)", interval)
        assert ((found.end - START) / HOUR).tolist() == ends
        assert found.close.tolist() == values
        assert it.source.history_cost("volume(1h)", interval=interval, span=4 * HOUR) == len(it.script.asked) == 1


@pytest.mark.parametrize(
    ("interval", "span", "requests"),
    [(MINUTE, DAY, 2), (HOUR, 7 * DAY, 1), (4 * HOUR, 0.0, 1), (WEEK, 52 * WEEK, 1), (30.0, DAY, 0), (0.0, DAY, 0)],
)
def test_what_history_takes(interval: float, span: float, requests: int) -> None:
    assert requests_for(interval, span) == requests
