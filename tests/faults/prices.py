"""The price API: slow, dead, banned, lying."""

from pathlib import Path

from alertd.demo.platforms.moods import WELL, Mood, Temper
from tests.faults.feed import BAN
from tests.faults.outcome import Fault, Outcome
from tests.faults.stage import Stage

SLOW = 0.5
"""Real seconds that each answer takes."""

LIES: tuple[object, ...] = (
    "NaN",
    "0.00000000",
    "-5.00000000",
    1000.0,
    0.001,
    "Infinity",
    "cheap",
    "",
    None,
    [],
    {"price": "1"},
    "1e400",
)
"""In the place of a price; a number is a factor."""


async def slow(folder: Path, seed: int) -> Outcome:
    """Every answer takes half a second."""
    async with Stage(folder) as stage:
        stage.feed.delay = SLOW
        await stage.start()
        for _ in range(4):
            await stage.wave()
        return await stage.outcome()


async def dead(folder: Path, seed: int) -> Outcome:
    """Gone for two minutes of the daemon's clock at a time; prices turn meanwhile, and stay so."""
    async with Stage(folder) as stage:
        await stage.start()
        for _ in range(3):
            stage.feed.mood = Mood(Temper.DEAD)
            stage.turn()
            await stage.until(stage.record.now() + 120.0)
            stage.feed.mood = WELL
            await stage.judged()
        return await stage.outcome()


async def banned(folder: Path, seed: int) -> Outcome:
    """418 with Retry-After: whoever comes while it runs is banned for longer."""
    async with Stage(folder) as stage:
        await stage.start()
        stage.feed.mood = Mood(Temper.BANNED)
        stage.turn()
        await stage.until(stage.record.now() + 2.5 * BAN)
        stage.feed.mood = WELL
        await stage.judged()
        await stage.wave()
        outcome = await stage.outcome()
        outcome.early += stage.feed.early
        outcome.figures["bans"] = stage.feed.bans
    return outcome


async def lying(folder: Path, seed: int) -> Outcome:
    """Every kind of nonsense between two waves, one at a time and all in a row: nobody is told of it, and the next wave
    is."""
    async with Stage(folder) as stage:
        await stage.start()
        await stage.wave()
        for lie in LIES:
            stage.feed.lies.append(lie)
            await stage.judged()
        stage.feed.lies.extend(LIES)
        await stage.feed.asked(len(LIES))
        await stage.wave()
        return await stage.outcome()


ROWS: dict[str, Fault] = {"feed-slow": slow, "feed-dead": dead, "feed-banned": banned, "feed-lying": lying}
