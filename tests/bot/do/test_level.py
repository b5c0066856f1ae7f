"""Levels that are far away, and levels that a button moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.bot.do.level import meant, nudged, plain, with_level
from alertd.conditions.check import compile_condition
from alertd.dispatch.draw import buttons_of
from tests.bot.language.conversations import ALERTS
from tests.bot.room import UNIVERSE
from tests.dispatch.samples import entry, event, rule


@pytest.mark.parametrize(
    ("value", "said"),
    [(70000.0, "70000"), (0.00001234, "0.00001234"), (1.5, "1.5"), (1234567.0, "1234570"), (100.0, "100")],
)
def test_plain(value: float, said: str) -> None:
    assert plain(value) == said


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_a_plain_number_reads_back(value: float) -> None:
    said = plain(value)
    assert "e" not in said.lower()
    assert float(said) == pytest.approx(value, rel=1e-5)
    compile_condition(f"price > {said}", UNIVERSE)


@pytest.mark.parametrize("condition", sorted({row[2] for row in ALERTS if row[2]}))
def test_a_message_has_buttons_for_just_the_levels_that_they_move(condition: str) -> None:
    told = entry(event(owner="@7", rule="3"), rule("3", owner="@7", when_text=condition))
    offered = "+1 %" in {button.label for button in buttons_of(told)}
    assert offered is (nudged(condition, 1.0, UNIVERSE) is not None)


@pytest.mark.parametrize(
    ("condition", "by", "other"),
    [
        ("price > 70000", 1.0, "price > 70700"),
        ("price > 70000", -1.0, "price > 69300"),
        ("70000 < price", 1.0, "70700 < price"),
        ("price crosses above 0.00001", 1.0, "price crosses above 0.0000101"),
        ("ETH.price < 3000 and signal is bullish", 1.0, "ETH.price < 3030 and signal is bullish"),
        ("price down 5% in 1h", 1.0, "price down 6% in 1h"),
        ("price down 5% in 24h", -1.0, "price down 4% in 24h"),
        ("rsi(14, 1h) < 30", 1.0, "rsi(14, 1h) < 30.3"),
        ("price > 70000 or price < 60000", 1.0, None),
        ("price within 1% of 70000", -1.0, "price within 1% of 69300"),
        ("price within 1% of high(24h)", 1.0, None),
        ("price > high(24h)", 1.0, None),
        ("signal flips to bullish", 1.0, None),
        ("price down 1% in 1h", -1.0, None),
    ],
)
def test_nudged(condition: str, by: float, other: str | None) -> None:
    assert nudged(condition, by, UNIVERSE) == other


@pytest.mark.parametrize(
    ("level", "value", "likely"),
    [
        (70.0, 65_000.0, 70_000.0),
        (70_000.0, 65.0, 70.0),
        (700_000.0, 65_000.0, 70_000.0),
        (7.0, 65_000.0, None),
        (1.2, 1_100_000.0, 1_200_000.0),
    ],
)
def test_meant(level: float, value: float, likely: float | None) -> None:
    assert meant(level, value) == (None if likely is None else pytest.approx(likely))


def test_with_level_changes_nothing_but_the_level() -> None:
    told = with_level("price > 70 and rsi(70, 1h) < 70", 70.0, 70_000.0, UNIVERSE)
    assert told == "price > 70000 and rsi(70, 1h) < 70"
