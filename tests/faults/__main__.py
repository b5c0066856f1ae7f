"""`make faults`: every row of the table, or those whose names are given. Exit code 1 if one misses its bar. `--list`
says what they are.

Each row is repeated 5 times, with `FULL=1` in the environment 50 times, with `TIMES=n` n times; each repetition has a
folder of its own.
"""

import asyncio
import os
import re
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.faults import clocks, kills, outages, prices, signals, startup, stores
from tests.faults.outcome import HEAD, Fault, Outcome, line

ROWS: dict[str, Fault] = (
    kills.ROWS | stores.ROWS | signals.ROWS | outages.ROWS | clocks.ROWS | prices.ROWS | startup.ROWS
)
TIMES, FULL = 5, 50


async def repeat(fault: Fault, times: int) -> Outcome:
    total = Outcome()
    for seed in range(times):
        with TemporaryDirectory(prefix="alertd-faults-") as folder:
            try:
                total.add(await fault(Path(folder), seed))
            except Exception as error:
                note(traceback.format_exc(limit=-6))
                total.wrong.append(f"repetition {seed}: {type(error).__name__}: {error}")
    return total


def listing() -> str:
    """Each row with the beginning of what it says of itself."""
    width = max(map(len, ROWS))
    return "\n".join(f"{name:<{width}}  {about(fault)}" for name, fault in ROWS.items())


def about(fault: Fault) -> str:
    first, *_ = re.split(r"[.:;] ", " ".join((fault.__doc__ or "").split()))
    return first.rstrip(".")


def note(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    if words == ["--list"]:
        note(listing())
        return 0
    if unknown := [word for word in words if word not in ROWS]:
        note(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
        return 2
    times = FULL if os.environ.get("FULL") == "1" else int(os.environ.get("TIMES", TIMES))
    began, missed = monotonic(), 0
    note(HEAD)
    for name in words or ROWS:
        start = monotonic()
        outcome = asyncio.run(repeat(ROWS[name], times))
        outcome.figures["s each"] = (monotonic() - start) / times
        note(line(name, times, outcome))
        missed += bool(outcome.missed)
    count = len(words or ROWS)
    note(f"{count - missed} of {count} rows meet their bar, {monotonic() - began:.0f} s")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
