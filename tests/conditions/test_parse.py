"""Sentences → trees."""

import pytest

from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.parse import parse
from alertd.model.universe import Universe
from tests.conditions.universe import DESK

PRICE = t.Field("price")
SIGNAL = t.Field("signal")
ABOVE = t.Compare(">", PRICE, t.Number(70_000.0))
BULLISH = t.Is(SIGNAL, 1.0)
HOUR, DAY = 3600.0, 86_400.0


def above(number: float) -> t.Compare:
    return t.Compare(">", PRICE, t.Number(number))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("price > 70k", ABOVE),
        ("PRICE > 70K", ABOVE),
        ("price > 70_000.0", ABOVE),
        ("price > 7e4", ABOVE),
        ("((price > 70k))", ABOVE),
        ("(price) > (70k)", ABOVE),
        ("price > 5m", above(5e6)),
        ("price > 5M", above(5e6)),
        ("price > 1.5B", above(1.5e9)),
        ("price > -5", above(-5.0)),
        ("price = 3", t.Compare("==", PRICE, t.Number(3.0))),
        ("price != 3", t.Compare("!=", PRICE, t.Number(3.0))),
        ("price <= 0.5 * high(30d)", t.Compare(
            "<=", PRICE, t.Arithmetic("*", t.Number(0.5), t.Window("high", PRICE, 30 * DAY)))),
        ("low(ETH.price, 5m) < 2", t.Compare("<", t.Window("low", t.Field("price", "ETH"), 300.0), t.Number(2.0))),
        ("Average(volume_24h, 1h30m) > 2", t.Compare(
            ">", t.Window("average", t.Field("volume_24h"), 5400.0), t.Number(2.0))),
        ("price > 1 + 2 * 3 - 4", t.Compare(">", PRICE, t.Arithmetic(
            "-", t.Arithmetic("+", t.Number(1.0), t.Arithmetic("*", t.Number(2.0), t.Number(3.0))), t.Number(4.0)))),
        ("-price < -(1 - price)", t.Compare(
            "<", t.Negative(PRICE), t.Negative(t.Arithmetic("-", t.Number(1.0), PRICE)))),
        ("price crosses above 70k", t.Cross("above", PRICE, t.Number(7e4))),
        ("price Crosses BELOW 70k", t.Cross("below", PRICE, t.Number(7e4))),
        ("price crosses average(7d)", t.Cross("either", PRICE, t.Window("average", PRICE, 7 * DAY))),
        ("price reaches 70k", t.Cross("reaches", PRICE, t.Number(7e4))),
        ("price up 5% in 1h", t.Move("up", PRICE, t.Percent(5.0), True, HOUR)),
        ("price down 500 in 5m", t.Move("down", PRICE, t.Number(500.0), False, 300.0)),
        ("ETH.price moves 2.5 % in 1d", t.Move("moves", t.Field("price", "ETH"), t.Percent(2.5), True, DAY)),
        ("change(price, 1h) > 5%", t.Compare(">", t.Change(PRICE, HOUR), t.Percent(5.0))),
        ("change(price, 1h) < -5%", t.Compare("<", t.Change(PRICE, HOUR), t.Percent(-5.0))),
        ("signal is bullish", BULLISH),
        ("signal is Buy", BULLISH),
        ("signal is not bearish", t.Not(t.Is(SIGNAL, -1.0))),
        ("grade_signal is strong buy", t.Is(t.Field("grade_signal"), 2.0)),
        ("grade_signal is strong_buy", t.Is(t.Field("grade_signal"), 2.0)),
        ('momentum is "Holding Steady"', t.Is(t.Field("momentum"), 1.0)),
        ("signal flips", t.Flip(SIGNAL)),
        ("signal flips to bullish", t.Flip(SIGNAL, None, 1.0)),
        ("signal flips from bearish", t.Flip(SIGNAL, -1.0, None)),
        ("signal flips from bearish to bullish", t.Flip(SIGNAL, -1.0, 1.0)),
        ("age(price) > 10m", t.Compare(">", t.Age(PRICE), t.Duration(600.0))),
        ("2 * 5m < age(ETH.price)", t.Compare(
            "<", t.Arithmetic("*", t.Number(2.0), t.Duration(300.0)), t.Age(t.Field("price", "ETH")))),
        ('"1INCH".price > 1', t.Compare(">", t.Field("price", "1INCH"), t.Number(1.0))),
        ("IN.price / AGE.price > 20", t.Compare(
            ">", t.Arithmetic("/", t.Field("price", "IN"), t.Field("price", "AGE")), t.Number(20.0))),
        ("market.fear_greed < 20", t.Compare("<", t.Field("fear_greed", "market"), t.Number(20.0))),
        ("fear_greed < 20", t.Compare("<", t.Field("fear_greed", "market"), t.Number(20.0))),
        ("price > 70k and signal is bullish", t.And((ABOVE, BULLISH))),
        ("price > 70k AND (signal is bullish and price > 70k)", t.And((ABOVE, BULLISH, ABOVE))),
        ("price > 70k or signal is bullish or price > 70k", t.Or((ABOVE, BULLISH, ABOVE))),
        ("price > 70k or price > 70k and signal is bullish", t.Or((ABOVE, t.And((ABOVE, BULLISH))))),
        ("(price > 70k or signal is bullish) and price > 70k", t.And((t.Or((ABOVE, BULLISH)), ABOVE))),
        ("not price > 70k and signal is bullish", t.And((t.Not(ABOVE), BULLISH))),
        ("not(price > 70k and signal is bullish)", t.Not(t.And((ABOVE, BULLISH)))),
        ("price\n  >\n  70k", ABOVE),
        ("drawdown(30d) > 20%", t.Compare(">", t.Window("drawdown", PRICE, 30 * DAY), t.Percent(20.0))),
        ("drawdown > 20%", t.Compare(">", t.Field("drawdown"), t.Percent(20.0))),
        ("price breaks support(7d)", t.Cross("below", PRICE, t.Window("support", PRICE, 7 * DAY))),
        ("price breaks support", t.Cross("below", PRICE, t.Field("support"))),
        ("price breaks all_time_high", t.Cross("above", PRICE, t.Field("all_time_high"))),
        ("price breaks below high(24h)", t.Cross("below", PRICE, t.Window("high", PRICE, DAY))),
        ("price crosses every 1k", t.CrossEvery(PRICE, t.Number(1000.0))),
        ("price crosses above 70k holds 15m", t.Holds(t.Cross("above", PRICE, t.Number(7e4)), 900.0)),
        ("(price breaks high(24h)), holds 15m", t.Holds(
            t.Cross("above", PRICE, t.Window("high", PRICE, DAY)), 900.0)),
        ("2 of (price crosses above 70k, holds 5m, price > 70k)", t.Some(
            2, (t.Holds(t.Cross("above", PRICE, t.Number(7e4)), 300.0), ABOVE))),
        ("price moves 3% since last alert", t.Since("moves", PRICE, t.Percent(3.0), True, t.LastAlert(PRICE))),
        ("price up 500 since open(1d)", t.Since("up", PRICE, t.Number(500.0), False, t.Opening(PRICE, DAY))),
        ("price up 3% since open(ETH.price, 1d)", t.Since(
            "up", PRICE, t.Percent(3.0), True, t.Opening(t.Field("price", "ETH"), DAY))),
        ("price down 3% since 1 * open(1d)", t.Since("down", PRICE, t.Percent(3.0), True, t.Arithmetic(
            "*", t.Number(1.0), t.Indicator("open", PRICE, (), DAY)))),
        ("price down 3% since 65k", t.Since("down", PRICE, t.Percent(3.0), True, t.Number(65e3))),
        ("price within 1% of high(30d)", t.Within(
            PRICE, t.Percent(1.0), True, t.Window("high", PRICE, 30 * DAY))),
        ("price is within 500 of 70k", t.Within(PRICE, t.Number(500.0), False, t.Number(7e4))),
        ("price between 60k and 70k and price > 70k", t.And((
            t.Between(PRICE, t.Number(6e4), t.Number(7e4)), ABOVE))),
        ("price not between 60k and 70k", t.Not(t.Between(PRICE, t.Number(6e4), t.Number(7e4)))),
        ("price enters 60k to 70k", t.Enters(t.Between(PRICE, t.Number(6e4), t.Number(7e4)))),
        ("price leaves 60k and 70k", t.Enters(t.Between(PRICE, t.Number(6e4), t.Number(7e4)), True)),
        ("price enters within 1% of 70k", t.Enters(t.Within(PRICE, t.Percent(1.0), True, t.Number(7e4)))),
        ("recently(signal flips, 4h)", t.Recently(t.Flip(SIGNAL), 4 * HOUR)),
        ("1 of (price > 70k, signal is bullish)", t.Some(1, (ABOVE, BULLISH))),
        ("price > 70k confirmed by 2 sources", t.Confirmed(2, (ABOVE,))),
        ("count(where price > 70k) > 3", t.Compare(">", t.Count(ABOVE), t.Number(3.0))),
        ("share(where price > 70k) > 30%", t.Compare(">", t.Share(ABOVE), t.Percent(30.0))),
        ("rank(change(price, 1d)) <= 5", t.Compare("<=", t.Rank(t.Change(PRICE, DAY)), t.Number(5.0))),
        ("count(where age(price) > 10m) > 5m", t.Compare(
            ">", t.Count(t.Compare(">", t.Age(PRICE), t.Duration(600.0))), t.Number(5e6))),
        ("RSI(14, 60m) < 30", t.Compare("<", t.Indicator("rsi", PRICE, (14.0,), HOUR), t.Number(30.0))),
        ("ema(ETH.price, 20, 4h) > ema(50, 4h)", t.Compare(
            ">", t.Indicator("ema", t.Field("price", "ETH"), (20.0,), 4 * HOUR),
            t.Indicator("ema", PRICE, (50.0,), 4 * HOUR))),
        ("bollinger(20, -2.5, 1h) > 1", t.Compare(
            ">", t.Indicator("bollinger", PRICE, (20.0, -2.5), HOUR), t.Number(1.0))),
        ("macd_signal(12, 26, 9, 4h) > 0", t.Compare(
            ">", t.Indicator("macd_signal", PRICE, (12.0, 26.0, 9.0), 4 * HOUR), t.Number(0.0))),
        ("vwap(ETH.price, 24, 1h) > 0", t.Compare(">", t.Indicator(
            "vwap", t.Field("volume(1h)", "ETH"), (24.0,), HOUR, t.Field("base_volume(1h)", "ETH")), t.Number(0.0))),
        ("correlation(ETH.price, 30, 1d) > 0", t.Compare(">", t.Indicator(
            "correlation", PRICE, (30.0,), DAY, t.Field("price", "ETH")), t.Number(0.0))),
        ("correlation(signal.price, ETH.price, 30, 1d) > 0", t.Compare(">", t.Indicator(
            "correlation", t.Field("price", "signal"), (30.0,), DAY, t.Field("price", "ETH")), t.Number(0.0))),
        ("average(volume(1h), 7d) < volume(ETH.price, 60m)", t.Compare(
            "<", t.Window("average", t.Field("volume(1h)"), 7 * DAY), t.Field("volume(1h)", "ETH"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_sentence_is_its_tree(text: str, tree: t.Condition) -> None:
    assert parse(text) == tree


def test_spans_are_the_places_of_the_sentence() -> None:
    text = "price > 70k and not signal is bullish"
    spans = {type(node).__name__: text[slice(*node.span)] for node in t.walk(parse(text))}
    assert spans == {
        "And": text,
        "Compare": "price > 70k",
        "Field": "signal",
        "Number": "70k",
        "Not": "not signal is bullish",
        "Is": "signal is bullish",
    }


def test_a_configured_source_is_told_from_a_coin() -> None:
    tree = compile_condition("binance.price > bitcoin.price", DESK).tree
    assert tree == t.Compare(">", t.Field("price", None, "binance"), t.Field("price", "BTC"))


def test_each_source_that_gives_it_confirms() -> None:
    parts = tuple(t.Compare(">", t.Field("price", None, source), t.Number(3.0)) for source in ("binance", "coingecko"))
    assert compile_condition("price > 3 confirmed by 2 sources", DESK).tree == t.Confirmed(2, parts)
    both = compile_condition("price > ETH.price and volume_24h > 3 confirmed by 2 sources", DESK).tree
    assert [node.source for node in t.walk(both) if isinstance(node, t.Field)] == [
        None, None, "binance", "coingecko",
    ]  # fmt: skip


def test_a_series_goes_before_a_field_and_a_coin() -> None:
    universe = Universe(coins={"PRICE": "PRICE"}, series={"Basket": "money", "price": "number"})
    tree = compile_condition("BASKET > market.basket and PRICE > 3 and PRICE.market_cap > 2", universe).tree
    fields = [node for node in t.walk(tree) if isinstance(node, t.Field)]
    assert fields == [
        t.Field("Basket", "market"),
        t.Field("Basket", "market"),
        t.Field("price", "market"),
        t.Field("market_cap", "PRICE"),
    ]


def test_in_quotes_a_coin_goes_before_a_source_of_its_name() -> None:
    universe = Universe(coins={"TM": "TM"}, sources={"TM": frozenset({"price"})})
    tree = compile_condition('"TM".price > TM.price', universe).tree
    assert tree == t.Compare(">", t.Field("price", "TM"), t.Field("price", None, "TM"))


def test_two_events_in_one_and_are_a_warning() -> None:
    compiled = compile_condition("price crosses 3 and signal flips", DESK)
    (warning,) = compiled.warnings
    assert warning.warning
    assert "the very same reading" in warning.message
    assert "recently" in warning.hint
    assert warning.hint == "recently(price crosses 3, 4h) is true for a while"
    assert not compile_condition("price crosses 3 or signal flips", DESK).warnings
    assert not compile_condition("2 of (price crosses 3, signal flips, price > 2)", DESK).warnings
    assert compile_condition("2 of (price crosses 3, signal flips)", DESK).warnings
