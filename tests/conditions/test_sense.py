"""What is never true, or always: told at its place, with the reason; and nothing said that is not so."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.mistakes import Sentence
from alertd.conditions.parse import ANYTHING, read
from alertd.conditions.sense import always_ended, warn, warnings_of_count
from alertd.conditions.ways import MOST, ways_of


def tree_of(text: str) -> t.Condition:
    sentence = Sentence(text)
    tree = read(sentence, ANYTHING)
    assert not sentence.problems
    return tree


def told(text: str) -> list[tuple[str, str]]:
    """(the words that are marked, what is said of them) for every warning."""
    sentence = Sentence(text)
    warn(tree_of(text), sentence)
    assert all(problem.warning for problem in sentence.problems)
    return [(text[each.column - 1 : each.column - 1 + each.width], each.message) for each in sentence.problems]


NEVER = {
    "price < 0": "price is always above 0",
    "volume_24h < 0": "volume_24h is never below 0",
    "tm_grade > 100": "tm_grade is from 0 to 100",
    "rsi(14, 1h) > 100": "rsi(14, 1h) is from 0 to 100",
    "market_cap_rank < 1": "market_cap_rank is never below 1",
    "rank(price) < 1": "rank(price) is never below 1",
    "share(where price > 5) > 100%": "share(where price > 5) is from 0% to 100%",
    "correlation(BTC.price, 30, 1d) > 1": "correlation(BTC.price, 30, 1d) is from -1 to 1",
    "age(price) < 0s": "age(price) is never below 0s",
    "stddev(20, 1h) < 0": "stddev(20, 1h) is never below 0",
    "zscore(5, 1h) > 3": "zscore(5, 1h) is from -2 to 2",
    "drawdown(30d) > 100%": "drawdown(30d) is from 0% to 100%",
    "change(price, 1h) < -100%": "change(price, 1h) is never below -100%",
    "price / ETH.price < 0": "price / ETH.price is never below 0",
    "2 * price < -1": "2 * price is always above 0",
    "70k > 80k + price": "80k + price is always above 80,000",
    "price / 0 > 3": "it divides by 0",
    "2 * price / (1 - 1) > 3": "it divides by 0",
    "price crosses above ETH.price / 0": "it divides by 0",
    "price > price": "both sides are the same",
    "price between 70k and 60k": "the ends are the wrong way round, write between 60k and 70k",
    "tm_grade between 110 and 120": "tm_grade is from 0 to 100",
    "price crosses -5": "price is always above 0",
    "price reaches -5": "price is always above 0",
    "price crosses above 0": "price is always above 0",
    "tm_grade crosses above 100": "tm_grade is from 0 to 100",
    "tm_grade crosses above 100, holds 5m": "tm_grade is from 0 to 100",
    "tm_grade enters 0 to 100": "tm_grade is from 0 to 100",
    "tm_grade up 120 in 1d": "tm_grade is from 0 to 100",
    "price > 70k and price < 60k": "price is never above 70k and below 60k at once",
    "price >= 70k and 60k >= price": "price is never 70k or above and 60k or below at once",
    "price > 70k and price = 70k": "price is never above 70k and 70k at once",
    "price = 5 and price != 5": "price is never 5 and other than 5 at once",
    "price > high(24h) and price < high(24h)": "price is never above high(24h) and below high(24h) at once",
    "price between 1 and 2 and price > 3": "price is never between 1 and 2 and above 3 at once",
    "price within 1% of 100 and price > 102": "price is never within 1% of 100 and above 102 at once",
    "price crosses above 70k and price < 60k": "price is never above 70k and below 60k at once",
    "signal is bullish and signal is bearish": "signal is never bullish and bearish at once",
    "signal is bullish and signal is not bullish": "signal is never bullish and not bullish at once",
    "signal flips to bullish and signal is bearish": (
        "'signal flips to bullish' and 'signal is bearish' exclude each other"
    ),
    "price up 5% in 1h and not price up 5% in 1h": "'price up 5% in 1h' and 'not price up 5% in 1h' exclude each other",
    "2 of (price < 1, price > 2)": "no value makes enough of its parts true at once",
}
ALWAYS = {
    "price > 0": "price is always above 0",
    "tm_grade <= 100": "tm_grade is from 0 to 100",
    "price = price": "both sides are the same",
    "tm_grade between 0 and 100": "tm_grade is from 0 to 100",
    "count(where price > 5) >= 0": "count(where price > 5) is never below 0",
    "price > 60k or price < 70k": "price is always above 60k or below 70k",
    "signal is bullish or signal is bearish": "signal is always bullish or bearish",
    "price up 5% in 1h or not price up 5% in 1h": ("where 'price up 5% in 1h' is not true, 'not price up 5% in 1h' is"),
    "1 of (price > 1, price < 2)": "whatever the values are, enough of its parts are true",
}


@pytest.mark.parametrize("text", NEVER)
def test_never(text: str) -> None:
    assert told(text) == [(text, f"this is never true: {NEVER[text]}")]


@pytest.mark.parametrize("text", ALWAYS)
def test_always(text: str) -> None:
    assert told(text) == [(text, f"this is always true: {ALWAYS[text]}")]


@pytest.mark.parametrize(
    "text",
    [
        "price > 70k",
        "price > 70k and price < 80k",
        "price >= 70k and price <= 70k",
        "price > 70k or price < 60k",
        "price < 70k and ETH.price > 70k",
        "binance.price > 70k and coingecko.price < 70k",
        "price > 70k confirmed by 2 sources",
        "price up 5% in 1h and price down 5% in 1h",
        "price up 5% in 1h and price < 1",
        "recently(price > 70k, 4h) and price < 60k",
        "price crosses 70k and price < 70k",
        "price crosses above high(24h), holds 15m and price < low(24h)",
        "tm_grade crosses 100",
        "hourly_signal is bullish or hourly_signal is bearish",
        "macd(12, 26, 4h) < 0",
        "bollinger(20, -2, 1h) < 0",
        "age(price) > 10m or age(price) < 20s",
        "market.fear_greed > 80 and tm_grade < 20",
        "price - ETH.price < 0",
        "price / (ETH.price - BTC.price) > 3",
        "price - low(1d) < high(1d) - price",
    ],
)
def test_nothing_is_said_of_what_may_be(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("price > 70k and (tm_grade > 150 or signal is bullish)", ["tm_grade > 150"]),
        ("signal is bullish and price > 3 and price < 2", ["price > 3 and price < 2"]),
        ("not (price > 60k or price < 70k)", ["price > 60k or price < 70k"]),
        ("(price > 5 or price > 6) and price < 4", ["(price > 5 or price > 6) and price < 4"]),
        ("count(where price < 0) > 3", ["price < 0"]),
        ("recently(price > 7 and price < 6, 4h)", ["price > 7 and price < 6"]),
        ("tm_grade < 0 and price < 0", ["tm_grade < 0", "price < 0"]),
    ],
)
def test_the_smallest_part_is_marked_and_told_once(text: str, places: list[str]) -> None:
    # A parenthesis belongs to no node: the mark of an `and` begins with the first word inside.
    assert [place.lstrip("(") for place, _ in told(text)] == [place.lstrip("(") for place in places]


def test_it_is_a_warning_of_the_type_check() -> None:
    (problem,) = compile_condition("signal is bullish and price < 0", ANYTHING).warnings
    assert str(problem) == (
        "1:23: warning: this is never true: price is always above 0\n"
        "    signal is bullish and price < 0\n"
        "                          ^^^^^^^^^"
    )


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("price > 70.000", [("70.000", "70.000 is read as 70", "write 70000 if thousands are meant")]),
        ("price between 1.250 and 2.100k", [("1.250", "1.250 is read as 1.25", "write 1250 if thousands are meant")]),
        ("price > 70.125", []),
        ("price > 0.500", []),
        ("price > 1000.250", []),
        ("price up 1.500% in 1h", []),
    ],
)
def test_a_point_that_may_set_thousands_apart(text: str, places: list[tuple[str, str, str]]) -> None:
    # The second time its form is known already, and not read again.
    for _ in range(2):
        found = compile_condition(text, ANYTHING).warnings
        assert [(text[each.column - 1 :][: each.width], each.message, each.hint) for each in found] == places


@pytest.mark.parametrize(
    ("text", "coins", "reason"),
    [
        ("count(where price > 5) > 10", 3, "count(where price > 5) is from 0 to 3"),
        ("rank(price) > 3", 3, "rank(price) is from 1 to 3"),
        ("count(where price > 5) > 10", 11, ""),
        ("count(where price > 5) < 0", 3, ""),
        ("price < 0", 3, ""),
    ],
)
def test_the_number_of_coins_is_told_where_it_is_known(text: str, coins: int, reason: str) -> None:
    found = [problem.message for problem in warnings_of_count(tree_of(text), text, coins)]
    assert found == ([f"this is never true: {reason}"] if reason else [])


@pytest.mark.parametrize(
    ("when", "until", "expected"),
    [
        ("price > 70k", "price > 60k", True),
        ("price > 70k", "price < 68k", False),
        ("price > 70k", "price > 70k", True),
        ("price >= 70k", "price > 70k", False),
        ("price > 70k", "price > 60k or signal is bullish", True),
        ("price > 70k", "price > 60k and signal is bullish", False),
        ("price > 70k or signal is bullish", "price > 60k", False),
        ("price > 70k and signal is bullish", "signal is bullish", True),
        ("price crosses above 70k", "price > 60k", True),
        ("price crosses above 70k", "price crosses above 70k", True),
        ("price up 5% in 1h", "price > 0", False),
        ("price = 5", "price != 6", True),
        ("price < 0", "price > 5", False),
    ],
)
def test_an_until_that_is_yes_whenever_when_is(when: str, until: str, expected: bool) -> None:
    assert always_ended(tree_of(when), tree_of(until)) is expected


def test_what_is_too_intricate_is_left_alone() -> None:
    parts = " and ".join(f"(price > {n} or tm_grade > {n})" for n in range(1, 10))
    assert MOST < 2**9
    assert ways_of(tree_of(f"{parts} and price < 0.5 and tm_grade < 0.5"), want=True) is None


# ── against every value there is ─────────────────────────────────────────────────────────────────────────────────

PRICES = (None, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.5, 5.0)
"""Every bound that the levels below can make, and something on either side of each."""

SIGNALS = (None, -1.0, 1.0)
Values = dict[str, float | None]
PRICE, SIGNAL = t.Field("price"), t.Field("signal")

LEVELS = st.sampled_from((1.0, 2.0, 3.0)).map(t.Number)
ATOMS = st.one_of(
    st.builds(t.Compare, st.sampled_from((">", ">=", "<", "<=", "==", "!=")), st.just(PRICE), LEVELS),
    st.builds(t.Compare, st.sampled_from((">", ">=", "<", "<=")), LEVELS, st.just(PRICE)),
    st.builds(t.Between, st.just(PRICE), LEVELS, LEVELS),
    st.builds(t.Within, st.just(PRICE), st.just(t.Percent(50.0)), st.just(True), LEVELS),
    st.builds(t.Is, st.just(SIGNAL), st.sampled_from((1.0, -1.0))),
)


def _whole(parts: st.SearchStrategy[t.Condition]) -> st.SearchStrategy[t.Condition]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    some = several.flatmap(lambda inner: st.builds(t.Some, st.integers(1, len(inner)), st.just(inner)))
    return st.one_of(st.builds(t.Not, parts), st.builds(t.And, several), st.builds(t.Or, several), some)


TREES = st.recursive(ATOMS, _whole, max_leaves=8)
EVERY = [{"price": price, "signal": signal} for price, signal in product(PRICES, SIGNALS)]
COMPARED = {
    ">": float.__gt__,
    ">=": float.__ge__,
    "<": float.__lt__,
    "<=": float.__le__,
    "==": float.__eq__,
    "!=": float.__ne__,
}


def verdict(node: t.Condition, values: Values) -> float:
    """1 for YES, 0 for NO, 0.5 for UNKNOWN."""
    match node:
        case t.Not(of):
            return 1 - verdict(of, values)
        case t.And(parts):
            return min(verdict(part, values) for part in parts)
        case t.Or(parts):
            return max(verdict(part, values) for part in parts)
        case t.Some(count, parts):
            return sorted((verdict(part, values) for part in parts), reverse=True)[count - 1]
        case t.Is(field, state):
            value = values[field.name]
            return 0.5 if value is None else float(value == state)
        case t.Compare(operator, t.Number(level), _):
            return 0.5 if values["price"] is None else float(COMPARED[operator](level, values["price"]))
        case t.Compare(operator, _, t.Number(level)):
            return 0.5 if values["price"] is None else float(COMPARED[operator](values["price"], level))
        case t.Between(_, t.Number(low), t.Number(high)):
            return 0.5 if values["price"] is None else float(low <= values["price"] <= high)
        case t.Within(_, _, _, t.Number(target)):
            return 0.5 if values["price"] is None else float(abs(values["price"] - target) <= target / 2)
        case _:
            raise AssertionError(node)


@given(TREES, st.booleans())
def test_there_is_no_way_where_no_value_makes_it_so_and_nowhere_else(tree: t.Condition, want: bool) -> None:
    ways = ways_of(tree, want)
    if ways is not None:
        assert (ways != ()) == any(verdict(tree, values) == want for values in EVERY)


@given(TREES, TREES)
def test_what_is_always_ended_never_lasts(when: t.Condition, until: t.Condition) -> None:
    if always_ended(when, until):
        assert all(verdict(until, values) == 1 for values in EVERY if verdict(when, values) == 1)
