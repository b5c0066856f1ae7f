"""All that `step` and `amend` own: the market, the rules, the banks of alerts."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from alertd.conditions.explain import explain
from alertd.conditions.fields import MARKET
from alertd.conditions.judge import judge
from alertd.conditions.measure import Tick
from alertd.conditions.shape import Need
from alertd.conditions.text import canonical
from alertd.conditions.tree import Expression, Field, Recently
from alertd.market.columns import Flags, Ints, Numbers, Rows
from alertd.market.feeds import Feeds
from alertd.market.market import Market, Series
from alertd.model.alert import AlertKey
from alertd.model.event import EventKind
from alertd.rules.bank import Bank, Shape
from alertd.rules.book import Book, Telling
from alertd.rules.derived import SOURCE, Derived, all_moved, derive
from alertd.rules.outcome import Happened
from alertd.rules.panel import Panel

_IN_EPISODE = (EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED)


class State:
    """The columns, and what finds a way through them. Only `step` and `amend` change it.

    `shapes` and `coins` are by number, for ever; `banks` are those shapes that have alerts. `episodes` holds the last
    episode number of every (owner, rule, coin) whose alert is no longer here; `last_alert` is the highest id ever
    given. `time` is that of the last step: timers that ended by then were looked at.
    """

    def __init__(self, feeds: Feeds, market: Market | None = None) -> None:
        self.feeds = feeds
        self.market = market if market is not None else Market()
        self.book = Book()
        self.shapes: list[Shape] = []
        self.shape_numbers: dict[Shape, int] = {}
        self.banks: dict[int, Bank] = {}
        self.coins: list[str] = []
        self.coin_numbers: dict[str, int] = {}
        self.derived: dict[str, Derived] = {}
        self.episodes: dict[AlertKey, int] = {}
        self.last_alert = 0
        self.spare = False
        """Whether there may be history that no alert needs any more."""
        self.time = float("-inf")
        self._many = False

    def __len__(self) -> int:
        # A copy: whoever asks from another thread than the one at work gets a number, if not the latest.
        return sum(bank.size for bank in list(self.banks.values()))

    def coin(self, name: str) -> int:
        number = self.coin_numbers.get(name)
        if number is None:
            number = self.coin_numbers[name] = len(self.coins)
            self.coins.append(name)
        return number

    def bank(self, shape: Shape) -> Bank:
        """The bank of a shape, made if there is none."""
        number = self.shape_numbers.get(shape)
        if number is None:
            number = self.shape_numbers[shape] = len(self.shapes)
            self.shapes.append(shape)
        bank = self.banks.get(number)
        if bank is None:
            bank = self.banks[number] = Bank(shape, number)
            if self._many:
                bank.begin_changes()
        return bank

    def of_rule(self, number: int) -> tuple[Bank, Rows]:
        """The alerts of a rule: their bank, and their rows in it."""
        shape, place = int(self.book.shape[number]), int(self.book.place[number])
        bank = self.banks.get(shape) or Bank(self.shapes[shape], shape)
        if place >= 0:
            return bank, np.array([place])
        return bank, (bank.rule[: bank.size] == number).nonzero()[0]

    def get(self, key: tuple[str, str]) -> Telling | None:
        """What dispatch asks of the rule (owner, name)."""
        number = self.book.find(*key)
        return None if number is None else self.book.told(number)

    # ── what is polled ───────────────────────────────────────────────────────────────────────────────────────────

    def wanted(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """What some rule asks for: source → field → coins. Standbys are among them: a failover needs their history."""
        bound: dict[str, dict[str, set[str]]] = {}
        for of, coins in self._asked():
            for coin in coins:
                for feed in self.feeds.candidates(of.name, coin, of.source):
                    bound.setdefault(feed.source, {}).setdefault(of.name, set()).add(coin)
        return {source: {name: frozenset(coins) for name, coins in by.items()} for source, by in bound.items()}

    def _asked(self) -> Iterable[tuple[Field, Iterable[str]]]:
        used: set[str] = set()
        for table in self.tables():
            for of in table.fields:
                if of.name in self.derived:
                    used.add(of.name)
                else:
                    there = np.bincount(table.coin[: table.size]).nonzero()[0].tolist()
                    yield of, (of.coin,) if of.coin else [self.coins[number] for number in there]
        for name in used:
            yield from ((of, (of.coin or "",)) for of in self.derived[name].fields)

    def tables(self) -> Iterable[Bank | Panel]:
        """All tables that are bound to series."""
        for bank in self.banks.values():
            yield bank
            if bank.panel is not None:
                yield bank.panel

    # ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────

    def bind(self, table: Bank | Panel, rows: Rows, now: float) -> None:
        """Bind each field of these rows to a series: the first fresh one of its candidates, else the first; and have
        the market keep the history that it needs."""
        coins = table.coin[rows]
        distinct = coins[:1] if len(rows) == 1 else np.bincount(coins).nonzero()[0]
        found: Numbers = np.zeros(int(coins.max(initial=-1)) + 1, np.int32)
        for column, of in enumerate(table.fields):
            history = [need for need in table.needs if need.field == of]
            if of.coin is not None:
                table.series[column, rows] = self._series(of, of.coin, now, history)
                continue
            for coin in distinct.tolist():
                found[coin] = self._series(of, self.coins[coin], now, history)
            table.series[column, rows] = found[coins]

    def _series(self, of: Field, coin: str, now: float, history: Sequence[Need]) -> int:
        named = self.derived.get(of.name)
        numbers = self.numbers(of, coin, now) if named is None else [named.number]
        for need in history:
            for number in numbers or [0]:
                self.market.keep(number, need.interval, slots=need.slots, opens=need.opens)
        return self.preferred(numbers)

    def numbers(self, of: Field, coin: str, now: float) -> list[int]:
        """The series that may give a field of a coin, the preferred one first; they are added where they are new."""
        return [
            self.market.add(Series(feed.source, of.name, coin), now=now, stale_after=feed.stale_after)
            for feed in self.feeds.candidates(of.name, coin, of.source)
        ]

    def preferred(self, numbers: Sequence[int]) -> int:
        """The first series that is fresh, else the first, else nowhere."""
        fresh = (number for number in numbers if self.market.latest.fresh[number])
        return next(fresh, numbers[0] if numbers else 0)

    def derive(self, series: Mapping[str, Expression], now: float, *, known: bool = False) -> list[tuple[Bank, Rows]]:
        """The named expressions that are in force now; returns the alerts that are bound to another one by that.

        What a new one comes to is known at once, from what its parts are; with `known` it is what the store has.
        """
        before, self.derived = self.derived, {}
        for name, tree in series.items():
            old = before.get(name)
            self.derived[name] = old if old is not None and old.tree == tree else self._named(tree, now, known=known)
        self.rebind_derived(now)
        changed = {name for name in {*before, *self.derived} if before.get(name) is not self.derived.get(name)}
        if not known:
            fresh = {name: each for name, each in self.derived.items() if name in changed}
            derive(fresh, self.market, all_moved(fresh), now)
        return [found for table in list(self.tables()) if (found := self._bind_named(table, changed, now)) is not None]

    def _named(self, tree: Expression, now: float, *, known: bool) -> Derived:
        # By its expression: another one of the same name is another series.
        series = Series(SOURCE, canonical(tree), MARKET)
        number = self.market.numbers.get(series[:2], {}).get(MARKET)
        if number is not None and not known:
            self.market.forget(np.array([number]))
        return Derived(tree, self.market.add(series, now=now))

    def _bind_named(self, table: Bank | Panel, names: Collection[str], now: float) -> tuple[Bank, Rows] | None:
        """Bind the fields of these names anew; returns the alerts, where there are any."""
        columns = [column for column, of in enumerate(table.fields) if of.name in names]
        rows = np.arange(table.size)
        for column in columns:
            of = table.fields[column]
            history = [need for need in table.needs if need.field == of]
            table.series[column, rows] = self._series(of, MARKET, now, history)
            if isinstance(table, Bank):
                self.prime(table, rows, now, table.seen_of(of))
        return (table, rows) if columns and isinstance(table, Bank) and len(rows) else None

    def rebind_derived(self, now: float) -> None:
        for each in self.derived.values():
            numbers = [self.preferred(self.numbers(of, of.coin or "", now)) for of in each.fields]
            each.series = np.array(numbers, np.intp)

    @contextmanager
    def many_changes(self, many: bool) -> Iterator[None]:
        """Inside, many alerts come and go: their levels are put in order once, at the end."""
        if many:
            for bank in self.banks.values():
                bank.begin_changes()
        self._many = many
        yield
        self._many = False
        for bank in self.banks.values() if many else ():
            bank.end_changes()

    def prime(self, bank: Bank, rows: Rows, now: float, columns: Sequence[int] | None = None) -> Rows:
        """Fill the memory of crossings and flips, or these columns of it, from the latest readings, so that the next is
        compared with them; returns the rows that have a memory."""
        if not len(rows) or not len(bank.memory) or columns == []:
            return rows[:0]
        every = range(len(bank.memory))
        others = {
            column: bank.memory[column, rows] for column in every if columns is not None and column not in columns
        }
        for column in every if columns is None else columns:
            bank.memory[column, rows] = np.nan
        self._judge(bank, rows, Tick.of(self.market, now), priming=True)
        for column, memory in others.items():
            bank.memory[column, rows] = memory
        return rows

    def follow(self, bank: Bank, rows: Rows, tick: Tick, away: Flags) -> None:
        """Have these alerts remember what this tick brought, though nothing is judged in it. What was seen of the
        fields that are bound to another series since (`away`, by field and row) begins with what was primed."""
        keep = [(column, rows) for part, column in bank.kept if isinstance(part, Recently)]
        for of, moved in zip(bank.fields, away, strict=True):
            keep += [(column, rows[moved]) for column in bank.seen_of(of)]
        memory = [bank.memory[place] for place in keep]
        self._judge(bank, rows, tick, priming=False)
        for place, column in zip(keep, memory, strict=True):
            bank.memory[place] = column

    def _judge(self, bank: Bank, rows: Rows, tick: Tick, *, priming: bool) -> None:
        looks = bank.looks(tick, rows, priming=priming)
        for tree, look in zip(bank.shape.trees, looks, strict=False):
            if look is not None:
                judge(tree, look)
        bank.remember(rows, looks)

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────

    def events(
        self, bank: Bank, rows: Rows, kind: EventKind, tick: Tick, *, late: bool = False, reason: str = ""
    ) -> Happened | tuple[()]:
        """One event for each of these rows, with what was seen."""
        if not len(rows):
            return ()
        in_episode = kind in _IN_EPISODE
        first = bank.series[0, rows] if bank.fields else np.zeros(len(rows), np.int32)
        nothing = np.zeros(len(rows))
        look, _ = bank.looks(tick, rows)
        return Happened(
            kind=kind,
            time=tick.now,
            late=late,
            reason=reason,
            book=self.book,
            coins=self.coins,
            series=self.market.series,
            alert=bank.id[rows],
            rule=bank.rule[rows],
            coin=bank.coin[rows],
            episode=in_episode * bank.episode[rows],
            ordinal=_ordinals(bank, rows, kind),
            opened=bank.opened[rows] if in_episode else nothing,
            at=np.nan_to_num(self.market.latest.at[first]) if bank.fields else nothing + tick.now,
            first=first,
            seen=explain(bank.shape.when, look),
        )

    def nbytes(self) -> int:
        """Bytes of everything that grows with the number of alerts, their texts left out."""
        return self.book.nbytes() + sum(bank.nbytes() for bank in self.banks.values())


def _ordinals(bank: Bank, rows: Rows, kind: EventKind) -> Ints:
    """The how-manieth event of its kind in its episode it is; of the alert, where kinds have no episode."""
    match kind:
        case EventKind.REMINDED:
            return bank.reminders[rows].astype(np.int64)
        case EventKind.NO_DATA:
            return (bank.outages[rows].astype(np.int64) + 1) // 2
        case _:
            return np.ones(len(rows), np.int64)
