"""Auto-mute: a rule that goes on and on is muted for a receiver; that is told once, and undone in one step."""

from bisect import bisect_left
from dataclasses import replace

from alertd.dispatch.desk import Candidate, Desk, Hold
from alertd.dispatch.limit import full_until
from alertd.dispatch.policy import DAY, Receiver
from alertd.dispatch.render import fold
from alertd.dispatch.state import rule_key
from alertd.model.kept import Mute
from alertd.model.notification import Notification, Tone
from alertd.model.people import called, is_persons
from alertd.model.units import say_duration

RUNAWAY = "runaway"
"""The reason of what a muted rule would have told."""

LASTS = DAY
"""Seconds after which a mute ends by itself."""


def concerns(desk: Desk) -> bool:
    return desk.policy.runaway is not None and desk.state.memory.has(Mute)


def hold(desk: Desk, candidate: Candidate) -> Hold | None:
    event = candidate.entry.event
    found = desk.state.memory.get(Mute, event.owner, event.rule, candidate.receiver.name)
    if found is None or found.until <= desk.now or candidate.critical:
        return None
    return Hold(RUNAWAY, found.until, f"{event.owner}/{event.rule}")


def count(desk: Desk, receiver: Receiver, owner: str, rule: str) -> Notification | None:
    """Note a message that told of one rule; what to say if it was one too many, from which on the rule is muted."""
    limit = desk.policy.runaway
    if limit is None:
        return None
    key = rule_key(receiver.name, owner, rule)
    known = desk.state.memory.get(Mute, owner, rule, receiver.name)
    times = desk.state.by_rule.of(key)
    if known is not None and known.until <= desk.now:
        times = times[bisect_left(times, known.until) :]  # what led to the last mute leads to no other
    full = full_until(times, limit, desk.now)
    desk.state.by_rule.add(key, desk.now)
    # What was held when the mute began is told while it lasts.
    if full is None or (known is not None and known.until > desk.now):
        return None
    until = desk.now + LASTS
    desk.state.memory.keep(Mute(owner=owner, rule=rule, receiver=receiver.name, since=desk.now, until=until))
    remedy = f"resume {rule}" if is_persons(owner) else f"alertd unmute {fold(rule)}"
    return Notification(
        title=f"{fold(called(owner, rule))} is muted: {limit.count} messages in {say_duration(limit.seconds)}",
        lines=(
            f"It is silent for {say_duration(LASTS)}, then what still holds comes in one message.",
            f"To hear it again at once: {remedy}",
        ),
        tone=Tone.NOTE,
    )


def undo(desk: Desk, owner: str, rule: str) -> tuple[Mute, ...]:
    """Every receiver hears the rule again; returns the mutes that this ends."""
    memory = desk.state.memory
    found = [each for each in memory.all(Mute) if (each.owner, each.rule) == (owner, rule) and each.until > desk.now]
    for each in found:
        memory.keep(replace(each, until=desk.now))
    desk.state.reconsider(RUNAWAY, desk.now, group=f"{owner}/{rule}")
    return tuple(found)
