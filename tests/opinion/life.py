"""The life of one alert: inactive → pending → firing → inactive, at most one event a tick."""

from dataclasses import dataclass
from math import floor, inf, nextafter
from typing import NamedTuple

from tests.opinion.look import Verdict
from tests.opinion.sentence import Condition, momentary


@dataclass(frozen=True)
class Terms:
    """A rule, as far as its alerts' lives go. Durations are seconds; `fire` is how many episodes there may be,
    `remind` infinity for never, `no_data` None to never tell of silence, `expires` epoch seconds."""

    name: str
    coins: tuple[str, ...]
    when: Condition
    until: Condition | None = None
    for_: float = 0.0
    keep_firing_for: float = 0.0
    cooldown: float = 0.0
    fire: float = inf
    remind: float = inf
    already_true: str = "tell"
    no_data: float | None = 0.0
    expires: float = inf

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes a new alert when it changes."""
        return self.when, self.until, self.for_


class Event(NamedTuple):
    time: float
    rule: str
    coin: str
    kind: str
    episode: int
    ordinal: int
    reason: str = ""


def fades(terms: Terms) -> bool:
    """A momentary is NO right after its tick, whatever is known by then."""
    return momentary(terms.when) and terms.until is None


@dataclass
class Life:
    """`state` is `new` until the first known verdict. `since` is when YES began, `cleared` when NO began while
    firing; `open` says that there is an episode, `opened` when the last one opened; `spent` counts this alert's own,
    `reminded` is the number of the open episode's last reminder."""

    state: str = "new"
    since: float | None = None
    cleared: float | None = None
    opened: float = -inf
    open: bool = False
    spent: int = 0
    reminded: int = 0

    def advance(self, terms: Terms, t: float, when: Verdict, until: Verdict) -> tuple[str, int]:
        """The event of a tick and its ordinal; no event is ""."""
        if self.state == "new" and when is not None:
            self.state = "inactive"
            if when and not momentary(terms.when):
                if until is not True:
                    return self._first_look(terms, t)
                # No episode opens while `until` is YES; one that opens whatever `for` says opens right after.
                self.state, self.since = "pending", -inf if terms.already_true == "fire" else t
        if self.state == "firing":
            return self._while_firing(terms, t, when, until)
        if when is False:
            self.state, self.since = "inactive", None
        elif when:
            return self._while_yes(terms, t, until)
        return "", 1

    def _first_look(self, terms: Terms, t: float) -> tuple[str, int]:
        if terms.already_true == "fire":
            return self._open(terms, t)
        self.state = "firing"
        return ("already_true" if terms.already_true == "tell" else ""), 1

    def _while_yes(self, terms: Terms, t: float, until: Verdict) -> tuple[str, int]:
        if self.since is None:
            self.state, self.since = "pending", t
        # UNKNOWN is not YES: an `until` nobody can tell does not keep an episode from opening.
        may = self.spent < terms.fire and t >= self.opened + terms.cooldown and until is not True
        if may and t >= self.since + terms.for_:
            return self._open(terms, t)
        if momentary(terms.when):
            self.state, self.since = "inactive", None  # dropped
        return "", 1

    def _open(self, terms: Terms, t: float) -> tuple[str, int]:
        self.state, self.open, self.opened, self.since = "firing", True, t, None
        self.spent += 1
        self.reminded = 0
        self.cleared = t if fades(terms) else None
        return "fired", 1

    def _while_firing(self, terms: Terms, t: float, when: Verdict, until: Verdict) -> tuple[str, int]:
        if self._over(terms, t, when, until):
            return self._end(terms, t, when), 1
        number = floor((t - self.opened) / terms.remind) if self.open else 0
        # It waits for a known verdict, as all that a timer leads to: of what ends the episode.
        if (when if terms.until is None else until) is not None and number > self.reminded:
            self.reminded = number
            return "reminded", number
        return "", 1

    def _over(self, terms: Terms, t: float, when: Verdict, until: Verdict) -> bool:
        if terms.until is not None:
            return until is True
        if fades(terms):
            self.cleared = t if when else self.cleared
            return self.cleared is not None and t > self.cleared + terms.keep_firing_for
        if when is False:
            self.cleared = t if self.cleared is None else self.cleared
            return t >= self.cleared + terms.keep_firing_for
        self.cleared = None if when else self.cleared
        return False

    def _end(self, terms: Terms, t: float, when: Verdict) -> str:
        told = "resolved" if self.open else ""
        self.state, self.open, self.cleared = "inactive", False, None
        if when and not momentary(terms.when):
            self.state, self.since = "pending", t
        return told

    def timers(self, terms: Terms, after: float) -> dict[str, float]:
        """When time alone could change something, by what it is; of the reminders the first after that time."""
        found = {}
        if self.state == "pending" and self.since is not None and self.spent < terms.fire:
            found["opens"] = max(self.since + terms.for_, self.opened + terms.cooldown)
        if self.state == "firing" and self.cleared is not None:
            clears = self.cleared + terms.keep_firing_for
            found["clears"] = nextafter(clears, inf) if fades(terms) else clears
        if self.open and terms.remind < inf:
            passed = floor((max(after, self.opened) - self.opened) / terms.remind)
            found["reminds"] = self.opened + (passed + 1) * terms.remind
        return found
