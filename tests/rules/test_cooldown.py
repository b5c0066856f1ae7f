"""A cooldown that grows while its alert keeps firing: how it is written, judged, told on and kept."""

import pytest

from alertd.rules.files import RuleText, read_rules
from alertd.rules.manner import Manner
from alertd.rules.rule import Rule
from alertd.storage.trees import decode_manner, encode_manner
from tests.conditions.universe import DESK
from tests.fakes import START
from tests.rules.play import Play

OVER = {"when": "price > 100", "until": "price < 100"}


def rule(cooldown: str) -> Rule:
    (found,) = read_rules([RuleText("r.yaml", _written(cooldown))], DESK, START).rules
    return found


def _written(cooldown: str) -> bytes:
    return f"rules: [{{name: r, symbols: BTC, when: price up 5% in 1h, cooldown: {cooldown}}}]".encode()


@pytest.mark.parametrize(
    ("written", "first", "most"),
    [
        pytest.param("15m", 900.0, None, id="one that stays as it is"),
        pytest.param("15m to 4h", 900.0, 14_400.0, id="one that grows"),
        pytest.param("1h30m to 1d", 5400.0, 86_400.0, id="in several parts"),
        pytest.param("0", 0.0, None, id="none"),
    ],
)
def test_as_it_is_written(written: str, first: float, most: float | None) -> None:
    found = rule(written)
    assert (found.cooldown, found.cooldown_most) == (first, most)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param("4h to 15m", "a cooldown grows from the shorter to the longer", id="backwards"),
        pytest.param("15m to 15m", "a cooldown grows from the shorter to the longer", id="to itself"),
        pytest.param("0 to 4h", "expected a duration longer than 0", id="from nothing"),
        pytest.param("15m to soon", "expected a duration such as 30s, 15m, 4h or 7d", id="to no duration"),
        pytest.param("15m until 4h", "expected a duration such as 30s, 15m, 4h or 7d", id="in other words"),
    ],
)
def test_mistakes(written: str, message: str) -> None:
    (problem,) = read_rules([RuleText("r.yaml", _written(written))], DESK, START).problems
    assert problem.message == message
    assert (problem.line, problem.column) == (1, _written(written).index(b"cooldown: ") + len("cooldown: ") + 1)


def test_the_shortest_is_what_is_judged() -> None:
    """How long it has grown is for dispatch to know."""
    plain, grows = (Play(OVER | {"cooldown": cooldown}) for cooldown in ("5m", "5m to 1h"))
    prices = "0:99 60:101 100:99 110:101 200:99 400:101"
    assert grows.run(prices) == plain.run(prices)


def test_dispatch_is_told() -> None:
    told = Play(OVER | {"name": "r", "cooldown": "5m to 1h"}).state.get(("", "r"))
    assert told is not None
    assert (told.cooldown, told.cooldown_most) == (300.0, 3600.0)


def test_it_is_kept() -> None:
    manner = Manner.of(rule("15m to 4h"))
    assert decode_manner(encode_manner(manner)) == manner
