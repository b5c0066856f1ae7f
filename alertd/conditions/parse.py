"""Text → tree. Here a sentence gets its structure and its names; whether it makes sense is `check`'s to say."""

from collections.abc import Sequence
from typing import cast

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from alertd.conditions import tree as t
from alertd.conditions.confirm import said_by, slow, unnamed
from alertd.conditions.grammar import parser
from alertd.conditions.mistakes import Sentence, listed
from alertd.conditions.names import NOTHING, lexicon
from alertd.conditions.terms import Terms, at, over
from alertd.errors import RuleError
from alertd.model.universe import Universe

LONGEST = 2000
"""Characters of a sentence."""

DEEPEST = 60
"""Levels of a tree: so that nothing that walks one can run out of stack."""

ANYTHING = Universe(literal=True)
"""Every coin is known by its own name, and nothing is said of sources."""

_UPWARD = frozenset(("high", "resistance", "all_time_high"))
_DOWNWARD = frozenset(("low", "support", "all_time_low"))


def parse(text: str, universe: Universe = ANYTHING) -> t.Condition:
    """A sentence as a tree. Raises RuleError with every wrong name, or the first mistake of its structure."""
    sentence = Sentence(text)
    found = read(sentence, universe)
    if sentence.problems:
        raise RuleError(sentence.problems)
    return found


def read(sentence: Sentence, universe: Universe) -> t.Condition:
    """Like `parse`, but wrong names are left in `sentence.problems` and have `names.NOTHING` in their place."""
    return cast("t.Condition", _read(sentence, universe, "start"))


def read_expression(sentence: Sentence, universe: Universe) -> t.Expression:
    """The same for what stands on one side of a comparison (`ETH.price / BTC.price`)."""
    return cast("t.Expression", _read(sentence, universe, "sum"))


def _read(sentence: Sentence, universe: Universe, start: str) -> t.Tree:
    text = sentence.text
    if len(text) > LONGEST:
        raise RuleError([sentence.problem((LONGEST, LONGEST + 1), f"longer than {LONGEST} characters")])
    if not text.strip():
        raise RuleError([sentence.problem((0, 1), "the condition is empty", "write one, such as price > 70k")])
    try:
        syntax = parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise RuleError([sentence.syntax(error)]) from None
    return _Builder(sentence, lexicon(universe)).build(syntax)


