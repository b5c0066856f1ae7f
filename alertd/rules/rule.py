"""A rule as its author meant it, checked and resolved."""

from dataclasses import dataclass, field
from datetime import time, tzinfo
from enum import StrEnum

from alertd.conditions.tree import Condition
from alertd.model.event import EventKind


class AlreadyTrue(StrEnum):
    """What a new alert does whose condition is true at its first look."""

    TELL = "tell"
    FIRE = "fire"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Active:
    """The hours in which episodes may open: `days` are weekdays (Monday is 0) of the opening moment in `zone`.

    Where `start` >= `end` the hours run past midnight and belong to the day they begin on.
    """

    days: frozenset[int]
    start: time
    end: time
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, on all of its coins. Durations are seconds, times epoch seconds.

    `when_text` and `until_text` are the author's own words (`until_text` is made from `rearm` where that was given);
    `sentence` is the canonical text of `when`, `until` and `for`: another one makes another alert. `fire` counts the
    episodes an alert may have, None for no end. `no_data` is how long a field may be stale before it is told, None to
    never tell, 0.0 for the source's own `stale_after`. `notify` is () where the routing tree decides. `tell` says
    which events are sent. `place` is `file:line`.
    """

    name: str
    owner: str = ""
    was: str = ""
    symbols: tuple[str, ...]
    when: Condition
    when_text: str
    until: Condition | None = None
    until_text: str = ""
    sentence: str
    for_: float = 0.0
    keep_firing_for: float = 0.0
    cooldown: float = 0.0
    fire: int | None = None
    remind: float | None = None
    already_true: AlreadyTrue = AlreadyTrue.TELL
    no_data: float | None = 0.0
    expires: float | None = None
    active: Active | None = None
    labels: dict[str, str] = field(default_factory=dict)
    notify: tuple[str, ...] = ()
    tell: frozenset[EventKind] = frozenset({EventKind.FIRED, EventKind.REMINDED})
    draft: bool = False
    say: str = ""
    place: str = field(default="", compare=False)
