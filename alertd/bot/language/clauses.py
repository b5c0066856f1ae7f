"""Clauses made whole: what a trader leaves out is put in where it has one meaning, and asked about where not."""

from collections.abc import Sequence

from alertd.bot.language import unsaid
from alertd.bot.language.amounts import gain
from alertd.bot.language.bars import AVERAGES
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.patterns import STATES, made, renamed
from alertd.bot.language.phrases import FILLERS, ORDERED, SAID
from alertd.bot.language.pieces import COMPARISONS, LEVELS, Kind, Piece, value_of
from alertd.conditions.fields import FIELDS

_OPERATORS = COMPARISONS | frozenset(
    ("crosses", "breaks", "reaches", "up", "down", "moves", "within", "between", "enters", "leaves")
)
_WHOLE = {"all_time_high": ">=", "all_time_low": "<="}
"""Fields that are a condition all by themselves."""
_RANGES = frozenset(("between", "enters", "leaves"))
_ONE_LEVEL = COMPARISONS | frozenset(
    ("above", "below", "over", "under", "at", "@", "reaches", "reach", "hits", "hit", "touches", "crosses", "is")
)
_BEHIND = frozenset(("above", "below", "over", "under", "reaches", "reached", "reach", "hit", "crossed"))
_LEADS = frozenset(("if", "alert", "when", "once", "that", ",", ":", "for", "on", "and", "to", "whenever", "of"))
_SIGNALS = {"bullish", "bearish", "bull", "bear", "long", "short"}
_TO_SIGNAL = {"bull": "bullish", "bear": "bearish", "long": "bullish", "short": "bearish"}


