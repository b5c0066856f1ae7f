"""One tick's dispatch, stage by stage, from events to messages: no clock and no I/O.

    events, releases ─► wanted ─► routes ─► silence, hours, inhibition, mute, snooze, cooldown ─► quiet, digest
                     ─► storm ─► group ─► cap ─► messages

Whatever a stage holds back is a row with its reason; when that is over, it comes this way again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from alertd.dispatch import cooldown, escalate, group, inhibition, mute, release, send, silence, snooze, storm, timing
from alertd.dispatch.dedup import Decision, wanted
from alertd.dispatch.desk import AGAIN, Candidate, Desk, Hold, Planned, Rules, words_of
from alertd.dispatch.group import Group
from alertd.dispatch.limit import CAP
from alertd.dispatch.notice import draw, is_news, note, reachable
from alertd.dispatch.policy import Policy
from alertd.dispatch.route import Leg, labels, legs
from alertd.dispatch.state import DispatchState
from alertd.model.event import Entry, Event, EventKind, Notice, Words
from alertd.model.kept import Acknowledged, Grouped, Kept, Member, Postponed, Storm
from alertd.model.notification import Destination
from alertd.model.order import (
    Acknowledge,
    AddSilence,
    ExpireSilence,
    ForgetAuthor,
    Loosen,
    Order,
    Postpone,
    Say,
    Snooze,
    Unmute,
)
from alertd.model.people import is_persons
from alertd.rules.rule import Told

Stage = Callable[[Desk, Candidate], Hold | None]

_STAGES: tuple[tuple[Callable[[Desk], bool] | None, Stage], ...] = (
    (silence.concerns, silence.hold),
    (timing.concerns, timing.route_hours),
    (inhibition.concerns, inhibition.hold),
    (mute.concerns, mute.hold),
    (snooze.concerns, snooze.hold),
    (None, cooldown.hold),
    (None, timing.quiet),
    (None, timing.scheduled),
)
"""What one entry has to pass on its way to one receiver, in this order; the first of each pair says if there is
anything to look at in this tick at all."""


_WHILE = frozenset({silence.hold, inhibition.hold, mute.hold})
"""Stages that are about what happens while something lasts; whoever snoozes wants to hear nothing meanwhile."""


def plan(
    state: DispatchState,
    events: Sequence[Event],
    notices: Sequence[Notice] = (),
    orders: Sequence[Order] = (),
    *,
    rules: Rules,
    policy: Policy,
    now: float,
) -> Planned:
    """Changes `state` in place and returns what changed. What has waited long enough goes first, then the new."""
    desk = Desk(state, rules, policy, now)
    state.tidy(now)
    desk.planned.answers = [_obey(desk, order) for order in orders]
    desk.silences = silence.active(desk)
    new = list(_recorded(desk, events))
    inhibition.follow(desk, desk.planned.entries)
    freed = bool(orders) or state.policy is not policy
    if state.policy is not policy:
        state.policy = policy
        notices = [*notices, *silence.lost(desk)]
        release.loosen(desk)
    over = storm.ended(desk)
    fresh = [one for one in _routed(desk, new) if not release.joins(desk, one)]
    found = [*release.released(desk), *fresh]
    stages = [hold for concerns, hold in _STAGES if concerns is None or concerns(desk)]
    groups = _grouped(desk, _calm(desk, [one for one in found if not _held(desk, one, stages)]))
    for together in groups:
        send.pass_on(desk, together)
    _say_by_itself(desk, over)
    for told, firing in group.repeated(desk, freed=freed):
        _repeat(desk, told, firing, stages)
    for each in snooze.over(desk):
        _tell_later(desk, each, stages)
    _escalate(desk)
    _notify(desk, notices)
    desk.planned.kept = state.memory.take_changed()
    desk.planned.wake_at = state.wake_at()
    return desk.planned


# ── what happened, and whom it concerns ──────────────────────────────────────────────────────────────────────────────


def _obey(desk: Desk, order: Order) -> tuple[Kept, ...]:
    """What it has put into force, or ended."""
    match order:
        case AddSilence():
            return (silence.add(desk, order),)
        case ExpireSilence(number):
            return silence.expire(desk, number)
        case ForgetAuthor(author):
            return silence.forget(desk, author)
        case Acknowledge():
            return (_acknowledge(desk, order),)
        case Unmute(owner, rule):
            return mute.undo(desk, owner, rule)
        case Snooze(owner, rule, until):
            return snooze.put(desk, owner, rule, until)
        case Postpone(entry, until):
            return snooze.postpone(desk, entry, until)
        case Loosen(owner):
            release.loosen(desk, owner)
        case Say(name, text):
            if receiver := desk.policy.receivers.get(name):
                send.words(desk, receiver, text)
    return ()


def _acknowledge(desk: Desk, order: Acknowledge) -> Acknowledged:
    """Others who were told of it, because nobody had seen it, hear that somebody has."""
    if episode := escalate.unaware(desk, order):
        for name in episode.to:
            if receiver := desk.policy.receivers.get(name):
                send.words(desk, receiver, escalate.seen(episode, order.by))
    return escalate.acknowledge(desk, order)


def _recorded(desk: Desk, events: Sequence[Event]) -> Iterator[tuple[Entry, Told]]:
    """Gives every event its number; yields those that somebody is to be told of."""
    known: dict[tuple[str, str], tuple[Told | None, Words]] = {}
    for event in events:
        key = (event.owner, event.rule)
        if key not in known:
            rule = desk.rules.get(key)
            known[key] = rule, words_of(rule)
        rule, words = known[key]
        desk.state.last_event += 1
        entry = Entry(desk.state.last_event, event, words)
        desk.planned.entries.append(entry)
        decision = wanted(event, rule)
        if event.kind is EventKind.REMINDED and escalate.is_acknowledged(desk, event):
            decision = Decision.ACKNOWLEDGED
        if rule is None or decision is not Decision.FIRST:
            desk.drop(entry, "", decision)
            if event.kind is EventKind.RESOLVED:
                escalate.over(desk, event)
        else:
            yield entry, rule


def _routed(desk: Desk, new: Sequence[tuple[Entry, Told]]) -> Iterator[Candidate]:
    """Each entry once for each of its receivers."""
    tree, receivers = desk.policy.route, desk.policy.receivers
    for entry, rule in new:
        seen: Mapping[str, str] = {} if rule.notify else labels(entry)
        told: set[str] = set()
        ways: set[Destination] = set()
        for leg in legs(tree, rule, seen):
            receiver = receivers.get(leg.receiver)
            if leg.receiver in told:
                continue  # a second route leads there
            told.add(leg.receiver)
            if receiver is not None and is_persons(leg.receiver):
                if ways.issuperset(receiver.destinations) and receiver.destinations:
                    continue  # a way of theirs that is gone leads where another one does
                ways.update(receiver.destinations)
            if receiver is None:
                desk.drop(entry, leg.receiver, Decision.RECEIVER_GONE)
            else:
                yield Candidate(entry, leg, receiver, rule, entry.event.time)
        for name in escalate.over(desk, entry.event) if entry.event.kind is EventKind.RESOLVED else ():
            if name not in told and (receiver := receivers.get(name)):
                told.add(name)
                yield Candidate(entry, Leg(name), receiver, rule, entry.event.time)
        if not told:
            desk.drop(entry, "", Decision.NO_ROUTE)


# ── what holds it back ───────────────────────────────────────────────────────────────────────────────────────────────


def _held(desk: Desk, candidate: Candidate, stages: Sequence[Stage]) -> bool:
    """True if a stage holds it back, or has held back the beginning of its episode."""
    if release.joins(desk, candidate):
        return True
    hold = _hold(desk, candidate, stages)
    if hold is not None:
        send.hold(desk, candidate.entry, candidate.receiver.name, hold)
    return hold is not None


def _hold(desk: Desk, candidate: Candidate, stages: Sequence[Stage]) -> Hold | None:
    """What was let through once, and held for a reason after which everything is told, is told: a silence is about what
    happens while it lasts."""
    told = candidate.served in release.TOLD
    for stage in stages:
        if not (told and stage in _WHILE) and (hold := stage(desk, candidate)):
            return hold
    return None


def _calm(desk: Desk, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """What no storm holds back; where one begins, its summary goes out."""
    by_receiver: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_receiver.setdefault(one.receiver.name, []).append(one)
    for own in by_receiver.values():
        if summary := storm.watch(desk, own[0].receiver, own):
            send.words(desk, own[0].receiver, summary)
        for one in own:
            if hold := storm.hold(desk, one):
                send.hold(desk, one.entry, one.receiver.name, hold)
            else:
                yield one


def _grouped(desk: Desk, candidates: Iterator[Candidate]) -> list[Group]:
    """What goes into one message; what is critical shares none with what is not."""
    groups: dict[tuple[str, str, str, bool], Group] = {}
    for one in candidates:
        key, critical = group.key_of(one), one.critical
        place = (one.receiver.name, one.served, "" if one.served and one.served != group.GROUP else key, critical)
        found = groups.get(place)
        if found is None:
            found = groups[place] = Group(one.receiver, key, critical, one.served)
        found.candidates.append(one)
    # Before others fill the window anew.
    return sorted(groups.values(), key=lambda each: each.served != CAP)


# ── what time alone, and the operator, have to say ───────────────────────────────────────────────────────────────────


def _say_by_itself(desk: Desk, over: Sequence[tuple[Storm, bool]]) -> None:
    for ended, unsaid in over:
        if unsaid and (receiver := desk.policy.receivers.get(ended.receiver)):
            send.words(desk, receiver, storm.is_over(ended, desk.now))


def _repeat(desk: Desk, told: Grouped, firing: tuple[Member, ...], stages: Sequence[Stage]) -> None:
    """Tell a group again, or put that off where something holds all of it back."""
    receiver, since = desk.policy.receivers[told.receiver], told.told + told.repeat
    entries = [group.entry_of(desk, member) for member in firing]
    candidates = [release.again(desk, entry, receiver, served=AGAIN, since=since) for entry in entries]
    ends = [_held_until(desk, one, stages) for one in candidates]
    if free := [one for one, until in zip(candidates, ends, strict=True) if until <= desk.now]:
        send.repeat(desk, receiver, free)
        group.renew(desk, told, firing)
    else:
        group.put_off(desk, told, firing, min(ends))


def _tell_later(desk: Desk, each: Postponed, stages: Sequence[Stage]) -> None:
    """What somebody has put off, unless something holds it back."""
    receiver = desk.policy.receivers[each.receiver]
    candidate = release.again(desk, each.entry, receiver, served=AGAIN, since=each.until)
    until = _held_until(desk, candidate, stages)
    if until <= desk.now:
        desk.state.memory.forget(each)
        send.reminded(desk, candidate)
    else:
        snooze.put_off(desk, each, until)


def _held_until(desk: Desk, candidate: Candidate, stages: Sequence[Stage]) -> float:
    """Until when something holds back what is to be told again; now if nothing does."""
    if found := _hold(desk, candidate, (*stages, storm.hold)):
        return found.until
    return send.capped_until(desk, candidate.receiver, critical=candidate.critical)


def _escalate(desk: Desk) -> None:
    """Of an episode that several have not seen, others hear once."""
    for each in escalate.due(desk):
        if told := [other for name in each.to for other in send.escalated(desk, name, each)]:
            escalate.raised(desk, each.entry.event, told)


def _notify(desk: Desk, notices: Iterable[Notice]) -> None:
    """A notice is never held, but counts against its receivers' caps. Several that say the same are told as one."""
    memory, said = desk.state.memory, set[tuple[str, str]]()
    for notice in notices:
        if not is_news(memory, notice, desk.now):
            continue
        names = dict.fromkeys((*desk.policy.operator, *([notice.receiver] if notice.receiver else ())))
        for receiver in [desk.policy.receivers[name] for name in names if name in desk.policy.receivers]:
            ways, standby = reachable(receiver, notice)
            if ways and (receiver.name, notice.text) not in said:
                send.notice(desk, receiver, draw(notice, desk.policy), ways=ways, standby=standby)
                said.add((receiver.name, notice.text))
            if ways:
                note(memory, notice, desk.now)
