"""What traders say without saying enough for an alert: asked about, with what they may mean."""

from collections.abc import Callable, Mapping, Sequence

from alertd.bot.language import bars, pairs
from alertd.bot.language.mistake import Edit, Mistake, instead
from alertd.bot.language.phrases import FALLS, RISES, SAID
from alertd.bot.language.pieces import AMOUNTS, COMPARISONS, LEVELS, QUANTITIES, Kind, Piece
from alertd.conditions.tree import Span

_PEAKS = ("high", "low")
_ENDS = frozenset(("", "and", "or", ")", ",", "in", "since"))
"""What ends a comparison."""
OF_FILES = frozenset(("cooldown", "rearm", "keep_firing_for"))
"""Keys of rule files that keep a rule from telling again and again."""
_COINS = (Kind.FIELD, Kind.WORD)
_CLOCKED = frozenset(("at", "@", "from", "after", "between", "daily", "every", "day", "around", "on"))
_PERIODS = {"daily": "24h", "weekly": "7d", "monthly": "30d", "yearly": "365d", "yesterday": "24h",
            "yesterday's": "24h", "yesterdays": "24h", "previous": "24h"}  # fmt: skip
_WAYS = dict.fromkeys(RISES.split("|"), "up") | dict.fromkeys(FALLS.split("|"), "down")
_WHOLE = 100.0
"""Percent of a price."""
_TOWARDS = frozenset((*_WAYS, "moves", "+", "-", "±"))


def check(pieces: Sequence[Piece]) -> None:
    """Raises Mistake for a condition, in the words of whoever typed it, that is not one yet."""
    if len(pieces) == 2 and pieces[0].kind in (Kind.TIME, Kind.MINUTES) and pieces[1].key in _PEAKS:
        said = f"{pieces[0].text} {pieces[1].text}"
        span = (pieces[0].span[0], pieces[1].span[1])
        raise Mistake(span, f"what about the {said}?", f"write new {said}", fixes=instead(span, f"new {said}"))
    _check_clock(pieces)
    for at, piece in enumerate(pieces):
        if piece.key in _PERIODS and _key(pieces, at + 1) in _PEAKS:
            span = (piece.span[0], pieces[at + 1].span[1])
            meant = f"{_PERIODS[piece.key]} {pieces[at + 1].key}"
            raise Mistake(span, f"the {pieces[at + 1].key} of how long?", f"write {meant}", fixes=instead(span, meant))
        if piece.key == "%":
            raise Mistake(piece.span, "a % stands behind a number", "such as 5%", fixes=instead(piece.span, ""))
    signs = [piece.key for piece in pieces if piece.key != "price"]
    if signs in (["-", "<number>"], ["+", "<number>"]) and pieces[-2].span[1] == pieces[-1].span[0]:
        moved = "down" if signs[0] == "-" else "up"
        span = (pieces[-2].span[0], pieces[-1].span[1])
        number = pieces[-1].text
        fixes = instead(span, f"{moved} {number}% in 1h", f"{moved} {number} in 1h")
        raise Mistake(span, f"{signs[0]}{number} of what?", f"write {moved} {number}% in 1h", fixes=fixes)
    if len(pieces) > 1 and pieces[-1].key == "+" and pieces[-2].kind in LEVELS:
        span = (pieces[-2].span[0], pieces[-1].span[1])
        least = f"at least {pieces[-2].said}"
        raise Mistake(span, f"{pieces[-2].said}+?", f"write {least}", fixes=instead(span, least))
    _check_amount(pieces)
    bars.check(pieces)
    _check_list(pieces)


def _check_clock(pieces: Sequence[Piece]) -> None:
    """`at 16:00`: an alert has no hours."""
    clocks = [
        at
        for at in range(1, len(pieces) - 1)
        if pieces[at].key == ":"
        and pieces[at - 1].kind is Kind.NUMBER is pieces[at + 1].kind
        and pieces[at - 1].span[1] + 1 == pieces[at].span[1] == pieces[at + 1].span[0]
    ]
    if not clocks:
        return
    first = clocks[0] - 1
    while first and pieces[first - 1].key in _CLOCKED:
        first -= 1
    span = (pieces[first].span[0], pieces[clocks[-1] + 1].span[1])
    said = f"{pieces[clocks[-1] - 1].said}:{pieces[clocks[-1] + 1].said}"
    raise clock(span, said)


def clock(span: Span, said: str) -> Mistake:
    """That a time of day, said as the end of an alert alone, is none of it."""
    hint = f"leave it out: an alert watches all the time. until {said} ends it"
    return Mistake(span, "a time of day cannot be said here", hint, fixes=instead(span, "", f"until {said}"))


