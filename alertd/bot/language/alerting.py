"""What an alert is about: its coins, its condition and its options, out of a line."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from alertd.bot.language import coins as c
from alertd.bot.language import options as o
from alertd.bot.language.alike import alike
from alertd.bot.language.amounts import millions
from alertd.bot.language.ends import check_spoken
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.patterns import STATES
from alertd.bot.language.phrases import FILLERS, NAMED, ORDERED, SAID
from alertd.bot.language.pieces import Kind, Piece, cut, gathered
from alertd.bot.language.sentence import Sentence
from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.fields import FIELDS
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.grammar import KEYWORDS
from alertd.conditions.tree import Span
from alertd.model.universe import Universe

_ASKED = re.compile(
    r"(?<!\s)[,;\s]+(?:then\s)?(?:please\s)?(?:(?:tell|notify|ping|alert|warn|wake) me(?: up)?|let me know)[\s.!]*$",
    re.IGNORECASE,
)
_PREPOSITIONS = frozenset(("of", "for", "on", "in", "with", "when", "if"))
_ARITHMETIC = frozenset(("/", "*", "+", "-"))
_MORE = (
    "moving average ma simple exponential does do makes closes closing recently count share where near "
    "around approaches approaching roughly close if when once of for on with to oversold overbought "
)
_DAYS = {"month": 30, "months": 30, "year": 365, "years": 365, "yr": 365, "quarter": 90}
_MANY = frozenset(("any", "all", "everything", "anything", "coins", "top", "market", "crypto"))
"""Words for more coins than an alert names."""
_EACH = ("any", "each", "either")
_MOST = 400
"""Words, numbers and signs of one alert."""
VOCABULARY = frozenset(
    (*SAID.words, *NAMED.words, *ORDERED.words, *KEYWORDS, *FIELDS, *FUNCTIONS, *STATES, *FILLERS, *_MORE.split())
)
"""Every word that a condition may be made of."""
_WORDS = tuple(sorted(VOCABULARY))


@dataclass(frozen=True, slots=True)
class Wish:
    """What of an alert was said; any of it may be missing. `places` tells where which option stands; `level` is a
    number or a percent that says nothing else, in a change of an alert."""

    symbols: tuple[str, ...]
    condition: str
    options: dict[str, str]
    places: Mapping[str, Span]
    level: str = ""
    bare: bool = False
    """Whether the condition leaves out that it is of the price of the alert's own coins."""


def wish(text: str, start: int, universe: Universe, lists: c.Lists, *, about: bool = True) -> Wish:
    """The alert that the line describes from `start` on. With `about`, it has to say its coins and its condition."""
    plain, note, sure = o.without_note(" " * start + text[start:])
    if o.has_open_note(" " * start + text[start:]):
        end = len(text.rstrip())
        raise Mistake((end, end + 1), "the note has no end", 'write " behind it', fixes=instead((end, end), '"'))
    plain = _ASKED.sub("", plain)
    check_spoken(plain, start)
    known = c.Coins(universe, lists, VOCABULARY)
    pieces = gathered(cut(plain, known.known, start))
    if len(pieces) > _MOST:
        raise Mistake((0, 0), "that is more than an alert can say", "say it in fewer words")
    taken = o.taken(plain, pieces)
    rest, symbols = _without_coins(plain, NAMED.rewritten(taken.rest), known)
    condition, level = "", "" if about or symbols else _level(rest)
    if not level and (about or any(piece.text not in FILLERS for piece in rest)):
        condition = _condition(rest, symbols, known, text)
        symbols = symbols or (
            _implied(compile_condition(condition, universe).tree, len(text.rstrip())) if about else ()
        )
    options = dict(taken.found)
    if taken.ends:
        ends, _ = _without_coins(plain, NAMED.rewritten(taken.ends), known, own=symbols)
        _check_words(ends, known, named=True)
        sentence = Sentence(ends, universe)
        sentence.compiled()
        options["until"] = sentence.text
    if note is not None:
        options["note"] = note
    if sure:
        options["sure"] = "yes"
    places = {**taken.places, "note": (o.note_at(text, start), len(text.rstrip()))}
    bare = not symbols and condition.startswith("price ") and all(piece.text != "price" for piece in rest)
    return Wish(symbols, condition, options, places, level, bare)


def _level(pieces: Sequence[Piece]) -> str:
    """`75k` and `5%`, each alone: the number to put in the place of the one that there is. "" for all else."""
    said = [piece for piece in pieces if piece.text not in FILLERS and piece.text not in (".", "!", ",")]
    if len(said) != 1 or said[0].kind not in (Kind.NUMBER, Kind.PERCENT, Kind.MINUTES):
        return ""
    return millions(said[0].text) if said[0].kind is Kind.MINUTES else said[0].text


def _condition(pieces: Sequence[Piece], symbols: tuple[str, ...], known: c.Coins, text: str) -> str:
    end = len(text.rstrip())
    if not [piece for piece in pieces if piece.text not in FILLERS and piece.text not in (".", "?", "!", ",")]:
        what = ", ".join(symbols)
        if not symbols:
            hint = "such as BTC > 70k, or eth -5% 1h"
            fixes = instead((end, end), " BTC > 70k", " ETH down 5% in 1h", " SOL flips bullish")
            raise Mistake((end, end + 1), "say a coin and what should happen", hint, fixes=fixes)
        samples = instead((end, end), " down 5% in 1h", " up 5% in 1h", " signal flips to bullish")
        raise Mistake(
            (end, end + 1), f"what about {what}?", "say a level or a move: above 70k, down 5% in 1h", fixes=samples
        )
    _check_words(pieces, known, named=bool(symbols))
    sentence = Sentence(pieces, known.universe)
    sentence.compiled()
    return sentence.text


