"""When alerts must next be looked at though no reading comes."""

from collections.abc import Iterator

import numpy as np

from alertd.conditions.measure import Tick
from alertd.market.columns import Flags, Floats, Rows
from alertd.rules.bank import Bank
from alertd.rules.hours import is_open, next_check, next_open
from alertd.rules.lifecycle import Standing, due
from alertd.rules.rule import Active, Checks
from alertd.rules.state import State


def active(state: State, bank: Bank, rows: Rows, now: float) -> Flags:
    """True for the alerts whose hours it is, or that have none."""
    active = np.ones(len(rows), np.bool_)
    for which, hours in _with_hours(state, bank, rows):
        active[which] = is_open(hours, now)
    return active


def lifecycle_due(state: State, bank: Bank, rows: Rows, standing: Standing, now: float, *, after: float) -> Floats:
    """When `for`, `keep_firing_for`, cooldown, hours or `remind` next end, or a check is next, after that time;
    infinity for never."""
    opening = np.full(len(rows), -np.inf)
    for which, hours in _with_hours(state, bank, rows):
        if not is_open(hours, now):
            opening[which] = next_open(hours, now)
    fades = bank.momentary and bank.shape.until is None
    ends = due(standing, state.book.terms(bank.rule[rows]), opening, after, fades=fades)
    for which, checks in _with_checks(state, bank, rows):
        ends[which] = np.minimum(ends[which], next_check(checks, after if np.isfinite(after) else now))
    return ends


def set_timers(state: State, bank: Bank, rows: Rows, now: float, *, anew: bool = False) -> None:
    """Find the timers of alerts that are new, came from the store, are bound to another source, or whose rule changed.

    Those that ended since the last step are due. An alert that is `anew` here, or on its source, looks at once at an
    age that is over its limit already, and has missed no check.
    """
    if not len(rows):
        return
    ends = lifecycle_due(
        state, bank, rows, bank.standing(rows), now, after=now if anew and bank.shape.checked else state.time
    )
    if bank.timed:
        looks = bank.looks(Tick.of(state.market, now), rows)
        ages = bank.timeouts(looks, state.time, anew=anew)
        ends = np.minimum(ends, np.fmax(ages, now) if anew else ages)
    bank.set_due(rows, ends)


def at_check(state: State, bank: Bank, rows: Rows, now: float) -> Flags:
    """True for the alerts that are to be checked at this very moment."""
    checked = np.zeros(len(rows), np.bool_)
    for which, checks in _with_checks(state, bank, rows):
        checked[which] = next_check(checks, float(np.nextafter(now, -np.inf))) == now
    return checked


def _with_checks(state: State, bank: Bank, rows: Rows) -> Iterator[tuple[Flags, Checks]]:
    """The checks that these alerts wait for, with who does."""
    if not bank.shape.checked:
        return
    manners = state.book.manner[bank.rule[rows]]
    for number in np.unique(manners).tolist():
        checks = state.book.manners.all[number].at
        if checks is not None:
            yield manners == number, checks


def _with_hours(state: State, bank: Bank, rows: Rows) -> Iterator[tuple[Flags, Active]]:
    """The hours that some of these alerts have, with who has them."""
    with_hours = state.book.manners.has_hours
    if not with_hours.any():
        return
    manners = state.book.manner[bank.rule[rows]]
    for number in np.unique(manners[with_hours[manners]]).tolist():
        hours = state.book.manners.all[number].active
        if hours is not None:
            yield manners == number, hours
