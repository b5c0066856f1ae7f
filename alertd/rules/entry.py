"""One rule as it is written, and what the rules of one load look up together."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

from alertd.conditions.check import Compiled, compile_condition
from alertd.errors import Problem, RuleError
from alertd.model.universe import Universe
from alertd.rules.coins import Coins
from alertd.rules.document import Document, Path, Plain
from alertd.rules.wrong import Wrong

T = TypeVar("T")
D = TypeVar("D")


class Lookups:
    """What the rules of one load share: the universe, and what was looked up in it already."""

    def __init__(self, universe: Universe, now: float) -> None:
        self.universe = universe
        self.now = now
        self.zone = ZoneInfo(universe.zone)
        self.coins = Coins(universe)
        self._compiled: dict[str, Compiled | tuple[Problem, ...]] = {}

    def compiled(self, words: str) -> Compiled:
        """The condition of a sentence. Raises RuleError, the problems in the sentence's own columns."""
        found = self._compiled.get(words)
        if found is None:
            try:
                found = compile_condition(words, self.universe)
            except RuleError as error:
                found = error.problems
            self._compiled[words] = found
        if isinstance(found, tuple):
            raise RuleError(found)
        return found


class Entry:
    """One rule as it is written: its keys with the file's defaults behind them."""

    def __init__(self, document: Document, number: int, own: dict[str, Plain], defaults: dict[str, Plain]) -> None:
        self._document = document
        self._number = number
        self._own = own
        self._defaults = defaults
        self.problems: list[Problem] = []
        self.refused = False
        """True for a rule that cannot be taken: some of its problems are no mere warnings, or are told elsewhere."""

    def own_keys(self) -> tuple[str, ...]:
        return tuple(self._own)

    def has(self, key: str) -> bool:
        return key in self._own or key in self._defaults

    def is_own(self, key: str) -> bool:
        return key in self._own

    def place(self) -> str:
        return f"{self._document.file}:{self._document.spot(('rules', self._number)).line}"

    def read(self, key: str, reader: Callable[[Plain], T], default: D) -> T | D:
        """The key's value; the default where it is missing, or wrong, which is a problem then."""
        value = self._own.get(key)
        if value is None:
            value = self._defaults.get(key)
            if value is None:
                return default
        try:
            return reader(value)
        except Wrong as wrong:
            comment = self._document.quoting(self._path((key,)))
            for each in wrong.every:
                self.blame(each.message, comment or each.hint, key, *each.path)
        except RuleError as error:
            self.refuse(error, key)
        return default

    def blame(self, message: str, hint: str, *path: str | int, key: bool = False, warning: bool = False) -> None:
        """A problem of the value at `path` below the rule, or of its key; of the whole rule without a path."""
        where = self._path(path)
        self.refused |= not warning
        self.problems.append(self._document.problem(where, message, hint, key=key, warning=warning))

    def refuse(self, error: RuleError, *path: str | int) -> None:
        """The problems of a sentence at `path` that is none; without any where they are told elsewhere."""
        self.refused = True
        self.blame_sentence(error.problems, *path)

    def comment(self, key: str) -> str:
        """What stands behind the key's value as a comment without a blank, and may be meant as a part of it."""
        path = self._path((key,))
        return self._document.swallowed(path) if self._document.at(path) else ""

    def blame_sentence(self, found: Sequence[Problem], *path: str | int) -> None:
        """Problems with the columns of the sentence at `path`."""
        where = self._path(path)
        self.problems += [self._document.problem_within(where, problem) for problem in found]

    def _path(self, path: Path) -> Path:
        if path and path[0] not in self._own and path[0] in self._defaults:
            return ("defaults", *path)
        return ("rules", self._number, *path)
