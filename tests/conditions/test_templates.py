"""A sentence whose like is known means what it means where nothing is known: tree, places, warnings and mistakes."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition, templates
from alertd.conditions.fields import FIELDS
from alertd.conditions.forms import FORMS
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.parse import parse
from alertd.conditions.templates import MOST, Templates
from alertd.errors import RuleError
from alertd.model.universe import Universe
from tests.conditions.universe import EVERYTHING

SENTENCES = [
    *(row.example for table in (FIELDS.values(), FUNCTIONS.values(), FORMS) for row in table),
    "price>70k",
    "-5 < -price and price > --5",
    "price > -(70k) or not (price<\n1.5e3)",
    '"1INCH".price > 1 and age(price) > 10m',
    "age(price) < 2 * 90s",
    "price down 5 % in 1h30m",
    "price moves 500 since 65k",
    "tm_grade within 5 of 80 and price not within 1% of 70k",
    "price > 1.05 * binance.price confirmed by 2 sources and price crosses every 500",
    "2 of (price > 70k, price < 60k, change(price, 1h) > 5%)",
    "price > 70k and price < 60k",
    "ethbtc > 0.05 and volume(15m) > 3M",
    "prise > 3",
    "price > 5%",
]

numerals = st.one_of(
    st.sampled_from(["0", "1", "2", "3", "5", "10", "14", "24", "60", "99", "100", "500", "501", "0.5", "70_000"]),
    st.sampled_from(["7__0", "1e999", "1.5e3", "70000.25", "123456789"]),
    st.integers(0, 10**6).map(str),
)
_NUMERAL = re.compile(r"\d[\d_]*(?:\.\d+)?(?:[eE]\d+)?")

Outcome = tuple[object, ...]


def outcome(text: str, universe: Universe) -> Outcome:
    try:
        compiled = compile_condition(text, universe)
    except RuleError as error:
        return error.problems
    return (*((node, node.span) for node in t.walk(compiled.tree)), compiled.warnings)


@given(st.sampled_from(SENTENCES), st.data())
def test_a_known_shape_changes_nothing(sentence: str, data: st.DataObject) -> None:
    for _ in range(3):
        # Parts are kept as they are now and then, so that windows and counts are known ones.
        text = _NUMERAL.sub(lambda found: data.draw(st.just(found[0]) | numerals), sentence)
        assert outcome(text, EVERYTHING) == outcome(text, replace(EVERYTHING))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_read_again_is_the_same(sentence: str) -> None:
    universe = replace(EVERYTHING)
    first = outcome(sentence, universe)
    assert all(outcome(sentence, universe) == first for _ in range(3))


def filled(*sentences: str) -> t.Condition | None:
    """What is known of the last sentence after those before it."""
    universe = replace(EVERYTHING)
    *known, last = sentences
    for sentence in known:
        compile_condition(sentence, universe)
    return templates(universe).fill(last)


@pytest.mark.parametrize(
    ("known", "like", "is_known"),
    [
        ("price > 70k", "price > 1.5k", True),
        ("price > 70k", "price > 70000", False),
        ("price up 5% in 1h", "price up 12.5% in 1h", True),
        ("price up 5% in 1h", "price up 5% in 2h", False),
        ("price up 5% in 1h", "price up 0% in 1h", False),
        ("price down 5% in 1h", "price down 100% in 1h", False),
        ("price crosses every 10", "price crosses every 0", False),
        ("price > sma(20, 1h) + 5", "price > sma(20, 1h) + 7", True),
        ("price > sma(20, 1h) + 5", "price > sma(21, 1h) + 5", False),
        ("2 of (price > 1, price > 2)", "2 of (price > 3, price > 4)", True),
        ("2 of (price > 1, price > 2)", "1 of (price > 1, price > 2)", False),
        ("price > 7 confirmed by 2 sources", "price > 8 confirmed by 2 sources", True),
        ("price > 7 confirmed by 2 sources", "price > 8 confirmed by 3 sources", False),
        ("age(price) > 10m", "age(price) > 15m", True),
        ("price > 70k", "price > 1e999k", False),
        ("price > 70k", "ETH.price > 70k", False),
    ],
)
def test_what_is_known_after_two_of_a_kind(known: str, like: str, is_known: bool) -> None:
    assert (filled(known, known, like) is not None) == is_known
    assert filled(known, like) is None


def test_what_is_remembered_has_a_bound() -> None:
    known = Templates()
    for _ in range(2):
        known.learn("price > 3", parse("price > 3"))
    assert known.fill("price > 4") == t.Compare(">", t.Field("price"), t.Number(4.0))
    for minutes in range(MOST):
        text = f"high({minutes}m) > 3"
        tree = parse(text)
        for _ in range(2):
            known.learn(text, tree)
    assert known.fill("price > 4") is None
    assert known.fill("high(1m) > 4") is not None
    assert known.fill(text) is not None
