"""Text → tree. Here a sentence gets its structure and its names; whether it makes sense is `check`'s to say."""

import math
from collections.abc import Sequence
from typing import cast

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from alertd.conditions import tree as t
from alertd.conditions.grammar import FUNCTIONS, parser
from alertd.conditions.mistakes import Sentence, duration_hint, quantity_hint, unknown_function
from alertd.conditions.names import NOTHING, Names
from alertd.errors import RuleError
from alertd.model import units
from alertd.model.universe import Universe

LONGEST = 2000
"""Characters of a sentence."""

DEEPEST = 60
"""Levels of a tree: so that nothing that walks one can run out of stack."""

ANYTHING = Universe(literal=True)
"""Every coin is known by its own name, and nothing is said of sources."""


def parse(text: str, universe: Universe = ANYTHING) -> t.Condition:
    """A sentence as a tree. Raises RuleError with every wrong name, or the first mistake of its structure."""
    sentence = Sentence(text)
    found = read(sentence, universe)
    if sentence.problems:
        raise RuleError(sentence.problems)
    return found


def read(sentence: Sentence, universe: Universe) -> t.Condition:
    """Like `parse`, but wrong names are left in `sentence.problems` and have `names.NOTHING` in their place."""
    text = sentence.text
    if len(text) > LONGEST:
        raise RuleError([sentence.problem((LONGEST, LONGEST + 1), f"longer than {LONGEST} characters")])
    if not text.strip():
        raise RuleError([sentence.problem((0, 1), "the condition is empty", "write one, such as price > 70k")])
    try:
        syntax = parser().parse(text)
    except UnexpectedInput as error:
        raise RuleError([sentence.syntax(error)]) from None
    if len(text) > DEEPEST and _depth(syntax) > DEEPEST:
        raise RuleError([sentence.problem((0, len(text)), f"nested deeper than {DEEPEST} levels")])
    return _Builder(sentence, universe).build(syntax)


def _depth(syntax: Tree[Token]) -> int:
    deepest, level = 0, [syntax]
    while level:
        deepest += 1
        level = [child for node in level for child in node.children if isinstance(child, Tree)]
    return deepest


def _at(token: Token) -> t.Span:
    start = token.start_pos or 0
    return (start, start + len(token))


def _over(first: t.Node, last: t.Node) -> t.Span:
    return (first.span[0], last.span[1])


