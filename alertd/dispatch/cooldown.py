"""The growing cooldown: the more often an alert fires in a row, the less often that is told."""

from dataclasses import replace

from alertd.dispatch.desk import AGAIN, Candidate, Desk, Hold
from alertd.model.event import EventKind
from alertd.model.kept import Streak

COOLDOWN = "growing_cooldown"
"""The reason of what comes too soon after the last one."""

_CALM = 2.0
"""An alert that was still for so many cooldowns begins anew."""

_HIGHEST = 32


def hold(desk: Desk, candidate: Candidate) -> Hold | None:
    """For rules that say so, what fires within the cooldown, which doubles with each episode that gets this far: one
    that a silence, hours, an inhibition or a mute holds back counts when that lets it through, if it ever does. An
    episode counts once, for whomever it comes here first."""
    rule, event, memory = candidate.rule, candidate.entry.event, desk.state.memory
    if rule is None or rule.cooldown_most is None or event.kind is not EventKind.FIRED:
        return None
    if candidate.served == AGAIN:
        return None
    streak = memory.get(Streak, event.owner, event.rule, event.symbol)
    level = 0
    if streak is not None:
        if event.episode <= streak.episode:
            return None  # it has counted
        if streak.told == desk.now:  # with one that was held for as long as this
            memory.keep(replace(streak, episode=event.episode))
            return None
        wait = min(rule.cooldown * 2.0**streak.level, rule.cooldown_most)
        if candidate.served != COOLDOWN and desk.now < streak.told + wait:
            return Hold(COOLDOWN, streak.told + wait, f"{event.owner}/{event.rule}/{event.symbol}")
        level = 0 if desk.now >= streak.told + _CALM * wait else min(streak.level + 1, _HIGHEST)
    memory.keep(
        Streak(
            owner=event.owner,
            rule=event.rule,
            symbol=event.symbol,
            level=level,
            told=desk.now,
            episode=event.episode,
        )
    )
    return None
