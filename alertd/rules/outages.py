"""What happens to alerts when a source goes silent, and when it speaks again."""

from collections import Counter

import numpy as np

from alertd.market.columns import Flags, Ints, Rows
from alertd.market.market import Absorbed
from alertd.model.event import EventKind, Notice
from alertd.model.units import say_duration
from alertd.rules.bank import Bank
from alertd.rules.state import Outcome, State
from alertd.rules.timers import set_timers


def fail_over(state: State, absorbed: Absorbed, now: float, outcome: Outcome) -> dict[int, Flags]:
    """Move alerts whose source went stale to the next one, and back.

    Returns which rows of which bank (by `id(bank)`) are bound to another series than before: no reading is judged for
    them in this tick. Says the moves to the operator, one notice for each pair of sources.
    """
    rebound: dict[int, Flags] = {}
    changed = np.concatenate([absorbed.stale, absorbed.back])
    if len(changed):
        target, moves = _targets(state, changed), Counter[tuple[int, int]]()
        touched = np.zeros(state.market.latest.size, np.bool_)
        touched[changed] = True
        for bank in state.banks.values():
            moved = _rebind(bank, target, moves)
            rebound[id(bank)] = moved
            rows = np.flatnonzero(moved)
            outcome.alerts += state.stored(bank, state.prime(bank, rows, now))
            set_timers(state, bank, rows, now, rebound=True)
            affected = moved | touched[bank.series[: bank.size]].any(axis=1)
            watch(state, bank, np.flatnonzero(affected), now, outcome)
        outcome.notices += _notices(state, moves, now)
    return rebound


def _targets(state: State, changed: Rows) -> Ints:
    """For every series the one that its alerts should be bound to now."""
    market = state.market
    target = np.arange(market.latest.size)
    for name, coin in {market.series[number][1:] for number in changed.tolist()}:
        found = (market.numbers.get((feed.source, name), {}).get(coin) for feed in state.feeds.candidates(name, coin))
        numbers = [number for number in found if number is not None]
        target[numbers] = state.preferred(numbers)
    return target


def _rebind(bank: Bank, target: Ints, moves: Counter[tuple[int, int]]) -> Flags:
    moved = np.zeros(bank.size, np.bool_)
    for column, of in enumerate(bank.fields):
        if of.source is None:
            old = bank.series[: bank.size, column]
            new = target[old]
            moved |= new != old
            pairs, counts = np.unique(np.stack([old, new])[:, new != old], axis=1, return_counts=True)
            for pair, count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
                moves[(pair[0], pair[1])] += count
            bank.series[: bank.size, column] = new
    return moved


def _notices(state: State, moves: Counter[tuple[int, int]], now: float) -> list[Notice]:
    market, totals = state.market, Counter[tuple[str, str, bool]]()
    silence: dict[str, float] = {}
    mute: set[str] = set()
    known = market.known()
    for (old, new), count in moves.items():
        source, to = market.series[old].source, market.series[new].source
        totals[(source, to, bool(market.latest.fresh[old]))] += count
        silence[source] = max(silence.get(source, 0.0), now - float(market.latest.seen[old]))
        if np.isnan(known[new]):
            mute.add(to)
    return [
        Notice(
            now,
            f"failover:{source}:{to}",
            f"{to} is back: {count} alerts watch it again instead of {source}"
            if back
            else f"no fresh data from {source} for {say_duration(silence[source])}: {count} alerts now watch {to}"
            + (", which has not answered yet" if to in mute else ""),
        )
        for (source, to, back), count in totals.items()
    ]


def watch(state: State, bank: Bank, rows: Rows, now: float, outcome: Outcome) -> None:
    """Set or clear the time at which missing data is told."""
    numbers = bank.series[rows[:, None], bank.watched]
    latest = state.market.latest
    stale = ~latest.fresh[numbers] & (numbers > 0)
    silent = stale.any(axis=1)
    told = bank.outages[rows] % 2 == 1
    since = np.where(stale, latest.seen[numbers], np.inf).min(axis=1, initial=np.inf)
    ends = np.fmax(since + state.book.no_data[bank.rule[rows]], now)
    bank.silent[rows] = np.where(silent & ~told, ends, np.inf)
    over = rows[told & ~silent]
    bank.outages[over] += 1
    outcome.alerts += state.stored(bank, over)


def tell_outages(state: State, now: float, outcome: Outcome, *, late: bool) -> None:
    """Tell the alerts whose data is missing for too long, those that something else happened to in the next tick."""
    told = [event.alert for event in outcome.events]
    for bank in state.banks.values():
        due = bank.silent[: bank.size] <= now
        if due.any():
            busy = due & np.isin(bank.id[: bank.size], told)
            bank.silent[: bank.size][busy] = now
            _tell(state, bank, np.flatnonzero(due & ~busy), now, outcome, late=late)


def _tell(state: State, bank: Bank, rows: Rows, now: float, outcome: Outcome, *, late: bool) -> None:
    bank.outages[rows] += 1
    bank.silent[rows] = np.inf
    fresh = state.market.latest.fresh
    for column in bank.watched:
        part = rows[~fresh[bank.series[rows, column]]]
        rows = np.setdiff1d(rows, part)
        outcome.events += state.events(bank, part, EventKind.NO_DATA, now, late=late, reason=bank.fields[column].name)
        outcome.alerts += state.stored(bank, part)
