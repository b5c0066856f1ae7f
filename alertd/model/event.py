"""What happened to an alert, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

Value = float | str


class EventKind(StrEnum):
    FIRED = "fired"
    RESOLVED = "resolved"
    REMINDED = "reminded"
    ALREADY_TRUE = "already_true"
    """The first look of a new alert found its condition true: told once per load, no episode."""
    NO_DATA = "no_data"
    """A field that the alert needs has gone stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step of an alert's life. `step` makes them; nothing else does.

    `time` is the tick; `at` the time of the reading that decided, both epoch seconds. `episode` counts from 1 for
    (rule, owner, symbol) and is 0 for kinds without one. `ordinal` tells events of one kind in one episode apart
    (the n-th reminder, the n-th outage of the alert); it is 1 for the others. `values` says what was seen, by the names
    that the condition uses, plus `level` (what was compared with), `change` (percent points, signed) and `base` (what
    the change counts from).
    `reason` says why an episode ended: "" when its condition cleared, else `changed`, `removed` or `expired`, which are
    recorded and not sent. For NO_DATA it names the field.
    """

    time: float
    kind: EventKind
    alert: int
    rule: str
    owner: str
    symbol: str
    episode: int
    ordinal: int
    at: float
    source: str
    opened: float = 0.0
    values: Mapping[str, Value] = field(default_factory=dict)
    reason: str = ""
    late: bool = False


class Drop(NamedTuple):
    """An episode of a momentary condition that did not open, and why: `cooldown`, `inactive` (outside its hours),
    `until` (which is YES), `firing` (one is open)."""

    time: float
    alert: int
    rule: str
    owner: str
    symbol: str
    reason: str


class Words(NamedTuple):
    """What a rule says of itself, kept with its event: it may be edited before that is told. `labels` are pairs,
    `remark` is the author's note."""

    when: str
    until: str = ""
    say: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    remark: str = ""


class Entry(NamedTuple):
    """An event with its number in this store, for ever growing, and what its rule said then."""

    number: int
    event: Event
    words: Words


class Notice(NamedTuple):
    """Something the operator should know, told once: the shell makes one when a state changes, not while it lasts.

    `key` names what it is about (`source:binance`), so that the same one is not told twice in an hour. One about a
    channel (`delivery:telegram`, `delivery:telegram:desk`) is not told over that channel. One that concerns a
    `receiver` is told that one too, in any other way it has.
    """

    time: float
    key: str
    text: str
    receiver: str = ""
