"""Settings of the sources, the index, the plan and the budget."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

import alertd.sources
from alertd.errors import ConfigError
from alertd.sources import KINDS, kind
from alertd.sources.binance import BinanceSettings
from alertd.sources.budget import Window, budget
from alertd.sources.coingecko import CoinGeckoSettings
from alertd.sources.kind import one_coin_each
from alertd.sources.plan import endpoint_of, plan
from alertd.sources.tokenmetrics import TokenMetricsSettings
from alertd.wire.session import http_session
from tests.fakes import HandClock

KEY: dict[str, object] = {"keys": ["env:ALERTD_TEST_KEY"]}


def test_every_source_is_in_the_index() -> None:
    folder = Path(alertd.sources.__file__).parent
    with_kind = {
        f"alertd.sources.{file.stem}"
        for file in folder.glob("*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "KIND"
    }
    assert with_kind == set(KINDS.values())
    for name in KINDS:
        assert kind(name).settings.__name__.lower().startswith(name.replace("_", ""))


def test_an_unknown_kind_tells_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'coingecko'"):
        kind("coingeko")


INTERVALS: list[tuple[object, str, float]] = [
    ("90s", "signal", 90.0),
    ({"signal": "30m"}, "signal", 1800.0),
    ({"signal": "30m"}, "price", 600.0),
    ({"grades": "12h"}, "tm_grade", 43200.0),
    ({"grades": "12h", "momentum": "1h"}, "momentum", 3600.0),
    ({}, "hourly_signal", 900.0),
]


@pytest.mark.parametrize(("every", "field", "seconds"), INTERVALS, ids=str)
def test_intervals(every: object, field: str, seconds: float) -> None:
    settings = TokenMetricsSettings.model_validate({**KEY, "every": every})
    assert settings.interval(field) == seconds


WRONG: dict[str, tuple[type[BinanceSettings | CoinGeckoSettings | TokenMetricsSettings], dict[str, object], str]] = {
    "interval of nothing": (TokenMetricsSettings, {**KEY, "every": {"sgnal": "1h"}}, "did you mean 'signal'"),
    "interval of zero": (BinanceSettings, {"every": "0"}, "greater than 0"),
    "interval in words": (BinanceSettings, {"every": "often"}, "expected a duration"),
    "quota per day": (BinanceSettings, {"quota": "10k/day"}, "10k/month"),
    "quota in words": (BinanceSettings, {"quota": "many"}, "10k/month"),
    "quota without end": (BinanceSettings, {"quota": "1e999/month"}, "10k/month"),
    "a header that is none": (TokenMetricsSettings, {**KEY, "header": "x api key"}, "header"),
    "literal key": (TokenMetricsSettings, {"keys": ["tm-literal"]}, "never written here"),
    "no key": (TokenMetricsSettings, {"keys": []}, "at least one key"),
    "demo without a key": (CoinGeckoSettings, {"plan": "demo"}, "need keys"),
    "a key without a plan": (CoinGeckoSettings, KEY, "need keys"),
    "another plan": (CoinGeckoSettings, {"plan": "gold"}, "keyless"),
    "plain http": (BinanceSettings, {"url": "http://api.example"}, "https"),
    "an unknown word": (BinanceSettings, {"evry": "5s"}, "Extra inputs"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_set(name: str) -> None:
    settings, section, why = WRONG[name]
    with pytest.raises(ValidationError, match=why) as caught:
        settings.model_validate(section)
    assert "tm-literal" not in str(caught.value)


@pytest.mark.parametrize(("text", "calls"), [("10k/month", 10_000), ("50000", 50_000), ("1.5M / month", 1_500_000)])
def test_quota(text: str, calls: int) -> None:
    assert BinanceSettings.model_validate({"quota": text}).quota == calls


def test_two_coins_of_one_id_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="XBT and BTC are both 3375 at tokenmetrics"):
        one_coin_each("tokenmetrics", {"BTC": 3375, "XBT": "3375"})


def test_the_plan_asks_once_per_coin_and_as_often_as_the_most_urgent_field() -> None:
    every = {"price": 60.0, "cap": 3600.0, "signal": 900.0}
    wanted = {"price": frozenset("AB"), "cap": frozenset("BC"), "signal": frozenset("A"), "none": frozenset[str]()}
    calls = plan(
        wanted,
        endpoint=lambda field: "ai/signals" if field == "signal" else "markets",
        every=lambda field: every[field],
        batch=lambda _: 1 if len(wanted) == 1 else 2,
    )
    assert [(endpoint_of(call), call.fields, call.coins, call.every) for call in calls] == [
        ("ai/signals", ("signal",), ("A",), 900.0),
        ("markets", ("cap", "price"), ("A", "B"), 60.0),
        ("markets", ("cap",), ("C",), 3600.0),
    ]


def test_the_plan_cuts_batches_with_lasting_names() -> None:
    def names(coins: str) -> list[tuple[str, str]]:
        wanted = {"price": frozenset(coins)}
        calls = plan(wanted, endpoint=lambda _: "p", every=lambda _: 5.0, batch=lambda _: 2)
        return [(call.name, "".join(call.coins)) for call in calls]

    assert names("ECADB") == [("p@5s/1", "AB"), ("p@5s/2", "CD"), ("p@5s/3", "E")]
    assert names("ECDB") == [("p@5s/1", "BC"), ("p@5s/2", "DE")]


Wanted = Mapping[str, frozenset[str]]
SIXTY = frozenset(f"C{number}" for number in range(60))
BUDGETS: dict[str, tuple[str, dict[str, object], Wanted, list[Window], str]] = {
    "signals of two batches by the hour": (
        "tokenmetrics",
        {**KEY, "quota": "10k/month"},
        {"signal": SIXTY},
        [],
        "tokenmetrics: 1,440 calls a month, of 10,000 a month",
    ),
    "prices by the minute are over": (
        "tokenmetrics",
        {**KEY, "quota": "10k/month", "every": "60s"},
        {"price": frozenset({"BTC"})},
        [Window("price", "BTC", 3600.0, 7 * 86400.0)],
        "tokenmetrics: 43,200 calls a month and 2 to fill the history, of 10,000 a month: over the quota",
    ),
    "history of every coin": (
        "coingecko",
        {},
        {"price": frozenset({"C1"})},
        [Window("price", coin, 60.0, 86400.0) for coin in ("C1", "C2", "unknown")],
        "coingecko: 8,640 calls a month and 2 to fill the history",
    ),
    "candles of the exchange": (
        "binance",
        {"every": "1m"},
        {"price": SIXTY, "volume_24h": SIXTY},
        [Window("price", "C1", 60.0, 86400.0)],
        "binance: 43,200 calls a month and 2 to fill the history",
    ),
    "nothing wanted": ("binance", {}, {}, [], "binance: 0 calls a month"),
}


@pytest.mark.parametrize("name", BUDGETS)
async def test_budget(name: str) -> None:
    kind_, section, wanted, windows, line = BUDGETS[name]
    found = kind(kind_)
    settings = found.settings.model_validate(section)
    ids: dict[str, str | int] = {coin: number for number, coin in enumerate(sorted(SIXTY), 1)}
    async with http_session() as session:
        source = found.build(kind_, settings, ids, session, HandClock())
        spending = budget(source, wanted, windows, getattr(settings, "quota", None))
    assert str(spending).startswith(line)
    assert spending.over == ("over the quota" in str(spending))
