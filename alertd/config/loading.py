"""What keeps the daemon's loop free while other threads work: when garbage is looked for, and who runs when."""

import gc
import sys
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


def steady() -> None:
    """For a process that runs for months: garbage is looked for among what is young; in all of it only when
    `gc.collect` is called, in a quiet moment. A thread that computes makes room for the loop after a millisecond."""
    gc.set_threshold(10_000, 50, _NEVER)
    sys.setswitchinterval(0.001)
