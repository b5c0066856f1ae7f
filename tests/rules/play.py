"""A market day in one line: what the tests of the rules' meaning are written in.

A script is words of `TIME:VALUES`. TIME is seconds or a duration (`5m`) since `START`, with `@TIME` behind it where
the source dates its reading differently. VALUES, separated by commas, are readings of one tick, `NAME=VALUE`;
NAME is `[source.][COIN.][field]`, by default the price of BTC at binance. `-` lets time pass, `NAME=same` confirms.
What came of it are lines such as `60 fired 1`, with the coin where it is not BTC, and the reason where there is one.
"""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from alertd.conditions.fields import FIELDS, state_of
from alertd.conditions.tree import Expression
from alertd.market import pages
from alertd.market.feeds import Feed, Feeds
from alertd.market.market import Market
from alertd.model.event import Drop, Event, EventKind
from alertd.model.reading import Bars, Poll, Readings
from alertd.model.units import duration
from alertd.model.universe import Universe
from alertd.rows import Commit
from alertd.rules.amend import Change, amend
from alertd.rules.files import RuleText, read_rules
from alertd.rules.outcome import Outcome
from alertd.rules.rule import Rule
from alertd.rules.saved import Saved, take_up
from alertd.rules.state import State
from alertd.rules.step import step, wake_at
from alertd.storage import rules as shelves
from alertd.storage.schema import MIGRATIONS
from tests.fakes import START


class Shelf:
    """Rules and alerts, kept."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.executescript("".join(MIGRATIONS))

    def put(self, commit: Commit) -> None:
        """A play hands over all coins, shapes and manners every time."""
        self._connection.executescript("DELETE FROM coin; DELETE FROM shape; DELETE FROM manner")
        shelves.write(self._connection, commit)

    def saved(self) -> Saved:
        return shelves.read(self._connection)


SOURCES = {
    "binance": ("price", "volume_24h"),
    "coingecko": ("price", "market_cap"),
    "tm": ("signal", "hourly_signal", "tm_grade"),
}
COINS = ("BTC", "ETH", "SOL", "coingecko_only")
PLACE = Universe(
    coins={coin.upper(): coin for coin in COINS},
    sources={name: frozenset(fields) for name, fields in SOURCES.items()},
)

_WORD = re.compile(r"(?P<time>[^:@]+)(@(?P<at>[^:]+))?:(?P<values>.+)")

Keys = Mapping[str, object]


def rules(*written: Keys, now: float = START) -> tuple[Rule, ...]:
    """Rules as a file would give them; `name` is `rule` and `symbols` is BTC unless said."""
    document = {"version": 1, "rules": [{"name": "rule", "symbols": ["BTC"]} | dict(keys) for keys in written]}
    loaded = read_rules([RuleText("rules.yaml", json.dumps(document).encode())], PLACE, now)
    mistakes = [problem for problem in loaded.problems if not problem.warning]
    assert not mistakes, mistakes
    return loaded.rules


def feeds(stale_after: float = float("inf")) -> Feeds:
    """All sources' fields, binance before coingecko."""
    return Feeds(
        [
            Feed(name, field, frozenset(COINS[:3]) if name == "binance" else None, stale_after)
            for name, fields in SOURCES.items()
            for field in fields
        ]
    )


def polls(script: str) -> list[tuple[float, Sequence[Poll]]]:
    """(time, one poll for each source) of every word; no polls where time only passes."""
    return [_tick(word) for word in script.split()]


def _tick(word: str) -> tuple[float, Sequence[Poll]]:
    found = _WORD.fullmatch(word)
    assert found, word
    now = START + _seconds(found["time"])
    if found["values"] == "-":
        return now, ()
    at = START + _seconds(found["at"]) if found["at"] else now
    said = sorted((_named(part) for part in found["values"].split(",")), key=lambda part: part[:2])
    made = []
    for source, of_source in groupby(said, key=lambda part: part[0]):
        readings, same = [], []
        for (_, field, coin), text in ((part[:3], part[3]) for part in of_source):
            if text == "same":
                same.append((field, (coin,)))
            else:
                readings.append(Readings(source, field, (coin,), np.array([_value(field, text)]), np.array([at])))
        made.append(Poll(source, now, tuple(readings), tuple(same)))
    return now, made


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"-?[\d.]+", text) else duration(text)


def _named(part: str) -> tuple[str, str, str, str]:
    """`coingecko.ETH.price=5` → (source, field, coin, text)."""
    name, _, text = part.rpartition("=")
    words = [word for word in name.split(".") if word]
    coin = next((word for word in words if word in COINS), "BTC")
    field = next((word for word in words if word in FIELDS), "price")
    giving = next(source for source, fields in SOURCES.items() if field in fields)
    return next((word for word in words if word in SOURCES), giving), field, coin, text


