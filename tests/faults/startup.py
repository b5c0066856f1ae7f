"""How long a start takes, against importing what it imports."""

import asyncio
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.faults.outcome import Fault, Outcome
from tests.faults.stage import Stage

LISTING = ("-m", "tests.faults.listing")
MOST = 1.5


async def ready(folder: Path, seed: int) -> Outcome:
    """From the start of the process to READY=1, in turns with the bare imports; medians of wall-clock time."""
    async with Stage(folder) as stage:
        await stage.start(program=LISTING)
        await stage.stop()
        names = stage.daemon.output.lines[0]
        daemon, imports = [], []
        for _ in range(7):
            began = perf_counter()
            await stage.daemon.start()
            daemon.append(perf_counter() - began)
            await stage.daemon.stop()
            began = perf_counter()
            process = await _import(names)
            imports.append(perf_counter() - began)
            await process.wait()
        await stage.start()
        await stage.wave()
        outcome = await stage.outcome()
    ours, bare = median(daemon), median(imports)
    outcome.figures |= {"READY s": ours, "imports s": bare, "ratio": ours / bare}
    outcome.most["ratio"] = MOST
    return outcome


async def _import(names: str) -> asyncio.subprocess.Process:
    """A new interpreter that has just imported them."""
    text = f"import {names}\nprint(flush=True)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", text, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    if not await process.stdout.readline():
        raise AssertionError("the bare imports do not work")
    return process


ROWS: dict[str, Fault] = {"ready": ready}
