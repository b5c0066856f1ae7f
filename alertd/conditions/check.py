"""The type check: what a sentence says must make sense before anything runs.

Percent is a type, money and grades are not compared, a state is no number, and what happens on one reading alone is
neither negated nor waited for. All of a sentence's mistakes are found at once.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from alertd.conditions import tree as t
from alertd.conditions.comparisons import Comparisons
from alertd.conditions.confirm import unnamed
from alertd.conditions.fields import Unit
from alertd.conditions.mistakes import Sentence
from alertd.conditions.names import lexicon
from alertd.conditions.parse import read
from alertd.conditions.sense import warn, warn_of_points
from alertd.conditions.templates import Templates
from alertd.errors import Problem, RuleError
from alertd.model.universe import Universe


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition that makes sense, with what its author should still hear."""

    tree: t.Condition
    warnings: tuple[Problem, ...] = ()


def compile_condition(text: str, universe: Universe) -> Compiled:
    """A sentence, parsed, resolved and type-checked. Raises RuleError with all its mistakes.

    The problems have the sentence's own columns, on line 1 of no file; there are none where a mistake in a series,
    which is told where it stands, is all that is wrong.
    """
    sentence = Sentence(text)
    known = templates(universe)
    tree = known.fill(text)
    if tree is None:
        tree = read(sentence, universe)
        _Check(sentence, lexicon(universe)).condition(tree)
        if not sentence.problems and not sentence.void:
            known.learn(text, tree)
    if not sentence.void and all(problem.warning for problem in sentence.problems):
        warn(tree, sentence)
        warn_of_points(sentence)
    problems = sorted(sentence.problems, key=lambda problem: problem.column)
    mistakes = [problem for problem in problems if not problem.warning]
    if mistakes or sentence.void:
        raise RuleError(mistakes)
    return Compiled(tree, tuple(problems))


@lru_cache(2)
def templates(_: Universe) -> Templates:
    """What is remembered of the sentences of one universe: of the one that is in use and one that is taken up."""
    return Templates()


class _Check(Comparisons):
    def condition(self, node: t.Condition) -> None:
        match node:
            case t.Compare(_, left, right) | t.Cross(_, left, right):
                self.compared(node, left, right)
            case t.Is(field):
                self._state_field(field, node.span)
            case t.Move():
                self._lookback.window(node.span, node.field, node.seconds)
                self.move(node, f"in {self._words_after(node, 'in')}")
            case t.Flip(field, source, target):
                self._state_field(field, node.span)
                if source is not None and source == target:
                    self._sentence.blame(node.span, "a flip is from one state to another, not to the same")
            case t.And(parts) | t.Or(parts) | t.Some(_, parts):
                for part in parts:
                    self.condition(part)
                self._coincidence(node)
            case t.Not(of):
                self.condition(of)
                self._negated(node)
            case t.Between(of, low, high):
                self.compared(node, of, low, high)
            case t.Within():
                self.near(node)
            case t.Enters(of):
                self.condition(of)
            case _:
                self._remembering(node)

    def _remembering(self, node: t.Condition) -> None:
        match node:
            case t.Holds(of, seconds) | t.Recently(of, seconds):
                self.condition(of)
                if seconds <= 0:
                    self._sentence.blame(node.span, "expected a duration longer than nothing")
            case t.Since():
                self.since(node)
            case t.CrossEvery():
                self.every(node)
            case t.Confirmed():
                self._confirmed(node)
            case _:
                pass

    # ── states and what is made of conditions ────────────────────────────────────────────────────────────────────

    def _state_field(self, field: t.Field, span: t.Span) -> None:
        spec = self.spec(field)
        # `is` on a number was blamed when its label was looked up; a bare `flips` has none.
        if spec is not None and spec.unit is not Unit.STATE and not self._blamed_in(span):
            self._sentence.blame(
                span, f"{spec.name} is a number: only a state flips", f"write {spec.name} crosses above …"
            )

    def _blamed_in(self, span: t.Span) -> bool:
        return any(span[0] < problem.column <= span[1] for problem in self._sentence.problems)

    def _negated(self, node: t.Not) -> None:
        if t.momentary(node.of):
            words = self._sentence.words(node.of.span)
            self._sentence.blame(
                node.span,
                f"{words!r} is true on one reading alone, so it cannot be negated",
                "negate a state or a level",
            )

    def _coincidence(self, node: t.And | t.Or | t.Some) -> None:
        """Events that would have to happen on one reading are hardly meant."""
        events = [part for part in node.parts if t.momentary(part)]
        spare = 0 if isinstance(node, t.And) else math.inf
        if isinstance(node, t.Some):
            spare = len(node.parts) - node.count
        if len(events) - spare < 2:
            return
        one, other = (self._sentence.words(event.span) for event in events[:2])
        self._sentence.blame(
            node.span,
            f"{one!r} and {other!r} have to happen on the very same reading",
            f"recently({one}, 4h) is true for a while",
            warning=True,
        )

    def _confirmed(self, node: t.Confirmed) -> None:
        of, *others = node.parts
        before = len(self._sentence.problems)
        self.condition(of)
        if len(self._sentence.problems) > before:
            return
        words = self._sentence.words(of.span)
        if any(t.momentary(part) for part in t.walk(of) if not isinstance(part, t.Expression)):
            message = "sources never cross on the same reading"
            self._sentence.blame(node.span, message, "write price > 70k confirmed by 2 sources")
        elif any(_remembers(part) for part in t.walk(of)):
            self._sentence.blame(node.span, f"{words!r} has to be remembered: sources confirm what is true now")
        elif not others and not unnamed(of):
            message = "no other source can say this: it names its source, or is not of the rule's own coin"
            self._sentence.blame(node.span, message, "write price > 70k confirmed by 2 sources")
        else:
            # The others differ in their source alone, which may be too slow for a window.
            for part in others:
                if len(self._sentence.problems) == before:
                    self.condition(part)


def _remembers(node: t.Tree) -> bool:
    match node:
        case t.Recently() | t.Holds() | t.Since(_, _, _, _, t.LastAlert()):
            return True
        case _:
            return False
