"""What happens to alerts when a source goes silent, and when it speaks again."""

from collections import Counter

import numpy as np

from alertd.conditions.measure import Tick
from alertd.conditions.tree import Field
from alertd.market.columns import Flags, Floats, Ints, Numbers, Rows
from alertd.market.market import Absorbed
from alertd.model.event import EventKind, Notice
from alertd.model.units import say_duration
from alertd.rules.bank import Bank
from alertd.rules.lifecycle import BUSY, FIRING
from alertd.rules.outcome import Outcome
from alertd.rules.panel import Panel
from alertd.rules.state import State
from alertd.rules.timers import set_timers


def fail_over(state: State, absorbed: Absorbed, now: float, outcome: Outcome) -> dict[int, Flags]:
    """Move alerts whose source went stale to the next one, and back.

    Returns, by number of the bank, which fields of which rows are bound to another series than before: no reading is
    judged for them in this tick. Says the moves to the operator, one notice for each pair of sources.
    """
    rebound: dict[int, Flags] = {}
    changed = np.concatenate([absorbed.stale, absorbed.back])
    if len(changed):
        target, moves = _targets(state, changed), Counter[tuple[int, int]]()
        touched = np.zeros(state.market.latest.size, np.bool_)
        touched[changed] = True
        for bank in state.banks.values():
            by_field = _rebind(bank, target, moves)
            if bank.panel is not None:
                _rebind(bank.panel, target, Counter())
            rebound[bank.number] = by_field
            moved = np.logical_or.reduce(by_field, axis=0, initial=False)
            for of, away in zip(bank.fields, by_field, strict=True):
                if len(primed := state.prime(bank, np.flatnonzero(away), now, bank.seen_of(of))):
                    outcome.alerts.append(bank.block(primed))
            rows = np.flatnonzero(moved)
            set_timers(state, bank, rows, now, anew=True)
            affected = moved | touched[bank.series[:, : bank.size]].any(axis=0)
            if bank.ladder is not None:
                # What a value that comes back means to them is found without a level being passed.
                bank.calm[np.flatnonzero(affected)] = BUSY
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


def _rebind(table: Bank | Panel, target: Ints, moves: Counter[tuple[int, int]]) -> Flags:
    """True, by field and row, where a field is bound to another series now."""
    moved = np.zeros((len(table.fields), table.size), np.bool_)
    for column, of, away in zip(table.series[:, : table.size], table.fields, moved, strict=True):
        if of.source is None:
            new = target[column]
            away[:] = new != column
            for old, count in enumerate(np.bincount(column[away]).tolist()):
                if count:
                    moves[(old, int(target[old]))] += count
            column[:] = new
    if isinstance(table, Bank) and table.ladder is not None:
        table.ladder.rebind(target)
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
    """Set or clear the time at which missing data is told: not of alerts that wait for nothing any more."""
    latest, silent = state.market.latest, np.zeros(len(rows), np.bool_)
    spent = _spent(state, bank, rows)
    since = np.full(len(rows), np.inf)
    for column in bank.watched:
        numbers = bank.series[column, rows]
        stale = ~latest.fresh[numbers] & (numbers > 0) & ~spent
        if stale.any():
            silent |= stale
            spoke = _last_word(state, bank.fields[column], numbers[stale])
            since[stale] = np.minimum(since[stale], spoke[numbers[stale]])
    if not silent.any() and not bank.owns("silent"):
        return
    for name in ("silent", "outages"):
        bank.own(name)
    told = bank.outages[rows] % 2 == 1
    ends = np.fmax(since + state.book.manners.no_data[state.book.manner[bank.rule[rows]]], now)
    bank.silent[rows] = np.where(silent & ~told, ends, np.inf)
    over = rows[told & ~silent]
    bank.outages[over] += 1
    if len(over):
        outcome.alerts.append(bank.block(over))


def _spent(state: State, bank: Bank, rows: Rows) -> Flags:
    """Those that have fired as often as they may, and do so no longer."""
    limit = state.book.manners.limit[state.book.manner[bank.rule[rows]]]
    spent: Flags = (bank.fired[rows] >= limit) & (bank.state[rows] != FIRING)
    return spent


def _last_word(state: State, of: Field, numbers: Numbers) -> Floats:
    """When any of the sources of these series last spoke, by series number."""
    market = state.market
    seen = market.latest.seen.copy()
    for number in np.unique(numbers).tolist() if of.source is None else ():
        _, name, coin = market.series[number]
        lanes = (market.numbers.get((feed.source, name), {}) for feed in state.feeds.candidates(name, coin))
        others = [lane[coin] for lane in lanes if coin in lane]
        seen[others] = np.fmax.reduce(seen[others], initial=np.nan)
    return seen


def tell_outages(state: State, tick: Tick, outcome: Outcome, *, late: bool) -> None:
    """Tell the alerts whose data is missing for too long, those that something else happened to in the next tick."""
    for bank in state.banks.values():
        if bank.next_silence() <= tick.now:
            due = bank.silent[: bank.size] <= tick.now
            if len(spent := (rows := np.flatnonzero(due))[_spent(state, bank, rows)]):
                bank.silent[spent], due[spent] = np.inf, False
            busy = due & np.isin(bank.id[: bank.size], list(outcome.events.alerts()))
            bank.silent[: bank.size][busy] = tick.now
            _tell(state, bank, np.flatnonzero(due & ~busy), tick, outcome, late=late)


def _tell(state: State, bank: Bank, rows: Rows, tick: Tick, outcome: Outcome, *, late: bool) -> None:
    bank.outages[rows] += 1
    bank.silent[rows] = np.inf
    fresh = state.market.latest.fresh
    spoke = np.full((len(bank.watched), len(rows)), np.inf)
    for since, column in zip(spoke, bank.watched, strict=True):
        numbers = bank.series[column, rows]
        stale = ~fresh[numbers] & (numbers > 0)
        since[stale] = _last_word(state, bank.fields[column], numbers[stale])[numbers[stale]]
    # What has been missing for the longest is what is told.
    for place, part in enumerate(rows[spoke.argmin(axis=0) == place] for place in range(len(spoke))):
        name = bank.fields[bank.watched[place]].name
        outcome.events.add(state.events(bank, part, EventKind.NO_DATA, tick, late=late, reason=name))
        if len(part):
            outcome.alerts.append(bank.block(part))
