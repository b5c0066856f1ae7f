"""`series:` of the rule files: named expressions, used in conditions like a field of the market.

A series is arithmetic of fields and numbers, the same for every coin: each of its fields says whose it is. The names of
all files are one: a rule may use a series of another file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from alertd.conditions import tree as t
from alertd.conditions.fields import FIELDS, MARKET, Unit
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.grammar import KEYWORDS
from alertd.conditions.mistakes import Sentence
from alertd.conditions.parse import read_expression
from alertd.conditions.units import unit_of
from alertd.errors import Problem, RuleError
from alertd.model.universe import Universe
from alertd.rules import keys
from alertd.rules.document import Document, Path, Plain
from alertd.rules.wrong import Wrong

_NAME = re.compile(r"[^\W\d]\w*")


class Series(NamedTuple):
    """One series: its expression, and the unit that its values have."""

    of: t.Expression
    unit: Unit


class Read(NamedTuple):
    """The series without a mistake and the units of all by name: None where there is a mistake; each file's problems
    by its name."""

    series: Mapping[str, Series]
    units: Mapping[str, Unit | None]
    problems: Mapping[str, tuple[Problem, ...]]


def read_series(documents: Iterable[Document], universe: Universe) -> Read:
    """The series of all files."""
    found: dict[str, Series] = {}
    problems: dict[str, tuple[Problem, ...]] = {}
    written = [(document, document.at(("series",))) for document in documents]
    names = [name for _, block in written if isinstance(block, dict) for name in block if not _taken(name)]
    named = with_series(universe, dict.fromkeys(names, Unit.NUMBER))
    places: dict[str, str] = {}
    for document, block in written:
        if block is None or block == "":
            continue
        reader = _Reader(document, named)
        found |= reader.read(block, places)
        problems[document.file] = tuple(reader.problems)
    units: dict[str, Unit | None] = dict.fromkeys(name for name in names if name not in found)
    units |= {name: each.unit for name, each in found.items()}
    return Read(found, units, problems)


def with_series(universe: Universe, units: Mapping[str, Unit | None]) -> Universe:
    """The universe with these series and no others, the same object for the same ones: by it is kept what is known of
    names and sentences, so that a second reading of the files is quick."""
    return _with_series(universe, tuple(units.items()))


@lru_cache(8)
def _with_series(universe: Universe, units: tuple[tuple[str, Unit | None], ...]) -> Universe:
    series = {name: unit.value if unit else "" for name, unit in units}
    return universe if series == universe.series else replace(universe, series=series)


class _Reader:
    """Reads the series of one file; the universe has the names of all, for one that is used in another."""

    def __init__(self, document: Document, universe: Universe) -> None:
        self._document = document
        self._universe = universe
        self.problems: list[Problem] = []

    def read(self, block: Plain, places: dict[str, str]) -> dict[str, Series]:
        """Those without a mistake; `places` says where the names of earlier files stand, and learns these."""
        if not isinstance(block, dict):
            self._blame((), "expected names and expressions, such as {ETHBTC: ETH.price / BTC.price}")
            return {}
        found = {}
        for name, value in block.items():
            path: Path = (name,)
            at = f"{self._document.file}:{self._document.spot(('series', name), key=True).line}"
            if (first := places.setdefault(name.upper(), at)) != at or self._twice(name, block):
                self._blame(path, f"there is a series {name!r} already", f"it is at {first}", key=True)
            elif self._named(name) and (series := self._series(path, value)):
                found[name] = series
        return found

    def _twice(self, name: str, block: dict[str, Plain]) -> bool:
        """True if it stands above in other letters, in one line perhaps."""
        return next(other for other in block if other.upper() == name.upper()) != name

    def _named(self, name: str) -> bool:
        if taken := _taken(name):
            self._blame((name,), f"{name!r} is {taken}", "take another name", key=True)
        elif not _NAME.fullmatch(name):
            hint = "letters, digits and _, a letter first: ETHBTC"
            self._blame((name,), "the name of a series is one word", hint, key=True)
        else:
            return True
        return False

    def _series(self, path: Path, value: Plain) -> Series | None:
        try:
            sentence = Sentence(keys.text(value))
        except Wrong as wrong:
            self._blame(path, wrong.message, wrong.hint)
            return None
        try:
            tree = read_expression(sentence, self._universe)
        except RuleError as error:
            self._blame_sentence(path, error.problems)
            return None
        if not sentence.problems:
            for span, message, hint in _misplaced(tree, sentence, self._universe):
                sentence.blame(span, message, hint)
        unit = unit_of(tree, sentence) if not sentence.problems else None
        if unit is Unit.STATE:
            sentence.blame(tree.span, f"{sentence.words(tree.span)} is a state, not a number")
        self._blame_sentence(path, sentence.problems)
        return None if sentence.problems or unit is None else Series(tree, unit)

    def _blame(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        self.problems.append(self._document.problem(("series", *path), message, hint, key=key or not path))

    def _blame_sentence(self, path: Path, found: Iterable[Problem]) -> None:
        self.problems += [self._document.problem_within(("series", *path), problem) for problem in found]


def _taken(name: str) -> str:
    """What else of the language has this name, "" for nothing."""
    word = name.lower()
    if word in FIELDS:
        return "a field"
    if word in FUNCTIONS:
        return "a function"
    return "a word of the language" if word in KEYWORDS or word == MARKET else ""


def _misplaced(tree: t.Expression, sentence: Sentence, universe: Universe) -> Iterator[tuple[t.Span, str, str]]:
    """What has no place in a series, as (where, message, hint)."""
    fields = [node for node in t.walk(tree) if isinstance(node, t.Field)]
    if not fields:
        yield tree.span, "this never changes: there is no field in it", "name one, such as ETH.price / BTC.price"
    for node in _outermost(tree):
        words = sentence.words(node.span)
        if not isinstance(node, t.Field):
            yield node.span, f"{words!r} has no place in a series", "it is made of fields, numbers and + - * /"
        elif node.name in universe.series:
            yield node.span, f"{words} is a series itself", "write here what it is made of"
        elif node.coin is None:
            coin = f"write a coin in front of it, such as ETH.{node.name}"
            yield node.span, f"{words} is of every coin: a series is of none", coin


def _outermost(node: t.Tree) -> Iterator[t.Tree]:
    """The parts of an expression that its arithmetic is made of, numbers left out."""
    match node:
        case t.Arithmetic() | t.Negative():
            for child in t.children(node):
                yield from _outermost(child)
        case t.Number():
            return
        case _:
            yield node
