"""How long a reply is tried again where a platform has trouble: what it tells was done and is durable. Pure."""

from alertd.errors import DeliveryDelayed
from alertd.outbox.replies import LONGEST

LASTS = 600.0
"""Seconds of pauses after which a reply is given up: whoever waits that long asks again."""

TRIES = 4
"""How often that is sent which may have arrived each time, or which is sent elsewhere each time."""

_FIRST = 1.0


class Patience:
    """That of one call."""

    def __init__(self) -> None:
        self._left = LASTS
        self._pause = _FIRST
        self._odd = 0

    def pause(self, error: DeliveryDelayed, *, odd: bool = False) -> float | None:
        """Seconds until the next try: what the platform asks for, and twice as long each time; None where it was tried
        enough. `odd` is a failure that only so many `TRIES` are for, beside those that leave in doubt what arrived."""
        self._odd += odd or error.uncertain
        wait = max(error.retry_after or 0.0, self._pause)
        if wait > LONGEST or self._odd >= TRIES or wait > self._left:
            return None
        self._left -= wait
        self._pause = min(2 * self._pause, LONGEST)
        return wait
