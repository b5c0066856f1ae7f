"""Trees → text and back; the shape of a tree."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.conditions import tree as t
from alertd.conditions.fields import FIELDS, Unit, label_of, state_of
from alertd.conditions.parse import conjoin, parse
from alertd.conditions.shape import fields_of, shape
from alertd.conditions.text import canonical, exact_duration
from alertd.model.units import duration

NUMBERS = [spec.name for spec in FIELDS.values() if spec.unit is not Unit.STATE and not spec.of_market]
STATES = [spec.name for spec in FIELDS.values() if spec.unit is Unit.STATE]
COINS = st.sampled_from([None, "BTC", "1INCH", "binance", "In", "Ω-coin", "AND"])

values = st.floats(min_value=-1e18, max_value=1e18, allow_nan=False).map(lambda value: value + 0.0)
seconds = st.one_of(
    st.integers(1, 40_000_000).map(float), st.floats(min_value=1e-3, max_value=1e9, allow_subnormal=False)
)
number_fields = st.builds(t.Field, st.sampled_from(NUMBERS), COINS) | st.just(t.Field("fear_greed", "market"))
state_fields = st.builds(t.Field, st.sampled_from(STATES), COINS)
leaves = st.one_of(
    st.builds(t.Number, values),
    st.builds(t.Percent, values),
    number_fields,
    st.builds(t.Window, st.sampled_from(["high", "low", "average"]), number_fields, seconds),
    st.builds(t.Change, number_fields, seconds),
)


def negated(of: t.Expression) -> t.Expression:
    match of:
        case t.Number(value):
            return t.Number(-value)
        case t.Percent(value):
            return t.Percent(-value)
        case _:
            return t.Negative(of)


expressions = st.recursive(
    leaves,
    lambda inner: st.builds(t.Arithmetic, st.sampled_from("+-*/"), inner, inner) | inner.map(negated),
    max_leaves=6,
)


@st.composite
def of_states(draw: st.DrawFn) -> t.Condition:
    field = draw(state_fields)
    states = st.sampled_from(list(FIELDS[field.name].labels.values()))
    if draw(st.booleans()):
        return t.Is(field, draw(states))
    return t.Flip(field, draw(st.none() | states), draw(st.none() | states))


def any_of(parts: list[t.Condition]) -> t.Condition:
    return t.Or(tuple(inner for part in parts for inner in (part.parts if isinstance(part, t.Or) else (part,))))


simple = st.one_of(
    st.builds(t.Compare, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), expressions, expressions),
    st.builds(t.Compare, st.sampled_from(["<", ">"]), st.builds(t.Age, number_fields), st.builds(t.Duration, seconds)),
    st.builds(t.Cross, st.sampled_from(["above", "below", "either", "reaches"]), expressions, expressions),
    st.builds(
        lambda direction, field, amount, window: t.Move(
            direction, field, amount, isinstance(amount, t.Percent), window
        ),
        st.sampled_from(["up", "down", "moves"]),
        number_fields,
        values.map(abs).map(t.Percent) | values.map(abs).map(t.Number),
        seconds,
    ),
    of_states(),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        inner.map(t.Not),
        st.lists(inner, min_size=2, max_size=3).map(conjoin),
        st.lists(inner, min_size=2, max_size=3).map(any_of),
    ),
    max_leaves=5,
)


@given(conditions)
def test_the_canonical_text_reads_back_as_the_tree(tree: t.Condition) -> None:
    assert parse(canonical(tree)) == tree


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
    ],
)
def test_there_is_one_spelling(text: str, same: str) -> None:
    assert canonical(parse(text)) == same


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
