"""Examples of what is true for a moment, and of a break that holds: what either opinion has to say."""

import pytest

from tests.opinion.engine import Engine
from tests.opinion.opinion import Opinion
from tests.opinion.script import SIDES, minutes, opened, rule
from tests.opinion.sentence import Between, Condition, Cross, Enters, Every, Flip, Holds, Within
from tests.opinion.values import Field, Num, Pct, Window

PRICE = Field("price")
ETH = Field("price", "ETH")
SIGNAL = Field("signal")
ABOVE = Cross(PRICE, "crosses above", Num(100))
REACHES = Cross(PRICE, "reaches", Num(100))
HIGH = Window("high", PRICE, 120)
ROOM = Between(PRICE, Num(98), Num(102))
HOURLY = Flip(Field("hourly_signal"), "bullish", "bearish")

Example = tuple[str, Condition, str, list[str]]
"""The sentence, its tree, a script, and when episodes open."""

CROSSINGS: list[Example] = [
    ("price crosses above 100", ABOVE, "0:99 60:101 61:102 62:100 63:101", ["60", "63"]),
    ("price crosses above 100", ABOVE, "0:99 60:99.5 90@60:101", ["90"]),
    ("price crosses above 100", ABOVE, "0:101 60:99 90@60:102", []),
    ("price crosses below 100", Cross(PRICE, "crosses below", Num(100)), "0:101 60:100 120:99", ["120"]),
    ("price crosses 100", Cross(PRICE, "crosses", Num(100)), "0:99 60:101 120:102 180:99", ["60", "180"]),
    ("price reaches 100", REACHES, "0:99 60:100", ["60"]),
    ("price reaches 100", REACHES, "0:101 60:99", ["60"]),
    ("price crosses above ETH.price", Cross(PRICE, "crosses above", ETH), "0:100,ETH=110 1:105 2:ETH=104", ["2"]),
    ("price crosses above high(price, 2m)", Cross(PRICE, "crosses above", HIGH), minutes(5, 5, 5, 4, 6), ["300"]),
    ("price crosses every 10", Every(PRICE, 10), "0:95 1:100 2:101 3:99 4:99.5 5:121", ["2", "3", "5"]),
    ("price enters between 98 and 102", Enters(ROOM), "0:97 1:98 2:99 3:103 4:102", ["1", "4"]),
    ("price leaves between 98 and 102", Enters(ROOM, leaves=True), "0:98 1:97 2:96 3:98 4:103", ["1", "4"]),
    ("price enters within 1% of 100", Enters(Within(PRICE, Pct(1), Num(100))), "0:98 1:99", ["1"]),
]

FLIPS: list[Example] = [
    ("signal flips", Flip(SIGNAL), "0:signal=bullish 60:signal=bullish 120:signal=bearish", ["120"]),
    ("signal flips", Flip(SIGNAL), "0:signal=bullish 60:signal=bullish 90@60:signal=bearish", ["90"]),
    (
        "signal flips to bullish",
        Flip(SIGNAL, None, "bullish"),
        "0:signal=bullish 1:signal=bearish 2:signal=bullish",
        ["2"],
    ),
    (
        "hourly_signal flips from bullish to bearish",
        HOURLY,
        "0:hourly_signal=bullish 1:hourly_signal=neutral 2:hourly_signal=bearish",
        [],
    ),
    (
        "hourly_signal flips from bullish to bearish",
        HOURLY,
        "0:hourly_signal=neutral 1:hourly_signal=bullish 2:hourly_signal=bearish",
        ["2"],
    ),
]

BREAKS: list[Example] = [
    ("price crosses above 100, holds 1m", Holds(ABOVE, 60), "0:99 10:101 69:102 80:102", ["70"]),
    ("price crosses above 100, holds 1m", Holds(ABOVE, 60), "0:99 10:101 20:100 30:101 89:102 91:99", ["90"]),
    (
        "price crosses above ETH.price, holds 1m",
        Holds(Cross(PRICE, "crosses above", ETH), 60),
        "0:99,ETH=100 10:101 20:ETH=105 80:101",
        ["70"],
    ),
]

EXAMPLES = [*CROSSINGS, *FLIPS, *BREAKS]


@pytest.mark.parametrize("kind", SIDES, ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{sentence} | {script}" for sentence, _, script, _ in EXAMPLES])
def test_example(example: Example, kind: type[Opinion | Engine]) -> None:
    sentence, tree, script, expected = example
    assert str(tree) == sentence
    assert opened(kind, rule(tree), script) == expected
