"""Examples of each form that lasts, with what DESIGN.md §5 makes of it: what either opinion has to say."""

import pytest

from tests.opinion.engine import Engine
from tests.opinion.opinion import Opinion
from tests.opinion.script import SIDES, minutes, opened, rule
from tests.opinion.sentence import (
    And,
    Between,
    Compare,
    Condition,
    Confirmed,
    Count,
    Cross,
    Is,
    Move,
    Not,
    Or,
    Recently,
    Since,
    Some,
    Within,
)
from tests.opinion.values import Age, Change, Dur, Field, LastAlert, Math, Num, Opening, Pct, Rank, Window

PRICE = Field("price")
ETH = Field("price", "ETH")
GECKO = Field("price", None, "coingecko")
BULL = Is(Field("signal"), "bullish")
GRADE = Compare(Field("tm_grade"), ">", Num(50))
FEAR = Field("fear_greed", "market")
OVER = Compare(PRICE, ">", Num(100))
ON_EACH = (Compare(Field("price", None, "binance"), ">", Num(100)), Compare(GECKO, ">", Num(100)))
ABOVE = Cross(PRICE, "crosses above", Num(100))
HIGH = Window("high", PRICE, 120)
LOW = Window("low", PRICE, 120)
AVERAGE = Window("average", PRICE, 120)
DRAWDOWN = Window("drawdown", PRICE, 120)
RESISTANCE = Window("resistance", PRICE, 600)
SUPPORT = Window("support", PRICE, 600)

Example = tuple[str, Condition, str, list[str]]
"""The sentence, its tree, a script, and when episodes open."""

LEVELS: list[Example] = [
    ("price > 100", OVER, "0:100 60:100.5", ["60"]),
    ("price > 100", OVER, "0:100.00000000005", []),
    ("price <= 100", Compare(PRICE, "<=", Num(100)), "0:100.1 60:100", ["60"]),
    ("price == 100", Compare(PRICE, "==", Num(100)), "0:99 60:100", ["60"]),
    ("ETH.price > 5", Compare(ETH, ">", Num(5)), "0:100 60:ETH=6", ["60"]),
    ("(price / ETH.price) > 20", Compare(Math(PRICE, "/", ETH), ">", Num(20)), "0:ETH=0,5 60:ETH=5 61:101", ["61"]),
    ("coingecko.price > 100", Compare(GECKO, ">", Num(100)), "0:101 9:coingecko.=101", ["9"]),
    ("market.fear_greed < 20", Compare(FEAR, "<", Num(20)), "0:fear_greed=50 9:fear_greed=19", ["9"]),
    ("signal is bullish", BULL, "0:signal=bearish 60:signal=bullish", ["60"]),
    ("price between 98 and 102", Between(PRICE, Num(98), Num(102)), "0:97 1:98 2:103 3:102 4:102.1", ["1", "3"]),
    ("price within 1% of ETH.price", Within(PRICE, Pct(1), ETH), "0:ETH=100,101.1 1:101 2:98.9 3:99", ["1", "3"]),
    ("price within 2 of 100", Within(PRICE, Num(2), Num(100)), "0:97.9 1:98", ["1"]),
    ("(price > 100) confirmed by 2 sources", Confirmed(OVER, 2, ON_EACH), "0:101 2:coingecko.=101", ["2"]),
    ("age(price) > 1m", Compare(Age(PRICE), ">", Dur(60)), "0:5 30:6 200:-", ["90.001"]),
]

LOGIC: list[Example] = [
    ("(price > 100) and (signal is bullish)", And((OVER, BULL)), "0:101 9:signal=bullish", ["9"]),
    ("(price > 100) or (signal is bullish)", Or((OVER, BULL)), "0:101", ["0"]),
    ("not (signal is bullish)", Not(BULL), "0:101 9:signal=bearish", ["9"]),
    ("not ((price > 100) and (signal is bullish))", Not(And((OVER, BULL))), "0:101 9:99", ["9"]),
    (
        "2 of (price > 100, tm_grade > 50, signal is bullish)",
        Some(2, (OVER, GRADE, BULL)),
        "0:101 9:tm_grade=51",
        ["9"],
    ),
    ("recently(price > 100, 1m)", Recently(OVER, 60), "0:99 10:101 20:99 60:99 80:101", ["10", "80"]),
    ("recently(price crosses above 100, 1m)", Recently(ABOVE, 60), "0:99 10:101 20:102 90:103", ["10"]),
]