def _check_amount(pieces: Sequence[Piece]) -> None:
    """`btc pumping`, `btc 70k up`: how far?"""
    last = pieces[-1] if pieces else None
    way = _WAYS.get(last.key, "") if last else ""
    if last is None or not way or len(pieces) > 2:
        return
    if _kind(pieces, len(pieces) - 2) in LEVELS:
        span = (pieces[-2].span[0], last.span[1])
        level = pieces[-2].said
        fixes = instead(span, f"{'above' if way == 'up' else 'below'} {level}", f"reaches {level}")
        raise Mistake(span, f"{level} {last.said}?", f"write above {level}, or {way} 5% in 1h", fixes=fixes)
    whole = SAID.first(pieces, 0)
    if whole is not None and whole[0] == len(pieces):
        # `volume spikes` says enough.
        return
    fixes = instead(last.span, f"{way} 5% in 1h", f"{way} 10% in 24h")
    raise Mistake(last.span, f"{last.said} by how much?", f"write {way} 5% in 1h", fixes=fixes)


def check_meant(pieces: Sequence[Piece]) -> None:
    """The same in the words of the language: a move without a window, a level that nobody says how near."""
    depth = 0
    for at, piece in enumerate(pieces):
        depth += (piece.key == "(") - (piece.key == ")")
        if piece.key == "," and depth == 0 and _key(pieces, at + 1) != "holds":
            raise pairs.both_or_either(pieces, at)
        if depth == 0:
            pairs.check(pieces, at)
        asked = _ASKED[piece.key](pieces, at) if piece.key in _ASKED else None
        if asked is not None:
            raise asked


def _key(pieces: Sequence[Piece], at: int) -> str:
    return pieces[at].key if 0 <= at < len(pieces) else ""


def _kind(pieces: Sequence[Piece], at: int) -> Kind | None:
    return pieces[at].kind if 0 <= at < len(pieces) else None


def _check_list(pieces: Sequence[Piece]) -> None:
    """`btc/eth/sol down 5%`: no ratio moves by a percentage, so that it is a list."""
    slashes = [at for at in range(len(pieces)) if at % 2 and pieces[at].key == "/" and pieces[at - 1].kind in _COINS]
    last = 2 * len(slashes)
    move = [piece.key for piece in pieces[last + 1 : last + 3]]
    if not slashes or slashes != list(range(1, last, 2)) or move[-1:] != ["<percent>"] or move[0] not in _TOWARDS:
        return
    span = (pieces[0].span[0], pieces[last].span[1])
    fix = [Edit((*pieces[at].span, ", ")) for at in slashes]
    raise Mistake(span, "each of them?", "write commas between coins", fixes=[fix])


def number_alone(text: str) -> Mistake:
    """`1`: a level of nothing, or an alert without what to do with it."""
    number = text.strip().lstrip("#")
    hint = f"a level has a coin (BTC > 70k), the number of an alert a command (why {number})"
    return Mistake((0, len(text)), f"what of {number}?", hint, fixes=instead((0, len(text)), f"why {number}"))


# ── in the words of the language ─────────────────────────────────────────────────────────────────────────────────────


def _window(pieces: Sequence[Piece], at: int) -> Mistake | None:
    """`down 5%`, in how long?"""
    if _kind(pieces, at + 1) not in AMOUNTS or _key(pieces, at + 2) in ("in", "since"):
        return None
    move, amount = pieces[at], pieces[at + 1]
    end = max(move.span[1], amount.span[1])
    span = (min(move.span[0], end - 1), end)
    later = next(
        (i for i in range(at + 2, len(pieces) - 1) if pieces[i].key == "in" and bars.is_time(pieces[i + 1])), 0
    )
    windows = (f" in {pieces[later + 1].text}",) if later else (" in 1h", " in 24h")
    fixes = instead((end, end), *windows)
    fallen = move.text == "down" and amount.kind is Kind.PERCENT and float(amount.text.rstrip("%")) >= _WHOLE
    message = "nothing falls by 100% or more" if fallen else f"{move.text} {amount.text} in how long?"
    return Mistake(span, message, "say a window: in 1h, in 24h", fixes=fixes)


def _near(pieces: Sequence[Piece], at: int) -> Mistake | None:
    to = _key(pieces, at + 1) == "to"
    if pieces[at].key == "close" and not to:
        return None
    span = (pieces[at].span[0], pieces[at + to].span[1])
    return Mistake(span, "how near?", "write within 1% of", fixes=instead(span, "within 1% of"))


