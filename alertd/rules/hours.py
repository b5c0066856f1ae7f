"""The hours of a rule: whether it may open an episode now, and when it next may."""

from datetime import datetime, timedelta

from alertd.rules.rule import Active


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
