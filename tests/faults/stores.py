"""A disk that is full, a database that is locked, and a log that ends where no writer ends it."""

import asyncio
import os
import sqlite3
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from random import Random

from tests.faults.outcome import Fault, Outcome
from tests.faults.stage import Stage

WAITS = "the tick waits for the store"
LOCKED = 30.0


# ── full ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Path]:
    """A file system of its own in memory, 16 MiB large. Only root may mount one."""
    disk = folder / "disk"
    disk.mkdir()
    await _run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk))
    try:
        yield disk
    finally:
        await _run("umount", str(disk))


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait() != 0:
        raise OSError(f"{command[0]} failed: only root may do that")


def fill(disk: Path) -> Path:
    """A file that takes all there is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0")
    return filler


async def disk_full(folder: Path, seed: int) -> Outcome:
    """Full when prices turn, and full while what was sent has to be noted."""
    async with small_disk(folder) as disk, Stage(folder, coins=40) as stage:
        stage.state = disk / "alertd.db"
        await stage.start()
        await stage.wave()
        filler = fill(disk)
        stage.turn()
        await stage.daemon.log.has(WAITS)
        filler.unlink()
        await stage.judged()
        # The platforms have the next wave and answer when the disk is full.
        for platform in (stage.hooks, stage.chats):
            platform.answering.clear()
        await stage.wave()
        await stage.hooks.holds(1)
        filler = fill(disk)
        for platform in (stage.hooks, stage.chats):
            platform.answering.set()
        await stage.daemon.log.has("has to wait")
        filler.unlink()
        await stage.wave()
        return await stage.outcome()


# ── locked ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def locked(folder: Path, seed: int) -> Outcome:
    """Somebody else has a transaction open for 30 seconds, of the daemon's clock and at least 3 of ours."""
    async with Stage(folder, speed=10.0) as stage:
        await stage.start()
        await stage.wave()
        with closing(sqlite3.connect(stage.state, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            stage.turn()
            await stage.daemon.log.has(WAITS)
            await asyncio.sleep(LOCKED / stage.speed)
            other.execute("ROLLBACK")
        await stage.judged()
        await stage.wave()
        return await stage.outcome()


# ── cut off ──────────────────────────────────────────────────────────────────────────────────────────────────────

HEADER, FRAME_HEADER = 32, 24
"""Bytes at the head of the log, and at the head of each page in it: sqlite.org/fileformat2.html#the_write_ahead_log."""


def frames(log: bytes) -> list[tuple[int, bool]]:
    """(end, whether it ends a transaction) of each page in the log."""
    (size,) = struct.unpack_from(">I", log, 8)
    step = FRAME_HEADER + size
    starts = range(HEADER, len(log) - step + 1, step)
    return [(start + step, struct.unpack_from(">I", log, start + 4)[0] != 0) for start in starts]


def _after_commits(log: bytes) -> list[int]:
    return [end for end, commits in frames(log) if commits][:-1]


def _amid(log: bytes) -> list[int]:
    return [end for end, commits in frames(log) if not commits]


def _in_frames(offset: int) -> Callable[[bytes], list[int]]:
    return lambda log: [start + offset for start in [HEADER, *(end for end, _ in frames(log))][:-1]]


BOUNDARIES: dict[str, Callable[[bytes], Sequence[int]]] = {
    "zero": lambda _: [0],
    "header": lambda _: [HEADER // 2, HEADER],
    "frame-header": _in_frames(FRAME_HEADER // 2),
    "page": _in_frames(FRAME_HEADER + 1000),
    "amid-transaction": _amid,
    "after-commit": _after_commits,
    "last-byte": lambda log: [len(log) - 1],
}


def cut_log(boundary: str) -> Fault:
    async def fault(folder: Path, seed: int) -> Outcome:
        """kill -9 while messages wait, and the log since the start is cut off at this place: the commit that told them,
        and one before it in which nothing was told."""
        async with Stage(folder) as stage:
            await stage.start()
            await stage.wave()
            await stage.ledger.complete(10.0)
            await stage.stop()

            def cut() -> None:
                log = stage.state.with_name(f"{stage.state.name}-wal")
                places = BOUNDARIES[boundary](log.read_bytes())
                os.truncate(log, Random(seed).choice(places))

            stage.on_death = cut
            await stage.start(crash="after-commit:1")
            await stage.rest()
            await stage.wave()
            await stage.wave()
            outcome = await stage.outcome()
        if stage.deaths != 1:
            outcome.wrong.append(f"it died {stage.deaths} times, not once")
        return outcome

    return fault


ROWS: dict[str, Fault] = {
    "disk-full": disk_full,
    "database-locked": locked,
    **{f"wal-cut-{boundary}": cut_log(boundary) for boundary in BOUNDARIES},
}
