"""Dedup: whether a receiver is to be told of an event, and if not, why."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum

from alertd.dispatch.policy import Receiver
from alertd.model.event import Event, EventKind, Item
from alertd.rules.rule import Told


class Decision(StrEnum):
    """What becomes of an event on its way to a receiver. All but FIRST are reasons why it is not sent: they are
    stored, counted and shown."""

    FIRST = "first"
    """Not told before: tell it."""
    ALREADY_TOLD = "already_told"
    """A second route leads to the same receiver."""
    RECEIVER_GONE = "receiver_gone"
    UNWANTED = "unwanted"
    """The rule's `tell` leaves this kind out."""
    DRAFT = "draft"
    NO_RULE = "no_rule"
    NO_ROUTE = "no_route"
    """The rule names nobody, and no route takes it."""
    CHANGED = "changed"
    """An edit of its rule closed the episode."""
    REMOVED = "removed"
    EXPIRED = "expired"


_CLOSED = frozenset({Decision.CHANGED, Decision.REMOVED, Decision.EXPIRED})
_UNASKED = frozenset({EventKind.ALREADY_TRUE, EventKind.NO_DATA})
"""Made only where the rule's own `already_true` and `no_data` ask for them: `tell` has no say."""


def wanted(event: Event, rule: Told | None) -> Decision:
    """Whether anybody at all is to be told of an event."""
    if event.kind is EventKind.RESOLVED and event.reason in _CLOSED:
        return Decision(event.reason)
    if rule is None:
        return Decision.NO_RULE
    if rule.draft:
        return Decision.DRAFT
    return Decision.FIRST if event.kind in _UNASKED or event.kind in rule.tell else Decision.UNWANTED


def decide(item: Item, told: AbstractSet[Item], receivers: Mapping[str, Receiver]) -> Decision:
    """`told` are the items of this tick so far: `step` never makes one twice, but two routes may."""
    if item.receiver not in receivers:
        return Decision.RECEIVER_GONE
    return Decision.ALREADY_TOLD if item in told else Decision.FIRST
