"""The example rules of `rules/`: each file is played, on prices and signals that show its idea."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from alertd.conditions.fields import FIELDS
from alertd.market.feeds import Feed, Feeds
from alertd.market.market import Market
from alertd.model.event import Event
from alertd.model.reading import Bars, Poll, Readings
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
    sources={"test": frozenset(FIELDS), "second": frozenset({"price"})},
)

Told = tuple[float, str, str]
"""(seconds after the start, rule, kind of event)."""


def play(file: str, readings: Iterable[tuple[float, str, float]]) -> list[Told]:
    """What the rules of a file tell of readings: (seconds after the start, name, value), in order.

    A name is a coin, whose price is meant, or `coin.field`, with `second/` in front for the second source.
    """
    return play_text((RULES / file).read_text(encoding="utf-8"), readings)


def play_text(content: str, readings: Iterable[tuple[float, str, float]], past: Sequence[Bars] = ()) -> list[Told]:
    """The same for what a file would hold, with bars from before; warnings alone are no hindrance."""
    loaded = read_rules([RuleText("rules.yaml", content.encode())], UNIVERSE, START)
    assert [problem for problem in loaded.problems if not problem.warning] == []
    state = State(Feeds([*(Feed("test", name) for name in FIELDS), Feed("second", "price")]), Market())
    amend(state, Change(put=loaded.rules, series=loaded.series), now=START)
    step(state, Poll("test", START, bars=tuple(past)), START)
    events: list[Event] = []
    for after, what, value in readings:
        now = START + after
        while (due := wake_at(state)) <= now:
            events += step(state, None, due).events
        source, _, name = what.rpartition("/")
        coin, _, field = name.partition(".")
        column = Readings(source or "test", field or "price", (coin,), np.array([value]), np.array([now]))
        events += step(state, Poll(source or "test", now, (column,)), now).events
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
    "breakout-that-holds.yaml": (
        [
            *hourly(*[100.0] * 26),
            # One that comes back at once, and one that stays above 101, the level at which it broke.
            *((26 * HOUR, "BTC", 101), (26 * HOUR + 5 * MINUTE, "BTC", 100)),
            *((27 * HOUR, "BTC", 102), (27 * HOUR + 5 * MINUTE, "BTC", 103), (28 * HOUR, "BTC", 103)),
        ],
        [(27 * HOUR + 15 * MINUTE, "held-breakout", "fired")],
    ),
    "golden-cross.yaml": (
        [(number * DAY + 12 * HOUR, "BTC", price) for number, price in enumerate([*[100] * 205, 110, 50, 50, 50])],
        [(206 * DAY + 12 * HOUR, "golden-cross", "fired"), (207 * DAY + 12 * HOUR, "death-cross", "fired")],
    ),
    "volume-spike.yaml": (
        [
            *[
                reading
                for number in range(30)
                for reading in (
                    (number * HOUR, "ETH.volume(1h)", 40e6 if number == 28 else 10e6),
                    (number * HOUR + MINUTE, "ETH", 3000 + number),
                    (number * HOUR + 30 * MINUTE, "ETH", 3000.5 + number),
                )
            ],
        ],
        [(28 * HOUR, "volume-spike", "fired")],
    ),
    "breadth.yaml": (
        [
            *((0, "BTC", 100), (0, "ETH", 100), (0, "SOL", 100), (5 * MINUTE, "BTC", 94), (10 * MINUTE, "SOL", 96)),
            *((15 * MINUTE, "ETH", 94), (20 * MINUTE, "SOL", 94)),
        ],
        [(15 * MINUTE, "broad-fall", "fired")],
    ),
    "pair.yaml": (
        [
            *sorted([*hourly(*[100e3] * 26), *hourly(*[4e3] * 26, coin="ETH", first=MINUTE)]),
            *((26 * HOUR, "BTC", 100e3), (26 * HOUR + MINUTE, "ETH", 4010), (26 * HOUR + 2 * MINUTE, "BTC", 99e3)),
        ],
        [(26 * HOUR + MINUTE, "eth-btc-rises", "fired")],
    ),
    "weekly-check.yaml": (
        [
            # START is a Thursday. Two calm Fridays; between the checks it falls and nothing is told.
            *((0, "BTC", 100), (DAY + 15 * HOUR, "BTC", 100), (2 * DAY, "BTC", 80), (7 * DAY + 12 * HOUR, "BTC", 80)),
            *((8 * DAY + 15 * HOUR, "BTC", 80), (14 * DAY + 12 * HOUR, "BTC", 80)),
            *((15 * DAY + 15 * HOUR, "BTC", 76), (16 * DAY, "BTC", 60)),
        ],
        [(15 * DAY + 16 * HOUR, "friday-risk", "fired")],
    ),
    "two-sources.yaml": (
        [
            *((0, "BTC", 100), (0, "second/BTC", 100), (5 * MINUTE, "BTC", 80), (6 * MINUTE, "BTC", 100)),
            *((10 * MINUTE, "second/BTC", 89), (11 * MINUTE, "BTC", 88)),
        ],
        [(11 * MINUTE, "confirmed-crash", "fired")],
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
