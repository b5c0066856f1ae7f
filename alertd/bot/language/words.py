"""The words of the language, and what is said of one that is none of them."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from alertd.bot.asking import LONGEST
from alertd.bot.language import coins as c
from alertd.bot.language.alike import alike
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.patterns import STATES
from alertd.bot.language.phrases import FILLERS, NAMED, ORDERED, SAID
from alertd.bot.language.pieces import LEVELS, Kind, Piece, value_of
from alertd.conditions.fields import FIELDS
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.grammar import KEYWORDS

_MORE = (
    "moving average ma simple exponential does do makes closes closing recently count share where near "
    "around approaches approaching roughly close if when once of for on with to oversold overbought "
    "daily weekly monthly yearly yesterday yesterday's yesterdays previous dma crossover line zero alert "
)
_DAYS = {"month": 30, "months": 30, "year": 365, "years": 365, "yr": 365, "quarter": 90}
_MANY = frozenset(("any", "all", "everything", "anything", "coins", "top", "market", "crypto"))
"""Words for more coins than an alert names."""
_NAME_THEM = "name them, or make a list of them: watchlist majors BTC ETH"
_NEGATIONS = frozenset(
    ("isn't", "isnt", "don't", "dont", "doesn't", "doesnt", "didn't", "hasn't", "won't", "can't", "never", "without")
)
_AGAINST = frozenset(("vs", "versus"))
_UNGIVEN = frozenset(
    ("dominance", "funding", "liquidations", "volatility", "gas", "tvl", "supply", "hashrate", "divergence", "halving",
     "squeeze", "oi", "netflow", "inflow", "outflow", "etf", "unlock", "staking", "apy")
)  # fmt: skip
"""What traders look at and no source of alertd gives."""
_TRADES = frozenset(
    ("buy", "sell", "tp", "sl", "stop", "loss", "stoploss", "take", "profit", "order", "liquidation", "entry")
)
"""Words of orders."""
_LONGEST_NAME = 4
"""Words of a coin's name."""
VOCABULARY = frozenset(
    (*SAID.words, *NAMED.words, *ORDERED.words, *KEYWORDS, *FIELDS, *FUNCTIONS, *STATES, *FILLERS, *_MORE.split())
)
"""Every word that a condition may be made of."""
_WORDS = tuple(sorted(VOCABULARY))


def check_words(pieces: Sequence[Piece], known: c.Coins, *, named: bool) -> None:
    """Raises Mistake for the first word that is none: a coin that is not known, or a slip of the pen. `named` where
    the coins of the alert are known."""
    series = {name.casefold() for name in known.universe.series}
    for at, piece in enumerate(pieces):
        if piece.key == "*" and at == 0 and not named:
            raise Mistake(piece.span, "which coins?", _NAME_THEM, fixes=instead(piece.span, "BTC, ETH, SOL"))
        if piece.text in STATES and _is_order(pieces, at):
            raise _trade(pieces, at)
        if piece.text == "all" and at == 0 and not named:
            raise Mistake(piece.span, "which coins?", _NAME_THEM, fixes=instead((0, LONGEST), "help watchlist"))
        if piece.kind is not Kind.WORD or piece.text in VOCABULARY or piece.text in series:
            continue
        if piece.said.upper() in c.FOREIGN:
            raise c.foreign(piece.said, piece.span)
        if piece.text in _MANY and not named:
            raise Mistake(piece.span, "which coins?", _NAME_THEM, fixes=instead((0, LONGEST), "help watchlist"))
        raise _meant(pieces, at) or _unglued(piece, known) or _strange(pieces, at, known, named=named)


def _meant(pieces: Sequence[Piece], at: int) -> Mistake | None:
    """What is known of a word that is none of the language."""
    piece = pieces[at]
    if piece.text in _UNGIVEN:
        hint = "it has price, market_cap, volume_24h, rsi(14, 1h), signal and more"
        return Mistake(piece.span, f"alertd has no numbers of {piece.said}", hint)
    if piece.text in _AGAINST:
        hint = "a ratio has a level: BTC / ETH > 20"
        return Mistake(piece.span, f"{piece.said} at what?", hint, fixes=instead(piece.span, "/"))
    if piece.text in _TRADES:
        return _trade(pieces, at)
    if piece.text in _NEGATIONS:
        fixes = instead(piece.span, "is not") if piece.text.startswith("is") else ()
        hint = "say what should happen: below 60k, not what should not"
        return Mistake(piece.span, f"an alert waits for something: what is {piece.said!r}?", hint, fixes=fixes)
    return _no_length(piece, pieces[at - 1] if at else None) if piece.text in _DAYS else None


