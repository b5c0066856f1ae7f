"""Mistakes → what is said of them. `at` is what the caret marks."""

import pytest

from alertd.conditions.check import compile_condition
from alertd.errors import RuleError
from tests.conditions.universe import DESK

COMPARISON = "expected a comparison such as > 70k, crosses above 70k, up 5% in 1h or is bullish"
JOIN = "expected and, or, or the end of the sentence"

STRUCTURE = [
    ("", "", "the condition is empty", "write one, such as price > 70k"),
    ("price >", "", "the sentence ends too early: expected a field such as price, or a number", ""),
    ("price", "", f"the sentence ends too early: {COMPARISON}", ""),
    ("(price > 3", "", "the sentence ends too early: expected the closing parenthesis", ""),
    ("price > 3)", ")", "expected the end of the sentence, not ')'", ""),
    ("price up in 1h", "in", "expected an amount such as 5% or 500, not 'in'", ""),
    ("price up 5%", "", "the sentence ends too early: expected a window such as in 1h", ""),
    ("price crosess above 3", "crosess", f"{COMPARISON}, not 'crosess'", "did you mean 'crosses'?"),
    ("price rises 5% in 1h", "rises", f"{COMPARISON}, not 'rises'", "write up 5% in 1h"),
    ("1 < price < 3", "<", f"{JOIN}, not '<'", "write two comparisons: price > 1 and price < 2"),
    ("price > 70,000", ",", f"{JOIN}, not ','", "write a number without commas: 70000 or 70k"),
    ("price > 70 k", "k", f"{JOIN}, not 'k'", "write the unit right behind the number, with one letter: 1h, 15m, 70k"),
    ("$3 > price", "$", "'$' does not belong here", "leave the currency sign out"),
    ("price ≥ 3", "≥", "'≥' does not belong here", "write >="),
    ("price > 3 && price < 4", "&", "'&' does not belong here", "write and"),
    ('"1INCH.price > 2', '"', "'\"' does not belong here", "this quote is not closed"),
    ("1INCH.price > 2", ".", f"{COMPARISON}, not '.'", 'quote a name that begins with a digit: "1INCH".price'),
    ("down 5% in 1h", "down", "expected a field such as price, or a number, not 'down'",
     "write a whole move, such as price down 5% in 1h"),
    ("rsi(14, 1h) < 30", "rsi", "this version does not know 'rsi' yet", ""),
    ("price > 3 and recently(price > 4, 1h)", "recently", "this version does not know 'recently' yet", ""),
    ("price between 1 and 2", "between", "this version does not know 'between' yet", "write price > 1 and price < 2"),
    ("volume > 5M", "volume", "this version does not know 'volume' yet",
     "volume_24h is what was traded in the last 24 hours"),
]  # fmt: skip

NAMES = [
    ("prise > 3", "prise", "there is no field 'prise'", "did you mean 'price'?"),
    ("BTC > 3", "BTC", "there is no field 'BTC'", "write BTC.price for the price of a coin"),
    ("signal = bullish", "bullish", "there is no field 'bullish'", "write signal is bullish"),
    ("high > 3", "high", "'high' needs its window in parentheses", "write high(price, 24h)"),
    ("hihg(24h) > 3", "hihg", "there is no function 'hihg'", "did you mean 'high'?"),
    ("price(1h) > 3", "price", "'price' is a field and takes no parentheses", "write price"),
    ("etherum.price > 5", "etherum", "there is no coin or source 'etherum'", "did you mean 'ETH'?"),
    ("tokenmetrics.signal flips", "tokenmetrics", "the source 'tokenmetrics' is not configured",
     "add it under sources:, or leave it out"),
    ("binance.signal flips", "binance.signal", "binance does not give signal", "tokenmetrics does"),
    ("fear_greed < 20", "fear_greed", "no configured source gives fear_greed",
     "fear_greed does: add it under sources:"),
    ("BTC.fear_greed < 20", "BTC", "fear_greed belongs to the whole market", "write market.fear_greed"),
    ("market.price < 20", "market", "the market as a whole has no price", "write a coin, such as BTC.price"),
    ("signal is bulish", "bulish", "signal is never 'bulish'", "did you mean 'bullish'?"),
    ("signal is 7up", "7up", "expected a name such as price, or a state such as bullish, not '7up'", ""),
    ("signal is great", "great", "signal is never 'great'", "signal is one of bullish, bearish"),
]  # fmt: skip

