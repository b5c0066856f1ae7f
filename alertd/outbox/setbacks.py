"""Which message a platform keeps failing on though it takes others: poison, which must not hold up its address."""

_TIMES = 3
_ALONE = 12
_MANY = 4096


class Setbacks:
    """Counts the failures of each message, by its row: a few between which the platform took another one are enough,
    and many where it took none: there may be no other address to tell by."""

    def __init__(self) -> None:
        self._taken = 0
        self._of: dict[int, tuple[int, int, int]] = {}  # telling failures, all, messages taken before the last one

    def took(self, row: int) -> None:
        self._taken += 1
        self._of.pop(row, None)

    def failed(self, row: int) -> bool:
        """True if it is to step aside; it counts anew from there."""
        telling, failures, taken = self._of.pop(row, (0, 0, -1))
        telling, failures = telling + (self._taken > taken), failures + 1
        if telling >= _TIMES or failures >= _ALONE:
            return True
        if len(self._of) >= _MANY:  # the one that failed longest ago is likely gone
            del self._of[next(iter(self._of))]
        self._of[row] = telling, failures, self._taken
        return False
