"""What happens, in order, and how either side is led through it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tests.opinion.life import Event, Terms
from tests.opinion.readings import Poll

RIGHT_AFTER = 1e-6
"""Seconds; the next moment that a float can tell is a quarter of that."""

PATIENCE = 1000
"""Due times without end are a mistake of the side that names them."""


class Happening(NamedTuple):
    """At `time` a poll, or other rules, or a restart; nothing at all lets time pass."""

    time: float
    poll: Poll | None = None
    rules: tuple[Terms, ...] | None = None
    restart: bool = False


class Side(Protocol):
    def tick(self, poll: Poll | None, now: float, /) -> list[Event]: ...
    def amend(self, rules: Sequence[Terms], now: float, /) -> list[Event]: ...
    def restart(self, now: float, /) -> list[Event]: ...
    def wake(self) -> float: ...


def lead(side: Side, happenings: Sequence[Happening]) -> list[Event]:
    """All events. What falls due before something happens goes first, each at its own time; what falls due at that
    very moment goes with it, or right after it; a process that ends has seen to it."""
    events: list[Event] = []
    now = float("-inf")
    for happening in happenings:
        for _ in range(PATIENCE):
            due = side.wake()
            if due > happening.time or (due == happening.time and not happening.restart):
                break
            now = max(now, due)
            events += side.tick(None, now)
        else:
            raise AssertionError(f"due without end at {now}")
        now = max(now, happening.time)
        events += _happen(side, happening, now)
        for _ in range(PATIENCE):
            if (due := side.wake()) > now + RIGHT_AFTER:
                break
            now = max(now, due)
            events += side.tick(None, now)
        else:
            raise AssertionError(f"due without end at {now}")
    return events


def _happen(side: Side, happening: Happening, now: float) -> list[Event]:
    if happening.restart:
        return side.restart(now)
    if happening.rules is not None:
        return side.amend(happening.rules, now)
    return side.tick(happening.poll, now)


def in_order(events: Sequence[Event]) -> list[Event]:
    """As they are compared: to the thousandth of a second, one moment's events by rule and coin."""
    return sorted(event._replace(time=round(event.time, 3)) for event in events)
