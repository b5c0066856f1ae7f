"""A market that forgets nothing: every reading of every series, in a list."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, floor
from typing import NamedTuple

FUTURE = 60.0
DAY = 86400.0
MINUTE, HOUR = 60.0, 3600.0

Key = tuple[str, str, str]
"""A series: source, field, coin."""


class Reading(NamedTuple):
    source: str
    field: str
    coin: str
    value: float
    at: float


class Poll(NamedTuple):
    """What one answer of one source said: readings, and the (field, coin) that it confirmed."""

    source: str
    readings: tuple[Reading, ...] = ()
    confirmed: tuple[tuple[str, str], ...] = ()


class Source(NamedTuple):
    """One field of one source; `coins` are those it has, and it is stale after so many seconds without a word."""

    name: str
    field: str
    coins: frozenset[str]
    stale_after: float


class Bar(NamedTuple):
    end: float
    open: float
    high: float
    low: float
    close: float


@dataclass
class Series:
    """`readings` are (at, value), oldest first; `seen` is when its source last spoke of it."""

    stale_after: float
    seen: float
    readings: list[tuple[float, float]] = field(default_factory=list)

    def fresh(self, t: float) -> bool:
        return t < self.seen + self.stale_after

    def value(self, t: float) -> float | None:
        """The latest value, UNKNOWN while there is none or it is stale."""
        return self.readings[-1][1] if self.readings and self.fresh(t) else None

    def take(self, at: float, value: float, t: float) -> str:
        """What becomes of a reading: `refused`, `confirmed`, `revised` or `new`."""
        last = self.readings[-1] if self.readings else None
        if at > t + FUTURE or (last and at < last[0]):
            return "refused"
        self.seen = t
        if last == (at, value):
            return "confirmed"
        if last and last[0] == at:
            self.readings[-1] = (at, value)
            return "revised"
        self.readings.append((at, value))
        return "new"


class Market:
    """All series that some rule named, each from then on."""

    def __init__(self) -> None:
        self.series: dict[Key, Series] = {}
        self.heard: set[Key] = set()
        """The series of which the last poll said anything."""

    def watch(self, key: Key, stale_after: float, t: float) -> Series:
        return self.series.setdefault(key, Series(stale_after, t))

    def absorb(self, poll: Poll, t: float) -> tuple[set[Key], set[Key]]:
        """The series that got a reading, and those that got a revision."""
        came: dict[str, set[Key]] = {"new": set(), "revised": set()}
        for source, name, coin, value, at in poll.readings:
            key = (source, name, coin)
            if key in self.series:
                came.setdefault(self.series[key].take(at, value, t), set()).add(key)
        for name, coin in poll.confirmed:
            key = (poll.source, name, coin)
            if key in self.series:
                self.series[key].seen = t
                came.setdefault("confirmed", set()).add(key)
        self.heard = {key for word, keys in came.items() if word != "refused" for key in keys}
        return came["new"], came["revised"]


def end_of(at: float, interval: float) -> float:
    """The end of the bar that a moment belongs to: bars are (start, end], aligned to the epoch."""
    return ceil(at / interval) * interval


def start_of(at: float, interval: float) -> float:
    """The last end of a bar at or before a moment."""
    return floor(at / interval) * interval


def bars(readings: Iterable[tuple[float, float]], interval: float) -> list[Bar]:
    """The bars that these readings make, oldest first; a bar without readings does not exist."""
    found: dict[float, list[float]] = {}
    for at, value in readings:
        found.setdefault(end_of(at, interval), []).append(value)
    return [Bar(end, values[0], max(values), min(values), values[-1]) for end, values in sorted(found.items())]


def grid(window: float) -> float:
    """Windows up to 24 h are made of minutes, longer ones of hours."""
    return MINUTE if window <= DAY else HOUR


def in_window(readings: list[tuple[float, float]], window: float, t: float) -> list[Bar]:
    """The bars that end in (t − W, t], and the open one."""
    return [bar for bar in bars(readings, grid(window)) if bar.end > t - window]


def before_window(readings: list[tuple[float, float]], window: float, t: float) -> list[Bar]:
    """The bars that ended at or before t − W."""
    return [bar for bar in bars(readings, grid(window)) if bar.end <= t - window]
