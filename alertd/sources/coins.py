"""Coins: one name each, and an id per source. alertd ships a table of the largest; the configuration adds to it."""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Self

from alertd.errors import ConfigError, Problem
from alertd.ports import Candidate

Entry = Mapping[str, str | int | Sequence[str]]
"""A coin as configuration writes it: `name`, `also` (a list of aliases), and its id by source."""


@dataclass(frozen=True, slots=True)
class Coin:
    """`symbol` is alertd's own name of it; `ids` are by source (the name of a configured one, or its kind)."""

    symbol: str
    name: str = ""
    also: tuple[str, ...] = ()
    ids: Mapping[str, str | int] = field(default_factory=dict)


class CoinTable:
    """Every coin that rules may name. Tables do not change: those with more in them are new ones."""

    def __init__(self, coins: Iterable[Coin] = ()) -> None:
        self._coins = {coin.symbol: coin for coin in coins}

    @classmethod
    def shipped(cls) -> Self:
        text = resources.files("alertd.sources").joinpath("coins.toml").read_text(encoding="utf-8")
        return cls(_coin(Coin(symbol), entry) for symbol, entry in tomllib.loads(text).items())

    def __iter__(self) -> Iterator[Coin]:
        return iter(self._coins.values())

    def __len__(self) -> int:
        return len(self._coins)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CoinTable) and self._coins == other._coins

    def __hash__(self) -> int:
        return hash(tuple(self._coins))

    def with_entries(self, entries: Mapping[str, Entry]) -> "CoinTable":
        """The `coins:` of the configuration over this table: what they say holds, what they leave out stays.

        Raises ConfigError, for an alias that another coin has too.
        """
        known = {symbol.upper(): symbol for symbol in self._coins}
        changed = {
            own: _coin(self._coins.get(own, Coin(own)), entry)
            for symbol, entry in entries.items()
            for own in (known.get(symbol.upper(), symbol),)
        }
        table = CoinTable({**self._coins, **changed}.values())
        names = table.names()
        taken = [
            Problem(f"coins: {coin.symbol}: also: {alias} is {names[alias.upper()]} already")
            for coin in changed.values()
            for alias in coin.also
            if names[alias.upper()] != coin.symbol
        ]
        if taken:
            raise ConfigError(taken)
        return table

    def with_literal(self, source: str, symbols: Iterable[str]) -> "CoinTable":
        """The symbols of candle files, each a coin of that name unless a coin has it as its id there."""
        taken = {str(coin.ids.get(source)) for coin in self._coins.values()}
        added = {
            symbol: replace(coin, ids={**coin.ids, source: symbol})
            for symbol in symbols
            if symbol not in taken
            for coin in (self._coins.get(symbol, Coin(symbol)),)
        }
        return CoinTable({**self._coins, **added}.values())

    def names(self, sources: Collection[str] | None = None) -> dict[str, str]:
        """Every way to write a coin, upper case → its own name; only coins with an id at one of `sources`, if given.

        Symbols come before aliases, aliases before names and exchange pairs: what is ambiguous is its first owner's.
        """
        coins = [coin for coin in self._coins.values() if sources is None or not coin.ids.keys().isdisjoint(sources)]
        found = {coin.symbol.upper(): coin.symbol for coin in coins}
        for ways in (_aliases, _descriptions):
            for coin in coins:
                for way in ways(coin):
                    found.setdefault(way.upper(), coin.symbol)
        return found

    def ids(self, source: str, kind: str = "") -> dict[str, str | int]:
        """Coin → its id at a source of that name: its own, else that of its kind."""
        found = ((coin.symbol, coin.ids.get(source, coin.ids.get(kind))) for coin in self._coins.values())
        return {symbol: number for symbol, number in found if number is not None}

    def search(self, text: str) -> tuple[Coin, ...]:
        """Coins whose symbol, alias, name or id holds the text, best first."""
        word = text.casefold()
        ranked = [
            (min(_nearness(word, way.casefold()) for way in (coin.symbol, *_aliases(coin), *_descriptions(coin))), coin)
            for coin in self._coins.values()
        ]
        return tuple(coin for near, coin in sorted(ranked, key=lambda pair: pair[0]) if near < _FAR)


_FAR = 3


def _nearness(word: str, way: str) -> int:
    return 0 if way == word else 1 if way.startswith(word) else 2 if word in way else _FAR


def _aliases(coin: Coin) -> tuple[str, ...]:
    return coin.also


def _descriptions(coin: Coin) -> tuple[str, ...]:
    texts = (coin.name, *(text for text in coin.ids.values() if isinstance(text, str)))
    return tuple(text for text in texts if text and not text.isdigit())


def _coin(before: Coin, entry: Entry) -> Coin:
    problems: list[Problem] = []
    ids = dict(before.ids)
    name, also = before.name, before.also
    for key, value in entry.items():
        if key == "also" and not isinstance(value, str | int):
            also = tuple(value)
        elif key == "name" and isinstance(value, str):
            name = value
        elif key not in ("also", "name") and isinstance(value, str | int):
            ids[key] = value
        else:
            wanted = "a list of names" if key == "also" else "one name"
            problems.append(Problem(f"coins: {before.symbol}: {key}: expected {wanted}"))
    if problems:
        raise ConfigError(problems)
    return Coin(before.symbol, name, also, ids)


def entry_of(ticker: str, found: Mapping[str, Sequence[Candidate]]) -> dict[str, str]:
    """What to write under `coins:` for a ticker, from what each source found for it: source → id.

    It must be the symbol of one coin alone wherever it is known at all: raises ConfigError that lists the candidates.
    """
    bearers = {name: [coin for coin in coins if coin.symbol.upper() == ticker.upper()] for name, coins in found.items()}
    if problems := [_ambiguous(ticker, name, coins) for name, coins in bearers.items() if len(coins) > 1]:
        raise ConfigError(problems)
    return {name: coins[0].id for name, coins in bearers.items() if coins}


def _ambiguous(ticker: str, source: str, found: Sequence[Candidate]) -> Problem:
    """That a ticker is several coins at a source, and how to say which one is meant."""
    listed = "; ".join(f"{one.id} ({one.name}{f', rank {one.rank}' if one.rank else ''})" for one in found[:8])
    return Problem(
        f"{ticker} is several coins at {source}: {listed}",
        hint=f"say which one under coins: {ticker}: {{{source}: {found[0].id}}}",
    )