class _Builder(Terms):
    """One method per form of the grammar, from the leaves up."""

    def build(self, syntax: Tree[Token], level: int = 1) -> t.Tree:
        """The node for a form of the grammar: the method of its name, given what is below it."""
        if level > DEEPEST:
            text = self._sentence.text
            raise RuleError([self._sentence.problem((0, len(text)), f"nested deeper than {DEEPEST} levels")])
        below = [self.build(child, level + 1) if isinstance(child, Tree) else child for child in syntax.children]
        return cast("t.Tree", getattr(self, syntax.data)(*below))

    # ── comparisons and crossings ────────────────────────────────────────────────────────────────────────────────

    def compare(self, left: t.Expression, operator: Token, right: t.Expression) -> t.Condition:
        left, right = self._in_time(left, right)
        sign = "==" if operator == "=" else str(operator)
        return t.Compare(sign, left, right, span=over(left, right))

    def cross(self, left: t.Expression, verb: Token, way: Token | None, right: t.Expression) -> t.Condition:
        left, right = self._in_time(left, right)
        direction = way.lower() if way else "either"
        if way is None and verb.type == "BREAKS":
            direction = self._broken(verb, right)
        return t.Cross(direction, left, right, span=over(left, right))

    def _broken(self, verb: Token, level: t.Expression) -> str:
        """The way in which a level breaks that has only one."""
        name = level.function if isinstance(level, t.Window) else level.name if isinstance(level, t.Field) else None
        if name in _DOWNWARD:
            return "below"
        if name not in _UPWARD and level != NOTHING:
            words = self._sentence.words(level.span)
            self._sentence.blame(
                at(verb), f"{words} can break in either way: say above or below", f"write breaks above {words}"
            )
        return "above"

    def cross_every(self, of: t.Expression, verb: Token, _every: Token, step: Token) -> t.Condition:
        return t.CrossEvery(of, self._amount(step, "1000"), span=(of.span[0], at(step)[1]))

    def reach(self, left: t.Expression, _: Token, right: t.Expression) -> t.Condition:
        left, right = self._in_time(left, right)
        return t.Cross("reaches", left, right, span=over(left, right))

    def holds(self, of: t.Condition, word: Token, duration: Token) -> t.Condition:
        seconds = self._calls.duration(at(duration))
        span = (of.span[0], at(duration)[1])
        if isinstance(of, t.Cross) and of.direction in ("above", "below"):
            return t.Holds(of, seconds, span=span)
        place = at(word) if not word.startswith(",") else (at(word)[1] - len("holds"), at(word)[1])
        if isinstance(of, t.Cross):
            hint = "say which way: above or below"
        elif t.momentary(of):
            hint = "write price crosses above 70k, holds 15m"
        else:
            hint = f"write for: {duration} in the rule, or price crosses above 70k, holds {duration}"
        self._sentence.blame(place, "holds goes with crosses above, crosses below and breaks", hint)
        return of

    def within(
        self,
        of: t.Expression,
        _is: Token | None,
        negated: Token | None,
        _within: Token,
        *rest: Token | t.Expression,
    ) -> t.Condition:
        found = self._near(of, *rest)
        return t.Not(found, span=found.span) if negated else found

    def _near(self, of: t.Expression, *rest: Token | t.Expression) -> t.Within:
        amount, _of, target = cast("tuple[Token, Token, t.Expression]", rest)
        size = self._amount(amount, "1% or 500")
        return t.Within(of, size, isinstance(size, t.Percent), target, span=over(of, target))

    def between(
        self,
        of: t.Expression,
        _is: Token | None,
        negated: Token | None,
        _between: Token,
        *rest: Token | t.Expression,
    ) -> t.Condition:
        found = self._inside(of, *rest)
        return t.Not(found, span=found.span) if negated else found

    def _inside(self, of: t.Expression, *rest: Token | t.Expression) -> t.Between:
        low, _and, high = cast("tuple[t.Expression, Token, t.Expression]", rest)
        of, low, high = self._in_time(of, low, high)
        return t.Between(of, low, high, span=over(of, high))

    def enters_within(self, of: t.Expression, way: Token, _within: Token, *rest: Token | t.Expression) -> t.Condition:
        found = self._near(of, *rest)
        return t.Enters(found, way.type == "LEAVES", span=found.span)

    def enters_between(
        self, of: t.Expression, way: Token, _between: Token | None, *rest: Token | t.Expression
    ) -> t.Condition:
        found = self._inside(of, *rest)
        return t.Enters(found, way.type == "LEAVES", span=found.span)

    # ── moves ────────────────────────────────────────────────────────────────────────────────────────────────────

    def move(self, of: t.Expression, direction: Token, amount: Token, _: Token, window: Token) -> t.Condition:
        subject = self._subject(of, direction)
        size = self._amount(amount)
        seconds = self._calls.duration(at(window))
        span = (of.span[0], at(window)[1])
        return t.Move(direction.lower(), subject, size, isinstance(size, t.Percent), seconds, span=span)

    def since(self, of: t.Expression, direction: Token, amount: Token, _: Token, base: t.Expression) -> t.Condition:
        subject = self._subject(of, direction)
        size = self._amount(amount)
        if isinstance(base, t.Indicator) and base.function == "open":
            # The field of `open(1d)` stands nowhere, so it has the place of the whole: it is the one that moves.
            of_what = subject if base.field.span == base.span else base.field
            base = t.Opening(of_what, base.interval, span=base.span)
        span = over(of, base)
        return t.Since(direction.lower(), subject, size, isinstance(size, t.Percent), base, span=span)

    def since_alert(self, of: t.Expression, direction: Token, amount: Token, _: Token, *last: Token) -> t.Condition:
        subject = self._subject(of, direction)
        size = self._amount(amount)
        place = (at(last[0])[0], at(last[-1])[1])
        base = t.LastAlert(subject, span=place)
        return t.Since(direction.lower(), subject, size, isinstance(size, t.Percent), base, span=(of.span[0], place[1]))

    # ── states ───────────────────────────────────────────────────────────────────────────────────────────────────

    def label(self, *words: Token) -> t.Field:
        """The words of a state: only their place is of use before the field is known."""
        return t.Field(" ".join(words), span=(at(words[0])[0], at(words[-1])[1]))

    def state(self, of: t.Expression, verb: Token, negated: Token | None, label: t.Field) -> t.Condition:
        subject = self._subject(of, verb)
        span = over(of, label)
        found = t.Is(subject, self._state(subject, label), span=span)
        return t.Not(found, span=span) if negated else found

    def flip(
        self, of: t.Expression, verb: Token, _from: Token | None, before: t.Field | None, *rest: Token | t.Field | None
    ) -> t.Condition:
        subject = self._subject(of, verb)
        after = next((node for node in rest if isinstance(node, t.Field)), None)
        source = self._state(subject, before) if before else None
        target = self._state(subject, after) if after else None
        span = (of.span[0], (after or before or t.Field("", span=at(verb))).span[1])
        return t.Flip(subject, source, target, span=span)

    def _subject(self, of: t.Expression, verb: Token) -> t.Field:
        if isinstance(of, t.Field):
            return of
        if idiom := self._sentence.idiom(at(verb)[0]):
            self._sentence.problems.append(idiom)
            return NOTHING
        words = self._sentence.words(of.span)
        self._sentence.blame(of.span, f"{str(verb)!r} follows a field such as price, not {words!r}")
        return NOTHING

    def _state(self, of: t.Field, label: t.Field) -> float:
        return self._names.state(of, self._sentence.words(label.span).strip('"'), label.span)

    # ── conditions of conditions ─────────────────────────────────────────────────────────────────────────────────

    def negated(self, word: Token, of: t.Condition) -> t.Condition:
        return t.Not(of, span=(at(word)[0], of.span[1]))

    def all_of(self, *parts: t.Condition | Token) -> t.Condition:
        return conjoin([part for part in parts if not isinstance(part, Token)])

    def any_of(self, *parts: t.Condition | Token) -> t.Condition:
        conditions = [part for part in parts if not isinstance(part, Token)]
        flat = [inner for part in conditions for inner in (part.parts if isinstance(part, t.Or) else (part,))]
        return t.Or(tuple(flat), span=over(conditions[0], conditions[-1]))

    def recently(self, word: Token, of: t.Condition, window: Token, close: Token) -> t.Condition:
        return t.Recently(of, self._calls.duration(at(window)), span=(at(word)[0], at(close)[1]))

    def some_of(self, count: Token, _of: Token, *parts: t.Condition | Token) -> t.Condition:
        conditions = tuple(part for part in parts if isinstance(part, t.Node))
        span = (at(count)[0], at(cast("Token", parts[-1]))[1])
        return t.Some(self._count(count, 1, len(conditions)), conditions, span=span)

    def confirmed(self, of: t.Condition, _confirmed: Token, _by: Token, count: Token, last: Token) -> t.Condition:
        number = self._count(count, 2, None)
        span = (of.span[0], at(last)[1])
        fields = unnamed(of)
        if not fields or not self._known.universe.sources:
            return t.Confirmed(number, (of,), span=span)
        sources = self._known.sources(fields)
        quick = tuple(each for each in sources if not slow(of, fields, each, self._known.universe))
        sources = quick if len(quick) >= number else sources
        if len(sources) < number:
            names = listed(dict.fromkeys(field.name for field in fields), "and")
            told = f"only {listed(sources, 'and')} {'does' if len(sources) == 1 else 'do'}" if sources else "none does"
            self._sentence.blame(at(count), f"{number} sources have to give {names}: {told}")
            return t.Confirmed(number, (of,), span=span)
        return t.Confirmed(number, tuple(said_by(source, of) for source in sources), span=span)

    def _count(self, token: Token, least: int, most: int | None) -> int:
        text = str(token)
        if text.isdecimal() and least <= int(text) and (most is None or int(text) <= most):
            return int(text)
        limits = f"from {least} to {most}" if most is not None else f"of {least} or more"
        self._sentence.blame(at(token), f"expected a whole number {limits}, not {text!r}")
        return least


def conjoin(parts: Sequence[t.Condition]) -> t.Condition:
    """All of these at once; an `and` among them gives its parts, so that there is one tree per meaning."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, t.And) else (part,))]
    return t.And(tuple(flat), span=over(parts[0], parts[-1])) if len(flat) > 1 else flat[0]
