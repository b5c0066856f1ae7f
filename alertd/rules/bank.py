"""Alerts in columns: all whose conditions have one shape stand in one bank, all rules in one book."""

from typing import ClassVar, NamedTuple

import numpy as np

from alertd.conditions.judge import memories
from alertd.conditions.measure import Look, Tick, age_limits, timeouts
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import Age, Condition, Field, Parameter, momentary, walk
from alertd.market.columns import Codes, Columns, Fill, Flags, Floats, Ints, Rows
from alertd.model.alert import State
from alertd.rules.lifecycle import FIRE, IGNORE, TELL, Standing, Terms
from alertd.rules.rule import AlreadyTrue, Rule

_ALREADY = {AlreadyTrue.TELL: TELL, AlreadyTrue.FIRE: FIRE, AlreadyTrue.IGNORE: IGNORE}
_UNLIMITED = np.iinfo(np.int64).max

MEMORIES = ("state", "open", "since", "cleared", "opened", "episode", "fired", "reminders")
"""The columns that the lifecycle changes, in the order of `Standing`."""


class Shape(NamedTuple):
    """What alerts of one bank have in common: their conditions without the constants."""

    when: Condition
    until: Condition | None


class Book(Columns):
    """The rules, by number. A column holds what the lifecycle asks of a rule; see `Terms`.

    `no_data` is how long a field may be stale, infinity for as long as it likes; `expires` is infinity for never.
    """

    FILL: ClassVar[Fill] = {
        "for_": (np.float64, 0),
        "keep": (np.float64, 0),
        "cooldown": (np.float64, 0),
        "remind": (np.float64, np.inf),
        "limit": (np.int64, _UNLIMITED),
        "already": (np.int8, TELL),
        "no_data": (np.float64, np.inf),
        "expires": (np.float64, np.inf),
        "has_hours": (np.bool_, 0),
    }
    for_: Floats
    keep: Floats
    cooldown: Floats
    remind: Floats
    limit: Ints
    already: Codes
    no_data: Floats
    expires: Floats
    has_hours: Flags

    def __init__(self) -> None:
        super().__init__()
        self.rules: list[Rule | None] = []
        self.number: dict[tuple[str, str], int] = {}
        self.by_name: dict[tuple[str, str], Rule] = {}
        self._free: list[int] = []

    def __getitem__(self, number: int) -> Rule:
        rule = self.rules[number]
        if rule is None:
            raise KeyError(number)
        return rule

    def put(self, rule: Rule) -> int:
        """Write a rule in, over the one of its name if there is one."""
        key = (rule.owner, rule.name)
        number = self.number.get(key)
        if number is None:
            number = self._free.pop() if self._free else int(self.extend(1)[0])
            self.number[key] = number
            if number == len(self.rules):
                self.rules.append(None)
        self.rules[number] = self.by_name[key] = rule
        self.for_[number], self.keep[number] = rule.for_, rule.keep_firing_for
        self.cooldown[number] = rule.cooldown
        self.remind[number] = np.inf if rule.remind is None else rule.remind
        self.limit[number] = _UNLIMITED if rule.fire is None else rule.fire
        self.already[number] = _ALREADY[rule.already_true]
        self.no_data[number] = np.inf if rule.no_data is None else rule.no_data
        self.expires[number] = np.inf if rule.expires is None else rule.expires
        self.has_hours[number] = rule.active is not None
        return number

    def remove(self, rule: Rule) -> None:
        number = self.number.pop((rule.owner, rule.name))
        del self.by_name[(rule.owner, rule.name)]
        self.rules[number] = None
        self.expires[number] = np.inf
        self.has_hours[number] = False
        self._free.append(number)

    def terms(self, numbers: Ints) -> Terms:
        return Terms(
            self.for_[numbers],
            self.keep[numbers],
            self.cooldown[numbers],
            self.remind[numbers],
            self.limit[numbers],
            self.already[numbers],
        )


