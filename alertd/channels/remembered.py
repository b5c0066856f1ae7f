"""What a channel remembers of what it has sent, for as long as the process lasts: so much, and no more."""

from typing import TypeVar

V = TypeVar("V")

MOST = 10_000


def keep(known: dict[str, V], key: str, value: V) -> None:
    """In place of the oldest, where there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > MOST:
        del known[next(iter(known))]
