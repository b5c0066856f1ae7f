"""`amend`: rules that come, change and go, for reloads, restarts and commands alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alertd.conditions.shape import shape
from alertd.market.columns import Rows
from alertd.model.alert import AlertKey, AlertRow
from alertd.model.event import Event, EventKind
from alertd.rules.bank import MEMORIES, Bank, Shape
from alertd.rules.outages import watch
from alertd.rules.rule import Rule
from alertd.rules.state import Outcome, State
from alertd.rules.timers import set_timers

Kept = dict[str, AlertRow]
"""The alerts of one rule, by coin, that are to go on under a new version of it."""


@dataclass(frozen=True, slots=True)
class Change:
    """Rules to put in place of those of their names, and (owner, name) of rules to drop.

    With `whole`, every rule of that owner that is not among `put` is dropped: a reload of the rule files ("").
    """

    put: Sequence[Rule] = ()
    drop: Sequence[tuple[str, str]] = ()
    whole: str | None = None


def amend(state: State, change: Change, now: float, stored: Sequence[AlertRow] = ()) -> Outcome:
    """Put a change into force. An alert whose `when`, `until` and `for` are the same goes on with its state.

    `stored` are the alerts of the last run: given once, when a daemon starts. Those that no rule claims are closed.
    """
    outcome = Outcome()
    if not stored:
        state.market.forget(state.unwatched())
    waiting: dict[tuple[str, str], Kept] = {}
    for row in stored:
        waiting.setdefault((row.owner, row.rule), {})[row.coin] = row
    live = [rule for rule in change.put if rule.expires is None or rule.expires > now]
    expired = {(rule.owner, rule.name) for rule in change.put} - {(rule.owner, rule.name) for rule in live}
    claimed = {_former(state, rule) for rule in live}
    for key in list(state.book.number):
        if key in change.drop or key in expired or (key[0] == change.whole and key not in claimed):
            reason = "expired" if key in expired else "removed"
            remove(state, state.book[state.book.number[key]], now, outcome, reason=reason)
    for rule in live:
        _put(state, rule, waiting, now, outcome)
    for key, kept in waiting.items():
        for row in kept.values():
            _close(state, row, now, outcome, reason="expired" if key in expired else "removed")
    return outcome


def remove(state: State, rule: Rule, now: float, outcome: Outcome, *, reason: str) -> None:
    """Take a rule and its alerts away; open episodes end unsent, with the reason."""
    for row in _take(state, rule).values():
        _close(state, row, now, outcome, reason=reason)
    state.book.remove(rule)


def _put(state: State, rule: Rule, waiting: dict[tuple[str, str], Kept], now: float, outcome: Outcome) -> None:
    name, key = (rule.owner, rule.name), _former(state, rule)
    if key not in state.book.number:
        saved = next((waiting.pop(key) for key in (name, (rule.owner, rule.was)) if key in waiting), {})
    else:
        old = state.book[state.book.number[key]]
        if old == rule:
            return
        if key == name and (old.sentence, old.symbols) == (rule.sentence, rule.symbols):
            bank = state.homes[state.book.put(rule)]
            rows = state.by_rule(bank, state.book.number[key])
            set_timers(state, bank, rows, now)
            watch(state, bank, rows, now, outcome)
            return
        saved = _take(state, old)
        if key != name:
            state.book.remove(old)
    kept: Kept = {}
    for coin, row in saved.items():
        if row.sentence == rule.sentence and coin in rule.symbols:
            kept[coin] = row
        else:
            reason = "removed" if row.sentence == rule.sentence else "changed"
            _close(state, row, now, outcome, reason=reason)
    _add(state, rule, kept, now, outcome)


def _former(state: State, rule: Rule) -> tuple[str, str]:
    """The (owner, name) whose state a rule goes on with: the old name only as long as there is none of the new."""
    name, was = (rule.owner, rule.name), (rule.owner, rule.was)
    return was if name not in state.book.number and was in state.book.number else name


def _add(state: State, rule: Rule, kept: Kept, now: float, outcome: Outcome) -> None:
    """A row for each coin of a rule: the one it had, or a new one."""
    number = state.book.put(rule)
    when, when_constants = shape(rule.when)
    until, until_constants = shape(rule.until) if rule.until is not None else (None, ())
    constants = when_constants + until_constants
    bank = state.banks.get(Shape(when, until))
    if bank is None:
        bank = state.banks[Shape(when, until)] = Bank(Shape(when, until), len(constants))
    state.homes[number] = bank
    coins = list(dict.fromkeys(rule.symbols))
    rows = bank.extend(len(coins))
    bank.rule[rows] = number
    bank.coin[rows] = [state.coin(coin) for coin in coins]
    bank.parameters[rows] = constants
    state.bind(bank, rows, now)
    fresh = [k for k, coin in enumerate(coins) if coin not in kept]
    for row, coin in zip(rows.tolist(), coins, strict=True):
        if coin in kept:
            _adopt(bank, row, kept[coin])
            _rename(state, kept[coin], rule)
        else:
            state.last_alert += 1
            bank.id[row], bank.added[row] = state.last_alert, now
        # Under a name that was there before, its numbers go on.
        former = state.episodes.pop(AlertKey(rule.owner, rule.name, coin), 0)
        bank.episode[row] = max(int(bank.episode[row]), former)
    state.prime(bank, rows[fresh], now)
    set_timers(state, bank, rows, now)
    watch(state, bank, rows, now, outcome)
    changed = [coin not in kept or kept[coin].rule != rule.name for coin in coins]
    outcome.alerts += state.stored(bank, rows[changed])


def _adopt(bank: Bank, row: int, kept: AlertRow) -> None:
    bank.id[row], bank.added[row], bank.outages[row] = kept.id, kept.added, kept.outages
    for name in MEMORIES:
        getattr(bank, name)[row] = getattr(kept, name)
    bank.memory[row] = np.frombuffer(kept.memory, "<f8")


def _rename(state: State, kept: AlertRow, rule: Rule) -> None:
    """Whoever takes the old name later goes on from its numbers."""
    if kept.rule != rule.name:
        state.episodes[AlertKey(kept.owner, kept.rule, kept.coin)] = kept.episode


def _take(state: State, rule: Rule) -> Kept:
    """Take the alerts of a rule out of their bank."""
    number = state.book.number[(rule.owner, rule.name)]
    bank = state.homes.pop(number)
    rows: Rows = state.by_rule(bank, number)
    kept = {row.coin: row for row in state.stored(bank, rows)}
    bank.drop(rows)
    if not bank.size:
        del state.banks[bank.shape]
    return kept


def _close(state: State, row: AlertRow, now: float, outcome: Outcome, *, reason: str) -> None:
    state.episodes[AlertKey(row.owner, row.rule, row.coin)] = row.episode
    outcome.alerts.append(row._replace(removed=reason, open=0))
    if row.open:
        outcome.events.append(
            Event(
                time=now,
                kind=EventKind.RESOLVED,
                alert=row.id,
                rule=row.rule,
                owner=row.owner,
                symbol=row.coin,
                episode=row.episode,
                ordinal=1,
                at=now,
                source="",
                opened=row.opened,
                reason=reason,
            )
        )
