"""All that `step` and `amend` own: the market, the rules, the banks of alerts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from alertd.conditions.explain import explain, spoken
from alertd.conditions.judge import judge
from alertd.conditions.measure import Tick
from alertd.conditions.shape import windows_of
from alertd.market.columns import Ints, Rows
from alertd.market.feeds import Feeds
from alertd.market.market import Market, Series
from alertd.model.alert import AlertKey, AlertRow
from alertd.model.event import Drop, Event, EventKind, Notice, Value
from alertd.rules.bank import MEMORIES, Bank, Book, Shape


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

    def unwatched(self) -> Rows:
        """Stale series that no alert asks for, not even as a standby: nobody polls them."""
        market = self.market
        bound = np.zeros(market.latest.size, np.bool_)
        for bank in self.banks.values():
            bound[bank.series[: bank.size]] = True
        stale = np.flatnonzero(~bound & ~market.latest.fresh[: len(bound)])
        wanted = self.wanted() if len(stale) > 1 else {}  # one is nowhere
        named = ((number, market.series[number]) for number in stale.tolist() if number)
        idle = [number for number, (source, of, coin) in named if coin not in wanted.get(source, {}).get(of, ())]
        return np.array(idle, np.intp)

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

    def prime(self, bank: Bank, rows: Rows, now: float) -> Rows:
        """Fill the memory of crossings and flips from the latest readings, so that the next is compared with them;
        returns the rows that have a memory."""
        if not len(rows) or not bank.memory.shape[1]:
            return rows[:0]
        bank.memory[rows] = np.nan
        looks = bank.looks(Tick.of(self.market, now), rows, priming=True)
        for tree, look in zip(bank.shape, looks, strict=True):
            if tree is not None and look is not None:
                judge(tree, look)
        bank.remember(rows, looks)
        return rows

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────

    def stored(self, bank: Bank, rows: Rows) -> list[AlertRow]:
        """These alerts as the store keeps them."""
        if not len(rows):
            return []
        names = ("id", "added", *MEMORIES, "outages")
        columns = {name: getattr(bank, name)[rows].tolist() for name in names}
        columns["open"] = [int(is_open) for is_open in columns["open"]]
        rules = [self.book[number] for number in bank.rule[rows].tolist()]
        columns |= {name: [getattr(rule, name) for rule in rules] for name in ("owner", "sentence")}
        columns["rule"] = [rule.name for rule in rules]
        columns["coin"] = [self.coins[number] for number in bank.coin[rows].tolist()]
        columns["memory"] = [memory.tobytes() for memory in bank.memory[rows].astype("<f8")]
        return [AlertRow(*row) for row in zip(*(columns[name] for name in AlertRow._fields[:-1]), strict=True)]

    def events(
        self, bank: Bank, rows: Rows, kind: EventKind, now: float, *, late: bool = False, reason: str = ""
    ) -> list[Event]:
        """One event for each of these rows, with what was seen."""
        if not len(rows):
            return []
        in_episode = kind in (EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED)
        first = bank.series[rows, 0]
        columns = zip(
            bank.id[rows].tolist(),
            (self.book[number] for number in bank.rule[rows].tolist()),
            (self.coins[number] for number in bank.coin[rows].tolist()),
            (in_episode * bank.episode[rows]).tolist(),
            (bank.opened[rows] if in_episode else 0.0 * first).tolist(),
            _ordinals(bank, rows, kind).tolist(),
            np.nan_to_num(self.market.latest.at[first]).tolist(),
            (self.market.series[number].source for number in first.tolist()),
            self._seen(bank, rows, now),
            strict=True,
        )
        return [
            Event(
                time=now,
                kind=kind,
                alert=alert,
                rule=rule.name,
                owner=rule.owner,
                symbol=coin,
                episode=episode,
                ordinal=ordinal,
                at=at,
                source=source,
                opened=opened,
                values=values,
                reason=reason,
                late=late,
            )
            for alert, rule, coin, episode, opened, ordinal, at, source, values in columns
        ]

    def _seen(self, bank: Bank, rows: Rows, now: float) -> list[dict[str, Value]]:
        look, _ = bank.looks(Tick.of(self.market, now), rows)
        seen: list[dict[str, Value]] = [{} for _ in rows]
        for name, column in explain(bank.shape.when, look).items():
            for values, value in zip(seen, column.tolist(), strict=True):
                if isfinite(value):
                    values[name] = spoken(name, value)
        return seen

    def by_rule(self, bank: Bank, number: int) -> Rows:
        """The rows of a bank that belong to this rule."""
        return np.flatnonzero(bank.rule[: bank.size] == number)


def _ordinals(bank: Bank, rows: Rows, kind: EventKind) -> Ints:
    """The how-manieth event of its kind in its episode it is; of the alert, where kinds have no episode."""
    match kind:
        case EventKind.REMINDED:
            return bank.reminders[rows]
        case EventKind.NO_DATA:
            return (bank.outages[rows] + 1) // 2
        case _:
            return np.ones(len(rows), np.int64)
