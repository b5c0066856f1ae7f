"""`step`: what a poll, or the mere passing of time, means for every alert."""

from typing import NamedTuple

import numpy as np

from alertd.conditions.judge import NO, judge, rebase
from alertd.conditions.measure import Tick
from alertd.market.columns import Codes, Flags, Rows
from alertd.market.market import Absorbed
from alertd.model.event import Drop, EventKind
from alertd.model.reading import Poll
from alertd.rules.amend import remove
from alertd.rules.bank import Bank
from alertd.rules.derived import derive
from alertd.rules.lifecycle import BUSY, FIRING, NEW, Standing, Terms, Verdicts, advance, quiet
from alertd.rules.outages import fail_over, tell_outages
from alertd.rules.outcome import Outcome
from alertd.rules.state import State
from alertd.rules.timers import active, at_check, lifecycle_due
from alertd.rules.unused import release


def step(state: State, poll: Poll | None, now: float) -> Outcome:
    """Absorb a poll (None: only time has passed), judge what it touched, move the alerts on.

    `now` is epoch seconds and never goes back. The state is changed in place; the outcome says what changed in it.
    """
    outcome = Outcome()
    late = poll is not None and poll.late
    absorbed = state.market.absorb(poll, now)
    if state.derived:
        if len(absorbed.stale) or len(absorbed.back):
            state.rebind_derived(now)
        absorbed = derive(state.derived, state.market, absorbed, now)
    outcome.refused = absorbed.refused
    for number in state.book.expired(now):
        remove(state, number, now, outcome, reason="expired")
    rebound = fail_over(state, absorbed, now, outcome)
    tick = Tick.of(state.market, now, absorbed.new, absorbed.revised)
    moved = tick.new | tick.revised
    for bank in state.banks.values():
        _prime_filled(state, bank, absorbed, now, outcome)
        rows = bank.touched(tick, moved, absorbed.heard)
        if bank.number in rebound:
            rows = _on_this_side(state, bank, rows, rebound[bank.number][:, rows], tick=tick, outcome=outcome)
        if late:
            rows = _there(state, bank, rows, now, outcome)
        if len(rows):
            _judge(state, bank, rows, tick, outcome, late=late)
            bank.calm[bank.between_readings(rows, moved)] = BUSY
    tell_outages(state, tick, outcome, late=late)
    if state.spare:
        release(state)
    state.time = now
    outcome.wake_at = wake_at(state)
    return outcome


def wake_at(state: State) -> float:
    """When time alone will change something; infinity for never."""
    banks = state.banks.values()
    return min(
        state.market.next_stale(),
        state.book.next_expiry,
        *(bank.soonest for bank in banks),
        *(bank.next_silence() for bank in banks),
    )


def _prime_filled(state: State, bank: Bank, absorbed: Absorbed, now: float, outcome: Outcome) -> None:
    """History that came in is what the next reading of an alert without a verdict yet is compared with."""
    if len(absorbed.filled):
        n = bank.size
        filled = np.isin(bank.series[:, :n], absorbed.filled).any(axis=0)
        rows = state.prime(bank, np.flatnonzero(filled & (bank.state[:n] == NEW)), now)
        if len(rows):
            outcome.alerts.append(bank.block(rows))


def _on_this_side(state: State, bank: Bank, rows: Rows, away: Flags, *, tick: Tick, outcome: Outcome) -> Rows:
    """Nothing is judged across a seam (`away`: which fields are bound to another series now, by row) but what is due;
    what the others saw they remember."""
    seam = np.logical_or.reduce(away, axis=0, initial=False) & (bank.due[rows] > tick.now)
    bank.calm[rows[seam]] = BUSY
    if len(bank.memory) and seam.any():
        state.follow(bank, rows[seam], tick, away[:, seam])
        outcome.alerts.append(bank.block(rows[seam]))
    left: Rows = rows[~seam]
    return left


def _there(state: State, bank: Bank, rows: Rows, now: float, outcome: Outcome) -> Rows:
    """Those that were there by then. What came before an alert is not judged for it; its first reading is compared
    with it."""
    early = bank.added[rows] > now
    if len(primed := state.prime(bank, rows[early], now)):
        outcome.alerts.append(bank.block(primed))
    bank.calm[rows[early]] = BUSY
    return rows[~early]


