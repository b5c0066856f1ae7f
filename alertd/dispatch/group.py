"""Group: which things become one message, and how often a group is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf

from alertd.dispatch import escalate
from alertd.dispatch.desk import Candidate, Desk, words_of
from alertd.dispatch.policy import Receiver
from alertd.dispatch.route import GROUP_BY, Leg
from alertd.model.event import Entry, Event, EventKind
from alertd.model.kept import Grouped, Member

GROUP = "group"
"""The reason of what waits for more of its group."""

LATE = "late"
"""The group of what happened while alertd was down."""

_TOGETHER = frozenset({EventKind.ALREADY_TRUE, EventKind.NO_DATA})


@dataclass(slots=True)
class Group:
    """What one receiver gets in one message: new things, or (`served`) what was held for one reason until now."""

    receiver: Receiver
    key: str
    critical: bool
    served: str = ""
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def leg(self) -> Leg:
        return self.candidates[0].leg


def key_of(candidate: Candidate) -> str:
    """The same for what goes into one message. What was already true, what has no data and what is late come in
    one message of their own each, whatever `group_by` says.

    Rules of different owners may share a name: grouping by rule keeps them apart.
    """
    event, leg = candidate.entry.event, candidate.leg
    if event.late:
        return LATE
    if event.kind in _TOGETHER:
        return event.kind.value
    if leg.group_by == GROUP_BY:
        return f"{event.owner}/{event.rule}"
    names = ("owner", *leg.group_by) if "rule" in leg.group_by else leg.group_by
    return " ".join(f"{name}={candidate.labels.get(name, '')!r}" for name in names)


def wait_until(desk: Desk, group: Group) -> float:
    """Until when a group of new things waits for more; now if it does not."""
    if group.served or group.critical:
        return desk.now
    told = desk.state.memory.get(Grouped, group.receiver.name, group.key)
    if told is not None and told.interval:
        return max(desk.now, told.told + told.interval)
    return desk.now + group.leg.group_wait


def remember(desk: Desk, group: Group) -> None:
    """What was told now; groups that their route tells again are kept in mind."""
    own: dict[str, list[Candidate]] = {}
    for one in group.candidates:
        if one.leg.group_interval or one.leg.repeat_interval:
            own.setdefault(key_of(one), []).append(one)
    for key, candidates in own.items():
        _remember(desk, group.receiver, key, candidates)


def _remember(desk: Desk, receiver: Receiver, key: str, candidates: Sequence[Candidate]) -> None:
    leg = candidates[0].leg
    before = desk.state.memory.get(Grouped, receiver.name, key)
    known = before.firing if before else ()
    new = (_member(one.entry) for one in candidates if one.entry.event.kind is EventKind.FIRED)
    members = {member.number: member for member in (*known, *new)}.values()
    firing = tuple([member for member in members if desk.fires(member)])
    repeat = leg.repeat_interval if firing else 0.0
    desk.state.memory.keep(
        Grouped(
            receiver=receiver.name,
            key=key,
            told=desk.now,
            firing=firing,
            interval=leg.group_interval,
            repeat=repeat,
            due=desk.now + (repeat or leg.group_interval),
        )
    )


def _member(entry: Entry) -> Member:
    number, event, _ = entry
    return Member(number, event.alert, event.episode, event.owner, event.rule, event.symbol)


def entry_of(desk: Desk, member: Member) -> Entry:
    """What the stages look at when it is to be told again, by what its rule says now."""
    number, alert, episode, owner, rule, symbol = member
    event = Event(
        time=desk.now,
        kind=EventKind.FIRED,
        alert=alert,
        rule=rule,
        owner=owner,
        symbol=symbol,
        episode=episode,
        ordinal=1,
        at=desk.now,
        source="",
    )
    return Entry(number, event, words_of(desk.rules.get((owner, rule))))


def repeated(desk: Desk, *, freed: bool) -> list[tuple[Grouped, tuple[Member, ...]]]:
    """The groups that are to be told again now, with what in them still fires; those that do not are forgotten. With
    `freed` also those that something held back until later: it may do so no longer."""
    memory, found = desk.state.memory, []
    due = memory.due(Grouped, desk.now)
    if freed:
        due += [each for each in memory.all(Grouped) if each.repeat and each.told + each.repeat <= desk.now < each.due]
    for each in sorted(due, key=lambda each: each.told + each.repeat):
        firing = tuple([member for member in each.firing if _is_told_again(desk, member)])
        if each.repeat and firing and each.receiver in desk.policy.receivers:
            found.append((each, firing))
        else:
            memory.forget(each)
    return found


def _is_told_again(desk: Desk, member: Member) -> bool:
    draft = desk.is_draft(member.owner, member.rule)
    return desk.fires(member) and not draft and not escalate.is_acknowledged(desk, member)


def renew(desk: Desk, told: Grouped, firing: tuple[Member, ...]) -> None:
    """A group is told again now."""
    desk.state.memory.keep(replace(told, told=desk.now, firing=firing, due=desk.now + told.repeat))


def put_off(desk: Desk, told: Grouped, firing: tuple[Member, ...], until: float) -> None:
    """A group is told again when what holds that back is over; where nobody knows when, it is looked at again after
    its interval."""
    due = until if until < inf else desk.now + told.repeat
    desk.state.memory.keep(replace(told, firing=firing, due=due))
