"""The grammar of the condition language, and how its words are told apart.

Words are told apart by what follows them: a `QUALIFIER` stands before a dot (`ETH.price`), a `FUNCTION` before a
parenthesis (`high(24h)`), a keyword is one of `KEYWORDS`, any other is a `WORD` (a field, a state). So a coin called
IN or AGE needs no quotes in front of a dot. A new form is a rule below, its keywords, and a method in `parse`.
"""

from functools import cache

from lark import Lark, Token

KEYWORDS = frozenset(
    (
        "and",
        "or",
        "not",
        "crosses",
        "above",
        "below",
        "reaches",
        "up",
        "down",
        "moves",
        "in",
        "flips",
        "from",
        "to",
        "is",
    )
)

FUNCTIONS = ("high", "low", "average", "change", "age")

LATER = frozenset(
    (
        "rsi",
        "ema",
        "sma",
        "macd",
        "bollinger",
        "stddev",
        "zscore",
        "vwap",
        "atr",
        "close",
        "open",
        "volume",
        "rank",
        "count",
        "share",
        "where",
        "recently",
        "within",
        "between",
        "enters",
        "leaves",
        "of",
        "since",
    )
)
"""Words of the language that a later version knows: they are named in the mistake, never guessed at."""

_KEYWORD_TERMINALS = " ".join(sorted(word.upper() for word in KEYWORDS))

_GRAMMAR = rf"""
start: condition

?condition: conjunction
    | conjunction (OR conjunction)+                  -> any_of
?conjunction: negation
    | negation (AND negation)+                       -> all_of
?negation: clause
    | NOT negation                                   -> negated
?clause: "(" condition ")"
    | sum COMPARISON sum                             -> compare
    | sum CROSSES [ABOVE | BELOW] sum                -> cross
    | sum REACHES sum                                -> reach
    | sum (UP | DOWN | MOVES) (QUANTITY | PERCENT) IN QUANTITY -> move
    | sum IS [NOT] label                             -> state
    | sum FLIPS [FROM label] [TO label]              -> flip

?sum: product
    | sum (PLUS | MINUS) product                     -> arithmetic
?product: unary
    | product (TIMES | OVER) unary                   -> arithmetic
?unary: atom
    | MINUS unary                                    -> negative
?atom: "(" sum ")"
    | constant
    | FUNCTION "(" sum ("," sum)* ")"                -> call
    | [QUALIFIER "." | QUOTED "."] WORD              -> field

constant: QUANTITY | PERCENT
label: WORD WORD? | QUOTED

COMPARISON: ">=" | "<=" | "==" | "!=" | ">" | "<" | "="
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
QUOTED: /"[^"\n]+"/
PERCENT.3: /\d[\d_]*(\.\d+)?([eE][+-]?\d+)?\s*%/
QUANTITY.2: /\d[\d_]*(\.\d+)?([eE][+-]?\d+)?[A-Za-z]*(\d+(\.\d+)?[A-Za-z]+)*/
QUALIFIER.2: /[^\W\d]\w*(?=\.)/
FUNCTION.1: /[^\W\d]\w*(?=\s*\()/
WORD: /[^\W\d]\w*/

%declare {_KEYWORD_TERMINALS} LATER
%import common.WS
%ignore WS
"""


def _classify(token: Token) -> Token:
    """Give a keyword its own kind, in any case, and a word of a later version the kind that no rule takes."""
    word = token.lower()
    if word in KEYWORDS:
        return Token.new_borrow_pos(word.upper(), token.value, token)
    if word in LATER:
        return Token.new_borrow_pos("LATER", token.value, token)
    return token


@cache
def parser() -> Lark:
    """The parser, built on first use."""
    return Lark(
        _GRAMMAR, parser="lalr", lexer="basic", lexer_callbacks={"WORD": _classify, "FUNCTION": _classify}, regex=False
    )