def _judge(state: State, bank: Bank, rows: Rows, tick: Tick, outcome: Outcome, *, late: bool) -> None:
    looks = bank.looks(tick, rows)
    when = judge(bank.shape.when, looks[0])
    if bank.shape.checked:
        # Between its moments a check says NO.
        when = np.where(at_check(state, bank, rows, tick.now), when, NO).astype(np.int8)
    until = judge(bank.shape.until, looks[1]) if bank.shape.until is not None and looks[1] is not None else None
    if bank.shape.checked:
        bank.set_due(rows, lifecycle_due(state, bank, rows, bank.standing(rows), tick.now, after=tick.now))
    elif bank.timed:
        bank.set_due(rows, bank.timeouts(looks, tick.now))
    elif bank.soonest <= tick.now:
        bank.set_due(rows[bank.due[rows] <= tick.now], np.inf)
    changed = bank.remember(rows, looks)
    fired, moved = _move_on(state, (bank, rows), (when, until), tick, outcome, late=late)
    if fired.any():
        rebase(bank.shape.when, looks[0], fired)
        changed |= bank.remember(rows, looks)
    changed |= moved
    if changed.any():
        outcome.alerts.append(bank.block(rows[changed]))


def _move_on(
    state: State,
    alerts: tuple[Bank, Rows],
    codes: tuple[Codes, Codes | None],
    tick: Tick,
    outcome: Outcome,
    *,
    late: bool,
) -> tuple[Flags, Flags]:
    """The lifecycle of those that do not stay as they are; true for the rows that fired, and that changed."""
    bank, rows = alerts
    when, until = codes
    fired, changed = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    # What decides: of an alert that fires and has an `until`, that.
    said = when if until is None else np.where(bank.state[rows] >= FIRING, until, when)
    busy = (said != bank.calm[rows]).nonzero()[0]
    if not len(busy):
        return fired, changed
    part = rows[busy]
    terms, standing = state.book.terms(bank.rule[part]), bank.standing(part)
    rests = quiet(standing, terms, said[busy], momentary=bank.momentary, until=until is not None)
    bank.calm[part[rests]] = said[busy[rests]]
    if not rests.all():
        moves = ~rests
        busy = busy[moves]
        if rests.any():
            part, terms, standing = part[moves], terms.of(moves), standing.of(moves)
        verdicts = Verdicts(
            when[busy], until[busy] if until is not None else None, active(state, bank, part, tick.now), bank.momentary
        )
        life = _Life(bank, part, standing, terms, verdicts)
        fired[busy], changed[busy] = _advance(state, life, tick, outcome, late=late)
    return fired, changed


class _Life(NamedTuple):
    """Alerts on their way: rows of a bank with their state, what their rules ask for and what was said of them."""

    bank: Bank
    rows: Rows
    standing: Standing
    terms: Terms
    verdicts: Verdicts


def _advance(state: State, life: _Life, tick: Tick, outcome: Outcome, *, late: bool) -> tuple[Flags, Flags]:
    """Move them on and say what happened; true for those that fired, and whose state changed."""
    bank, rows, standing, terms, verdicts = life
    before = standing.copy()
    moved = advance(standing, terms, verdicts, tick.now)
    bank.settle(rows, standing)
    _rest(life)
    for kind, which in (
        (EventKind.FIRED, moved.fired),
        (EventKind.RESOLVED, moved.resolved),
        (EventKind.REMINDED, moved.reminded),
        (EventKind.ALREADY_TRUE, moved.already),
    ):
        outcome.events.add(state.events(bank, rows[which], kind, tick, late=late))
    for reason, which in moved.dropped.items():
        outcome.drops += [_drop(state, bank, row, tick.now, reason) for row in rows[which].tolist()]
    timers = lifecycle_due(state, bank, rows, standing, tick.now, after=tick.now)
    bank.set_due(rows, np.minimum(bank.due[rows], timers) if bank.timed else timers)
    return moved.fired, standing.changed(before)


def _rest(life: _Life) -> None:
    """Note with which verdict they stay as they are now."""
    bank, rows, standing, terms, verdicts = life
    said = verdicts.when
    if verdicts.until is not None:
        said = np.where(standing.state >= FIRING, verdicts.until, verdicts.when)
    rests = quiet(standing, terms, said, momentary=bank.momentary, until=verdicts.until is not None)
    bank.calm[rows] = np.where(rests, said, BUSY)


def _drop(state: State, bank: Bank, row: int, now: float, reason: str) -> Drop:
    owner, rule = state.book.name(int(bank.rule[row]))
    return Drop(now, int(bank.id[row]), rule, owner, state.coins[bank.coin[row]], reason)
