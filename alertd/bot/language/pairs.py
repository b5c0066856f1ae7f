"""Two levels, comparisons or coins side by side, and nothing that says how they go together: asked about."""

from collections.abc import Sequence

from alertd.bot.asking import LONGEST
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.pieces import COMPARISONS, LEVELS, QUANTITIES, Kind, Piece, value_of

_RANGES = frozenset(("between", "enters", "leaves", "outside"))
_AT = frozenset(("at", "@", "reaches"))
_ALONE = _AT | {"price", "and", "or"}
"""What stands before a level that no comparison is said of."""


def check(pieces: Sequence[Piece], at: int) -> None:
    """Raises Mistake for `> 70k ETH.price > 4k`, `> 70k < 60k`, `70k 80k`: two with nothing between them."""
    if at and pieces[at - 1].kind in LEVELS and pieces[at].kind in LEVELS:
        raise _two_levels(pieces, at - 1, at)
    if at < 2 or pieces[at - 1].kind not in QUANTITIES:
        return
    again = pieces[at].key in COMPARISONS and pieces[at - 2].key in COMPARISONS
    if again or pieces[at].kind is Kind.FIELD:
        gap = Piece(Kind.SIGN, ",", (pieces[at - 1].span[1], pieces[at - 1].span[1]), ",")
        raise both_or_either((*pieces[:at], gap, *pieces[at:]), at)


def both_or_either(pieces: Sequence[Piece], at: int) -> Mistake:
    """A comma between two conditions; of two coins, each may be an alert by itself."""
    beside = [piece.kind for piece in (*pieces[at - 1 : at], *pieces[at + 1 : at + 2])]
    if len(beside) == 2 and all(kind in LEVELS for kind in beside) and (at < 2 or pieces[at - 2].key not in _RANGES):
        return _two_levels(pieces, at - 1, at + 1)
    comma = pieces[at].span
    fixes = instead(comma, " and", " or")
    if at + 1 < len(pieces) and pieces[at + 1].kind is Kind.FIELD:
        apart = (instead((comma[0], LONGEST), "")[0], instead((0, comma[1]), "")[0])
        hint = "make two alerts, or write and, or write or"
        return Mistake(
            (comma[0], max(comma[1], comma[0] + 1)), "two alerts, or one of both?", hint, fixes=(*apart, *fixes)
        )
    return Mistake((comma[0], max(comma[1], comma[0] + 1)), "both, or either?", "write and, or write or", fixes=fixes)


def _two_levels(pieces: Sequence[Piece], one: int, other: int) -> Mistake:
    """`70k 80k` is a range, or two levels; `> 70k, 80k` is two alerts."""
    (start, end), (again, last) = pieces[one].span, pieces[other].span
    if one and pieces[one - 1].key not in _ALONE:
        apart = (*instead((end, last), ""), *instead((start, again), ""))
        return Mistake((again, last), "two levels?", "make two alerts", fixes=apart)
    low, high = (piece.said.strip() for piece in sorted((pieces[one], pieces[other]), key=value_of))
    span = (pieces[one - 1].span[0] if one and pieces[one - 1].key in _AT else start, last)
    fixes = instead(span, f"between {low} and {high}", f"reaches {low} or reaches {high}")
    return Mistake(span, "two levels?", f"write between {low} and {high}", fixes=fixes)


def overtakes(pieces: Sequence[Piece], at: int) -> Mistake | None:
    """`sol flips eth`: one coin becomes larger than the other."""
    if at + 1 >= len(pieces) or pieces[at + 1].kind is not Kind.FIELD:
        return None
    coin = pieces[at + 1].text.partition(".")[0]
    span = (pieces[at].span[0], pieces[at + 1].span[1])
    larger = f"market_cap crosses above {coin}.market_cap"
    fixes = instead(span, larger, f"crosses above {coin}.price")
    return Mistake(span, f"larger than {coin} by what?", f"write {larger}", fixes=fixes)
