"""Lookups: slow names hold up one another, and nothing else of the daemon."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event, Semaphore

import pytest

from alertd.wire.lookups import MOST, THREADS, Full, Lookups
from tests.fakes import settle

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]


class Slow:
    """A server of names that answers once it is let to. `taken` counts the lookups that threads have begun."""

    def __init__(self) -> None:
        self.go = Event()
        self.taken = Semaphore(0)

    def find(self, *_: object) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]]:
        self.taken.release()
        assert self.go.wait(30)
        return FOUND


@asynccontextmanager
async def slow(names: int) -> AsyncIterator[tuple[Slow, Lookups, list[asyncio.Task[object]]]]:
    """That many lookups under way."""
    server = Slow()
    lookups = Lookups(server.find)
    tasks: list[asyncio.Task[object]] = [
        asyncio.create_task(lookups.resolve(f"slow{number}.example", 443)) for number in range(names)
    ]
    for _ in range(min(names, THREADS)):
        assert await asyncio.to_thread(server.taken.acquire, timeout=10)
    try:
        yield server, lookups, tasks
    finally:
        server.go.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        await lookups.close()


async def test_slow_names_leave_the_threads_of_the_daemon_alone() -> None:
    async with slow(MOST) as (server, _, tasks), asyncio.timeout(10):
        # As many as the loop's own threads could ever be.
        assert await asyncio.gather(*(asyncio.to_thread(int, "7") for _ in range(40))) == [7] * 40
        assert not server.go.is_set()
        assert not any(task.done() for task in tasks)


async def test_more_are_refused_until_some_have_ended() -> None:
    async with slow(MOST) as (server, lookups, tasks):
        with pytest.raises(Full):
            await lookups.resolve("one-more.example", 443)
        server.go.set()
        await asyncio.gather(*tasks)
        await settle()
        (found,) = await lookups.resolve("hook.example", 443)
        assert (found["host"], found["port"], found["hostname"]) == ("93.184.216.34", 443, "hook.example")


async def test_those_that_nobody_waits_for_hold_their_threads_and_count() -> None:
    async with slow(THREADS) as (server, lookups, tasks):
        for task in tasks:
            task.cancel()
        await settle()
        more = [asyncio.create_task(lookups.resolve("slow.example", 443)) for _ in range(MOST - THREADS)]
        await settle()
        with pytest.raises(Full):
            await lookups.resolve("one-more.example", 443)
        for task in more[1:]:
            task.cancel()  # no thread has begun with it: its place is free
        await settle()
        last = asyncio.create_task(lookups.resolve("last.example", 443))
        await settle()
        server.go.set()
        assert await more[0]
        assert await last


async def test_a_name_that_is_not_there_is_an_error_and_frees_its_place() -> None:
    def none(*_: object) -> list[tuple[object, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    lookups = Lookups(none)
    for _ in range(MOST + 1):
        with pytest.raises(socket.gaierror):
            await lookups.resolve("nowhere.example", 443)
        await settle()
    await lookups.close()


async def test_the_system_is_asked_unless_it_is_told_otherwise() -> None:
    lookups = Lookups()
    (found, *_) = await lookups.resolve("localhost", 443)
    await lookups.close()
    assert found["host"] == "127.0.0.1"
