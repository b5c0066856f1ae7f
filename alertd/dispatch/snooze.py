"""Snooze: a person's own alerts, one or all of them, held back for as long as they said; what they had been told
already is told once more at the end, where it still holds."""

from dataclasses import replace

from alertd.dispatch.desk import Candidate, Desk, Hold
from alertd.dispatch.policy import DAY
from alertd.dispatch.route import labels, legs
from alertd.model.event import Entry, Event, EventKind
from alertd.model.kept import Kept, Postponed, Snoozed

SNOOZED = "snoozed"
"""The reason of what is held, and of what is told again."""


def put(desk: Desk, owner: str, rule: str, until: float) -> tuple[Snoozed, ...]:
    """From now on until then; where that is over, what was held is told, and nothing is told again."""
    memory = desk.state.memory
    if rule and until <= desk.now:
        for each in memory.all(Postponed):
            if (each.entry.event.owner, each.entry.event.rule) == (owner, rule):
                memory.forget(each)
    known = memory.get(Snoozed, owner, rule)
    if until > desk.now:
        snoozed = Snoozed(owner=owner, rule=rule, until=until)
        memory.keep(snoozed)
    elif known is None:
        return ()
    else:
        snoozed = known
        memory.forget(known)
    # What is held already is looked at again: it may have to wait longer, or no longer.
    desk.state.reconsider(SNOOZED, desk.now, group=_group(owner, rule))
    return (snoozed,)


def postpone(desk: Desk, entry: Entry, until: float) -> tuple[Kept, ...]:
    """To whoever hears of such things now."""
    rule = desk.rules.get((entry.event.owner, entry.event.rule))
    names = dict.fromkeys(leg.receiver for leg in legs(desk.policy.route, rule, labels(entry))) if rule else {}
    found = tuple([Postponed(entry=entry, receiver=name, until=until, due=until) for name in names])
    for each in found:
        desk.state.memory.keep(each)
    return found


def over(desk: Desk) -> list[Postponed]:
    """What is to be told again now, or since something holds it back; what holds no more is forgotten."""
    memory, found = desk.state.memory, []
    memory.due(Postponed, desk.now)  # what holds one back may end before its time: all of them are looked at
    waiting = [each for each in memory.all(Postponed) if each.until <= desk.now]
    for each in sorted(waiting, key=lambda each: (each.until, each.entry.number, each.receiver)):
        event = each.entry.event
        told = each.receiver in desk.policy.receivers and not desk.is_draft(event.owner, event.rule)
        if told and on_record(event, desk.now) and desk.still(event):
            found.append(each)
        else:
            memory.forget(each)
    return found


def on_record(event: Event, at: float) -> bool:
    """Whether the store is sure to have an event then: the beginning of what lasts is kept, the others for a while."""
    return event.kind is EventKind.FIRED or at <= event.time + 2 * DAY


def put_off(desk: Desk, each: Postponed, until: float) -> None:
    """Until what holds it back is over; infinity where that ends with what happens."""
    if until != each.due:
        desk.state.memory.keep(replace(each, due=until))


def concerns(desk: Desk) -> bool:
    return desk.state.memory.has(Snoozed)


def hold(desk: Desk, candidate: Candidate) -> Hold | None:
    """By that of the rule or that of its owner, whichever lasts longer."""
    event, memory = candidate.entry.event, desk.state.memory
    if not event.owner:
        return None
    found = [each for rule in (event.rule, "") if (each := memory.get(Snoozed, event.owner, rule))]
    longest = max(found, key=lambda each: each.until, default=None)
    if longest is None or longest.until <= desk.now:
        return None
    return Hold(SNOOZED, longest.until, _group(longest.owner, longest.rule))


def _group(owner: str, rule: str) -> str:
    return f"{owner}/{rule}"
