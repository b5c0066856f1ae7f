"""Names → fields, coins, sources and states, with the nearest right spelling where there is none."""

from collections.abc import Iterable
from functools import lru_cache

from alertd.conditions.fields import FIELDS, MARKET, FieldSpec, Unit, spec_of, state_of
from alertd.conditions.mistakes import Sentence, listed, unknown_field
from alertd.conditions.text import exact_duration
from alertd.conditions.tree import Field, Span
from alertd.errors import did_you_mean
from alertd.model.units import duration
from alertd.model.universe import Universe

NOTHING = Field("")
"""Stands where a name was wrong, so that the rest of the sentence is still checked."""

NO_STATE = float("nan")

_MOST_KNOWN = 4096
"""Names of a universe whose meaning is remembered."""

Name = tuple[str, str, bool]
"""A word, what stands before its dot, and whether that is in quotes."""


class Lexicon:
    """What names mean in one universe, for all of its sentences."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.known: dict[Name, Field] = {}
        self._names = {name.casefold(): name for name in universe.series}
        self._series = {
            name: FieldSpec(name, Unit(unit), "a series of a rule file", (), of_market=True)
            for name, unit in universe.series.items()
            if unit
        }

    def series(self, word: str) -> str | None:
        """The series of that name, in any case."""
        return self._names.get(word.casefold()) if self._names else None

    def is_broken(self, word: str) -> bool:
        """True for a series with a mistake, which is told where it stands."""
        series = self.series(word)
        return series is not None and series not in self._series

    def spec(self, name: str) -> FieldSpec | None:
        """The row of a field or a series; None for what was a wrong name."""
        return self._series.get(name) or spec_of(name)

    def sources(self, fields: Iterable[Field]) -> tuple[str, ...]:
        """The configured sources that give all of these, in their order."""
        names = {field.name.partition("(")[0] for field in fields}
        return tuple(source for source, given in self.universe.sources.items() if names <= given)

    def interval(self, field: Field) -> float:
        """Seconds between readings of the field at the quickest source that the sentence allows, 0 if unknown."""
        name, of_bars, length = field.name.partition("(")
        if of_bars:
            return duration(length.removesuffix(")"))
        allowed = (field.source,) if field.source else self.universe.sources
        known = [self.universe.intervals.get((source, name)) for source in allowed]
        return min((interval for interval in known if interval is not None), default=0.0)

    def remember(self, name: Name, field: Field) -> None:
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[name] = field


@lru_cache(8)
def lexicon(universe: Universe) -> Lexicon:
    return Lexicon(universe)


class Names:
    """Looks the names of one sentence up."""

    def __init__(self, sentence: Sentence, known: Lexicon) -> None:
        self._sentence = sentence
        self._known = known
        self._universe = known.universe

    def field(self, word: str, span: Span, *, qualifier: str = "", quoted: bool = False) -> Field:
        """The field that `word` names, of the coin or the source in front of the dot.

        A configured source goes before a coin of its name; in quotes it is the other way round.
        """
        name = (word, qualifier, quoted)
        if self._known.is_broken(word):
            self._sentence.void = True
            return NOTHING
        found = self._known.known.get(name)
        if found is not None:
            return Field(found.name, found.coin, found.source, span=span)
        before = len(self._sentence.problems)
        found = self._found(word, span, qualifier, quoted)
        if len(self._sentence.problems) == before:
            self._known.remember(name, found)
        return found

    def bars(self, spec: FieldSpec, of: Field, interval: float, span: Span) -> Field:
        """A field that has one value per bar, of the coin and the source of another."""
        found = Field(f"{spec.name}({exact_duration(interval)})", of.coin, of.source, span=span)
        self._check_given(found, spec)
        return found

    def state(self, of: Field, label: str, span: Span) -> float:
        """The float of a state of that field."""
        spec = self._known.spec(of.name)
        if spec is None:
            return NO_STATE
        if spec.unit is not Unit.STATE:
            self._sentence.blame(span, f"{of.name} is a number, not a state", f"write {of.name} > …")
            return NO_STATE
        value = state_of(of.name, label)
        if value is None:
            near = did_you_mean(label, (*spec.labels, *spec.aliases))
            listed = f"{of.name} is one of {', '.join(spec.labels)}"
            self._sentence.blame(span, f"{of.name} is never {label!r}", near or listed)
            return NO_STATE
        return value

    def _found(self, word: str, span: Span, qualifier: str, quoted: bool) -> Field:
        place = (span[1] - len(word), span[1])
        series = self._known.series(word)
        if series is not None and qualifier.lower() in ("", MARKET):
            return Field(series, MARKET, span=span)
        spec = FIELDS.get(word.lower())
        if spec is None:
            if series is not None:
                self._sentence.blame(span, f"{series} is a series: it has its coins already", f"write {series}")
            else:
                self._sentence.blame(place, *unknown_field(word, self._universe.series, self._universe.coins))
            return NOTHING
        if spec.per_bar:
            of = f"{qualifier}.price, " if qualifier else ""
            day = ", or volume_24h for a whole day" if spec.name == "volume" and not qualifier else ""
            self._sentence.blame(span, f"{word!r} needs the length of its bars", f"write {spec.name}({of}1h){day}")
            return NOTHING
        is_coin = quoted and qualifier.upper() in self._universe.coins
        coin = MARKET if spec.of_market else None
        source = None
        if qualifier in self._universe.sources and not is_coin:
            source = qualifier
        elif qualifier:
            coin = self._coin(qualifier, spec, span)
            if coin is None:
                return NOTHING
        found = Field(spec.name, coin, source, span=span)
        self._check_given(found, spec)
        return found

    def _coin(self, name: str, spec: FieldSpec, span: Span) -> str | None:
        place = (span[0], span[1] - len(spec.name) - 1)
        if (name.lower() == MARKET) != spec.of_market:
            if spec.of_market:
                message, hint = f"{spec.name} belongs to the whole market", f"write {MARKET}.{spec.name}"
            else:
                message, hint = f"the market as a whole has no {spec.name}", f"write a coin, such as BTC.{spec.name}"
            self._sentence.blame(place, message, hint)
            return None
        if spec.of_market:
            return MARKET
        coin = self._universe.coin(name)
        if coin is None:
            if name in spec.sources:
                message, hint = f"the source {name!r} is not configured", "add it under sources:, or leave it out"
            else:
                message, hint = f"there is no coin or source {name!r}", self._meant(name)
            self._sentence.blame(place, message, hint)
        return coin

    def _meant(self, name: str) -> str:
        """A hint for a name that is neither a coin nor a source. In small letters it may be an exchange that is none
        here, which some coin is always a little like."""
        sources = self._universe.sources
        near = did_you_mean(name, (*self._universe.coins, *sources), cutoff=0.75 if name.islower() else 0.6)
        return near or (f"the sources are {listed(sources, 'and')}" if name.islower() and sources else "")

    def _check_given(self, of: Field, spec: FieldSpec) -> None:
        # A universe without sources says nothing of what can be had.
        sources = self._universe.sources
        if not sources:
            return
        giving = " or ".join(spec.sources)
        if of.source is not None:
            if spec.name not in sources[of.source]:
                self._sentence.blame(of.span, f"{of.source} does not give {of.name}", f"{giving} does")
        elif not any(spec.name in given for given in sources.values()):
            self._sentence.blame(
                of.span, f"no configured source gives {of.name}", f"{giving} does: add it under sources:"
            )
