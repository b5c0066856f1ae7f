"""An alert's identity and its state, as the store keeps them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class State(IntEnum):
    NEW = 0
    """No known verdict yet: the first look is still to come."""
    INACTIVE = 1
    PENDING = 2
    FIRING = 3
    """An episode is open."""
    TRUE = 4
    """True since the first look, which opens no episode."""


class AlertKey(NamedTuple):
    """What a person calls an alert: one rule of one owner ("" for rule files) on one coin."""

    owner: str
    rule: str
    coin: str


ALERT = np.dtype(
    [
        ("id", "<i8"),
        ("rule", "<i4"),
        ("coin", "<i4"),
        ("added", "<f8"),
        ("mark", "<f8"),
        ("opened", "<f8"),
        ("episode", "<i4"),
        ("outages", "<i4"),
        ("fired", "<u2"),
        ("reminders", "<u2"),
        ("state", "i1"),
    ]
)
"""One alert with its state, packed. Times are epoch seconds, NaN where there is none.

`rule` and `coin` are their numbers in this store. `mark` is when it became pending, or, while it fires, when its
condition went NO; `opened` when its last episode opened. `episode` is the number of the last episode of the key,
`fired` the episodes of this alert id (for `fire: once`), `reminders` those of the open episode, `outages` the no-data
events of this id, odd while one lasts.
"""

Packed = NDArray[np.void]


@dataclass(frozen=True, slots=True, eq=False)
class AlertBlock:
    """n alerts: `rows` are of type ALERT, `memory` is n × k: what crossings, flips and the like remember."""

    rows: Packed
    memory: NDArray[np.float64]

    def bodies(self) -> list[bytes]:
        """One string of bytes for each: its row, then its memory (little-endian)."""
        width = ALERT.itemsize + 8 * self.memory.shape[1]
        packed = np.empty((len(self.rows), width), np.uint8)
        packed[:, : ALERT.itemsize] = self.rows.view(np.uint8).reshape(len(self.rows), -1)
        packed[:, ALERT.itemsize :] = (
            np.ascontiguousarray(self.memory, "<f8").view(np.uint8).reshape(len(self.rows), -1)
        )
        blob = packed.tobytes()
        return [blob[start : start + width] for start in range(0, len(blob), width)]

    @classmethod
    def of(cls, blob: bytes | bytearray, width: int) -> "AlertBlock":
        """The way back, from bodies of `width` bytes one after the other."""
        packed = np.frombuffer(blob, np.uint8).reshape(-1, width)
        rows = np.ascontiguousarray(packed[:, : ALERT.itemsize]).view(ALERT).reshape(-1)
        memory = np.ascontiguousarray(packed[:, ALERT.itemsize :]).view("<f8").reshape(len(rows), -1)
        return cls(rows, memory)


class RuleRow(NamedTuple):
    """A rule as the store keeps it.

    `words` are its texts with zero bytes between them, none of which has one itself: owner, name, and the author's
    `when`, `until`, `say` and `note`. The first two, as they stand there, are its key. `shape` and `manner` are numbers
    of rows of their own, `constants` those lifted out of the shape (float64, little-endian), `coins` the numbers of the
    rule's coins (int32) where they are not those of its alerts. `expires` is epoch seconds, infinity for never.
    """

    number: int
    words: bytes
    shape: int
    manner: int
    expires: float
    constants: bytes
    coins: bytes
