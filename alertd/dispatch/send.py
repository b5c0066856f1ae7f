"""Send: groups and words become messages, with their lane, their loudness and their way."""

from collections.abc import Sequence, Set
from itertools import compress

from alertd.dispatch import escalate, group, mute
from alertd.dispatch.dedup import Decision
from alertd.dispatch.desk import Candidate, Desk, Hold, severity
from alertd.dispatch.escalate import Unseen
from alertd.dispatch.group import GROUP, Group
from alertd.dispatch.limit import CAP, full_until
from alertd.dispatch.policy import Receiver
from alertd.dispatch.render import fold
from alertd.dispatch.snooze import SNOOZED
from alertd.dispatch.state import STORM, Waiting
from alertd.dispatch.timing import DIGEST
from alertd.model.event import Entry, EventKind
from alertd.model.notification import (
    Destination,
    Held,
    ItemFate,
    ItemRow,
    Lane,
    Loudness,
    Message,
    Notification,
    Telling,
)
from alertd.model.reasons import say_reason
from alertd.model.units import say_duration
from alertd.rules.rule import CRITICAL

REPEATED, ESCALATED = "repeated", "escalated"
"""Why something is told beside what its item says."""


def pass_on(desk: Desk, found: Group) -> None:
    """Lets a group wait for more, hold for its receiver's cap, or go."""
    waiting = Waiting(found.receiver.name, GROUP, found.key)
    batch = desk.state.batches.get(waiting)
    until = batch.until if batch and not found.served and not found.critical else group.wait_until(desk, found)
    if until > desk.now:
        why = Hold(GROUP, until, found.key)
    # What has waited for the cap goes at its time in any case: else others could keep it back for ever.
    elif found.served != CAP and (until := capped_until(desk, found.receiver, critical=found.critical)) > desk.now:
        why = Hold(CAP, until)
    else:
        return _tell(desk, found)
    for one in found.candidates:
        hold(desk, one.entry, found.receiver.name, why)
    return None


def words(desk: Desk, receiver: Receiver, text: Notification, *, lane: Lane = Lane.NORMAL) -> None:
    """Something that is said in place of entries; never held."""
    _message(desk, receiver, (), text=text, lane=lane)


def repeat(desk: Desk, receiver: Receiver, candidates: Sequence[Candidate]) -> None:
    """A group that still fires; what is critical shares no message with what is not."""
    for critical, lane in ((True, Lane.CRITICAL), (False, Lane.NORMAL)):
        if entries := tuple([one.entry for one in candidates if one.critical is critical]):
            number = _message(desk, receiver, entries, note="still firing", lane=lane)
            _log(desk, entries, receiver, number, REPEATED)


def reminded(desk: Desk, candidate: Candidate) -> None:
    """What somebody has put off."""
    entry, receiver = candidate.entry, candidate.receiver
    lane = Lane.CRITICAL if candidate.critical else Lane.NORMAL
    number = _message(desk, receiver, (entry,), note="snoozed", lane=lane)
    _log(desk, (entry,), receiver, number, SNOOZED)


def escalated(desk: Desk, name: str, each: Unseen) -> list[str]:
    """What nobody has acknowledged, to somebody else; no limit holds it back. Where that one is gone, to the
    operator. Returns who is told."""
    entry, receiver = each.entry, desk.policy.receivers.get(name)
    have = f"{each.by[0]} has" if len(each.by) == 1 else f"{', '.join(each.by[:-1])} and {each.by[-1]} have"
    said = f"{have} not acknowledged it for {say_duration(desk.now - entry.event.time)}"
    if receiver is None:
        said += f", and {fold(name)}, to be told next, is no longer in the configuration"
        desk.planned.tellings.append(Telling(entry.number, name, 0, Decision.RECEIVER_GONE))
    others = desk.operators() if receiver is None else [receiver]
    for other in others:
        number = _message(desk, other, (entry,), note=said, lane=Lane.CRITICAL)
        _log(desk, (entry,), other, number, ESCALATED)
    return [other.name for other in others]


def inherited(desk: Desk, gone: str, entries: Sequence[Entry]) -> None:
    """What was held for a receiver that is gone, to the operator in one message; nothing holds it any longer."""
    holding, past = _parted(desk, entries)
    said = f"was held for {fold(gone)}, which is no longer in the configuration"
    for receiver in desk.operators():
        number = _message(desk, receiver, holding, past=past, note=said)
        _log(desk, entries, receiver, number, Decision.RECEIVER_GONE)


def _log(desk: Desk, entries: Sequence[Entry], receiver: Receiver, message: int, reason: str) -> None:
    why = reason if message else Decision.RECEIVER_GONE
    desk.planned.tellings += [Telling(entry.number, receiver.name, message, why) for entry in entries]


def notice(
    desk: Desk,
    receiver: Receiver,
    text: Notification,
    *,
    ways: tuple[Destination, ...],
    standby: tuple[Destination, ...],
) -> None:
    """A word to the operator, or to whom it concerns, in those of its ways that it is not about."""
    _message(desk, receiver, (), text=text, ways=ways, standby=standby)


def capped_until(desk: Desk, receiver: Receiver, *, critical: bool) -> float:
    """What is held for the cap goes first: until then, everything new joins it. Nothing critical is held."""
    if receiver.cap is None or critical:
        return desk.now
    batch = desk.state.batches.get(Waiting(receiver.name, CAP))
    if batch is not None:
        return batch.until
    return full_until(desk.state.recent.of(receiver.name), receiver.cap, desk.now) or desk.now


