"""When alerts must next be looked at though no reading comes."""

import numpy as np

from alertd.conditions.measure import Tick
from alertd.market.columns import Flags, Floats, Ints, Rows
from alertd.rules.bank import Bank
from alertd.rules.hours import is_open, next_open
from alertd.rules.lifecycle import due
from alertd.rules.state import State


def active(state: State, bank: Bank, rows: Rows, now: float) -> Flags:
    """True for the alerts whose hours it is, or that have none."""
    active = np.ones(len(rows), np.bool_)
    for number in _with_hours(state, bank.rule[rows]):
        hours = state.book[number].active
        if hours is not None and not is_open(hours, now):
            active[bank.rule[rows] == number] = False
    return active


def lifecycle_due(state: State, bank: Bank, rows: Rows, now: float, *, after: float) -> Floats:
    """When `for`, `keep_firing_for`, cooldown, hours or `remind` next end, after that time; infinity for never."""
    opening = np.full(len(rows), -np.inf)
    for number in _with_hours(state, bank.rule[rows]):
        hours = state.book[number].active
        if hours is not None and not is_open(hours, now):
            opening[bank.rule[rows] == number] = next_open(hours, now)
    return due(bank.standing(rows), state.book.terms(bank.rule[rows]), opening, after)


def set_timers(state: State, bank: Bank, rows: Rows, now: float, *, rebound: bool = False) -> None:
    """Find the timers of alerts that are new, came from the store, are bound to another source, or whose rule changed.

    Those that ended since the last step are due. A new alert, and one on another source, looks at once at an age that
    is over its limit already.
    """
    anew = (bank.added[rows] == now) | rebound
    ages = bank.timeouts(bank.looks(Tick.of(state.market, now), rows), np.where(anew, -np.inf, state.time))
    ends = lifecycle_due(state, bank, rows, now, after=state.time)
    bank.due[rows] = np.minimum(ends, np.where(anew, np.fmax(ages, now), ages))


def _with_hours(state: State, numbers: Ints) -> list[int]:
    found: list[int] = np.unique(numbers[state.book.has_hours[numbers]]).tolist()
    return found
