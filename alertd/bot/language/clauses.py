"""Clauses made whole: what a trader leaves out is put in where it has one meaning, and asked about where not."""

from collections.abc import Sequence

from alertd.bot.language import unsaid
from alertd.bot.language.amounts import millions
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.patterns import STATES, made, renamed
from alertd.bot.language.phrases import FILLERS, ORDERED, SAID
from alertd.bot.language.pieces import Kind, Piece
from alertd.conditions.fields import FIELDS

_COMPARISONS = frozenset((">", "<", ">=", "<=", "=", "==", "!="))
_OPERATORS = _COMPARISONS | frozenset(
    ("crosses", "breaks", "reaches", "up", "down", "moves", "within", "between", "enters", "leaves")
)
_MOVES = frozenset(("up", "down", "moves"))
_NEAR = frozenset(("near", "around", "approaches", "approaching", "roughly"))
_WHOLE = {"all_time_high": ">=", "all_time_low": "<="}
"""Fields that are a condition all by themselves."""
_CLOSES = frozenset(("closes", "closing"))
_RANGES = frozenset(("between", "enters", "leaves"))
_LEVELS = frozenset(("<number>", "<minutes>"))
_ONE_LEVEL = _COMPARISONS | frozenset(
    ("above", "below", "over", "under", "at", "@", "reaches", "reach", "hits", "hit", "touches", "crosses", "is")
)
_LEADS = frozenset(("if", "when", "once", "that", ",", ":", "for", "on", "and", "to", "whenever", "of"))
_AMOUNTS = _LEVELS | {"<percent>"}
_AVERAGES = {"sma": "sma", "ma": "sma", "ema": "ema"}
_SIGNALS = {"bullish", "bearish", "bull", "bear", "long", "short"}
_TO_SIGNAL = {"bull": "bullish", "bear": "bearish", "long": "bullish", "short": "bearish"}


