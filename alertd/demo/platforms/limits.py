"""What the platforms let through, as data, and the gate that holds to it. Pure: the time is given.

Telegram: its bot FAQ (30 messages a second in all, one a second to a chat, 20 a minute to a group). Slack:
docs.slack.dev, rate limits. Discord: the documented 50 requests a second; five messages in five seconds to a channel,
which its headers tell and no page promises. Binance: request weight by the minute. CoinGecko and Token Metrics: by
plan.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple


class Manner(Enum):
    """How calls are counted."""

    BUCKET = "a token bucket (GCRA) of `burst` that fills by `count` every `per` seconds"
    SLIDING = "`count` in any `per` seconds"
    FIXED = "`count` in a window of `per` seconds that begins with the first call"


@dataclass(frozen=True, slots=True)
class Limit:
    """`reason` names the bucket: it is what refusals are counted by. `per` is in seconds."""

    reason: str
    manner: Manner
    count: float
    per: float = 1.0
    burst: float = 0.0

    def scaled(self, scale: float) -> "Limit":
        """So many times the rate: more in the same time, bursts too, so that a hiccup of a socket weighs the same."""
        return replace(self, count=self.count * scale, burst=self.burst * scale)


Limits = tuple[Limit, ...]
"""All limits of one platform."""

TELEGRAM: Limits = (
    Limit("overall", Manner.BUCKET, 30, burst=30),
    Limit("chat", Manner.BUCKET, 1, burst=4),
    Limit("group", Manner.SLIDING, 20, 60.0),
)
SLACK: Limits = (Limit("channel", Manner.BUCKET, 1, burst=4), Limit("webhook", Manner.BUCKET, 1, burst=1))
DISCORD: Limits = (Limit("global", Manner.FIXED, 50), Limit("channel", Manner.FIXED, 5, 5.0))
BINANCE: Limits = (Limit("weight", Manner.FIXED, 6000, 60.0),)


def smtp(per_minute: float) -> Limits:
    """So many mails a minute; whoever tries more than twice that is put out."""
    return (
        Limit("mails", Manner.SLIDING, per_minute, 60.0),
        Limit("attempts", Manner.SLIDING, 2 * per_minute, 60.0),
    )


def webhook(per_second: float, burst: float = 1.0) -> Limits:
    """Per endpoint."""
    return (Limit("endpoint", Manner.BUCKET, per_second, burst=burst),)


def calls(per_minute: float = 30.0) -> Limits:
    """An API's plan, per key: CoinGecko's demo plan has 30 a minute."""
    return (Limit("calls", Manner.SLIDING, per_minute, 60.0),)


class Ask(NamedTuple):
    """A call that a limit (by its reason) counts under `key` with `cost`."""

    reason: str
    key: Hashable
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is over a limit. `retry_after` is in seconds; `early`: it came while an earlier one still ran."""

    reason: str
    retry_after: float
    early: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """What a platform's headers tell of a bucket: `reset` is the seconds until it is full again."""

    limit: int
    remaining: int
    reset: float


class Gate:
    """All buckets of one platform. A call is let through by every one that it names, or counts in none."""

    def __init__(self, limits: Limits, scale: float = 1.0) -> None:
        self._meters = {limit.reason: _METERS[limit.manner](limit.scaled(scale)) for limit in limits}

    def ask(self, asks: Sequence[Ask], now: float) -> Refusal | None:
        """None where the call may pass. What no limit is about passes."""
        known = [(self._meters[ask.reason], ask) for ask in asks if ask.reason in self._meters]
        waits = [(meter.wait(ask.key, ask.cost, now), ask.reason) for meter, ask in known]
        longest, reason = max(waits, default=(0.0, ""))
        if longest > 0:
            return Refusal(reason, longest)
        for meter, ask in known:
            meter.take(ask.key, ask.cost, now)
        return None

    def level(self, reason: str, key: Hashable, now: float) -> Level | None:
        """None where there is no such limit."""
        meter = self._meters.get(reason)
        return meter.level(key, now) if meter else None


