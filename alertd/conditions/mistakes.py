"""What is wrong with a sentence, in a trader's words, with a caret under the place."""

import re
from collections.abc import Container, Iterable
from contextlib import suppress

from lark import Token, UnexpectedCharacters, UnexpectedToken
from lark.exceptions import UnexpectedInput

from alertd.conditions.fields import FIELDS
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.grammar import KEYWORDS
from alertd.conditions.idioms import FIELDS_MEANT, FUNCTIONS_MEANT, idiom_at
from alertd.conditions.tree import Span
from alertd.errors import Problem, did_you_mean
from alertd.model.units import duration

_OPERAND = {"WORD", "FUNCTION"}
_SIGNS = {"COMPARISON", "COMMA", "DOT"}
_LAST_WORD = re.compile(r"(\w+)$")
_TIME = re.compile(r"\s*((?:\d+[smhdw])+)\b")
_LAST_NAME = re.compile(r"(\w+|\"[^\"]+\")\.$")

_EXPECTED = (
    # The first row whose kinds of words may all come next says what was expected.
    ({"WORD", "FUNCTION"}, "a field such as price, or a number"),
    ({"COMPARISON", "CROSSES"}, "a comparison such as > 70k, crosses above 70k, up 5% in 1h or is bullish"),
    ({"COMMA", "RPAR"}, "a comma or the closing parenthesis"),
    ({"COMMA"}, "a comma and what comes after it, as in recently(price > 70k, 4h)"),
    ({"PERCENT", "QUANTITY"}, "an amount such as 5% or 500"),
    ({"IN"}, "a window such as in 1h, or since open(1d)"),
    ({"QUANTITY"}, "a duration such as 15m, 4h or 7d"),
    ({"WHERE"}, "where and a condition, as in count(where price > 70k)"),
    ({"WITHIN", "BETWEEN", "NOT"}, "a state such as bullish, or between 60k and 70k"),
    ({"WITHIN", "BETWEEN"}, "within 1% of 70k or between 60k and 70k"),
    ({"WORD"}, "a name such as price, or a state such as bullish"),
    ({"RPAR", "AND"}, "and, or, or the closing parenthesis"),
    ({"RPAR"}, "the closing parenthesis"),
    ({"TO", "AND"}, "to and the other end, as in 60k to 70k"),
    ({"AND", "OR"}, "and, or, or the end of the sentence"),
    ({"AND"}, "and with the other end, as in between 60k and 70k"),
    ({"OF"}, "of and a level, as in within 1% of 70k"),
    ({"ALERT"}, "alert, as in since last alert"),
    ({"BY"}, "by, as in confirmed by 2 sources"),
    ({"SOURCES"}, "sources, as in confirmed by 2 sources"),
    ({"PLUS"}, "+, -, *, / or the end"),
    ({"$END"}, "the end of the sentence"),
    ({"LPAR"}, "an opening parenthesis"),
    ({"DOT"}, "a dot and a field, as in ETH.price"),
)

_WORD_HINTS = {
    "rises": "write up 5% in 1h",
    "falls": "write down 5% in 1h",
    "drops": "write down 5% in 1h",
    "gains": "write up 5% in 1h",
    "loses": "write down 5% in 1h",
    "hits": "write reaches",
    "than": "write > or <",
    "equals": "write ==",
    "below": "write < or crosses below",
    "above": "write > or crosses above",
    "up": "write a whole move, such as price up 5% in 1h",
    "down": "write a whole move, such as price down 5% in 1h",
    "for": "for: 5m is a line of the rule; after a crossing write holds 5m",
    "stays": "say how long with for: 5m in the rule",
    "touches": "write reaches",
    "near": "write within 1% of",
    "exceeds": "write >",
    "if": "write and",
    "when": "write and",
    "percent": "write 5%",
    "usd": "leave the currency out",
    "dollars": "leave the currency out",
}

_CHARACTER_HINTS = {
    "$": "leave the currency sign out",
    "€": "leave the currency sign out",
    "£": "leave the currency sign out",
    "&": "write and",
    "|": "write or",
    "!": "write not, or != for differs",
    "'": "quote a coin's name with \"",
    '"': "this quote is not closed",
    "“": "quote a coin's name with \"",
    "”": "quote a coin's name with \"",
    "≥": "write >=",
    "≤": "write <=",
    "×": "write *",
    ".": "write 0.5, with a digit before the point",
}