def whole(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of a condition as the language has them. Raises Mistake where something has to be said first."""
    kept = _ended([piece for piece in pieces if not (piece.kind is Kind.WORD and piece.text in FILLERS)])
    unsaid.check(kept)
    _check_ranges(kept)
    said = ORDERED.rewritten(SAID.rewritten(_averages(_factors(kept))))
    _check(said)
    return _Whole(said).pieces()


def _ended(pieces: list[Piece]) -> list[Piece]:
    """Without the point at its end, and what else says nothing there; nor `if` and `when` at its start."""
    while pieces and pieces[-1].key in (".", "!", "?", ",", "and", "…"):
        pieces.pop()
    while pieces and (pieces[0].key in _LEADS or _is_dash(pieces)):
        del pieces[0]
    return pieces


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
            gain = f"{100 * (float(piece.text) - 1):g}%"
            while found and found[-1].key in ("goes", "does", "do", "makes", "up"):
                found.pop()
            found += [made("up", piece.span), made(gain, piece.span)]
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
        name = "ema" if rest[:1] == ["exponential"] else _AVERAGES.get(rest[0] if rest else "", "")
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
        if mark.text not in ("-", "to", "and") or low.key not in _LEVELS or high.key not in _LEVELS:
            continue
        before = pieces[at - 1] if at else None
        glued = (low.span[1], mark.span[1]) == (mark.span[0], high.span[0]) or _value(low) < _value(high)
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


def _value(piece: Piece) -> float:
    return float(millions(piece.text) if piece.kind is Kind.MINUTES else piece.text)


def _check(pieces: Sequence[Piece]) -> None:
    """Raises Mistake for a move without a window, and for what is near a level nobody says how near."""
    depth = 0
    for at, piece in enumerate(pieces):
        following = [each.key for each in pieces[at + 1 : at + 4]] + ["", "", ""]
        depth += (piece.key == "(") - (piece.key == ")")
        if piece.key == "," and depth == 0 and following[0] != "holds":
            raise unsaid.both_or_either(pieces, at)
        if piece.key in _MOVES and following[0] in _AMOUNTS and following[1] not in ("in", "since"):
            amount = pieces[at + 1]
            end = max(piece.span[1], amount.span[1])
            message = f"{piece.text} {amount.text} in how long?"
            hint = "say a window: in 1h, in 24h"
            raise Mistake(
                (piece.span[0] if piece.span[0] < end else end, end),
                message,
                hint,
                fixes=instead((end, end), " in 1h", " in 24h"),
            )
        if piece.key in _NEAR or (piece.key, following[0]) == ("close", "to"):
            end = pieces[at + 1].span[1] if following[0] == "to" else piece.span[1]
            span = (piece.span[0], end)
            raise Mistake(span, "how near?", "write within 1% of", fixes=instead(span, "within 1% of"))
        if piece.key == "in" and at > 1 and pieces[at - 1].key in _LEVELS and pieces[at - 2].key in _COMPARISONS:
            end = pieces[at + 1].span[1] if at + 1 < len(pieces) else piece.span[1]
            span = (piece.span[0], end)
            raise Mistake(span, "a level has no window", "leave it out, or write until 18:00", fixes=instead(span, ""))
        if piece.key == "rsi" and following[0] != "(":
            raise _bars_missing(pieces, at)
        if piece.key in ("in", "holds") and following[0] == "<number>":
            raise _unit_missing(pieces[at + 1])
        if piece.key in _CLOSES:
            fixes = instead(piece.span, *(f"close({bar}) crosses" for bar in ("4h", "1d", "1h")))
            raise Mistake(piece.span, "closes which candle?", "write close(4h) crosses above", fixes=fixes)
        if piece.key == "breaks" and following[0] in _LEVELS:
            fixes = instead(piece.span, "breaks above", "breaks below")
            raise Mistake(piece.span, "breaks which way?", "say breaks above or breaks below", fixes=fixes)


def _bars_missing(pieces: Sequence[Piece], at: int) -> Mistake:
    """That an RSI counts bars of some length, and how many: offered with the one that stands beside it."""
    first = last = at
    times = [i for i in range(max(at - 1, 0), min(at + 3, len(pieces))) if pieces[i].kind in (Kind.TIME, Kind.MINUTES)]
    if times:
        first, last = min(at, times[0]), max(at, times[0])
    elif at + 1 < len(pieces) and pieces[at + 1].kind is Kind.NUMBER:
        last = at + 1
    bars = [pieces[times[0]].text] if times else ["1h", "4h", "1d"]
    span = (pieces[first].span[0], pieces[last].span[1])
    fixes = instead(span, *(f"rsi(14, {bar})" for bar in bars))
    return Mistake(span, "rsi of which bars?", f"write rsi(14, {bars[0]})", fixes=fixes)


def _unit_missing(piece: Piece) -> Mistake:
    """That a duration has no unit. `1M` is a month to some."""
    hint = "durations end in s, m, h, d or w: 15m, 4h, 7d"
    units = ("m", "h", "d")
    if piece.said[-1:] == "M" and piece.said[:-1].isdigit():
        whole = piece.said[:-1]
        fixes = instead(piece.span, f"{whole}m", f"{30 * int(whole[:6])}d")
        return Mistake(piece.span, f"{piece.said} could be minutes or months", hint, fixes=fixes)
    fixes = instead(piece.span, *(f"{piece.text}{unit}" for unit in units))
    return Mistake(piece.span, f"{piece.text} of what?", hint, fixes=fixes)


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
            if piece.key in _COMPARISONS:
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
        if piece.key in _COMPARISONS:
            self._found += self._subject or [made("price", span)]
        elif piece.key in _OPERATORS or (piece.key == "not" and following in ("within", "between")):
            self._found.append(made("price", span))
        elif piece.key in ("flips", "is"):
            self._found.append(
                made("signal" if piece.key == "flips" or _state(self._pieces[at + 1 :]) else "price", span)
            )
        elif piece.kind is Kind.WORD and piece.text in _SIGNALS and piece.text not in FIELDS:
            self._found += [made("signal", span), made("is", span)]
        elif piece.key in _WHOLE and self._ends(at):
            self._found += [made("price", span), made(_WHOLE[piece.key], span)]
        elif piece.key in _LEVELS and self._ends(at):
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
        """`=` on a price is never met to the last digit: it means that the level is reached."""
        piece = self._pieces[at]
        subject = self._found[begun:]
        self._subject = [] if any(each.text == "price" for each in subject) else list(subject)
        if piece.text == "=" and [each.text for each in subject] == ["price"]:
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
