"""Indicators of which nobody says how long their bars are: asked about, with the bar that stands beside them."""

from collections.abc import Sequence

from alertd.bot.language.mistake import Edit, Mistake
from alertd.bot.language.pieces import Kind, Piece

EXTREMES = {"oversold": "< 30", "overbought": "> 70"}
"""What they mean of an RSI."""
AVERAGES = {"sma": "sma", "ma": "sma", "ema": "ema"}
_BARS = ("1d", "4h", "1h")
_WINDOWS = frozenset(("in", "within", "since", "for", "over", "last", "past", "holds", "(", ","))
"""What stands before a time that is no bar's length."""
_OF_TIME = frozenset(("high", "low", "change", ")", ","))
"""What stands behind one."""
_OVER = frozenset(("above", "over", "up", "bullish"))
_UNDER = frozenset(("below", "under", "down", "bearish"))
_CROSSING = frozenset(("cross", "crosses", "crossing", "crossover", "crossed"))
_OF_MACD = _OVER | _UNDER | _CROSSING | {"signal", "line", "zero", "is"}


def check(pieces: Sequence[Piece]) -> None:
    """Raises Mistake for such an indicator, in the words of whoever typed it."""
    for at, piece in enumerate(pieces):
        if piece.key in EXTREMES:
            raise _extreme(pieces, at)
        if piece.key == "macd" and (found := _macd(pieces, at)):
            raise found
    _check_averages(pieces)


def is_time(piece: Piece) -> bool:
    return piece.kind in (Kind.TIME, Kind.MINUTES)


def rsi(pieces: Sequence[Piece], at: int) -> Mistake | None:
    """That an RSI counts bars of some length, and how many."""
    if at + 1 < len(pieces) and pieces[at + 1].key == "(":
        return None
    first = last = at
    times = [i for i in range(max(at - 1, 0), min(at + 3, len(pieces))) if is_time(pieces[i])]
    if times:
        first, last = min(at, times[0]), max(at, times[0])
    elif at + 1 < len(pieces) and pieces[at + 1].kind is Kind.NUMBER:
        last = at + 1
    bars, rest = ([pieces[times[0]].text], []) if times else _frame(pieces)
    span = (pieces[first].span[0], pieces[last].span[1])
    bars = bars or ["1h", "4h", "1d"]
    fixes = [[Edit((*span, f"rsi(14, {bar})")), *rest] for bar in bars]
    return Mistake(span, "rsi of which bars?", f"write rsi(14, {bars[0]})", fixes=fixes)


def _frame(pieces: Sequence[Piece]) -> tuple[list[str], list[Edit]]:
    """The one length of bars that is said (`on 4h`), and what leaves it out there; of none or several nothing."""
    found = [
        at
        for at, piece in enumerate(pieces)
        if is_time(piece)
        and (not at or pieces[at - 1].key not in _WINDOWS)
        and (at + 1 == len(pieces) or pieces[at + 1].key not in _OF_TIME)
    ]
    if len(found) != 1:
        return [], []
    at = found[0]
    start = pieces[at - 1].span[0] if at and pieces[at - 1].key == "on" else pieces[at].span[0]
    return [pieces[at].text], [Edit((start, pieces[at].span[1], ""))]


def _extreme(pieces: Sequence[Piece], at: int) -> Mistake:
    """`rsi oversold`, `oversold`: an RSI of bars of some length, below a level."""
    piece, first = pieces[at], at
    while first and (pieces[first - 1].key in ("rsi", "is", "gets", "goes", "on") or is_time(pieces[first - 1])):
        first -= 1
    span = (pieces[first].span[0], piece.span[1])
    inside = [each.text for each in pieces[first:at] if is_time(each)]
    bars, rest = (inside, []) if inside else _frame(pieces)
    fixes = [[Edit((*span, f"rsi(14, {bar}) {EXTREMES[piece.key]}")), *rest] for bar in bars or ["1h", "4h", "1d"]]
    return Mistake(span, f"{piece.said} by which RSI?", f"write {fixes[0][0][2]}", fixes=fixes)


def _macd(pieces: Sequence[Piece], at: int) -> Mistake | None:
    """`macd cross`, `macd bullish`: over its signal line."""
    end = at + 1
    while end < len(pieces) and pieces[end].key in _OF_MACD:
        end += 1
    words = {piece.key for piece in pieces[at + 1 : end]}
    if not words & (_CROSSING | {"bullish", "bearish"}) or "zero" in words:
        return None
    way = " above" if words & _OVER else " below" if words & _UNDER else ""
    bars, rest = _frame(pieces)
    span = (pieces[at].span[0], pieces[end - 1].span[1])
    meant = [f"macd(12, 26, {bar}) crosses{way} macd_signal(12, 26, 9, {bar})" for bar in bars or ["4h", "1d", "1h"]]
    fixes = [[Edit((*span, text)), *rest] for text in meant]
    return Mistake(span, "macd of which bars?", f"write {meant[0]}", fixes=fixes)


def _check_averages(pieces: Sequence[Piece]) -> None:
    """`ema 50 crosses ema 200`, `50ma`: averages of so many bars, of which nobody says how long they are."""
    found: list[tuple[Piece, Piece, str]] = []
    at = 0
    while at + 1 < len(pieces):
        pair = (pieces[at], pieces[at + 1])
        name, count = pair if pair[0].key in AVERAGES else (pair[1], pair[0])
        open_ = at + 2 < len(pieces) and pieces[at + 2].key == "("
        if name.key in AVERAGES and count.kind is Kind.NUMBER and count.text.isdigit() and not open_:
            found.append((*pair, f"{AVERAGES[name.key]}({count.text}"))
            at += 1
        at += 1
    if not found:
        return
    bars, rest = _frame(pieces)
    fixes = [
        [*(Edit((left.span[0], right.span[1], f"{text}, {bar})")) for left, right, text in found), *rest]
        for bar in bars or _BARS
    ]
    one, other, first = found[0]
    hint = f"write {first}, {(bars or _BARS)[0]})"
    said = (one if one.key in AVERAGES else other).said
    raise Mistake((one.span[0], other.span[1]), f"{said} of which bars?", hint, fixes=fixes)
