"""What a message is told of a verdict."""

import pytest

from alertd.conditions.explain import spoken
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