def _value(field: str, text: str) -> float:
    state = state_of(field, text) if FIELDS[field].labels else None
    return float(text) if state is None else state


def say(event: Event) -> str:
    """One event as a line."""
    parts = [f"{round(event.time - START, 3):.12g}", event.kind.value]
    parts += [event.symbol] * (event.symbol != "BTC") + [event.rule] * (event.rule != "rule")
    parts += [str(event.episode)] * (event.kind not in (EventKind.ALREADY_TRUE, EventKind.NO_DATA))
    parts += [f"#{event.ordinal}"] * (event.kind is EventKind.REMINDED) + [event.reason] * bool(event.reason)
    return " ".join(parts + ["late"] * event.late)


def say_drop(drop: Drop) -> str:
    return f"{round(drop.time - START, 3):.12g} dropped {drop.reason}"


class Play:
    """Rules on a market that does what a script says."""

    def __init__(self, *written: Keys, stale_after: float = float("inf"), market: Market | None = None) -> None:
        self.state = State(feeds(stale_after), market if market is not None else Market())
        self.log: list[str] = []
        self.events: list[Event] = []
        self.outcomes: list[Outcome] = []
        self.now = START - 1.0
        self.shelf = Shelf()
        self.pages: dict[str, bytes] = {}
        if written:
            self.change(*written, at=-1.0)

    def change(self, *written: Keys, at: float) -> Outcome:
        """All rules of the files, as they are now."""
        self._pass_to(START + at)
        return self._note(amend(self.state, Change(put=rules(*written, now=self.now), whole=""), self.now))

    def run(self, script: str) -> list[str]:
        """Play a script; returns all that came of it so far."""
        for now, found in polls(script):
            self._pass_to(now)
            for poll in found or (None,):
                self._note(step(self.state, poll, now))
        return self.log

    def feed(self, poll: Poll, now: float) -> Outcome:
        self._pass_to(now)
        return self._note(step(self.state, poll, now))

    def fill(self, end: Sequence[float], close: Sequence[float], *, interval: float = 60.0, coin: str = "BTC") -> None:
        """Past bars without height, from now; `end` are seconds since START."""
        column = np.array(close, float)
        bars = Bars("binance", "price", coin, interval, START + np.array(end, float), column, column, column, column)
        self._note(step(self.state, Poll("binance", self.now, bars=(bars,)), self.now))

    def restarted(self, **series: Expression) -> "Play":
        """All that the store would have of it, in a new process; its rules are still to be put in force."""
        play = Play(market=Market(max_jump=self.state.market.max_jump))
        play.state.feeds = self.state.feeds
        pages.restore(play.state.market, self.state.market.series[1:], self.pages)
        play.now = play.state.time = self.now
        play.log, play.events = self.log, self.events
        play.pages, play.shelf = self.pages, self.shelf
        play._note(take_up(play.state, self.shelf.saved(), self.now, series=series))
        return play

    def stored(self) -> dict[int, bytes]:
        """What the store has of each alert, by id."""
        blocks = self.shelf.saved().alerts
        return {int(row["id"]): body for block in blocks for row, body in zip(block.rows, block.bodies(), strict=True)}

    def due(self) -> float:
        return wake_at(self.state)

    def _pass_to(self, now: float) -> None:
        """Timers that end before it, each at its own time, as the pipeline has it."""
        while (due := wake_at(self.state)) < now:
            self.now = max(self.now, due)
            self._note(step(self.state, None, self.now))
        self.now = max(self.now, now)

    def _note(self, outcome: Outcome) -> Outcome:
        self.outcomes.append(outcome)
        events = list(outcome.events)
        self.events += events
        self.log += [say(event) for event in events] + [say_drop(drop) for drop in outcome.drops]
        state = self.state
        self.shelf.put(
            Commit(
                now=self.now,
                rules=outcome.rules,
                coins=dict(enumerate(state.coins)),
                shapes=dict(enumerate(state.shapes)),
                manners=dict(enumerate(state.book.manners.all)),
                alerts=outcome.alerts,
                gone=outcome.gone,
                former=outcome.former,
            )
        )
        state.book.recycle()
        for name, page in pages.changed(self.state.market).items():
            if page is None:
                self.pages.pop(name, None)
            else:
                self.pages[name] = page
        told = [event.alert for event in events]
        assert len(told) == len(set(told)), "at most one event per alert and tick"
        return outcome
