"""How alerts live and are told: what many rules have in common, each distinct one kept once."""

from dataclasses import dataclass, fields
from typing import ClassVar, Self

import numpy as np

from alertd.market.columns import Codes, Columns, Counts, Fill, Flags, Floats
from alertd.model.event import EventKind
from alertd.rules.lifecycle import FIRE, IGNORE, TELL, UNLIMITED
from alertd.rules.rule import Active, AlreadyTrue, Checks, Rule

_ALREADY = {AlreadyTrue.TELL: TELL, AlreadyTrue.FIRE: FIRE, AlreadyTrue.IGNORE: IGNORE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the alerts of a rule live and are told: what many rules have in common. See `Rule`."""

    for_: float
    keep_firing_for: float
    cooldown: float
    fire: int | None
    remind: float | None
    already_true: AlreadyTrue
    no_data: float | None
    active: Active | None
    at: Checks | None
    labels: tuple[tuple[str, str], ...]
    notify: tuple[str, ...]
    tell: frozenset[EventKind]
    draft: bool
    cooldown_most: float | None = None

    @classmethod
    def of(cls, rule: Rule) -> Self:
        own = {name: getattr(rule, name) for name in _NAMES if name != "labels"}
        return cls(labels=tuple(sorted(rule.labels.items())), **own)


_NAMES = tuple(each.name for each in fields(Manner))


class Manners(Columns):
    """The distinct manners, in columns. `no_data` is infinity where silence is never told."""

    FILL: ClassVar[Fill] = {
        "for_": (np.float64, 0),
        "keep": (np.float64, 0),
        "cooldown": (np.float64, 0),
        "remind": (np.float64, np.inf),
        "limit": (np.uint16, UNLIMITED),
        "already": (np.int8, TELL),
        "no_data": (np.float64, np.inf),
        "has_hours": (np.bool_, 0),
    }
    for_: Floats
    keep: Floats
    cooldown: Floats
    remind: Floats
    limit: Counts
    already: Codes
    no_data: Floats
    has_hours: Flags

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Manner] = []
        self._numbers: dict[Manner, int] = {}

    def number(self, manner: Manner) -> int:
        """Its number; a new one is put behind the others."""
        number = self._numbers.get(manner)
        if number is None:
            number = self._numbers[manner] = int(self.extend(1)[0])
            self.all.append(manner)
            self.for_[number], self.keep[number] = manner.for_, manner.keep_firing_for
            self.cooldown[number] = manner.cooldown
            self.remind[number] = np.inf if manner.remind is None else manner.remind
            self.limit[number] = UNLIMITED if manner.fire is None else min(manner.fire, UNLIMITED)
            self.already[number] = _ALREADY[manner.already_true]
            self.no_data[number] = np.inf if manner.no_data is None else manner.no_data
            self.has_hours[number] = manner.active is not None
        return number
