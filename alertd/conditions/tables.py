"""The language as tables: rows for the command line and for its page, where they stand between two markers.

The rows come from `forms`, `functions` and `fields`, which the parser and the type check go by.
"""

from collections.abc import Sequence
from typing import NamedTuple

from alertd.conditions.fields import FIELDS, FieldSpec
from alertd.conditions.forms import FORMS, Form
from alertd.conditions.functions import FUNCTIONS, FunctionSpec

Row = tuple[str, ...]

CODE = ("form", "function", "field", "example")
"""The columns whose text is of the language itself."""


class Table(NamedTuple):
    """One kind of word: its columns, and a row for each."""

    name: str
    columns: Row
    rows: tuple[Row, ...]


def tables() -> tuple[Table, ...]:
    """The forms, the functions and the fields, as a page shows them."""
    return (
        Table("forms", ("form", "true when", "kind", "example"), tuple(_form(form) for form in FORMS)),
        Table(
            "functions",
            ("function", "value", "unit", "bars needed", "example"),
            tuple(_function(spec) for spec in FUNCTIONS.values()),
        ),
        Table(
            "fields",
            ("field", "what", "unit", "sources", "states", "definition", "example"),
            tuple(_field(spec) for spec in FIELDS.values()),
        ),
    )


def _form(form: Form) -> Row:
    return form.form, form.meaning, _kind(form), form.example


def _kind(form: Form) -> str:
    return "momentary" if form.momentary else "lasting"


def _function(spec: FunctionSpec) -> Row:
    value = f"{spec.definition} ({spec.reference})" if spec.reference else spec.definition
    return spec.form, value, _unit(spec), _bars(spec), spec.example


def _field(spec: FieldSpec) -> Row:
    name = f"{spec.name}(1h)" if spec.per_bar else spec.name
    sources, states = ", ".join(spec.sources), ", ".join(spec.labels)
    return name, spec.doc, spec.unit.value, sources, states, spec.definition, spec.example


def _unit(spec: FunctionSpec) -> str:
    return spec.unit.value if spec.unit is not None else "its field's"


def _bars(spec: FunctionSpec) -> str:
    """The closed bars that it needs, with the numbers of its plainest form."""
    if spec.bars is None:
        return ""
    inside = spec.form.partition("(")[2].rstrip(")").split(",")
    numbers = tuple(float(word) for word in inside if word.strip().replace("-", "").isdigit())
    return str(spec.bars(numbers))


# ── as a page ────────────────────────────────────────────────────────────────────────────────────────────────────


def refreshed(page: str) -> str:
    """A page with its tables as they are now. Each stands between `<!-- NAME -->` and `<!-- end of NAME -->`."""
    for table in tables():
        begin, end = f"<!-- {table.name} -->\n", f"<!-- end of {table.name} -->"
        head, found, rest = page.partition(begin)
        _, closed, tail = rest.partition(end)
        if found and closed:
            page = f"{head}{begin}\n{markdown(table)}\n{end}{tail}"
    return page


def markdown(table: Table) -> str:
    lines = [" | ".join(table.columns), " | ".join("---" for _ in table.columns)]
    lines += [" | ".join(_cell(*cell) for cell in zip(table.columns, row, strict=True)) for row in table.rows]
    return "".join(f"| {line} |\n" for line in lines)


def _cell(column: str, text: str) -> str:
    text = text.replace("|", "\\|")
    return f"`{text}`" if column in CODE and text else text


# ── one word in full ─────────────────────────────────────────────────────────────────────────────────────────────


def words() -> tuple[str, ...]:
    """Every word that `described` knows."""
    spoken = (word for form in FORMS for word in form.words)
    states = (label for spec in FIELDS.values() for label in spec.labels)
    return tuple(dict.fromkeys((*FUNCTIONS, *FIELDS, *spoken, *states)))


def described(word: str) -> tuple[tuple[Row, ...], ...]:
    """All that there is on a word, as blocks of (label, text): it may be a function, a field and a word of a form."""
    word = word.lower().partition("(")[0].rpartition(".")[2] or word
    functions = [_of_function(spec) for spec in FUNCTIONS.values() if spec.name == word]
    fields = [_of_field(spec) for spec in FIELDS.values() if word in (spec.name, *spec.labels, *spec.aliases)]
    forms = [_of_form(form) for form in FORMS if word in form.words]
    return (*functions, *fields, *forms)


def _of_form(form: Form) -> tuple[Row, ...]:
    kind = _kind(form) + ": YES on the tick of one reading alone" * form.momentary
    meaning = form.meaning.replace("`", "")
    return _told(("form", form.form), ("kind", kind), ("true when", meaning), ("example", form.example))


def _of_function(spec: FunctionSpec) -> tuple[Row, ...]:
    ranges = (
        f"{each.name}: {_bounds(each.least, each.most) if each.whole else 'any number'}" for each in spec.arguments
    )
    bars = _bars(spec)
    return _told(
        ("function", spec.form),
        ("kind", spec.kind.value),
        ("unit", _unit(spec)),
        ("value", spec.definition),
        ("arguments", "; ".join(ranges)),
        ("bars", f"{bars} closed ones for {spec.form}" if bars else ""),
        ("reference", spec.reference),
        ("example", spec.example),
    )


def _bounds(least: int, most: int) -> str:
    return f"a whole number from {least} to {most}"


def _of_field(spec: FieldSpec) -> tuple[Row, ...]:
    aliases = ", ".join(f"{alias} for {label}" for alias, label in spec.aliases.items())
    return _told(
        ("field", f"{spec.name}(INTERVAL)" if spec.per_bar else spec.name),
        ("what", spec.doc),
        ("unit", spec.unit.value),
        ("sources", ", ".join(spec.sources)),
        ("states", ", ".join(spec.labels)),
        ("also", aliases),
        ("definition", spec.definition),
        ("example", spec.example),
    )


def _told(*rows: Row) -> tuple[Row, ...]:
    return tuple(row for row in rows if row[1])


def examples() -> tuple[str, ...]:
    """Every example of the tables."""
    every: Sequence[Form | FunctionSpec | FieldSpec] = (*FORMS, *FUNCTIONS.values(), *FIELDS.values())
    return tuple(dict.fromkeys(row.example for row in every))
