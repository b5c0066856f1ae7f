"""Whether a channel takes messages, and when the operator is to hear that it does not, or does again."""

from dataclasses import dataclass
from math import inf

from alertd.dispatch.notice import QUIET

_ROW = 4
_LONG = 60.0
_AGAIN = QUIET + 60.0  # dispatch sees a notice a little later than it was made, and drops what comes too early


@dataclass(slots=True)
class Health:
    """A channel is down when `_ROW` attempts in a row have failed, or every one for more than `_LONG` seconds.

    That is told once, and once that it is over, in turns. After a recovery was told, new trouble is told `_AGAIN`
    seconds later if it still lasts: a channel that keeps failing and mending does not flood the operator. Times are
    epoch seconds.
    """

    _since: float = inf  # the first failure since it was well
    _last: float = -inf
    _failures: int = 0
    _told: bool = False
    _quiet_until: float = -inf

    @property
    def down(self) -> bool:
        """True after a row of failures: likely nothing that is sent now would arrive."""
        return self._failures >= _ROW

    def failed(self, started: float, now: float, *, for_good: bool = False) -> bool:
        """After an attempt that began at `started`: True if the operator is to be told that the channel is down.

        Attempts that were under way together count once. One that fails `for_good` (a refused credential) is enough.
        """
        if started > self._last:
            self._failures += 1
            self._last = now
        self._since = min(self._since, now)
        down = for_good or self._failures >= _ROW or now - self._since > _LONG
        if self._told or not down or now < self._quiet_until:
            return False
        self._told = True
        return True

    def worked(self, now: float) -> bool:
        """After a message was taken: True if the operator is to be told that the channel is well again."""
        self._since, self._failures = inf, 0
        if not self._told:
            return False
        self._told = False
        self._quiet_until = now + _AGAIN
        return True
