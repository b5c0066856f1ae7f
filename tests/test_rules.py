"""The example rules of `rules/`: each file is played, on prices and signals that show its idea."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from alertd.conditions.fields import FIELDS
from alertd.market.feeds import Feed, Feeds
from alertd.market.market import Market
from alertd.model.reading import Poll, Readings
from alertd.model.universe import Universe
from alertd.rules.amend import Change, amend
from alertd.rules.files import RuleText, read_rules
from alertd.rules.state import State
from alertd.rules.step import step, wake_at
from tests.fakes import START

RULES = Path(__file__).parents[1] / "rules"
COINS = ("BTC", "ETH", "SOL")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

UNIVERSE = Universe(
    coins={coin: coin for coin in COINS},
    watchlists={"majors": COINS},
    sources={"test": frozenset(FIELDS)},
)

Told = tuple[float, str, str]
"""(seconds after the start, rule, kind of event)."""


def play(file: str, readings: Iterable[tuple[float, str, float]]) -> list[Told]:
    """What the rules of a file tell of readings: (seconds after the start, coin or `coin.field`, value), in order."""
    loaded = read_rules([RuleText(file, (RULES / file).read_bytes())], UNIVERSE, START)
    assert loaded.problems == ()
    state = State(Feeds([Feed("test", name) for name in FIELDS]), Market())
    amend(state, Change(put=loaded.rules), now=START)
    events = []
    for after, what, value in readings:
        now = START + after
        while (due := wake_at(state)) <= now:
            events += step(state, None, due).events
        coin, _, name = what.partition(".")
        column = Readings("test", name or "price", (coin,), np.array([value]), np.array([now]))
        events += step(state, Poll("test", now, (column,)), now).events
    told = {rule.name: rule.tell for rule in loaded.rules}
    return [
        (round(event.time - START, 2), event.rule, event.kind.value)
        for event in events
        if event.kind in told[event.rule]
    ]


def hourly(*values: float, coin: str = "BTC", first: float = 0.0) -> list[tuple[float, str, float]]:
    return [(first + number * HOUR, coin, value) for number, value in enumerate(values)]


CASES: dict[str, tuple[list[tuple[float, str, float]], list[Told]]] = {
    "level.yaml": (
        hourly(69e3, 70.5e3, 69e3, 71e3, 67e3, 70.5e3),
        [
            (HOUR, "btc-above-70k", "fired"),
            (4 * HOUR, "btc-above-70k", "resolved"),
            (5 * HOUR, "btc-above-70k", "fired"),
        ],
    ),
    "move.yaml": (
        [(0, "ETH", 100), (10 * MINUTE, "ETH", 105), (50 * MINUTE, "ETH", 99.7)],
        [(10 * MINUTE, "up-5", "fired"), (50 * MINUTE, "down-5", "fired")],
    ),
    "signal-flip.yaml": (
        [(0, "BTC.signal", 1), (DAY, "BTC.signal", -1), (2 * DAY, "BTC.signal", -1), (3 * DAY, "BTC.signal", 1)],
        [(DAY, "signal-turns-bearish", "fired"), (3 * DAY, "signal-turns-bullish", "fired")],
    ),
    "price-and-signal.yaml": (
        [
            (0, "SOL", 100),
            (MINUTE, "SOL", 106),
            (2 * MINUTE, "SOL.signal", 1),
            (3 * MINUTE, "SOL", 106),
            (5 * MINUTE, "SOL", 107),
        ],
        [(4 * MINUTE, "confirmed-rise", "fired")],
    ),
    "ratio.yaml": (
        [(0, "BTC", 100e3), (0, "ETH", 4.9e3), (HOUR, "ETH", 5.1e3), (2 * HOUR, "ETH", 5.2e3)],
        [(HOUR, "eth-btc-ratio", "fired")],
    ),
    "breakout.yaml": (
        [*hourly(*[100.0] * 26), (26 * HOUR, "BTC", 101), (26 * HOUR + MINUTE, "BTC", 100)],
        [(26 * HOUR, "day-breakout", "fired")],
    ),
    "no-data.yaml": (
        [(0, "BTC", 100), (5 * MINUTE, "BTC", 100), (30 * MINUTE, "BTC", 100)],
        [(15 * MINUTE, "btc-price-missing", "fired"), (30 * MINUTE, "btc-price-missing", "resolved")],
    ),
    "flash-crash.yaml": (
        [(0, "SOL", 100), (10 * MINUTE, "SOL", 89), (11 * MINUTE, "SOL", 85), (12 * MINUTE, "SOL", 90)],
        [(10 * MINUTE, "flash-crash", "fired")],
    ),
    "office-hours.yaml": (
        [
            # START is a Thursday, 01:00 in Madrid.
            *((0, "ETH", 100), (MINUTE, "ETH", 104), (2 * HOUR, "ETH", 104)),
            *((10 * HOUR, "ETH", 104), (10 * HOUR + MINUTE, "ETH", 108)),
        ],
        [(10 * HOUR + MINUTE, "eth-morning-move", "fired")],
    ),
    "reminder.yaml": (
        [*hourly(62e3, 59e3), (5 * HOUR, "BTC", 59e3), (6 * HOUR, "BTC", 58e3), (7 * HOUR, "BTC", 61.5e3)],
        [
            (HOUR + 5 * MINUTE, "btc-under-support", "fired"),
            (5 * HOUR + 5 * MINUTE, "btc-under-support", "reminded"),
            (7 * HOUR, "btc-under-support", "resolved"),
        ],
    ),
    "once.yaml": (hourly(290, 300, 310, 290, 300, coin="SOL"), [(HOUR, "sol-target", "fired")]),
    "draft.yaml": (
        [
            (0, "BTC", 100),
            (DAY + HOUR, "market.fear_greed", 15),
            (DAY + 2 * HOUR, "BTC", 96),
        ],
        [(DAY + 2 * HOUR, "fear-and-a-dip", "fired")],
    ),
}


def test_every_file_is_played() -> None:
    assert {path.name for path in RULES.glob("*.yaml")} == set(CASES)
    assert len(CASES) >= 8


@pytest.mark.parametrize("file", CASES)
def test_played(file: str) -> None:
    readings, expected = CASES[file]
    assert play(file, readings) == expected


def test_one_idea_each() -> None:
    for path in RULES.glob("*.yaml"):
        text = path.read_text()
        assert text.startswith("# "), path.name
        assert text.count("- name:") <= 2, path.name
