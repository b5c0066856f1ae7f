"""Rules over past prices: the events, their times, and what is never judged."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alertd import replay
from alertd.market.path import Path
from alertd.model.event import Event
from alertd.model.reading import Bars, Floats
from alertd.model.universe import Universe
from alertd.rules.files import Loaded, RuleText, read_rules
from tests.fakes import START
from tests.rules.play import Keys, say


def bars(*closes: float, coin: str = "BTC", interval: float = 60.0) -> dict[str, Bars]:
    """Bars that end one after the other from START + interval on; each opens at the close before, without wicks."""
    close: Floats = np.array(closes, np.float64)
    first: Floats = np.array([closes[0], *closes[:-1]], np.float64)
    end: Floats = START + interval * np.arange(1.0, len(close) + 1)
    high: Floats = np.maximum(first, close)
    low: Floats = np.minimum(first, close)
    return {coin: Bars("candles", "price", coin, interval, end, first, high, low, close)}


def written(rule: Keys, **file: object) -> Loaded:
    """The rule as a file would give it, for whatever coins and fields."""
    document = {"rules": [{"name": "rule", "symbols": ["BTC"], **rule}], **file}
    loaded = read_rules([RuleText("rules.yaml", json.dumps(document).encode())], Universe(literal=True), START)
    assert [problem for problem in loaded.problems if not problem.warning] == []
    return loaded


def played(
    rule: Keys, prices: dict[str, Bars], *, path: Path = Path.CLOSE, start: float = -np.inf, end: float = np.inf
) -> list[str]:
    return [say(event) for event in replay.replay(written(rule).rules, prices, path=path, start=start, end=end)]


OVER: Keys = {"when": "price > 100"}

PLAYED = [
    ("each bar is one reading at its end", OVER, bars(99, 101, 102, 99), ["120 fired 1", "240 resolved 1"]),
    ("timers end between the bars", dict(OVER) | {"for": "90s"}, bars(99, 101, 101, 101), ["210 fired 1"]),
    ("nothing ends after the last bar", dict(OVER) | {"for": "90s"}, bars(99, 101), []),
    (
        "a bar of the same price is a reading like any other",
        {"when": "price crosses above 100"},
        bars(100, 100, 101, 101),
        ["180 fired 1", "180 resolved 1"],
    ),
    ("candle files are never stale", OVER, bars(99, 101, interval=86400.0), ["172800 fired 1"]),
    ("the first bar is a first look", OVER, bars(101, 99, 101), ["60 already_true", "180 fired 1"]),
    ("a leap is taken as it is", OVER, bars(10, 101), ["120 fired 1"]),
]


@pytest.mark.parametrize(
    ("rule", "prices", "expected"), [case[1:] for case in PLAYED], ids=[case[0] for case in PLAYED]
)
def test_replay(rule: Keys, prices: dict[str, Bars], expected: list[str]) -> None:
    assert played(rule, prices) == expected


def test_four_readings_of_a_bar() -> None:
    column = {
        name: np.array([value]) for name, value in {"open": 99.0, "high": 103.0, "low": 95.0, "close": 100.0}.items()
    }
    one = {"BTC": Bars("candles", "price", "BTC", 60.0, np.array([START + 60]), **column)}
    assert played(OVER, one) == []
    assert played(OVER, one, path=Path.OHLC) == ["45 fired 1", "60 resolved 1"]


def test_what_is_before_the_start_fills_the_windows_and_is_not_judged() -> None:
    rule: Keys = {"when": "price > high(3m)", "already_true": "fire"}
    prices = bars(10, 20, 15, 14, 16, 17, 18, 19)
    assert played(rule, prices) == ["300 fired 1"]
    assert played(rule, prices, start=START + 420) == ["420 fired 1"]
    assert played(rule, prices, start=START + 420, end=START + 420) == ["420 fired 1"]
    assert played(rule, prices, end=START + 240) == []


def test_the_first_reading_crosses_from_what_was_before_the_start() -> None:
    rule: Keys = {"when": "price crosses above 100"}
    assert played(rule, bars(99, 101, 102), start=START + 120) == ["120 fired 1", "120 resolved 1"]


def test_coins_together() -> None:
    prices = bars(99, 101) | bars(5, 5, coin="ETH")
    assert played({"when": "price / ETH.price > 20"}, prices) == ["120 fired 1"]


def traded(prices: dict[str, Bars], *money: float) -> dict[str, Bars]:
    """The same bars, with what was traded in each."""
    column: Floats = np.array(money, np.float64)
    return {coin: replace(each, volume=column / each.close, quote_volume=column) for coin, each in prices.items()}


VOLUMES = [
    ("what was traded comes with the bar's price", "volume(1m) > 50", ["120 fired 1", "180 resolved 1"]),
    ("in coins", "base_volume(1m) > 0.5", ["120 fired 1", "180 resolved 1"]),
    ("longer bars are summed", "volume(3m) > 70", ["360 fired 1"]),
    ("windows of it", "volume(1m) > 3 * average(volume(1m), 1m)", []),
]


@pytest.mark.parametrize(("when", "expected"), [case[1:] for case in VOLUMES], ids=[case[0] for case in VOLUMES])
def test_volumes(when: str, expected: list[str]) -> None:
    assert played({"when": when}, traded(bars(*[100.0] * 6), 5, 60, 5, 5, 30, 40)) == expected


def test_volumes_that_the_files_do_not_tell() -> None:
    rule: Keys = {"when": "volume(1m) > 1 or price > 101"}
    assert played(rule, bars(100, 100, 102)) == ["180 already_true"], "it is not known before"
    assert played(rule, traded(bars(100, 102, interval=120.0), 10, 10)) == ["240 already_true"], "too long for it"


def test_volumes_before_the_start_fill_the_windows() -> None:
    rule: Keys = {"when": "volume(1m) > 2 * average(volume(1m), 4m)"}
    prices = traded(bars(*[100.0] * 6), 10, 10, 10, 10, 10, 90)
    assert played(rule, prices) == ["360 fired 1"]
    assert played(rule, prices, start=START + 300) == ["360 fired 1"]


def test_a_series() -> None:
    rule = written({"when": "RATIO between 20 and 23"}, series={"RATIO": "BTC.price / ETH.price"})
    prices = bars(99, 101, 101, 90) | bars(5, 5, 4, 4, coin="ETH")
    events = replay.replay(rule.rules, prices, series=rule.series)
    assert [say(event) for event in events] == ["120 fired 1", "180 resolved 1", "240 fired 2"]


def test_a_coin_that_the_files_do_not_have() -> None:
    assert played({"when": "price > 1 and SOL.price up 5% in 1h"}, bars(99, 101)) == []


def event(rule: Keys, prices: dict[str, Bars]) -> Event:
    return next(iter(replay.told(replay.replay(written(rule).rules, prices))))


def test_an_event_as_json() -> None:
    line = json.loads(replay.as_json(event(OVER, bars(99, 101.5))))
    assert line == {
        "time": "2026-01-01T00:02:00.000Z",
        "rule": "rule",
        "symbol": "BTC",
        "episode": 1,
        "event": "fired",
        "values": {"price": 101.5, "level": 100.0},
    }


def test_first_looks_are_no_events_of_a_replay() -> None:
    assert event(OVER, bars(101, 99, 102)).time == START + 180


def test_the_same_prices_give_the_same_events() -> None:
    rng = np.random.default_rng(7)
    prices = bars(*(100 * np.exp(np.cumsum(rng.normal(0, 0.003, 600)))).tolist())
    rule: Keys = {"when": "price crosses above average(30m) and price up 0.2% in 5m", "cooldown": "10m"}
    once = list(replay.replay(written(rule).rules, prices))
    assert once == list(replay.replay(written(rule).rules, prices))
    assert len(once) > 10
