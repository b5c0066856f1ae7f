"""A text that a person wrote, as plain dicts, lists and text, every piece with its place.

`strict_yaml` makes them; configuration and rule files are both read as one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from alertd.errors import Problem

Plain = str | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]

_COMMENT = re.compile(r"\s+(#[^\s#].*)")


class Mark(Protocol):
    """Where libyaml found something; `line` and `column` count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Place(NamedTuple):
    """Where a value stands, with the places of what is in it: by key, with the key's own mark, or by index."""

    start: Mark
    end: Mark
    keys: "dict[str, tuple[Mark, Mark, Place]] | None" = None
    items: "list[Place] | None" = None


class Spot(NamedTuple):
    """A place in a file: line and column count from 1, `width` in characters."""

    line: int
    column: int
    width: int


@dataclass(frozen=True, slots=True)
class Document:
    """One file's content. `root` is {} for an empty file; `lines` are those of the file, for showing mistakes."""

    file: str
    root: Plain
    lines: tuple[str, ...]
    place: Place | None

    def at(self, path: Path) -> Plain | None:
        """The value at a path of keys and indices, None where there is none."""
        here: Plain = self.root
        for step in path:
            match here:
                case dict() if isinstance(step, str) and step in here:
                    here = here[step]
                case list() if isinstance(step, int) and 0 <= step < len(here):
                    here = here[step]
                case _:
                    return None
        return here

    def spot(self, path: Path, *, key: bool = False) -> Spot:
        """Where the value at `path` stands, or its key; the nearest thing around it where it does not exist."""
        place = self.place
        if place is None:
            return Spot(1, 1, 1)
        start, end = place.start, place.end
        for depth, step in enumerate(path):
            if place.keys is not None and isinstance(step, str) and step in place.keys:
                key_start, key_end, place = place.keys[step]
                # A mapping or a list is pointed at by its key: it may be many lines long.
                at_key = place.keys is not None or place.items is not None or (key and depth == len(path) - 1)
                start, end = (key_start, key_end) if at_key else (place.start, place.end)
            elif place.items is not None and isinstance(step, int) and 0 <= step < len(place.items):
                place = place.items[step]
                start, end = place.start, place.end
            else:
                break
        line = self.lines[start.line] if start.line < len(self.lines) else ""
        width = end.column - start.column if end.line == start.line else len(line.rstrip()) - start.column
        return Spot(start.line + 1, start.column + 1, max(width, 1))

    def swallowed(self, path: Path) -> str:
        """The comment right behind a value on its line, where its # has no blank behind it: `#1` may be meant as text;
        "" where there is none."""
        end = self._end(path)
        # A folded text ends on the line behind it.
        found = _COMMENT.match(self._line(end.line + 1), end.column) if end and end.column else None
        return found[1] if found else ""

    def quoting(self, path: Path) -> str:
        """A hint where a comment stands in the place of a value, "" elsewhere."""
        comment = "" if self.at(path) else self.swallowed(path)
        return f"{comment.split()[0]} begins a comment: put it in quotes" if comment else ""

    def _end(self, path: Path) -> Mark | None:
        """Where the value at a path ends, None where there is none."""
        place = self.place
        for step in path:
            keys, items = (place.keys or {}, place.items or ()) if place else ({}, ())
            if isinstance(step, str):
                place = keys[step][2] if step in keys else None
            else:
                place = items[step] if 0 <= step < len(items) else None
        return place.end if place else None

    def problem(
        self,
        path: Path,
        message: str,
        hint: str = "",
        *,
        key: bool = False,
        warning: bool = False,
        secret: bool = False,
    ) -> Problem:
        """A mistake at this place. With `secret` what stands behind the key is not shown."""
        spot = self.spot(path, key=key)
        text = self._line(spot.line)
        if secret:
            text, spot = _blanked(text, spot)
        return Problem(message, self.file, spot.line, spot.column, text, spot.width, hint, warning)

    def problem_within(self, path: Path, found: Problem) -> Problem:
        """A mistake of a sentence, moved to where the sentence stands in the file."""
        spot = self._within(path, found.column - 1) or self.spot(path)
        text = self._line(spot.line)
        width = min(found.width, max(len(text) - spot.column + 1, 1))
        return Problem(found.message, self.file, spot.line, spot.column, text, width, found.hint, found.warning)

    def _within(self, path: Path, offset: int) -> Spot | None:
        """Where the `offset`-th character of a scalar stands: found by its words, which folding leaves in order."""
        value = self.at(path)
        if not isinstance(value, str):
            return None
        spot = self.spot(path)
        written = _characters(self.lines, spot.line - 1, spot.column - 1)
        if self._line(spot.line)[spot.column - 1 :][:1] in ("'", '"'):
            next(written, None)
        elif self._line(spot.line)[spot.column - 1 :][:1] in ("|", ">"):
            written = _characters(self.lines, spot.line, 0)
        last = None
        for char in value[: offset + 1]:
            if char.isspace():
                continue
            found = next(written, None)
            if found is None or found[0] != char:
                return None
            last = found
        if last is None:
            return None
        # Past the end of the sentence: right behind its last word.
        past = 1 if offset >= len(value) else 0
        return Spot(last[1] + 1, last[2] + 1 + past, 1)

    def _line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


def _characters(lines: tuple[str, ...], line: int, column: int) -> Iterator[tuple[str, int, int]]:
    """What is written from here on, without the white space: (character, line, column), from 0."""
    for number in range(line, len(lines)):
        for index in range(column if number == line else 0, len(lines[number])):
            if not lines[number][index].isspace():
                yield lines[number][index], number, index


def _blanked(text: str, spot: Spot) -> tuple[str, Spot]:
    head, colon, _ = text.partition(":")
    shown = f"{head}{colon} …" if colon else "…"
    column = min(spot.column, len(shown))
    return shown, Spot(spot.line, column, 1)
