"""Candle files as a source: each bar is a reading once its time has come."""

import os
from pathlib import Path

import pytest

from alertd.errors import ConfigError, SourceMalformed
from alertd.model.reading import Poll
from alertd.ports import Source
from alertd.sources.candles import KIND, Candles, CandlesSettings
from tests.sources.test_candle_files import HEADER, NOON, row, written

WANTED = {"price": frozenset({"BTC", "ETHUSD", "NOPE"}), "signal": frozenset({"BTC"})}


BITCOIN = "".join(row(minute, 4500 + minute, 4501 + minute) for minute in range(6))
TEXT = HEADER + BITCOIN + row(0, 300, 301, "ETHUSD") + row(1, 301, 305, "ETHUSD")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "bars.csv", TEXT)


@pytest.fixture
def source(path: Path) -> Candles:
    return Candles("files", CandlesSettings(files=[str(path)]), {"BTC": "BTCUSD"})


def told(poll: Poll) -> list[tuple[str, float, float]]:
    """(coin, minutes after noon, value) in the order of the readings."""
    return [
        (coin, (at - NOON) / 60, value)
        for readings in poll.readings
        for coin, at, value in zip(readings.coins, readings.at.tolist(), readings.values.tolist(), strict=True)
    ]


async def test_a_bar_is_told_once_at_its_end(source: Candles) -> None:
    port: Source = source
    (call,) = port.calls(WANTED)
    assert (call.fields, call.coins, call.every, call.cost) == (("price",), ("BTC", "ETHUSD"), 60.0, 0)
    assert told(await port.poll(call, NOON + 59)) == []
    assert told(await port.poll(call, NOON + 60)) == [("BTC", 1, 4501), ("ETHUSD", 1, 301)]
    assert told(await port.poll(call, NOON + 61)) == []
    assert told(await port.poll(call, NOON + 200)) == [("BTC", 2, 4502), ("ETHUSD", 2, 305), ("BTC", 3, 4503)]


async def test_what_the_bars_traded_is_told_with_them(source: Candles) -> None:
    names = ("base_volume(1m)", "base_volume(3m)", "price", "volume(1m)")
    (call,) = source.calls({**dict.fromkeys(names, frozenset({"BTC", "NOPE"})), "volume(30s)": frozenset({"BTC"})})
    assert (call.fields, call.coins) == (names, ("BTC",))
    poll = await source.poll(call, NOON + 180)
    assert [(readings.field, readings.values.tolist()) for readings in poll.readings] == [
        ("base_volume(1m)", [1.5]),
        ("base_volume(3m)", [4.5]),
        ("price", [4503.0]),
        ("volume(1m)", [pytest.approx(1.5 * (4503 + 4502 + 4503) / 3)]),
    ]
    poll = await source.poll(call, NOON + 240)
    assert [readings.field for readings in poll.readings] == ["base_volume(1m)", "price", "volume(1m)"]


async def test_a_bar_that_the_file_does_not_fill_yet_is_not_told(source: Candles) -> None:
    (call,) = source.calls({"base_volume(5m)": frozenset({"BTC"})})
    assert told(await source.poll(call, NOON + 900)) == [("BTC", 5, 7.5)]


async def test_a_file_without_volumes_gives_none(tmp_path: Path) -> None:
    text = "symbol,open_time,open,high,low,close\n" + "".join(f"BTC,2017-09-04T12:0{n}:00Z,1,1,1,1\n" for n in range(2))
    source = Candles("files", CandlesSettings(files=[str(written(tmp_path / "bare.csv", text))]), {})
    assert not source.has("volume(1m)", "BTC")
    assert source.calls({"volume(1m)": frozenset({"BTC"})}) == ()
    assert await source.history("volume(1m)", "BTC", interval=60.0, start=NOON, end=NOON + 60) is None


