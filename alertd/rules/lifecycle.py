"""The life of an alert: inactive → pending → firing → inactive, for many alerts at once.

    state     verdict            → state      event
    NEW       NO                 → INACTIVE
    NEW       YES                → TRUE       already_true, no episode (`already_true: fire`: PENDING and due)
    INACTIVE  YES                → PENDING
    PENDING   NO                 → INACTIVE
    PENDING   YES, `for` is over → FIRING     fired (the episode opens), unless cooldown, hours or `until` forbid it
    FIRING    over               → INACTIVE   resolved
    FIRING    lasts              → FIRING     reminded, when `remind` has passed once more
    TRUE      over               → INACTIVE

`over` is NO for `keep_firing_for`, or `until` being YES. UNKNOWN makes no transition; what a timer leads to waits for
the next known verdict. A momentary condition is NO as soon as its tick is over, whatever comes then: its episode ends
right after it. One that may not open an episode now is dropped, with the reason.
"""

from dataclasses import dataclass, fields
from functools import reduce

import numpy as np

from alertd.conditions.judge import NO, UNKNOWN, YES
from alertd.market.columns import Codes, Counts, Flags, Floats, Numbers
from alertd.model.alert import State

TELL, FIRE, IGNORE = 0, 1, 2
"""`already_true`, as the columns hold it."""

NEW, INACTIVE, PENDING, FIRING, TRUE = (int(state) for state in State)
"""`State`, as the columns hold it."""

UNLIMITED = np.iinfo(np.uint16).max
"""The limit of an alert that may fire for ever. Episodes and reminders are counted up to it, and no further."""

BUSY = -1
"""In the place of the verdict with which an alert stays as it is: there is none."""


@dataclass(slots=True)
class Standing:
    """The state of n alerts; `advance` changes it in place. The columns are those of `model.alert.ALERT`."""

    state: Codes
    mark: Floats
    opened: Floats
    episode: Numbers
    fired: Counts
    reminders: Counts

    def of(self, which: Flags) -> "Standing":
        return Standing(*(getattr(self, name)[which] for name in STANDING))

    def copy(self) -> "Standing":
        return Standing(*(getattr(self, name).copy() for name in STANDING))

    def changed(self, before: "Standing") -> Flags:
        """True for the alerts of which something is another than before."""
        changed = np.zeros(len(self.state), np.bool_)
        for name in STANDING:
            old, new = getattr(before, name), getattr(self, name)
            differs = old != new
            if old.dtype == np.float64:
                differs &= ~(np.isnan(old) & np.isnan(new))
            changed |= differs
        return changed