class Bank(Columns):
    """The alerts of one shape, a row each.

    `rule` and `coin` are numbers in the book and in the state's list of coins; `series` are bound series, one for each
    field of the shape; `due` is when a timer of the lifecycle ends, `silent` when stale data is to be told, both
    infinity for never. `outages` is odd while an outage has been told. The rest is as in `AlertRow`.
    """

    FILL: ClassVar[Fill] = {
        "id": (np.int64, 0),
        "rule": (np.int64, 0),
        "coin": (np.int64, 0),
        "added": (np.float64, np.nan),
        "series": (np.int64, 0),
        "parameters": (np.float64, np.nan),
        "memory": (np.float64, np.nan),
        "state": (np.int8, State.NEW),
        "open": (np.bool_, 0),
        "since": (np.float64, np.nan),
        "cleared": (np.float64, np.nan),
        "opened": (np.float64, np.nan),
        "episode": (np.int64, 0),
        "fired": (np.int64, 0),
        "reminders": (np.int64, 0),
        "outages": (np.int64, 0),
        "due": (np.float64, np.inf),
        "silent": (np.float64, np.inf),
    }
    id: Ints
    rule: Ints
    coin: Ints
    added: Floats
    series: Ints
    parameters: Floats
    memory: Floats
    state: Codes
    open: Flags
    since: Floats
    cleared: Floats
    opened: Floats
    episode: Ints
    fired: Ints
    reminders: Ints
    outages: Ints
    due: Floats
    silent: Floats

    def __init__(self, shape: Shape, parameters: int) -> None:
        trees = [tree for tree in shape if tree is not None]
        self.shape = shape
        self.fields: tuple[Field, ...] = tuple(dict.fromkeys(of for tree in trees for of in fields_of(tree)))
        self.momentary = momentary(shape.when)
        self.limits = tuple(age_limits(tree) if tree is not None else () for tree in shape)
        """Of the ages in `when` and in `until`."""
        self._recalls = memories(shape.when)
        self._split = sum(isinstance(part, Parameter) for part in walk(shape.when))
        aged = {part.field for tree in trees for part in walk(tree) if isinstance(part, Age)}
        # Where a condition asks for a field's age, silence is its own business and not told besides.
        self.watched = [column for column, of in enumerate(self.fields) if of not in aged]
        super().__init__(series=len(self.fields), parameters=parameters, memory=sum(map(memories, trees)))

    def standing(self, rows: Rows) -> Standing:
        return Standing(*(getattr(self, name)[rows] for name in MEMORIES))

    def settle(self, rows: Rows, standing: Standing) -> None:
        for name in MEMORIES:
            getattr(self, name)[rows] = getattr(standing, name)

    def looks(self, tick: Tick, rows: Rows, *, priming: bool = False) -> tuple[Look, Look | None]:
        """What `when` and `until` are judged on for these rows. Their memory is a copy: see `remember`."""
        series = {of: self.series[:, k][rows] for k, of in enumerate(self.fields)}
        added = self.added[rows]

        def look(parameters: range, memory: range) -> Look:
            return Look(
                tick=tick,
                series=series,
                parameters=[self.parameters[:, k][rows] for k in parameters],
                memory=[self.memory[:, k][rows] for k in memory],
                added=added,
                priming=priming,
            )

        split, recalls = self._split, self._recalls
        when = look(range(split), range(recalls))
        if self.shape.until is None:
            return when, None
        return when, look(range(split, self.parameters.shape[1]), range(recalls, self.memory.shape[1]))

    def timeouts(self, looks: tuple[Look, Look | None], after: float | Floats) -> Floats | float:
        """When an age that `when` or `until` asks for next passes its limit; infinity where none will after then."""
        due: Floats | float = np.inf
        for limits, look in zip(self.limits, looks, strict=True):
            if limits and look is not None:
                due = np.fmin(due, timeouts(limits, look, after))
        return due

    def remember(self, rows: Rows, looks: tuple[Look, Look | None]) -> Flags:
        """Write the memory back; true for the rows whose memory changed."""
        changed = np.zeros(len(rows), np.bool_)
        if not self.memory.shape[1]:
            return changed
        moved = [column for look in looks if look is not None for column in look.memory]
        for k, column in enumerate(moved):
            old = self.memory[:, k][rows]
            changed |= ~((column == old) | (np.isnan(column) & np.isnan(old)))
            self.memory[rows, k] = column
        return changed
