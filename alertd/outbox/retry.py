"""When to try again: full jitter on an exponential ceiling, and never after a message has expired."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """Seconds: `first` is the ceiling of the first wait, doubled by each failed attempt up to `longest`; `refused` is
    how long a channel rests whose credential was refused."""

    first: float = 1.0
    longest: float = 300.0
    refused: float = 300.0

    def at(self, attempts: int, retry_after: float | None, now: float, random: Callable[[], float]) -> float:
        """When to try again after `attempts` earlier failures, epoch seconds. What the platform said wins."""
        if retry_after is not None:
            return now + retry_after
        # 2 ** 64 s is beyond every ceiling, and a larger power would overflow one day.
        return now + random() * min(self.longest, self.first * 2.0 ** min(attempts, 64))
