"""Where the nodes of a tree that remember have their columns of memory.

Columns stand in the order of the nodes, parents first, from left to right. All are float64, NaN for nothing yet:

| node | columns |
|---|---|
| Cross | the sign of left − right at the last reading, and at the one before |
| CrossEvery | the value at the last reading, and at the one before |
| Enters | the verdict of its range at the last reading, and at the one before |
| Flip | the last known state |
| Holds | the level that was crossed and when, while it is held; then its Cross's |
| Recently | when its condition was last true; then its condition's |
| Since, of the last alert | the value that it counts from |
"""

from collections.abc import Iterator
from functools import lru_cache

from alertd.conditions.tree import (
    Count,
    Cross,
    CrossEvery,
    Enters,
    Flip,
    Holds,
    LastAlert,
    Recently,
    Share,
    Since,
    Tree,
    children,
)

_COLUMNS: dict[type, int] = {Cross: 2, CrossEvery: 2, Enters: 2, Flip: 1, Holds: 2, Recently: 1}


@lru_cache(4096)
def memories(node: Tree) -> int:
    """How many columns of memory a tree needs."""
    return sum(_columns(part) for part in _own(node))


@lru_cache(4096)
def placed(node: Tree) -> tuple[tuple[Tree, int], ...]:
    """The nodes of a tree, parents first, from left to right, each with the first of its own columns.

    What is counted over a rule's coins is left out: it remembers nothing, and is said of other rows.
    """
    found, column = [], 0
    for part in _own(node):
        found.append((part, column))
        column += _columns(part)
    return tuple(found)


@lru_cache(4096)
def kept_by(node: Tree) -> tuple[tuple[Tree, range], ...]:
    """The nodes of a tree that remember, each with its columns."""
    return tuple((part, range(at, at + _columns(part))) for part, at in placed(node) if _columns(part))


def _own(node: Tree) -> Iterator[Tree]:
    yield node
    if not isinstance(node, Count | Share):
        for child in children(node):
            yield from _own(child)


def _columns(node: Tree) -> int:
    if isinstance(node, Since):
        return int(isinstance(node.base, LastAlert))
    return _COLUMNS.get(type(node), 0)
