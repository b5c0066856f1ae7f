"""What a label has to be: the matchers of routes, silences and inhibitions."""

import re
from dataclasses import dataclass, field
from typing import Protocol

import re2

_LONGEST = 200
_MEMORY = 256 * 1024
"""Bytes that a compiled expression may take: what bounds the work for each character that it looks at."""

_FORM = re.compile(r"""\s*([^\s=!~"']+)\s*(=~|!~|!=|=)\s*(.*?)\s*""", re.DOTALL)
_SIGNS = {"=": "", "!=": "!", "=~": "~", "!~": "!~"}


class _Pattern(Protocol):
    def fullmatch(self, text: bytes) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a label has to be: `critical` (equal), `~btc-.*` (the whole value matches), either with a `!` before it
    for the opposite. A label that is not there is "".

    Regular expressions are RE2's, as Alertmanager's are: the time they take grows with the value's length and no
    faster, whoever wrote them. Raises ValueError for what is none.
    """

    text: str
    _wanted: str = field(init=False, compare=False, repr=False)
    _pattern: _Pattern | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        body = self.text.removeprefix("!")
        object.__setattr__(self, "_wanted", body)
        object.__setattr__(self, "_pattern", _compiled(body[1:]) if body.startswith("~") else None)

    def matches(self, value: str) -> bool:
        if self._pattern is None:
            found = value == self._wanted
        else:
            # Half of a surrogate pair is no character of a value, and no reason to fail.
            found = self._pattern.fullmatch(value.encode(errors="replace")) is not None
        return found is not self.text.startswith("!")


def parse(text: str) -> tuple[str, str]:
    """`severity=critical`, `symbol!=BTC`, `rule=~btc-.*` or `rule!~"btc-.*"` → the label and its matcher's text.

    Raises ValueError for anything else.
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"expected label=value, label!=value, label=~pattern or label!~pattern, not {text!r}")
    label, sign, value = found.groups()
    if value[:1] in ('"', "'"):
        if len(value) < 2 or value[-1] != value[0]:
            raise ValueError(f"expected a quote at the end of {value}")
        value = value[1:-1]
    elif not value:
        raise ValueError(f'expected a value after {label}{sign}; {label}{sign}"" is one that is not there')
    if "~" not in sign and value.startswith(("!", "~")):
        # As a matcher's text that would be an operator.
        sign, value = sign.replace("=", "~") if sign == "!=" else "=~", re.escape(value)
    matcher = _SIGNS[sign] + value
    Matcher(matcher)
    return label, matcher


def _compiled(expression: str) -> _Pattern:
    if len(expression) > _LONGEST:
        raise ValueError(f"a regular expression has {_LONGEST} characters at most, not {len(expression)}")
    options = re2.Options()
    options.max_mem, options.never_capture, options.log_errors = _MEMORY, True, False
    try:
        pattern: _Pattern = re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(f"{expression!r} is not a regular expression: {_said(error)}") from None
    return pattern


def _said(error: Exception) -> str:
    why = error.args[0]
    return why.decode(errors="replace") if isinstance(why, bytes) else str(why)