_UNIT_WORDS = {
    "hours": "h",
    "hour": "h",
    "hrs": "h",
    "hr": "h",
    "minutes": "m",
    "minute": "m",
    "mins": "m",
    "min": "m",
    "days": "d",
    "day": "d",
    "weeks": "w",
    "week": "w",
    "seconds": "s",
    "second": "s",
    "secs": "s",
    "sec": "s",
    "million": "M",
    "mio": "M",
    "mn": "M",
    "billion": "B",
    "bn": "B",
    "thousand": "k",
}


class Sentence:
    """A sentence on its way to a tree, with the problems found so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.void = False
        """True where it cannot be read for a mistake that is told elsewhere."""

    def words(self, span: Span) -> str:
        """The author's own words there."""
        return " ".join(self.text[slice(*span)].split())

    def blame(self, span: Span, message: str, hint: str = "", *, warning: bool = False) -> None:
        self.problems.append(self.problem(span, message, hint, warning=warning))

    def problem(self, span: Span, message: str, hint: str = "", *, warning: bool = False) -> Problem:
        """A problem at this place of the sentence, which is shown as one line."""
        line = "".join(" " if char in "\r\n" else char for char in self.text)
        width = max(span[1] - span[0], 1)
        return Problem(message, "", 1, span[0] + 1, text=line, width=width, hint=hint, warning=warning)

    def syntax(self, error: UnexpectedInput) -> Problem:
        """The problem behind an error of the parser."""
        if isinstance(error, UnexpectedToken):
            return self._unexpected_word(error)
        if not isinstance(error, UnexpectedCharacters):
            raise error
        at = error.pos_in_stream or 0
        if found := self.idiom(at):
            return found
        char = self.text[at]
        digits_before = self.text[:at].rstrip()[-1:].isalnum()
        hint = _CHARACTER_HINTS.get(char, "")
        if char == "." and digits_before:
            hint = 'quote a name that begins with a digit: "1INCH".price'
        return self.problem((at, at + 1), f"{char!r} does not belong here", hint)

    def idiom(self, at: int) -> Problem | None:
        """What traders say there in words of their own."""
        idiom = idiom_at(self.text, at)
        if idiom is None:
            return None
        place, hint = idiom
        return self.problem(place, f"the language has no {self.words(place)!r}", hint)

    def _unexpected_word(self, error: UnexpectedToken) -> Problem:
        token = error.token
        accepts = set(error.accepts or ())
        start = token.start_pos if token.type != "$END" and token.start_pos is not None else len(self.text.rstrip())
        if found := self.idiom(start):
            return found
        expected = next((words for kinds, words in _EXPECTED if kinds <= accepts), "something else")
        if token.type == "$END":
            return self.problem((start, start + 1), f"the sentence ends too early: expected {expected}")
        span = (start, start + len(token))
        if accepts == {"QUANTITY"} and self.text[:start].rstrip().lower().endswith("by"):
            expected = "how many sources"
        word = str(token).lstrip(", ") or str(token)
        return self.problem(span, f"expected {expected}, not {word!r}", self._hint(token, accepts))

    def _hint(self, token: Token, accepts: set[str]) -> str:
        start = token.start_pos or 0
        before = self.text[:start].rstrip()
        last = _LAST_WORD.search(before)
        if token.type in _SIGNS:
            return _sign_hint(token, before, self.text[start + 1 :], accepts)
        if last and last[1].lower() in FUNCTIONS and token.type in ("QUANTITY", "WORD", "PERCENT"):
            return f"write {FUNCTIONS[last[1].lower()].form}"
        if token.type in ("WORD", "FUNCTION"):
            if token.type == "FUNCTION" and before.endswith("."):
                return _inside_hint(token, before)
            if before[-1:].isdigit() and (len(token) == 1 or token.lower() in _UNIT_WORDS):
                return "write the unit right behind the number, with one letter: 1h, 15m, 70k"
            hint = _with_time(_WORD_HINTS.get(token.lower(), ""), self.text[start + len(token) :])
            return hint or did_you_mean(token, _next_words(accepts), cutoff=0.7)
        if token.type == "WITHIN" and "IN" in accepts:
            return "write in 1h"
        return _WORD_HINTS.get(token.lower(), "")


