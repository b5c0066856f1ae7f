"""`alertd replay`: rules over past prices, by the very code that judges live."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from alertd import replay
from alertd import sources as source_index
from alertd.cli import show
from alertd.conditions.confirm import unsourced
from alertd.conditions.fields import FIELDS, MARKET
from alertd.config import load
from alertd.config.files import rule_files
from alertd.config.loading import loading
from alertd.config.market import PRICE
from alertd.config.plan import watched
from alertd.errors import ConfigError, Problem, did_you_mean
from alertd.market.path import Path as BarPath
from alertd.model.event import Event, Value
from alertd.model.reading import Bars
from alertd.model.units import say_number
from alertd.model.universe import Universe
from alertd.rules.files import Loaded, RuleText, read_rules
from alertd.rules.rule import Rule
from alertd.sources.bars import tells
from alertd.sources.candle_files import read_all

_KINDS = {kind: frozenset(spec.name for spec in FIELDS.values() if kind in spec.sources) for kind in source_index.KINDS}
"""What each source could have said that a rule may name where there is no configuration."""

_SHOWN = 10
"""Symbols of the files, where there are many."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Moment(click.ParamType[float]):
    """A date or a time → epoch seconds; UTC unless it says otherwise."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time such as 2017-09-04 or 2017-09-04T12:00Z", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@click.command()
@click.argument("rules", nargs=-1, required=True)
@click.option("--prices", type=_FILE, multiple=True, required=True, help="A candle file (CSV, .gz); may be repeated.")
@click.option("--from", "start", type=Moment(), help="Judge from here; what is before only fills the windows.")
@click.option("--to", "end", type=Moment(), help="Judge up to here.")
@click.option(
    "--path",
    type=click.Choice([path.value for path in BarPath]),
    default=BarPath.CLOSE.value,
    show_default=True,
    help="One reading per bar, or four: open, low, high, close in the order that the bar suggests.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line per event.")
@click.option(
    "--config", "-c", "config_path", type=_FILE, help="Take the watchlists, sources and zone from this configuration."
)
def command(
    rules: tuple[str, ...],
    prices: tuple[Path, ...],
    start: float | None,
    end: float | None,
    *,
    path: str,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Play the rule files RULES over past prices and say what would have been told, and when.

    A source that a rule names is taken to have said what the files do.
    """
    bars = read_all(prices)
    first = _check_span(bars, start, end)
    config = load(config_path, bars).universe if config_path else Universe(sources=_KINDS)
    with loading():
        loaded = _rules(rules, _universe(bars, config), first if start is None else start)
    show.problems((*_unpriced(loaded, bars), *_unknown(loaded, bars)))
    events = replay.told(
        replay.replay(
            loaded.rules,
            bars,
            path=BarPath(path),
            start=-math.inf if start is None else start,
            end=math.inf if end is None else end,
            series=loaded.series,
        )
    )
    if as_json:
        for event in events:
            click.echo(replay.as_json(event))
    else:
        _tables(loaded.rules, events)


def _check_span(bars: Mapping[str, Bars], start: float | None, end: float | None) -> float:
    """The end of the first bar, epoch seconds. Raises ConfigError where there is no bar to judge."""
    if not bars:
        raise ConfigError("the files have no bars")
    first = min(float(each.end[0]) for each in bars.values())
    last = max(float(each.end[-1]) for each in bars.values())
    since, until = first if start is None else start, last if end is None else end
    if since > until or since > last or until < first - max(each.interval for each in bars.values()):
        asked = f"between {_time(since)} and {_time(until)}"
        if end is None:
            asked = f"from {_time(since)} on"
        elif start is None:
            asked = f"up to {_time(until)}"
        raise ConfigError(f"no bars {asked}; the files cover {_time(first)} to {_time(last)} (UTC)")
    return first