TYPES = [
    ("change(price, 1h) > 5", "change(price, 1h) > 5",
     "change(price, 1h) is a percentage and 5 is a plain number: the two cannot be compared", "write 5%"),
    ("price > 5%", "price > 5%",
     "price is an amount of money and 5% is a percentage: the two cannot be compared",
     "write price up 5% in 1h, or price > 1.05 * average(price, 24h)"),
    ("tm_grade > 80%", "tm_grade > 80%",
     "tm_grade is a grade from 0 to 100 and 80% is a percentage: the two cannot be compared", "write 80, without %"),
    ("BTC.price / ETH.price > 5%", "BTC.price / ETH.price > 5%",
     "BTC.price / ETH.price is a plain number and 5% is a percentage: the two cannot be compared",
     "write 0.05, without %"),
    ("price > tm_grade", "price > tm_grade",
     "price is an amount of money and tm_grade is a grade from 0 to 100: the two cannot be compared", ""),
    ("price > 10h", "price > 10h", "price is an amount of money and 10h is a duration: the two cannot be compared",
     "an age is compared with a duration, as in age(price) > 10m"),
    ("age(price) > 10", "age(price) > 10",
     "age(price) is a duration and 10 is a plain number: the two cannot be compared",
     "an age is compared with a duration, as in age(price) > 10m"),
    ("tm_grade up 5% in 1d", "5%", "tm_grade is a grade from 0 to 100: it moves by points",
     "write tm_grade up 5 in 1d"),
    ("change(tm_grade, 1d) > 5%", "change(tm_grade, 1d)", "tm_grade is a grade from 0 to 100: it changes by points",
     "write tm_grade up 5 in 1d"),
    ("signal > 1", "signal > 1", "signal is a state, not a number", "write signal is bullish"),
    ("signal crosses above 0", "signal crosses above 0", "signal is a state, not a number",
     "write signal flips to bullish"),
    ("signal + 1 > 3", "signal", "signal is a state, not a number", ""),
    ("high(signal, 1h) > 3", "high(signal, 1h)", "signal is a state: it has no high", ""),
    ("signal up 1 in 1d", "signal up 1 in 1d", "signal is a state: it does not move", "write signal flips"),
    ("price flips", "price flips", "price is a number: only a state flips", "write price crosses above …"),
    ("price is bullish", "bullish", "price is a number, not a state", "write price > …"),
    ("signal flips from buy to bullish", "signal flips from buy to bullish",
     "a flip is from one state to another, not to the same", ""),
    ("price > 5% * price", "5% * price", "'5% * price' mixes a percentage with an amount of money",
     "write a factor instead: 1.05 * price is 5% above the price"),
    ("70k > 60k", "70k > 60k", "this never changes: there is no field in it", "name one, such as price"),
    ("change(price, 1h) up 3% in 1h", "change(price, 1h)",
     "'up' follows a field such as price, not 'change(price, 1h)'", ""),
    ("not price crosses above 3", "not price crosses above 3",
     "'price crosses above 3' is true on one reading alone, so it cannot be negated", "negate a state or a level"),
    ("not (price > 3 and signal flips)", "not (price > 3 and signal flips",
     "'price > 3 and signal flips' is true on one reading alone, so it cannot be negated",
     "negate a state or a level"),
    ("age(price) crosses above 10m", "age(price) crosses above 10m", "an age crosses nothing: each reading ends it",
     "write age(price) > 10m"),
    ("age(price) * 2 > 10m", "age(price) * 2", "an age is compared as it is, not calculated with",
     "write age(price) > 10m"),
    ("10m < -age(ETH.price)", "-age(ETH.price)", "an age is compared as it is, not calculated with",
     "write age(ETH.price) > 10m"),
]  # fmt: skip

FIGURES = [
    ("price > 1e999", "1e999", "'1e999' is too large", ""),
    ("price > 10hours", "10hours", "'10hours' is neither a number nor a duration", "write 10h"),
    ("price > 10x", "10x", "'10x' is neither a number nor a duration",
     "numbers end in k, M or B; durations in s, m, h, d or w; quote a name that begins with a digit"),
    ("price up 5% in 2hours", "2hours", "expected a duration such as 30s, 15m, 4h or 7d, not '2hours'", "write 2h"),
    ("price up 5% in 2H", "2H", "expected a duration such as 30s, 15m, 4h or 7d, not '2H'", "write 2h"),
    ("high(24) > 3", "24", "expected a duration such as 30s, 15m, 4h or 7d, not '24'", ""),
    ("price up 5h in 1h", "5h", "expected an amount such as 5% or 500, not '5h'", ""),
    ("price up 0% in 1h", "0%", "a move has to be larger than nothing", ""),
    ("price down 100% in 1h", "100%", "nothing falls by 100% or more", ""),
    ("price up 5% in 0", "price up 5% in 0", "a window has to be longer than nothing", ""),
    ("price up 5% in 401d", "price up 5% in 401d", "a window is 400d at the longest", ""),
    ("coingecko.price up 5% in 1m", "coingecko.price up 5% in 1m",
     "price comes every 5m: a window of 1m is too short", "take a window of 10m or longer, or poll more often"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"), STRUCTURE + NAMES + TYPES + FIGURES, ids=lambda value: str(value)[:40]
)
def test_a_mistake_is_said_plainly(text: str, at: str, message: str, hint: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition(text, DESK)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (message, hint)
    assert problem.line == 1
    assert problem.text == text
    if at:
        assert text[problem.column - 1 :][: problem.width] == at
    else:
        assert problem.column == len(text) + 1


def test_all_mistakes_of_a_sentence_come_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition("prise < 3 and signal is bulish and change(price, 1h) > 5 and not signal flips", DESK)
    assert [problem.column for problem in caught.value.problems] == [1, 25, 36, 62]


def test_a_problem_prints_with_its_line_and_a_caret() -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition("price > 3 and\nprise < 4", DESK)
    assert str(caught.value) == (
        "1:15: there is no field 'prise'\n"
        "    price > 3 and prise < 4\n"
        "                  ^^^^^\n"
        "    did you mean 'price'?"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price > " + "1 + " * 500 + "1", "longer than 2000 characters"),
        ("price > " + "1 + " * 200 + "1", "nested deeper than 60 levels"),
        ("price > " + "-" * 1900 + "1", "nested deeper than 60 levels"),
        ("not " * 400 + "price > 1", "nested deeper than 60 levels"),
        ("(" * 900 + "price > 1" + ")" * 900, ""),
    ],
    ids=["long", "sum", "minus", "not", "parentheses"],
)
def test_no_sentence_runs_out_of_stack(text: str, message: str) -> None:
    if not message:
        compile_condition(text, DESK)
        return
    with pytest.raises(RuleError, match=message):
        compile_condition(text, DESK)
