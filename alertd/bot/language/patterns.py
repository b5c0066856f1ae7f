"""Rows of pieces that are written another way: what people say, and how the language says it.

A pattern is a row of words: `drops|falls by? <amount>` takes any of the words between bars, what ends in `?` may be
missing, and a kind in angle brackets stands for any piece of it (`<amount>` for a number or a percent, `<time>` for a
duration, `<state>` for what a state may be). `{1}` in what is written instead is the piece that the second word of the
pattern took, counted from 0, and `{1:x}` what is not there is left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from alertd.bot.language.pieces import AMOUNTS, LEVELS, Kind, Piece
from alertd.conditions.fields import FIELDS

STATES = frozenset(
    word
    for spec in FIELDS.values()
    for name in (*spec.labels, *spec.aliases)
    for word in (name, name.replace("_", " "))
)
_KINDS: Mapping[str, frozenset[str]] = {
    "<amount>": frozenset(f"<{kind}>" for kind in AMOUNTS),
    "<level>": frozenset(f"<{kind}>" for kind in LEVELS),
    "<time>": frozenset(("<time>", "<minutes>")),
    "<span>": frozenset(("<time>",)),
    "<state>": STATES,
}
_SLOT = re.compile(r"\{(\d+)\}")

Step = tuple[frozenset[str], bool]
"""The keys that a piece may have, and whether it may be missing."""
Row = tuple[tuple[Step, ...], tuple[str, ...]]


class Table:
    """Patterns, tried in their order; the first that fits is taken."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self._by_first: dict[str, list[Row]] = {}
        self.words = {word for pattern, _ in rows for word in re.findall(r"[a-z_']+(?![^<]*>)", pattern)}
        for pattern, written in rows:
            steps = tuple(_step(word) for word in pattern.split())
            row = (steps, tuple(written.split()))
            for key in self._first(steps):
                self._by_first.setdefault(key, []).append(row)

    @staticmethod
    def _first(steps: Sequence[Step]) -> list[str]:
        keys: dict[str, None] = {}
        for words, optional in steps:
            keys.update(dict.fromkeys(sorted(words)))
            if not optional:
                break
        return list(keys)

    def first(self, pieces: Sequence[Piece], at: int) -> tuple[int, list[Piece]] | None:
        """Where the first pattern that fits at a place ends, and what is written for it; None where none does."""
        piece = pieces[at]
        rows = self._by_first.get(piece.key, [])
        if piece.text != piece.key:
            rows = self._by_first.get(piece.text, []) + rows
        for steps, written in rows:
            taken = _taken(steps, pieces, at)
            if taken is not None:
                return taken[0], _written(written, taken[1], pieces[at : taken[0]])
        return None

    def rewritten(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces with every pattern that is found written the other way, in one go from left to right."""
        found: list[Piece] = []
        at = 0
        while at < len(pieces):
            taken = self.first(pieces, at)
            if taken is None:
                found.append(pieces[at])
                at += 1
            else:
                at = taken[0]
                found += taken[1]
        return found


def _step(word: str) -> Step:
    words = word.removesuffix("?") if len(word) > 1 else word
    keys = frozenset().union(*(_KINDS.get(each, frozenset((each,))) for each in words.split("|")))
    return keys, word.endswith("?") and len(word) > 1


def _taken(steps: Sequence[Step], pieces: Sequence[Piece], at: int) -> tuple[int, list[Piece | None]] | None:
    """Where a pattern that begins at `at` ends, with the piece for each of its words; None where it does not fit."""
    parts: list[Piece | None] = []
    for words, optional in steps:
        piece = pieces[at] if at < len(pieces) else None
        if piece is not None and (piece.key in words or piece.text in words):
            parts.append(piece)
            at += 1
        elif optional:
            parts.append(None)
        else:
            return None
    return at, parts


def _written(written: Sequence[str], parts: Sequence[Piece | None], over: Sequence[Piece]) -> list[Piece]:
    """The pieces that stand for the ones from `over`; what is new has the place of all of them."""
    span = (over[0].span[0], over[-1].span[1])
    found: list[Piece] = []
    for word in written:
        slot = _SLOT.fullmatch(word)
        piece = parts[int(slot[1])] if slot else made(word, span)
        if piece is not None:
            found.append(piece)
    return found


def made(word: str, span: tuple[int, int]) -> Piece:
    """A piece of the language itself, at the place of what it stands for."""
    if word[0].isdigit():
        kind = Kind.PERCENT if word.endswith("%") else Kind.TIME if word[-1] in "hdw" else Kind.NUMBER
        return Piece(kind, word, span, word)
    kind = Kind.FIELD if "." in word else Kind.WORD if word[0].isalpha() else Kind.SIGN
    return Piece(kind, word, span, word)


def renamed(piece: Piece, text: str, kind: Kind = Kind.WORD) -> Piece:
    return replace(piece, text=text, kind=kind)