def _sign_hint(token: Token, before: str, after: str, accepts: set[str]) -> str:
    if token.type == "COMPARISON":
        if before.endswith("=") and token in ("<", ">"):
            return f"write {token}="
        return "write two comparisons: price > 1 and price < 2" if "AND" in accepts else ""
    if token.type == "DOT":
        return 'quote a name that begins with a digit: "1INCH".price' if before[-1:].isalnum() else ""
    if after.lstrip().lower().startswith("confirmed"):
        return "leave the comma out"
    if before[-1:].isdigit() and after[:1].isdigit():
        return "write a number without commas: 70000 or 70k"
    if "AND" in accepts:
        return "write and"
    return ""


def _with_time(hint: str, after: str) -> str:
    """The hint with the author's own duration, which follows, for the one that it shows."""
    own = _TIME.match(after)
    return hint.replace("5m", own[1]) if own else hint


def _inside_hint(function: Token, before: str) -> str:
    """The coin of a function stands within its parentheses."""
    coin = _LAST_NAME.search(before)
    name = function.lower()
    form = FUNCTIONS[name].form if name in FUNCTIONS else f"{name}(1h)"
    inside = form.partition("(")[2].removeprefix("price, ")
    return f"write {name}({coin[1]}.price, {inside}" if coin and "where" not in form else ""


def _next_words(accepts: set[str]) -> Iterable[str]:
    yield from (word for word in KEYWORDS if word.upper() in accepts)
    if accepts >= _OPERAND:
        yield from FIELDS
        yield from FUNCTIONS


def listed(names: Iterable[str], joined: str) -> str:
    """`a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} {joined} {last}" if first else last


def unknown_field(word: str, series: Iterable[str], coins: Container[str]) -> tuple[str, str]:
    """Message and hint for a word that stands where a field belongs; the coins are in upper case."""
    name = word.lower()
    if name in FUNCTIONS:
        return f"{word!r} needs parentheses behind it", f"write {FUNCTIONS[name].form}"
    states = next((spec.name for spec in FIELDS.values() if name in (*spec.labels, *spec.aliases)), None)
    if name in FIELDS_MEANT and word not in coins:
        hint = FIELDS_MEANT[name]
    elif states:
        hint = f"write {states} is {name}"
    elif word.upper() in coins:
        hint = f"write {word.upper()}.price for the price of a coin"
    elif near := did_you_mean(word, (*FIELDS, *series)):
        hint = near
    elif word.isupper():
        hint = f"write {word}.price for the price of a coin"
    else:
        hint = f"the fields are {', '.join(FIELDS)}"
    return f"there is no field {word!r}", hint


def unknown_function(word: str) -> tuple[str, str]:
    if word.lower() in FIELDS:
        return f"{word!r} is a field and takes no parentheses", f"write {word.lower()}"
    meant = FUNCTIONS_MEANT.get(word.lower())
    near = did_you_mean(word, (*FUNCTIONS, "volume", "base_volume", "recently"))
    if meant:
        near = f"write {FUNCTIONS[meant].form}"
    return f"there is no function {word!r}", near or f"the functions are {', '.join(FUNCTIONS)}"


def quantity_hint(text: str) -> str:
    """How to write what is neither a number nor a duration."""
    for longer, unit in _UNIT_WORDS.items():
        if text.lower().endswith(longer):
            return f"write {text[: -len(longer)]}{unit}"
    if text[-1] in "SHDW":
        return f"write {text.lower()}"
    return "numbers end in k, M or B; durations in s, m, h, d or w; quote a name that begins with a digit"


def duration_hint(text: str) -> str:
    """How to write what is no duration, "" where nobody can tell."""
    together = "".join(text.split())
    with suppress(ValueError):
        duration(together)
        return f"write {together}" if together != text else ""
    hint = quantity_hint(together) if together[:1].isdigit() and together[-1].isalpha() else ""
    return hint if hint.startswith("write") else ""
