"""A rule's `symbols` → coins, and the filters that become a part of its `when`."""

from collections.abc import Iterable
from typing import NamedTuple

from alertd.errors import did_you_mean
from alertd.model.universe import Universe
from alertd.rules import keys
from alertd.rules.document import Path, Plain
from alertd.rules.keys import Wrong


class Filter(NamedTuple):
    """A condition that a coin has to meet, in words; `path` leads to where it stands below `symbols`."""

    words: str
    path: Path


class Chosen(NamedTuple):
    """`doubts` are no mistakes: what looks like one, to warn of."""

    coins: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    doubts: tuple[Wrong, ...] = ()


class Coins:
    """Chooses coins; the same words are looked up once."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._all = tuple(dict.fromkeys(universe.coins.values()))
        self._known: dict[str, tuple[str, ...]] = {}

    def choose(self, symbols: Plain) -> Chosen:
        """The coins of one `symbols`, each once, in the order written. Raises Wrong."""
        if isinstance(symbols, dict):
            return self._filtered(symbols)
        if isinstance(symbols, str):
            return Chosen(self._named(keys.text(symbols)))
        chosen: dict[str, None] = {}
        for index, item in enumerate(symbols):
            try:
                chosen.update(dict.fromkeys(self._named(keys.text(item))))
            except Wrong as wrong:
                raise Wrong(wrong.message, wrong.hint, (index,)) from None
        if not chosen:
            raise Wrong("there is no coin here", 'name some, or write "*" for all')
        return Chosen(tuple(chosen))

    def _named(self, word: str) -> tuple[str, ...]:
        found = self._known.get(word)
        if found is None:
            found = self._look_up(word)
            if found is None:
                near = did_you_mean(word, (*self._universe.coins, *self._universe.watchlists))
                raise Wrong(f"there is no coin or watchlist {word!r}", near or "alertd coins searches for one")
            self._known[word] = found
        return found

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
        for key in symbols:
            if key not in ("all", "top", "where", "except"):
                raise Wrong(f"there is no key {key!r}", did_you_mean(key, ("all", "top", "where", "except")), (key,))
        if not keys.flag(symbols.get("all", "true")):
            raise Wrong("expected all: true, or a list of coins", path=("all",))
        filters = tuple(_filters(symbols))
        if "except" not in symbols:
            return Chosen(self._named("*"), filters)
        coins, doubts = self._without(symbols["except"])
        return Chosen(coins, filters, doubts)

    def _without(self, excepted: Plain) -> tuple[tuple[str, ...], tuple[Wrong, ...]]:
        """All coins but those. One that is not known is left out as it is, unless a coin that stays looks like it."""
        words: dict[str, Path] = {}
        for index, item in enumerate(excepted if isinstance(excepted, list) else ()):
            try:
                words.setdefault(keys.text(item), ("except", index))
            except Wrong as wrong:
                raise Wrong(wrong.message, wrong.hint, ("except", index)) from None
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


def _filters(symbols: dict[str, Plain]) -> Iterable[Filter]:
    if "top" in symbols:
        top = symbols["top"]
        if not isinstance(top, str) or not top.isdecimal() or not int(top):
            raise Wrong("expected a number of coins such as 100", path=("top",))
        yield Filter(f"market_cap_rank <= {int(top)}", ("top",))
    if "where" in symbols:
        try:
            yield Filter(keys.text(symbols["where"]), ("where",))
        except Wrong as wrong:
            raise Wrong(wrong.message, wrong.hint, ("where",)) from None
