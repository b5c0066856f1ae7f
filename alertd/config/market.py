"""What rules may name: coins, watchlists, sources and their fields."""

from collections.abc import Iterable, Mapping, Sequence

from alertd.conditions.functions import INTERVALS
from alertd.config.settings import ConfigSettings, Section, Unknown
from alertd.errors import ConfigError, Problem, did_you_mean
from alertd.model.universe import Universe
from alertd.rules.document import Document
from alertd.sources.bars import PER_BAR
from alertd.sources.candle_files import read_all
from alertd.sources.candles import CandlesSettings
from alertd.sources.coins import CoinTable
from alertd.sources.settings import SourceSettings
from alertd.wire.settings import Settings

PRICE = "price"

SHORTEST_BAR = min(INTERVALS.values())

BY_SYMBOL = frozenset({"tokenmetrics"})
"""Kinds of source that look a coin up by its symbol where no table has its id."""


def coin_table(
    document: Document, settings: ConfigSettings, kinds: Mapping[str, str], problems: list[Problem]
) -> CoinTable:
    """The shipped coins with those of the file over them."""
    table = CoinTable.shipped()
    known = {*kinds, *kinds.values()} | {"name", "also"}
    for symbol, entry in settings.coins.items():
        for key in entry:
            if key not in known and not any(key in coin.ids for coin in table):
                problem = f"no source is called {key!r}"
                problems.append(document.problem(("coins", symbol, key), problem, did_you_mean(key, known), key=True))
    try:
        return table.with_entries(settings.coins)
    except ConfigError as error:
        problems += [document.problem(("coins",), problem.message, problem.hint) for problem in error.problems]
        return table


def with_recorded(table: CoinTable, sources: Mapping[str, Section]) -> tuple[CoinTable, list[Problem]]:
    """The table with the symbols of candle files, so that `"*"` means them too; and why some cannot be read."""
    problems: list[Problem] = []
    for name, section in sources.items():
        if isinstance(section.settings, CandlesSettings):
            try:
                table = table.with_literal(name, read_all(section.settings.files))
            except ConfigError as error:
                problems += error.problems
    return table, problems


def universe(
    document: Document,
    settings: ConfigSettings,
    sources: Mapping[str, Section],
    prices: Sequence[str],
    table: CoinTable,
    *,
    also: Iterable[str],
    partial: bool,
    problems: list[Problem],
) -> Universe:
    """Every name that a rule may use; `prices` are the sources of prices, the preferred first; what is `also` the name
    of a coin is taken as it is.

    `partial` says that some source has a mistake in it: which coins there are is not known then, so that any may be
    named until that is mended.
    """
    order = [*prices, *(name for name in sources if name not in prices)]
    every = {name: intervals(sources[name].settings) for name in order}
    kinds = {section.kind for section in sources.values()}
    # A coin that no source has an id for cannot be watched, so that a rule may not name it.
    coins = table.names(None if kinds & BY_SYMBOL else {*sources, *kinds})
    coins |= {symbol.upper(): symbol for symbol in also}
    return Universe(
        coins=coins,
        unsourced={name: own for name, own in table.names().items() if name not in coins},
        literal=partial,
        watchlists=_watchlists(document, settings, coins, [] if partial else problems),
        sources={name: frozenset(fields) for name, fields in every.items()},
        intervals={(name, field): seconds for name, fields in every.items() for field, seconds in fields.items()},
        receivers=frozenset(settings.receivers),
        zone=settings.zone,
    )


def intervals(settings: Settings) -> dict[str, float]:
    """The fields of a source, and how often it is asked for each, seconds."""
    match settings:
        case SourceSettings():
            asked = {field: settings.interval(field) for field in settings.defaults}
            return asked | dict.fromkeys(settings.per_bar, SHORTEST_BAR)
        case CandlesSettings():
            return dict.fromkeys((PRICE, *PER_BAR), settings.every)
        case _:
            return {}


def price_sources(
    document: Document, settings: ConfigSettings, sources: Mapping[str, Section], problems: list[Problem]
) -> tuple[str, ...]:
    """The sources of prices, the preferred first: as `prices:` has them, else all in the order of the file."""
    giving = [name for name, section in sources.items() if PRICE in intervals(section.settings)]
    wrong = [name for name, section in sources.items() if isinstance(section.settings, Unknown)]
    for index, name in enumerate(settings.prices):
        if name not in giving and name not in wrong:
            path = ("prices", index) if isinstance(document.at(("prices",)), list) else ("prices",)
            what = f"{name} gives no prices" if name in sources else f"no source is called {name!r}"
            problems.append(document.problem(path, what, did_you_mean(name, giving)))
    return tuple(name for name in settings.prices if name in giving) or tuple(giving)


def _watchlists(
    document: Document, settings: ConfigSettings, coins: Mapping[str, str], problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """Each list with alertd's own names of its coins."""
    for title, names in settings.watchlists.items():
        for index, name in enumerate(names):
            if name.upper() not in coins:
                listed = isinstance(document.at(("watchlists", title)), list)
                path = ("watchlists", title, index) if listed else ("watchlists", title)
                hint = did_you_mean(name, coins) or "`alertd coins` finds coins; `coins:` names them"
                problems.append(document.problem(path, f"no source has a coin {name!r}", hint))
    return {
        title: tuple(dict.fromkeys(coins.get(name.upper(), name) for name in names))
        for title, names in settings.watchlists.items()
    }
