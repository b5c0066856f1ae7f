"""What is lifted out of a sentence, what it needs of the market, and where it remembers."""

import pytest

from alertd.conditions.measure import has_timeouts
from alertd.conditions.memory import memories, placed
from alertd.conditions.shape import needs_of, shape
from alertd.conditions.tree import Condition
from tests.rules.play import rules

HOUR, DAY = 3600.0, 86_400.0


def parsed(when: str) -> Condition:
    return rules({"when": when})[0].when


SHAPES = [
    ("price > 70k", (70_000.0,)),
    ("price crosses every 1000", (1000.0,)),
    ("price up 3% since 65k", (3.0, 65_000.0)),
    ("price within 1% of 70k", (1.0, 70_000.0)),
    ("price enters 60 to 70", (60.0, 70.0)),
    ("price breaks above 2 * high(1d), holds 15m", (2.0,)),
    ("recently(price > 5, 4h) and age(price) > 10m", (5.0, 600.0)),
    ("2 of (price > 1, price > 2, rsi(14, 1h) < 30)", (1.0, 2.0, 30.0)),
    ("count(where price down 5% in 1h) > 10", (5.0, 10.0)),
    ("rank(price - 1) <= 3", (1.0, 3.0)),
]


@pytest.mark.parametrize(("when", "constants"), SHAPES, ids=[when for when, _ in SHAPES])
def test_constants_are_lifted_from_left_to_right(when: str, constants: tuple[float, ...]) -> None:
    lifted, found = shape(parsed(when))
    assert found == constants
    assert shape(lifted) == (lifted, ()), "nothing is left to lift"


NEEDS = [
    ("price > 5", []),
    ("price > high(1h)", [("price", 60.0, 63, False)]),
    ("price up 5% in 2d", [("price", HOUR, 51, False)]),
    ("change(price, 1h) > 5% and price > high(1d)", [("price", 60.0, 1443, False)]),
    ("close(4h) > 5", [("price", 4 * HOUR, 4, False)]),
    ("open(1d) > 5 and close(1d) > sma(20, 1d)", [("price", DAY, 42, True)]),
    ("price up 5% since open(1d)", [("price", DAY, 2, True)]),
    ("ema(20, 1h) > 5 or price up 5% in 2d", [("price", HOUR, 142, False)]),
    ("correlation(ETH.price, 30, 1d) > 0.5", [("price", DAY, 64, False), ("ETH price", DAY, 64, False)]),
    ("count(where price up 5% in 1h) > 5", [("price", 60.0, 63, False)]),
]


@pytest.mark.parametrize(("when", "expected"), NEEDS, ids=[when for when, _ in NEEDS])
def test_the_history_that_a_sentence_needs(when: str, expected: list[tuple[str, float, int, bool]]) -> None:
    found = needs_of(parsed(when))
    assert [(f"{of.coin or ''} {of.name}".strip(), *rest) for of, *rest in found] == expected


REMEMBERED = [
    ("price > 5", []),
    ("price crosses above 5 and signal flips", [("Cross", 0), ("Flip", 2)]),
    ("price breaks above 5, holds 1h", [("Holds", 0), ("Cross", 2)]),
    (
        "recently(price enters 5 to 6, 1h) or price crosses every 10",
        [("Recently", 0), ("Enters", 1), ("CrossEvery", 3)],
    ),
    ("price up 5% since last alert and signal flips", [("Since", 0), ("Flip", 1)]),
    ("price up 5% since 100 and signal flips", [("Flip", 0)]),
]


@pytest.mark.parametrize(("when", "expected"), REMEMBERED, ids=[when for when, _ in REMEMBERED])
def test_the_columns_of_memory(when: str, expected: list[tuple[str, int]]) -> None:
    tree = parsed(when)
    places = [(type(part).__name__, column) for part, column in placed(tree) if memories(part)]
    assert [place for place in places if place[0] not in ("And", "Or")] == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("price > 5", False),
        ("price > high(1h)", False),
        ("age(price) > 5m", True),
        ("price > 5 and not age(price) < 5m", True),
        ("recently(price > 5, 1h)", True),
        ("price breaks above 5, holds 1h", True),
        ("count(where age(price) > 5m) > 3", True),
        ("count(where price > 5) > 3", False),
    ],
)
def test_what_time_alone_may_change(when: str, *, expected: bool) -> None:
    assert has_timeouts(parsed(when)) is expected
