"""What a sentence can never be, or must always be: warnings to its author.

Where no way is left in which a condition comes true it is never true; where none is left for its opposite it is
always true. Only what has to be YES is counted: UNKNOWN is no evidence of anything.
"""

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from math import inf

from alertd.conditions import tree as t
from alertd.conditions.fields import Unit, label_of, spec_of
from alertd.conditions.mistakes import Sentence
from alertd.conditions.ranges import difference, span_of
from alertd.conditions.ways import OPPOSITE, TURNED, Key, Ways, entails, ways_of
from alertd.errors import Problem
from alertd.model.units import say_duration, say_number

_SAID = {">": "above {}", ">=": "{} or above", "<": "below {}", "<=": "{} or below", "==": "{}", "!=": "other than {}"}
NEVER, _ALWAYS = "this is never true: ", "this is always true: "
"""How the message of a warning begins."""
_CONSTANTS = (t.Number, t.Percent, t.Duration)
_TWO_WAYS = re.compile(r"(?<![\w.])[1-9]\d{0,2}\.\d\d0(?![\w.%])", re.ASCII)
"""A number whose point may be meant to set thousands apart: nobody writes the last 0 of a fraction."""
_LEAVES = (*_CONSTANTS, t.Field, t.Window, t.Change, t.Indicator, t.Opening, t.LastAlert, t.Age)


def warn(tree: t.Condition, sentence: Sentence, coins: float = inf) -> None:
    """Add a warning for every part that can never be true, or always is; `coins` is how many the rule has.

    For a tree without mistakes. A part is told once: what is made of it is not told as well.
    """
    _Reader(sentence, coins).read(tree)


def warn_of_points(sentence: Sentence) -> None:
    """Add a warning for every number that is another one where people set thousands apart with points."""
    for found in _TWO_WAYS.finditer(sentence.text):
        whole = found[0].replace(".", "")
        message = f"{found[0]} is read as {say_number(float(found[0]))}"
        sentence.blame(found.span(), message, f"write {whole} if thousands are meant", warning=True)


def warnings_of_count(tree: t.Condition, text: str, coins: int) -> tuple[Problem, ...]:
    """What can be said only when the number of the rule's coins is known: `count(…) > 10` over three of them."""
    if not any(isinstance(node, t.Count | t.Rank) for node in t.walk(tree)):
        return ()
    before, after = Sentence(text), Sentence(text)
    warn(tree, before)
    warn(tree, after, coins)
    known = {problem.column for problem in before.problems}
    return tuple(problem for problem in after.problems if problem.column not in known)


def always_ended(when: t.Condition, until: t.Condition) -> bool:
    """True if `until` is YES whenever `when` is: no episode can ever open."""
    ways, ends = ways_of(when, want=True), ways_of(until, want=True)
    if not ways or not ends:
        return False
    return all(any(entails(way, end) for end in ends) for way in ways)