class Waits:
    """The Retry-After that a platform has answered, by bucket."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, Hashable], tuple[float, float]] = {}

    def tell(self, ask: Ask, now: float, until: float) -> None:
        """Note an answer of `now` that says to wait until then."""
        self._told[ask.reason, ask.key] = (now, until)

    def running(self, asks: Sequence[Ask], began: float, flight: float) -> Refusal | None:
        """The longest wait that a call which began then runs into.

        `flight` is how many seconds a call may be on its way: one that comes so soon after the answer had begun before
        that was read, and is not early.
        """
        longest: Refusal | None = None
        for ask in asks if self._told else ():
            given, until = self._told.get((ask.reason, ask.key), (0.0, 0.0))
            if until > began and (longest is None or until - began > longest.retry_after):
                longest = Refusal(ask.reason, until - began, early=began > given + flight)
        return longest


class _Meter(ABC):
    """One limit, for every key that comes."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit

    @abstractmethod
    def wait(self, key: Hashable, cost: float, now: float) -> float:
        """Seconds until a call may pass, 0 where it may now."""

    @abstractmethod
    def take(self, key: Hashable, cost: float, now: float) -> None:
        """Count a call that passes."""

    @abstractmethod
    def level(self, key: Hashable, now: float) -> Level: ...


class _Bucket(_Meter):
    """The generic cell rate algorithm: one number per key, the time at which its bucket is full."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self._gap = limit.per / limit.count
        self._room = max(limit.burst, 1.0) * self._gap
        self._full: dict[Hashable, float] = {}

    def wait(self, key: Hashable, cost: float, now: float) -> float:
        over = max(self._full.get(key, now), now) + cost * self._gap - now - self._room
        # Epoch seconds are told apart to a quarter of a microsecond: what is less is no time.
        return over if over > 1e-6 else 0.0

    def take(self, key: Hashable, cost: float, now: float) -> None:
        self._full[key] = max(self._full.get(key, now), now) + cost * self._gap

    def level(self, key: Hashable, now: float) -> Level:
        reset = max(self._full.get(key, now) - now, 0.0)
        return Level(int(self._room / self._gap), math.floor((self._room - reset) / self._gap + 1e-6), reset)


class _Sliding(_Meter):
    """One time per unit of cost that was taken in the last `per` seconds."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self._taken: dict[Hashable, deque[float]] = {}

    def _recent(self, key: Hashable, now: float) -> deque[float]:
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] + self.limit.per <= now:
            taken.popleft()
        return taken

    def wait(self, key: Hashable, cost: float, now: float) -> float:
        taken = self._recent(key, now)
        over = math.ceil(len(taken) + cost - self.limit.count)
        if over <= 0:
            return 0.0
        return taken[over - 1] + self.limit.per - now if over <= len(taken) else self.limit.per

    def take(self, key: Hashable, cost: float, now: float) -> None:
        self._recent(key, now).extend([now] * math.ceil(cost))

    def level(self, key: Hashable, now: float) -> Level:
        taken = self._recent(key, now)
        reset = taken[-1] + self.limit.per - now if taken else 0.0
        return Level(int(self.limit.count), max(int(self.limit.count) - len(taken), 0), reset)


class _Fixed(_Meter):
    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self._windows: dict[Hashable, tuple[float, float]] = {}

    def _window(self, key: Hashable, now: float) -> tuple[float, float]:
        """(its end, what was taken in it)."""
        end, taken = self._windows.get(key, (now, 0.0))
        return (end, taken) if now < end else (now + self.limit.per, 0.0)

    def wait(self, key: Hashable, cost: float, now: float) -> float:
        end, taken = self._window(key, now)
        return end - now if taken + cost > self.limit.count else 0.0

    def take(self, key: Hashable, cost: float, now: float) -> None:
        end, taken = self._window(key, now)
        self._windows[key] = (end, taken + cost)

    def level(self, key: Hashable, now: float) -> Level:
        end, taken = self._window(key, now)
        return Level(int(self.limit.count), int(self.limit.count - taken), end - now)


_METERS: dict[Manner, type[_Meter]] = {
    Manner.BUCKET: _Bucket,
    Manner.SLIDING: _Sliding,
    Manner.FIXED: _Fixed,
}
