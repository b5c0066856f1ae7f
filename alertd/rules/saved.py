"""Rules and alerts as the store has them, in columns, and the way back into the state: no sentence is parsed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from alertd.conditions.judge import NO, YES
from alertd.conditions.tree import Expression
from alertd.market.columns import Floats, Ints, Rows
from alertd.model.alert import AlertBlock, AlertKey
from alertd.rules.amend import seat
from alertd.rules.bank import STORED, Bank, Shape
from alertd.rules.book import RuleColumns
from alertd.rules.lifecycle import BUSY, calm
from alertd.rules.manner import Manner
from alertd.rules.outages import watch
from alertd.rules.outcome import Outcome
from alertd.rules.state import State
from alertd.rules.timers import set_timers


@dataclass(frozen=True, slots=True)
class Saved:
    """`coins`, `shapes` and `manners` are by number. `constants` are those of each rule, float64 behind one another in
    the order of `rules`; `panels` are the coins (int32) of rules that count over them, by number. `former` is the last
    episode of keys without an alert, `last_alert` the highest id ever given."""

    coins: Sequence[str] = ()
    shapes: Sequence[Shape] = ()
    manners: Sequence[Manner] = ()
    rules: RuleColumns = field(default_factory=RuleColumns.none)
    constants: bytes = b""
    panels: Mapping[int, bytes] = field(default_factory=dict)
    alerts: Sequence[AlertBlock] = ()
    former: Mapping[AlertKey, int] = field(default_factory=dict)
    last_alert: int = 0


class Known(NamedTuple):
    """How many of each there are: what comes behind them is new to the store."""

    coins: int
    shapes: int
    manners: int
    series: int

    @classmethod
    def by(cls, state: State) -> "Known":
        return cls(len(state.coins), len(state.shapes), len(state.book.manners.all), len(state.market.series))


def take_up(
    state: State,
    saved: Saved,
    now: float,
    *,
    series: Mapping[str, Expression] = MappingProxyType({}),
    other_feeds: bool = False,
) -> Outcome:
    """Put what the store has into a state that has no rules yet, bound to the sources that there are now.

    `series` are the named expressions. With `other_feeds` the sources are not those of the last run: what was seen of
    them is not compared with what comes now.
    """
    outcome = Outcome()
    state.derive(series, now, known=True)
    for name in saved.coins:
        state.coin(name)
    for shape in saved.shapes:
        state.bank(shape)
    for manner in saved.manners:
        state.book.manners.number(manner)
    state.book.load(saved.rules)
    state.episodes = dict(saved.former)
    state.last_alert = saved.last_alert
    _put_all(state, saved, now)
    for bank in state.banks.values():
        rows = np.arange(bank.size)
        if other_feeds:
            state.prime(bank, rows, now, sorted({column for of in bank.fields for column in bank.seen_of(of)}))
        set_timers(state, bank, rows, now)
        watch(state, bank, rows, now, outcome)
    return outcome


def _put_all(state: State, saved: Saved, now: float) -> None:
    """All alerts in their banks, bound to their series."""
    constants = _Constants(state, saved)
    for block in saved.alerts:
        _fill(state, block, constants)
    for number, bank in list(state.banks.items()):
        rows = np.arange(bank.size)
        if not len(rows):
            del state.banks[number]
            continue
        _places(state, bank)
        _calm(state, bank, rows)
        state.bind(bank, rows, now)
        bank.enlist(rows)
    for number, coins in saved.panels.items():
        bank, rows = state.of_rule(number)
        state.book.coins[number] = np.frombuffer(coins, "<i4").astype(np.int32)
        if bank.panel is not None:
            seat(state, bank.panel, number, bank.parameters[:, rows[0]], now)


class _Constants:
    """Finds the constants of a rule by its number."""

    def __init__(self, state: State, saved: Saved) -> None:
        widths = np.array([len(state.bank(shape).parameters) for shape in saved.shapes], np.int64)
        counts = widths[saved.rules.shape]
        self._values = np.frombuffer(saved.constants, "<f8")
        self._starts = np.zeros(state.book.size, np.int64)
        self._starts[saved.rules.number] = np.cumsum(counts) - counts

    def of(self, rules: Ints, place: int) -> Floats:
        """The constant at that place, of each of these rules."""
        found: Floats = self._values[self._starts[rules] + place]
        return found


def _fill(state: State, block: AlertBlock, constants: _Constants) -> None:
    """Put alerts into their banks."""
    shapes = state.book.shape[block.rows["rule"]]
    order = np.argsort(shapes, kind="stable")
    numbers, starts = np.unique(shapes[order], return_index=True)
    for number, rows in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
        _put(state.bank(state.shapes[number]), block, rows, constants)


def _put(bank: Bank, block: AlertBlock, which: Rows, constants: _Constants) -> None:
    packed = block.rows[which]
    rows = bank.extend(len(which))
    for name in STORED:
        bank.write(name, rows, packed[name])
    for place, memory in enumerate(bank.memory):
        memory[rows] = block.memory[which, place]
    for place, column in enumerate(bank.parameters):
        column[rows] = constants.of(packed["rule"], place)


def _places(state: State, bank: Bank) -> None:
    rules = bank.rule[: bank.size]
    alone = np.bincount(rules)[rules] == 1
    state.book.place[rules[alone]] = alone.nonzero()[0]


def _calm(state: State, bank: Bank, rows: Rows) -> None:
    """What they most probably rest with, so that the first tick need not look at each of them."""
    terms, until = state.book.terms(bank.rule[rows]), bank.shape.until is not None
    quiet = calm(bank.standing(rows), terms, momentary=bank.momentary, until=until)
    bank.calm[rows] = np.where(quiet >> NO & 1, NO, np.where(quiet >> YES & 1, YES, BUSY))
