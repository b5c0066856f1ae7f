"""Escalation: who else is told of an episode that nobody has acknowledged; and acknowledgements."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from alertd.dispatch.desk import Candidate, Desk
from alertd.dispatch.memory import Memory
from alertd.dispatch.render import fold
from alertd.model.event import Entry, Event, EventKind
from alertd.model.kept import Acknowledged, Escalation, Member, Raised
from alertd.model.notification import Notification, Tone
from alertd.model.order import Acknowledge


class Unseen(NamedTuple):
    """An episode that none of `by` has acknowledged in time: `to` hear of it."""

    entry: Entry
    by: tuple[str, ...]
    to: tuple[str, ...]


def watch(desk: Desk, candidate: Candidate) -> None:
    """An episode was told by a route that wants it acknowledged."""
    escalate, entry = candidate.leg.escalate, candidate.entry
    if escalate is None or entry.event.kind is not EventKind.FIRED or is_acknowledged(desk, entry.event):
        return
    due = desk.now + escalate.after
    desk.state.memory.keep(Escalation(entry=entry, receiver=candidate.receiver.name, to=escalate.to, due=due))


def due(desk: Desk) -> list[Unseen]:
    """What nobody has seen in time, and is not over. Each is forgotten now."""
    found: dict[int, Unseen] = {}
    for each in desk.state.memory.due(Escalation, desk.now):
        desk.state.memory.forget(each)
        event = each.entry.event
        unseen = desk.holds(event) is not False and not is_acknowledged(desk, event)
        if unseen and not desk.is_draft(event.owner, event.rule):
            known = found.get(each.entry.number, Unseen(each.entry, (), ()))
            names, to = (*known.by, each.receiver), tuple(dict.fromkeys((*known.to, *each.to)))
            found[each.entry.number] = Unseen(each.entry, names, to)
    return list(found.values())


def raised(desk: Desk, event: Event, names: Sequence[str]) -> None:
    """Others were told now, because nobody had acknowledged it: they are to hear who does, and how it ends."""
    before = desk.state.memory.get(Raised, str(event.alert), str(event.episode))
    desk.state.memory.keep(
        Raised(
            alert=event.alert,
            episode=event.episode,
            rule=event.rule,
            symbol=event.symbol,
            to=tuple(dict.fromkeys((*(before.to if before else ()), *names))),
            at=desk.now,
        )
    )


def unaware(desk: Desk, order: Acknowledge) -> Raised | None:
    """Who was told because nobody had acknowledged it, and does not know yet that somebody does now."""
    episode = str(order.alert), str(order.episode)
    return None if desk.state.memory.get(Acknowledged, *episode) else desk.state.memory.get(Raised, *episode)


def seen(episode: Raised, by: str) -> Notification:
    """What those hear then. It is in no thread: there, something that is clear is an end."""
    name = f"{fold(episode.rule)}/{fold(episode.symbol)}/{episode.episode}"
    return Notification(title=f"{name} is acknowledged by {fold(by)}", tone=Tone.CLEAR)


def over(desk: Desk, event: Event) -> tuple[str, ...]:
    """An episode has ended: who else was told of it, in the order in which they were; nobody is from here on."""
    found = desk.state.memory.get(Raised, str(event.alert), str(event.episode))
    if found is None:
        return ()
    desk.state.memory.forget(found)
    return found.to


def acknowledge(desk: Desk, order: Acknowledge) -> Acknowledged:
    """Somebody has seen it: it is not escalated, and nobody is reminded of it. The first to say so is remembered, and
    returned."""
    memory = desk.state.memory
    if desk.awaited is None:  # once for all orders of a tick: a person may acknowledge thousands of coins
        desk.awaited = defaultdict(list)
        for each in memory.all(Escalation):
            desk.awaited[each.entry.event.alert, each.entry.event.episode].append(each)
    for each in desk.awaited.pop((order.alert, order.episode), ()):
        memory.forget(each)
    found = memory.get(Acknowledged, str(order.alert), str(order.episode))
    if found is None:
        found = Acknowledged(alert=order.alert, episode=order.episode, by=order.by, at=desk.now)
        memory.keep(found)
    return found


def is_awaited(memory: Memory, entry: Entry, receiver: str = "") -> bool:
    """Whether others were told of its episode, or are to be, because nobody has acknowledged it; by the route to this
    receiver, where one is named."""
    event = entry.event
    episode = str(event.alert), str(event.episode)
    if memory.get(Acknowledged, *episode):
        return False
    if memory.get(Raised, *episode) or memory.get(Escalation, str(entry.number), receiver):
        return True
    if receiver and event.kind is EventKind.FIRED:
        return False  # it is not looked for any further: a crash draws thousands
    return any(
        receiver in ("", each.receiver)
        and (each.entry.event.alert, each.entry.event.episode) == (event.alert, event.episode)
        for each in memory.all(Escalation)
    )


def is_acknowledged(desk: Desk, episode: Event | Member) -> bool:
    return desk.state.memory.get(Acknowledged, str(episode.alert), str(episode.episode)) is not None
