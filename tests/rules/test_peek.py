"""A look at what a rule would say, before it is there: it says what its first verdict will be, and changes nothing."""

import numpy as np
import pytest

from alertd.conditions.codes import NO, UNKNOWN, YES
from alertd.rules.amend import Change, amend
from alertd.rules.peek import latest, peek
from alertd.rules.state import State
from alertd.rules.step import step
from tests.fakes import START
from tests.rules.play import feeds, polls, rules


def market(script: str, when: str) -> tuple[State, float]:
    """A market of which somebody watches BTC and ETH, after a script."""
    state = State(feeds())
    watching = rules({"name": "other", "symbols": ["BTC", "ETH"], "when": "price > 1"}, {"name": "same", "when": when})
    amend(state, Change(put=watching), START)
    now = START
    for now, together in polls(script):
        for poll in together or (None,):
            step(state, poll, now)
    return state, now


@pytest.mark.parametrize(
    ("script", "when", "verdict", "values"),
    [
        ("0:71", "price > 70", YES, {"price": 71.0, "level": 70.0}),
        ("0:69", "price > 70", NO, {"price": 69.0, "level": 70.0}),
        ("0:-", "price > 70", UNKNOWN, {"level": 70.0}),
        ("0:69", "price crosses above 70", NO, {"price": 69.0, "level": 70.0}),
        ("0:100 60:94", "price down 5% in 1h", YES, {"price": 94.0, "change": -6.0, "base": 100.0}),
        ("0:signal=bullish", "signal is bullish", YES, {"signal": "bullish"}),
        ("0:ETH=30", "ETH.price > 20", YES, {"ETH.price": 30.0, "level": 20.0}),
    ],
)
def test_what_it_would_say(script: str, when: str, verdict: int, values: dict[str, float | str]) -> None:
    state, now = market(script, when)
    (rule,) = rules({"name": "new", "when": when})
    (seen,) = peek(state, rule, now)
    assert (seen.symbol, seen.verdict) == ("BTC", verdict)
    assert {name: pytest.approx(value) for name, value in seen.values.items()} == values


def test_each_coin_by_itself() -> None:
    state, now = market("0:71,ETH=3", "price > 70")
    (rule,) = rules({"name": "new", "when": "price > 70", "symbols": ["ETH", "BTC"]})
    assert [(one.symbol, one.verdict, one.source, one.at) for one in peek(state, rule, now)] == [
        ("ETH", NO, "binance", START),
        ("BTC", YES, "binance", START),
    ]


def test_nothing_is_changed_by_looking() -> None:
    state, now = market("0:69", "price crosses above 70")
    (rule,) = rules({"name": "new", "when": "price crosses above 70"})
    before = {number: bank.memory[:, : bank.size].copy() for number, bank in state.banks.items()}
    shapes, alerts = len(state.shapes), len(state)
    peek(state, rule, now)
    assert (len(state.shapes), len(state)) == (shapes, alerts)
    assert state.book.find("", "new") is None
    for number, bank in state.banks.items():
        assert np.array_equal(bank.memory[:, : bank.size], before[number], equal_nan=True)


def test_a_coin_that_nobody_watched_is_known_once_it_was_polled() -> None:
    state, now = market("0:71", "price > 70")
    (rule,) = rules({"name": "new", "when": "price > 70", "symbols": ["SOL"]})
    assert peek(state, rule, now)[0].verdict == UNKNOWN
    assert latest(state, "price", "SOL") is None
    for later, together in polls("5:SOL=90"):
        step(state, together[0], later)
        assert peek(state, rule, later)[0].verdict == YES
        assert latest(state, "price", "SOL") == (90.0, START + 5, "binance")
