"""Platforms that are down, that are too busy, or that choke on one message."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
from aiohttp import web

from alertd.demo.platforms.http import Handle
from alertd.demo.platforms.moods import WELL, Mood, Temper
from tests.faults.gated import Chats, Hooks
from tests.faults.outcome import Fault, Outcome
from tests.faults.stage import PATIENCE, Stage

HOUR, HOURS = 3600.0, 6.0
DEAD = Mood(Temper.DEAD)

RETRY_AFTER = 200.0
"""Seconds, longer than a daemon takes to start on a clock that runs fast."""


async def down_for_hours(folder: Path, seed: int) -> Outcome:
    """Both platforms refuse connections for six hours of the daemon's clock, while 10,000 messages pile up."""
    coins, hours, speed = 500, HOURS, 600.0
    async with Stage(folder, coins=coins, speed=speed) as stage:
        await stage.start()
        stage.hooks.mood = stage.chats.mood = DEAD
        began, waves = stage.record.now(), 10_000 // coins
        for number in range(waves):
            await stage.until(began + number * hours * HOUR / waves)
            await stage.wave()
        await stage.until(began + hours * HOUR)
        # From here on hours would pass while the backlog is sent: the clock slows down, which takes a restart.
        await stage.stop()
        stage.show(stage.record.now(), 20.0)
        stage.hooks.mood = stage.chats.mood = WELL
        await stage.start()
        return await stage.outcome(60.0)


async def storm(folder: Path, seed: int) -> Outcome:
    """Every second call gets a 429 with Retry-After."""
    async with Stage(folder, coins=40) as stage:
        await stage.start()
        busy = Mood(Temper.LIMITED, share=0.5, retry_after=5.0, seed=seed)
        stage.hooks.mood = stage.chats.mood = busy
        for _ in range(5):
            await stage.wave()
        outcome = await stage.outcome(60.0)
        outcome.figures["answers 429"] = sum(stage.record.refused.values())
    return outcome


class Choking(Hooks):
    """It fails on every message that holds `poison`, until that is cured."""

    poison = ""

    async def respond(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        if self.poison and self.poison.encode() in await request.read():
            return web.Response(status=500, text="cannot be")
        return await super().respond(request, handler)


async def poison(folder: Path, seed: int) -> Outcome:
    """A message on which an endpoint fails again and again: those behind it come, and it does too once it can."""
    async with Stage(folder, hooks=Choking) as stage:
        await stage.start()
        await stage.wave()
        await stage.ledger.complete(PATIENCE)
        bad = stage.coins[0]
        price = stage.turn()[bad]
        assert isinstance(stage.hooks, Choking)
        stage.hooks.poison = f"{bad} {price}"
        await stage.judged()
        for _ in range(3):
            await stage.wave()
        await stage.ledger.complete(PATIENCE, but=1)
        behind = len(stage.ledger.open) - 1
        stage.hooks.poison = ""
        outcome = await stage.outcome(60.0)
    outcome.figures["stuck behind it"] = behind
    outcome.most["stuck behind it"] = 0
    return outcome


class Weary(Chats):
    """It takes every message, and while it is `tired`, no charts."""

    tired = True

    def temper(self, request: web.Request) -> Temper:
        chart = request.path.endswith("/editMessageMedia")
        return Temper.LIMITED if chart and self.tired else super().temper(request)


async def _noted(stage: Stage) -> None:
    """Wait until the store has what the platform asked for."""
    with closing(sqlite3.connect(stage.state, isolation_level=None)) as store:
        for _ in range(int(PATIENCE / 0.01)):
            if store.execute("SELECT 1 FROM rest").fetchall():
                return
            await asyncio.sleep(0.01)


async def weary(folder: Path, seed: int) -> Outcome:
    """Charts are answered 429 with Retry-After, and the daemon is killed: messages wait for as long all the same."""
    async with Stage(folder, chats=Weary) as stage:
        stage.chats.mood = Mood(retry_after=RETRY_AFTER)
        await stage.start()
        await stage.wave()
        await stage.ledger.complete(PATIENCE)
        await stage.daemon.log.has("takes no chart")
        await _noted(stage)
        assert isinstance(stage.chats, Weary)
        stage.chats.tired = False
        stage.kill()
        await stage.died(1)
        await stage.daemon.started(2)
        refused = sum(stage.record.refused.values())
        await stage.wave()
        outcome = await stage.outcome(60.0)
    outcome.figures["charts refused"] = refused
    return outcome


async def one_dead(folder: Path, seed: int) -> Outcome:
    """How long the other channel takes while one is dead: from the answer with the price to the platform."""
    async with Stage(folder, coins=100) as stage:
        await stage.start()
        for _ in range(2):  # until connections are open
            await stage.wave()
            await stage.ledger.complete(PATIENCE)
        both = []
        for mood in (WELL, DEAD):
            stage.chats.mood = mood
            took: list[float] = []
            for _ in range(10):
                first, waiting = len(stage.record.received), len(stage.ledger.open)
                stage.turn(stage.coins[::2])
                await stage.judged()
                await stage.ledger.complete(PATIENCE, but=waiting)
                told = stage.feed.told_at
                took += [
                    received.at - told for received in stage.record.received[first:] if received.channel == "webhook"
                ]
                stage.turn(stage.coins[1::2])
                await stage.judged()
            both.append(float(np.percentile(took, 99)) / stage.speed)
        stage.chats.mood = WELL
        outcome = await stage.outcome(60.0)
    well, dead = both
    outcome.figures |= {"p99 ms": 1000 * well, "p99 ms while one is dead": 1000 * dead, "ratio": dead / well}
    outcome.most["ratio"] = 2.0
    return outcome


ROWS: dict[str, Fault] = {
    "channel-down-6h": down_for_hours,
    "storm-429": storm,
    "chart-429-kill": weary,
    "poison": poison,
    "one-channel-dead": one_dead,
}
