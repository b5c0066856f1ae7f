"""What a tick did, for the log and for whoever counts it."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from alertd.dispatch.desk import Planned
from alertd.model.event import Event, EventKind
from alertd.model.notification import ItemFate
from alertd.model.reading import Poll
from alertd.rules.outcome import Outcome

log = logging.getLogger(__name__)

MANY = 200
"""Events; to go through more of them takes the loop's time away from everything else."""


class Observer(Protocol):
    """Who counts what the pipeline does."""

    def tick(self, seconds: float) -> None: ...
    def event(self, kind: EventKind, count: int = 1) -> None: ...
    def refused(self, source: str, reason: str, count: int = 1) -> None: ...
    def not_sent(self, reason: str, count: int = 1) -> None: ...


def report(observer: Observer, polls: Sequence[Poll], outcome: Outcome, planned: Planned) -> None:
    """Count what one tick did, and log it."""
    entries = planned.entries
    for kind, count in Counter(entry.event.kind for entry in entries).items():
        observer.event(kind, count)
        if len(entries) >= MANY:
            log.info("%s: %d alerts", kind, count)
    for entry in entries if len(entries) < MANY else ():
        log.info("%s", entry.event.kind, extra=_fields(entry.event))
    reasons = Counter(item.reason.partition(":")[0] for item in planned.items if item.fate is ItemFate.DROPPED)
    for reason, count in (reasons + Counter(drop.reason for drop in outcome.drops)).items():
        observer.not_sent(reason, count)
    for notice in outcome.notices:
        log.warning("%s", notice.text, extra={"about": notice.key})
    source = polls[0].source if polls else ""
    for poll in polls:
        outcome.refused.update(poll.refused)
    for reason, count in outcome.refused.items():
        observer.refused(source, reason, count)


def _fields(event: Event) -> dict[str, object]:
    fields: dict[str, object] = {"rule": event.rule, "symbol": event.symbol, "alert": event.alert}
    if event.episode:
        fields["episode"] = event.episode
    if event.reason:
        fields["reason"] = event.reason
    return fields | {"seen": dict(event.values)}
