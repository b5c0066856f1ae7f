"""Two ways of the same work, timed side by side.

CPU time of the whole process (all threads), interleaved in one run: what else the machine does falls on both alike,
so the ratio holds where the times do not.
"""

import gc
import sys
from collections.abc import Callable
from statistics import median
from time import process_time

Work = Callable[[], object]


def compare(name: str, ours: Work, theirs: Work, pairs: int = 7) -> float:
    """Run both `pairs` times after one warm-up each, print the median CPU times, return ours / theirs."""
    ours()
    theirs()
    # What both hold ready stays out of every collection, as the daemon's columns do.
    gc.freeze()
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(pairs):
        # Whoever goes second finds the caches warm: take turns.
        for which in (0, 1) if turn % 2 else (1, 0):
            spent[which].append(_cpu((ours, theirs)[which]))
    gc.unfreeze()
    mine, other = median(spent[0]), median(spent[1])
    ratio = mine / other
    sys.stdout.write(f"{name:<44} {mine * 1e3:9.1f} ms {other * 1e3:9.1f} ms   ratio {ratio:5.2f}\n")
    sys.stdout.flush()
    return ratio


def _cpu(work: Work) -> float:
    gc.collect()
    start = process_time()
    work()
    return process_time() - start
