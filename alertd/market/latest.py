"""The latest reading of each series, in columns, and the blocks in which they are stored."""

from typing import ClassVar

import numpy as np

from alertd.market.columns import Columns, Fill, Flags, Floats, Rows

BLOCK = 1024
"""So many series are stored together."""


class Latest(Columns):
    """The latest reading of each series.

    `at` is the reading's own time, `seen` when it last came or was confirmed; a series that never had a reading
    counts from when it was added. `fresh` is false from the moment it went stale until the next reading. `suspect`
    is a value that jumped and waits for another to confirm it, NaN for none, `suspect_at` that reading's time.
    `stale_after` is in seconds. `past` is true after a start, until the series speaks: nobody knows if its value still
    holds.
    """

    FILL: ClassVar[Fill] = {
        "value": (np.float64, np.nan),
        "at": (np.float64, np.nan),
        "seen": (np.float64, np.nan),
        "suspect": (np.float64, np.nan),
        "suspect_at": (np.float64, np.nan),
        "stale_after": (np.float64, np.inf),
        "fresh": (np.bool_, 1),
        "past": (np.bool_, 0),
    }
    value: Floats
    at: Floats
    seen: Floats
    suspect: Floats
    suspect_at: Floats
    stale_after: Floats
    fresh: Flags
    past: Flags


def blocks_of(numbers: Rows) -> list[int]:
    """The blocks that these series are in."""
    blocks: list[int] = np.flatnonzero(np.bincount(numbers // BLOCK)).tolist()
    return blocks
