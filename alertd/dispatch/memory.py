"""Two ways to remember: what dispatch keeps in rows of its own, and when something last happened."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import TypeVar

from alertd.dispatch.policy import DAY
from alertd.model.kept import (
    Acknowledged,
    Escalation,
    Grouped,
    Kept,
    KeptKey,
    Mute,
    Noticed,
    Postponed,
    Raised,
    Silence,
    Snoozed,
    Storm,
    Streak,
    key_of,
)

K = TypeVar("K", bound=Kept)

_REMEMBERED = 90 * DAY
"""As long as the record."""


class Memory:
    """What dispatch keeps in rows of its own, by kind. `changed` is what the store does not know yet."""

    def __init__(self, kept: Iterable[Kept] = ()) -> None:
        self.changed: dict[KeptKey, Kept | None] = {}
        self._kinds: dict[str, dict[KeptKey, Kept]] = {}
        self._earliest: dict[str, float] = {}  # nothing of the kind is due before
        for each in kept:
            self._put(key_of(each), each)

    def all(self, kind: type[K]) -> list[K]:
        return [each for each in self._kinds.get(kind.__name__.lower(), {}).values() if isinstance(each, kind)]

    def due(self, kind: type[K], now: float) -> list[K]:
        """Those whose time has come: whoever asks forgets each of them, or keeps it with a later time."""
        name = kind.__name__.lower()
        if self._earliest.get(name, inf) > now:
            return []
        every = self.all(kind)
        self._earliest[name] = min((due for each in every if (due := _due(each)) > now), default=inf)
        found = [each for each in every if _due(each) <= now]
        return sorted(found, key=lambda each: (_due(each), key_of(each)))

    def next_due(self) -> float:
        """When something is due at the earliest, infinity for never."""
        return min(self._earliest.values(), default=inf)

    def get(self, kind: type[K], *parts: str) -> K | None:
        """The one of this kind whose key is made of these parts."""
        name = kind.__name__.lower()
        known = self._kinds.get(name)
        found = known.get((name, "\0".join(parts))) if known else None
        return found if isinstance(found, kind) else None

    def has(self, kind: type[Kept]) -> bool:
        return bool(self._kinds.get(kind.__name__.lower()))

    def keep(self, kept: Kept) -> None:
        """In the place of what had its key."""
        key = key_of(kept)
        self.changed[key] = kept
        self._put(key, kept)

    def _put(self, key: KeptKey, kept: Kept) -> None:
        kind = key[0]
        self._kinds.setdefault(kind, {})[key] = kept
        self._earliest[kind] = min(self._earliest.get(kind, inf), _due(kept))

    def copy(self) -> "Memory":
        """One of its own, with the same in it."""
        return Memory(each for kind in self._kinds.values() for each in kind.values())

    def learn(self, changed: Mapping[KeptKey, Kept | None]) -> None:
        """Take over what another one has kept and forgotten."""
        for key, kept in changed.items():
            if kept is None:
                self._kinds.get(key[0], {}).pop(key, None)
            else:
                self._put(key, kept)

    def forget(self, kept: Kept) -> None:
        key = key_of(kept)
        if self._kinds.get(key[0], {}).pop(key, None) is not None:
            self.changed[key] = None

    def tidy(self, now: float) -> None:
        """Forget what has been over for long."""
        for kind in self._kinds.values():
            for each in [each for each in kind.values() if _over(each) + _REMEMBERED <= now]:
                self.forget(each)

    def take_changed(self) -> dict[KeptKey, Kept | None]:
        changed, self.changed = self.changed, {}
        return changed


def _over(kept: Kept) -> float:
    """When it ceases to mean anything, infinity for what does so by itself."""
    match kept:
        case (
            Silence(end=over)
            | Mute(until=over)
            | Snoozed(until=over)
            | Acknowledged(at=over)
            | Raised(at=over)
            | Noticed(at=over)
            | Streak(told=over)
        ):
            return over
        case _:
            return inf


def _due(kept: Kept) -> float:
    """When it has to be looked at, infinity where time alone means nothing to it."""
    match kept:
        case Escalation(due=due) | Grouped(due=due) | Postponed(due=due) | Storm(until=due):
            return due
        case _:
            return inf


class Recent:
    """When something last happened, by what it happened to: times of the last `seconds`, oldest first."""

    def __init__(self, seconds: float = DAY) -> None:
        self._seconds = seconds
        self._times: dict[str, list[float]] = {}
        self._sweep_at = 1024

    def __len__(self) -> int:
        return len(self._times)

    def of(self, key: str) -> Sequence[float]:
        return self._times.get(key, ())

    def add(self, key: str, now: float) -> None:
        times = self._times.get(key)
        if times is None:
            if len(self._times) >= self._sweep_at:
                self._sweep(now)
            self._times[key] = [now]
            return
        if times[0] + self._seconds <= now:
            del times[: bisect_right(times, now - self._seconds)]
        times.append(now)

    def _sweep(self, now: float) -> None:
        """Whoever has been still for long is forgotten; done seldom, so that it costs nothing to speak of."""
        self._times = {key: times for key, times in self._times.items() if times[-1] + self._seconds > now}
        self._sweep_at = 2 * max(len(self._times), 512)
