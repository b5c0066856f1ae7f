"""The hours of a rule: whether it may open an episode now, when it next may, and when it is next checked.

They go by what the clocks of a zone show, which are changed now and then.
"""

from datetime import date, datetime, time, timedelta, tzinfo

from alertd.rules.rule import Active, Checks

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The weekdays; Monday is 0."""


def is_open(active: Active, now: float) -> bool:
    """True within the hours, the start included and the end not."""
    return opened_on(active, now) is not None


def opened_on(active: Active, now: float) -> date | None:
    """The day on which those of the hours began that are open now, None outside of them."""
    local = datetime.fromtimestamp(now, active.zone)
    clock, day = local.time(), local.date()
    if active.start < active.end:
        if not active.start <= clock < active.end:
            return None
    elif clock < active.start:
        if clock >= active.end:
            return None
        day -= timedelta(days=1)
    return day if day.weekday() in active.days else None


def edges(active: Active, day: date) -> set[float]:
    """All moments at which hours that belong to `day` can begin or end, however its clocks are changed."""
    last = day if active.start < active.end else day + timedelta(days=1)
    found = {moment(day, active.start, active.zone), moment(last, active.end, active.zone)}
    begins = datetime.combine(day, time(0), active.zone).timestamp() - 1
    over = datetime.combine(last + timedelta(days=1), time(0), active.zone).replace(fold=1).timestamp()
    if _offset(begins, active.zone) != _offset(over, active.zone):
        # What the clocks show twice is a second beginning, or a second end.
        again = (
            datetime.combine(*shown, active.zone).replace(fold=1) for shown in ((day, active.start), (last, active.end))
        )
        found |= {_jump(begins, over, active.zone), *(each.timestamp() for each in again)}
    return found


def next_open(active: Active, now: float) -> float:
    """The first moment after `now` at which the hours begin; infinity without any day."""
    today = datetime.fromtimestamp(now, active.zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        # Where the clocks go back, the hours may begin twice.
        for fold in (0, 1):
            begins = datetime.combine(day, active.start, active.zone).replace(fold=fold).timestamp()
            if day.weekday() in active.days and begins > now and is_open(active, begins):
                return begins
    return float("inf")


def next_check(checks: Checks, after: float) -> float:
    """The first moment after `after` at which the rule is checked, see `moment`; infinity without any day."""
    today = datetime.fromtimestamp(after, checks.zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        due = (moment(day, each.time, checks.zone) for each in checks.moments if day.weekday() in each.days)
        if ahead_of := [each for each in due if each > after]:
            return min(ahead_of)
    return float("inf")


def moment(day: date, local: time, zone: tzinfo) -> float:
    """When the clocks of `zone` show that, epoch seconds: the moment of the jump where they jump over it, the first of
    the two where they show it twice."""
    wanted = datetime.combine(day, local, zone)
    found = wanted.timestamp()
    shown = datetime.fromtimestamp(found, zone)
    if shown.replace(tzinfo=None) == wanted.replace(tzinfo=None):
        return found
    # The clocks never show it: they jump from before it to behind it.
    return _jump(wanted.replace(fold=1).timestamp(), found, zone)


def _jump(before: float, behind: float, zone: tzinfo) -> float:
    """The second between the two at which the clocks are changed."""
    offset = _offset(before, zone)
    low, high = before, behind
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(now: float, zone: tzinfo) -> timedelta | None:
    return datetime.fromtimestamp(now, zone).utcoffset()


def say_days(days: frozenset[int]) -> str:
    """`mon-fri ` for several in a row, `sat, sun ` for others, "" for all of them."""
    first, last = min(days), max(days)
    if len(days) == len(DAYS):
        return ""
    if len(days) > 2 and len(days) == last - first + 1:
        return f"{DAYS[first]}-{DAYS[last]} "
    return ", ".join(DAYS[day] for day in sorted(days)) + " "