class _Reader:
    """Goes through a condition from its leaves up, and tells what makes no sense."""

    def __init__(self, sentence: Sentence, coins: float) -> None:
        self._sentence = sentence
        self._coins = coins

    def _ways(self, node: t.Condition, *, want: bool) -> Ways:
        return ways_of(node, want, self._coins)

    def read(self, node: t.Condition) -> bool:
        """True if something was told of the node or of a part of it."""
        match node:
            case t.And(parts) | t.Or(parts) | t.Some(_, parts) | t.Confirmed(_, parts):
                told = [self.read(part) for part in parts]
                return any(told) or self._whole(node, parts)
            case t.Not(of) | t.Recently(of):
                return self.read(of)
            case _:
                # The conditions inside `count` and `share` are said of every coin by itself.
                inside = [self.read(part.of) for part in _counted(node)]
                return any(inside) or self._leaf(node)

    # ── one comparison, crossing or move ─────────────────────────────────────────────────────────────────────────

    def _leaf(self, node: t.Condition) -> bool:
        if any(map(_divides_by_nothing, t.walk(node))):
            self._sentence.blame(node.span, f"{NEVER}it divides by 0", warning=True)
            return True
        sides = node.of if isinstance(node, t.Holds) else node
        if isinstance(sides, t.Compare | t.Cross) and self._open(sides.left, sides.right):
            return False
        for want, told in ((True, NEVER), (False, _ALWAYS)):
            if not self._possible(node, want):
                self._sentence.blame(node.span, f"{told}{self._reason(node)}", warning=True)
                return True
        return False

    def _open(self, left: t.Expression, right: t.Expression) -> bool:
        """True for the usual comparison: either side may be the larger one, so that there is nothing to tell."""
        apart = difference(span_of(left, self._coins), span_of(right, self._coins))
        return apart.low < 0 < apart.high and left != right

    def _possible(self, node: t.Condition, want: bool) -> bool:
        match node:
            case t.Compare() | t.Between() | t.Within() | t.Is():
                return self._ways(node, want=want) != ()
            case t.Holds(cross):
                return not want or self._possible(cross, True)
            case t.Cross(direction, left, right) if want and direction in ("above", "below"):
                over = ">" if direction == "above" else "<"
                sides = (t.Compare(sign, left, right) for sign in (over, OPPOSITE[over]))
                return all(self._ways(side, want=True) != () for side in sides)
            case t.Cross(_, left, right) if want:
                return self._ways(t.Compare("==", left, right), want=True) != ()
            case t.Enters(area) if want:
                return all(self._ways(area, want=side) != () for side in (True, False))
            case t.Move(direction, field, amount, relative) | t.Since(direction, field, amount, relative):
                return not want or self._can_move(direction, field, amount, relative=relative)
            case _:
                return True

    def _can_move(self, direction: str, field: t.Field, amount: t.Amount, *, relative: bool) -> bool:
        size, within = span_of(amount).low, span_of(field)
        if relative:
            # A fall by all of it ends at zero.
            return not (direction == "down" and size >= 100 and within.low >= 0)
        return size <= within.high - within.low

    def _reason(self, node: t.Condition) -> str:
        words = self._sentence.words
        match node:
            case t.Between(_, low, high) if span_of(low).low > span_of(high).high:
                return f"the ends are the wrong way round, write between {words(high.span)} and {words(low.span)}"
            case t.Within(_, amount) if span_of(amount).high < 0:
                return "a distance is never below 0"
            case t.Between(of) | t.Within(of) | t.Enters(t.Between(of) | t.Within(of)):
                return self._extent(of)
            case t.Compare(_, left, right) | t.Cross(_, left, right) | t.Holds(t.Cross(_, left, right)):
                return self._about(left, right)
            case t.Move(_, field, _, relative) | t.Since(_, field, _, relative):
                return "nothing falls by 100% or more" if relative else self._extent(field)
            case _:
                return "it is so whatever the values are"

    def _about(self, left: t.Expression, right: t.Expression) -> str:
        if left == right:
            return "both sides are the same"
        fixed = [span_of(side, self._coins).point for side in (left, right)]
        if not any(fixed):
            return f"{self._extent(left)} and {self._extent(right)}"
        return self._extent(right if fixed[0] else left)

    def _extent(self, of: t.Expression) -> str:
        """The values of an expression as people say them."""
        words, within = self._sentence.words(of.span), span_of(of, self._coins)
        say = _speaker(of)
        if within.low == -inf:
            return f"{words} is {'never above ' + say(within.high) if within.high < inf else 'any number'}"
        if within.high < inf:
            return f"{words} is from {say(within.low)} to {say(within.high)}"
        return f"{words} is {'always above' if within.above else 'never below'} {say(within.low)}"

    # ── several at once ──────────────────────────────────────────────────────────────────────────────────────────

    def _whole(self, node: t.Condition, parts: tuple[t.Condition, ...]) -> bool:
        """What its parts do not say alone: so an `and` only becomes impossible, an `or` only certain."""
        if not _share_a_subject(parts):
            return False
        for want, told in ((True, NEVER), (False, _ALWAYS)):
            if not isinstance(node, t.Or if want else t.And) and self._ways(node, want=want) == ():
                span, reason = self._conflict(node, parts, want)
                self._sentence.blame(span, f"{told}{reason}", warning=True)
                return True
        return False

    def _conflict(self, node: t.Condition, parts: tuple[t.Condition, ...], want: bool) -> tuple[t.Span, str]:
        if isinstance(node, t.And | t.Or):
            for one, other in combinations(parts, 2):
                if self._ways(type(node)((one, other)), want=want) == ():
                    return (one.span[0], other.span[1]), self._pair(one, other, want)
        if want:
            return node.span, "no value makes enough of its parts true at once"
        return node.span, "whatever the values are, enough of its parts are true"

    def _pair(self, one: t.Condition, other: t.Condition, want: bool) -> str:
        (subject, first), (again, second) = self._said(one), self._said(other)
        if subject and subject == again:
            if want:
                return f"{subject} is never {first} and {second} at once"
            return f"{subject} is always {first} or {second}"
        words = [self._sentence.words(part.span) for part in (one, other)]
        if want:
            return f"{words[0]!r} and {words[1]!r} exclude each other"
        return f"where {words[0]!r} is not true, {words[1]!r} is"

    def _said(self, node: t.Condition) -> tuple[str, str]:
        """(what it is about, what it says of it): (`price`, `above 70k`); nothing where it is not that simple."""
        words = self._sentence.words
        match node:
            case t.Compare(operator, left, right):
                if span_of(left, self._coins).point:
                    operator, left, right = TURNED[operator], right, left
                return words(left.span), _SAID[operator].format(words(right.span))
            case t.Cross(direction, left, right) if direction in ("above", "below"):
                return words(left.span), f"{direction} {words(right.span)}"
            case t.Between(of) | t.Within(of) | t.Enters(t.Between(of) | t.Within(of), False):
                return words(of.span), words((of.span[1], node.span[1])).removeprefix("is ").removeprefix("enters ")
            case t.Is(field, state) | t.Not(t.Is(field, state)):
                label = label_of(field.name, state)
                return words(field.span), f"not {label}" if isinstance(node, t.Not) else label
            case _:
                return "", ""