def whole(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of a condition as the language has them. Raises Mistake where something has to be said first."""
    kept = _ended([piece for piece in pieces if not (piece.kind is Kind.WORD and piece.text in FILLERS)])
    kept = _turned(kept)
    unsaid.check(kept)
    _check_ranges(kept)
    said = ORDERED.rewritten(SAID.rewritten(_averages(_factors(kept))))
    unsaid.check_meant(said)
    return _Whole(said).pieces()


def _ended(pieces: list[Piece]) -> list[Piece]:
    """Without the point at its end, and what else says nothing there; nor `if` and `when` at its start."""
    while pieces and (pieces[-1].key in (".", "!", "?", ",", "and", "…") or _is_alert(pieces)):
        pieces.pop()
    while pieces and (pieces[0].key in _LEADS or _is_dash(pieces)):
        del pieces[0]
    return pieces


def _turned(pieces: list[Piece]) -> list[Piece]:
    """`70k above`: the level behind what it is for."""
    alone = len(pieces) == 2 or (len(pieces) == 3 and pieces[0].key in ("price", "at", "is"))
    if alone and pieces[-1].key in _BEHIND and pieces[-2].kind in LEVELS:
        pieces[-2:] = [pieces[-1], pieces[-2]]
    return pieces


def _is_alert(pieces: Sequence[Piece]) -> bool:
    """`btc ath alert`, not `since last alert`."""
    return len(pieces) > 1 and pieces[-1].key == "alert" and pieces[-2].key != "last"


def _is_dash(pieces: Sequence[Piece]) -> bool:
    """`alert - btc > 70k`: no minus."""
    kinds = (Kind.WORD, Kind.SIGN, Kind.FIELD, Kind.TAG)
    return len(pieces) > 1 and pieces[0].key == "-" and pieces[1].kind in kinds


def _factors(pieces: Sequence[Piece]) -> list[Piece]:
    """`10x in a week` is up 900 %, `3x average(…)` three times of it."""
    found: list[Piece] = []
    for at, piece in enumerate(pieces):
        if piece.kind is not Kind.TIMES:
            found.append(piece)
            continue
        after = pieces[at + 1].key if at + 1 < len(pieces) else ""
        if after in ("in", "within", "since", "<time>", "over", "") and float(piece.text) > 1:
            try:
                risen = gain(piece.text)
            except ValueError:
                raise Mistake(piece.span, "this number is longer than any price") from None
            while found and found[-1].key in ("goes", "does", "do", "makes", "up"):
                found.pop()
            found += [made("up", piece.span), made(risen, piece.span)]
        else:
            found += [renamed(piece, piece.text, Kind.NUMBER), made("*", piece.span)]
    return found


def _averages(pieces: Sequence[Piece]) -> list[Piece]:
    """`the 200 day moving average` is sma(200, 1d)."""
    found: list[Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        rest = [each.key for each in pieces[at + 1 : at + 5] if each.text not in ("simple", "-")]
        name = "ema" if rest[:1] == ["exponential"] else AVERAGES.get(rest[0] if rest else "", "")
        if piece.kind is Kind.NUMBER and piece.text.isdigit() and rest[:1] == ["dma"]:
            span = (piece.span[0], pieces[at + 1].span[1])
            found += [made(word, span) for word in ("sma", "(", piece.text, ",", "1d", ")")]
            at += 2
            continue
        moving = rest[:2] == ["moving", "average"] or rest[:3] == ["exponential", "moving", "average"]
        if piece.kind is Kind.TIME and piece.text[:-1].isdigit() and (name or moving):
            last = next(i for i in range(at + 1, len(pieces)) if pieces[i].text in ("sma", "ma", "ema", "average"))
            span = (piece.span[0], pieces[last].span[1])
            words = (name or "sma", "(", piece.text[:-1], ",", f"1{piece.text[-1]}", ")")
            found += [made(word, span) for word in words]
            at = last + 1
            continue
        found.append(piece)
        at += 1
    return found


def _check_ranges(pieces: Sequence[Piece]) -> None:
    """`60-70k`: the first number has to say its thousands too. `> 60k-70k` is no difference, nor a level."""
    for at, (low, mark, high) in enumerate(zip(pieces, pieces[1:], pieces[2:], strict=False)):
        if mark.text not in ("-", "to", "and") or low.kind not in LEVELS or high.kind not in LEVELS:
            continue
        before = pieces[at - 1] if at else None
        glued = (low.span[1], mark.span[1]) == (mark.span[0], high.span[0]) or value_of(low) < value_of(high)
        if mark.text == "-" and glued and before is not None and before.text in _ONE_LEVEL:
            said = f"{low.said} and {high.said}"
            span = (before.span[0], high.span[1])
            fixes = instead(span, f"between {said}", f"outside {said}")
            raise Mistake(span, f"{before.said} takes one level", f"write between {said}", fixes=fixes)
        unit = high.said.strip().lower()[-1:]
        if unit in ("k", "b", "m") and low.said.isdigit() and float(low.text) < 1000 and mark.text != "and":
            message = f"is this {low.text}{unit}, or {low.text}?"
            fixes = instead(low.span, f"{low.text}{unit}")
            raise Mistake(low.span, message, f"write {low.text}{unit} to {high.said.strip()}", fixes=fixes)


class _Whole:
    """Goes through the clauses of a condition, from left to right."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._found: list[Piece] = []
        self._subject: list[Piece] = []
        self._groups: list[bool] = []
        self._range = False

    def pieces(self) -> list[Piece]:
        starts = True
        begun = 0
        for at, piece in enumerate(self._pieces):
            if starts:
                begun = len(self._found)
                self._start(at)
            if piece.key in COMPARISONS:
                self._compared(at, begun)
            elif not (piece.kind is Kind.WORD and piece.text in _SIGNALS and self._signal(at)):
                self._found.append(piece)
            starts = self._starts_after(at)
        return self._found

    def _starts_after(self, at: int) -> bool:
        """True if a clause begins behind the piece."""
        key = self._pieces[at].key
        before = self._pieces[at - 1].key if at else ""
        if key in _RANGES:
            self._range = True
        elif key in ("and", "or") and not (key == "and" and self._range):
            return True
        elif key in ("and", "to") and self._range:
            self._range = False
        elif key == "(":
            condition = before in ("recently", "of", "", "and", "or", "not", "(", "where")
            self._groups.append(condition)
            return condition
        elif key == ")" and self._groups:
            self._groups.pop()
        elif key == ",":
            return bool(self._groups) and self._groups[-1]
        after = self._pieces[at + 1].key if at + 1 < len(self._pieces) else ""
        return key == "where" or (key == "not" and after not in ("within", "between"))

    def _start(self, at: int) -> None:
        """Puts in what the clause is about, where it does not say."""
        piece = self._pieces[at]
        following = self._pieces[at + 1].key if at + 1 < len(self._pieces) else ""
        span = (piece.span[0], piece.span[0])
        if piece.key in COMPARISONS:
            self._found += self._subject or [made("price", span)]
        elif piece.key in _OPERATORS or (piece.key == "not" and following in ("within", "between")):
            self._found.append(made("price", span))
        elif piece.key in ("flips", "is"):
            self._found.append(
                made("signal" if piece.key == "flips" or _state(self._pieces[at + 1 :]) else "price", span)
            )
        elif piece.kind is Kind.WORD and piece.text in _SIGNALS and piece.text not in FIELDS:
            verb = ("flips", "to") if any(each.key == "flips" for each in self._found) else ("is",)
            self._found += [made(word, span) for word in ("signal", *verb)]
        elif piece.key in _WHOLE and self._ends(at):
            self._found += [made("price", span), made(_WHOLE[piece.key], span)]
        elif piece.kind in LEVELS and self._ends(at):
            hints = instead((span[0], span[0]), "above ", "below ", "reaches ")
            raise Mistake(piece.span, f"what about {piece.text}?", "say above, below or reaches", fixes=hints)
        elif piece.key in STATES and piece.key not in FIELDS:
            raise _of_which(piece, self._pieces[at + 1] if following == "signal" else piece)
        elif piece.kind is Kind.PERCENT and (self._ends(at) or following in ("in", "<time>")):
            hints = instead((span[0], span[0]), "up ", "down ", "moves ")
            raise Mistake(piece.span, f"which way, {piece.text}?", "say up, down or moves", fixes=hints)

    def _ends(self, at: int) -> bool:
        """True if the clause ends behind the piece."""
        return at + 1 >= len(self._pieces) or self._pieces[at + 1].key in ("and", "or", ")", ",")

    def _compared(self, at: int, begun: int) -> None:
        """`=` and `==` on a price are never met to the last digit: they mean that the level is reached."""
        piece = self._pieces[at]
        subject = self._found[begun:]
        self._subject = [] if any(each.text == "price" for each in subject) else list(subject)
        if piece.text in ("=", "==") and [each.text for each in subject] == ["price"]:
            after = self._pieces[at + 1].key if at + 1 < len(self._pieces) else ""
            self._found.append(made(_WHOLE.get(after, "reaches"), piece.span))
        else:
            self._found.append(piece)

    def _signal(self, at: int) -> bool:
        """`bull` is bullish, where nothing but the signal can be meant."""
        piece = self._pieces[at]
        meant = _TO_SIGNAL.get(piece.text)
        if meant is None or any(each.text in FIELDS and each.text != "signal" for each in self._found):
            return False
        self._found.append(renamed(piece, meant))
        return True


def _of_which(piece: Piece, last: Piece) -> Mistake:
    """That a state (`neutral`) is one of several fields."""
    fields = [name for name, spec in FIELDS.items() if piece.text in (*spec.labels, *spec.aliases)]
    said = [f"{name} is {piece.text}" for name in fields]
    span = (piece.span[0], last.span[1])
    return Mistake(span, f"what is {piece.text}?", f"write {' or '.join(said)}", fixes=instead(span, *said))


def _state(pieces: Sequence[Piece]) -> bool:
    keys = [piece.key for piece in pieces[:2] if piece.key not in ("not", "strong")]
    return bool(keys) and keys[0] in STATES
