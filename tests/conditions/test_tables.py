"""The tables of fields, functions and forms are true: every example of them is a condition."""

import pytest

from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.fields import FIELDS, spec_of
from alertd.conditions.forms import FORMS
from alertd.conditions.functions import FUNCTIONS, INTERVALS, MOST_BARS, Kind, bars_of
from alertd.conditions.text import canonical
from alertd.model.units import duration
from tests.conditions.universe import EVERYTHING

EXAMPLES = [row.example for table in (FIELDS.values(), FUNCTIONS.values(), FORMS) for row in table]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_condition(example: str) -> None:
    compiled = compile_condition(example, EVERYTHING)
    assert compiled.warnings == ()
    assert compile_condition(canonical(compiled.tree), EVERYTHING).tree == compiled.tree


@pytest.mark.parametrize("name", FIELDS)
def test_the_example_of_a_field_names_it(name: str) -> None:
    spec = FIELDS[name]
    assert spec.doc
    assert spec.definition
    fields = (node for node in t.walk(compile_condition(spec.example, EVERYTHING).tree) if isinstance(node, t.Field))
    assert spec in [spec_of(field.name) for field in fields]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_function_calls_it(name: str) -> None:
    spec = FUNCTIONS[name]
    assert f"{name}(" in spec.example
    assert f"{name}(" in spec.form
    assert (spec.bars is not None) == (spec.kind is Kind.INDICATOR)


BARS = [
    ("open", (), 1),
    ("close", (), 1),
    ("sma", (20,), 20),
    ("stddev", (20,), 20),
    ("zscore", (20,), 20),
    ("bollinger", (20, -2.5), 20),
    ("vwap", (24,), 24),
    ("correlation", (30,), 31),
    ("ema", (20,), 70),
    ("ema", (5,), 18),
    ("rsi", (14,), 85),
    ("atr", (14,), 85),
    ("macd", (12, 26), 91),
    ("macd_signal", (12, 26, 9), 91 + 32 - 1),
    ("macd_histogram", (12, 26, 9), 91 + 32 - 1),
]


@pytest.mark.parametrize(("name", "arguments", "bars"), BARS, ids=[f"{name}{given}" for name, given, _ in BARS])
def test_the_bars_that_an_indicator_needs(name: str, arguments: tuple[float, ...], bars: int) -> None:
    assert bars_of(name, arguments) == bars <= MOST_BARS


def test_intervals_are_durations() -> None:
    assert {word: duration(word) for word in INTERVALS} == INTERVALS


def test_a_field_of_bars_has_the_row_of_its_name() -> None:
    assert spec_of("volume(1h)") is FIELDS["volume"]
    assert spec_of("price") is FIELDS["price"]
    assert spec_of("ETHBTC") is None
