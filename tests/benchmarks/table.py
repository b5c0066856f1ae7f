"""What is measured, as rows of one table: name, ours, partner, ratio, target, and whether it is met.

Times are CPU of the whole process (all threads) unless a row says otherwise, medians of interleaved pairs of one run:
what else the machine does falls on both alike, so the ratio holds where the times do not.
"""

import gc
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import TypeVar

PAIRS = 7
"""The fewest that a ratio is made of."""

Answer = TypeVar("Answer")


def seconds(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value / 1e-9:.4g} ns"


def in_bytes(value: float) -> str:
    return f"{value:.4g} B"


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio and its target, None for one that is only told. `reason` is why a target is missed, where it is known:
    what the profile shows."""

    name: str
    ours: float
    partner: float
    target: float | None = None
    reason: str = ""
    unit: Callable[[float], str] = seconds

    @property
    def ratio(self) -> float:
        return self.ours / self.partner

    @property
    def missed(self) -> bool:
        return self.target is not None and self.ratio > self.target

    def __str__(self) -> str:
        target = "" if self.target is None else _ratio(self.target)
        verdict = "" if self.target is None else "met"
        if self.missed:
            verdict = f"missed: {self.reason or 'the profile has not been read yet'}"
        ours, partner = self.unit(self.ours), self.unit(self.partner)
        return f"{self.name:<56}{ours:>11}{partner:>11}{_ratio(self.ratio):>9}{target:>8}  {verdict}".rstrip()


def _ratio(value: float) -> str:
    return f"1/{1 / value:.0f}" if value < 0.02 else f"{value:.3g}"


HEAD = f"{'':<56}{'ours':>11}{'partner':>11}{'ratio':>9}{'target':>8}"


class Stopwatch:
    """CPU times by name, of work that is run in turns with others. What prepares or checks it stays outside."""

    def __init__(self, clock: Callable[[], float] = process_time) -> None:
        self._clock = clock
        self.spent: dict[str, list[float]] = defaultdict(list)

    def __call__(self, name: str, work: Callable[[], Answer], *, times: int = 1) -> Answer:
        """Run it once and note what one of the so many things it does took."""
        gc.collect()
        start = self._clock()
        answer = work()
        self.spent[name].append((self._clock() - start) / times)
        return answer

    def less(self, name: str, whole: str, part: str) -> None:
        """Note what a piece of work took without a part of it, both timed just now."""
        self.spent[name].append(self.spent[whole][-1] - self.spent[part][-1])

    def median(self, name: str) -> float:
        assert len(self.spent[name]) >= PAIRS, name
        return median(self.spent[name])


def tell(row: Row) -> Row:
    note(str(row))
    return row


def note(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compare(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    target: float | None = None,
    reason: str = "",
    pairs: int = PAIRS,
) -> Row:
    """Two ways of the same work that need no preparation between their turns, after one warm-up each."""
    ours()
    theirs()
    watch = Stopwatch()
    # What both hold ready stays out of every collection, as the daemon's columns do.
    gc.freeze()
    for turn in range(pairs):
        # Whoever goes second finds the caches warm: take turns.
        sides = (("ours", ours), ("theirs", theirs))
        for side, work in sides if turn % 2 else reversed(sides):
            watch(side, work)
    gc.unfreeze()
    return tell(Row(name, watch.median("ours"), watch.median("theirs"), target, reason))
