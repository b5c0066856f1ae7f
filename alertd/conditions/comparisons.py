"""Two sides that are compared, crossed or kept apart: they have to be of one kind, and one of them has to change."""

from abc import ABC, abstractmethod

from alertd.conditions import tree as t
from alertd.conditions.fields import FieldSpec, Unit
from alertd.conditions.lookback import RELATIVE, Lookback
from alertd.conditions.mistakes import Sentence
from alertd.conditions.names import Lexicon
from alertd.conditions.terms import parts_of
from alertd.conditions.units import unit_of, words_for


class Comparisons(ABC):
    """The checks of one sentence that go by units."""

    def __init__(self, sentence: Sentence, known: Lexicon) -> None:
        self._sentence = sentence
        self._known = known
        self._lookback = Lookback(sentence, known)

    @abstractmethod
    def condition(self, node: t.Condition) -> None:
        """Check a condition, which may stand within an expression."""

    def compared(self, node: t.Compare | t.Cross | t.Between | t.Within, *sides: t.Expression) -> None:
        terms = [term for side in sides for term in parts_of(side)]
        self._terms(terms)
        if isinstance(node, t.Compare):
            self._lookback.whole_ages(terms)
        else:
            self._lookback.ages(terms, node.span, crossed=isinstance(node, t.Cross))
        units = [unit_of(side, self._sentence, self._known.spec) for side in sides]
        first = units[0]
        if not any(isinstance(term, t.Field | t.Count | t.Share) for term in terms):
            if None not in units:
                self._sentence.blame(
                    node.span, "this never changes: there is no field in it", "name one, such as price"
                )
            return
        for side, unit in zip(sides[1:], units[1:], strict=True):
            if first is None or unit is None:
                continue
            if Unit.STATE in (first, unit):
                self._state_compared(node, sides[0] if first is Unit.STATE else side)
            elif not _comparable(first, unit):
                self._sentence.blame(node.span, *self._mismatch((sides[0], first), (side, unit)))
            else:
                continue
            return

    def _terms(self, terms: list[t.Expression]) -> None:
        self._lookback.terms(terms)
        for term in terms:
            if isinstance(term, t.Count | t.Share):
                self.condition(term.of)
                self._lookback.lasting("count" if isinstance(term, t.Count) else "share", term.of)

    def _state_compared(self, node: t.Condition, state: t.Expression) -> None:
        spec = self.spec(state)
        verb = "flips to" if t.momentary(node) else "is"
        hint = f"write {spec.name} {verb} {next(iter(spec.labels))}" if spec and spec.labels else ""
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
            if not 0 < abs(side.value) < 1:
                return f"write {side.value:g}%"
            as_part = f"write {100 * side.value:g}%"
            return as_part if isinstance(percent, t.Share) else f"{as_part}, or {side.value:g}% where that is meant"
        if unit is Unit.MONEY:
            name = self._sentence.words(side.span)
            return f"write {name} up 5% in 1h, or {name} > 1.05 * average({name}, 24h)"
        if isinstance(side, t.Count):
            return "write share(where …) for a percentage of the coins"
        if isinstance(percent, t.Percent):
            points = percent.value if unit is not Unit.NUMBER else percent.value / 100
            return f"write {points:g}, without %"
        return ""

    def near(self, node: t.Within) -> None:
        self.compared(node, node.of, node.target)
        unit = unit_of(node.of, Sentence(self._sentence.text), self._known.spec)
        if isinstance(node.amount, t.Parameter) or unit in (None, Unit.STATE, Unit.DURATION):
            return
        if node.relative and unit is not None and unit not in RELATIVE:
            words = self._sentence.words(node.of.span)
            self._sentence.blame(
                node.amount.span,
                f"{words} is {words_for(unit)}: how near it is counts in points",
                f"write within {node.amount.value:g} of {self._sentence.words(node.target.span)}",
            )
        elif node.amount.value <= 0:
            self._sentence.blame(node.amount.span, "a distance has to be larger than nothing")

    def every(self, node: t.CrossEvery) -> None:
        terms = list(parts_of(node.of))
        self._terms(terms)
        self._lookback.ages(terms, node.span, crossed=True)
        unit = unit_of(node.of, self._sentence, self._known.spec)
        words = self._sentence.words(node.of.span)
        if not any(isinstance(term, t.Field | t.Count | t.Share) for term in terms):
            self._sentence.blame(node.span, "this never changes: there is no field in it", "name one, such as price")
        elif unit is Unit.STATE:
            self._state_compared(node, node.of)
        elif isinstance(node.step, t.Percent):
            self._sentence.blame(
                node.step.span,
                "a step is a plain number: percents of what moves are no fixed levels",
                f"write {words} crosses every 1000, or {words} moves {node.step.value:g}% since last alert",
            )
        elif unit is Unit.PERCENT:
            self._sentence.blame(node.of.span, f"{words} is a percentage: it has no steps", f"write {words} crosses 5%")
        elif isinstance(node.step, t.Number) and node.step.value <= 0:
            self._sentence.blame(node.step.span, "a step has to be larger than nothing")

    # ── moves ────────────────────────────────────────────────────────────────────────────────────────────────────

    def move(self, node: t.Move | t.Since, base: str) -> None:
        field, amount = node.field, node.amount
        spec = self.spec(field)
        if spec is None or isinstance(amount, t.Parameter):
            return
        if spec.unit is Unit.STATE:
            self._sentence.blame(node.span, f"{spec.name} is a state: it does not move", f"write {spec.name} flips")
        elif node.relative and spec.unit not in RELATIVE:
            points = f"{self._sentence.words(field.span)} {node.direction} {amount.value:g} {base}"
            self._sentence.blame(
                amount.span, f"{spec.name} is {words_for(spec.unit)}: it moves by points", f"write {points}"
            )
        elif amount.value <= 0:
            self._sentence.blame(amount.span, "a move has to be larger than nothing")
        elif node.relative and node.direction == "down" and amount.value >= 100:
            self._sentence.blame(amount.span, "nothing falls by 100% or more")

    def _words_after(self, node: t.Node, word: str) -> str:
        return self._sentence.words(node.span).rpartition(f" {word} ")[2]

    def since(self, node: t.Since) -> None:
        self.move(node, f"since {self._sentence.words(node.base.span)}")
        if isinstance(node.base, t.LastAlert):
            return
        terms = list(parts_of(node.base))
        self._terms(terms)
        self._lookback.ages(terms, node.span, crossed=False)
        spec = self.spec(node.field)
        unit = unit_of(node.base, self._sentence, self._known.spec)
        if spec is None or unit is None or spec.unit is Unit.STATE:
            return
        if unit is Unit.STATE:
            self._state_compared(node, node.base)
        elif not _comparable(spec.unit, unit):
            self._sentence.blame(node.span, *self._mismatch((node.field, spec.unit), (node.base, unit)))

    def spec(self, node: t.Expression) -> FieldSpec | None:
        return self._known.spec(node.name) if isinstance(node, t.Field) else None


def _comparable(one: Unit, other: Unit) -> bool:
    if one is other:
        return True
    return Unit.NUMBER in (one, other) and not {one, other} & {Unit.PERCENT, Unit.DURATION}
