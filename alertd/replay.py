"""`alertd replay`: what rules would have said over past prices. It runs the very `step` of the daemon over bars."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from alertd.conditions.tree import Expression
from alertd.market.feeds import Feed, Feeds
from alertd.market.market import Market
from alertd.market.path import Path, as_history, polls, readings_of
from alertd.model.event import Event, EventKind
from alertd.model.reading import Bars, Poll
from alertd.rules.amend import Change, amend
from alertd.rules.rule import Rule
from alertd.rules.state import State
from alertd.rules.step import step
from alertd.sources.bars import PER_BAR, tells, traded_bars

SOURCE = "candles"
"""The source that replayed readings come from: the price of every coin in the files, and where they tell it what was
traded."""
PRICE = "price"

TOLD = (EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED)


def replay(
    rules: Sequence[Rule],
    bars: Mapping[str, Bars],
    *,
    path: Path = Path.CLOSE,
    start: float = -np.inf,
    end: float = np.inf,
    series: Mapping[str, Expression] = MappingProxyType({}),
) -> Iterator[Event]:
    """Every event of the rules over the bars between two times (epoch seconds), in order.

    What lies before `start` fills the windows and is never judged.
    """
    first = min((float(readings_of(each, path)[0][0]) for each in bars.values() if len(each.end)), default=0.0)
    state = State(Feeds([Feed(SOURCE, field) for field in (PRICE, *PER_BAR)]), Market())
    amend(state, Change(put=rules, series=series), now=max(first, start) - 1e-6)
    played = [*bars.values(), *_traded(bars, state.wanted().get(SOURCE, {}))]
    past = tuple(as_history(each, path, start) for each in played)
    outcome = step(state, Poll(SOURCE, start, bars=past), now=max(first, start) - 1e-6)
    for poll in polls(played, path, start=start, end=end):
        while outcome.wake_at < poll.received:
            outcome = step(state, None, outcome.wake_at)
            yield from outcome.events
        outcome = step(state, poll, poll.received)
        yield from outcome.events


def _traded(bars: Mapping[str, Bars], wanted: Mapping[str, Iterable[str]]) -> Iterator[Bars]:
    """What was traded in each bar of those fields and coins, as far as the bars tell it."""
    for field, coins in wanted.items():
        for coin in coins:
            if coin in bars and tells(bars[coin], field):
                yield traded_bars(bars[coin], field)


def as_json(event: Event) -> str:
    """One event as a line of JSON: time (ISO 8601, UTC), rule, symbol, episode, event, values."""
    return json.dumps(
        {
            "time": np.datetime64(round(event.time * 1000), "ms").item().isoformat(timespec="milliseconds") + "Z",
            "rule": event.rule,
            "symbol": event.symbol,
            "episode": event.episode,
            "event": event.kind,
            "values": dict(event.values),
        }
    )


def told(events: Iterable[Event]) -> Iterator[Event]:
    """Those that a replay shows: episodes and their reminders."""
    return (event for event in events if event.kind in TOLD)
