"""Storm: when the whole market moves, one summary goes out, and the single alerts wait until it is over."""

from collections.abc import Sequence
from dataclasses import replace

from alertd.dispatch.desk import Candidate, Desk, Hold
from alertd.dispatch.policy import Receiver
from alertd.dispatch.render import fold, percent
from alertd.dispatch.state import STORM, Fired, Waiting
from alertd.model.event import Event, EventKind
from alertd.model.kept import Storm
from alertd.model.notification import Notification, Tone
from alertd.model.units import say_duration

AGAIN = 900.0
"""Seconds after which a storm that goes on is summed up again."""

_NAMED = 5


def watch(desk: Desk, receiver: Receiver, candidates: Sequence[Candidate]) -> Notification | None:
    """Look at what fires for a receiver now: the summary to send, if a storm begins or has gone on for long."""
    limit, now, memory = desk.policy.storm, desk.now, desk.state.memory
    fired = [one.entry.event for one in candidates if one.entry.event.kind is EventKind.FIRED and not one.served]
    if limit is None or not fired:
        return None
    seen = _seen(desk, receiver.name, fired, limit.seconds)
    storm = memory.get(Storm, receiver.name)
    if storm is None and len(seen) <= limit.coins:
        return None
    coins = {each.symbol: each.change for each in seen}
    begins = storm is None
    if storm is None:
        if len(coins) <= limit.coins:
            return None
        says, storm = True, Storm(receiver=receiver.name, since=now, until=now + limit.seconds, told=now)
    elif 2 * len(coins) > limit.coins:
        # It goes on as long as half of what began it goes on.
        says = now >= storm.told + AGAIN
        storm = replace(storm, until=now + limit.seconds, told=now if says else storm.told)
    else:
        return None
    memory.keep(storm)
    desk.state.hold_until(Waiting(receiver.name, STORM), storm.until)
    if not says:
        return None
    batch = desk.state.batches.get(Waiting(receiver.name, STORM))
    held = len(batch.rows) if batch else 0
    waiting = held + sum(not one.critical for one in candidates)
    return _summary(coins, waiting, limit.seconds, begins=begins)


def _seen(desk: Desk, receiver: str, events: Sequence[Event], seconds: float) -> list[Fired]:
    """What fired for a receiver within these seconds, with the new."""
    seen = desk.state.coins.setdefault(receiver, [])
    if seen and seen[0].time + seconds <= desk.now:
        seen[:] = [each for each in seen if each.time + seconds > desk.now]
    seen += [Fired.of(event, desk.now) for event in events]
    return seen


def hold(desk: Desk, candidate: Candidate) -> Hold | None:
    storm = desk.state.memory.get(Storm, candidate.receiver.name)
    if storm is None or desk.policy.storm is None or candidate.critical or candidate.served == STORM:
        return None
    return Hold(STORM, storm.until)


def ended(desk: Desk) -> list[tuple[Storm, bool]]:
    """The storms that are over by now, each with whether nothing was held for it. Where the policy knows none, there
    are none."""
    memory = desk.state.memory
    over = memory.due(Storm, desk.now)
    for storm in over if desk.policy.storm else memory.all(Storm):
        memory.forget(storm)
    _sweep(desk)
    return [(storm, Waiting(storm.receiver, STORM) not in desk.state.batches) for storm in over]


def _sweep(desk: Desk) -> None:
    """Now and then: nobody needs to know what fired before the window."""
    state, limit = desk.state, desk.policy.storm
    window = limit.seconds if limit else 0.0
    if desk.now >= state.sweep_at:
        state.sweep_at = desk.now + max(window, 60.0)
        state.coins = {name: seen for name, seen in state.coins.items() if seen[-1].time + window > desk.now}


def is_over(storm: Storm, now: float) -> Notification:
    """What is said at the end where nothing was held."""
    return Notification(title=f"The storm is over, after {say_duration(now - storm.since)}", tone=Tone.CLEAR)


def _summary(coins: dict[str, float | None], waiting: int, window: float, *, begins: bool) -> Notification:
    moved = sorted((change, fold(symbol)) for symbol, change in coins.items() if change is not None)
    down, up = sum(change < 0 for change, _ in moved), sum(change > 0 for change, _ in moved)
    breadth = f": {down} down, {up} up" if moved else ""
    words = "Storm" if begins else "The storm goes on"
    lines = []
    if moved:
        lines.append("Worst: " + ", ".join(f"{symbol} {percent(change)}" for change, symbol in moved[:_NAMED]))
        lines.append("Best: " + ", ".join(f"{symbol} {percent(change)}" for change, symbol in moved[::-1][:_NAMED]))
    else:
        lines.append(", ".join(fold(symbol) for symbol in list(coins)[: 4 * _NAMED]))
    lines.append(
        f"It stands for {waiting} {'alert' if waiting == 1 else 'alerts'}, told when the market has calmed down;"
        " what is critical comes through."
    )
    return Notification(
        title=f"{words}: {len(coins)} coins fired in {say_duration(window)}{breadth}",
        lines=tuple(lines),
        tone=Tone.ALARM,
    )
