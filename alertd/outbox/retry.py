"""When to try again: full jitter on an exponential ceiling, and no sooner than the platform asks."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """Seconds: `first` is the ceiling of the first wait, doubled by each failed attempt up to `longest`; `refused` is
    how long a channel rests whose credential was refused, and `asked` how long at most one does that its platform
    asks to."""

    first: float = 1.0
    longest: float = 300.0
    refused: float = 300.0
    asked: float = 3_600.0

    def at(self, attempts: int, retry_after: float | None, now: float, random: Callable[[], float]) -> float:
        """When to try again after `attempts` earlier failures, epoch seconds.

        What the platform asked for is the least: one that always asks for 0 s, or whose clock makes a date of its own
        a past one, must not be asked again and again without a pause.
        """
        # 2 ** 64 s is beyond every ceiling, and a larger power would overflow one day.
        own = random() * min(self.longest, self.first * 2.0 ** min(attempts, 64))
        return now + max(own, retry_after or 0.0)
