"""A line cut into its words, numbers and signs, each with its place in what was typed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alertd.bot.language import amounts
from alertd.bot.language.letters import check_twins
from alertd.bot.language.mistake import Mistake, instead
from alertd.conditions.fields import FIELDS
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.tree import Span


class Kind(StrEnum):
    WORD = "word"
    NUMBER = "number"
    PERCENT = "percent"
    TIME = "time"
    MINUTES = "minutes"
    """`5m`: five minutes or five million, which only its place tells."""
    TIMES = "times"
    """`3x`."""
    FIELD = "field"
    """`ETH.price`: whatever stands on one side of a dot and on the other."""
    TAG = "tag"
    """`$BTC`, `#BTC`, `"1INCH"`: a coin, whatever word it is."""
    SIGN = "sign"


LEVELS = frozenset((Kind.NUMBER, Kind.MINUTES))
AMOUNTS = LEVELS | {Kind.PERCENT}
"""What a price moves by."""
QUANTITIES = AMOUNTS | {Kind.TIME}
COMPARISONS = frozenset((">", "<", ">=", "<=", "=", "==", "!="))


@dataclass(frozen=True, slots=True)
class Piece:
    """`text` is its one spelling (words lower, numbers plain), `said` what was typed, `span` where."""

    kind: Kind
    text: str
    span: Span
    said: str = ""

    @property
    def key(self) -> str:
        """What patterns go by: a word or a sign itself, else its kind."""
        return self.text if self.kind in (Kind.WORD, Kind.SIGN) else f"<{self.kind}>"


def value_of(level: Piece) -> float:
    """The number of a level, which is no duration."""
    return float(amounts.millions(level.text) if level.kind is Kind.MINUTES else level.text)


_CUT = re.compile(
    r"""(?P<blank>\s+)
    |(?P<tag>[$\#][^\W\d]\w*)
    |(?P<quoted>"[^"\n]+")
    |(?P<amount>(?:us)?\$?\s?\.?\d)
    |(?P<field>[^\W\d]\w*\.[^\W\d]\w*)
    |(?P<word>[^\W\d]\w*(?:['’][^\W\d]+)?)
    |(?P<sign>>=|<=|=>|=<|==|!=|<>|&&|\|\||\+/-|.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CHUNK = re.compile(r"\d\w*")
_AVERAGE = re.compile(r"([1-9]\d{0,2})([dhw]?)(sma|ema|ma)(?!\w)", re.IGNORECASE | re.ASCII)
"""`200dma`, `50ema`."""
_OF_AVERAGE = re.compile(r"(sma|ema|ma|rsi)([1-9]\d{0,2})", re.IGNORECASE | re.ASCII)
"""`ema200`."""
_BEHIND_DOT = re.compile(r"\.[^\W\d]\w*")
_SIGNS = {
    "≥": ">=", "=>": ">=", "≤": "<=", "=<": "<=", "≠": "!=", "<>": "!=", "−": "-", "–": "-", "—": "-", "×": "*",
    "÷": "/", "&&": "and", "&": "and", "||": "or", "|": "or", "+/-": "±", ";": ",",
}  # fmt: skip
_FOREIGN = frozenset("€£¥₹₽₩₺₿")
_CALLS = {*FUNCTIONS, *(name for name, spec in FIELDS.items() if spec.per_bar)} - {"count", "share"}


class _Cutter:
    def __init__(self, text: str, known: Callable[[str], bool]) -> None:
        self._text = text
        self._known = known
        self._calls: list[bool] = []
        self.found: list[Piece] = []

    def cut(self, at: int) -> int:
        """Takes what stands at a place; returns where it ends."""
        match = _CUT.match(self._text, at)
        if match is None:
            return len(self._text)
        kind, said, end = str(match.lastgroup), match.group(), match.end()
        if kind == "amount":
            return self._amount(at)
        if kind == "blank":
            return end
        if kind in ("tag", "quoted"):
            check_twins(said.strip('"$#'), at + 1)
            return self._named(at, end)
        if kind == "sign":
            self._sign(said, (at, end))
            return end
        check_twins(said.replace("’", "'"), at)
        of_average = _OF_AVERAGE.fullmatch(said)
        if of_average and not self._known(said):
            self._take(Kind.WORD, of_average[1].lower(), (at, at + of_average.end(1)))
            self._take(Kind.NUMBER, of_average[2], (at + of_average.start(2), end))
            return end
        text = said.lower().replace("’", "'") if kind == "word" else said
        self.found.append(Piece(Kind(kind), text, (at, end), said))
        return end

    def _named(self, at: int, end: int) -> int:
        """A coin's name that begins at `at` and ends at `end`, with the field behind it if one is named."""
        dot = _BEHIND_DOT.match(self._text, end)
        name = self._text[at:end].strip('"$#')
        end = dot.end() if dot else end
        kind, text = (Kind.FIELD, name + dot.group()) if dot else (Kind.TAG, name)
        self.found.append(Piece(kind, text, (at, end), self._text[at:end]))
        return end

    def _sign(self, said: str, span: Span) -> None:
        if said in _FOREIGN:
            hint = "leave the currency out, and give the level in dollars"
            raise Mistake(span, f"alertd reckons in US dollars alone, not in {said}", hint, fixes=instead(span, ""))
        if said == "(":
            self._calls.append(bool(self.found) and self.found[-1].key in _CALLS)
        elif said == ")" and self._calls:
            self._calls.pop()
        text = _SIGNS.get(said, said)
        self.found.append(Piece(Kind.WORD if text.isalpha() else Kind.SIGN, text, span, said))

    def _amount(self, at: int) -> int:
        chunk = _CHUNK.match(self._text, at)
        if chunk and not chunk.group().isdigit() and self._known(chunk.group()):
            return self._named(at, chunk.end())
        average = _AVERAGE.match(self._text, at)
        if average:
            self._take(Kind.TIME if average[2] else Kind.NUMBER, average[1] + average[2].lower(), (at, average.end(2)))
            self._take(Kind.WORD, average[3].lower(), average.span(3))
            return average.end()
        kind, spelled, end = amounts.read(self._text, at, called=bool(self._calls) and self._calls[-1])
        self._take(Kind(kind), spelled, (at, end))
        return end

    def _take(self, kind: Kind, text: str, span: Span) -> None:
        self.found.append(Piece(kind, text, span, self._text[slice(*span)]))


def cut(text: str, known: Callable[[str], bool], start: int = 0) -> list[Piece]:
    """The pieces of a text from `start` on. `known` is true for the name of a coin, in any case.

    Raises Mistake for numbers that cannot be told, money of other countries, and letters that only look Latin.
    """
    cutter = _Cutter(text, known)
    while start < len(text):
        start = cutter.cut(start)
    return cutter.found


def gathered(pieces: Sequence[Piece]) -> list[Piece]:
    """The same with units taken to their numbers: `4 hours`, `a day`, `5 percent`, `2 million dollars`."""
    found: list[Piece] = []
    at = 0
    while at < len(pieces):
        try:
            taken = amounts.spoken([(piece.kind, piece.text) for piece in pieces[at : at + amounts.MOST_WORDS]])
        except ValueError:
            raise Mistake(pieces[at].span, "this number is longer than any price") from None
        if taken is None:
            found.append(pieces[at])
            at += 1
            continue
        count, kind, text = taken
        span = (pieces[at].span[0], pieces[at + count - 1].span[1])
        found.append(replace(pieces[at], kind=Kind(kind), text=text, span=span))
        at += count
    return found
