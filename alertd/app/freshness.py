"""Whether the sources are heard: when each gave its last poll, and how long it may be silent."""

from collections.abc import Mapping, Set
from math import isfinite

from alertd.rules.state import State


def stale_after(state: State) -> dict[str, float]:
    """Source → seconds for which it may be silent, of all that some rule asks something of: as long as what they give
    most often stays fresh. Recorded prices, which are never stale, are not among them."""
    found: dict[str, float] = {}
    for source, fields in state.wanted().items():
        ages = [
            feed.stale_after
            for field, coins in fields.items()
            for feed in state.feeds.candidates(field, next(iter(coins)), source)
        ]
        if isfinite(age := min(ages)):
            found[source] = age
    return found


class Freshness:
    """The last good poll of each source. Times are epoch seconds."""

    def __init__(self) -> None:
        self._stale_after: Mapping[str, float] | None = None
        self._since: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self._taking: set[str] = set()

    @property
    def since_start(self) -> Set[str]:
        """The sources that have answered."""
        return self._heard.keys()

    def expect(self, stale_after: Mapping[str, float], now: float) -> None:
        """From now on these are to be heard, each that often (see `stale_after`)."""
        self._since = {source: self._since.get(source, now) for source in stale_after}
        self._stale_after = stale_after

    def heard(self, source: str, now: float) -> None:
        """It has answered; until `taken` it is not asked again, and so it is not silent."""
        self._heard[source] = now
        self._taking.add(source)

    def taken(self, source: str, now: float) -> None:
        """Its answer has been judged, however long that took."""
        self._heard[source] = now
        self._taking.discard(source)

    def skip(self, seconds: float, now: float) -> None:
        """For so long nobody was asked: the machine slept, or its clock was set. Less than 0 is none of alertd's time,
        which does not go back."""
        for times in (self._since, self._heard):
            times.update({source: max(at, min(at + seconds, now)) for source, at in times.items()})

    def silent(self, now: float) -> dict[str, float]:
        """Source → for how many seconds it has been silent, of those that are stale."""
        limits = self._stale_after or {}
        ages = {source: now - max(since, self._heard.get(source, since)) for source, since in self._since.items()}
        return {source: age for source, age in ages.items() if age > limits[source] and source not in self._taking}

    def any(self, now: float) -> bool:
        """True if some source was heard lately, or none is to be heard. A time that is yet to come, left by a clock
        that was put back, proves nothing."""
        if self._stale_after is None:
            return False
        ages = {source: now - self._heard[source] for source in self._stale_after if source in self._heard}
        return not self._stale_after or any(0 <= age <= self._stale_after[source] for source, age in ages.items())
