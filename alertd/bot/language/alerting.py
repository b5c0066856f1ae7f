"""What an alert is about: its coins, its condition and its options, out of a line."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from alertd.bot.language import coins as c
from alertd.bot.language import note as n
from alertd.bot.language import options as o
from alertd.bot.language.abroad import check_abroad
from alertd.bot.language.amounts import millions
from alertd.bot.language.ends import check_spoken
from alertd.bot.language.mistake import Edit, Mistake, instead
from alertd.bot.language.phrases import FILLERS, NAMED
from alertd.bot.language.pieces import AMOUNTS, Kind, Piece, cut, gathered
from alertd.bot.language.sentence import Sentence
from alertd.bot.language.words import VOCABULARY, check_words
from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.fields import FIELDS
from alertd.conditions.tree import Span
from alertd.model.universe import Universe

_ASKED = re.compile(
    r"(?<!\s)[,;\s]+(?:then\s)?(?:please\s)?(?:(?:tell|notify|ping|alert|warn|wake) me(?: up)?|let me know)[\s.!]*$",
    re.IGNORECASE,
)
_PREPOSITIONS = frozenset(("of", "for", "on", "in", "with", "when", "if"))
_ORDER = frozenset((">", "<", ">=", "<="))
_ARITHMETIC = frozenset(("/", "*", "+", "-"))
_EACH = ("any", "each", "either")
_MOST = 400
"""Words, numbers and signs of one alert."""


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
    plain, note, sure = _without_note(" " * start + text[start:])
    plain = _ASKED.sub("", plain)
    check_spoken(plain, start)
    known = c.Coins(universe, lists, VOCABULARY)
    check_abroad(plain, start, known.says)
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
        options["until"] = _end(ends, known, taken.places["until"])
    if note is not None:
        options["note"] = note
    if sure:
        options["sure"] = "yes"
    places = {**taken.places, "note": (n.note_at(text, start), len(text.rstrip()))}
    bare = not symbols and condition.startswith("price ") and all(piece.text != "price" for piece in rest)
    return Wish(symbols, condition, options, places, level, bare)


def _without_note(text: str) -> tuple[str, str | None, bool]:
    """As `note.without_note`. Raises Mistake for a note without an end, and for a second one."""
    plain, note, sure = n.without_note(text)
    if quote := n.unclosed(text):
        end = len(text.rstrip())
        fixes = instead((end, end), quote)
        raise Mistake((end, end + 1), "the note has no end", f"write {quote} behind it", fixes=fixes)
    rest, again, _ = n.without_note(plain)
    if note is None or again is None:
        return plain, note, sure
    places = []
    for before, after in ((text, plain), (plain, rest)):
        gone = [at for at, (was, now) in enumerate(zip(before, after, strict=False)) if was != now]
        places.append((gone[0], gone[-1] + 1))
    first, second = places
    both = (Edit((*first, n.quoted_note(f"{note}; {again}"))), Edit((*second, "")))
    fixes = (both, *instead(second, ""), *instead(first, ""))
    raise Mistake(second, "an alert has one note", "keep one, or make one of both", fixes=fixes)


def _level(pieces: Sequence[Piece]) -> str:
    """`75k` and `5%`, each alone: the number to put in the place of the one that there is. "" for all else."""
    said = [piece for piece in pieces if piece.text not in FILLERS and piece.text not in (".", "!", ",")]
    if len(said) != 1 or said[0].kind not in AMOUNTS:
        return ""
    return millions(said[0].text) if said[0].kind is Kind.MINUTES else said[0].text


def _condition(pieces: Sequence[Piece], symbols: tuple[str, ...], known: c.Coins, text: str) -> str:
    end = len(text.rstrip())
    if not [piece for piece in pieces if piece.text not in FILLERS and piece.text not in (".", "?", "!", ",", "alert")]:
        what = ", ".join(symbols)
        if not symbols:
            hint = "such as BTC > 70k, or eth -5% 1h"
            fixes = instead((end, end), " BTC > 70k", " ETH down 5% in 1h", " SOL flips bullish")
            raise Mistake((end, end + 1), "say a coin and what should happen", hint, fixes=fixes)
        samples = instead((end, end), " down 5% in 1h", " up 5% in 1h", " signal flips to bullish")
        fixes = (*samples, *instead((0, end), f"price {what}"))
        raise Mistake(
            (end, end + 1), f"what about {what}?", "say a level or a move: above 70k, down 5% in 1h", fixes=fixes
        )
    check_words(pieces, known, named=bool(symbols))
    sentence = Sentence(pieces, known.universe)
    sentence.compiled(len(symbols))
    return sentence.text


def _end(pieces: Sequence[Piece], known: c.Coins, span: Span) -> str:
    """The condition that ends an alert; what makes no sense there may as well be left out."""
    check_words(pieces, known, named=True)
    sentence = Sentence(pieces, known.universe)
    try:
        sentence.compiled()
    except Mistake as mistake:
        mistake.fixes += instead(span, "")
        raise
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
            if calculated or (rest and rest[-1].key in ("/", "*")) or _compared(rest, pieces, end):
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


def _compared(rest: Sequence[Piece], pieces: Sequence[Piece], end: int) -> bool:
    """True if the coin before is what a level is compared with: `70k < BTC`."""
    return (
        len(rest) > 1
        and rest[-1].key in _ORDER
        and (end == len(pieces) or pieces[end].key in ("and", "or", ")", *_ORDER))
    )


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
    if len(rest) > 1 and rest[-1].key == "of" and rest[-2].text in FIELDS:
        rest.pop()
        field = rest.pop()
        rest.append(c.field_of(coin, field.text, (field.span[0], span[1])))
        return end
    following = pieces[end] if end < len(pieces) else None
    if following is not None and following.kind is Kind.WORD and following.text in FIELDS:
        rest.append(c.field_of(coin, following.text, (span[0], following.span[1])))
        return end + 1
    state = [piece.key for piece in pieces[end : end + 2]]
    flips = bool(state) and (state[0] in ("flips", "flip") or state[-1] in ("bullish", "bearish"))
    rest.append(c.field_of(coin, "signal" if flips else "price", span))
    return end