STANDING = tuple(each.name for each in fields(Standing))


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rules of n alerts ask for: seconds, infinity for no reminder; `limit` of episodes; `already` coded."""

    for_: Floats
    keep: Floats
    cooldown: Floats
    remind: Floats
    limit: Counts
    already: Codes

    def of(self, which: Flags) -> "Terms":
        return Terms(*(getattr(self, name)[which] for name in TERMS))


TERMS = tuple(each.name for each in fields(Terms))


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
    resolved = (_fade if verdicts.momentary and verdicts.until is None else _end)(standing, terms, verdicts, now)
    fired, dropped = _begin(standing, terms, verdicts, resolved, now)
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
    alerts.mark[fires] = -np.inf  # whatever `for` says
    looked = true & ~fires & ~verdicts.blocked
    alerts.state[looked] = TRUE
    told: Flags = looked & (terms.already == TELL)
    return told


def _end(alerts: Standing, terms: Terms, verdicts: Verdicts, now: float) -> Flags:
    firing, ends = alerts.state >= FIRING, verdicts.over
    if verdicts.until is None:
        alerts.mark[firing & ends & np.isnan(alerts.mark)] = now
        alerts.mark[firing & ~ends & verdicts.known] = np.nan
        ends = ends & (now >= alerts.mark + terms.keep)
    return _over(alerts, firing & ends)


def _fade(alerts: Standing, terms: Terms, verdicts: Verdicts, now: float) -> Flags:
    """The end of what was true for a moment: its `mark` is that moment, the last of them where it is kept."""
    firing = alerts.state == FIRING
    ends = firing & (now > alerts.mark + terms.keep)
    alerts.mark[firing & ~ends & (verdicts.when == YES)] = now
    return _over(alerts, ends)


def _over(alerts: Standing, ends: Flags) -> Flags:
    resolved: Flags = ends & (alerts.state == FIRING)
    alerts.state[ends] = INACTIVE
    alerts.mark[ends] = np.nan
    return resolved


def _begin(
    alerts: Standing, terms: Terms, verdicts: Verdicts, resolved: Flags, now: float
) -> tuple[Flags, dict[str, Flags]]:
    yes, spent = verdicts.when == YES, alerts.fired >= terms.limit
    in_episode = (alerts.state == FIRING) | resolved
    starts = (alerts.state == INACTIVE) & yes & ~spent
    if verdicts.momentary:
        starts &= ~resolved  # one event in a tick
    alerts.state[starts] = PENDING
    alerts.mark[starts] = now
    pending = alerts.state == PENDING
    falls = pending & (verdicts.when == NO)
    ripe = pending & yes & ~spent & (now >= alerts.mark + terms.for_)
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
            "firing": yes & in_episode,
        }
    alerts.state[falls] = INACTIVE
    alerts.mark[falls] = np.nan
    alerts.state[opens] = FIRING
    alerts.mark[opens] = now if verdicts.momentary and verdicts.until is None else np.nan
    alerts.opened[opens] = now
    alerts.episode[opens] += 1
    alerts.fired[opens] += alerts.fired[opens] < UNLIMITED - 1
    alerts.reminders[opens] = 0
    return opens, dropped


def _remind(alerts: Standing, terms: Terms, verdicts: Verdicts, now: float) -> Flags:
    reminds = alerts.opened + (alerts.reminders + 1.0) * terms.remind
    due: Flags = (alerts.state == FIRING) & verdicts.known & (now >= reminds)
    if due.any():
        passed = np.floor((now - alerts.opened[due]) / terms.remind[due])
        count = np.maximum(alerts.reminders[due] + 1.0, passed)
        alerts.reminders[due] = np.minimum(count, UNLIMITED).astype(np.uint16)
    return due


def due(alerts: Standing, terms: Terms, opening: Floats, after: float, *, fades: bool) -> Floats:
    """When each alert must next be looked at though no reading comes; infinity for never.

    `opening` is when its hours next begin, -infinity while they last; with `fades` an episode ends right after its
    moment. A timer that was over by `after` waits for the next known verdict.
    """
    ripe = np.fmax(np.fmax(alerts.mark + terms.for_, alerts.opened + terms.cooldown), opening)
    clears = alerts.mark + terms.keep
    if fades:
        clears = np.nextafter(clears, np.inf)
    firing = alerts.state >= FIRING
    times = (
        np.where(alerts.state == PENDING, ripe, np.inf),
        np.where(firing, clears, np.inf),
        np.where(alerts.state == FIRING, _next_reminder(alerts, terms, after), np.inf),
    )
    return reduce(np.minimum, [np.where(time > after, time, np.inf) for time in times])


def _next_reminder(alerts: Standing, terms: Terms, after: float) -> Floats:
    """Each time that long has passed: one that nobody could be sure of is not made up for before the next."""
    times = np.maximum(alerts.reminders + 1.0, np.floor((after - alerts.opened) / terms.remind) + 1.0)
    reminds: Floats = alerts.opened + times * terms.remind
    return reminds


def calm(alerts: Standing, terms: Terms, *, momentary: bool, until: bool) -> Codes:
    """The verdicts that leave an alert as it is and start no timer, as bits: 1 << NO and so on.

    They are those of `when`; of an alert that fires and has an `until`, of that.
    """
    inactive = alerts.state == INACTIVE
    lasts = (alerts.state >= FIRING) & np.isnan(alerts.mark) & np.isinf(terms.remind) & (not momentary)
    none_true = 1 << NO | 1 << UNKNOWN
    masks: Codes = inactive * np.int8(none_true)
    # A momentary one without a verdict yet has no first look to wait for.
    masks |= ((alerts.state == NEW) & momentary) * np.int8(1 << UNKNOWN)
    masks |= lasts * np.int8(none_true if until else 1 << YES | 1 << UNKNOWN)
    masks |= (inactive & (alerts.fired >= terms.limit)) * np.int8(1 << YES)
    return masks


def quiet(alerts: Standing, terms: Terms, said: Codes, *, momentary: bool, until: bool) -> Flags:
    """True where this verdict leaves the alert as it is."""
    rests: Flags = (calm(alerts, terms, momentary=momentary, until=until) >> said & 1).astype(np.bool_)
    return rests
