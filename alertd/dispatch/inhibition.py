"""The stage of inhibition: which open episodes hold others back, kept up to date with every event."""

from collections.abc import Sequence
from math import inf

from alertd.dispatch.desk import Candidate, Desk, Hold
from alertd.dispatch.inhibit import Firing, Inhibitors
from alertd.dispatch.route import labels
from alertd.model.event import Entry, EventKind

INHIBITED = "inhibited"
"""What the reason of an inhibited item begins with: `inhibited:market-crash`, the rule that fires."""


def follow(desk: Desk, entries: Sequence[Entry]) -> None:
    """Take note of what opened and what is over. What is no longer inhibited is looked at again in this tick."""
    inhibitors = desk.state.inhibitors
    if desk.state.policy is not desk.policy:  # after a start or a reload, which may have changed labels as well
        wanted = desk.policy.inhibit
        desk.state.inhibitors = Inhibitors(wanted, _firing(desk)) if wanted else None
        desk.state.reconsider(INHIBITED, desk.now)
        return
    if inhibitors is None:
        return
    freed = False
    for entry in entries:
        if entry.event.kind is EventKind.FIRED:
            inhibitors.fired(entry.event.alert, labels(entry))
        elif entry.event.kind is EventKind.RESOLVED:
            freed |= inhibitors.resolved(entry.event.alert)
    if freed:
        desk.state.reconsider(INHIBITED, desk.now)


def concerns(desk: Desk) -> bool:
    return desk.state.inhibitors is not None


def hold(desk: Desk, candidate: Candidate) -> Hold | None:
    if desk.state.inhibitors is None:
        return None
    by = desk.state.inhibitors.inhibitor(candidate.entry.event.alert, candidate.labels)
    return None if by is None else Hold(f"{INHIBITED}:{by}", inf)


def _firing(desk: Desk) -> list[Firing]:
    """Every open episode, by what the rules say now."""
    found = []
    for each in desk.rules.open_episodes():
        rule = desk.rules.get((each.owner, each.rule))
        if rule is not None:
            own = {"rule": each.rule, "owner": each.owner, "symbol": each.symbol, "event": EventKind.FIRED.value}
            found.append(Firing(each.alert, {**rule.labels, **own}))
    return found
