"""Dedup: whether anybody is to be told of an event, and if not, why."""

from enum import StrEnum

from alertd.model.event import Event, EventKind
from alertd.rules.rule import Told


class Decision(StrEnum):
    """What becomes of an event before it is on its way to anybody. All but FIRST are reasons why it is not told."""

    FIRST = "first"
    """Not told before: tell it."""
    RECEIVER_GONE = "receiver_gone"
    UNWANTED = "unwanted"
    """The rule's `tell` leaves this kind out."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has seen the episode: nobody is reminded of it."""
    OVER = "over"
    """A field that was missing had come back before that could be told."""
    SUPERSEDED = "superseded"
    """A reminder that was held, of what is told with it or after it."""
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
