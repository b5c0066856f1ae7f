"""Whether a channel, or one server of it, takes messages, and when the operator is to hear that it does not, or does
again."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Self

from alertd.dispatch.notice import QUIET, recovery_key
from alertd.model.units import say_duration

_ROW = 4
_LONG = 60.0
_AGAIN = QUIET + 60.0  # dispatch sees a notice a little later than it was made, and drops what comes too early


@dataclass(slots=True)
class Health:
    """A channel is down when `_ROW` attempts in a row have failed, or every one for more than `_LONG` seconds.

    That is told once, and once that it is over, in turns. After a recovery was told, new trouble is told `_AGAIN`
    seconds later if it still lasts: a channel that keeps failing and mending does not flood the operator. Times are
    epoch seconds. `about` is what the operator knows it by among others of the channel, "" for the channel; `rests` how
    often in a row it was held back; `why` what the platform said to the last attempt that failed, "" where that is not
    for the operator; `told` whether the operator knows of trouble that lasts.
    """

    about: str = ""
    rests: int = 0
    why: str = ""
    _since: float = inf  # the first failure since it was well
    _last: float = -inf
    _failures: int = 0
    _for_good: bool = False
    told: bool = False
    _quiet_until: float = -inf

    @classmethod
    def of(cls, key: str, told: Mapping[str, float], about: str = "") -> Self:
        """As the operator knows it: `told` says when notices were told, that of the trouble's `key` among them."""
        begun, over = told.get(key, -inf), told.get(recovery_key(key), -inf)
        return cls(about, told=begun > over, _quiet_until=over + _AGAIN)

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
        self._for_good = for_good
        if self.told or not self._is_down(now) or now < self._quiet_until:
            return False
        self.told = True
        return True

    def trouble(self, now: float) -> str:
        """For how long it has been down, and why; "" where it is not, or nothing was tried since the start."""
        if not self.why or not self._is_down(now):
            return ""
        return f"takes nothing for {say_duration(now - self._since)}: {self.why}"

    def _is_down(self, now: float) -> bool:
        return self._for_good or self.down or now - self._since > _LONG

    def worked(self, now: float) -> bool:
        """After a message was taken: True if the operator is to be told that the channel is well again."""
        self._since, self._failures, self._for_good, self.rests = inf, 0, False, 0
        if not self.told:
            return False
        self.told = False
        self._quiet_until = now + _AGAIN
        return True
