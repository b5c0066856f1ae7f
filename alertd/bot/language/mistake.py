"""What is wrong with a line, where, and what would put it right."""

from collections.abc import Sequence

from alertd.conditions.tree import Span


class Edit(tuple[int, int, str]):
    """A change of what was typed: from, to, and what stands there instead."""

    __slots__ = ()


class Mistake(Exception):
    """`span` is (start, end) in characters of the line. `fixes` are ways to put it right, the likeliest first, each a
    row of edits; `choices` the same with a label, where somebody has to say what is meant. `certain` where nothing but
    the first fix can be meant: it is taken, and nobody is asked."""

    def __init__(
        self,
        span: Span,
        message: str,
        hint: str = "",
        *,
        fixes: Sequence[Sequence[Edit]] = (),
        choices: Sequence[tuple[str, Sequence[Edit]]] = (),
        certain: bool = False,
    ) -> None:
        super().__init__(message)
        self.span = span
        self.message = message
        self.hint = hint
        self.fixes = tuple(fixes)
        self.choices = tuple(choices)
        self.certain = certain


def instead(span: Span, *texts: str) -> tuple[tuple[Edit, ...], ...]:
    """Fixes that put one of these texts in the place of a span."""
    return tuple((Edit((span[0], span[1], text)),) for text in texts)


def edited(line: str, edits: Sequence[Edit]) -> str:
    """The line after all edits, which do not overlap."""
    for start, end, text in sorted(edits, key=lambda edit: edit[0], reverse=True):
        line = line[:start] + text + line[end:]
    return line
