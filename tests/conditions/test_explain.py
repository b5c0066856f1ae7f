"""What a message is told of a verdict."""

import pytest

from alertd.conditions.explain import spoken
from tests.conditions.stand import Stand
from tests.rules.play import Play

SAID = [
    ("price > 100", "0:99 60:101", {"price": 101.0, "level": 100.0}),
    ("100 < price", "0:99 60:101", {"price": 101.0, "level": 100.0}),
    ("price > high(2m)", "0:90 60:100 120:99 180:101", {"price": 101.0, "level": 99.0}),
    ("price crosses above ETH.price", "0:99,ETH=100 60:101", {"price": 101.0, "ETH.price": 100.0, "level": 100.0}),
    ("price / ETH.price > 20", "0:50,ETH=5 60:101", {"price": 101.0, "ETH.price": 5.0, "level": 20.0}),
    ("price up 5% in 1h", "0:100 60:106", {"price": 106.0, "base": 100.0, "change": 6.0}),
    ("price down 5% in 1h", "0:100 60:94", {"price": 94.0, "base": 100.0, "change": -6.0}),
    ("price moves 5% in 1h", "0:100 60:94", {"price": 94.0, "base": 100.0, "change": -6.0}),
    ("price moves 5% in 1h", "0:100 60:106", {"price": 106.0, "base": 100.0, "change": 6.0}),
    ("price up 5 in 1h", "0:100 60:106", {"price": 106.0, "base": 100.0, "change": 6.0}),
    ("change(price, 1m) > 5%", "0:100 60:106", {"price": 106.0, "base": 100.0, "change": 6.0}),
    ("5% < change(price, 1m)", "0:100 60:106", {"price": 106.0, "base": 100.0, "change": 6.0}),
    ("signal is bullish", "0:signal=bearish 60:signal=bullish", {"signal": "bullish"}),
    ("signal flips to bullish", "0:signal=bearish 60:signal=bullish", {"signal": "bullish"}),
    ("age(price) > 5m", "0:7 400:-", {"price": 7.0}),
    ("tm_grade up 5 in 1d", "0:tm_grade=0 60:tm_grade=6", {"tm_grade": 6.0, "base": 0.0}),
    ("price > 100 or price > 50", "0:40 60:60", {"price": 60.0, "level": 50.0}),
    ("price > 50 and price > 100", "0:40 60:101", {"price": 101.0, "level": 50.0}),
    ("price > 100 or signal is bullish", "0:99 60:101", {"price": 101.0, "level": 100.0}),
    ("price > 100 and not price > 200", "0:99 60:101", {"price": 101.0, "level": 100.0}),
]


@pytest.mark.parametrize(("when", "script", "expected"), SAID, ids=[f"{case[0]}: {case[1]}" for case in SAID])
def test_what_is_said(when: str, script: str, expected: dict[str, object]) -> None:
    play = Play({"when": when, "already_true": "fire", "no_data": "ignore"})
    play.run(script)
    said = play.events[-1].values
    assert dict(said) == {name: pytest.approx(value) for name, value in expected.items()}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("signal", -1.0, "bearish"), ("ETH.signal", 1.0, "bullish"), ("price", 1.0, 1.0), ("level", 2.0, 2.0)],
)
def test_states_are_spoken(name: str, value: float, expected: object) -> None:
    assert spoken(name, value) == expected


TOLD = [
    ("price breaks above 100, holds 1m", "0:99 60:101 120:105", {"price": 105.0, "level": 100.0}),
    (
        "price breaks above ETH.price, holds 1m",
        "0:99 1:ETH=100 60:101 90:ETH=100.5 120:105",
        {"price": 105.0, "ETH.price": 100.5, "level": 100.0},
    ),
    ("price crosses every 10", "0:95 60:125", {"price": 125.0, "level": 120.0}),
    ("price crosses every 10", "0:95 60:85", {"price": 85.0, "level": 90.0}),
    ("price within 1% of 100", "0:99.5", {"price": 99.5, "level": 100.0}),
    ("price between 60 and 70", "0:69", {"price": 69.0, "level": 70.0}),
    ("price enters 60 to 70", "0:59 60:61", {"price": 61.0, "level": 60.0}),
    ("price up 3% since 100", "0:104", {"price": 104.0, "base": 100.0, "change": 4.0}),
    ("price up 3% since last alert", "0:100 60:104", {"price": 104.0, "base": 100.0, "change": 4.0}),
    ("price up 3% since open(1h)", "1:100 60:104", {"price": 104.0, "base": 100.0, "change": 4.0}),
    ("count(where price > 10) > 0", "0:11", {"count": 1.0, "level": 0.0}),
    ("share(where price > 10) > 30%", "0:11", {"share": 100.0, "level": 30.0}),
    ("rank(price) <= 5", "0:11", {"price": 11.0, "rank": 1.0, "level": 5.0}),
    ("price > sma(2, 1m)", "60:10 120:12 180:13", {"price": 13.0, "level": 12.5}),
    ("sma(2, 1m) < 20", "60:10 120:12 121:13", {"price": 13.0, "sma": 11.0, "level": 20.0}),
    ("recently(price > 10, 1h)", "0:11", {"price": 11.0, "level": 10.0}),
]


@pytest.mark.parametrize(("when", "script", "expected"), TOLD, ids=[f"{case[0]}: {case[1]}" for case in TOLD])
def test_what_is_told_of_the_other_forms(when: str, script: str, expected: dict[str, float]) -> None:
    stand = Stand(when)
    stand.run(script)
    assert stand.told() == pytest.approx(expected)
