"""Alerts in columns: all whose conditions have one shape stand in one bank."""

from typing import ClassVar, NamedTuple

import numpy as np

from alertd.conditions.measure import Look, Tick, has_timeouts, timeouts
from alertd.conditions.memory import kept_by, memories
from alertd.conditions.series import gather
from alertd.conditions.shape import fields_of, needs_of
from alertd.conditions.tree import (
    Age,
    Condition,
    Count,
    Field,
    Parameter,
    Rank,
    Recently,
    Share,
    Tree,
    children,
    momentary,
    of_own_coin,
    walk,
)
from alertd.market.columns import Codes, Columns, Counts, Fill, Flags, Floats, Ints, Numbers, Rows
from alertd.model.alert import ALERT, AlertBlock, State
from alertd.rules.ladder import Ladder, Rungs, rung_of
from alertd.rules.lifecycle import BUSY, STANDING, Standing
from alertd.rules.panel import Panel

STORED = ("id", "rule", "coin", "added", *STANDING, "outages")
"""The columns that the store keeps, besides the memory."""


class Shape(NamedTuple):
    """What alerts of one bank have in common: their conditions without the constants, and whether they are judged at
    moments of their own (`at:`) instead of at every reading."""

    when: Condition
    until: Condition | None = None
    checked: bool = False

    @property
    def trees(self) -> tuple[Condition, ...]:
        return (self.when,) if self.until is None else (self.when, self.until)

    @property
    def whole_rule(self) -> bool:
        """True for what is said of all the rule's coins and of none by itself: such a rule has one alert."""
        counts = any(isinstance(node, Count | Share) for tree in self.trees for node in walk(tree))
        return counts and not any(map(of_own_coin, self.trees))


