"""Signals that a service manager sends."""

import asyncio
import signal
from pathlib import Path

from tests.faults.outcome import Fault, Outcome
from tests.faults.stage import Stage

IN_FLIGHT = 10
RELOADS = 100


async def stopped(folder: Path, seed: int) -> Outcome:
    """SIGTERM while two platforms have not answered ten sends; the answers come, and the daemon is started again."""
    async with Stage(folder, coins=40) as stage:
        await stage.start()
        await stage.wave()
        await stage.ledger.complete(10.0)
        platforms = (stage.hooks, stage.chats)
        for platform in platforms:
            platform.answering.clear()
        await stage.wave()
        await asyncio.gather(*(platform.holds(IN_FLIGHT // 2) for platform in platforms))
        held = sum(platform.held for platform in platforms)
        stage.daemon.send(signal.SIGTERM)
        await stage.daemon.notified.has("STOPPING=1")
        for platform in platforms:
            platform.answering.set()
        await stage.ended()
        await stage.start()
        await stage.wave()
        outcome = await stage.outcome()
    outcome.figures["in flight"] = held
    if held < IN_FLIGHT:
        outcome.wrong.append(f"only {held} were in flight")
    return outcome


async def reloaded(folder: Path, seed: int) -> Outcome:
    """A hundred SIGHUPs, while prices turn and messages go out; every second one finds other rules than before."""
    async with Stage(folder) as stage:
        await stage.start()
        more = {
            "name": "more",
            "symbols": [stage.coins[0]],
            "when": "price > 1000000",
            "notify": [stage.coins[0].lower()],
        }
        for number in range(RELOADS):
            stage.daemon.write_rules([*stage.rules(), *([more] if number % 2 else [])])
            if number % 5 == 0:
                stage.turn()
            stage.daemon.send(signal.SIGHUP)
            if number % 5 == 4:
                await stage.judged()
        await stage.wave()
        outcome = await stage.outcome()
    outcome.figures["reloads"] = stage.daemon.starts - 1
    return outcome


ROWS: dict[str, Fault] = {"sigterm-in-flight": stopped, "sighup-100": reloaded}