WINDOWS: list[Example] = [
    ("price > high(price, 2m)", Compare(PRICE, ">", HIGH), minutes(5, 6, 7), ["180"]),
    ("price > high(price, 2m)", Compare(PRICE, ">", HIGH), minutes(5, 6), []),
    ("price > high(price, 2m)", Compare(PRICE, ">", HIGH), "60:9 120:5 180:6", ["180"]),
    ("price < low(price, 2m)", Compare(PRICE, "<", LOW), minutes(5, 6, 7, 5.5), ["240"]),
    ("average(price, 2m) == 6", Compare(AVERAGE, "==", Num(6)), "60:1 121:50 180:4 240:8", ["240"]),
    ("drawdown(price, 2m) >= 10%", Compare(DRAWDOWN, ">=", Pct(10)), "0:100 1:90 60:110 61:99.1", ["1"]),
    ("change(price, 2m) > 5%", Compare(Change(PRICE, 120), ">", Pct(5)), "60:100 120:90 180:105.1", ["180"]),
    (
        "price > resistance(price, 10m)",
        Compare(PRICE, ">", RESISTANCE),
        minutes(5, 5, 5, 5, 5, 6, 9, 7, 8, 8.5, 9.5),
        ["660"],
    ),
    (
        "price < support(price, 10m)",
        Compare(PRICE, "<", SUPPORT),
        minutes(9, 9, 9, 9, 9, 8, 5, 7, 6, 6.5, 4.5),
        ["660"],
    ),
    ("price up 5% in 10m", Move(PRICE, "up", Pct(5), 600), "0:100 60:99 120:103.94 180:103.95", ["180"]),
    ("price down 5% in 10m", Move(PRICE, "down", Pct(5), 600), "0:100 60:101 120:95.96 180:95.95", ["180"]),
    ("price moves 500 in 10m", Move(PRICE, "moves", Num(500), 600), "0:1000 60:1499 120:1500", ["120"]),
    (
        "price up 5% since open(5m)",
        Since(PRICE, "up", Pct(5), Opening(PRICE, 300)),
        "1:100 300:104.9 301:105 302:110 400:110.25",
        ["400"],
    ),
    ("price down 5 since 100", Since(PRICE, "down", Num(5), Num(100)), "0:96 1:95", ["1"]),
    (
        "price moves 5 since last alert",
        Since(PRICE, "moves", Num(5), LastAlert()),
        "0:100 1:104 2:105 3:109 4:110 5:105.1 6:105",
        ["2", "4", "6"],
    ),
]

OVER_COINS: list[Example] = [
    (
        "count(where price > 100) > 1",
        Compare(Count(OVER), ">", Num(1)),
        "0:99,ETH=99,SOL=101 1:101 2:ETH=101 3:101",
        ["1 market"],
    ),
    (
        "share(where price > 100) > 50%",
        Compare(Count(OVER, share=True), ">", Pct(50)),
        "0:99,ETH=99 1:101 2:ETH=101",
        ["2 market"],
    ),
    (
        "rank(price) <= 1",
        Compare(Rank(PRICE), "<=", Num(1)),
        "0:3,ETH=2,SOL=1 1:ETH=4 2:SOL=4",
        ["0", "1 ETH", "2 SOL"],
    ),
]

EXAMPLES = [*LEVELS, *LOGIC, *WINDOWS]

sides = pytest.mark.parametrize("kind", SIDES, ids=lambda kind: str(kind.__name__))


@sides
@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{sentence} | {script}" for sentence, _, script, _ in EXAMPLES])
def test_example(example: Example, kind: type[Opinion | Engine]) -> None:
    sentence, tree, script, expected = example
    assert str(tree) == sentence
    assert opened(kind, rule(tree), script) == expected


@sides
@pytest.mark.parametrize("example", OVER_COINS, ids=[sentence for sentence, *_ in OVER_COINS])
def test_over_the_rule_s_coins(example: Example, kind: type[Opinion | Engine]) -> None:
    sentence, tree, script, expected = example
    assert str(tree) == sentence
    assert opened(kind, rule(tree, ("BTC", "ETH", "SOL")), script) == expected
