"""The expressions of a sentence: what its grammar found, with names looked up and numbers read."""

import math
from collections.abc import Iterator
from typing import cast

from lark import Token

from alertd.conditions import tree as t
from alertd.conditions.calls import Calls
from alertd.conditions.mistakes import Sentence, quantity_hint
from alertd.conditions.names import Lexicon, Names
from alertd.model import units


def at(token: Token) -> t.Span:
    start = token.start_pos or 0
    return (start, start + len(token))


def over(first: t.Node, last: t.Node) -> t.Span:
    return (first.span[0], last.span[1])


def parts_of(side: t.Expression) -> Iterator[t.Expression]:
    """An expression and those below it, without the conditions that are counted in it."""
    yield side
    if not isinstance(side, t.Count | t.Share):
        for child in t.children(side):
            yield from parts_of(cast("t.Expression", child))  # nothing else stands below an expression


class Terms:
    """One method per form of the grammar that is an expression, from the leaves up."""

    def __init__(self, sentence: Sentence, known: Lexicon) -> None:
        self._sentence = sentence
        self._known = known
        self._names = Names(sentence, known)
        self._calls = Calls(sentence, self._names)
        self._ages = False

    def constant(self, token: Token) -> t.Number | t.Percent | t.Duration:
        """`5m` becomes five million here; `_in_time` makes it five minutes where a duration belongs."""
        span, text = at(token), str(token)
        if token.type == "PERCENT":
            return self._percent(text, span)
        try:
            return t.Number(self._finite(text, span), span=span)
        except ValueError:
            pass
        try:
            return t.Duration(units.duration(text), span=span)
        except ValueError:
            self._sentence.blame(span, f"{text!r} is neither a number nor a duration", quantity_hint(text))
            return t.Number(1.0, span=span)

    def _percent(self, text: str, span: t.Span) -> t.Percent:
        try:
            return t.Percent(self._finite(text.rstrip("% \t\r\n"), span), span=span)
        except ValueError:
            self._sentence.blame(span, f"{text!r} is no percentage", "write 5% or 0.5%")
            return t.Percent(1.0, span=span)

    def field(self, qualifier: Token | None, word: Token) -> t.Field:
        end = at(word)[1]
        if qualifier is None:
            return self._names.field(str(word), at(word))
        return self._names.field(
            str(word), (at(qualifier)[0], end), qualifier=qualifier.strip('"'), quoted=qualifier.type == "QUOTED"
        )

    def call(self, function: Token, *rest: t.Expression | Token) -> t.Expression:
        arguments = [node for node in rest if isinstance(node, t.Node)]
        place = at(function)
        found = self._calls.call(str(function), place, (place[0], _end(rest[-1])), arguments)
        self._ages |= isinstance(found, t.Age)
        return found

    def breadth(self, function: Token, _where: Token, of: t.Condition, close: Token) -> t.Expression:
        span = (at(function)[0], _end(close))
        return t.Count(of, span=span) if function.type == "COUNT" else t.Share(of, span=span)

    def arithmetic(self, left: t.Expression, operator: Token, right: t.Expression) -> t.Expression:
        return t.Arithmetic(str(operator), left, right, span=over(left, right))

    def negative(self, minus: Token, of: t.Expression) -> t.Expression:
        span = (at(minus)[0], of.span[1])
        match of:
            case t.Number(value):
                return t.Number(-value, span=span)
            case t.Percent(value):
                return t.Percent(-value, span=span)
            case _:
                return t.Negative(of, span=span)

    # ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _finite(self, text: str, span: t.Span) -> float:
        value = units.number(text)
        if math.isinf(value):
            self._sentence.blame(span, f"{text!r} is too large")
            return 1.0
        return value

    def _amount(self, token: Token, such: str = "5% or 500") -> t.Percent | t.Number:
        size = self.constant(token)
        if isinstance(size, t.Duration):
            self._sentence.blame(size.span, f"expected an amount such as {such}, not {str(token)!r}")
            return t.Number(1.0, span=size.span)
        return size

    def _in_time(self, *sides: t.Expression) -> tuple[t.Expression, ...]:
        """Where one side is an age, `10m` is ten minutes on the others."""
        if self._ages and any(isinstance(node, t.Age) for side in sides for node in parts_of(side)):
            return tuple(self._timed(side) for side in sides)
        return sides

    def _timed(self, side: t.Expression) -> t.Expression:
        match side:
            case t.Number() if self._calls.timed(side):
                return t.Duration(self._calls.duration(side.span), span=side.span)
            case t.Arithmetic(operator, left, right):
                return t.Arithmetic(operator, self._timed(left), self._timed(right), span=side.span)
            case t.Negative(of):
                return t.Negative(self._timed(of), span=side.span)
            case _:
                return side


def _end(of: t.Node | Token) -> int:
    return of.span[1] if isinstance(of, t.Node) else at(of)[1]
