"""Trees → text and back; the shape of a tree."""

import math

import pytest
from hypothesis import given

from alertd.conditions import tree as t
from alertd.conditions.fields import FIELDS, label_of, state_of
from alertd.conditions.parse import parse
from alertd.conditions.shape import fields_of, shape
from alertd.conditions.text import canonical, exact_duration
from alertd.model.units import duration
from tests.conditions.trees import PLACE, STATES, conditions, seconds
from tests.conditions.universe import EVERYTHING


@given(conditions)
def test_the_canonical_text_reads_back_as_the_tree(tree: t.Condition) -> None:
    assert parse(canonical(tree), PLACE) == tree


@given(seconds)
def test_a_duration_reads_back_exactly(value: float) -> None:
    assert duration(exact_duration(value)) == value


@given(conditions)
def test_a_shape_holds_no_constant_and_gives_them_all(tree: t.Condition) -> None:
    bare, constants = shape(tree)
    nodes = list(t.walk(bare))
    assert not any(isinstance(node, t.Number | t.Percent | t.Duration) for node in nodes)
    assert sorted(node.index for node in nodes if isinstance(node, t.Parameter)) == list(range(len(constants)))
    assert shape(bare) == (bare, ())
    hash(bare)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("price>70000.0", "price > 70000"),
        ("price = 1.50", "price == 1.5"),
        ("(price + 1) * 2 > (price)", "(price + 1) * 2 > price"),
        ("price - (1 - 2) > 0", "price - (1 - 2) > 0"),
        ("high(24h) > 1", "high(price, 1d) > 1"),
        ("grade_signal is Strong Buy", "grade_signal is strong_buy"),
        ("not signal is buy", "signal is not bullish"),
        ("not (price > 1 or price < 0)", "not (price > 1 or price < 0)"),
        ("price up 5.0 % in 90m", "price up 5% in 1h30m"),
        ('"BTC".price > 1', "BTC.price > 1"),
        ("eth.price > 1", '"eth".price > 1'),
        ("price breaks resistance(30d)", "price crosses above resistance(price, 30d)"),
        ("price breaks low(7d) HOLDS 90m", "price crosses below low(price, 7d), holds 1h30m"),
        ("price breaks below 70k , holds 5m", "price crosses below 70000, holds 5m"),
        ("price up 3% since open(24h)", "price up 3% since open(price, 1d)"),
        ("ETH.price up 3% since open(1d)", "ETH.price up 3% since open(ETH.price, 1d)"),
        ("price is not between 1 and 2", "price not between 1 and 2"),
        ("not price between 1 and 2", "price not between 1 and 2"),
        ("price enters between 1 and 2", "price enters 1 to 2"),
        ("price leaves within 1.0% of 70k", "price leaves within 1% of 70000"),
        ("volume(60m) > 1", "volume(1h) > 1"),
        ("volume(ETH.price, 1h) > 1", "volume(ETH.price, 1h) > 1"),
        ("volume(price, 1h) > 1", "volume(1h) > 1"),
        ("vwap(24, 1h) > 1", "vwap(price, 24, 1h) > 1"),
        ("bollinger(20, -2, 1h) > 1", "bollinger(price, 20, -2, 1h) > 1"),
        ("correlation(ETH.price, 30, 1w) > 0", "correlation(price, ETH.price, 30, 7d) > 0"),
        ("(not price > 1) confirmed by 2 sources", "(not price > 1) confirmed by 2 sources"),
        ("not price > 1 confirmed by 2 sources", "not price > 1 confirmed by 2 sources"),
        ("(price > 1 or price < 0) confirmed by 2 sources", "(price > 1 or price < 0) confirmed by 2 sources"),
    ],
)
def test_there_is_one_spelling(text: str, same: str) -> None:
    assert canonical(parse(text)) == same


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("price > 70k confirmed by 2 sources", "price > 70000 confirmed by 2 sources"),
        ("binance.price > 1.01 * price confirmed by 2 sources", "binance.price > 1.01 * price confirmed by 2 sources"),
        ("ETH.price > price confirmed by 3 sources", "ETH.price > price confirmed by 3 sources"),
        ("count(where price > 1) > 3 confirmed by 2 sources", "count(where price > 1) > 3 confirmed by 2 sources"),
        ("ethbtc > 0.05", "market.ETHBTC > 0.05"),
        ("vwap(binance.price, 24, 1h) > 1", "vwap(binance.price, 24, 1h) > 1"),
    ],
)
def test_the_spelling_does_not_depend_on_the_sources(text: str, same: str) -> None:
    tree = parse(text, EVERYTHING)
    assert canonical(tree) == same
    assert parse(same, EVERYTHING) == tree


def test_sentences_that_differ_in_constants_share_a_shape() -> None:
    one, first = shape(parse("price > 70k and price up 5% in 1h and age(price) < 10m"))
    other, second = shape(parse("price > 3 and price up 7% in 1h and age(price) < 20m"))
    assert one == other
    assert (first, second) == ((70_000.0, 5.0, 600.0), (3.0, 7.0, 1200.0))


@pytest.mark.parametrize("text", ["price up 5% in 2h", "price up 5 in 1h", "ETH.price up 5% in 1h"])
def test_windows_coins_and_kinds_are_of_the_shape(text: str) -> None:
    assert shape(parse(text))[0] != shape(parse("price up 5% in 1h"))[0]


def test_fields_come_once_and_in_order() -> None:
    tree = parse("high(ETH.price, 1h) > price and price > ETH.price or signal is bullish")
    assert fields_of(tree) == (t.Field("price", "ETH"), t.Field("price"), t.Field("signal"))


@pytest.mark.parametrize("name", STATES)
def test_every_label_and_alias_is_a_state(name: str) -> None:
    spec = FIELDS[name]
    for label, value in spec.labels.items():
        assert state_of(name, label.replace("_", " ").title()) == value
        assert label_of(name, value) == label
    for alias, label in spec.aliases.items():
        assert state_of(name, alias) == spec.labels[label]
    assert state_of(name, "sideways") is None
    assert label_of(name, math.pi) == "3.14159"
