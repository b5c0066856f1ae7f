"""Strict YAML → `Document`.

Every scalar stays the text that was written: no octal, date, sexagesimal, boolean or null is guessed. Duplicate keys,
anchors and aliases, tags, tabs in indentation, keys that are no plain text and more than one document are mistakes.
There is no file access here: bytes come in.
"""

import re
from typing import cast

import yaml

from alertd.errors import ConfigError, Problem
from alertd.rules.document import Document, Mark, Place, Plain
from alertd.rules.yaml_slips import slip_of

LARGEST = 1_000_000
"""Bytes of one file."""

DEEPEST = 20
"""Levels of nesting."""

_TAB = re.compile(r"^ *\t[ \t]*(?=\S)", re.MULTILINE)
_LINE_ENDS = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_YAML_LINE = re.compile("[\n\x85\u2028\u2029]")
"""What libyaml takes for the end of a line."""
_SECRET = re.compile(r"((?:password|token|secret|keys?)[\"']?\s*:).*", re.IGNORECASE)


def read_document(file: str, content: bytes) -> Document:
    """The content of a file as a document. Raises ConfigError with every mistake found; `file` is only shown."""
    if len(content) > LARGEST:
        raise ConfigError([Problem(f"larger than {LARGEST // 1_000_000} MB", file)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem("this is not UTF-8 text", file, line, hint="save the file as UTF-8")]) from None
    text = _LINE_ENDS.sub("\n", text)
    lines = tuple(_YAML_LINE.split(text))
    problems = [
        Problem("a tab in the indentation", file, text.count("\n", 0, tab.start()) + 1, hint="indent with spaces")
        for tab in _TAB.finditer(text)
    ]
    problems += [
        Problem(f"a control character ({char[0]!r})", file, text.count("\n", 0, char.start()) + 1)
        for char in _CONTROL.finditer(text)
    ][:1]
    if problems:
        raise ConfigError(problems)
    walk = _Walk(file, lines, text)
    root, place = walk.document()
    if walk.problems:
        raise ConfigError(walk.problems)
    return Document(file, root, lines, place)


_Loader: type[yaml.BaseLoader] | type[yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Walk:
    """From libyaml's events to plain values: it never builds what an alias or a tag could blow up."""

    def __init__(self, file: str, lines: tuple[str, ...], text: str) -> None:
        self._file = file
        self._lines = lines
        self._loader = _Loader(text)
        self.problems: list[Problem] = []

    def document(self) -> tuple[Plain, Place | None]:
        try:
            return self._whole()
        except yaml.MarkedYAMLError as error:
            slip = slip_of(error, self._lines)
            self._blame(slip.mark, slip.message, slip.hint)
        except yaml.reader.ReaderError as error:
            self.problems.append(Problem(f"not YAML: {error.reason}", self._file))
        except _TooDeep as error:
            self._blame(error.mark, f"nested deeper than {DEEPEST} levels")
        finally:
            self._loader.dispose()
        return {}, None

    def _whole(self) -> tuple[Plain, Place | None]:
        event = self._next()
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return {}, None
        root, place = self._value(event, 0)
        self._next()
        if isinstance(more := self._next(), yaml.DocumentStartEvent):
            self._blame(more.start_mark, "a second document in one file", "write one document, without ---")
        return root, place

    def _value(self, event: yaml.Event, depth: int) -> tuple[Plain, Place]:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_extras(event)
            return event.value, _place(event)
        if depth >= DEEPEST:
            raise _TooDeep(event.start_mark)
        if isinstance(event, yaml.MappingStartEvent):
            self._refuse_extras(event)
            return self._mapping(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            self._refuse_extras(event)
            return self._sequence(event, depth)
        self._blame(event.start_mark, "an alias", "write the value out, in quotes if it begins with *")
        return "", _place(event)

    def _mapping(self, begin: yaml.Event, depth: int) -> tuple[Plain, Place]:
        values: dict[str, Plain] = {}
        places: dict[str, tuple[Mark, Mark, Place]] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key, key_place = self._value(event, depth + 1)
            value, place = self._value(self._next(), depth + 1)
            if not isinstance(key, str):
                self._blame(event.start_mark, "a key has to be plain text")
            elif key in values:
                line = places[key][0].line + 1
                self._blame(event.start_mark, f"{key!r} stands here twice", f"the first is on line {line}", len(key))
            else:
                values[key] = value
                places[key] = (key_place.start, key_place.end, place)
        return values, _place(begin, keys=places)

    def _sequence(self, begin: yaml.Event, depth: int) -> tuple[Plain, Place]:
        values: list[Plain] = []
        places: list[Place] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            value, place = self._value(event, depth + 1)
            values.append(value)
            places.append(place)
        return values, _place(begin, items=places)

    def _refuse_extras(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._blame(event.start_mark, "an anchor", "write the value out, in quotes if it begins with &")
        if event.tag is not None:
            self._blame(event.start_mark, "a tag", "leave it out, or put the value in quotes: all is read as text")

    def _next(self) -> yaml.Event:
        return cast("yaml.Event", self._loader.get_event())

    def _blame(self, mark: Mark | None, message: str, hint: str = "", width: int = 1) -> None:
        line, column = (mark.line, mark.column) if mark else (0, 0)
        # A file that cannot be read yet may hold a secret in a place where it does not belong.
        text = _SECRET.sub(r"\1 …", self._lines[line] if line < len(self._lines) else "")
        self.problems.append(Problem(message, self._file, line + 1, column + 1, text, width, hint))


class _TooDeep(Exception):
    def __init__(self, mark: Mark | None) -> None:
        super().__init__()
        self.mark = mark


def _place(
    event: yaml.Event,
    *,
    keys: dict[str, tuple[Mark, Mark, Place]] | None = None,
    items: list[Place] | None = None,
) -> Place:
    # Events of a parser always have their marks.
    return Place(cast("Mark", event.start_mark), cast("Mark", event.end_mark), keys, items)
