"""`step`: what a poll, or the mere passing of time, means for every alert."""

import numpy as np

from alertd.conditions.judge import NO, judge, timeouts
from alertd.market.columns import Flags, Rows
from alertd.market.market import Absorbed
from alertd.model.alert import State as Life
from alertd.model.event import Drop, EventKind
from alertd.model.reading import Poll
from alertd.rules.amend import remove
from alertd.rules.bank import MEMORIES, Bank
from alertd.rules.lifecycle import Verdicts, advance
from alertd.rules.outages import notice_outages
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
    rebound = notice_outages(state, absorbed, now, outcome, late=late)
    _expire(state, now, outcome)
    new, revised = _flags(state, absorbed.new), _flags(state, absorbed.revised)
    for bank in list(state.banks.values()):
        _prime_filled(state, bank, absorbed, now)
        _judge(state, bank, _Tick(now, new, revised, late, rebound.get(id(bank))), outcome)
    outcome.wake_at = wake_at(state)
    return outcome


def wake_at(state: State) -> float:
    """When time alone will change something; infinity for never."""
    n = state.book.size
    times = [state.market.next_stale(), float(np.min(state.book.expires[:n], initial=np.inf))]
    for bank in state.banks.values():
        times.append(float(np.min(bank.due[: bank.size], initial=np.inf)))
        times.append(float(np.min(bank.silent[: bank.size], initial=np.inf)))
    return min(times)


class _Tick:
    """What all banks are judged by in one step."""

    __slots__ = ("late", "new", "now", "rebound", "revised")

    def __init__(self, now: float, new: Flags, revised: Flags, late: bool, rebound: Flags | None) -> None:
        self.now, self.new, self.revised, self.late, self.rebound = now, new, revised, late, rebound


def _flags(state: State, numbers: Rows) -> Flags:
    flags = np.zeros(state.market.latest.size, np.bool_)
    flags[numbers] = True
    return flags


def _expire(state: State, now: float, outcome: Outcome) -> None:
    for number in np.flatnonzero(state.book.expires[: state.book.size] <= now).tolist():
        remove(state, state.book[number], now, outcome, reason="expired")


def _prime_filled(state: State, bank: Bank, absorbed: Absorbed, now: float) -> None:
    """History that came in is what the next reading of an alert without a verdict yet is compared with."""
    if len(absorbed.filled):
        n = bank.size
        filled = np.isin(bank.series[:n], absorbed.filled).any(axis=1)
        state.prime(bank, np.flatnonzero(filled & (bank.state[:n] == Life.NEW)), now)


def _touched(bank: Bank, tick: _Tick) -> Rows:
    """The alerts to judge: one of their series got a reading or a revision, or one of their timers is due."""
    n = bank.size
    touched = bank.due[:n] <= tick.now
    moved = tick.new | tick.revised
    if moved.any():
        for column in range(len(bank.fields)):
            touched |= moved[bank.series[:n, column]]
    if tick.late:
        touched &= bank.added[:n] <= tick.now  # what was read before an alert existed is not judged for it
    if tick.rebound is not None:
        touched &= ~tick.rebound  # nothing is judged across the seam
    return np.flatnonzero(touched)


def _judge(state: State, bank: Bank, tick: _Tick, outcome: Outcome) -> None:
    rows = _touched(bank, tick)
    if not len(rows):
        return
    looks = bank.looks(state.market, rows, tick.now, new=tick.new, revised=tick.revised)
    when = judge(bank.shape.when, looks[0])
    until = judge(bank.shape.until, looks[1]) if bank.shape.until is not None and looks[1] is not None else None
    changed = bank.remember(rows, looks)
    bank.due[rows] = timeouts(bank.shape.when, looks[0])
    # Most alerts of most ticks are inactive and stay so.
    busy = ~((bank.state[rows] == Life.INACTIVE) & (when == NO))
    if busy.any():
        part = rows[busy]
        verdicts = Verdicts(
            when[busy], until[busy] if until is not None else None, active(state, bank, part, tick.now), bank.momentary
        )
        changed[busy] |= _advance(state, (bank, part), verdicts, tick, outcome)
        timers = lifecycle_due(state, bank, part, tick.now, after=tick.now)
        bank.due[part] = np.minimum(bank.due[part], timers)
    outcome.alerts += [state.row(bank, row) for row in rows[changed].tolist()]


def _advance(state: State, alerts: tuple[Bank, Rows], verdicts: Verdicts, tick: _Tick, outcome: Outcome) -> Flags:
    """Move these rows of a bank on and say what happened; true for those whose state changed."""
    bank, rows = alerts
    before, standing = bank.standing(rows), bank.standing(rows)
    moved = advance(standing, state.book.terms(bank.rule[rows]), verdicts, tick.now)
    bank.settle(rows, standing)
    for kind, which in (
        (EventKind.FIRED, moved.fired),
        (EventKind.RESOLVED, moved.resolved),
        (EventKind.REMINDED, moved.reminded),
        (EventKind.ALREADY_TRUE, moved.already),
    ):
        outcome.events += state.events(bank, rows[which], kind, tick.now, late=tick.late)
    for reason, which in moved.dropped.items():
        outcome.drops += [_drop(state, bank, row, tick.now, reason) for row in rows[which].tolist()]
    changed = np.zeros(len(rows), np.bool_)
    for name in MEMORIES:
        old, new = getattr(before, name), getattr(standing, name)
        changed |= (old != new) & ~(np.isnan(old) & np.isnan(new))
    return changed


def _drop(state: State, bank: Bank, row: int, now: float, reason: str) -> Drop:
    rule = state.book[int(bank.rule[row])]
    return Drop(now, int(bank.id[row]), rule.name, rule.owner, state.coins[bank.coin[row]], reason)
