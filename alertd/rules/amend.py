"""`amend`: rules that come, change and go, for reloads, restarts and commands alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alertd.conditions.fields import MARKET
from alertd.conditions.shape import shape
from alertd.conditions.tree import Expression
from alertd.market.columns import Floats, Numbers, Rows
from alertd.model.alert import AlertKey
from alertd.model.event import Event, EventKind
from alertd.rules.bank import Bank, Shape
from alertd.rules.lifecycle import BUSY, FIRING
from alertd.rules.outages import watch
from alertd.rules.outcome import Outcome
from alertd.rules.panel import Panel
from alertd.rules.rule import Rule
from alertd.rules.state import State
from alertd.rules.timers import set_timers
from alertd.rules.unused import release, unwatched

_FEW = 64
"""Of more alerts than these that go it is not asked one by one who still needs their history."""


@dataclass(frozen=True, slots=True)
class Change:
    """Rules to put in place of those of their names, and (owner, name) of rules to drop.

    With `whole`, every rule of that owner that is not among `put` is dropped: a reload of the rule files (""). `series`
    are the named expressions from now on, None to leave them as they are. With `at_once` alerts that are new have their
    first look at what is known already, not at their next reading: somebody was told how they stand.
    """

    put: Sequence[Rule] = ()
    drop: Sequence[tuple[str, str]] = ()
    whole: str | None = None
    series: Mapping[str, Expression] | None = None
    at_once: bool = False


def amend(state: State, change: Change, now: float) -> Outcome:
    """Put a change into force. An alert whose `when`, `until` and `for` are the same goes on with its state."""
    outcome = Outcome()
    if len(idle := unwatched(state, change.put if change.whole is None else None)):
        state.market.forget(idle)
    live = [rule for rule in change.put if rule.expires is None or rule.expires > now]
    going = [(number, "expired") for number in _expired(state, change, now)]
    going += [(number, "removed") for number in _dropped(state, change, live)]
    with state.many_changes(len(live) + len(going) > _FEW):
        for number, reason in dict(reversed(going)).items():
            remove(state, number, now, outcome, reason=reason)
        if change.series is not None:
            _derive(state, change.series, now, outcome)
        for rule in live:
            _put(state, rule, now, outcome, at_once=change.at_once)
    if state.spare:
        release(state)
    return outcome


def _derive(state: State, series: Mapping[str, Expression], now: float, outcome: Outcome) -> None:
    """The named expressions from now on. Who uses one that is another now begins anew with it."""
    for bank, rows in state.derive(series, now):
        bank.calm[rows] = BUSY
        set_timers(state, bank, rows, now, anew=True)
        watch(state, bank, rows, now, outcome)
        outcome.alerts.append(bank.block(rows))


def _expired(state: State, change: Change, now: float) -> list[int]:
    over = (rule for rule in change.put if rule.expires is not None and rule.expires <= now)
    found = (state.book.find(rule.owner, rule.name) for rule in over)
    return [number for number in found if number is not None]


def _dropped(state: State, change: Change, live: Sequence[Rule]) -> list[int]:
    book = state.book
    dropped = [number for key in change.drop if (number := book.find(*key)) is not None]
    if change.whole is not None:
        claimed = {_former(state, rule) for rule in live}
        dropped += [number for number in book.numbers(change.whole) if number not in claimed]
    return dropped


def remove(state: State, number: int, now: float, outcome: Outcome, *, reason: str) -> None:
    """Take a rule and its alerts away; open episodes end unsent, with the reason."""
    bank, rows = state.of_rule(number)
    _close(state, bank, rows, now, outcome, reason=reason)
    _leave_panel(state, bank, number)
    state.book.remove(number)
    outcome.rules[number] = None


def _former(state: State, rule: Rule) -> int | None:
    """The number of the rule whose state this one goes on with: that of its old name only as long as there is none of
    the new."""
    number = state.book.find(rule.owner, rule.name)
    return number if number is not None or not rule.was else state.book.find(rule.owner, rule.was)


@dataclass(frozen=True, slots=True, eq=False)
class _New:
    """A rule as it is to be: its bank, constants, and the coins that have an alert of their own."""

    rule: Rule
    bank: Bank
    constants: Floats
    coins: Numbers

    @classmethod
    def of(cls, state: State, rule: Rule) -> "_New":
        when, constants = shape(rule.when)
        until, more = shape(rule.until) if rule.until is not None else (None, ())
        form = Shape(when, until, rule.at is not None)
        names = (MARKET,) if form.whole_rule else dict.fromkeys(rule.symbols)
        coins = np.array([state.coin(name) for name in names], np.int32)
        return cls(rule, state.bank(form), np.array(constants + more), coins)


def _put(state: State, rule: Rule, now: float, outcome: Outcome, *, at_once: bool) -> None:
    number, new = _former(state, rule), _New.of(state, rule)
    kept: Rows = np.empty(0, np.intp)
    renamed = False
    if number is not None:
        if _is_there(state, new, number):
            return
        renamed = state.book.name(number) != (rule.owner, rule.name)
        kept = _keep(state, new, number, now, outcome)
    bank, book = new.bank, state.book
    number = book.put(rule, bank.number, number)
    fresh = _add(state, new, number, np.setdiff1d(new.coins, bank.coin[kept]) if len(kept) else new.coins, now)
    rows = np.concatenate([kept, fresh])
    book.place[number] = rows[0] if len(rows) == 1 else -1
    book.coins.pop(number, None)
    if bank.panel is not None:
        book.coins[number] = np.array([state.coin(name) for name in dict.fromkeys(rule.symbols)], np.int32)
        seat(state, bank.panel, number, new.constants, now)
    _take_name(state, bank, rows)
    state.prime(bank, fresh, now)
    bank.calm[kept] = BUSY
    set_timers(state, bank, kept, now)
    set_timers(state, bank, fresh, now, anew=True)
    if at_once:
        bank.set_due(fresh, now)
    watch(state, bank, rows, now, outcome)
    if len(stored := rows if renamed else fresh):
        outcome.alerts.append(bank.block(stored))
    outcome.rules[number] = book.row(number, new.constants)


def _is_there(state: State, new: _New, number: int) -> bool:
    """True if nothing about this rule changed."""
    bank, rows = state.of_rule(number)
    if bank is not new.bank or len(rows) != len(new.coins) or not state.book.same(new.rule, number):
        return False
    if bank.panel is not None and [state.coins[coin] for coin in state.book.coins[number]] != [*new.rule.symbols]:
        return False
    same_coins = np.isin(new.coins, bank.coin[rows]).all()
    return bool(same_coins and (bank.parameters[:, rows] == new.constants[:, None]).all())


def _keep(state: State, new: _New, number: int, now: float, outcome: Outcome) -> Rows:
    """Close the alerts of a rule that do not go on under its new version; returns the rows of those that do."""
    bank, rows = state.of_rule(number)
    same = (
        bank is new.bank
        and state.book.manner_of(number).for_ == new.rule.for_
        and bool((bank.parameters[:, rows[:1]] == new.constants[:, None]).all())
    )
    going = rows[~np.isin(bank.coin[rows], new.coins)] if same else rows
    if state.book.name(number) != (new.rule.owner, new.rule.name):
        _leave_name(state, bank, rows, outcome)
    _close(state, bank, going, now, outcome, reason="removed" if same else "changed")
    _leave_panel(state, bank, number)
    return state.of_rule(number)[1] if same else rows[:0]


def _add(state: State, new: _New, number: int, coins: Numbers, now: float) -> Rows:
    """A row for each of these coins of a rule."""
    bank = new.bank
    state.banks[bank.number] = bank
    rows = bank.extend(len(coins))
    bank.rule[rows], bank.coin[rows] = number, coins
    bank.parameters[:, rows] = new.constants[:, None]
    bank.id[rows] = np.arange(state.last_alert + 1, state.last_alert + len(coins) + 1)
    state.last_alert += len(coins)
    bank.added[rows] = now
    state.bind(bank, rows, now)
    bank.enlist(rows)
    return rows


def seat(state: State, panel: Panel, number: int, constants: Floats, now: float) -> None:
    """Put the coins that a rule counts or ranks into the panel of its bank."""
    coins = state.book.coins[number]
    rows = panel.extend(len(coins))
    panel.rule[rows], panel.coin[rows] = number, coins
    panel.parameters[:, rows] = constants[:, None]
    state.bind(panel, rows, now)


def _take_name(state: State, bank: Bank, rows: Rows) -> None:
    """Under a name that was there before, its numbers go on."""
    if state.episodes:
        for row in rows.tolist():
            former = state.episodes.pop(_key(state, bank, row), 0)
            bank.episode[row] = max(int(bank.episode[row]), former)


def _leave_name(state: State, bank: Bank, rows: Rows, outcome: Outcome) -> None:
    """Whoever takes the name of these alerts later goes on from their numbers."""
    for row in rows[bank.episode[rows] > 0].tolist():
        key = _key(state, bank, row)
        state.episodes[key] = outcome.former[key] = int(bank.episode[row])


def _key(state: State, bank: Bank, row: int) -> AlertKey:
    return AlertKey(*state.book.name(int(bank.rule[row])), state.coins[bank.coin[row]])


def _close(state: State, bank: Bank, rows: Rows, now: float, outcome: Outcome, *, reason: str) -> None:
    """Take these alerts out of their bank."""
    _leave_name(state, bank, rows, outcome)
    outcome.gone += bank.id[rows].tolist()
    outcome.events.add([_ended(state, bank, row, now, reason) for row in rows[bank.state[rows] == FIRING].tolist()])
    watched = bank.series[:, rows]
    state.book.place[bank.rule[rows]] = -1
    holes, _ = bank.drop(rows)
    state.spare |= _was_last(bank, watched)
    moved = bank.rule[holes]
    alone = state.book.place[moved] >= 0
    state.book.place[moved[alone]] = holes[alone]
    if not bank.size:
        state.banks.pop(bank.number, None)


def _was_last(bank: Bank, watched: Numbers) -> bool:
    """Whether with rows that were bound to these series the last went that needed a history."""
    columns = {bank.fields.index(need.field) for need in bank.needs}
    if not columns or watched.shape[1] > _FEW:
        return bool(columns)
    return any(
        not (bank.series[column, : bank.size] == number).any() for column in columns for number in watched[column]
    )


def _leave_panel(state: State, bank: Bank, number: int) -> None:
    if bank.panel is not None:
        bank.panel.leave(number)
        state.spare |= bool(bank.panel.needs)


def _ended(state: State, bank: Bank, row: int, now: float, reason: str) -> Event:
    owner, rule, coin = _key(state, bank, row)
    return Event(
        time=now,
        kind=EventKind.RESOLVED,
        alert=int(bank.id[row]),
        rule=rule,
        owner=owner,
        symbol=coin,
        episode=int(bank.episode[row]),
        ordinal=1,
        at=now,
        source="",
        opened=float(bank.opened[row]),
        reason=reason,
    )
