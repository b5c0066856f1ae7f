"""Verdicts as numbers, for many alerts at once."""

from collections.abc import Sequence

import numpy as np

from alertd.market.columns import Codes, Flags, Floats
from alertd.market.windows import CLOSE

NO, UNKNOWN, YES = 0, 1, 2
"""Verdicts of Kleene's logic: `and` is the minimum, `or` the maximum, `not` what is left to YES."""

COMPARISONS: dict[str, np.ufunc] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def apart(left: Floats, right: Floats) -> Floats:
    """left − right, 0 where they are equal, NaN where one is unknown."""
    distance = left - right
    distance[np.abs(distance) <= CLOSE * np.abs(right)] = 0.0
    return distance


def codes_of(yes: Flags, unknown: Flags) -> Codes:
    """UNKNOWN where it is unknown, whatever `yes` says there."""
    codes = yes.astype(np.int8)
    codes *= YES
    codes[unknown] = UNKNOWN
    return codes


def compared(operator: str, distance: Floats) -> Codes:
    """How a distance (see `apart`) compares with 0."""
    return codes_of(COMPARISONS[operator](distance, 0.0), np.isnan(distance))


def at_least(count: int, parts: Sequence[Codes]) -> Codes:
    """YES where so many of the parts are, NO where no longer so many can be."""
    yes = np.add.reduce([part == YES for part in parts], axis=0, dtype=np.int16)
    no = np.add.reduce([part == NO for part in parts], axis=0, dtype=np.int16)
    return np.where(yes >= count, YES, np.where(len(parts) - no < count, NO, UNKNOWN)).astype(np.int8)
