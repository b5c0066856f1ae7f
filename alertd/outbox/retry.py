"""When to try again: when the platform asks for it, else full jitter on a ceiling that grows."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """Seconds: `first` is the ceiling of the first wait, half as long again after each failed attempt: up to
    `longest`, or `longest_young` while the delivery is younger than `young`. `refused` is how long a channel rests
    whose credential was refused, and `asked` how long at most anything does that its platform asks to. `probe` is the
    ceiling of a channel's rest that nobody asked for: every message fails, each as if it were its own fault. What is
    older than `given_up` is not tried any more.
    """

    first: float = 1.0
    growth: float = 1.5
    young: float = 600.0
    longest_young: float = 60.0
    longest: float = 300.0
    refused: float = 300.0
    asked: float = 86_400.0
    probe: float = 15.0
    given_up: float = 7 * 86_400.0

    def at(
        self, attempts: int, retry_after: float | None, now: float, random: Callable[[], float], *, age: float = 0.0
    ) -> float:
        """When to try again after `attempts` earlier failures of a delivery that is `age` seconds old, epoch seconds.

        What the platform asks for is kept to, up to `asked`. One that asks for 0 s, or whose clock makes a date of its
        own a past one, has said nothing: it must not be asked again and again without a pause, nor one that asks for
        next to nothing, which is left alone for `first`.
        """
        if retry_after is not None and retry_after > 0:
            return now + min(max(retry_after, self.first), self.asked)
        longest = self.longest_young if age < self.young else self.longest
        # 1.5 ** 64 s is beyond every ceiling, and a larger power would overflow one day.
        return now + random() * min(longest, self.first * self.growth ** min(attempts, 64))
