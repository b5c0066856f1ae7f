"""Names → fields, coins, sources and states, with the nearest right spelling where there is none."""

from collections.abc import Iterable

from alertd.conditions.fields import FIELDS, MARKET, FieldSpec, Unit, state_of
from alertd.conditions.mistakes import Sentence, unknown_field
from alertd.conditions.tree import Field, Span
from alertd.errors import did_you_mean
from alertd.model.universe import Universe

NOTHING = Field("")
"""Stands where a name was wrong, so that the rest of the sentence is still checked."""

NO_STATE = float("nan")


class Names:
    """Looks the names of one sentence up in the universe."""

    def __init__(self, sentence: Sentence, universe: Universe) -> None:
        self._sentence = sentence
        self._universe = universe

    def field(self, word: str, span: Span, *, qualifier: str = "", quoted: bool = False) -> Field:
        """The field that `word` names, of the coin or the source in front of the dot.

        A configured source goes before a coin of its name; in quotes it is the other way round.
        """
        spec = FIELDS.get(word.lower())
        if spec is None:
            self._sentence.blame((span[1] - len(word), span[1]), *unknown_field(word))
            return NOTHING
        is_coin = quoted and qualifier.upper() in self._universe.coins
        if qualifier in self._universe.sources and not is_coin:
            found = Field(spec.name, MARKET if spec.of_market else None, qualifier, span=span)
        elif qualifier:
            coin = self._coin(qualifier, spec, span)
            if coin is None:
                return NOTHING
            found = Field(spec.name, coin, span=span)
        else:
            found = Field(spec.name, MARKET if spec.of_market else None, span=span)
        self._check_given(found)
        return found

    def state(self, of: Field, label: str, span: Span) -> float:
        """The float of a state of that field."""
        if of == NOTHING:
            return NO_STATE
        spec = FIELDS[of.name]
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
            known: Iterable[str] = (*self._universe.coins, *self._universe.sources)
            if name in spec.sources:
                message, hint = f"the source {name!r} is not configured", "add it under sources:, or leave it out"
            else:
                message, hint = f"there is no coin or source {name!r}", did_you_mean(name, known)
            self._sentence.blame(place, message, hint)
        return coin

    def _check_given(self, of: Field) -> None:
        # A universe without sources says nothing of what can be had.
        sources = self._universe.sources
        if not sources:
            return
        giving = " or ".join(FIELDS[of.name].sources)
        if of.source is not None:
            if of.name not in sources[of.source]:
                self._sentence.blame(of.span, f"{of.source} does not give {of.name}", f"{giving} does")
        elif not any(of.name in given for given in sources.values()):
            self._sentence.blame(
                of.span, f"no configured source gives {of.name}", f"{giving} does: add it under sources:"
            )
