"""`step`: what a poll, or the mere passing of time, means for every alert."""

import numpy as np

from alertd.conditions.judge import NO, YES, judge
from alertd.conditions.measure import Tick
from alertd.market.columns import Codes, Flags, Rows
from alertd.market.market import Absorbed
from alertd.model.event import Drop, EventKind
from alertd.model.reading import Poll
from alertd.rules.amend import remove
from alertd.rules.bank import MEMORIES, Bank
from alertd.rules.lifecycle import FIRING, INACTIVE, NEW, Verdicts, advance
from alertd.rules.outages import fail_over, tell_outages
from alertd.rules.state import Outcome, State
from alertd.rules.timers import active, lifecycle_due


def step(state: State, poll: Poll | None, now: float) -> Outcome:
    """Absorb a poll (None: only time has passed), judge what it touched, move the alerts on.

    `now` is epoch seconds and never goes back. The state is changed in place; the outcome says what changed in it.
    """
    outcome = Outcome()
    late = poll is not None and poll.late
    absorbed = state.market.absorb(poll, now)
    outcome.refused = absorbed.refused
    _expire(state, now, outcome)
    rebound = fail_over(state, absorbed, now, outcome)
    tick = Tick.of(state.market, now, absorbed.new, absorbed.revised)
    moved = tick.new | tick.revised
    for bank in state.banks.values():
        _prime_filled(state, bank, absorbed, now, outcome)
        rows = _touched(bank, moved, now, rebound.get(id(bank)))
        if late:
            rows = _there(state, bank, rows, now, outcome)
        if len(rows):
            _judge(state, bank, rows, tick, outcome, late=late)
    tell_outages(state, now, outcome, late=late)
    state.time = now
    outcome.wake_at = wake_at(state)
    return outcome


def wake_at(state: State) -> float:
    """When time alone will change something; infinity for never."""
    columns = [state.book.expires[: state.book.size]]
    columns += [column[: bank.size] for bank in state.banks.values() for column in (bank.due, bank.silent)]
    return min(state.market.next_stale(), *(float(np.minimum.reduce(column, initial=np.inf)) for column in columns))


def _expire(state: State, now: float, outcome: Outcome) -> None:
    for number in np.flatnonzero(state.book.expires[: state.book.size] <= now).tolist():
        remove(state, state.book[number], now, outcome, reason="expired")


def _prime_filled(state: State, bank: Bank, absorbed: Absorbed, now: float, outcome: Outcome) -> None:
    """History that came in is what the next reading of an alert without a verdict yet is compared with."""
    if len(absorbed.filled):
        n = bank.size
        filled = np.isin(bank.series[:n], absorbed.filled).any(axis=1)
        rows = np.flatnonzero(filled & (bank.state[:n] == NEW))
        outcome.alerts += state.stored(bank, state.prime(bank, rows, now))


def _touched(bank: Bank, moved: Flags, now: float, rebound: Flags | None) -> Rows:
    """The alerts to judge: one of their series got a reading or a revision, or one of their timers is due."""
    n = bank.size
    touched = np.zeros(n, np.bool_)
    for column in range(len(bank.fields)):
        touched |= moved[bank.series[:n, column]]
    if rebound is not None:
        touched &= ~rebound  # nothing is judged across the seam
    touched |= bank.due[:n] <= now
    return touched.nonzero()[0]


def _there(state: State, bank: Bank, rows: Rows, now: float, outcome: Outcome) -> Rows:
    """Those that were there by then. What came before an alert is not judged for it; its first reading is compared
    with it."""
    early = bank.added[rows] > now
    outcome.alerts += state.stored(bank, state.prime(bank, rows[early], now))
    return rows[~early]


def _judge(state: State, bank: Bank, rows: Rows, tick: Tick, outcome: Outcome, *, late: bool) -> None:
    looks = bank.looks(tick, rows)
    when = judge(bank.shape.when, looks[0])
    until = judge(bank.shape.until, looks[1]) if bank.shape.until is not None and looks[1] is not None else None
    changed = bank.remember(rows, looks)
    bank.due[rows] = bank.timeouts(looks, tick.now)
    busy = (~_at_rest(state, bank, rows, when, until)).nonzero()[0]
    if len(busy):
        part = rows[busy]
        verdicts = Verdicts(
            when[busy], until[busy] if until is not None else None, active(state, bank, part, tick.now), bank.momentary
        )
        changed[busy] |= _advance(state, (bank, part), verdicts, tick.now, outcome, late=late)
        timers = lifecycle_due(state, bank, part, tick.now, after=tick.now)
        bank.due[part] = np.minimum(bank.due[part], timers)
    if changed.any():
        outcome.alerts += state.stored(bank, rows[changed])


def _at_rest(state: State, bank: Bank, rows: Rows, when: Codes, until: Codes | None) -> Flags:
    """True for the alerts that stay as they are and have no timer: most of them, at most ticks."""
    life = bank.state[rows]
    at_rest: Flags = (life == INACTIVE) & (when == NO)
    firing = life == FIRING
    if firing.any() and not bank.momentary:
        lasts = (when == YES) if until is None else (until != YES)
        timeless = np.isnan(bank.cleared[rows]) & np.isinf(state.book.remind[bank.rule[rows]])
        at_rest |= firing & lasts & timeless
    return at_rest


def _advance(
    state: State, alerts: tuple[Bank, Rows], verdicts: Verdicts, now: float, outcome: Outcome, *, late: bool
) -> Flags:
    """Move these rows of a bank on and say what happened; true for those whose state changed."""
    bank, rows = alerts
    before, standing = bank.standing(rows), bank.standing(rows)
    moved = advance(standing, state.book.terms(bank.rule[rows]), verdicts, now)
    bank.settle(rows, standing)
    for kind, which in (
        (EventKind.FIRED, moved.fired),
        (EventKind.RESOLVED, moved.resolved),
        (EventKind.REMINDED, moved.reminded),
        (EventKind.ALREADY_TRUE, moved.already),
    ):
        outcome.events += state.events(bank, rows[which], kind, now, late=late)
    for reason, which in moved.dropped.items():
        outcome.drops += [_drop(state, bank, row, now, reason) for row in rows[which].tolist()]
    changed = np.zeros(len(rows), np.bool_)
    for name in MEMORIES:
        old, new = getattr(before, name), getattr(standing, name)
        changed |= (old != new) & ~(np.isnan(old) & np.isnan(new))
    return changed


def _drop(state: State, bank: Bank, row: int, now: float, reason: str) -> Drop:
    rule = state.book[int(bank.rule[row])]
    return Drop(now, int(bank.id[row]), rule.name, rule.owner, state.coins[bank.coin[row]], reason)
