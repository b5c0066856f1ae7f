"""`make fuzz`: 100,000 updates of each platform through parser, clerk and rendering; with words, only those platforms.

COUNT is how many of each, SEED makes them the same again, FIRST the number to begin with (the first of a block).
Exit code 1 where one fails.
"""

import asyncio
import os
import sys
from collections import Counter
from time import monotonic

from tests.fuzz.run import WIRES, Failure, blocks
from tests.fuzz.smallest import smallest, told

_SHOWN = 3
"""Failures of one kind that are shown."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def fuzz(platform: str, seed: str, first: int, count: int) -> int:
    """How many fail."""
    kinds: Counter[str] = Counter()
    shown: list[Failure] = []

    def report(failure: Failure) -> None:
        kinds[failure.kind] += 1
        if kinds[failure.kind] <= _SHOWN:
            shown.append(failure)

    began = monotonic()
    tally = await blocks(platform, seed, first, count, report)
    took = monotonic() - began
    for failure in shown:
        say(f"\n{platform}, {told(await smallest(platform, failure))}")
    failed = sum(kinds.values())
    came = ", ".join(f"{tally[word]} {word}" for word in ("heard", "done", "changed"))
    rate = f"{count} inputs in {took:.0f} s ({count / took:.0f}/s)"
    say(f"{platform}: {rate}, {came}, {failed} failed {dict(kinds) if kinds else ''}".rstrip())
    return failed


def main(words: list[str]) -> int:
    seed = os.environ.get("SEED", "1")
    count, first = int(os.environ.get("COUNT", "100000")), int(os.environ.get("FIRST", "0"))
    say(f"seed {seed}")
    names = [name for name in WIRES if not words or any(word in name for word in words)]
    failed = [asyncio.run(fuzz(name, seed, first, count)) for name in names]
    return min(sum(failed), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