def _strange(pieces: Sequence[Piece], at: int, known: c.Coins, *, named: bool) -> Mistake:
    """A word that nothing is known of, with what is written nearly like it."""
    piece = pieces[at]
    beside = {each.key for each in (*pieces[max(at - 1, 0) : at], *pieces[at + 1 : at + 2])}
    # Where a coin belongs no other word does: to mend it to one would lose the coin.
    coin = "/" in beside or (named and at > 0 and all(each.key in c.JOINS for each in pieces[:at]))
    words = [] if coin else _near_words(piece.text[:40])
    near = known.near(piece.said, 0.84 if named and not coin else 0.7)
    several = known.candidates(piece.said)
    if coin or (not named and (several or near or not words)):
        whole = _name_at(pieces, at)
        return known.unknown(whole, whole.said)
    message = f"I do not know {piece.said!r}"
    if found := [*words, *near]:
        return Mistake(piece.span, message, f"did you mean {' or '.join(found)}?", fixes=instead(piece.span, *found))
    if at + 1 < len(pieces) and pieces[at + 1].key == ":":
        # `binance:btcusdt`, as charting sites have it.
        span = (piece.span[0], pieces[at + 1].span[1])
        return Mistake(span, message, "leave it out", fixes=instead(span, ""))
    # Behind a level or a move it may be mere talk; before, it says what the level is of.
    talk = named and any(each.kind in (Kind.NUMBER, Kind.PERCENT) for each in pieces[:at])
    hint = "leave it out, or say it in a note" if talk else ""
    return Mistake(piece.span, message, hint, fixes=instead(piece.span, "") if talk else ())


def _is_order(pieces: Sequence[Piece], at: int) -> bool:
    """`buy btc at 70k`: no state of a signal."""
    levels = any(piece.kind in LEVELS for piece in pieces)
    return pieces[at].text in _TRADES and levels and (at == 0 or pieces[at - 1].key == "to")


def _trade(pieces: Sequence[Piece], at: int) -> Mistake:
    """`btc stop loss 60k`: a level to hear of, no order."""
    end = at + 1
    while end < len(pieces) and pieces[end].text in _TRADES:
        end += 1
    levels = [piece for piece in pieces[end:] if piece.kind in LEVELS]
    start = pieces[at - 1].span[0] if at and pieces[at - 1].key == "to" else pieces[at].span[0]
    span = (start, pieces[end - 1].span[1])
    fixes = instead(span, "")
    if len(levels) == 2:
        low, high = sorted(levels, key=value_of)
        fixes = instead((start, levels[1].span[1]), f"above {high.said} or below {low.said}")
    return Mistake(span, "alertd tells, and trades nothing", "say the level alone", fixes=fixes)


def _unglued(piece: Piece, known: c.Coins) -> Mistake | None:
    """`under60k`, `btc70k`: a blank is missing."""
    found = re.match(r"([a-z]+)\d", piece.text, re.ASCII)
    if found is None or not known.says(found[1]):
        return None
    at = piece.span[0] + found.end(1)
    hint = f"write {piece.said[: found.end(1)]} {piece.said[found.end(1) :]}"
    return Mistake(piece.span, f"I do not know {piece.said!r}", hint, fixes=instead((at, at), " "))


def _near_words(word: str) -> list[str]:
    return [] if len(word) < 3 else get_close_matches(word, alike(word, _WORDS), n=2, cutoff=0.7)


def _name_at(pieces: Sequence[Piece], at: int) -> Piece:
    """The name of several words that begins at a place: `Zorkcoin Cash`."""
    end = at + 1
    while end < len(pieces) and end - at < _LONGEST_NAME and pieces[end].span[0] == pieces[end - 1].span[1] + 1:
        if pieces[end].kind is not Kind.WORD or pieces[end].text in VOCABULARY:
            break
        end += 1
    said = " ".join(piece.said for piece in pieces[at:end])
    return Piece(Kind.WORD, said.lower(), (pieces[at].span[0], pieces[end - 1].span[1]), said)


def _no_length(piece: Piece, before: Piece | None) -> Mistake:
    """That months and years differ: how many days are meant?"""
    count = _count(before)
    start = before.span[0] if before is not None and before.kind is Kind.NUMBER else piece.span[0]
    days = f"{_DAYS[piece.text] * count}d"
    span = (start, piece.span[1])
    return Mistake(span, f"a {piece.text.rstrip('s')} has no one length", f"write {days}", fixes=instead(span, days))


def _count(before: Piece | None) -> int:
    known = before is not None and before.kind is Kind.NUMBER and before.text.isdigit() and len(before.text) < 5
    return int(before.text) if before is not None and known else 1
