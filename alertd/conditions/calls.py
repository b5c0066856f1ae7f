"""The arguments of a function → the node that it is."""

from collections.abc import Sequence
from math import isnan, nan

from alertd.conditions import tree as t
from alertd.conditions.fields import FIELDS, FieldSpec
from alertd.conditions.functions import FUNCTIONS, INTERVALS, MOST_BARS, Argument, FunctionSpec, Kind, bars_of
from alertd.conditions.mistakes import Sentence, duration_hint, listed, unknown_function
from alertd.conditions.names import NOTHING, Names
from alertd.model import units

_MISSING = {1: "one is missing", 2: "two are missing", 3: "three are missing"}


class Calls:
    """Reads the calls of one sentence. What is wrong is blamed, and has `NOTHING` in its place."""

    def __init__(self, sentence: Sentence, names: Names) -> None:
        self._sentence = sentence
        self._names = names

    def call(self, function: str, place: t.Span, span: t.Span, arguments: Sequence[t.Expression]) -> t.Expression:
        """The node of `function(arguments)`, which stands at `span`, its name at `place`."""
        name = function.lower()
        spec = FUNCTIONS.get(name)
        if spec is None:
            field = FIELDS.get(name)
            if field is not None and field.per_bar:
                return self._bars(field, span, arguments)
            self._sentence.blame(place, *unknown_function(function))
            return NOTHING
        if spec.kind in (Kind.AGE, Kind.RANK):
            return self._of_one(spec, span, arguments)
        fields, numbers, last = self._fitted(spec, span, arguments)
        if last is None:
            return NOTHING
        if spec.kind is Kind.INDICATOR:
            return self._indicator(spec, span, fields, numbers, last)
        seconds = self.duration(last.span)
        of = fields[0] if fields else self._names.field("price", span)
        if spec.kind is Kind.CHANGE:
            return t.Change(of, seconds, span=span)
        return t.Window(name, of, seconds, span=span)

    def duration(self, span: t.Span) -> float:
        """The seconds of a duration as it is written there, NaN where it is none."""
        text = self._sentence.words(span)
        try:
            return units.duration(text)
        except ValueError as error:
            self._sentence.blame(span, f"{error}, not {text!r}", duration_hint(text))
            return nan

    def timed(self, node: t.Expression) -> bool:
        """True for a duration: `5m` is read as five million where it stands."""
        return isinstance(node, t.Duration) or (
            isinstance(node, t.Number) and self._sentence.words(node.span).endswith("m")
        )

    def _of_one(self, spec: FunctionSpec, span: t.Span, arguments: Sequence[t.Expression]) -> t.Expression:
        of = arguments[0]
        what = "value" if spec.kind is Kind.RANK else "field"
        if len(arguments) != 1 or (spec.kind is Kind.AGE and not isinstance(of, t.Field)):
            self._sentence.blame(span, f"{spec.name} takes one {what}", f"write {spec.example}")
            return NOTHING
        if isinstance(of, t.Field) and spec.kind is Kind.AGE:
            return t.Age(of, span=span)
        return t.Rank(of, span=span)

    def _bars(self, spec: FieldSpec, span: t.Span, arguments: Sequence[t.Expression]) -> t.Expression:
        *named, last = arguments
        of = named[0] if named else t.Field("price")
        if len(named) > 1 or not isinstance(of, t.Field) or isinstance(last, t.Field):
            hint = f"write {spec.name}(1h), or {spec.name}(ETH.price, 1h)"
            self._sentence.blame(span, f"{spec.name} takes the length of its bars", hint)
            return NOTHING
        if of == NOTHING:
            return NOTHING
        if of.name != "price":
            words = self._sentence.words(of.span)
            hint = f"write {spec.name}(ETH.price, 1h), or {spec.name}(1h)"
            self._sentence.blame(of.span, f"{spec.name} goes with the price of a coin, not with {words}", hint)
            return NOTHING
        interval = self.interval(last.span)
        return NOTHING if interval is None else self._names.bars(spec, of, interval, span)

    def interval(self, span: t.Span) -> float | None:
        """The seconds of a bar, None (and blamed) where there is none of that length."""
        seconds = self.duration(span)
        if seconds in INTERVALS.values():
            return seconds
        if not isnan(seconds):
            words = self._sentence.words(span)
            self._sentence.blame(span, f"there are no bars of {words}", f"bars are of {', '.join(INTERVALS)}")
        return None

    # ── which argument is which ──────────────────────────────────────────────────────────────────────────────────

    def _fitted(
        self, spec: FunctionSpec, span: t.Span, arguments: Sequence[t.Expression]
    ) -> tuple[list[t.Field], list[t.Expression], t.Expression | None]:
        """The fields, the plain numbers and the window or interval; None for that if they do not fit."""
        count = next((i for i, node in enumerate(arguments) if not isinstance(node, t.Field)), len(arguments))
        fields = [node for node in arguments[:count] if isinstance(node, t.Field)]
        rest = list(arguments[count:])
        wrong = self._misfit(spec, fields, rest)
        if wrong:
            self._sentence.blame(span, wrong, f"write {spec.form}")
            return [], [], None
        return fields, rest[:-1], rest[-1]

    def _misfit(self, spec: FunctionSpec, fields: list[t.Field], rest: list[t.Expression]) -> str:
        two = spec.name == "correlation"
        takes = self._takes(spec)
        if len(fields) > 1 + two:
            return f"{takes}: of one field" if not two else f"{takes}: of two fields at the most"
        for node in rest:
            if isinstance(node, t.Field):
                return f"{takes}: the field comes first"
            if not isinstance(node, t.Number | t.Percent | t.Duration):
                return f"{takes}, not {self._sentence.words(node.span)}"
        if two and not fields:
            return takes
        if len(rest) != len(spec.arguments) + 1:
            missing = len(spec.arguments) + 1 - len(rest)
            count = _MISSING.get(missing, f"{missing} are missing") if missing > 0 else "there are too many"
            return f"{takes}: {count}" if rest else takes
        if any(self.timed(node) for node in rest[:-1]) and not self.timed(rest[-1]):
            return f"{takes}, in this order"
        return ""

    def _takes(self, spec: FunctionSpec) -> str:
        names = ["another field"] if spec.name == "correlation" else []
        names += [argument.name for argument in spec.arguments]
        names.append("the interval of its bars" if spec.kind is Kind.INDICATOR else "a window")
        return f"{spec.name} takes {listed(names, 'and')}"

    # ── indicators ───────────────────────────────────────────────────────────────────────────────────────────────

    def _indicator(
        self,
        spec: FunctionSpec,
        span: t.Span,
        fields: list[t.Field],
        written: list[t.Expression],
        last: t.Expression,
    ) -> t.Expression:
        numbers = [self._plain(spec, argument, node) for argument, node in zip(spec.arguments, written, strict=True)]
        interval = self.interval(last.span)
        arguments = tuple(number for number in numbers if number is not None)
        if interval is None or len(arguments) != len(numbers) or not self._reachable(spec, span, arguments):
            return NOTHING
        if spec.name == "vwap":
            return self._vwap(span, fields, arguments, interval)
        own = self._names.field("price", span) if not fields or spec.name == "correlation" else fields[0]
        if spec.name == "correlation":
            of, other = fields if len(fields) == 2 else (own, fields[0])
            return t.Indicator(spec.name, of, arguments, interval, other, span=span)
        return t.Indicator(spec.name, own, arguments, interval, span=span)

    def _plain(self, spec: FunctionSpec, argument: Argument, node: t.Expression) -> float | None:
        value = node.value if isinstance(node, t.Number) and not self.timed(node) else nan
        if not isnan(value) and (
            not argument.whole or (value.is_integer() and argument.least <= value <= argument.most)
        ):
            return value
        kind = f"a whole number from {argument.least} to {argument.most}" if argument.whole else "a number such as 2"
        words = self._sentence.words(node.span)
        self._sentence.blame(
            node.span, f"{argument.name} of {spec.name} is {kind}, not {words!r}", f"write {spec.form}"
        )
        return None

    def _reachable(self, spec: FunctionSpec, span: t.Span, arguments: tuple[float, ...]) -> bool:
        if spec.name.startswith("macd") and arguments[0] >= arguments[1]:
            message = f"{spec.name} takes the fast number before the slow one, which is larger"
            self._sentence.blame(span, message, f"write {spec.form}")
            return False
        bars = bars_of(spec.name, arguments)
        if bars > MOST_BARS:
            words = self._sentence.words(span)
            self._sentence.blame(span, f"{words} needs {bars} bars, {MOST_BARS} are the most", f"write {spec.form}")
            return False
        return True

    def _vwap(self, span: t.Span, fields: list[t.Field], arguments: tuple[float, ...], interval: float) -> t.Expression:
        of = fields[0] if fields else t.Field("price")
        if of == NOTHING:
            return NOTHING
        if of.name != "price":
            self._sentence.blame(of.span, f"vwap is of a price, not of {of.name}", "write vwap(ETH.price, 24, 1h)")
            return NOTHING
        before = len(self._sentence.problems)
        money = self._names.bars(FIELDS["volume"], of, interval, span)
        if len(self._sentence.problems) > before:
            return NOTHING
        return t.Indicator(
            "vwap", money, arguments, interval, self._names.bars(FIELDS["base_volume"], of, interval, span), span=span
        )