def _divides_by_nothing(node: t.Tree) -> bool:
    match node:
        case t.Arithmetic("/", _, by):
            divisor = span_of(by)
            return divisor.point and divisor.low == 0
        case _:
            return False


def _share_a_subject(parts: tuple[t.Condition, ...]) -> bool:
    """False where every part is about something else, so that nothing new can come of them."""
    seen: set[Key] = set()
    for part in parts:
        own = set(_subjects(part))
        if own & seen:
            return True
        seen |= own
    return False


def _subjects(node: t.Condition) -> Iterator[Key]:
    """All that `ways_of` can ask something of, constants left out."""
    match node:
        case t.And(parts) | t.Or(parts) | t.Some(_, parts) | t.Confirmed(_, parts):
            for part in parts:
                yield from _subjects(part)
        case t.Not(of):
            yield from _subjects(of)
        case t.Holds(cross):
            yield node
            yield from _subjects(cross)
        case t.Enters(area):
            yield node
            yield from _subjects(area)
        case _:
            yield node
            yield from (child for child in t.children(node) if not isinstance(child, _CONSTANTS))


def _counted(node: t.Tree) -> Iterator[t.Count | t.Share]:
    """What counts in a condition that is not made of others."""
    for child in t.children(node):
        if isinstance(child, t.Count | t.Share):
            yield child
        elif not isinstance(child, _LEAVES):
            yield from _counted(child)


def _speaker(of: t.Expression) -> Callable[[float], str]:
    """How the bounds of an expression are said: with the sign of a percentage, as a duration, or as a number."""
    kind = _unit(of)
    if kind is Unit.DURATION:
        return say_duration
    return lambda value: say_number(value) + "%" * (kind is Unit.PERCENT)


def _unit(of: t.Expression) -> Unit | None:
    match of:
        case t.Age() | t.Duration():
            return Unit.DURATION
        case t.Percent() | t.Change() | t.Share() | t.Window("drawdown"):
            return Unit.PERCENT
        case t.Field(name):
            spec = spec_of(name)
            return spec.unit if spec is not None else None
        case t.Negative(inner) | t.Arithmetic(_, inner, t.Number()) | t.Arithmetic(_, t.Number(), inner):
            return _unit(inner)
        case _:
            return None
