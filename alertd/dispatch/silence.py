"""Silences: what somebody does not want to hear of for a while."""

from dataclasses import replace
from functools import lru_cache

from alertd.dispatch.desk import Candidate, Desk, Hold
from alertd.dispatch.inhibit import Labels
from alertd.dispatch.matcher import Matcher
from alertd.model.event import Notice
from alertd.model.kept import Silence
from alertd.model.order import AddSilence

SILENCE = "silence"
"""What the reason of a silenced item begins with: `silence:3`."""

_ERASED = "erased"


def reason_of(silence: Silence) -> str:
    return f"{SILENCE}:{silence.number}"


def add(desk: Desk, order: AddSilence) -> Silence:
    """The new silence, with a number of its own."""
    memory = desk.state.memory
    number = 1 + max((each.number for each in memory.all(Silence)), default=0)
    silence = Silence(
        number=number,
        matchers=order.matchers,
        start=order.start,
        end=order.end,
        author=order.author,
        comment=order.comment,
        during=order.during,
    )
    memory.keep(silence)
    return silence


def expire(desk: Desk, number: int) -> tuple[Silence, ...]:
    """It ends now: what still holds is told. Empty where there is nothing to end."""
    found = desk.state.memory.get(Silence, str(number))
    if found is None or found.end <= desk.now:
        return ()
    ended = replace(found, start=min(found.start, desk.now), end=desk.now)
    desk.state.memory.keep(ended)
    desk.state.reconsider(reason_of(found), desk.now)
    return (ended,)


def forget(desk: Desk, author: str) -> tuple[Silence, ...]:
    """What an author said about theirs is erased. Returns those that are other than before."""
    found = [each for each in desk.state.memory.all(Silence) if each.author == author and each.comment != _ERASED]
    changed = tuple(replace(each, comment=_ERASED) for each in found)
    for silence in changed:
        desk.state.memory.keep(silence)
    return changed


def active(desk: Desk) -> list[tuple[Silence, float]]:
    """Those of this moment, each with its end: for `desk.silences`, once in a tick, as many may be over and hours take
    long to look up."""
    each = ((silence, active_until(desk, silence)) for silence in desk.state.memory.all(Silence))
    return [(silence, until) for silence, until in each if until > desk.now]


def lost(desk: Desk) -> list[Notice]:
    """Words on the silences whose hours the policy no longer has: they hold nothing."""
    return [
        Notice(
            desk.now,
            reason_of(silence),
            f"silence {silence.number} holds nothing: its hours {silence.during!r} are no longer in the configuration",
        )
        for silence in desk.state.memory.all(Silence)
        if silence.end > desk.now and silence.during and silence.during not in desk.policy.hours
    ]


def concerns(desk: Desk) -> bool:
    return bool(desk.silences)


def hold(desk: Desk, candidate: Candidate) -> Hold | None:
    """By the active silence that lasts longest."""
    holds = [Hold(reason_of(silence), until) for silence, until in desk.silences if matches(silence, candidate.labels)]
    return max(holds, key=lambda each: each.until, default=None)


def active_until(desk: Desk, silence: Silence) -> float:
    """When the silence next lets something through; now if it does at present."""
    if not silence.start <= desk.now < silence.end:
        return desk.now
    if not silence.during:
        return silence.end
    hours = desk.policy.hours.get(silence.during)
    return min(silence.end, hours.ends(desk.now)) if hours else desk.now


def lasts_until(desk: Desk, reason: str) -> float:
    """The same of the silence that is the reason of something: its hours may have been changed."""
    found = desk.state.memory.get(Silence, reason.removeprefix(f"{SILENCE}:"))
    return active_until(desk, found) if found else desk.now


def matches(silence: Silence, labels: Labels) -> bool:
    return all(_matcher(text).matches(labels.get(label, "")) for label, text in silence.matchers)


_matcher = lru_cache(1024)(Matcher)
