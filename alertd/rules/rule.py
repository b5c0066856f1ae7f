"""A rule as its author meant it, checked and resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, tzinfo
from enum import StrEnum
from typing import Protocol

from alertd.conditions.tree import Condition
from alertd.model.event import EventKind

SEVERITY = "severity"
"""The label that says how much a rule matters."""
CRITICAL = "critical"
"""The severity that neither quiet hours nor a storm nor a cap holds back."""


class AlreadyTrue(StrEnum):
    """What a new alert does whose condition is true at its first look."""

    TELL = "tell"
    FIRE = "fire"
    IGNORE = "ignore"


class Told(Protocol):
    """What dispatch asks of a rule."""

    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def notify(self) -> tuple[str, ...]: ...
    @property
    def tell(self) -> frozenset[EventKind]: ...
    @property
    def draft(self) -> bool: ...
    @property
    def say(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def when_text(self) -> str: ...
    @property
    def until_text(self) -> str: ...
    @property
    def cooldown(self) -> float: ...
    @property
    def cooldown_most(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Active:
    """The hours in which episodes may open: `days` are weekdays (Monday is 0) of the opening moment in `zone`.

    Where `start` >= `end` the hours run past midnight and belong to the day they begin on.
    """

    days: frozenset[int]
    start: time
    end: time
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of the day on some weekdays (Monday is 0)."""

    days: frozenset[int]
    time: time


@dataclass(frozen=True, slots=True)
class Checks:
    """The moments at which a rule is judged, and at no other; local times of `zone`."""

    moments: tuple[Moment, ...]
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, on all of its coins. Durations are seconds, times epoch seconds.

    `when_text` and `until_text` are the author's own words (`until_text` is made from `rearm` where that was given).
    Another `when`, `until` or `for` makes another alert. `cooldown_most` is how far dispatch lets the cooldown grow
    while an alert keeps firing, None for not at all. `fire` counts the
    episodes an alert may have, None for no end. `no_data` is how long a field may be stale before it is told, None to
    never tell, 0.0 for the source's own `stale_after`. `at` is None for a rule that is judged with its readings.
    `notify` is () where the routing tree decides; of a person's rule it names ways of theirs, () for all
    that they use. `note` is told with each message as it is. `tell` says which events are sent. `place` is `file:line`.
    """

    name: str
    owner: str = ""
    was: str = ""
    symbols: tuple[str, ...]
    when: Condition
    when_text: str
    until: Condition | None = None
    until_text: str = ""
    for_: float = 0.0
    keep_firing_for: float = 0.0
    cooldown: float = 0.0
    cooldown_most: float | None = None
    fire: int | None = None
    remind: float | None = None
    already_true: AlreadyTrue = AlreadyTrue.TELL
    no_data: float | None = 0.0
    expires: float | None = None
    active: Active | None = None
    at: Checks | None = None
    labels: dict[str, str] = field(default_factory=dict)
    notify: tuple[str, ...] = ()
    tell: frozenset[EventKind] = frozenset({EventKind.FIRED, EventKind.REMINDED})
    draft: bool = False
    say: str = ""
    note: str = ""
    place: str = field(default="", compare=False)
