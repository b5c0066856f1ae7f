"""What libyaml says of a text that is no YAML → what its author did, where, and what to write instead."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import yaml

from alertd.rules.document import Mark

_QUOTED = "put the whole value in quotes"
_SAYS = re.compile(r"\s*[^\s#]")
_KEY = re.compile(r"\s*(?:-\s+)*([\w\"'-]+):(?:\s|$)")


class Slip(NamedTuple):
    mark: Mark | None
    message: str
    hint: str = ""


class _At(NamedTuple):
    """A mark of our own, counted from 0 as libyaml's are."""

    line: int
    column: int


class _Place(NamedTuple):
    """Where libyaml gave up, where what it was reading began, and the lines around."""

    mark: Mark
    begin: Mark
    lines: Sequence[str]

    def line(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def char(self, at: Mark) -> str:
        return self.line(at.line)[at.column : at.column + 1]

    def before(self) -> str:
        """What stands in front of the place, in its line."""
        return self.line(self.mark.line)[: self.mark.column]

    def above(self) -> int:
        """The number of the nearest line above with something in it."""
        return next((number for number in range(self.mark.line - 1, 0, -1) if _SAYS.match(self.line(number))), 0)


def slip_of(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> Slip:
    """The slip behind an error of the parser; its own words where nobody knows better."""
    words = error.problem or error.context or "not readable"
    mark = error.problem_mark or error.context_mark
    if mark is not None:
        place = _Place(mark, error.context_mark or mark, lines)
        for part, slip in _SLIPS:
            if part in words:
                return slip(place)
    return Slip(mark, f"not YAML: {words}")


def _lone_sign(place: _Place) -> Slip:
    sign = place.char(place.begin)
    return Slip(place.begin, f"{sign} alone means something else in YAML", f'put it in quotes: "{sign}"')


def _strange_start(place: _Place) -> Slip:
    sign = place.char(place.mark)
    if sign == "-" and not place.before().strip():
        return _indented(place)
    return Slip(place.mark, f"{sign!r} cannot begin a value in YAML", _QUOTED)


def _block_text(place: _Place) -> Slip:
    return Slip(place.begin, f"{place.char(place.begin)!r} cannot begin a value in YAML", _QUOTED)


def _odd_colon(place: _Place) -> Slip:
    """A colon within a value, or a line that YAML takes for the rest of the value above it."""
    if key := _KEY.match(place.before()):
        hint = f'put the whole value in quotes: {key[1]}: "…"'
        return Slip(place.mark, "a colon with a blank behind it cannot stand in a value", hint)
    above = place.above()
    return _indented(place) if _KEY.match(place.line(above)) else _without_colon(_first_of(place, above))


def _first_of(place: _Place, number: int) -> _At:
    line = place.line(number)
    return _At(number, len(line) - len(line.lstrip()))


def _indented(place: _Place) -> Slip:
    message = "this line is not indented like those that it belongs to"
    hint = "the keys of one rule or section begin in the same column"
    return Slip(_first_of(place, place.mark.line), message, hint)


def _no_key(place: _Place) -> Slip:
    """A line in no column of its block, or something behind a value that has ended."""
    if not place.before().strip():
        return _indented(place)
    return Slip(place.mark, "the value has ended before this: nothing can follow", _QUOTED)


def _no_item(place: _Place) -> Slip:
    line = place.line(place.mark.line).lstrip()
    if re.match(r"-\w", line):
        return Slip(place.mark, "a blank is missing behind the -", f"write - {line[1:].partition(' ')[0]}")
    return _indented(place)


def _no_colon(place: _Place) -> Slip:
    return _without_colon(place.begin)


def _without_colon(mark: Mark) -> Slip:
    message = "there is no colon with a blank behind it in this line"
    return Slip(mark, message, "write a key, a colon, a blank and the value")


def _open_bracket(place: _Place) -> Slip:
    sign = place.char(place.begin)
    end = {"[": "]", "{": "}"}.get(sign, "")
    return Slip(place.begin, f"this {sign} is not closed, or a comma is missing", f"{end} ends it" if end else "")


def _open_quote(place: _Place) -> Slip:
    return Slip(place.begin, "this quote is not closed", "write the same quote again where the text ends")


def _no_value(place: _Place) -> Slip:
    above = place.above()
    comment = place.line(above).find(" #") + 1
    if comment and not place.before().strip():
        return Slip(_At(above, comment), "a comment begins here", "put what is meant as a value in quotes")
    return Slip(place.mark, "a value is missing here", "write one, or leave its key out")


def _odd_escape(place: _Place) -> Slip:
    return Slip(place.mark, r"\ begins a sign of its own within double quotes", "write it twice, or use single quotes")


_SLIPS: tuple[tuple[str, Callable[[_Place], Slip]], ...] = (
    ("expected alphabetic or numeric character", _lone_sign),
    ("cannot start any token", _strange_start),
    ("block sequence entries are not allowed", _strange_start),
    ("mapping keys are not allowed", _strange_start),
    ("expected comment or line break", _block_text),
    ("mapping values are not allowed", _odd_colon),
    ("could not find expected ':'", _no_colon),
    ("did not find expected key", _no_key),
    ("did not find expected '-' indicator", _no_item),
    ("did not find expected ',' or", _open_bracket),
    ("unexpected end of stream", _open_quote),
    ("did not find expected node content", _no_value),
    ("unknown escape character", _odd_escape),
)
"""Words of libyaml's, and what is behind them."""
