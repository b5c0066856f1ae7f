"""Arrays of one length that grow together: the shape of every table that is judged."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]

Fill = dict[str, tuple[type[np.generic], float]]

_LEAST = 16


class Columns:
    """A table of named columns. Rows below `size` are in use; the arrays are longer, and doubled when they are full.

    A subclass annotates its columns and lists them, with what an unused row holds, in `FILL`. A column named in
    `widths` has that many values in each row.
    """

    FILL: ClassVar[Fill]

    def __init__(self, **widths: int) -> None:
        self.size = 0
        for name, (kind, fill) in self.FILL.items():
            shape = (_LEAST, widths[name]) if name in widths else (_LEAST,)
            setattr(self, name, np.full(shape, fill, kind))

    def extend(self, count: int) -> Rows:
        """New rows at the end, holding each column's fill; returns their numbers."""
        start, self.size = self.size, self.size + count
        for name, (kind, fill) in self.FILL.items():
            old = getattr(self, name)
            if self.size > len(old):
                grown = np.full((max(self.size, 2 * len(old)), *old.shape[1:]), fill, kind)
                grown[:start] = old[:start]
                setattr(self, name, grown)
        return np.arange(start, self.size)

    def drop(self, rows: Rows) -> None:
        """Remove rows: the last ones take their places, so the cost is that of the rows removed."""
        gone = np.unique(rows)
        left = self.size - len(gone)
        holes = gone[gone < left]
        movers = np.setdiff1d(np.arange(left, self.size), gone, assume_unique=True)
        for name, (_, fill) in self.FILL.items():
            column = getattr(self, name)
            column[holes] = column[movers]
            column[left : self.size] = fill
        self.size = left
