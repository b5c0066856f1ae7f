"""A rule's `symbols` → coins, and the filters that become a part of its `when`."""

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from alertd.errors import did_you_mean
from alertd.model.universe import Universe
from alertd.rules import keys
from alertd.rules.document import Path, Plain
from alertd.rules.wrong import Parts, Wrong

_TOP = re.compile(r"top\s*(\d+)(?:\s+coins)?", re.IGNORECASE | re.ASCII)
_BETWEEN = re.compile(r"[\s,;]+")


class Filter(NamedTuple):
    """A condition that a coin has to meet, in words; `path` leads to where it stands below `symbols`."""

    words: str
    path: Path


class Chosen(NamedTuple):
    """`doubts` are no mistakes: what looks like one, to warn of. Where there are `mistakes`, this is the rest of it."""

    coins: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    doubts: tuple[Wrong, ...] = ()
    mistakes: tuple[Wrong, ...] = ()


class Coins:
    """Chooses coins; the same words are looked up once."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._all = tuple(dict.fromkeys(universe.coins.values()))
        self._known: dict[str, tuple[str, ...]] = {}

    def choose(self, symbols: Plain) -> Chosen:
        """The coins of one `symbols`, each once, in the order written. Raises Wrong where it is no choice at all."""
        if isinstance(symbols, dict):
            return self._filtered(symbols)
        if isinstance(symbols, str):
            return Chosen(self._named(keys.text(symbols)))
        chosen = keys.each(symbols, lambda item: self._named(keys.text(item)))
        if not chosen:
            raise Wrong("there is no coin here", 'name some, or write "*" for all')
        return Chosen(tuple(dict.fromkeys(coin for coins in chosen for coin in coins)))

    def _named(self, word: str) -> tuple[str, ...]:
        found = self._known.get(word)
        if found is None:
            found = self._look_up(word)
            if found is None:
                raise Wrong(f"there is no coin or watchlist {word!r}", self._meant(word))
            self._known[word] = found
        return found

    def _meant(self, word: str) -> str:
        """A hint for a word that names nothing: it may be several coins, or all, in words of the author's own."""
        if word.casefold() in ("all", "any", "every", "everything"):
            return 'write "*" for all coins'
        if top := _TOP.fullmatch(word):
            return f"write {{top: {top[1]}}}"
        several = _BETWEEN.split(word)
        if any(self._look_up(piece) is not None for piece in several):
            return f"write a list: [{', '.join(piece for piece in several if piece)}]"
        known = (*self._universe.coins, *self._universe.watchlists)
        return did_you_mean(word, known) or "alertd coins searches for one"

    def _look_up(self, word: str) -> tuple[str, ...] | None:
        if word == "*":
            if not self._all:
                raise Wrong("no coins are known, so there are none to take all of")
            return self._all
        if word in self._universe.watchlists:
            return self._universe.watchlists[word]
        coin = self._universe.coin(word)
        return None if coin is None else (coin,)

    def _filtered(self, symbols: dict[str, Plain]) -> Chosen:
        parts = Parts()
        for key in symbols:
            if key not in _READERS:
                parts.blame(f"there is no key {key!r}", did_you_mean(key, _READERS) or _KNOWN, (key,))
        filters = [
            Filter(words, (key,))
            for key, reader in _READERS.items()
            if key in symbols and (words := parts.read((key,), partial(reader, symbols[key]), ""))
        ]
        every = partial(self._without, symbols["except"]) if "except" in symbols else self._everything
        coins, doubts = parts.read((), every, ((), ()))
        return Chosen(coins, tuple(filters), doubts, parts.wrong)

    def _everything(self) -> tuple[tuple[str, ...], tuple[Wrong, ...]]:
        return self._named("*"), ()

    def _without(self, excepted: Plain) -> tuple[tuple[str, ...], tuple[Wrong, ...]]:
        """All coins but those. One that is not known is left out as it is, unless a coin that stays looks like it."""
        parts = Parts()
        words: dict[str, Path] = {}
        for index, item in enumerate(excepted if isinstance(excepted, list) else ()):
            words.setdefault(parts.read(("except", index), partial(keys.text, item), ""), ("except", index))
        parts.done()
        if isinstance(excepted, str) and excepted:
            words[excepted] = ("except",)
        found = {word: self._look_up(word) for word in words}
        left_out = {coin for coins in found.values() for coin in coins or ()}
        coins = tuple(coin for coin in self._named("*") if coin not in left_out)
        if not coins or not words:
            raise Wrong("expected some coins to leave out, and some to be left", path=("except",))
        doubts = tuple(
            Wrong(f"there is no coin or watchlist {word!r} to leave out", near, words[word])
            for word in words
            if found[word] is None and (near := did_you_mean(word, coins))
        )
        return coins, doubts


def _all(value: Plain) -> str:
    if not keys.flag(value):
        raise Wrong("expected all: true, or a list of coins")
    return ""


def _top(value: Plain) -> str:
    if not isinstance(value, str) or not value.isdecimal() or not int(value):
        raise Wrong("expected a number of coins such as 100")
    return f"market_cap_rank <= {int(value)}"


_READERS: dict[str, Callable[[Plain], str]] = {"all": _all, "top": _top, "where": keys.sentence, "except": lambda _: ""}
"""Key of what chooses coins → the condition that a value of it stands for, "" for none."""
_KNOWN = f"known here: {', '.join(_READERS)}"