def _time(pieces: Sequence[Piece], at: int) -> Mistake | None:
    """`> 70k in 1h`, `> 70k today`: a level has no window; `in 5`: five what?"""
    if pieces[at].key == "since" and _key(pieces, at + 1) == "yesterday":
        span = (pieces[at].span[0], pieces[at + 1].span[1])
        return Mistake(span, "since when?", "write in 24h", fixes=instead(span, "in 24h", "since open(1d)"))
    if _kind(pieces, at - 1) in LEVELS and _key(pieces, at - 2) in (*COMPARISONS, "reaches", "above", "below"):
        today = pieces[at].key == "since"
        end = pieces[at].span[1] if today or at + 1 == len(pieces) else pieces[at + 1].span[1]
        span = (pieces[at].span[0], end)
        fixes = instead(span, "until today" if today else "")
        return Mistake(span, "a level has no window", "leave it out, or write until 18:00", fixes=fixes)
    named = pieces[at].key in ("in", "holds") and _key(pieces, at + 1) == "<number>"
    return unit_missing(pieces[at + 1]) if named else None


def _lasting(pieces: Sequence[Piece], at: int) -> Mistake:
    """`for` that no time follows."""
    span = (pieces[at].span[0], pieces[min(at + 1, len(pieces) - 1)].span[1])
    hint = "write for 5m behind the level, or until friday"
    return Mistake(span, "for how long?", hint, fixes=instead(span, "for 5m"))


def _candle(pieces: Sequence[Piece], at: int) -> Mistake:
    span = pieces[at].span
    fixes = instead(span, *(f"close({bar}) crosses" for bar in ("4h", "1d", "1h")))
    return Mistake(span, "closes which candle?", "write close(4h) crosses above", fixes=fixes)


def _way(pieces: Sequence[Piece], at: int) -> Mistake | None:
    if _kind(pieces, at + 1) not in LEVELS:
        return None
    fixes = instead(pieces[at].span, "breaks above", "breaks below")
    return Mistake(pieces[at].span, "breaks which way?", "say breaks above or breaks below", fixes=fixes)


def _move(pieces: Sequence[Piece], at: int) -> Mistake | None:
    """`price < -5%`: a price is no percentage, and moves by one."""
    end = at + 1 + (_key(pieces, at + 1) in ("above", "below"))
    minus = _key(pieces, end) == "-"
    end += minus
    of_price = _key(pieces, at - 1) in ("", "price", "and", "or", "(") or pieces[at - 1].text.endswith(".price")
    if not of_price or _key(pieces, end) != "<percent>" or _key(pieces, end + 1) not in _ENDS:
        return None
    down = minus or "<" in pieces[at].key or _key(pieces, at + 1) == "below"
    span = (pieces[at].span[0], pieces[end].span[1])
    moved = f"{'down' if down else 'up'} {pieces[end].text}"
    windows = ("",) if _key(pieces, end + 1) in ("in", "since") else (" in 1h", " in 24h")
    hint = f"a price moves by a percentage: {moved} in 1h"
    return Mistake(span, f"{pieces[end].text} of what?", hint, fixes=instead(span, *(moved + each for each in windows)))


def of_files(pieces: Sequence[Piece], at: int) -> Mistake:
    """`cooldown 1h`, as rules of files have it, and what an alert has for that."""
    end = at + 1 + (_key(pieces, at + 1) == ":")
    end += _kind(pieces, end) in QUANTITIES
    span = (pieces[at].span[0], pieces[end - 1].span[1])
    hint = "write for 5m, so that it has to last, or its end, such as until price < 68k"
    return Mistake(span, f"{pieces[at].said} is for rule files", hint, fixes=instead(span, "for 5m", ""))


def unit_missing(piece: Piece) -> Mistake:
    """That a duration has no unit. `1M` is a month to some."""
    hint = "durations end in s, m, h, d or w: 15m, 4h, 7d"
    units = ("m", "h", "d")
    if piece.said[-1:] == "M" and piece.said[:-1].isdigit():
        whole = piece.said[:-1]
        fixes = instead(piece.span, f"{whole}m", f"{30 * int(whole[:6])}d")
        return Mistake(piece.span, f"{piece.said} could be minutes or months", hint, fixes=fixes)
    fixes = instead(piece.span, *(f"{piece.text}{unit}" for unit in units))
    return Mistake(piece.span, f"{piece.text} of what?", hint, fixes=fixes)


_ASKED: Mapping[str, Callable[[Sequence[Piece], int], Mistake | None]] = {
    **dict.fromkeys(("up", "down", "moves"), _window),
    **dict.fromkeys(("near", "around", "approaches", "approaching", "roughly", "close"), _near),
    **dict.fromkeys(("in", "since", "holds"), _time),
    **dict.fromkeys((">", "<", ">=", "<=", "crosses", "reaches"), _move),
    **dict.fromkeys(("closes", "closing"), _candle),
    "flips": pairs.overtakes,
    "for": _lasting,
    "rsi": bars.rsi,
    "breaks": _way,
}
"""What is asked where a word stands."""
