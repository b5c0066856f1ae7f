"""Release: what was held and may be told now, and what of it nobody needs to hear any more."""

from collections.abc import Iterator, Sequence
from math import inf

from alertd.dispatch import cooldown, escalate, inhibition, limit, mute, send, silence, snooze, state, timing
from alertd.dispatch.dedup import Decision
from alertd.dispatch.desk import Candidate, Desk, Hold
from alertd.dispatch.group import GROUP
from alertd.dispatch.policy import Receiver
from alertd.dispatch.route import Leg, labels, legs
from alertd.dispatch.state import Batch, Waiting
from alertd.model.event import Entry, EventKind
from alertd.model.notification import Held
from alertd.model.people import is_persons

_UNHEARD = frozenset({silence.SILENCE, inhibition.INHIBITED, timing.HOURS, mute.RUNAWAY})
"""What came and went while it was held for one of these is not told. From the others a digest tells it."""

TOLD = frozenset({timing.QUIET, timing.DIGEST, state.STORM, limit.CAP, GROUP, cooldown.COOLDOWN, snooze.SNOOZED})
"""Whatever was held for one of these is told when that is over."""


def released(desk: Desk) -> Iterator[Candidate]:
    """Everything that has waited long enough, on its way again. What waited for a receiver that is gone goes to the
    operator."""
    gone: dict[str, list[Entry]] = {}
    for waiting, batch in desk.state.release(desk.now):
        receiver = desk.policy.receivers.get(waiting.receiver)
        for row in _still_worth(desk, waiting, batch):
            event = row.entry.event
            if desk.is_draft(event.owner, event.rule):
                desk.drop(row.entry, waiting.receiver, Decision.DRAFT)
            elif receiver is None:
                if not _still_held(desk, row):
                    desk.drop(row.entry, waiting.receiver, Decision.RECEIVER_GONE)
                    if not is_persons(waiting.receiver):  # what was for a person is nobody else's business
                        gone.setdefault(waiting.receiver, []).append(row.entry)
            else:
                yield again(desk, row.entry, receiver, served=waiting.reason, since=event.time)
    for name, entries in gone.items():
        send.inherited(desk, name, sorted(entries, key=lambda entry: entry.number))


def _still_held(desk: Desk, row: Held) -> bool:
    """True if nobody at all is to hear now of what waits for a receiver that is gone; it goes on waiting."""
    candidate = again(desk, row.entry, Receiver(row.receiver, ()), served=row.reason, since=row.entry.event.time)
    hold = None if row.reason in TOLD else silence.hold(desk, candidate) or inhibition.hold(desk, candidate)
    if hold is not None:
        send.hold(desk, row.entry, row.receiver, hold)
    return hold is not None


def joins(desk: Desk, candidate: Candidate) -> bool:
    """True if it has to wait: what follows the beginning of an episode never overtakes that."""
    event, receiver = candidate.entry.event, candidate.receiver.name
    if event.kind not in (EventKind.RESOLVED, EventKind.REMINDED):
        return False
    waiting = desk.state.begun(receiver, event)
    if waiting is None:
        return False
    until = desk.state.batches[waiting].until
    send.hold(desk, candidate.entry, receiver, Hold(waiting.reason, until, waiting.group))
    return True


def loosen(desk: Desk, owner: str = "") -> None:
    """After a reload, or where a person has settings of their own anew: what the policy now in force does not hold back
    so long is not held for the old one."""
    for waiting, batch in desk.state.batches.items():
        if owner and waiting.receiver.partition("/")[0] != owner:
            continue
        receiver = desk.policy.receivers.get(waiting.receiver)
        until = _until_now(desk, waiting, receiver) if receiver else desk.now
        if until < batch.until:
            desk.state.hold_until(waiting, until)


def _until_now(desk: Desk, waiting: Waiting, receiver: Receiver) -> float:
    """Until when this would be held by what the policy now says, infinity where that has no say."""
    now = desk.now
    match waiting.reason:
        case limit.CAP:
            return limit.full_until(desk.state.recent.of(receiver.name), receiver.cap, now) or now
        case timing.QUIET:
            return receiver.quiet.ends(now) if receiver.quiet else now
        case timing.DIGEST:
            return receiver.digest.next(now) if receiver.digest else now
        case timing.HOURS:
            return now
        case state.STORM:
            return inf if desk.policy.storm else now
        case mute.RUNAWAY:
            return inf if desk.policy.runaway else now
        case reason if reason.startswith(silence.SILENCE):
            return silence.lasts_until(desk, reason)
        case _:
            return inf


def _still_worth(desk: Desk, waiting: Waiting, batch: Batch) -> Sequence[Held]:
    """The rest of it is dropped, for the reason that held it: what is over if nobody was to hear of it, and reminders
    of what is told for the first time with them."""
    unheard = waiting.reason.partition(":")[0] in _UNHEARD
    opened = {_episode(row) for row in batch.rows if row.entry.event.kind is EventKind.FIRED}
    last = {_episode(row): row for row in batch.rows if row.entry.event.kind is EventKind.REMINDED}
    kept = []
    for row in batch.rows:
        event, own = row.entry.event, _episode(row)
        if event.kind is EventKind.REMINDED:
            worth = own not in opened and last[own] is row and desk.holds(event) is True
            worth = worth and not escalate.is_acknowledged(desk, event)
        elif event.kind is EventKind.NO_DATA:
            worth = desk.holds(event) is True
        elif unheard:
            worth = own not in opened if event.kind is EventKind.RESOLVED else desk.holds(event) is True
        else:
            worth = True
        if worth:
            kept.append(row)
        else:
            over = Decision.OVER if event.kind is EventKind.NO_DATA else Decision.SUPERSEDED
            desk.drop(row.entry, waiting.receiver, waiting.reason if unheard else over)
    return kept


def _episode(row: Held) -> tuple[int, int]:
    return row.entry.event.alert, row.entry.event.episode


def again(desk: Desk, entry: Entry, receiver: Receiver, *, served: str, since: float) -> Candidate:
    """An entry on its way to a receiver once more, by the routes in force now; for the others see `Candidate`."""
    rule = desk.rules.get((entry.event.owner, entry.event.rule))
    ways = legs(desk.policy.route, rule, labels(entry)) if rule else ()
    leg = next((leg for leg in ways if leg.receiver == receiver.name), Leg(receiver.name))
    return Candidate(entry, leg, receiver, rule, since, served)
