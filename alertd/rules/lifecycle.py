"""The life of an alert: inactive → pending → firing → inactive, for many alerts at once.

    state     verdict            → state      event
    NEW       NO                 → INACTIVE
    NEW       YES                → FIRING     already_true, no episode (`already_true: fire`: PENDING and due)
    INACTIVE  YES                → PENDING
    PENDING   NO                 → INACTIVE
    PENDING   YES, `for` is over → FIRING     fired (the episode opens), unless cooldown, hours or `until` forbid it
    FIRING    over               → INACTIVE   resolved, if an episode is open
    FIRING    lasts              → FIRING     reminded, when `remind` has passed once more

`over` is NO for `keep_firing_for`, or `until` being YES. UNKNOWN makes no transition; what a timer leads to waits for
the next known verdict. A momentary condition that may not open an episode now is dropped, with the reason.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np

from alertd.conditions.judge import NO, UNKNOWN, YES
from alertd.market.columns import Codes, Flags, Floats, Ints
from alertd.model.alert import State

TELL, FIRE, IGNORE = 0, 1, 2
"""`already_true`, as the columns hold it."""

NEW, INACTIVE, PENDING, FIRING = (int(state) for state in State)
"""`State`, as the columns hold it."""


@dataclass(slots=True)
class Standing:
    """The state of n alerts; `advance` changes it in place. The columns are those of `AlertRow`."""

    state: Codes
    open: Flags
    since: Floats
    cleared: Floats
    opened: Floats
    episode: Ints
    fired: Ints
    reminders: Ints


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rules of n alerts ask for: seconds, infinity for no reminder; `limit` of episodes; `already` coded."""

    for_: Floats
    keep: Floats
    cooldown: Floats
    remind: Floats
    limit: Ints
    already: Codes


@dataclass(frozen=True, slots=True)
class Verdicts:
    """This tick's word on n alerts. `until` is None where the rules have none; `active` is true within their hours."""

    when: Codes
    until: Codes | None
    active: Flags
    momentary: bool

    @property
    def blocked(self) -> Flags:
        """No episode opens while `until` is YES."""
        blocked: Flags = np.zeros(len(self.when), np.bool_) if self.until is None else self.until == YES
        return blocked

    @property
    def over(self) -> Flags:
        over: Flags = (self.when == NO) if self.until is None else (self.until == YES)
        return over

    @property
    def known(self) -> Flags:
        """What ends an episode is known."""
        known: Flags = (self.when if self.until is None else self.until) != UNKNOWN
        return known


@dataclass(frozen=True, slots=True)
class Moved:
    """Which of n alerts did what. `dropped` are momentary ones that may not open an episode, by reason."""

    already: Flags
    fired: Flags
    resolved: Flags
    reminded: Flags
    dropped: dict[str, Flags]


def advance(standing: Standing, terms: Terms, verdicts: Verdicts, now: float) -> Moved:
    """One tick of the table above."""
    already = _first_look(standing, terms, verdicts)
    resolved = _end(standing, terms, verdicts, now)
    fired, dropped = _begin(standing, terms, verdicts, now)
    reminded = _remind(standing, terms, verdicts, now)
    return Moved(already, fired, resolved, reminded, dropped)


def _first_look(alerts: Standing, terms: Terms, verdicts: Verdicts) -> Flags:
    first = (alerts.state == NEW) & (verdicts.when != UNKNOWN)
    alerts.state[first] = INACTIVE
    if verdicts.momentary:
        return np.zeros(len(first), np.bool_)
    true = first & (verdicts.when == YES)
    fires = true & (terms.already == FIRE)
    alerts.state[fires] = PENDING
    alerts.since[fires] = -np.inf  # whatever `for` says
    looked = true & ~fires & ~verdicts.blocked
    alerts.state[looked] = FIRING
    told: Flags = looked & (terms.already == TELL)
    return told


def _end(alerts: Standing, terms: Terms, verdicts: Verdicts, now: float) -> Flags:
    firing, over = alerts.state == FIRING, verdicts.over
    if verdicts.until is None:
        alerts.cleared[firing & over & np.isnan(alerts.cleared)] = now
        alerts.cleared[firing & ~over & verdicts.known] = np.nan
        ends = firing & over & (now >= alerts.cleared + terms.keep)
    else:
        ends = firing & over
    resolved: Flags = ends & alerts.open
    alerts.state[ends] = INACTIVE
    alerts.open[ends] = False
    alerts.cleared[ends] = alerts.since[ends] = np.nan
    return resolved


def _begin(alerts: Standing, terms: Terms, verdicts: Verdicts, now: float) -> tuple[Flags, dict[str, Flags]]:
    yes, spent = verdicts.when == YES, alerts.fired >= terms.limit
    starts = (alerts.state == INACTIVE) & yes & ~spent
    alerts.state[starts] = PENDING
    alerts.since[starts] = now
    falls = (alerts.state == PENDING) & (verdicts.when == NO)
    ripe = (alerts.state == PENDING) & yes & ~spent & (now >= alerts.since + terms.for_)
    cooling = ripe & (now < alerts.opened + terms.cooldown)
    closed, blocked = ripe & ~verdicts.active, ripe & verdicts.blocked
    opens = ripe & ~cooling & ~closed & ~blocked
    dropped = {}
    if verdicts.momentary:
        falls |= ripe & ~opens
        dropped = {
            "cooldown": cooling,
            "inactive": closed & ~cooling,
            "until": blocked & ~cooling & ~closed,
            "firing": yes & alerts.open,
        }
    alerts.state[falls] = INACTIVE
    alerts.since[falls] = np.nan
    alerts.state[opens] = FIRING
    alerts.open[opens] = True
    alerts.opened[opens] = now
    alerts.episode[opens] += 1
    alerts.fired[opens] += 1
    alerts.reminders[opens] = 0
    return opens, dropped


def _remind(alerts: Standing, terms: Terms, verdicts: Verdicts, now: float) -> Flags:
    reminds = alerts.opened + (alerts.reminders + 1) * terms.remind
    due: Flags = alerts.open & verdicts.known & (now >= reminds)
    passed = np.floor((now - alerts.opened[due]) / terms.remind[due])
    alerts.reminders[due] = np.maximum(alerts.reminders[due] + 1, passed).astype(np.int64)
    return due


def due(alerts: Standing, terms: Terms, opening: Floats, after: float) -> Floats:
    """When each alert must next be looked at though no reading comes; infinity for never.

    `opening` is when its hours next begin, -infinity while they last. A timer that was over by `after` waits for the
    next known verdict.
    """
    ripe = np.fmax(np.fmax(alerts.since + terms.for_, alerts.opened + terms.cooldown), opening)
    clears = alerts.cleared + terms.keep
    reminds = alerts.opened + (alerts.reminders + 1) * terms.remind
    firing = alerts.state == FIRING
    times = (
        np.where(alerts.state == PENDING, ripe, np.inf),
        np.where(firing, clears, np.inf),
        np.where(firing & alerts.open, reminds, np.inf),
    )
    return reduce(np.minimum, [np.where(time > after, time, np.inf) for time in times])
