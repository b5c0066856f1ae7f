"""The system's clock, and the one of a rehearsal: it shows another time and may run faster."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, Self

_LOOK_AGAIN = 30.0
"""Seconds after which a waiter looks at the clock again: somebody may have set it, or the machine slept."""

_BEHIND = 0.9
"""How fast it runs while the system's clock is behind it, which somebody has set back."""

_ASTRAY = 86_400.0
"""Seconds: whoever was ahead of the system's clock by more had a clock that was wrong beyond use."""


class Shift(Protocol):
    """How a rehearsal's clock differs: at the moment `real` it shows `shows` (epoch seconds), `speed` times as fast."""

    @property
    def real(self) -> float: ...
    @property
    def shows(self) -> float: ...
    @property
    def speed(self) -> float: ...


class SystemClock:
    """Real time; with `speed`, at the moment `real` it shows `shows` and runs that many times as fast from there.

    It never goes back. When the system's clock is set back, it goes on, a tenth slower until the other one has caught
    up: what was to come within a minute does not wait for an hour, and no hour is lived through twice. `wall` is the
    system's clock, `steady` one that nobody can set; both in seconds.
    """

    def __init__(
        self,
        *,
        real: float = 0.0,
        shows: float = 0.0,
        speed: float = 1.0,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.speed = speed
        self._real, self._shows = real, shows
        self._wall, self._steady = wall, steady
        self._now, self._looked = wall(), steady()

    @classmethod
    def of(cls, shift: Shift | None) -> Self:
        """Real time where there is no shift."""
        return cls() if shift is None else cls(real=shift.real, shows=shift.shows, speed=shift.speed)

    def now(self) -> float:
        looked = self._steady()
        self._now = max(self._wall(), self._now + (looked - self._looked) * _BEHIND)
        self._looked = looked
        return self._shows + (self._now - self._real) * self.speed

    def not_before(self, moment: float) -> None:
        """Go on from a time that was lived through already: the system's clock may have been set back meanwhile."""
        ahead = (moment - self.now()) / self.speed
        if 0.0 < ahead < _ASTRAY:
            self._now += ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0) / self.speed)

    async def wait(self, event: asyncio.Event, until: float | None) -> bool:
        while not event.is_set():
            left = None if until is None else (until - self.now()) / self.speed
            if left is not None and left <= 0:
                return False
            try:
                async with asyncio.timeout(None if left is None else min(left, _LOOK_AGAIN)):
                    await event.wait()
            except TimeoutError:
                continue
        return True
