"""Conditions drawn at random, such as the prices of `happenings` make true and untrue again and again."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TypeVar

from hypothesis import strategies as st

from tests.opinion import sentence as s
from tests.opinion import values as v
from tests.opinion.sentence import Condition, momentary
from tests.opinion.values import Expression, Field, Node, Num, Pct

Draw = st.DrawFn
N = TypeVar("N", bound=Node)
Form = Callable[[Draw], Condition]

PRICE = Field("price")
SOURCES = ("binance", "coingecko")
"""Those with a price."""

prices = st.sampled_from([PRICE] * 6 + [Field("price", "ETH"), Field("price", source="coingecko")])
spans = st.sampled_from([60.0, 120.0, 180.0, 300.0, 600.0, 90.0, 90000.0])
amounts: st.SearchStrategy[Num | Pct] = st.sampled_from([Pct(2), Pct(5), Num(2), Num(3)])
ways = st.sampled_from(["crosses above", "crosses below", "crosses", "reaches"])
operators = st.sampled_from([">", ">=", "<", "<=", ">", "<", "==", "!="])
levels = st.sampled_from([Num(96), Num(98), Num(100), Num(102), Num(104)])
windows = st.sampled_from(["high", "low", "average"])
signals = st.sampled_from([Field("signal"), Field("signal"), Field("hourly_signal"), Field("signal", "ETH")])
labels = st.sampled_from(["bullish", "bearish"])
movements = st.sampled_from(["up", "down", "moves"])
intervals = st.sampled_from([60.0, 60.0, 300.0])
indicators = st.sampled_from(
    [
        ("open", ()),
        ("close", ()),
        ("sma", (3.0,)),
        ("ema", (2.0,)),
        ("bollinger", (3.0, 1.0)),
        ("bollinger", (2.0, -2.0)),
    ]
)
ranked: st.SearchStrategy[Expression] = st.sampled_from([PRICE, v.Change(PRICE, 120)])
others: st.SearchStrategy[tuple[Expression, Expression]] = st.sampled_from(
    [
        (v.Bars("rsi", PRICE, (2.0,), 60.0), Num(50)),
        (v.Bars("stddev", PRICE, (3.0,), 60.0), Num(2)),
        (v.Bars("zscore", PRICE, (3.0,), 60.0), Num(0.5)),
        (v.Bars("atr", PRICE, (2.0,), 60.0), Num(3)),
        (v.Bars("macd", PRICE, (2.0, 3.0), 60.0), Num(0)),
        (v.Bars("macd_signal", PRICE, (2.0, 3.0, 2.0), 60.0), Num(0)),
        (v.Bars("macd_histogram", PRICE, (2.0, 3.0, 2.0), 60.0), Num(0)),
        (v.Bars("correlation", PRICE, (3.0,), 60.0, Field("price", "ETH")), Num(0.2)),
        (v.Bars("vwap", Field("volume(1m)"), (2.0,), 60.0, Field("base_volume(1m)")), Num(100)),
        (Field("volume(1m)"), v.Math(Num(1.5), "*", v.Window("average", Field("volume(1m)"), 300.0))),
        (Field("fear_greed", "market"), Num(50)),
        (v.Window("drawdown", PRICE, 300.0), Pct(3)),
    ]
)  # fmt: skip


def side(draw: Draw) -> Expression:
    """What a price is compared with."""
    kind = draw(st.integers(0, 9))
    if kind < 5:
        return draw(levels)
    if kind < 7:
        return v.Window(draw(windows), draw(prices), draw(spans))
    if kind == 7:
        return draw(prices)
    return v.Math(draw(prices), draw(st.sampled_from("+-*/")), Num(draw(st.sampled_from([1, 2, 0.98]))))


def indicator(draw: Draw) -> Expression:
    function, numbers = draw(indicators)
    return v.Bars(function, draw(prices), numbers, draw(intervals))


def compare(draw: Draw) -> Condition:
    return s.Compare(draw(prices), draw(operators), side(draw))


def cross(draw: Draw) -> Condition:
    return s.Cross(draw(prices), draw(ways), side(draw))


def move(draw: Draw) -> Condition:
    return s.Move(draw(prices), draw(movements), draw(amounts), draw(spans))


def change(draw: Draw) -> Condition:
    percent = Pct(draw(st.sampled_from([2, 4])))
    turn = v.Math(percent, "-", Pct(6)) if draw(st.booleans()) else percent
    return s.Compare(v.Change(draw(prices), draw(spans)), draw(operators), turn)


def flip(draw: Draw) -> Condition:
    before, after = draw(st.sampled_from([(None, None), ("bearish", None), (None, "bullish"), ("bearish", "bullish")]))
    return s.Flip(draw(signals), before, after)


def state(draw: Draw) -> Condition:
    return s.Is(draw(signals), draw(labels))


def age(draw: Draw) -> Condition:
    limit = v.Dur(draw(st.sampled_from([60.0, 90.0, 240.0])))
    return s.Compare(v.Age(draw(prices)), draw(st.sampled_from("><")), limit)


def grade(draw: Draw) -> Condition:
    return s.Compare(Field("tm_grade"), draw(operators), Num(50))


def every(draw: Draw) -> Condition:
    return s.Every(draw(prices), draw(st.sampled_from([2.0, 3.0, 10.0])))


def holds(draw: Draw) -> Condition:
    way = draw(st.sampled_from(["crosses above", "crosses below"]))
    return s.Holds(s.Cross(draw(prices), way, side(draw)), draw(st.sampled_from([60.0, 90.0])))


def since(draw: Draw) -> Condition:
    of = draw(prices)
    bases: list[Expression] = [
        v.LastAlert(),
        v.Opening(of, 300),
        v.Opening(of, 3600),
        Num(100),
        v.Window("low", PRICE, 180),
    ]
    return s.Since(of, draw(movements), draw(amounts), draw(st.sampled_from(bases)))


def ranged(draw: Draw) -> s.Within | s.Between:
    if draw(st.booleans()):
        return s.Within(draw(prices), draw(amounts), side(draw))
    return s.Between(draw(prices), Num(98), Num(102) if draw(st.booleans()) else side(draw))


def enters(draw: Draw) -> Condition:
    return s.Enters(ranged(draw), draw(st.booleans()))


def indicated(draw: Draw) -> Condition:
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return s.Compare(draw(prices), draw(operators), indicator(draw))
    if kind == 1:
        return s.Cross(indicator(draw), draw(ways), indicator(draw))
    value, limit = draw(others)
    return s.Cross(value, draw(ways), limit) if kind == 2 else s.Compare(value, draw(operators), limit)


def swing(draw: Draw) -> Condition:
    window = v.Window(
        draw(st.sampled_from(["resistance", "support"])), draw(prices), draw(st.sampled_from([600.0, 1200.0]))
    )
    return s.Cross(PRICE, draw(ways), window) if draw(st.booleans()) else s.Compare(PRICE, draw(operators), window)


def counted(draw: Draw) -> Condition:
    kind = draw(st.integers(0, 2))
    if kind == 2:
        return s.Compare(v.Rank(draw(ranked)), draw(operators), Num(draw(st.sampled_from([1, 2]))))
    of = draw(st.sampled_from([compare, move, change, state, grade]))(draw)
    limit = Pct(draw(st.sampled_from([30, 50]))) if kind else Num(draw(st.sampled_from([0, 1, 2])))
    return s.Compare(s.Count(of, bool(kind)), draw(operators), limit)


def confirmed(draw: Draw) -> Condition:
    operator, level = draw(operators), draw(levels)
    kind = draw(st.integers(0, 2))

    def on(source: str | None) -> Condition:
        price = Field("price", source=source)
        if kind == 0:
            return s.Compare(price, operator, level)
        if kind == 1:
            return s.Move(price, "moves", Pct(2), 180.0)
        return s.Compare(price, operator, v.Window("average", price, 120.0))

    return s.Confirmed(on(None), 2, tuple(on(source) for source in SOURCES))


HOURS = {60.0: 3600.0, 300.0: 14400.0, 3600.0: 86400.0}
"""The interval that takes a shorter one's place where an hour takes a minute's."""


def stretched(tree: N) -> N:
    """The same with hours for minutes; windows of more than a day are long enough."""
    return replace(tree, **{spec.name: _stretched(spec.name, getattr(tree, spec.name)) for spec in fields(tree)})


def _stretched(name: str, value: object) -> object:
    match value:
        case Node():
            return stretched(value)
        case tuple():
            return tuple(_stretched("", part) for part in value)
        case float() | int() if name == "seconds":
            return value * 60 if value < 3600 else value
        case float() | int() if name == "interval":
            return HOURS[value]
        case str():
            return value.replace("(1m)", "(1h)")
        case _:
            return value


BASIC: tuple[Form, ...] = (compare, compare, compare, cross, cross, move, change, flip, state, age, grade)
FURTHER: tuple[Form, ...] = (
    every,
    holds,
    since,
    ranged,
    enters,
    indicated,
    indicated,
    swing,
    counted,
    counted,
    confirmed,
)


@st.composite
def conditions(draw: Draw, forms: tuple[Form, ...], depth: int = 2) -> Condition:
    """Mostly a single form; else a few of them, joined."""
    kind = draw(st.integers(0, 13)) if depth else 0
    if kind < 7:
        return draw(st.sampled_from(forms))(draw)
    if kind == 7:
        of = draw(conditions(forms, depth - 1))
        return of if momentary(of) else s.Not(of)
    if kind == 8 and FURTHER[0] in forms:
        return s.Recently(draw(conditions(forms, depth - 1)), draw(st.sampled_from([60.0, 120.0, 250.0])))
    parts = tuple(draw(conditions(forms, depth - 1)) for _ in range(draw(st.sampled_from([2, 2, 3]))))
    if kind == 9 and FURTHER[0] in forms:
        return s.Some(draw(st.integers(1, len(parts))), parts)
    return s.And(parts) if kind % 2 else s.Or(parts)
