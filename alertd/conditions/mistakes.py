"""What is wrong with a sentence, in a trader's words, with a caret under the place."""

from collections.abc import Iterable

from lark import Token, UnexpectedCharacters, UnexpectedToken
from lark.exceptions import UnexpectedInput

from alertd.conditions.fields import FIELDS
from alertd.conditions.grammar import FUNCTIONS, KEYWORDS
from alertd.conditions.tree import Span
from alertd.errors import Problem, did_you_mean

_OPERAND = {"WORD", "FUNCTION"}

_EXPECTED = (
    # The first row whose kinds of words may all come next says what was expected.
    ({"WORD", "FUNCTION"}, "a field such as price, or a number"),
    ({"COMPARISON", "CROSSES"}, "a comparison such as > 70k, crosses above 70k, up 5% in 1h or is bullish"),
    ({"COMMA"}, "a comma or the closing parenthesis"),
    ({"PERCENT", "QUANTITY"}, "an amount such as 5% or 500"),
    ({"IN"}, "a window such as in 1h"),
    ({"QUANTITY"}, "a duration such as 15m, 4h or 7d"),
    ({"WORD"}, "a name such as price, or a state such as bullish"),
    ({"RPAR", "AND"}, "and, or, or the closing parenthesis"),
    ({"RPAR"}, "the closing parenthesis"),
    ({"AND"}, "and, or, or the end of the sentence"),
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
        assert isinstance(error, UnexpectedCharacters)  # noqa: S101 - the parser raises these two
        at = error.pos_in_stream or 0
        char = self.text[at]
        digits_before = self.text[:at].rstrip()[-1:].isalnum()
        hint = _CHARACTER_HINTS.get(char, "")
        if char == "." and digits_before:
            hint = 'quote a name that begins with a digit: "1INCH".price'
        return self.problem((at, at + 1), f"{char!r} does not belong here", hint)

    def _unexpected_word(self, error: UnexpectedToken) -> Problem:
        token = error.token
        accepts = set(error.accepts or ())
        start = token.start_pos if token.type != "$END" and token.start_pos is not None else len(self.text.rstrip())
        expected = next((words for kinds, words in _EXPECTED if kinds <= accepts), "something else")
        if token.type == "$END":
            return self.problem((start, start + 1), f"the sentence ends too early: expected {expected}")
        span = (start, start + len(token))
        if token.type == "LATER":
            return self.problem(span, f"this version does not know {str(token)!r} yet", _instead(token))
        return self.problem(span, f"expected {expected}, not {str(token)!r}", self._hint(token, accepts))

    def _hint(self, token: Token, accepts: set[str]) -> str:
        before = self.text[: token.start_pos].rstrip()
        word = str(token)
        if word == "," and before[-1:].isdigit():
            return "write a number without commas: 70000 or 70k"
        if token.type == "COMPARISON" and "AND" in accepts:
            return "write two comparisons: price > 1 and price < 2"
        if word == "." and before[-1:].isalnum():
            return 'quote a name that begins with a digit: "1INCH".price'
        if token.type in ("WORD", "FUNCTION"):
            if before[-1:].isdigit() and token[0].lower() in "smhdwkb":
                return "write the unit right behind the number, with one letter: 1h, 15m, 70k"
            return _WORD_HINTS.get(token.lower()) or did_you_mean(token, _next_words(accepts))
        return _WORD_HINTS.get(token.lower(), "")


def _next_words(accepts: set[str]) -> Iterable[str]:
    yield from (word for word in KEYWORDS if word.upper() in accepts)
    if accepts >= _OPERAND:
        yield from FIELDS
        yield from FUNCTIONS


def _instead(token: Token) -> str:
    return {
        "volume": "volume_24h is what was traded in the last 24 hours",
        "rank": "market_cap_rank is the rank by market cap",
        "between": "write price > 1 and price < 2",
        "close": "write price",
        "of": "join conditions with and, or",
    }.get(token.lower(), "")


def unknown_field(word: str) -> tuple[str, str]:
    """Message and hint for a word that stands where a field belongs."""
    name = word.lower()
    if name in FUNCTIONS:
        example = "age(price)" if name == "age" else f"{name}(price, 24h)"
        return f"{word!r} needs its window in parentheses", f"write {example}"
    near = did_you_mean(word, FIELDS)
    states = next((spec.name for spec in FIELDS.values() if name in (*spec.labels, *spec.aliases)), None)
    if states:
        near = f"write {states} is {name}"
    elif not near and word.isupper():
        near = f"write {word}.price for the price of a coin"
    return f"there is no field {word!r}", near or f"the fields are {', '.join(FIELDS)}"


def unknown_function(word: str) -> tuple[str, str]:
    if word.lower() in FIELDS:
        return f"{word!r} is a field and takes no parentheses", f"write {word.lower()}"
    listed = f"the functions are {', '.join(FUNCTIONS)}"
    return f"there is no function {word!r}", did_you_mean(word, FUNCTIONS) or listed


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
    hint = quantity_hint(text) if text[-1:].isalpha() else ""
    return hint if hint.startswith("write") else ""
