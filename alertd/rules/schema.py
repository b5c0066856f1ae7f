"""Plain values → a pydantic model, its errors turned into problems with their places and plain words.

The configuration is checked with this. All mistakes are reported at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from alertd.errors import ConfigError, Problem, did_you_mean
from alertd.rules.document import Document, Path, Plain

Model = TypeVar("Model", bound=BaseModel)

_WORDS = {
    "missing": "{key} is missing",
    "string_type": "expected text",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "set_type": "expected a list",
    "frozen_set_type": "expected a list",
    "dict_type": "expected keys and values",
    "model_type": "expected keys and values",
    "model_attributes_type": "expected keys and values",
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "finite_number": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "literal_error": "expected {expected}",
    "enum": "expected {expected}",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected {ge} or more",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected {le} or less",
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length} characters",
    "too_short": "expected at least {min_length}",
    "too_long": "expected at most {max_length}",
}

_SECTION = ("model_type", "model_attributes_type")
_SHOWN = 3
"""Keys of a section in which none has to be."""


def validate(document: Document, model: type[Model], path: Path = ()) -> Model:
    """The document, or what stands at `path` in it, as that model. Raises ConfigError with every mistake."""
    try:
        return model.model_validate(document.at(path))
    except ValidationError as error:
        raise ConfigError(problems_of(document, error, model, path)) from None


def problems_of(
    document: Document,
    error: ValidationError,
    model: type[BaseModel],
    path: Path = (),
    *,
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Problem, ...]:
    """The problems behind a failed validation, in the order of the file, each told once. `elsewhere` are keys that are
    right in another place, each with a hint to that."""
    every = error.errors(include_url=False)
    places = [_existing(document, path, details["loc"]) for details in every]
    # Nothing that stands on the line of a secret is shown, whatever else is wrong there.
    secret = {
        document.spot(at).line
        for at, details in zip(places, every, strict=True)
        if _is_secret(document.at(at), details["type"])
    }
    found = [
        _unknown(document, details, model, at, elsewhere, secret=document.spot(at).line in secret)
        if details["type"] == "extra_forbidden"
        else _problem(document, details, model, at, secret=document.spot(at).line in secret)
        for at, details in zip(places, every, strict=True)
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: (problem.line, problem.column)))


def _is_secret(value: Plain | None, kind: str) -> bool:
    """A literal where a reference belongs or a section that may hold one, or a URL with a password in it."""
    alone = kind in _SECTION and isinstance(value, str) and value != ""
    return kind == "secret" or alone or (kind in ("url", "proxy") and "@" in str(value))


def _unknown(
    document: Document,
    details: ErrorDetails,
    model: type[BaseModel],
    at: Path,
    elsewhere: Mapping[str, str],
    *,
    secret: bool,
) -> Problem:
    *above, key = (str(step) for step in details["loc"])
    known = sorted(_fields_at(model, details["loc"][:-1]))
    hint = did_you_mean(key, known) or f"known here: {', '.join(known)}"
    if not above:
        hint = elsewhere.get(key, hint)
    return document.problem(at, f"there is no key {key!r}", hint, key=True, secret=secret)


def _problem(document: Document, details: ErrorDetails, model: type[BaseModel], at: Path, *, secret: bool) -> Problem:
    said = _say(details)
    if details["type"] != "missing":
        said = _named(document, at) + said
    hint = document.quoting(at)
    if details["type"] in (*_SECTION, "dict_type") and at:
        hint = hint or f"write {at[-1]}: {{{', '.join(f'{key}: …' for key in _needed(model, details['loc']))}}}"
    return document.problem(at, said, hint, key=details["type"] == "missing", secret=secret)


def _needed(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that have to stand at a location, or else some that may."""
    fields = _fields_at(model, location)
    return [key for key, field in fields.items() if field.is_required()] or list(fields)[:_SHOWN] or ["name"]


def _named(document: Document, at: Path) -> str:
    """The key of a value in front of what is said of it, where the line that is shown does not begin with it."""
    names = [step for step in at if isinstance(step, str)]
    shown = document.lines[document.spot(at).line - 1].lstrip("- ") if names else ""
    if not names or shown.startswith((f"{names[-1]}:", f'"{names[-1]}"', f"'{names[-1]}'")):
        return ""
    return f"{'.'.join(names[-2:])}: "


def _say(details: ErrorDetails) -> str:
    context = {name: _plain(value) for name, value in details.get("ctx", {}).items()}
    key = repr(str(details["loc"][-1])) if details["loc"] else "this"
    pattern = _WORDS.get(details["type"])
    if pattern is not None:
        return pattern.format(key=key, **context)
    if details["type"] in ("value_error", "assertion_error"):
        return context.get("error", details["msg"])
    message = details["msg"]
    # Pydantic's own sentences begin with a capital letter; those of our own types are taken as they are.
    return message.replace("Input should", "this should") if message.startswith("Input should") else message


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _existing(document: Document, path: Path, location: Sequence[str | int]) -> Path:
    """The path in the file that pydantic's location means: its tags of unions and functions are left out."""
    at = path
    for step in location:
        if document.at((*at, step)) is not None:
            at = (*at, step)
    return at


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> dict[str, FieldInfo]:
    """The keys that may stand at a location below that model, with what stands behind them."""
    annotations: list[object] = [model]
    for step in location:
        inside = [inner for annotation in annotations for inner in _inside(annotation, step)]
        # A step that leads nowhere is a tag of a union.
        annotations = inside or annotations
    return {
        field.alias or name: field
        for annotation in annotations
        for kind in _models(annotation)
        # Its own come first, before what it has of a shape that others share.
        for name, field in sorted(kind.model_fields.items(), key=lambda item: item[0] not in kind.__annotations__)
    }


def _inside(annotation: object, step: str | int) -> Iterator[object]:
    for part in _parts(annotation):
        origin = get_origin(part)
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from (field.annotation for name, field in part.model_fields.items() if step in (name, field.alias))
        elif isinstance(origin, type) and issubclass(origin, Mapping):
            yield get_args(part)[1]
        elif isinstance(step, int) and origin in (list, tuple, set, frozenset, Sequence):
            yield get_args(part)[0]


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def _parts(annotation: object) -> Iterator[object]:
    """What a union or an annotated type is made of."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            if part is not NoneType:
                yield from _parts(part)
    else:
        yield annotation
