"""Completions while somebody types. Pure."""

from collections.abc import Iterator, Sequence
from itertools import islice

from alertd.bot.asking import Choice
from alertd.conditions.fields import FIELDS, Unit
from alertd.conditions.forms import FORMS
from alertd.conditions.functions import FUNCTIONS
from alertd.model.universe import Universe

MOST = 25
"""Choices that a platform shows at once."""
_LONGEST = 100
"""Characters of a choice."""

_BEGINNINGS = (
    "price > ", "price < ", "price down 5% in 1h", "price up 5% in 1h", "price crosses above ", "price crosses below ",
    "price reaches ", "price between ", "signal flips to bullish", "signal flips to bearish", "rsi(14, 1h) < 30",
    "price > high(24h)", "price < low(24h)", "price >= all_time_high", "volume(1h) > 3 * average(volume(1h), 7d)",
    "sma(50, 1d) crosses above sma(200, 1d)", "price up 5% since open(1d)", "price moves 2% since last alert",
    "price within 1% of ", "market.fear_greed < 20",
)  # fmt: skip


def completions(what: str, typed: str, universe: Universe) -> Sequence[Choice]:
    """Up to 25 of a `coin` or a `condition`, best first."""
    found = _coins(typed, universe) if what == "coin" else _conditions(typed) if what == "condition" else iter(())
    return tuple(islice(found, MOST))


def _coins(typed: str, universe: Universe) -> Iterator[Choice]:
    """Symbols that begin as what was typed, then names that do, then whatever has it in its name. Of several coins
    (`BTC, et`) the last is completed."""
    before, comma, last = typed[:_LONGEST].rpartition(",")
    word = last.strip().upper()
    ranked: dict[str, int] = {}
    for name, own in universe.coins.items():
        near = _nearness(word, name, own)
        if near < _FAR:
            ranked[own] = min(near, ranked.get(own, _FAR))
    for own in sorted(ranked, key=lambda coin: ranked[coin]):
        value = f"{before.strip()}, {own}" if comma else own
        if len(value) <= _LONGEST:
            yield Choice(value, value)


_FAR = 4


def _nearness(word: str, name: str, own: str) -> int:
    symbol = own.upper()
    if name == word:
        return 0
    if symbol.startswith(word):
        return 1
    return 2 if name.startswith(word) else 3 if word in name else _FAR


def _conditions(typed: str) -> Iterator[Choice]:
    """Beginnings of a sentence, and the examples of every field, function and form."""
    word = " ".join(typed[:_LONGEST].lower().split())
    known = dict.fromkeys((*_BEGINNINGS, *_examples()))
    first = [text for text in known if text.startswith(word)]
    for text in (*first, *(text for text in known if word in text and text not in first)):
        if len(text) <= _LONGEST:
            yield Choice(text.strip(), text.strip())


def _examples() -> Iterator[str]:
    for spec in FIELDS.values():
        yield spec.example
        if spec.unit is not Unit.STATE and not spec.per_bar:
            yield f"{spec.name} > "
    for function in FUNCTIONS.values():
        yield function.example
    for form in FORMS:
        yield form.example
