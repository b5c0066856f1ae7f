"""The real clock, and one that runs fast enough for a test to wait a long time."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from alertd.clock import SystemClock


def test_it_shows_the_time() -> None:
    before = time.time()
    assert before <= SystemClock().now() <= time.time()


def test_a_rehearsal_shows_another_time() -> None:
    real = time.time()
    clock = SystemClock(real=real, shows=1_504_483_200.0, speed=1000.0)
    now = clock.now()
    assert 1_504_483_200.0 <= now <= 1_504_483_200.0 + (time.time() - real) * 1000.0


async def test_waiting_ends_at_its_time_or_with_the_event() -> None:
    clock = SystemClock(speed=100_000.0)
    event = asyncio.Event()
    until = clock.now() + 60.0
    assert not await clock.wait(event, until)
    assert clock.now() >= until
    await clock.sleep(60.0)
    assert clock.now() >= until + 60.0
    asyncio.get_running_loop().call_soon(event.set)
    assert await clock.wait(event, None)
    assert await clock.wait(event, clock.now() - 1.0)


async def test_waiting_for_what_is_past_ends_at_once() -> None:
    assert not await SystemClock().wait(asyncio.Event(), 0.0)


@dataclass
class Wall:
    """A machine that runs since `seconds`, with a clock that is wrong by `off`."""

    seconds: float = 0.0
    off: float = 0.0

    def clock(self, speed: float = 1.0) -> SystemClock:
        return SystemClock(speed=speed, wall=lambda: 1e9 + self.seconds + self.off, steady=lambda: self.seconds)


def test_it_follows_a_clock_that_is_set_forward() -> None:
    wall = Wall()
    clock = wall.clock()
    wall.seconds, wall.off = 1.0, 3600.0
    assert clock.now() == 1e9 + 3601.0


@pytest.mark.parametrize("speed", [1.0, 20.0])
def test_it_does_not_go_back_but_waits_for_a_clock_that_is_set_back(speed: float) -> None:
    wall = Wall()
    clock = wall.clock(speed)
    began = clock.now()
    wall.off = -60.0
    assert clock.now() == began
    for wall.seconds, passed in ((100.0, 90.0), (200.0, 180.0), (600.0, 540.0), (700.0, 640.0)):
        assert clock.now() == pytest.approx(began + passed * speed)


def test_it_goes_on_from_a_time_that_was_lived_through() -> None:
    wall = Wall()
    clock = wall.clock()
    clock.not_before(1e9 + 3600.0)
    assert clock.now() == 1e9 + 3600.0
    clock.not_before(1e9)
    wall.seconds = 10.0
    assert clock.now() == pytest.approx(1e9 + 3609.0)


def test_a_time_far_from_all_others_is_not_believed() -> None:
    clock = Wall().clock()
    clock.not_before(1e9 + 10 * 365 * 86_400.0)
    assert clock.now() == 1e9
