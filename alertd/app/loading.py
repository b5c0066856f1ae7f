"""Garbage collection while much is loaded at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEVER = 1_000_000_000


@contextmanager
def loading() -> Iterator[None]:
    """Inside, garbage is only looked for among young objects; what is loaded then is left out of all later searches.

    A full collection stops every thread for as long as it takes to go through all rules: half a second for 50,000.
    """
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(young, middle, old)
