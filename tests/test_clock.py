"""The real clock, and one that runs fast enough for a test to wait a long time."""

import asyncio
import time

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
