"""Indicators over minutes, with figures that can be checked by hand."""

import pytest

from tests.opinion.engine import Engine
from tests.opinion.opinion import Opinion
from tests.opinion.script import SIDES, minutes, opened, rule
from tests.opinion.sentence import Between, Compare, Cross, Or
from tests.opinion.values import Bars, Field, Num

PRICE = Field("price")
FLAT = [10.0] * 16


def of(function: str, *numbers: float) -> Bars:
    return Bars(function, PRICE, numbers, 60)


VALUES: list[tuple[str, Bars, str, float]] = [
    ("open(price, 1m)", of("open"), "1:4 60:9", 4),
    ("close(price, 1m)", of("close"), "1:4 60:9", 9),
    ("sma(price, 3, 1m)", of("sma", 3), minutes(10, 20, 30), 20),
    ("sma(price, 3, 1m)", of("sma", 3), "60:10 180:20 360:30", 20),
    ("stddev(price, 3, 1m)", of("stddev", 3), minutes(10, 20, 30), (200 / 3) ** 0.5),
    ("zscore(price, 3, 1m)", of("zscore", 3), minutes(10, 20, 30), 10 / (200 / 3) ** 0.5),
    ("bollinger(price, 3, -2, 1m)", of("bollinger", 3, -2), minutes(10, 20, 30), 20 - 2 * (200 / 3) ** 0.5),
    ("ema(price, 2, 1m)", of("ema", 2), minutes(10, 10, 10, 10, 10, 10, 40), 30),
    ("rsi(price, 2, 1m)", of("rsi", 2), minutes(*FLAT[:12], 13), 100),
    ("rsi(price, 2, 1m)", of("rsi", 2), minutes(*FLAT[:13]), 50),
    ("rsi(price, 2, 1m)", of("rsi", 2), minutes(*FLAT[:11], 12, 11), 50),
    ("rsi(price, 2, 1m)", of("rsi", 2), minutes(*FLAT[:11], 14, 13), 200 / 3),
    ("atr(price, 2, 1m)", of("atr", 2), minutes(*FLAT[:12], 14), 2),
    ("macd(price, 2, 3, 1m)", of("macd", 2, 3), minutes(*FLAT[:10], 16), 1),
    ("macd_signal(price, 2, 3, 2, 1m)", of("macd_signal", 2, 3, 2), minutes(*FLAT, 16), 2 / 3),
    ("macd_histogram(price, 2, 3, 2, 1m)", of("macd_histogram", 2, 3, 2), minutes(*FLAT, 16), 1 / 3),
    (
        "correlation(price, ETH.price, 3, 1m)",
        Bars("correlation", PRICE, (3,), 60, Field("price", "ETH")),
        "60:10,ETH=1 120:20,ETH=2 180:10,ETH=1 240:20,ETH=2",
        1,
    ),
    (
        "vwap(2, 1m)",
        Bars("vwap", Field("volume(1m)"), (2,), 60, Field("base_volume(1m)")),
        "60:volume(1m)=100,base_volume(1m)=1 120:volume(1m)=400,base_volume(1m)=4",
        100,
    ),
]
"""The indicator, a script, and its value right after it."""

TOO_FEW = [
    ("ema", of("ema", 2), minutes(*FLAT[:6])),
    ("rsi", of("rsi", 2), minutes(*FLAT[:12])),
    ("macd_signal", of("macd_signal", 2, 3, 2), minutes(*FLAT)),
    ("three bars among the last seven minutes", of("sma", 3), "60:10 180:10 480:10"),
    ("a bar that is open is none", of("close"), "59:10"),
    ("nothing varies", of("zscore", 3), minutes(10, 10, 10)),
]

sides = pytest.mark.parametrize("kind", SIDES, ids=lambda kind: str(kind.__name__))


@sides
@pytest.mark.parametrize(("sentence", "tree", "script", "value"), VALUES, ids=[f"{v[0]} | {v[2]}" for v in VALUES])
def test_value(sentence: str, tree: Bars, script: str, value: float, kind: type[Opinion | Engine]) -> None:
    assert str(tree) == sentence
    around = Between(tree, Num(value - 1e-9), Num(value + 1e-9))
    last = script.rpartition(" ")[2].partition(":")[0]
    assert last in opened(kind, rule(around), script)


@sides
@pytest.mark.parametrize(("tree", "script"), [case[1:] for case in TOO_FEW], ids=[case[0] for case in TOO_FEW])
def test_unknown(tree: Bars, script: str, kind: type[Opinion | Engine]) -> None:
    """Neither above nor below anything."""
    either = Or((Compare(tree, ">", Num(0)), Compare(tree, "<=", Num(0))))
    assert opened(kind, rule(either), script) == []


@sides
def test_an_indicator_crosses_from_bar_to_bar(kind: type[Opinion | Engine]) -> None:
    cross = Cross(of("close"), "crosses above", Num(15))
    script = "60:10 90:16 100:12 120:16 130:17 180:16 190:1 240:20 250:20"
    assert opened(kind, rule(cross), script) == ["120"]
