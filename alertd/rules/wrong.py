"""What is wrong with a value that a person wrote: with all of its parts at once."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from alertd.rules.document import Path

T = TypeVar("T")
D = TypeVar("D")


class Wrong(Exception):
    """A value that cannot be meant; `path` leads to the part of it that is wrong."""

    def __init__(self, message: str, hint: str = "", path: Path = (), beside: Sequence["Wrong"] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path
        self._beside = tuple(beside)

    @property
    def every(self) -> tuple["Wrong", ...]:
        """This one, and what is wrong with other parts of the same value."""
        return (self, *self._beside)


class Parts:
    """Reads the parts of one value, so that all that is wrong with them is raised at once."""

    def __init__(self) -> None:
        self._wrong: list[Wrong] = []

    def read(self, path: Path, reader: Callable[[], T], default: D) -> T | D:
        """What the reader of the part at `path` says; the default where the part is wrong."""
        try:
            return reader()
        except Wrong as wrong:
            self._wrong += (Wrong(each.message, each.hint, (*path, *each.path)) for each in wrong.every)
            return default

    def blame(self, message: str, hint: str = "", path: Path = ()) -> None:
        self._wrong.append(Wrong(message, hint, path))

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        return tuple(self._wrong)

    def done(self) -> None:
        """Raises Wrong if any of them was."""
        if self._wrong:
            first, *others = self._wrong
            raise Wrong(first.message, first.hint, first.path, others)
