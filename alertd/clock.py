"""The system's clock, and the one of a rehearsal: it shows another time and may run faster."""

import asyncio
import time
from typing import Protocol, Self

_LOOK_AGAIN = 30.0
"""Seconds after which a waiter looks at the clock again: somebody may have set it, or the machine slept."""


class Shift(Protocol):
    """How a rehearsal's clock differs: at the moment `real` it shows `shows` (epoch seconds), `speed` times as fast."""

    @property
    def real(self) -> float: ...
    @property
    def shows(self) -> float: ...
    @property
    def speed(self) -> float: ...


class SystemClock:
    """Real time; with `speed`, at the moment `real` it shows `shows` and runs that many times as fast from there."""

    def __init__(self, *, real: float = 0.0, shows: float = 0.0, speed: float = 1.0) -> None:
        self.speed = speed
        self._real, self._shows = real, shows

    @classmethod
    def of(cls, shift: Shift | None) -> Self:
        """Real time where there is no shift."""
        return cls() if shift is None else cls(real=shift.real, shows=shift.shows, speed=shift.speed)

    def now(self) -> float:
        return self._shows + (time.time() - self._real) * self.speed

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