async def test_the_first_poll_tells_the_last_bar_and_history_has_those_before(source: Candles) -> None:
    (call,) = source.calls(WANTED)
    assert told(await source.poll(call, NOON + 250)) == [("ETHUSD", 2, 305), ("BTC", 4, 4504)]
    bars = await source.history("price", "BTC", interval=60.0, start=NOON + 60, end=NOON + 180)
    assert bars is not None
    assert (bars.source, bars.coin, bars.close.tolist()) == ("files", "BTC", [4502, 4503])


@pytest.mark.parametrize(
    ("field", "coin", "interval", "closes"),
    [
        pytest.param("price", "BTC", 120.0, [4502, 4504, 4506], id="longer bars"),
        pytest.param("base_volume(1m)", "BTC", 60.0, [1.5] * 6, id="what was traded"),
        pytest.param("base_volume(2m)", "BTC", 60.0, [3.0] * 3, id="what longer bars traded, at their ends"),
        pytest.param("base_volume(1m)", "BTC", 180.0, [1.5] * 2, id="what bars traded, by longer ones"),
        pytest.param("price", "BTC", 90.0, None, id="no multiple"),
        pytest.param("price", "BTC", 30.0, None, id="shorter"),
        pytest.param("price", "BTCUSD", 60.0, None, id="by its symbol there"),
        pytest.param("volume_24h", "BTC", 60.0, None, id="another field"),
    ],
)
async def test_history(source: Candles, field: str, coin: str, interval: float, closes: list[float] | None) -> None:
    bars = await source.history(field, coin, interval=interval, start=NOON, end=NOON + 3600)
    assert (bars.close.tolist() if bars else None) == closes
    assert source.history_cost(field, interval=interval, span=86400.0) == 0


def test_a_symbol_is_the_coins_name_unless_an_id_names_it(source: Candles) -> None:
    assert source.coins == ("BTC", "ETHUSD")
    assert source.has("price", "BTC")
    assert not source.has("price", "BTCUSD")
    assert not source.has("signal", "BTC")
    assert source.calls({"signal": frozenset({"BTC"})}) == ()


async def test_bars_that_are_added_are_told(source: Candles, path: Path) -> None:
    (call,) = source.calls(WANTED)
    await source.poll(call, NOON + 600)
    written(path, TEXT + row(2, 306, 307, "ETHUSD") + row(3, 307, 308, "ETHUSD"))
    assert told(await source.poll(call, NOON + 660)) == [("ETHUSD", 3, 307), ("ETHUSD", 4, 308)]


async def test_what_cannot_be_read_is_malformed_until_it_is_mended(source: Candles, path: Path) -> None:
    (call,) = source.calls(WANTED)
    written(path, TEXT + "ETHUSD,half a")
    for _ in range(2):
        with pytest.raises(SourceMalformed, match=f"{path}:10: 2 columns") as caught:
            await source.poll(call, NOON + 60)
        assert caught.value.reason == "file"
    os.remove(path)
    with pytest.raises(SourceMalformed, match="No such file"):
        await source.poll(call, NOON + 60)
    written(path, TEXT)
    assert told(await source.poll(call, NOON + 60)) == [("BTC", 1, 4501), ("ETHUSD", 1, 301)]


async def test_find_has_the_nearest_first(source: Candles) -> None:
    assert [candidate.id for candidate in await source.find("usd")] == ["ETHUSD"]
    assert [candidate.id for candidate in await source.find("t")] == ["BTC", "ETHUSD"]
    assert [candidate.id for candidate in await source.find("et")] == ["ETHUSD"]


def test_settings_that_cannot_be_used_are_config_errors(tmp_path: Path) -> None:
    assert KIND.settings is CandlesSettings
    with pytest.raises(ValueError, match="files"):
        CandlesSettings(files=[])
    with pytest.raises(ConfigError, match="No such file"):
        Candles("files", CandlesSettings(files=[str(tmp_path / "none.csv")]), {})
