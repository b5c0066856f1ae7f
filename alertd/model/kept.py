"""What dispatch has to remember beside the rows of the outbox: one small row each, by kind and key."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from alertd.model.event import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Events whose labels match all of `matchers` (label, matcher's text) are held from `start` to `end`, and only
    during the named interval where there is one. Times are epoch seconds; `number` is its own in this store."""

    number: int
    matchers: tuple[tuple[str, str], ...]
    start: float
    end: float
    author: str
    comment: str
    during: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A rule that told one receiver too much: it is muted by itself, until somebody undoes it or `until`."""

    owner: str
    rule: str
    receiver: str
    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed:
    """What a rule of `owner` tells, or with "" what all of theirs tell, is held until then: they asked for it."""

    owner: str
    rule: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """What a receiver was told and wants to hear again at `until`, where it still holds. `due` is when it is looked at:
    later, where something holds it back."""

    entry: Entry
    receiver: str
    until: float
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A market in uproar, for one receiver: `since` it began, `until` it lasts if no more coins fire, `told` when its
    last summary went out."""

    receiver: str
    since: float
    until: float
    told: float


class Member(NamedTuple):
    """An open episode in a group: the number of the entry that told its beginning, and whose it is."""

    number: int
    alert: int
    episode: int
    owner: str
    rule: str
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """A group of one receiver that was told at `told`; `firing` are those in it that were open then. It is told again
    `interval` seconds later at the earliest, and after `repeat` if nothing new comes (0: never). `due` is when it is
    looked at again: to be repeated (later, where something holds that back), or else to be forgotten."""

    receiver: str
    key: str
    told: float
    firing: tuple[Member, ...]
    interval: float
    repeat: float
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """An alert that keeps firing: `level` is how often its cooldown was doubled, `told` when an episode counted for the
    last time, `episode` the latest that did."""

    owner: str
    rule: str
    symbol: str
    level: int
    told: float
    episode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """An episode that somebody has to see: `to` are told at `due` unless it is acknowledged or over by then."""

    entry: Entry
    receiver: str
    to: tuple[str, ...]
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An episode that others were told of at `at`, because nobody had acknowledged it: they hear who does, and how it
    ends."""

    alert: int
    episode: int
    rule: str
    symbol: str
    to: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """An episode that somebody has seen: nobody is reminded of it any more, nor is it escalated."""

    alert: int
    episode: int
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A notice of this key was told at `at`, for the last time."""

    key: str
    at: float


Kept: TypeAlias = (
    Silence | Mute | Snoozed | Postponed | Storm | Grouped | Streak | Escalation | Raised | Acknowledged | Noticed
)

KeptKey: TypeAlias = tuple[str, str]
"""(kind, key): the kind is the type's name in lower case; the key is made of what it is about."""


def key_of(kept: Kept) -> KeptKey:
    """Where it is kept: whatever is put there later takes its place."""
    match kept:
        case Silence(number=number):
            parts = [str(number)]
        case Mute(owner=owner, rule=rule, receiver=receiver):
            parts = [owner, rule, receiver]
        case Snoozed(owner=owner, rule=rule):
            parts = [owner, rule]
        case Storm(receiver=receiver):
            parts = [receiver]
        case Grouped(receiver=receiver, key=key):
            parts = [receiver, key]
        case Streak(owner=owner, rule=rule, symbol=symbol):
            parts = [owner, rule, symbol]
        case Escalation(entry=entry, receiver=receiver) | Postponed(entry=entry, receiver=receiver):
            parts = [str(entry.number), receiver]
        case Noticed(key=key):
            parts = [key]
        case Raised(alert=alert, episode=episode) | Acknowledged(alert=alert, episode=episode):
            parts = [str(alert), str(episode)]
    return type(kept).__name__.lower(), "\0".join(parts)
