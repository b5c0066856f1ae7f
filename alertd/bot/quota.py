"""How much one person may ask: what is over it is not even read. Pure."""

from collections import OrderedDict
from enum import Enum, auto
from typing import Generic, TypeVar

from alertd.dispatch.policy import DAY, Cap
from alertd.model.people import Identity

MANY = 100_000
"""People and strangers whose last words are remembered; who was silent for longest is forgotten first."""

K = TypeVar("K")


TRIES = Cap(10, 600.0)
"""Codes that one account may show, right or wrong."""
MAILS, AGAIN, TO_ONE = Cap(3, DAY), Cap(1, 3600.0), Cap(3, 3600.0)
"""Mails with a code that one person may ask for, to all mailboxes and to one; and those that one mailbox gets, whoever
asks. Of the last nobody is told: it would say that somebody else asked."""
BANS = Cap(1, 3600.0)
"""How often somebody is told that they are banned."""


class Word(Enum):
    GO = auto()
    WAIT = auto()
    """It is too much: to be said once."""
    NOTHING = auto()
    """It is too much, and that was said."""


class Quota(Generic[K]):
    """A bucket for each key: `cap.count` at once, and full again after `cap.seconds` (GCRA)."""

    def __init__(self, cap: Cap, most: int = MANY) -> None:
        self._interval = cap.seconds / cap.count
        self._burst = cap.seconds
        self._most = most
        self._full: OrderedDict[K, tuple[float, bool]] = OrderedDict()
        """When each bucket is full again, and whether its owner was told to wait."""

    def __len__(self) -> int:
        return len(self._full)

    def ask(self, key: K, now: float, cost: int = 1) -> Word:
        """May this go now, which counts for so many? All of it or nothing."""
        full, told = self._full.pop(key, (0.0, False))
        full = min(max(full, now), now + self._burst)  # where the clock was set back, nobody waits for longer than that
        if full + cost * self._interval - now <= self._burst + 1e-9:
            self._put(key, full + cost * self._interval, told=False)
            return Word.GO
        self._put(key, full, told=True)
        return Word.NOTHING if told else Word.WAIT

    def wait(self, key: K, now: float, cost: int = 1) -> float:
        """Seconds until the next may go, which counts for so many."""
        full, _ = self._full.get(key, (now, False))
        return max(full + cost * self._interval - now - self._burst, 0.0)

    def _put(self, key: K, full: float, *, told: bool) -> None:
        self._full[key] = full, told
        if len(self._full) > self._most:
            self._full.popitem(last=False)


class Limits:
    """What is asked seldom; counted from 0 at each start."""

    def __init__(self) -> None:
        self.tries: Quota[Identity] = Quota(TRIES)
        self.mails: Quota[int] = Quota(MAILS)
        self.again: Quota[tuple[int, Identity]] = Quota(AGAIN)
        self.mailboxes: Quota[Identity] = Quota(TO_ONE)
        self.bans: Quota[int] = Quota(BANS)
