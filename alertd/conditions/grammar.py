"""The grammar of the condition language, and how its words are told apart.

Words are told apart by what follows them: a `QUALIFIER` stands before a dot (`ETH.price`), a `FUNCTION` before a
parenthesis (`high(24h)`), a keyword is one of `KEYWORDS`, any other is a `WORD` (a field, a state). So a coin called
IN or AGE needs no quotes in front of a dot. A new form is a rule below, its keywords, and a method in `parse`.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from lark import Lark, Token, UnexpectedCharacters
from lark.common import LexerConf
from lark.lexer import Lexer, LexerState

KEYWORDS = frozenset(
    (
        "and",
        "or",
        "not",
        "crosses",
        "breaks",
        "above",
        "below",
        "reaches",
        "every",
        "holds",
        "up",
        "down",
        "moves",
        "in",
        "since",
        "last",
        "alert",
        "within",
        "of",
        "between",
        "enters",
        "leaves",
        "flips",
        "from",
        "to",
        "is",
        "confirmed",
        "by",
        "sources",
        "where",
    )
)

_CALLS = frozenset(("recently", "count", "share"))
"""Words that are keywords before a parenthesis, because a condition stands in it."""

_DECLARED = " ".join(sorted(word.upper() for word in (KEYWORDS | _CALLS) - {"holds"}))

_KEYWORDS_OF = {
    "WORD": {word: word.upper() for word in KEYWORDS},
    "FUNCTION": {word: word.upper() for word in KEYWORDS | _CALLS},
}
_STRANGE = "STRANGE"
"""The kind of a character that begins no word."""

NUMERAL = r"\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?"
PERCENT = NUMERAL + r"\s*%"
SUFFIX = r"[A-Za-z]*(?:\d+(?:\.\d+)?[A-Za-z]+)*"
QUANTITY = NUMERAL + SUFFIX

_GRAMMAR = rf"""
// What stands alone is given its place in one step, whatever could have stood beside it: each step costs time.
?start: condition
?condition: clause | negated | all_of | any_of
?part: clause | negated
?side: clause | negated | all_of
all_of: part (AND part)+
any_of: side (OR side)+
negated: NOT part
?clause: "(" condition ")"
    | sum COMPARISON sum                                                       -> compare
    | sum (CROSSES | BREAKS) [ABOVE | BELOW] sum                               -> cross
    | sum CROSSES EVERY (QUANTITY | PERCENT)                                   -> cross_every
    | sum REACHES sum                                                          -> reach
    | sum (UP | DOWN | MOVES) (QUANTITY | PERCENT) IN QUANTITY                 -> move
    | sum (UP | DOWN | MOVES) (QUANTITY | PERCENT) SINCE sum                   -> since
    | sum (UP | DOWN | MOVES) (QUANTITY | PERCENT) SINCE LAST ALERT            -> since_alert
    | sum [IS] [NOT] WITHIN (QUANTITY | PERCENT) OF sum                        -> within
    | sum [IS] [NOT] BETWEEN sum AND sum                                       -> between
    | sum (ENTERS | LEAVES) WITHIN (QUANTITY | PERCENT) OF sum                 -> enters_within
    | sum (ENTERS | LEAVES) [BETWEEN] sum (TO | AND) sum                       -> enters_between
    | sum IS [NOT] label                                                       -> state
    | sum FLIPS [FROM label] [TO label]                                        -> flip
    | RECENTLY "(" condition "," QUANTITY RPAR                                 -> recently
    | QUANTITY OF "(" condition ("," condition)+ RPAR                          -> some_of
    | clause HOLDS QUANTITY                                                    -> holds
    | clause CONFIRMED BY QUANTITY SOURCES                                     -> confirmed

?sum: atom | product | addition
?term: atom | product
?factor: atom | product
?addition: sum (PLUS | MINUS) term                                             -> arithmetic
?product: factor (TIMES | OVER) atom                                           -> arithmetic
?atom: "(" sum ")"
    | MINUS atom                                                               -> negative
    | (QUANTITY | PERCENT)                                                     -> constant
    | FUNCTION "(" sum ("," sum)* RPAR                                         -> call
    | (COUNT | SHARE) "(" WHERE condition RPAR                                 -> breadth
    | [QUALIFIER "." | QUOTED "."] WORD                                        -> field

label: WORD WORD? | QUOTED

RPAR: ")"
COMPARISON: ">=" | "<=" | "==" | "!=" | ">" | "<" | "="
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
QUOTED: /"[^"\n]+"/
PERCENT.3: /{PERCENT}/
QUANTITY.2: /{QUANTITY}/
HOLDS.4: /(,\s*)?holds\b(?!\.)/i
QUALIFIER.2: /[^\W\d]\w*(?=\.)/
FUNCTION.1: /[^\W\d]\w*(?=\s*\()/
WORD: /[^\W\d]\w*/

%declare {_DECLARED}
%import common.WS
%ignore WS
"""


class _Word(Token):
    """A token without the lines and columns that nobody asks for."""

    __slots__ = ()
    line = column = end_line = end_column = end_pos = None


def _word(kind: str, text: str, start: int) -> Token:
    word = str.__new__(_Word, text)
    word.type, word.value, word.start_pos = kind, text, start
    return word


_unexpected: Callable[[str, int, int, int], UnexpectedCharacters] = UnexpectedCharacters
"""Lark's own error, made from the text, a place in it, line and column."""


class _Words(Lexer):
    """Cuts a sentence into its words in one go: all kinds of them are one pattern, and a keyword is its own kind.

    Lark's own lexers, which count lines as well and look at every blank, take more than twice as long.
    """

    __future_interface__ = 1

    def __init__(self, conf: LexerConf) -> None:
        terminals = {terminal.name: terminal for terminal in conf.terminals}
        blank = "|".join(terminals.pop(name).pattern.to_regexp() for name in conf.ignore)
        kinds = sorted(terminals.values(), key=lambda kind: (-kind.priority, -kind.pattern.max_width))
        named = "|".join(f"(?P<{kind.name}>{kind.pattern.to_regexp()})" for kind in kinds)
        self._next = re.compile(rf"(?:{blank})?(?:{named}|(?P<{_STRANGE}>(?!{blank}).))", re.DOTALL)

    def lex(self, lexer_state: LexerState, parser_state: object) -> Iterator[Token]:
        text = str(lexer_state.text.text)
        for found in self._next.finditer(text):
            kind = str(found.lastgroup)
            word: str = found[kind]
            if kind in _KEYWORDS_OF:
                kind = _KEYWORDS_OF[kind].get(word.lower(), kind)
            elif kind == _STRANGE:
                raise _unexpected(text, found.end() - 1, 1, found.end())
            yield _word(kind, word, found.end() - len(word))


@cache
def parser() -> Lark:
    """The parser, built on first use."""
    return Lark(_GRAMMAR, parser="lalr", lexer=_Words, start=["start", "sum"], regex=False)
