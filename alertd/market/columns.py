"""Arrays of one length that grow together: the shape of every table that is judged."""

from math import isnan
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
Numbers = NDArray[np.int32]
"""Of rows of other tables, where a million of them are kept."""
Counts = NDArray[np.uint16]

Fill = dict[str, tuple[type[np.generic], float]]

_LEAST = 16


class Columns:
    """A table of named columns. Rows below `size` are in use; the arrays are longer, and grow when they are full.

    A subclass annotates its columns and lists them, with what an unused row holds, in `FILL`. A column named in
    `widths` has that many values for each row, the rows along its last axis. A column in `RARE` takes no memory
    until `own` is called for it: before that it can be read, and holds its fill in every row.
    """

    FILL: ClassVar[Fill]
    RARE: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **widths: int) -> None:
        self.size = 0
        self._owned = set(self.FILL) - self.RARE
        for name, (kind, fill) in self.FILL.items():
            shape = (widths[name], _LEAST) if name in widths else (_LEAST,)
            column = np.full(shape, fill, kind) if name in self._owned else _constant(kind, fill, _LEAST)
            setattr(self, name, column)

    def extend(self, count: int) -> Rows:
        """New rows at the end, holding each column's fill; returns their numbers."""
        start, self.size = self.size, self.size + count
        if self.size > self._room():
            self._grow(start)
        return np.arange(start, self.size)

    def _room(self) -> int:
        return int(getattr(self, next(iter(self.FILL))).shape[-1])

    def _grow(self, used: int) -> None:
        # Small tables double; of a million rows an eighth more is plenty.
        room = max(self.size, used + max(min(used, 1 << 16), used // 8))
        for name, (kind, fill) in self.FILL.items():
            old = getattr(self, name)
            if name not in self._owned:
                setattr(self, name, _constant(kind, fill, room))
                continue
            grown = np.full((*old.shape[:-1], room), fill, kind)
            grown[..., :used] = old[..., :used]
            setattr(self, name, grown)

    def own(self, name: str) -> None:
        """Give a rare column memory of its own: it is about to be written."""
        if name not in self._owned:
            kind, fill = self.FILL[name]
            setattr(self, name, np.full(self._room(), fill, kind))
            self._owned.add(name)

    def write(self, name: str, rows: Rows, values: NDArray[np.generic]) -> None:
        """Write into a column; a rare one gets memory of its own only for what is not its fill."""
        if not self.owns(name):
            fill = self.FILL[name][1]
            if (np.isnan(values) if isnan(fill) else values == fill).all():
                return
            self.own(name)
        getattr(self, name)[rows] = values

    def owns(self, name: str) -> bool:
        """False as long as a rare column holds nothing but its fill."""
        return name in self._owned

    def drop(self, rows: Rows) -> tuple[Rows, Rows]:
        """Remove rows: the last ones take their places, so the cost is that of the rows removed.

        Returns the places and the rows that took them.
        """
        holes, movers = self.moves(rows)
        left = self.size - (1 if len(rows) == 1 else len(np.unique(rows)))
        for name in self._owned:
            column = getattr(self, name)
            column[..., holes] = column[..., movers]
            column[..., left : self.size] = self.FILL[name][1]
        self.size = left
        return holes, movers

    def moves(self, rows: Rows) -> tuple[Rows, Rows]:
        """The places that would be free without these rows, and the rows that would take them."""
        if len(rows) == 1:
            last = np.array([self.size - 1])
            return (rows, last) if rows[0] != last[0] else (rows[:0], last[:0])
        gone = np.unique(rows)
        left = self.size - len(gone)
        return gone[gone < left], np.setdiff1d(np.arange(left, self.size), gone, assume_unique=True)

    def nbytes(self) -> int:
        """Bytes of all columns, unused rows included."""
        return sum(getattr(self, name).nbytes for name in self._owned)


def _constant(kind: type[np.generic], fill: float, count: int) -> NDArray[np.generic]:
    return np.broadcast_to(np.array(fill, kind), count)
