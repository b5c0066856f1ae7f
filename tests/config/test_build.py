"""What is built from a configuration, without a word to the network."""

import math
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from alertd.config import Config, load
from alertd.config.build import build_channels, build_sources, feeds
from alertd.errors import ConfigError
from tests.fakes import HandClock

CONFIG = """\
version: 1
sources:
  coingecko: {every: 5m}
  tokenmetrics: {keys: ["env:ALERTD_TEST_TM"], every: {signal: 1h, price: 10m}}
  binance: {every: 5s}
  fear_greed: {}
  recorded: {kind: candles, files: [btc.csv]}
prices: [binance, coingecko, recorded]
coins: {ODD: {coingecko: odd-coin}}
channels:
  console: {}
  hook: {kind: webhook, url: "https://desk.example", secret: "env:ALERTD_TEST_HOOK"}
"""

CANDLES = "symbol,open_time,open,high,low,close,volume\n" + "".join(
    f"BTC,2024-01-01T00:0{minute}:00Z,1,1,1,1,1\n" for minute in range(3)
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.delenv("ALERTD_TEST_HOOK", raising=False)
    (tmp_path / "btc.csv").write_text(CANDLES)
    (tmp_path / "alertd.yaml").write_text(CONFIG)
    return load(tmp_path / "alertd.yaml")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as open_session:
        yield open_session


async def test_sources_come_in_the_order_of_preference(config: Config, session: aiohttp.ClientSession) -> None:
    built = [source.name for source in build_sources(config, session, HandClock())]
    assert built == ["binance", "coingecko", "recorded", "tokenmetrics", "fear_greed"]


@pytest.mark.parametrize(
    ("field", "coin", "source", "expected"),
    [
        pytest.param("price", "BTC", None, ["binance", "coingecko", "recorded"], id="as prices: says"),
        pytest.param("price", "BTC", "coingecko", ["coingecko"], id="a source that is named"),
        pytest.param("price", "BTC", "tokenmetrics", ["tokenmetrics"], id="one not in prices:, named"),
        pytest.param("price", "ODD", None, ["coingecko"], id="a coin that one source has"),
        pytest.param("signal", "BTC", None, ["tokenmetrics"], id="a field of one source"),
        pytest.param("fear_greed", "market", None, ["fear_greed"], id="the market's"),
        pytest.param("volume(1h)", "BTC", None, ["binance", "recorded"], id="what each bar traded"),
        pytest.param("volume(1h)", "ODD", None, [], id="of a coin that no source of bars has"),
        pytest.param("volume", "BTC", None, [], id="of no bar"),
        pytest.param("price", "NONE", None, [], id="a coin that nobody has"),
    ],
)
async def test_who_gives_what(
    config: Config,
    session: aiohttp.ClientSession,
    *,
    field: str,
    coin: str,
    source: str | None,
    expected: list[str],
) -> None:
    found = feeds(config, build_sources(config, session, HandClock())).candidates(field, coin, source)
    assert [feed.source for feed in found] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("", [25.0, 1500.0, math.inf, 18000.0, 18000.0], id="five polls, or bars"),
        pytest.param("stale_after: 2m", [120.0, 600.0, math.inf, 7200.0, 7200.0], id="set, two at the least"),
    ],
)
async def test_when_a_feed_is_stale(
    config: Config, session: aiohttp.ClientSession, line: str, expected: list[float]
) -> None:
    config.path.write_text(CONFIG + line)
    config = load(config.path)
    every = feeds(config, build_sources(config, session, HandClock()))
    found = [*every.candidates("price", "BTC"), *every.candidates("signal", "BTC")]
    found += every.candidates("volume(1h)", "BTC", "binance")
    assert [feed.stale_after for feed in found] == expected


async def test_a_secret_that_is_not_there_is_told_with_its_channel(
    config: Config, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError) as caught:
        build_channels(config, session)
    assert str(caught.value) == "hook: cannot read the secret env:ALERTD_TEST_HOOK: not set"
    assert [channel.name for channel in build_channels(config, session, ["console"])] == ["console"]
    monkeypatch.setenv("ALERTD_TEST_HOOK", "canary")
    assert [channel.name for channel in build_channels(config, session)] == ["console", "hook"]
