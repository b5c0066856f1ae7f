"""Hours, dates and caps as the configuration writes them: text → meaning. Readers raise `Wrong`, as in `rules.keys`."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import TypeVar
from zoneinfo import ZoneInfo

from alertd.dispatch.hours import EVERY_DATE, EVERY_MONTH, MONTHS, Hours, Span
from alertd.dispatch.policy import Cap
from alertd.dispatch.schedule import Schedule
from alertd.errors import did_you_mean
from alertd.model.units import SECONDS
from alertd.rules import keys
from alertd.rules.document import Plain
from alertd.rules.rule import Active
from alertd.rules.wrong import Parts, Wrong

T = TypeVar("T")
D = TypeVar("D")

_CAP = re.compile(r"(\d{1,6})\s*/\s*([smhd])")
_DATES = re.compile(r"(-?\d{1,2})(?:\s*-\s*(-?\d{1,2}))?")
_KEYS = ("times", "days", "days_of_month", "months", "zone")
_ALL_DAY = "00:00-24:00"


def cap(value: Plain) -> Cap:
    """`30/h`: messages per s, m, h or d."""
    found = _CAP.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if found:
            return Cap(int(found[1]), SECONDS[found[2]])
    except ValueError:
        pass
    raise Wrong("expected a cap such as 30/h: messages per s, m, h or d")


def digest(value: Plain, zone: ZoneInfo) -> Schedule:
    """A cron expression, or a time of the day."""
    try:
        return Schedule(keys.text(value), zone)
    except ValueError as error:
        raise Wrong(str(error)) from None


def hours(value: Plain, zone: ZoneInfo) -> Hours:
    """`mon-fri 22:00-07:00`, `{times: …, days: …, days_of_month: …, months: …, zone: …}`, or a list of such; in `zone`
    where they name none. Raises Wrong for what never comes as well."""
    found = Hours(tuple(span for each in keys.each(value, lambda item: _spans(item, zone)) for span in each))
    if not found.spans or found.begins(0.0) == float("inf"):
        raise Wrong("these hours never come")
    return found


def quiet(value: Plain, named: Mapping[str, Hours], zone: ZoneInfo) -> Hours:
    """`23:00-07:00`, the name of one of the `named` hours, or a list of such."""

    def spans(item: Plain) -> tuple[Span, ...]:
        words = keys.text(item)
        if words in named:
            return named[words].spans
        if ":" in words:
            return hours(words, zone).spans
        hint = did_you_mean(words, named) or 'write some such as "23:00-07:00", or a name of `hours:`'
        raise Wrong(f"no hours are called {words!r}", hint)

    found = Hours(tuple(span for each in keys.each(value, spans) for span in each))
    if found.spans and found.ends(found.begins(0.0)) == float("inf"):
        raise Wrong("these hours never end: nothing but what is critical would ever be told")
    return found


def _spans(value: Plain, zone: ZoneInfo) -> list[Span]:
    if not isinstance(value, dict):
        weekdays, _, clock = keys.text(value).rpartition(" ")
        return [Span(Active(keys.weekdays(weekdays or "mon-sun"), *keys.clock_hours(clock), zone))]
    parts = Parts()
    for key in value:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f"known here: {', '.join(_KEYS)}"
            parts.blame(f"there is no key {key!r}", hint, (key,))

    def part(key: str, reader: Callable[[Plain], T], default: D) -> T | D:
        return parts.read((key,), lambda: reader(value[key]), default) if key in value else default

    own = part("zone", keys.zone, zone)
    days = part("days", keys.weekdays, frozenset(range(7)))
    dates = part("days_of_month", _dates, EVERY_DATE)
    months = part("months", _months, EVERY_MONTH)
    times = part("times", _times, _times(_ALL_DAY))
    parts.done()
    return [Span(Active(days, start, end, own), dates, months) for start, end in times]


def _times(value: Plain) -> list[tuple[time, time]]:
    return keys.each(value, lambda item: keys.clock_hours(keys.text(item)))


def _pieces(value: Plain) -> list[str]:
    return [piece.strip() for words in keys.names(value) for piece in words.split(",")]


def _dates(value: Plain) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for piece in _pieces(value):
        parts = _DATES.fullmatch(piece)
        first, last = (int(parts[1]), int(parts[2] or parts[1])) if parts else (0, 0)
        backwards = first > last if (first > 0) == (last > 0) else last > 0
        if not (1 <= abs(first) <= 31 and 1 <= abs(last) <= 31) or backwards:
            raise Wrong(f"expected days of the month such as 1, 1-5 or -1 (the last), not {piece!r}")
        found.append((first, last))
    return tuple(found)


def _months(value: Plain) -> frozenset[int]:
    found: set[int] = set()
    for piece in _pieces(value):
        first, dash, last = (word.strip() for word in piece.lower().partition("-"))
        begin, end = _month(first), _month(last if dash else first)
        if not begin or not end:
            raise Wrong(f"expected months such as jan, 12 or jun-aug, not {piece!r}")
        found.update((begin - 1 + ahead) % 12 + 1 for ahead in range((end - begin) % 12 + 1))
    return frozenset(found)


def _month(word: str) -> int:
    """1 to 12, 0 for what is no month."""
    if word.isdecimal() and len(word) < 3:
        return int(word) if int(word) <= 12 else 0
    return MONTHS.index(word[:3]) + 1 if word[:3] in MONTHS else 0
