"""Group: which things become one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alertd.dispatch.route import Leg
from alertd.model.event import Event, EventKind, Item
from alertd.model.notification import Held, Notification

LATE = "late"
"""The group of what happened while alertd was down."""

_TOGETHER = frozenset({EventKind.ALREADY_TRUE, EventKind.NO_DATA})


class Entry(NamedTuple):
    """One thing for one receiver, drawn as if it stood alone."""

    item: Item
    event: Event
    notification: Notification


@dataclass(slots=True)
class Group:
    """What one receiver gets in one message, after waiting `wait` seconds for more of it."""

    receiver: str
    key: str
    wait: float = 0.0
    entries: list[Entry] = field(default_factory=list)


def group_key(event: Event, leg: Leg, seen: Mapping[str, str]) -> str:
    """The same for what goes into one message. What was already true, what has no data and what is late come in
    one message of their own each, whatever `group_by` says.

    Rules of different owners may share a name: grouping by rule keeps them apart.
    """
    if event.late:
        return LATE
    if event.kind in _TOGETHER:
        return event.kind.value
    names = ("owner", *leg.group_by) if "rule" in leg.group_by else leg.group_by
    return " ".join(f"{name}={seen.get(name, '')!r}" for name in names)


def entries_of(rows: Sequence[Held]) -> list[Entry]:
    """What was held, as things to tell."""
    return [Entry(row.item, row.event, row.notification) for row in rows]
