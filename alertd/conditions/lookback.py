"""What a sentence needs of the past, checked: windows and bars that the sources can fill, ages that can be told.

And what is counted over the rule's coins: each has to be judged at one look, without a memory of its own.
"""

import math
from collections.abc import Sequence

from alertd.conditions import tree as t
from alertd.conditions.fields import Unit
from alertd.conditions.functions import FUNCTIONS, INTERVALS
from alertd.conditions.mistakes import Sentence
from alertd.conditions.names import Lexicon
from alertd.conditions.units import words_for
from alertd.model.units import say_duration

LONGEST_WINDOW = 400 * 86400.0
"""Seconds of history that the market keeps."""

RELATIVE = (Unit.MONEY, Unit.NUMBER)
"""What moves by percents of itself; the other units move by points."""


class Lookback:
    """Checks of one sentence."""

    def __init__(self, sentence: Sentence, known: Lexicon) -> None:
        self._sentence = sentence
        self._known = known

    def terms(self, terms: Sequence[t.Expression]) -> None:
        """Windows, bars and ranks among these."""
        for node in terms:
            match node:
                case t.Field() | t.Number() | t.Percent():
                    pass
                case t.Window(function, field, seconds):
                    self._described(node, field, function, relative=FUNCTIONS[function].relative)
                    self.window(node.span, field, seconds)
                case t.Change(field, seconds):
                    self._described(node, field, "change", relative=True)
                    self.window(node.span, field, seconds)
                case t.Indicator(function, field, _, interval, other):
                    for of in (field, other):
                        if of is not None:
                            self._described(node, of, function, relative=False)
                            self._bars(node.span, of, interval)
                case t.Opening(field, interval):
                    self._described(node, field, "open", relative=False)
                    self._bars(node.span, field, interval)
                case t.Rank(of):
                    self._ranked(node, of)
                case _:
                    pass

    def ages(self, terms: Sequence[t.Expression], span: t.Span, *, crossed: bool) -> None:
        """An age passes a limit without any reading: it is compared as it stands, and in no other way."""
        if any(isinstance(node, t.Age) for node in terms):
            message = "an age crosses nothing: each reading ends it" if crossed else "an age is compared with > or <"
            self._sentence.blame(span, message, "write age(price) > 10m")

    def whole_ages(self, terms: Sequence[t.Expression]) -> None:
        """The moment at which an age passes a limit is only known where it stands alone."""
        for node in terms:
            if isinstance(node, t.Arithmetic | t.Negative | t.Rank):
                for age in (part for part in t.children(node) if isinstance(part, t.Age)):
                    hint = f"write {self._sentence.words(age.span)} > 10m"
                    self._sentence.blame(node.span, "an age is compared as it is, not calculated with", hint)

    def window(self, span: t.Span, field: t.Field, seconds: float) -> None:
        """A window of the field, as long as one can be and no shorter than its readings are apart."""
        if field.name == "" or math.isnan(seconds):
            return
        if seconds <= 0:
            self._sentence.blame(span, "a window has to be longer than nothing")
        elif seconds > LONGEST_WINDOW:
            self._sentence.blame(span, f"a window is {say_duration(LONGEST_WINDOW)} at the longest")
        elif (slowest := self._known.interval(field)) > seconds:
            other = "" if "(" in field.name else ", or poll more often"
            self._sentence.blame(
                span,
                f"{field.name} comes every {say_duration(slowest)}: a window of {say_duration(seconds)} is too short",
                f"take a window of {say_duration(2 * slowest)} or longer{other}",
            )

    def lasting(self, function: str, of: t.Condition) -> None:
        """What is counted is true of a coin at one look."""
        for node in t.walk(of):
            why = _fleeting(node)
            if why:
                words = self._sentence.words(node.span)
                self._sentence.blame(node.span, f"{function} takes what lasts: {words!r} {why}")
                return

    def _ranked(self, node: t.Rank, of: t.Expression) -> None:
        parts = list(t.walk(of))
        if isinstance(of, t.Field):
            self._described(node, of, "rank", relative=False)
        inner = next((part for part in parts if isinstance(part, t.Rank | t.Count | t.Share)), None)
        if inner is not None:
            words = self._sentence.words(inner.span)
            self._sentence.blame(inner.span, f"rank takes what is said of one coin: {words!r} is said of all")
        elif not t.of_own_coin(of) and not any(isinstance(part, t.Field) and not part.name for part in parts):
            words = self._sentence.words(of.span)
            message = f"{words} is the same for every coin: there is nothing to rank"
            self._sentence.blame(node.span, message, "write rank(change(price, 24h))")

    def _described(self, node: t.Expression, field: t.Field, verb: str, *, relative: bool) -> None:
        spec = self._known.spec(field.name)
        if spec is None:
            return
        if spec.unit is Unit.STATE:
            self._sentence.blame(node.span, f"{spec.name} is a state: it has no {verb}")
        elif relative and spec.unit not in RELATIVE:
            way, seconds = ("down", node.seconds) if isinstance(node, t.Window) else ("up", _seconds(node))
            hint = f"write {field.name} {way} 5 in {say_duration(seconds)}" if not math.isnan(seconds) else ""
            self._sentence.blame(node.span, f"{spec.name} is {words_for(spec.unit)}: it changes by points", hint)

    def _bars(self, span: t.Span, field: t.Field, interval: float) -> None:
        slowest = self._known.interval(field)
        if slowest > interval:
            enough = next((word for word, seconds in INTERVALS.items() if seconds >= slowest), None)
            self._sentence.blame(
                span,
                f"{field.name} comes every {say_duration(slowest)}: bars of {say_duration(interval)} are too short",
                f"take bars of {enough} or longer" if enough else "",
            )


def _seconds(node: t.Expression) -> float:
    return node.seconds if isinstance(node, t.Change) else math.nan


def _fleeting(node: t.Tree) -> str:
    """Why a node cannot be counted, "" if it can."""
    match node:
        case t.Cross() | t.CrossEvery() | t.Enters() | t.Flip():
            return "is true on one reading alone"
        case t.Recently() | t.Holds() | t.Since(_, _, _, _, t.LastAlert()):
            return "has to be remembered"
        case t.Count() | t.Share() | t.Rank():
            return "goes over all coins itself"
        case _:
            return ""
