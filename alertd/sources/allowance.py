"""What a source may be asked out of turn: so that no one who asks spends what its polls need, nor its month."""

from math import ceil

from alertd.dispatch.policy import DAY, Cap
from alertd.model.units import say_duration

CALLS, CALLS_FREE = Cap(10, 60.0), Cap(120, 60.0)
"""Calls out of turn, whoever asks for them: of a billed source, and of one that costs nothing."""

DAYS = 32
"""Into so many shares a month's quota is cut: its longest month takes 31, and the first share is there at its start."""

_DEBT = 2.0
"""Buckets that turns may take at the most before what they took is forgotten; nobody waits for longer than that, even
where the clock was set back."""


class Allowance:
    """For one source. `pace` is how many requests a minute it takes at all: half of them may be out of turn. `quota`
    are its billed calls per month, None where there is no end of them: what its turns leave of a day's share may be
    asked for out of turn. Counted from 0 at each start."""

    def __init__(self, source: str, *, free: bool = False, pace: int | None = None, quota: int | None = None) -> None:
        self.free = free
        self._source = source
        cap = CALLS_FREE if free else CALLS
        self._most = max(1, min(cap.count, pace // 2)) if pace else cap.count
        self._minute = _Bucket(cap.seconds / self._most, cap.seconds)
        self._day = _Bucket(DAY * DAYS / quota, DAY) if quota and not free else None

    def ask(self, now: float, cost: int) -> str:
        """May this go now, which takes so many calls? "" where it may, else why not and when. All of it or nothing."""
        if wait := self._minute.wait(now, self._paced(cost)):
            return f"Chat may ask {self._source} {self._most} times a minute, and has: there is more in {_in(wait)}."
        if why := self.used_up(now, cost):
            return why
        self._minute.take(now, self._paced(cost))
        self.spend(now, cost)
        return ""

    def used_up(self, now: float, cost: int) -> str:
        """Why the quota has no room for so many calls, and when it has; "" where there is room."""
        if self._day is None or not (wait := self._day.wait(now, cost)):
            return ""
        return (
            f"Chat has used up what the quota leaves of today's calls to {self._source}: there is more in {_in(wait)}."
        )

    def wait(self, now: float, cost: int) -> float:
        """Seconds until that many may go."""
        return max(self._minute.wait(now, self._paced(cost)), self._day.wait(now, cost) if self._day else 0.0)

    def spend(self, now: float, cost: int) -> None:
        """Count what goes whatever is left, such as what is asked in its turn."""
        if self._day is not None:
            self._day.take(now, cost)

    def _paced(self, cost: int) -> int:
        """A round takes one call at least, and all those of a minute at the most."""
        return min(max(cost, 1), self._most)


class _Bucket:
    """One call each `interval` seconds, after those of `span` seconds at once (GCRA)."""

    def __init__(self, interval: float, span: float) -> None:
        self._interval = interval
        self._span = max(span, interval)
        self._full = 0.0  # when it is full again

    def wait(self, now: float, cost: int) -> float:
        wait = self._since(now) + cost * self._interval - now - self._span
        return wait if wait > 1e-6 else 0.0

    def take(self, now: float, cost: int) -> None:
        self._full = self._since(now) + cost * self._interval

    def _since(self, now: float) -> float:
        return min(max(self._full, now), now + _DEBT * self._span)


def _in(wait: float) -> str:
    return say_duration(ceil(wait) if wait < 60.0 else 60.0 * ceil(wait / 60.0))
