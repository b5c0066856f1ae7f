"""What traders say without saying enough for an alert: asked about, with what they may mean."""

from collections.abc import Sequence
from itertools import pairwise

from alertd.bot.asking import LONGEST
from alertd.bot.language.mistake import Edit, Mistake, instead
from alertd.bot.language.pieces import Kind, Piece

EXTREMES = {"oversold": "< 30", "overbought": "> 70"}
"""What they mean of an RSI."""
_PEAKS = ("high", "low")
_AVERAGES = {"sma": "sma", "ema": "ema", "ma": "sma"}
_BARS = ("1d", "4h", "1h")


def check(pieces: Sequence[Piece]) -> None:
    """Raises Mistake for a condition that is not one yet."""
    if len(pieces) == 2 and pieces[0].kind in (Kind.TIME, Kind.MINUTES) and pieces[1].key in _PEAKS:
        said = f"{pieces[0].text} {pieces[1].text}"
        span = (pieces[0].span[0], pieces[1].span[1])
        raise Mistake(span, f"what about the {said}?", f"write new {said}", fixes=instead(span, f"new {said}"))
    for at, piece in enumerate(pieces):
        if piece.key in EXTREMES:
            raise _extreme(pieces, at)
    _check_averages(pieces)


def _extreme(pieces: Sequence[Piece], at: int) -> Mistake:
    """`rsi oversold`, `oversold`: an RSI of bars of some length, below a level."""
    piece, first = pieces[at], at
    while first and (pieces[first - 1].key in ("rsi", "is", "gets", "goes", "on") or _is_time(pieces[first - 1])):
        first -= 1
    span = (pieces[first].span[0], piece.span[1])
    bars = [each.text for each in pieces[first:at] if _is_time(each)] or ["1h", "4h", "1d"]
    meant = [f"rsi(14, {bar}) {EXTREMES[piece.key]}" for bar in bars]
    return Mistake(span, f"{piece.said} by which RSI?", f"write {meant[0]}", fixes=instead(span, *meant))


def _is_time(piece: Piece) -> bool:
    return piece.kind in (Kind.TIME, Kind.MINUTES)


def _check_averages(pieces: Sequence[Piece]) -> None:
    """`ema 50 crosses ema 200`: averages of so many bars, of which nobody says how long they are."""
    found = [
        (name, count)
        for name, count in pairwise(pieces)
        if name.key in _AVERAGES and count.kind is Kind.NUMBER and count.text.isdigit()
    ]
    if not found:
        return
    fixes = [
        [Edit((name.span[0], count.span[1], f"{_AVERAGES[name.key]}({count.text}, {bar})")) for name, count in found]
        for bar in _BARS
    ]
    name, count = found[0]
    span = (name.span[0], count.span[1])
    raise Mistake(span, f"{name.said} of which bars?", f"write {fixes[0][0][2]}", fixes=fixes)


def both_or_either(pieces: Sequence[Piece], at: int) -> Mistake:
    """A comma between two conditions; of two coins, each may be an alert by itself."""
    comma = pieces[at].span
    fixes = instead(comma, " and", " or")
    if at + 1 < len(pieces) and pieces[at + 1].kind is Kind.FIELD:
        apart = ((Edit((comma[0], LONGEST, "")),), (Edit((0, comma[1], "")),))
        hint = "make two alerts, or write and, or write or"
        return Mistake(comma, "two alerts, or one of both?", hint, fixes=(*apart, *fixes))
    return Mistake(comma, "both, or either?", "write and, or write or", fixes=fixes)


def number_alone(text: str) -> Mistake:
    """`1`: a level of nothing, or an alert without what to do with it."""
    number = text.strip().lstrip("#")
    hint = f"a level has a coin (BTC > 70k), the number of an alert a command (why {number})"
    return Mistake((0, len(text)), f"what of {number}?", hint, fixes=instead((0, len(text)), f"why {number}"))
