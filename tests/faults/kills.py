"""kill -9 at named points, and at random."""

import asyncio
from pathlib import Path
from random import Random

from tests.faults.dying import POINTS
from tests.faults.outcome import Fault, Outcome
from tests.faults.stage import PATIENCE, Stage

WAVES = 4
COINS, RANDOM_WAVES = 200, 30
"""Of one repetition: 6,000 messages, and 30,000 in the five that there are by default."""


def at(point: str) -> Fault:
    async def fault(folder: Path, seed: int) -> Outcome:
        """It dies there once, at any of the first waves."""
        dice = Random(f"{point} {seed}")
        async with Stage(folder) as stage:
            # A wave is one commit; what its messages are noted in is a few.
            times = dice.randint(1, WAVES if point.endswith("-commit") else 8)
            await stage.start(crash=f"{point}:{times}")
            return await _waves(stage)

    return fault


async def in_send(folder: Path, seed: int) -> Outcome:
    """The platform has it and has not answered."""
    async with Stage(folder) as stage:
        times = Random(seed).randint(1, WAVES * len(stage.coins))
        stage.kill_at(lambda _: len(stage.record.received) >= times)
        await stage.start()
        return await _waves(stage)


async def _waves(stage: Stage) -> Outcome:
    for _ in range(WAVES):
        await stage.wave()
    outcome = await stage.outcome()
    outcome.figures["deaths"] = stage.deaths
    if stage.deaths != 1:
        outcome.wrong.append(f"it died {stage.deaths} times, not once")
    return outcome


async def at_random(folder: Path, seed: int) -> Outcome:
    """Up to a second after each READY, until all has been told."""
    dice = Random(seed)
    async with Stage(folder, coins=COINS, speed=50.0) as stage:
        await stage.start()
        killer = asyncio.create_task(_kill(stage, dice))
        for _ in range(RANDOM_WAVES):
            await stage.wave()
            await stage.ledger.complete(PATIENCE)
        killer.cancel()
        await stage.daemon.started(stage.deaths + 1)
        outcome = await stage.outcome()
    outcome.figures["deaths"] = stage.deaths
    return outcome


async def _kill(stage: Stage, dice: Random) -> None:
    while True:
        starts = stage.deaths + 1
        await stage.daemon.started(starts)
        await asyncio.sleep(dice.random())
        stage.kill()
        await stage.died(starts)


ROWS: dict[str, Fault] = {
    **{f"kill-{point}": at(point) for point in POINTS[:4]},
    "kill-in-send": in_send,
    **{f"kill-{point}": at(point) for point in POINTS[4:]},
    "kill-random": at_random,
}
