"""Limit: a receiver's cap over a sliding window."""

from collections.abc import Sequence

from alertd.dispatch.policy import Cap

CAP = "cap"
"""The reason of what waits for its receiver's window."""


def full_until(recent: Sequence[float], cap: Cap | None, now: float) -> float | None:
    """When the window lets the next message through, None where it does so now.

    `recent` are the times of the messages so far, oldest first, epoch seconds. A message leaves the window exactly
    `seconds` after it was made.
    """
    if cap is None or len(recent) < cap.count:
        return None
    free = recent[-cap.count] + cap.seconds
    return free if free > now else None