class _Builder:
    """One method per form of the grammar, from the leaves up."""

    def __init__(self, sentence: Sentence, universe: Universe) -> None:
        self._sentence = sentence
        self._names = Names(sentence, universe)

    def build(self, syntax: Tree[Token]) -> t.Condition:
        """The node for a form of the grammar: the method of its name, given what is below it."""
        below = [self.build(child) if isinstance(child, Tree) else child for child in syntax.children]
        return cast("t.Condition", getattr(self, syntax.data)(*below))

    def start(self, condition: t.Condition) -> t.Condition:
        return condition

    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────

    def constant(self, token: Token) -> t.Number | t.Percent | t.Duration:
        """`5m` becomes five million here; `_in_time` makes it five minutes where a duration belongs."""
        span, text = _at(token), str(token)
        if token.type == "PERCENT":
            return t.Percent(self._finite(text.rstrip("% \t\n"), span), span=span)
        for reading in (self._number, self._span_of_time):
            try:
                return reading(text, span)
            except ValueError:
                continue
        self._sentence.blame(span, f"{text!r} is neither a number nor a duration", quantity_hint(text))
        return t.Number(1.0, span=span)

    def field(self, qualifier: Token | None, word: Token) -> t.Field:
        end = _at(word)[1]
        if qualifier is None:
            return self._names.field(str(word), _at(word))
        return self._names.field(
            str(word), (_at(qualifier)[0], end), qualifier=qualifier.strip('"'), quoted=qualifier.type == "QUOTED"
        )

    def call(self, function: Token, *arguments: t.Expression) -> t.Expression:
        name = function.lower()
        span = (_at(function)[0], arguments[-1].span[1] + 1)
        if name not in FUNCTIONS:
            self._sentence.blame(_at(function), *unknown_function(str(function)))
            return NOTHING
        if name == "age":
            return self._age(span, arguments)
        return self._windowed(name, span, arguments)

    def _age(self, span: t.Span, arguments: tuple[t.Expression, ...]) -> t.Expression:
        of = arguments[0]
        if len(arguments) != 1 or not isinstance(of, t.Field):
            self._sentence.blame(span, "age takes one field", "write age(price) > 10m")
            return NOTHING
        return t.Age(of, span=span)

    def _windowed(self, name: str, span: t.Span, arguments: tuple[t.Expression, ...]) -> t.Expression:
        *named, last = arguments
        of = named[0] if named else t.Field("price", span=span)
        if len(named) > 1 or not isinstance(of, t.Field) or isinstance(last, t.Field):
            self._sentence.blame(span, f"{name} takes a field and a window", f"write {name}(price, 24h)")
            return NOTHING
        if not named:
            of = self._names.field("price", span)
        seconds = self._duration(last.span)
        if name == "change":
            return t.Change(of, seconds, span=span)
        return t.Window(name, of, seconds, span=span)

    def arithmetic(self, left: t.Expression, operator: Token, right: t.Expression) -> t.Expression:
        return t.Arithmetic(str(operator), left, right, span=_over(left, right))

    def negative(self, minus: Token, of: t.Expression) -> t.Expression:
        span = (_at(minus)[0], of.span[1])
        match of:
            case t.Number(value):
                return t.Number(-value, span=span)
            case t.Percent(value):
                return t.Percent(-value, span=span)
            case _:
                return t.Negative(of, span=span)

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

    def compare(self, left: t.Expression, operator: Token, right: t.Expression) -> t.Condition:
        left, right = self._in_time(left, right)
        sign = "==" if operator == "=" else str(operator)
        return t.Compare(sign, left, right, span=_over(left, right))

    def cross(self, left: t.Expression, _: Token, direction: Token | None, right: t.Expression) -> t.Condition:
        left, right = self._in_time(left, right)
        return t.Cross(direction.lower() if direction else "either", left, right, span=_over(left, right))

    def reach(self, left: t.Expression, _: Token, right: t.Expression) -> t.Condition:
        return t.Cross("reaches", left, right, span=_over(left, right))

    def move(self, of: t.Expression, direction: Token, amount: Token, _: Token, window: Token) -> t.Condition:
        subject = self._subject(of, direction)
        size = self.constant(amount)
        if isinstance(size, t.Duration):
            self._sentence.blame(size.span, f"expected an amount such as 5% or 500, not {str(amount)!r}")
            size = t.Number(1.0)
        relative = isinstance(size, t.Percent)
        span = (of.span[0], _at(window)[1])
        return t.Move(direction.lower(), subject, size, relative, self._duration(_at(window)), span=span)

    def label(self, *words: Token) -> t.Field:
        """A state's label, carried up as a nameless node: only its place is needed."""
        return t.Field("", span=(_at(words[0])[0], _at(words[-1])[1]))

    def state(self, of: t.Expression, verb: Token, negated: Token | None, label: t.Field) -> t.Condition:
        subject = self._subject(of, verb)
        span = _over(of, label)
        found = t.Is(subject, self._state(subject, label), span=span)
        return t.Not(found, span=span) if negated else found

    def flip(
        self, of: t.Expression, verb: Token, _from: Token | None, before: t.Field | None, *rest: Token | t.Field | None
    ) -> t.Condition:
        subject = self._subject(of, verb)
        after = next((node for node in rest if isinstance(node, t.Field)), None)
        source = self._state(subject, before) if before else None
        target = self._state(subject, after) if after else None
        span = (of.span[0], (after or before or t.Field("", span=_at(verb))).span[1])
        return t.Flip(subject, source, target, span=span)

    def negated(self, word: Token, of: t.Condition) -> t.Condition:
        return t.Not(of, span=(_at(word)[0], of.span[1]))

    def all_of(self, *parts: t.Condition | Token) -> t.Condition:
        conditions = [part for part in parts if not isinstance(part, Token)]
        return conjoin(conditions)

    def any_of(self, *parts: t.Condition | Token) -> t.Condition:
        conditions = [part for part in parts if not isinstance(part, Token)]
        flat = [inner for part in conditions for inner in (part.parts if isinstance(part, t.Or) else (part,))]
        return t.Or(tuple(flat), span=_over(conditions[0], conditions[-1]))

    # ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _subject(self, of: t.Expression, verb: Token) -> t.Field:
        if isinstance(of, t.Field):
            return of
        words = self._sentence.words(of.span)
        self._sentence.blame(of.span, f"{str(verb)!r} follows a field such as price, not {words!r}")
        return NOTHING

    def _state(self, of: t.Field, label: t.Field) -> float:
        return self._names.state(of, self._sentence.words(label.span).strip('"'), label.span)

    def _number(self, text: str, span: t.Span) -> t.Number:
        return t.Number(self._finite(text, span), span=span)

    def _span_of_time(self, text: str, span: t.Span) -> t.Duration:
        return t.Duration(units.duration(text), span=span)

    def _finite(self, text: str, span: t.Span) -> float:
        value = units.number(text)
        if math.isinf(value):
            self._sentence.blame(span, f"{text!r} is too large")
            return 1.0
        return value

    def _duration(self, span: t.Span) -> float:
        text = self._sentence.words(span)
        try:
            return units.duration(text)
        except ValueError as error:
            self._sentence.blame(span, f"{error}, not {text!r}", duration_hint(text))
            return math.nan

    def _in_time(self, left: t.Expression, right: t.Expression) -> tuple[t.Expression, t.Expression]:
        """Where one side is an age, `10m` is ten minutes on the other."""
        if any(isinstance(node, t.Age) for side in (left, right) for node in t.walk(side)):
            return self._timed(left), self._timed(right)
        return left, right

    def _timed(self, side: t.Expression) -> t.Expression:
        match side:
            case t.Number() if self._sentence.words(side.span).endswith("m"):
                return t.Duration(self._duration(side.span), span=side.span)
            case t.Arithmetic(operator, left, right):
                return t.Arithmetic(operator, self._timed(left), self._timed(right), span=side.span)
            case t.Negative(of):
                return t.Negative(self._timed(of), span=side.span)
            case _:
                return side


def conjoin(parts: Sequence[t.Condition]) -> t.Condition:
    """All of these at once; an `and` among them gives its parts, so that there is one tree per meaning."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, t.And) else (part,))]
    return t.And(tuple(flat), span=_over(parts[0], parts[-1])) if len(flat) > 1 else flat[0]