class Bank(Columns):
    """The alerts of one shape, a row each.

    `rule` and `coin` are numbers in the book and in the state's list of coins; `series` are bound series, for each
    field of the shape; `due` is when a timer ends, `silent` when stale data is to be told, both infinity for never.
    `calm` is the verdict with which an alert was last found to stay as it is, BUSY if there is none. The rest is as in
    `model.alert.ALERT`.
    """

    FILL: ClassVar[Fill] = {
        "id": (np.int64, 0),
        "rule": (np.int32, 0),
        "coin": (np.int32, 0),
        "added": (np.float64, np.nan),
        "series": (np.int32, 0),
        "parameters": (np.float64, np.nan),
        "memory": (np.float64, np.nan),
        "state": (np.int8, State.NEW),
        "calm": (np.int8, -1),
        "mark": (np.float64, np.nan),
        "opened": (np.float64, np.nan),
        "episode": (np.int32, 0),
        "fired": (np.uint16, 0),
        "reminders": (np.uint16, 0),
        "outages": (np.int32, 0),
        "due": (np.float64, np.inf),
        "silent": (np.float64, np.inf),
    }
    RARE = frozenset({"mark", "outages", "due", "silent"})
    id: Ints
    rule: Numbers
    coin: Numbers
    added: Floats
    series: Numbers
    parameters: Floats
    memory: Floats
    state: Codes
    calm: Codes
    mark: Floats
    opened: Floats
    episode: Numbers
    fired: Counts
    reminders: Counts
    outages: Numbers
    due: Floats
    silent: Floats

    def __init__(self, shape: Shape, number: int) -> None:
        trees = shape.trees
        counts = [_constants(tree) for tree in trees]
        split, parameters = counts[0], sum(counts)
        self.shape = shape
        self.number = number
        self._changing = False
        self.soonest: float = np.inf
        """The earliest `due` of all."""
        self.fields: tuple[Field, ...] = tuple(dict.fromkeys(of for tree in trees for of in _own_fields(tree)))
        self.momentary = momentary(shape.when) or shape.checked
        self.timed = any(map(has_timeouts, trees))
        """Whether time alone may change a verdict."""
        counted = [node.of for tree in trees for node in walk(tree) if isinstance(node, Count | Share | Rank)]
        among = tuple(dict.fromkeys(of for tree in counted for of in fields_of(tree)))
        needs = tuple(dict.fromkeys(need for tree in trees for need in needs_of(tree)))
        self.needs = tuple(need for need in needs if need.field in self.fields)
        self.panel = Panel(among, needs, parameters) if counted else None
        self._recalls = memories(shape.when)
        self._split = split
        self.kept = tuple(
            (part, start + column)
            for tree, start in zip(trees, (0, self._recalls), strict=False)
            for part, own in kept_by(tree)
            for column in own
        )
        """What remembers something, with each of its columns of the memory."""
        aged = {part.field for tree in trees for part in walk(tree) if isinstance(part, Age)}
        # Where a condition asks for a field's age, silence is its own business and not told besides.
        self.watched = [column for column, of in enumerate(self.fields) if of not in aged]
        self._aged = [column for column, of in enumerate(self.fields) if of in aged]
        rung = rung_of(shape.when) if shape.until is None and not shape.checked else None
        own = rung is not None and all(of.coin is None for of in fields_of(rung.of))
        self.ladder = Ladder(rung) if rung is not None and own else None
        super().__init__(series=len(self.fields), parameters=parameters, memory=sum(map(memories, trees)))

    def enlist(self, rows: Rows) -> None:
        """These rows are complete: from now on they are found."""
        if self.ladder is not None and not self._changing:
            self.ladder.add(rows, self._rungs(self.ladder))

    def begin_changes(self) -> None:
        """Many alerts will come and go: the ladder is set up anew at the end."""
        self._changing = True

    def end_changes(self) -> None:
        self._changing = False
        if self.ladder is not None:
            self.ladder.build(np.arange(self.size), self._rungs(self.ladder))

    def _rungs(self, ladder: Ladder) -> Rungs:
        series = [self.series[self.fields.index(of)] for of in ladder.fields]
        return Rungs(self.coin, self.parameters[ladder.rung.parameter], series)

    def standing(self, rows: Rows) -> Standing:
        return Standing(*(getattr(self, name)[rows] for name in STANDING))

    def settle(self, rows: Rows, standing: Standing) -> None:
        for name in STANDING:
            self.write(name, rows, getattr(standing, name))

    def touched(self, tick: Tick, moved: Flags, heard: Rows) -> Rows:
        """The alerts to judge: one of their series got a reading or a revision, or one of their timers is due. A series
        that was `heard` of, a confirmation being enough, is younger: so those that ask for its age are judged."""
        if self.ladder is not None:
            return self._met(self.ladder, tick, moved)
        n = self.size
        touched = np.zeros(n, np.bool_)
        if not self.shape.checked:
            for column in self.series[:, :n]:
                touched |= gather(moved, column)
            for of in self._aged if len(heard) else ():
                touched |= np.isin(self.series[of, :n], heard)
            if self.panel is not None:
                touched |= np.isin(self.rule[:n], self.panel.touched(moved))
        if self.soonest <= tick.now:
            touched |= self.due[:n] <= tick.now
        return touched.nonzero()[0]

    def _met(self, ladder: Ladder, tick: Tick, moved: Flags) -> Rows:
        """Of those that only a level can change: the ones whose level was passed, and those that do not rest."""
        parts = [ladder.passed(tick, moved, self._rungs(ladder).level)]
        restless = (self.calm[: self.size] == BUSY).nonzero()[0]
        parts += [restless[moved[column[restless]]] for column in self.series]
        for of in ladder.rung.beside:
            parts.append(gather(moved, self.series[self.fields.index(of), : self.size]).nonzero()[0])
        if self.soonest <= tick.now:
            parts.append((self.due[: self.size] <= tick.now).nonzero()[0])
        flags = np.zeros(self.size, np.bool_)
        for part in parts:
            flags[part] = True
        return flags.nonzero()[0]

    def between_readings(self, rows: Rows, moved: Flags) -> Rows:
        """Those that are judged though their value has no new reading. What a window says changes by time, too: they do
        not rest with it, as the ladder knows only what readings say."""
        if self.ladder is None:
            return rows[:0]
        read = np.zeros(len(rows), np.bool_)
        for of in self.ladder.fields:
            read |= moved[self.series[self.fields.index(of), rows]]
        return rows[~read]

    def looks(self, tick: Tick, rows: Rows, *, priming: bool = False) -> tuple[Look, Look | None]:
        """What `when` and `until` are judged on for these rows. Their memory is a copy: see `remember`."""
        # All of them: then the columns themselves will do.
        which: Rows | slice = slice(0, self.size) if len(rows) == self.size else rows
        series = {of: column[which] for of, column in zip(self.fields, self.series, strict=True)}
        memory, added = self.memory[:, rows], self.added[which]

        def look(parameters: slice, recalled: slice) -> Look:
            return Look(
                tick=tick,
                series=series,
                parameters=[column[which] for column in self.parameters[parameters]],
                memory=list(memory[recalled]),
                added=added,
                priming=priming,
                peers=self.panel.peers(tick, self.rule[which], parameters) if self.panel is not None else None,
            )

        when = look(slice(0, self._split), slice(0, self._recalls))
        if self.shape.until is None:
            return when, None
        return when, look(slice(self._split, None), slice(self._recalls, None))

    def seen_of(self, of: Field) -> list[int]:
        """The columns of the memory that hold what was seen of a field; that something was true lately is not that."""
        return [column for part, column in self.kept if not isinstance(part, Recently) and of in fields_of(part)]

    def remember(self, rows: Rows, looks: tuple[Look, Look | None]) -> Flags:
        """Write the memory back; true for the rows whose memory changed."""
        changed = np.zeros(len(rows), np.bool_)
        moved = [column for look in looks if look is not None for column in look.memory]
        for kept, column in zip(self.memory, moved, strict=True):
            old = kept[rows]
            changed |= ~((column == old) | (np.isnan(column) & np.isnan(old)))
            kept[rows] = column
        return changed

    def timeouts(self, looks: tuple[Look, Look | None], after: float, *, anew: bool = False) -> Floats | float:
        """When time alone next changes what `when` or `until` says; infinity where it never does. See `timeouts`."""
        due: Floats | float = np.inf
        if self.timed:
            for tree, look in zip(self.shape.trees, looks, strict=False):
                if look is not None:
                    due = np.fmin(due, timeouts(tree, look, after, anew=anew))
        return due

    def set_due(self, rows: Rows, due: Floats | float) -> None:
        """Set the timers of these rows."""
        if not len(rows) or (not self.owns("due") and bool(np.all(np.isinf(due)))):
            return
        self.own("due")
        first = bool((self.due[rows] <= self.soonest).any())
        self.due[rows] = due
        if first:
            self.soonest = float(self.due[: self.size].min(initial=np.inf))
        else:
            self.soonest = min(self.soonest, float(np.min(due)))

    def drop(self, rows: Rows) -> tuple[Rows, Rows]:
        if self.ladder is not None and not self._changing:
            self.ladder.remove(rows, self._rungs(self.ladder))
            holes, movers = self.moves(rows)
            self.ladder.rename(movers, holes, self._rungs(self.ladder))
        moved = super().drop(rows)
        if self.soonest < np.inf:
            self.soonest = float(self.due[: self.size].min(initial=np.inf))
        return moved

    def next_silence(self) -> float:
        """When missing data is next to be told."""
        return float(self.silent[: self.size].min(initial=np.inf)) if self.owns("silent") else np.inf

    def block(self, rows: Rows) -> AlertBlock:
        """These alerts as the store keeps them."""
        packed = np.empty(len(rows), ALERT)
        for name in STORED:
            packed[name] = getattr(self, name)[rows]
        return AlertBlock(packed, np.ascontiguousarray(self.memory[:, rows].T))

    def nbytes(self) -> int:
        return super().nbytes() + sum(part.nbytes() for part in (self.panel, self.ladder) if part is not None)


def _constants(tree: Tree) -> int:
    """How many constants were lifted out of a tree."""
    return len({node.index for node in walk(tree) if isinstance(node, Parameter)})


def _own_fields(node: Tree) -> tuple[Field, ...]:
    """The fields of the alert itself: all but those that are only counted over the rule's coins."""
    if isinstance(node, Count | Share):
        return ()
    if isinstance(node, Field):
        return (node,)
    return tuple(of for child in children(node) for of in _own_fields(child))
