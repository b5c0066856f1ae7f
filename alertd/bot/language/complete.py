"""Completions while somebody types. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
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
    found: Iterator[Choice] = iter(())
    if what == "coin":
        found = _coins(typed, universe)
    elif what == "condition":
        found = _conditions(typed, universe.sources.values())
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


def _conditions(typed: str, given: Collection[frozenset[str]]) -> Iterator[Choice]:
    """Beginnings of a sentence, and the examples of every field, function and form: of fields that some source gives,
    where it is known what they give."""
    word = " ".join(typed[:_LONGEST].lower().split())
    here = frozenset().union(*given)
    known = [text for text, fields in _OFFERED.items() if not given or fields <= here]
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


def _fields(text: str) -> frozenset[str]:
    """Those that stand in it; what is called may be a function of the same name."""
    named = re.findall(r"(\w+)(\(?)", text)
    return frozenset(name for name, call in named if name in FIELDS and not (call and name in FUNCTIONS))


_OFFERED: Mapping[str, frozenset[str]] = {text: _fields(text) for text in (*_BEGINNINGS, *_examples())}
"""What is offered, with the fields that are in it."""
