"""Sentences that differ in their numbers alone are parsed and checked once: the others get the tree with their own.

A sentence is cut at its numerals; what is left of it is the key to a template, a tree that was made of such a sentence
without a mistake. Numerals that are constants of the tree are filled in. All others (windows, intervals, counts) stay
as they are, because what may be said depends on them. Whatever is unusual is left to the parser.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from math import copysign, inf
from typing import TypeVar, cast

from alertd.conditions import tree as t
from alertd.conditions.grammar import NUMERAL, SUFFIX
from alertd.conditions.parse import LONGEST
from alertd.model import units

_CUT = re.compile(rf'(?<![\w."])({NUMERAL})(\s*%|{SUFFIX})')
"""A numeral and its unit, where no word and no quote goes on: there the parser finds the same."""

MOST = 4096
"""Templates of one universe, of 3 kB or so each; as many keys are remembered as seen once. The oldest go first."""

_Key = tuple[str, ...]
_Remembered = TypeVar("_Remembered")
_Constant = t.Number | t.Percent | t.Duration


@dataclass(frozen=True, slots=True)
class _Part:
    """A node of a template: its kind, and its values with parts in the place of nodes.

    `place` is its start and its end, each with the number of numerals before it. A constant has its numeral's number.
    """

    kind: Callable[..., t.Tree]
    place: tuple[int, int, int, int]
    values: tuple[object, ...]
    below: tuple[int, ...] = ()
    numeral: int = -1
    sign: float = 1.0


@dataclass(frozen=True, slots=True)
class _Template:
    """`lengths` are those of all numerals, `constants` the free ones: kind, and between what the number has to be."""

    root: _Part
    lengths: tuple[int, ...]
    constants: tuple[tuple[int, Callable[[str], float], float, float], ...]


class Templates:
    """The known sentences of one universe."""

    def __init__(self) -> None:
        self._seen: dict[_Key, None] = {}
        # By what stands between numerals: which of them are no constants. With those, it is the key of a template.
        self._fixed: dict[_Key, tuple[int, ...]] = {}
        self._templates: dict[_Key, _Template] = {}

    def fill(self, text: str) -> t.Condition | None:
        """The tree of a sentence like one that is known, as the parser would make it; None if there is none."""
        key, numerals = _cut(text)
        fixed = self._fixed.get(key)
        if fixed is None or len(text) > LONGEST:
            return None
        template = self._templates.get(_with(key, fixed, numerals))
        if template is None:
            return None
        values: dict[int, float] = {}
        for number, read, least, most in template.constants:
            try:
                value = read(numerals[number] + key[2 * number + 1])
            except ValueError:
                return None
            if not least < value < most:
                return None
            values[number] = value
        grown = (len(numeral) - length for numeral, length in zip(numerals, template.lengths, strict=True))
        return cast("t.Condition", _filled(template.root, values, [0, *accumulate(grown)]))

    def learn(self, text: str, tree: t.Condition) -> None:
        """Remember the tree of a sentence that had no mistake, if one of its key was seen before."""
        key, numerals = _cut(text)
        fixed = self._fixed.get(key)
        # Windows and intervals are of the key, once it is known which numerals they are.
        again = key if fixed is None else _with(key, fixed, numerals)
        if again not in self._seen:
            _keep(self._seen, again, None)
            return
        ends = [match.end() for match in _CUT.finditer(text)]
        free = _free(tree, ends, [numeral + unit for numeral, unit in zip(numerals, key[1::2], strict=True)])
        if free is None:
            return
        if fixed is None:
            fixed = tuple(i for i in range(len(numerals)) if i not in free)
            _keep(self._fixed, key, fixed)
        constants = tuple((number, *found) for number, found in free.items())
        template = _Template(_part(tree, ends), tuple(map(len, numerals)), constants)
        _keep(self._templates, _with(key, fixed, numerals), template)


def _with(key: _Key, fixed: Sequence[int], numerals: Sequence[str]) -> _Key:
    return (*key, *[numerals[i] for i in fixed])


def _keep(among: dict[_Key, _Remembered], key: _Key, value: _Remembered) -> None:
    """In the place of the oldest, if there are enough."""
    if len(among) >= MOST:
        del among[next(iter(among))]
    among[key] = value


def _cut(text: str) -> tuple[_Key, list[str]]:
    """What stands between the numerals and behind them, in turns, and the numerals."""
    pieces = _CUT.split(text)
    numerals = pieces[1::3]
    del pieces[1::3]
    return tuple(pieces), numerals


def _percent(text: str) -> float:
    return units.number(text.rstrip("% \t\r\n"))


_READERS: dict[type[t.Node], Callable[[str], float]] = {
    t.Number: units.number,
    t.Percent: _percent,
    t.Duration: units.duration,
}


def _value(node: _Constant) -> float:
    return node.seconds if isinstance(node, t.Duration) else node.value


def _free(
    tree: t.Condition, ends: Sequence[int], written: Sequence[str]
) -> dict[int, tuple[Callable[[str], float], float, float]] | None:
    """The numerals that are constants, by number: how each is read, and its limits. None for a tree that is unusual."""
    found: dict[int, tuple[Callable[[str], float], float, float]] = {}
    numbers = {end: number for number, end in enumerate(ends)}
    for node in t.walk(tree):
        if isinstance(node, t.Number | t.Percent | t.Duration):
            number = numbers.get(node.span[1])
            read = _READERS[type(node)]
            if number is None or read(written[number]) != abs(_value(node)):
                return None
            found.setdefault(number, (read, -inf, inf))
        elif isinstance(node, t.Move | t.Since | t.Within | t.CrossEvery):
            amount = node.step if isinstance(node, t.CrossEvery) else node.amount
            number = numbers.get(amount.span[1])
            falls = isinstance(node, t.Move | t.Since) and node.relative and node.direction == "down"
            if number is not None:
                found[number] = (_READERS[type(amount)], 0.0, 100.0 if falls else inf)
    return found


def _part(node: t.Tree, ends: Sequence[int]) -> _Part:
    start, end = node.span
    # A numeral that ends where a node starts is before it.
    place = (start, sum(stop <= start for stop in ends), end, sum(stop <= end for stop in ends))
    if isinstance(node, t.Number | t.Percent | t.Duration):
        return _Part(type(node), place, (), numeral=ends.index(end), sign=copysign(1.0, _value(node)))
    values: list[object] = []
    below = []
    for index, spec in enumerate(spec for spec in fields(node) if spec.name != "span"):
        value = getattr(node, spec.name)
        if spec.name == "parts":
            value = tuple(_part(part, ends) for part in value)
            below.append(index)
        elif isinstance(value, t.Node):
            value = _part(cast("t.Tree", value), ends)
            below.append(index)
        values.append(value)
    return _Part(type(node), place, tuple(values), tuple(below))


def _filled(part: _Part, values: dict[int, float], moved: Sequence[int]) -> t.Tree:
    start, before, end, until = part.place
    span = (start + moved[before], end + moved[until])
    if part.numeral >= 0:
        return part.kind(part.sign * values[part.numeral], span=span)
    if not part.below:
        return part.kind(*part.values, span=span)
    arguments = list(part.values)
    for index in part.below:
        inner = arguments[index]
        if isinstance(inner, _Part):
            arguments[index] = _filled(inner, values, moved)
        else:
            parts = cast("tuple[_Part, ...]", inner)
            arguments[index] = tuple([_filled(one, values, moved) for one in parts])
    return part.kind(*arguments, span=span)
