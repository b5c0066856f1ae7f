"""Names → numbers, for a million names in a few bytes each."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from alertd.market.columns import Ints, Numbers

_FREE, _GONE = -1, -2
_AT_ONCE = 10_000


def key_in(words: bytes) -> bytes:
    """The key at the beginning of a rule's words (see `RuleRow`): owner and name."""
    return words.rsplit(b"\0", 4)[0]


def hash_of(key: bytes) -> int:
    """Where to look for it. The store keeps these numbers, so they must be the same in every process."""
    return crc32(key)


class Directory:
    """Finds the number of a key among `words`, which its owner keeps: `words[number]` are those of a rule, or None.

    A table of numbers with open addressing: the place of a key is its hash, or the next free one behind it.
    """

    def __init__(self, words: Sequence[bytes | None]) -> None:
        self._words = words
        self._table: Numbers = np.full(16, _FREE, np.int32)
        self._used = 0
        """Places that are not free, those of removed keys among them."""

    def find(self, key: bytes) -> int | None:
        """The number of a key, None if there is none."""
        place = self._place(key)
        return None if place is None else int(self._table[place])

    def add(self, key: bytes, number: int) -> None:
        """A key that is not there yet, and stands in `words` already."""
        if 3 * (self._used + 1) > 2 * len(self._table):
            self.rebuild()
            return
        place = hash_of(key) % len(self._table)
        while self._table[place] >= 0:
            place = (place + 1) % len(self._table)
        self._used += bool(self._table[place] == _FREE)
        self._table[place] = number

    def remove(self, key: bytes) -> None:
        """Before it goes from `words`."""
        place = self._place(key)
        if place is not None:
            self._table[place] = _GONE

    def rebuild(self) -> None:
        """The table anew from `words`."""
        numbers = np.array([number for number, words in enumerate(self._words) if words is not None], np.int64)
        hashes = np.empty(len(numbers), np.int64)
        for start in range(0, len(numbers), _AT_ONCE):  # in turn with whoever else wants to run
            part = numbers[start : start + _AT_ONCE].tolist()
            hashes[start : start + _AT_ONCE] = [hash_of(key_in(self._words[number] or b"")) for number in part]
        self.fill(numbers, hashes)

    def fill(self, numbers: Ints, hashes: Ints) -> None:
        """The table anew, with some room to grow, from all numbers and the hashes of their keys."""
        size = max(16, 2 * len(numbers) if len(numbers) < 1 << 16 else len(numbers) * 13 // 8)
        self._table, self._used = np.full(size, _FREE, np.int32), len(numbers)
        places = hashes % size
        while len(numbers):
            free = self._table[places] == _FREE
            self._table[places[free]] = numbers[free]  # of those who want one place, the last has it
            left = self._table[places] != numbers
            numbers, places = numbers[left], (places[left] + 1) % size

    def nbytes(self) -> int:
        return self._table.nbytes

    def _place(self, key: bytes) -> int | None:
        place = hash_of(key) % len(self._table)
        while (number := int(self._table[place])) != _FREE:
            if number != _GONE and key_in(self._words[number] or b"") == key:
                return place
            place = (place + 1) % len(self._table)
        return None
