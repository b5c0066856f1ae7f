"""The few names that a slip of the pen may be one of: what difflib, which is slow, has to look at."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

from alertd.bot.catalogue import NAMES

_KEPT = 8
"""Rows of names that have an index: those of a universe, of the one before it, and the words of the language."""
_LEAST = 0.7
"""The ratio that difflib is asked for at the least."""


def alike(word: str, names: tuple[str, ...]) -> Sequence[str]:
    """Those of about its length that have two letters in a row in common with it, in the order of the names."""
    index = _index(names)
    shortest, longest = len(word) * _LEAST / (2 - _LEAST), len(word) * (2 - _LEAST) / _LEAST
    found = {at for pair in _pairs(word) for at in index.get(pair, ()) if shortest <= len(names[at]) <= longest}
    return [names[at] for at in sorted(found)]


@lru_cache(maxsize=_KEPT)
def _index(names: tuple[str, ...]) -> Mapping[str, Sequence[int]]:
    index: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        for pair in _pairs(name):
            index.setdefault(pair, []).append(at)
    return index


def _pairs(word: str) -> set[str]:
    """Its first letter is one too, by itself, as is its last."""
    return {word[:1], f" {word[-1:]}", *(first + second for first, second in pairwise(word))}


def near_command(word: str) -> str:
    """The command that a word is a slip of, "" for none."""
    names = [name for name in NAMES if len(name) > 3]
    return next(iter(get_close_matches(word.lower(), names, n=1, cutoff=_LEAST)), "") if len(word) > 3 else ""
