"""Updates that are not as the platform documents them: something in them is gone, or is something else."""

from copy import deepcopy
from random import Random
from typing import Any

_DEEP: object = {}
for _ in range(60):
    _DEEP = [{"a": _DEEP}]

_JUNK: tuple[object, ...] = (
    None, True, False, 0, -1, 1.5, 1e300, 2**31, 2**63, -(2**70), 10**30, "", "0", "x", "-1", "\ud800", "é" * 300,
    "9" * 40, "a b", "D1", "1.2", [], {}, [{}], [None], [[]], {"id": None}, {"id": {}}, "x" * 5000, _DEEP,
)  # fmt: skip


def broken(rng: Random, update: object) -> object:
    """Another one, with one to three things wrong."""
    whole = {"update": deepcopy(update)}
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = [*_places(whole)]
        holder, key = rng.choice(places)
        way = rng.random()
        if way < 0.35 and holder is not whole:
            del holder[key]
        elif way < 0.85:
            holder[key] = deepcopy(rng.choice(_JUNK))
        elif way < 0.92:
            holder[key] = [holder[key]]
        else:
            other, place = rng.choice(places)
            holder[key] = deepcopy(other[place]) if other is not whole else {}
    return whole["update"]


def _places(value: Any) -> Any:
    """(holder, key) of everything in it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield value, key
        yield from _places(each)
