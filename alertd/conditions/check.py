"""The type check: what a sentence says must make sense before anything runs.

Percent is a type, money and grades are not compared, a state is no number, and what happens on one reading alone is
neither negated nor waited for. All of a sentence's mistakes are found at once.
"""

import math
from dataclasses import dataclass

from alertd.conditions import tree as t
from alertd.conditions.fields import FIELDS, FieldSpec, Unit
from alertd.conditions.mistakes import Sentence
from alertd.conditions.parse import read
from alertd.conditions.units import unit_of, words_for
from alertd.errors import Problem, RuleError
from alertd.model.units import say_duration
from alertd.model.universe import Universe

LONGEST_WINDOW = 400 * 86400.0
"""Seconds of history that the market keeps."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition that makes sense, with what its author should still hear."""

    tree: t.Condition
    warnings: tuple[Problem, ...] = ()


def compile_condition(text: str, universe: Universe) -> Compiled:
    """A sentence, parsed, resolved and type-checked. Raises RuleError with all its mistakes.

    The problems have the sentence's own columns, on line 1 of no file.
    """
    sentence = Sentence(text)
    tree = read(sentence, universe)
    check = _Check(sentence, universe)
    check.condition(tree)
    problems = sorted(sentence.problems, key=lambda problem: problem.column)
    mistakes = [problem for problem in problems if not problem.warning]
    if mistakes:
        raise RuleError(mistakes)
    return Compiled(tree, tuple(problems))


