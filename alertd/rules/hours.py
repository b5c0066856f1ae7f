"""The hours of a rule: whether it may open an episode now, when it next may, and when it is next checked."""

from datetime import date, datetime, time, timedelta, tzinfo

from alertd.rules.rule import Active, Checks


def is_open(active: Active, now: float) -> bool:
    """True within the hours, the start included and the end not."""
    local = datetime.fromtimestamp(now, active.zone)
    time, today = local.time(), local.weekday()
    if active.start < active.end:
        return today in active.days and active.start <= time < active.end
    yesterday = (today - 1) % 7
    return (time >= active.start and today in active.days) or (time < active.end and yesterday in active.days)


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
    """The first moment after `after` at which the rule is checked; infinity without any day.

    A time that the clocks jump over is the moment of the jump; one that they show twice is the first of the two.
    """
    today = datetime.fromtimestamp(after, checks.zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        due = (_moment(day, each.time, checks.zone) for each in checks.moments if day.weekday() in each.days)
        if ahead_of := [moment for moment in due if moment > after]:
            return min(ahead_of)
    return float("inf")


def _moment(day: date, local: time, zone: tzinfo) -> float:
    wanted = datetime.combine(day, local, zone)
    moment = wanted.timestamp()
    shown = datetime.fromtimestamp(moment, zone)
    if shown.replace(tzinfo=None) == wanted.replace(tzinfo=None):
        return moment
    # The clocks never show it: they jump from before it to behind it.
    return _jump(wanted.replace(fold=1).timestamp(), moment, zone)


def _jump(before: float, behind: float, zone: tzinfo) -> float:
    """The second between the two at which the clocks are put forward."""
    offset = datetime.fromtimestamp(before, zone).utcoffset()
    low, high = before, behind
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high
