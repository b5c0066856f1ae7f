"""All that `step` and `amend` own: the market, the rules, the banks of alerts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from alertd.conditions.explain import explain, spoken
from alertd.conditions.judge import judge
from alertd.conditions.measure import Look, Tick
from alertd.conditions.shape import windows_of
from alertd.market.columns import Ints, Rows
from alertd.market.feeds import Feeds
from alertd.market.market import Market, Series
from alertd.model.alert import AlertKey, AlertRow
from alertd.model.event import Drop, Event, EventKind, Notice, Value
from alertd.rules.bank import Bank, Book, Shape


@dataclass(slots=True)
class Outcome:
    """What a step or an amendment changed. `alerts` are the rows to store, `wake_at` when time alone will change
    something, infinity for never; `refused` counts the readings that were not taken, by reason."""

    events: list[Event] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    alerts: list[AlertRow] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    wake_at: float = float("inf")


class State:
    """The columns, and what finds a way through them. Only `step` and `amend` change it.

    `episodes` holds the last episode number of every (owner, rule, coin) whose alert is no longer here; `last_alert`
    is the highest id ever given. `time` is that of the last step: timers that ended by then were looked at.
    """

    def __init__(self, feeds: Feeds, market: Market | None = None) -> None:
        self.feeds = feeds
        self.market = market if market is not None else Market()
        self.book = Book()
        self.banks: dict[Shape, Bank] = {}
        self.homes: dict[int, Bank] = {}
        """The bank of each rule, by its number."""
        self.coins: list[str] = []
        self.coin_numbers: dict[str, int] = {}
        self.episodes: dict[AlertKey, int] = {}
        self.last_alert = 0
        self.time = float("-inf")

    def __len__(self) -> int:
        return sum(bank.size for bank in self.banks.values())

    def coin(self, name: str) -> int:
        number = self.coin_numbers.get(name)
        if number is None:
            number = self.coin_numbers[name] = len(self.coins)
            self.coins.append(name)
        return number

    def wanted(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """What some rule asks for: source → field → coins. Standbys are among them: a failover needs their history."""
        bound: dict[str, dict[str, set[str]]] = {}
        for bank in self.banks.values():
            for of in bank.fields:
                for coin in {of.coin} if of.coin else {self.coins[k] for k in np.unique(bank.coin[: bank.size])}:
                    for feed in self.feeds.candidates(of.name, coin or "", of.source):
                        bound.setdefault(feed.source, {}).setdefault(of.name, set()).add(coin or "")
        return {source: {name: frozenset(coins) for name, coins in by.items()} for source, by in bound.items()}

    # ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────

    def bind(self, bank: Bank, rows: Rows, now: float) -> None:
        """Bind each field of these rows to a series: the first fresh one of its candidates, else the first."""
        spans: dict[int, list[float]] = {}
        for tree in (tree for tree in bank.shape if tree is not None):
            for of, seconds in windows_of(tree):
                spans.setdefault(bank.fields.index(of), []).append(seconds)
        for column, of in enumerate(bank.fields):
            for coin in np.unique(bank.coin[rows]):
                name = of.coin or self.coins[coin]
                numbers = [
                    self.market.add(Series(feed.source, of.name, name), now=now, stale_after=feed.stale_after)
                    for feed in self.feeds.candidates(of.name, name, of.source)
                ]
                for number in numbers or [0]:
                    for seconds in spans.get(column, ()):
                        self.market.need(number, seconds)
                bank.series[rows[bank.coin[rows] == coin], column] = self.preferred(numbers)

    def preferred(self, numbers: Sequence[int]) -> int:
        """The first series that is fresh, else the first, else nowhere."""
        fresh = (number for number in numbers if self.market.latest.fresh[number])
        return next(fresh, numbers[0] if numbers else 0)

    def prime(self, bank: Bank, rows: Rows, now: float) -> None:
        """Fill the memory of crossings and flips from the latest readings, so that the next is compared with them."""
        if not len(rows) or not bank.memory.shape[1]:
            return
        bank.memory[rows] = np.nan
        looks = bank.looks(Tick.of(self.market, now), rows, priming=True)
        for tree, look in zip(bank.shape, looks, strict=True):
            if tree is not None and look is not None:
                judge(tree, look)
        bank.remember(rows, looks)

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────

    def row(self, bank: Bank, row: int, removed: str = "") -> AlertRow:
        """One alert as the store keeps it."""
        rule = self.book[int(bank.rule[row])]
        return AlertRow(
            id=int(bank.id[row]),
            owner=rule.owner,
            rule=rule.name,
            coin=self.coins[bank.coin[row]],
            sentence=rule.sentence,
            added=float(bank.added[row]),
            state=int(bank.state[row]),
            open=int(bank.open[row]),
            since=float(bank.since[row]),
            cleared=float(bank.cleared[row]),
            opened=float(bank.opened[row]),
            episode=int(bank.episode[row]),
            fired=int(bank.fired[row]),
            reminders=int(bank.reminders[row]),
            outages=int(bank.outages[row]),
            memory=bank.memory[row].astype("<f8").tobytes(),
            removed=removed,
        )

    def events(
        self, bank: Bank, rows: Rows, kind: EventKind, now: float, *, late: bool = False, reason: str = ""
    ) -> list[Event]:
        """One event for each of these rows, with what was seen."""
        if not len(rows):
            return []
        look, _ = bank.looks(Tick.of(self.market, now), rows)
        seen = self._seen(bank, rows, look)
        ordinals = {
            EventKind.REMINDED: bank.reminders,
            EventKind.NO_DATA: (bank.outages + 1) // 2,
        }.get(kind, np.ones(bank.size, np.int64))
        return [
            self._event(bank, int(row), kind, now, values=values, ordinal=int(ordinals[row]), late=late, reason=reason)
            for row, values in zip(rows, seen, strict=True)
        ]

    def _event(
        self,
        bank: Bank,
        row: int,
        kind: EventKind,
        now: float,
        *,
        values: Mapping[str, Value],
        ordinal: int,
        late: bool,
        reason: str,
    ) -> Event:
        rule, first = self.book[int(bank.rule[row])], int(bank.series[row, 0])
        in_episode = kind in (EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED)
        return Event(
            time=now,
            kind=kind,
            alert=int(bank.id[row]),
            rule=rule.name,
            owner=rule.owner,
            symbol=self.coins[bank.coin[row]],
            episode=int(bank.episode[row]) if in_episode else 0,
            ordinal=ordinal,
            at=0.0 if isnan(at := float(self.market.latest.at[first])) else at,
            source=self.market.series[first].source,
            opened=float(bank.opened[row]) if in_episode else 0.0,
            values=values,
            reason=reason,
            late=late,
        )

    def _seen(self, bank: Bank, rows: Rows, look: Look) -> list[Mapping[str, Value]]:
        columns = explain(bank.shape.when, look)
        names = list(columns)
        return [
            {name: spoken(name, value) for name, value in zip(names, values, strict=True) if not isnan(value)}
            for values in zip(*(columns[name].tolist() for name in names), strict=True)
        ]

    def by_rule(self, bank: Bank, numbers: Ints) -> Rows:
        """The rows of a bank that belong to these rules."""
        return np.flatnonzero(np.isin(bank.rule[: bank.size], numbers))
