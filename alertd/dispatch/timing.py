"""Hours: when a route lets nothing through, and when a receiver nothing but what is critical."""

from functools import lru_cache
from math import inf

from alertd.dispatch.desk import Candidate, Desk, Hold
from alertd.dispatch.schedule import Schedule
from alertd.dispatch.state import Waiting

HOURS = "hours"
"""The route tells nothing now."""
QUIET = "quiet"
"""The receiver's quiet hours."""
DIGEST = "digest"
"""It waits for the receiver's next digest."""


def concerns(desk: Desk) -> bool:
    return bool(desk.policy.hours)


def route_hours(desk: Desk, candidate: Candidate) -> Hold | None:
    """While any of the route's `mute` hours last, or none of its `active` ones."""
    leg, hours, now = candidate.leg, desk.policy.hours, desk.now
    muted = [hours[name].ends(now) for name in leg.mute if name in hours and hours[name].covers(now)]
    if muted:
        return Hold(HOURS, max(muted))
    active = [hours[name] for name in leg.active if name in hours]
    if not active or any(each.covers(now) for each in active):
        return None
    return Hold(HOURS, min(each.begins(now) for each in active))


def quiet(desk: Desk, candidate: Candidate) -> Hold | None:
    hours = candidate.receiver.quiet
    if hours is None or candidate.critical:
        return None
    # When the others that wait for it will be told: to look that up anew for each would take long.
    batch = desk.state.batches.get(Waiting(candidate.receiver.name, QUIET))
    if batch and batch.until > desk.now:
        return Hold(QUIET, batch.until)
    return Hold(QUIET, hours.ends(desk.now)) if hours.covers(desk.now) else None


def scheduled(desk: Desk, candidate: Candidate) -> Hold | None:
    """Until the receiver's first digest since it was to be told. Where that has come and something else held it then
    (quiet hours, a silence, the cap), it goes as soon as it may."""
    schedule = candidate.receiver.digest
    if schedule is None or candidate.critical:
        return None
    until = _next(schedule, candidate.since)
    return Hold(DIGEST, until) if desk.now < until < inf else None


@lru_cache(1024)
def _next(schedule: Schedule, since: float) -> float:
    """Much comes at the same moment, and to look it up takes long."""
    return schedule.next(since)
