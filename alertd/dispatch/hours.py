"""Named hours: times that come again each day, week, month or year, in a zone of their own.

They are Alertmanager's time intervals: several spans, each of which may be limited to weekdays, dates and months.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush

from alertd.rules.hours import edges, opened_on, say_days
from alertd.rules.rule import Active

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EVERY_DATE = ((1, -1),)
EVERY_MONTH = frozenset(range(1, 13))

_HORIZON = 12 * 366
"""Days looked ahead: from one 29 February to the next it may be eight years."""


@dataclass(frozen=True, slots=True)
class Span:
    """The hours of `active` that begin on a date within one of `dates` (first and last day of the month; -1 is the
    month's last, -2 the one before) and in one of `months` (January is 1)."""

    active: Active
    dates: tuple[tuple[int, int], ...] = EVERY_DATE
    months: frozenset[int] = EVERY_MONTH

    def covers(self, now: float) -> bool:
        day = opened_on(self.active, now)
        return day is not None and self.begins_on(day)

    def begins_on(self, day: date) -> bool:
        """Whether there are hours of it that belong to that day."""
        if day.weekday() not in self.active.days or day.month not in self.months:
            return False
        if self.dates == EVERY_DATE:
            return True
        behind = monthrange(day.year, day.month)[1] + 1
        return any(_counted(first, behind) <= day.day <= _counted(last, behind) for first, last in self.dates)

    def __str__(self) -> str:
        active = self.active
        dates = "" if self.dates == EVERY_DATE else "on the " + ", ".join(map(_say_dates, self.dates)) + " "
        months = "" if self.months == EVERY_MONTH else ", ".join(MONTHS[each - 1] for each in sorted(self.months)) + " "
        closing = f"{active.end:%H:%M}" if active.end.hour or active.end.minute else "24:00"
        return f"{months}{dates}{say_days(active.days)}{active.start:%H:%M}-{closing} ({active.zone})"


@dataclass(frozen=True, slots=True)
class Hours:
    """The times of any of `spans`, by what the clocks there show: where they are changed, hours are shorter or longer,
    or come twice. Moments are epoch seconds."""

    spans: tuple[Span, ...]

    def covers(self, now: float) -> bool:
        """Whether it is one of these hours; the beginning is, the end is not."""
        return any(span.covers(now) for span in self.spans)

    def begins(self, now: float) -> float:
        """The first moment from `now` on that they cover: `now` itself where it is one, infinity without any in the
        next twelve years."""
        if self.covers(now):
            return now
        return next((moment for moment in self._edges(now) if self.covers(moment)), float("inf"))

    def ends(self, now: float) -> float:
        """The first moment from `now` on that they do not cover: `now` itself where it is none, infinity without any in
        the next twelve years."""
        if not self.covers(now):
            return now
        return next((moment for moment in self._edges(now) if not self.covers(moment)), float("inf"))

    def _edges(self, now: float) -> Iterator[float]:
        """All moments after `now` at which hours can begin or end, in their order."""
        # What began the day before yesterday by UTC may still last in some zone.
        today = datetime.fromtimestamp(now, UTC).date() - timedelta(days=2)
        found: list[float] = []
        for ahead in range(_HORIZON):
            day = today + timedelta(days=ahead)
            for span in self.spans:
                if span.begins_on(day):
                    for edge in edges(span.active, day):
                        heappush(found, edge)
            # No zone begins the next day more than a day before UTC does.
            certain = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
            while found and found[0] < certain:
                if (edge := heappop(found)) > now:
                    yield edge

    def __str__(self) -> str:
        return "; ".join(map(str, self.spans))


def _counted(number: int, behind: int) -> int:
    """A day of the month, where negative ones count from the day behind its last."""
    return number if number > 0 else behind + number


def _say_dates(ends: tuple[int, int]) -> str:
    first, last = ends
    return str(first) if first == last else f"{first} to {last}"