def _universe(symbols: Iterable[str], config: Universe) -> Universe:
    return Universe(
        coins={symbol.upper(): symbol for symbol in symbols},
        literal=True,
        watchlists=config.watchlists,
        # Rules are played as they stand: what the files do not give is never known.
        sources={**config.sources, replay.SOURCE: frozenset(FIELDS)},
        zone=config.zone,
    )


def _rules(patterns: Iterable[str], universe: Universe, now: float) -> Loaded:
    """The rules and series of these files, with no source named. Raises ConfigError with every mistake; warnings are
    shown."""
    texts, problems = rule_files(patterns)
    loaded = read_rules([RuleText(text.file, text.content) for text in texts], universe, now)
    problems += loaded.problems
    if any(not problem.warning for problem in problems):
        raise ConfigError(problems)
    show.problems(problems)
    played = [
        replace(rule, when=unsourced(rule.when), until=rule.until and unsourced(rule.until)) for rule in loaded.rules
    ]
    return Loaded(tuple(played), (), {name: unsourced(tree) for name, tree in loaded.series.items()})


def _unpriced(loaded: Loaded, symbols: Collection[str]) -> Sequence[Problem]:
    """A warning for each coin that some rule watches and no file has: symbols are taken as the files write them. Raises
    ConfigError where they have none of them all."""
    own = {coin: None for rule in loaded.rules for coin in rule.symbols}
    named = {of.coin: None for rule in loaded.rules for of, _ in watched(rule, loaded.series) if of.name == PRICE}
    asked = [coin for coin in own | named if coin is not None]
    missing = [coin for coin in asked if coin not in symbols]
    if asked and missing == asked:
        raise ConfigError([_not_there(coin, symbols, warning=False, own=coin in own) for coin in missing])
    return [_not_there(coin, symbols, warning=True, own=coin in own) for coin in missing]


def _not_there(coin: str, symbols: Collection[str], *, warning: bool, own: bool) -> Problem:
    more = len(symbols) - _SHOWN
    shown = ", ".join(sorted(symbols)[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    other = "if it is a watchlist, --config says what is in it" if own else ""
    hint = did_you_mean(coin, symbols) or other
    return Problem(f"there are no prices of {coin}; the files have {shown}", hint=hint, warning=warning)


def _unknown(loaded: Loaded, bars: Mapping[str, Bars]) -> Iterator[Problem]:
    """A warning for each rule that asks for more than the files tell of any of its coins."""
    for rule in loaded.rules:
        coins: dict[str, list[str]] = {}
        for of, coin in watched(rule, loaded.series):
            if coin in bars or coin == MARKET:  # a coin that no file has is told of already
                coins.setdefault(of.name, []).append(coin)
        if missing := [name for name in coins if not any(_tells(bars.get(coin), name) for coin in coins[name])]:
            file, _, line = rule.place.rpartition(":")
            verb = "is" if len(missing) == 1 else "are"
            text = f"{rule.name}: the files do not tell {', '.join(missing)}, which {verb} never known here"
            yield Problem(text, file, int(line), warning=True)


def _tells(bars: Bars | None, name: str) -> bool:
    return name == PRICE or (bars is not None and tells(bars, name))


def _tables(rules: Sequence[Rule], events: Iterable[Event]) -> None:
    """One table per rule, in the order of the files."""
    by_rule: dict[str, list[Event]] = {rule.name: [] for rule in rules}
    for event in events:
        by_rule[event.rule].append(event)
    for rule in rules:
        found = by_rule[rule.name]
        episodes = sum(event.kind == "fired" for event in found)
        show.heading(f"{rule.name}: {rule.when_text} — {show.counted(episodes, 'episode')}")
        if found:
            rows = [
                (_time(event.time), event.symbol, event.kind, event.episode, _values(event.values)) for event in found
            ]
            show.table(("time (UTC)", "coin", "event", "episode", "values"), rows)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _values(values: Mapping[str, Value]) -> str:
    return " ".join(
        f"{name}={value if isinstance(value, str) else say_number(value)}" for name, value in values.items()
    )