def hold(desk: Desk, entry: Entry, receiver: str, why: Hold) -> None:
    """Keep an entry from a receiver for a while."""
    desk.state.hold(Held(entry, receiver, *why))
    desk.planned.items.append(ItemRow(entry.number, receiver, ItemFate.HELD, *why))


def _tell(desk: Desk, found: Group) -> None:
    entries = tuple([one.entry for one in found.candidates])
    entries, past = _parted(desk, entries) if found.served else (entries, ())
    said = _why(found)
    lane = Lane.CRITICAL if found.critical else Lane.NORMAL
    number = _message(desk, found.receiver, entries, past=past, note=said, lane=lane)
    if not number:
        for one in found.candidates:
            desk.drop(one.entry, found.receiver.name, Decision.RECEIVER_GONE)
        return
    desk.planned.items += [
        ItemRow(one.entry.number, found.receiver.name, ItemFate.TOLD, found.served, message=number)
        for one in found.candidates
    ]
    group.remember(desk, found)
    for one in found.candidates:
        escalate.watch(desk, one)
    event = entries[0].event if entries else past[0].event
    if not found.critical and all(one.entry.event.rule == event.rule for one in found.candidates):
        _mute_runaway(desk, found.receiver, event.owner, event.rule)


def _why(found: Group) -> str:
    """What a message says of why it comes only now; nothing where it was to come now."""
    served, cap = found.served, found.receiver.cap
    if served in ("", GROUP, DIGEST):
        return ""
    if served == CAP and cap:
        return f"held by the cap of {cap.count} messages in {say_duration(cap.seconds)}"
    if served == STORM:
        return "held by the storm, which is over"
    if served == SNOOZED:
        return "held while you had it snoozed or muted"
    return f"held by {say_reason(served)}"


def _parted(desk: Desk, entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Of what was held: what still is so, and what came and went."""
    opened = {_episode(entry) for entry in entries if entry.event.kind is EventKind.FIRED}
    gone = [_came_and_went(desk, entry, opened) for entry in entries]
    still = tuple([entry for entry, went in zip(entries, gone, strict=True) if not went])
    return still, tuple(compress(entries, gone))


def _came_and_went(desk: Desk, entry: Entry, opened: Set[tuple[int, int]]) -> bool:
    """An episode that opened while it was held (one of `opened`) and is over, or its end."""
    if entry.event.kind is EventKind.RESOLVED:
        return _episode(entry) in opened
    return entry.event.kind is EventKind.FIRED and desk.holds(entry.event) is False


def _episode(entry: Entry) -> tuple[int, int]:
    return entry.event.alert, entry.event.episode


def _mute_runaway(desk: Desk, receiver: Receiver, owner: str, rule: str) -> None:
    if text := mute.count(desk, receiver, owner, rule):
        words(desk, receiver, text)
        for other in desk.operators():
            if other is not receiver:
                words(desk, other, _for_operator(text, receiver))


def _for_operator(text: Notification, receiver: Receiver) -> Notification:
    return Notification(title=f"{text.title} to {fold(receiver.name)}", lines=text.lines, tone=text.tone)


def _message(
    desk: Desk,
    receiver: Receiver,
    entries: tuple[Entry, ...],
    *,
    past: tuple[Entry, ...] = (),
    note: str = "",
    text: Notification | None = None,
    lane: Lane = Lane.NORMAL,
    ways: tuple[Destination, ...] | None = None,
    standby: tuple[Destination, ...] | None = None,
) -> int:
    """Make it, and return its number; 0, and none is made, where the receiver has no way to be told."""
    if not (ways := receiver.destinations if ways is None else ways):
        return 0
    state = desk.state
    state.last_message += 1
    if lane is not Lane.CRITICAL:  # else what is critical would keep all others back
        state.recent.add(receiver.name, desk.now)
    otherwise = receiver.otherwise
    standby = (otherwise.destinations if otherwise else ()) if standby is None else standby
    desk.planned.messages.append(
        Message(
            number=state.last_message,
            receiver=receiver.name,
            # An address that is named twice is told once.
            destinations=ways if len(ways) == 1 else tuple(dict.fromkeys(ways)),
            created=desk.now,
            expires=desk.now + desk.policy.expires,
            holding=tuple([entry.number for entry in entries]),
            past=tuple([entry.number for entry in past]),
            note=note,
            text=text,
            lane=lane,
            loudness=_loudness(receiver, (*entries, *past) if past else entries),
            standby=tuple([way for way in dict.fromkeys(standby) if way not in ways]) if standby else (),
            patience=otherwise.after if otherwise else 0.0,
        )
    )
    return state.last_message


_ORDER = (Loudness.LOUD, Loudness.USUAL, Loudness.SILENT)


def _loudness(receiver: Receiver, entries: tuple[Entry, ...]) -> Loudness:
    """That of its loudest entry: what is critical is loud where nothing else is said of it."""
    if not entries:
        return Loudness.USUAL
    severities = {severity(entry) for entry in entries}
    return min([_loud(receiver, each) for each in severities], key=_ORDER.index)


def _loud(receiver: Receiver, of: str) -> Loudness:
    return receiver.loudness.get(of, Loudness.LOUD if of == CRITICAL else Loudness.USUAL)
