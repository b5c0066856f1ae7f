"""When a digest comes: a cron expression, or a time of the day, in a zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise

from cronsim import CronSim, CronSimError

from alertd.rules.hours import moment
from alertd.rules.keys import moment as time_of_day
from alertd.rules.wrong import Wrong

LEAST = 5
"""Minutes between two digests, at the least."""

_EXPECTED = (
    "expected a time such as 08:00 or mon-fri 08:00, or a cron expression such as 0 8 * * 1-5"
    " (minute, hour, day of the month, month, weekday)"
)
_LONGEST = 100
_SOME_YEAR = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`08:00`, `mon-fri 08:00`, or a cron expression with five fields, by the clocks of `zone`.

    As in cron, a day that is given by date and by weekday is any of either. Raises ValueError, with what was expected,
    for what is no schedule, never comes, or comes more often than every five minutes.
    """

    expression: str
    zone: tzinfo

    def __post_init__(self) -> None:
        try:
            schedule = _cron(self.expression, _SOME_YEAR)
            next(schedule)
        except CronSimError as error:
            raise ValueError(f"{_EXPECTED}: {str(error).lower()} in {self.expression[:_LONGEST]!r}") from None
        except StopIteration:
            raise ValueError(f"{self.expression!r} never comes") from None
        minutes = sorted(schedule.minutes)
        apart = [later - earlier for earlier, later in pairwise(minutes)]
        if any((hour + 1) % 24 in schedule.hours for hour in schedule.hours):
            apart.append(minutes[0] + 60 - minutes[-1])
        if min(apart, default=60) < LEAST:
            raise ValueError(f"{self.expression!r} comes more often than every {LEAST} minutes")

    def next(self, after: float) -> float:
        """The first moment after `after` at which it comes, epoch seconds; infinity without any in fifty years.

        A time that the clocks jump over comes at the jump, one that they show twice comes once.
        """
        shown = datetime.fromtimestamp(after, self.zone).replace(tzinfo=UTC, fold=0)
        for local in _cron(self.expression, shown):
            # Where the clocks show something again, what comes next may have come already.
            if (found := moment(local.date(), local.time(), self.zone)) > after:
                return found
        return float("inf")

    def __str__(self) -> str:
        return f"{self.expression} ({self.zone})"


def _cron(expression: str, shown: datetime) -> CronSim:
    """What comes after the clocks show that; taken as UTC, so that cronsim knows of no changes of clocks."""
    if len(expression) > _LONGEST:
        raise CronSimError("Too long")
    if ":" not in expression:
        if len(expression.split()) != 5:
            raise CronSimError("Wrong number of fields")
        return CronSim(expression, shown)
    try:
        wanted = time_of_day(expression.strip())
    except Wrong:
        raise CronSimError("Bad time") from None
    # In cron Monday is 1, and Sunday 7.
    days = ",".join(str(day + 1) for day in sorted(wanted.days))
    return CronSim(f"{wanted.time.minute} {wanted.time.hour} * * {days}", shown)