class _Check:
    def __init__(self, sentence: Sentence, universe: Universe) -> None:
        self._sentence = sentence
        self._universe = universe

    def condition(self, node: t.Condition) -> None:
        match node:
            case t.Compare(_, left, right):
                self._sides(node, left, right)
            case t.Cross(_, left, right):
                self._sides(node, left, right)
                self._not_of_age(node)
            case t.Move():
                self._move(node)
            case t.Is(field):
                self._state_field(field, node.span)
            case t.Flip(field, source, target):
                self._state_field(field, node.span)
                if source is not None and source == target:
                    self._sentence.blame(node.span, "a flip is from one state to another, not to the same")
            case t.Not(of):
                self.condition(of)
                self._negated(node)
            case t.And(parts) | t.Or(parts):
                for part in parts:
                    self.condition(part)
                if isinstance(node, t.And):
                    self._coincidence(node)

    # ── comparisons ──────────────────────────────────────────────────────────────────────────────────────────────

    def _sides(self, node: t.Compare | t.Cross, left: t.Expression, right: t.Expression) -> None:
        for side in (left, right):
            self._windows(side)
        self._whole_ages(node)
        one, other = unit_of(left, self._sentence), unit_of(right, self._sentence)
        if one is None or other is None:
            return
        if not any(isinstance(inner, t.Field) for inner in t.walk(node)):
            self._sentence.blame(node.span, "this never changes: there is no field in it", "name one, such as price")
        elif Unit.STATE in (one, other):
            self._state_compared(node, left if one is Unit.STATE else right)
        elif not _comparable(one, other):
            self._sentence.blame(node.span, *self._mismatch((left, one), (right, other)))

    def _state_compared(self, node: t.Compare | t.Cross, state: t.Expression) -> None:
        spec = _spec(state)
        verb = "is" if isinstance(node, t.Compare) else "flips to"
        hint = f"write {spec.name} {verb} {next(iter(spec.labels))}" if spec else ""
        self._sentence.blame(node.span, f"{self._sentence.words(state.span)} is a state, not a number", hint)

    def _mismatch(self, left: tuple[t.Expression, Unit], right: tuple[t.Expression, Unit]) -> tuple[str, str]:
        message = " and ".join(
            f"{self._sentence.words(side.span)} is {words_for(unit)}" for side, unit in (left, right)
        )
        by_unit = {unit: side for side, unit in (left, right)}
        message += ": the two cannot be compared"
        if Unit.PERCENT in by_unit:
            other = next((unit for unit in by_unit if unit is not Unit.PERCENT), Unit.NUMBER)
            return message, self._percent_hint(by_unit[Unit.PERCENT], by_unit[other], other)
        if Unit.DURATION in by_unit:
            return message, "an age is compared with a duration, as in age(price) > 10m"
        return message, ""

    def _percent_hint(self, percent: t.Expression, side: t.Expression, unit: Unit) -> str:
        if isinstance(side, t.Number):
            return f"write {side.value:g}%"
        if unit is Unit.MONEY:
            name = self._sentence.words(side.span)
            return f"write {name} up 5% in 1h, or {name} > 1.05 * average({name}, 24h)"
        if isinstance(percent, t.Percent):
            points = percent.value if unit is not Unit.NUMBER else percent.value / 100
            return f"write {points:g}, without %"
        return ""

    def _not_of_age(self, node: t.Cross) -> None:
        if any(isinstance(inner, t.Age) for inner in t.walk(node)):
            self._sentence.blame(node.span, "an age crosses nothing: each reading ends it", "write age(price) > 10m")

    def _whole_ages(self, node: t.Compare | t.Cross) -> None:
        """An age passes a limit without any reading: the moment is only known where it stands alone."""
        for inner in t.walk(node):
            if isinstance(inner, t.Arithmetic | t.Negative):
                for age in (part for part in t.children(inner) if isinstance(part, t.Age)):
                    hint = f"write {self._sentence.words(age.span)} > 10m"
                    self._sentence.blame(inner.span, "an age is compared as it is, not calculated with", hint)

    # ── the other forms ──────────────────────────────────────────────────────────────────────────────────────────

    def _move(self, node: t.Move) -> None:
        field, amount = node.field, node.amount
        spec = _spec(field)
        if spec is None or isinstance(amount, t.Parameter):
            return
        self._window(node, field, node.seconds)
        if spec.unit is Unit.STATE:
            self._sentence.blame(node.span, f"{spec.name} is a state: it does not move", f"write {spec.name} flips")
        elif node.relative and spec.unit is not Unit.MONEY:
            points = f"{field.name} {node.direction} {amount.value:g} in {say_duration(node.seconds)}"
            self._sentence.blame(
                amount.span, f"{spec.name} is {words_for(spec.unit)}: it moves by points", f"write {points}"
            )
        elif amount.value <= 0:
            self._sentence.blame(amount.span, "a move has to be larger than nothing")
        elif node.relative and node.direction == "down" and amount.value >= 100:
            self._sentence.blame(amount.span, "nothing falls by 100% or more")

    def _state_field(self, field: t.Field, span: t.Span) -> None:
        spec = _spec(field)
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

    def _coincidence(self, node: t.And) -> None:
        events = [part for part in node.parts if t.momentary(part)]
        if len(events) < 2:
            return
        self._sentence.blame(
            node.span,
            f"{self._sentence.words(events[0].span)!r} and {self._sentence.words(events[1].span)!r} have to happen on"
            " the very same reading",
            "recently(…, 4h), which a later version knows, remembers one for a while",
            warning=True,
        )

    # ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _windows(self, side: t.Expression) -> None:
        for node in t.walk(side):
            if isinstance(node, t.Window | t.Change):
                self._window(node, node.field, node.seconds)

    def _window(self, node: t.Window | t.Change | t.Move, field: t.Field, seconds: float) -> None:
        spec = _spec(field)
        if spec is None or math.isnan(seconds):
            return
        if spec.unit is Unit.STATE and not isinstance(node, t.Move):
            self._sentence.blame(node.span, f"{spec.name} is a state: it has no {_verb(node)}")
        elif isinstance(node, t.Change) and spec.unit is not Unit.MONEY:
            hint = f"write {field.name} up 5 in {say_duration(seconds)}"
            self._sentence.blame(node.span, f"{spec.name} is {words_for(spec.unit)}: it changes by points", hint)
        if seconds <= 0:
            self._sentence.blame(node.span, "a window has to be longer than nothing")
        elif seconds > LONGEST_WINDOW:
            self._sentence.blame(node.span, f"a window is {say_duration(LONGEST_WINDOW)} at the longest")
        elif (slowest := self._interval(field)) > seconds:
            self._sentence.blame(
                node.span,
                f"{spec.name} comes every {say_duration(slowest)}: a window of {say_duration(seconds)} is too short",
                f"take a window of {say_duration(2 * slowest)} or longer, or poll more often",
            )

    def _interval(self, field: t.Field) -> float:
        """Seconds between readings of the field at the quickest source that the sentence allows, 0 if unknown."""
        names = [field.source] if field.source else list(self._universe.sources)
        known = [self._universe.intervals.get((name, field.name)) for name in names]
        return min((interval for interval in known if interval is not None), default=0.0)


def _spec(node: t.Expression) -> FieldSpec | None:
    return FIELDS.get(node.name) if isinstance(node, t.Field) else None


def _verb(node: t.Window | t.Change | t.Move) -> str:
    return node.function if isinstance(node, t.Window) else "change"


def _comparable(one: Unit, other: Unit) -> bool:
    if one is other:
        return True
    return Unit.NUMBER in (one, other) and not {one, other} & {Unit.PERCENT, Unit.DURATION}