def _implied(tree: t.Condition, end: int) -> tuple[str, ...]:
    """The coins of a condition that names them itself, `()` for one of the whole market."""
    counts = any(isinstance(node, t.Count | t.Share | t.Rank) for node in t.walk(tree))
    if counts or t.of_own_coin(tree):
        examples = instead((end, end), " BTC", " ETH")
        raise Mistake((end, end + 1), "which coin?", "say one, or several: BTC, ETH", fixes=() if counts else examples)
    named = [node.coin for node in t.walk(tree) if isinstance(node, t.Field) and node.coin not in (None, "market")]
    return tuple(coin for coin in named[:1] if coin)


# ── coins and what is left ───────────────────────────────────────────────────────────────────────────────────────────


def _without_coins(
    text: str, pieces: Sequence[Piece], known: c.Coins, own: tuple[str, ...] = ()
) -> tuple[list[Piece], tuple[str, ...]]:
    """The pieces without the coins that the alert is for, and those; other coins get the field that is meant."""
    groups = c.grouped(list(c.found_in(text, pieces, known)), pieces)
    begun = {group[0].start for group in groups}
    rest: list[Piece] = []
    at = 0
    for group in groups:
        start, end = group[0].start, group[-1].end
        rest += pieces[at:start]
        span = (pieces[start].span[0], pieces[end - 1].span[1])
        symbols = c.symbols_of(group)
        first = not own
        own = own or symbols
        calculated = end < len(pieces) and _calculated(pieces, end, begun)
        if first or symbols == own:
            _drop_preposition(rest)
            if calculated or (rest and rest[-1].key in ("/", "*")):
                rest.append(Piece(Kind.WORD, "price", span, "price"))
        elif len(symbols) > 1:
            raise Mistake(span, "one alert is for one row of coins", "write another alert for these")
        else:
            end = _fielded(rest, symbols[0], pieces, end, span)
        at = end
    rest += pieces[at:]
    return rest, own


def _calculated(pieces: Sequence[Piece], at: int, coins: Collection[int]) -> bool:
    """True if the coin before is calculated with: `ETH / BTC > 0.05`."""
    if pieces[at].key in ("/", "*"):
        return True
    if pieces[at].key not in _ARITHMETIC or at + 1 >= len(pieces):
        return False
    after = pieces[at + 1]
    return at + 1 in coins or (after.kind in (Kind.WORD, Kind.FIELD, Kind.TAG) and after.text not in VOCABULARY)


def _drop_preposition(rest: list[Piece]) -> None:
    while rest and rest[-1].kind is Kind.WORD and rest[-1].text in ("the", "my"):
        rest.pop()
    if rest and rest[-1].kind is Kind.WORD and rest[-1].text in _PREPOSITIONS:
        of = rest.pop().text == "of"
        if of and rest and rest[-1].text in _EACH:
            # Each coin of an alert is judged by itself.
            rest.pop()


def _fielded(rest: list[Piece], coin: str, pieces: Sequence[Piece], end: int, span: tuple[int, int]) -> int:
    """Adds the field that is meant of another coin; where what names it ends."""
    following = pieces[end] if end < len(pieces) else None
    if following is not None and following.kind is Kind.WORD and following.text in FIELDS:
        rest.append(c.field_of(coin, following.text, (span[0], following.span[1])))
        return end + 1
    state = [piece.key for piece in pieces[end : end + 2]]
    flips = bool(state) and (state[0] in ("flips", "flip") or state[-1] in ("bullish", "bearish"))
    rest.append(c.field_of(coin, "signal" if flips else "price", span))
    return end


def _check_words(pieces: Sequence[Piece], known: c.Coins, *, named: bool) -> None:
    """Raises Mistake for the first word that is none: a coin that is not known, or a slip of the pen."""
    series = {name.casefold() for name in known.universe.series}
    for at, piece in enumerate(pieces):
        if piece.key == "*" and at == 0 and not named:
            hint = "name them, or make a list of them: watchlist majors BTC ETH"
            raise Mistake(piece.span, "which coins?", hint, fixes=instead(piece.span, "BTC, ETH, SOL"))
        if piece.kind is not Kind.WORD or piece.text in VOCABULARY or piece.text in series:
            continue
        if piece.said.upper() in c.FOREIGN:
            raise c.foreign(piece.said, piece.span)
        if piece.text in _MANY and not named:
            raise Mistake(piece.span, "which coins?", "name them, or make a list of them: watchlist majors BTC ETH")
        if piece.text in _DAYS:
            raise _no_length(piece, pieces[at - 1] if at else None)
        words = (
            []
            if len(piece.text) < 3
            else get_close_matches(piece.text[:40], alike(piece.text[:40], _WORDS), n=2, cutoff=0.7)
        )
        near = known.near(piece.said, 0.84 if named else 0.7)
        several = known.candidates(piece.said)
        if not named and (several or near or not words):
            raise known.unknown(piece, piece.said)
        if words or near:
            found = [*words, *near]
            message = f"I do not know {piece.said!r}"
            raise Mistake(piece.span, message, f"did you mean {' or '.join(found)}?", fixes=instead(piece.span, *found))
        # Behind a level or a move it may be mere talk; before, it says what the level is of.
        talk = named and any(each.kind in (Kind.NUMBER, Kind.PERCENT) for each in pieces[:at])
        hint = "leave it out, or say it in a note" if talk else ""
        raise Mistake(piece.span, f"I do not know {piece.said!r}", hint, fixes=instead(piece.span, "") if talk else ())


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
