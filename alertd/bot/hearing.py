"""Whether a bot hears what people say: for `status`, and for the operator where it has heard nothing for a while."""

from collections.abc import Callable, Mapping
from math import inf

from alertd.dispatch.notice import QUIET, recovery_key
from alertd.model.units import say_duration
from alertd.ports import Clock

AWAY = 60.0
"""Seconds without its platform after which the operator is told."""


class Hearing:
    """Of the bot of one channel. `tell` has the operator told, see `platforms.Ears`."""

    def __init__(self, channel: str, clock: Clock, tell: Callable[[str, str], None]) -> None:
        self._channel = channel
        self._clock = clock
        self._tell = tell
        self.why = "it is starting"
        """Why it hears nothing just now, "" while it does."""
        self._since = clock.now()
        self._key = f"bot:{channel}"
        self._told = False
        self._quiet_until = -inf

    def know(self, told: Mapping[str, float]) -> None:
        """Before it begins: what the operator was told in the last run, by its key, and when."""
        begun, over = told.get(self._key, -inf), told.get(recovery_key(self._key), -inf)
        self._told, self._quiet_until = begun > over, over + QUIET

    @property
    def state(self) -> str:
        """Whether it listens, for how long, and why not."""
        lasts = say_duration(max(self._clock.now() - self._since, 0.0))
        return f"hears nothing for {lasts}: {self.why}" if self.why else f"listens for {lasts}"

    def hears(self) -> None:
        """It is connected, whether or not somebody speaks."""
        if self.why:
            self.why, self._since = "", self._clock.now()
        if self._told:
            self._told, self._quiet_until = False, self._clock.now() + QUIET
            self._tell(recovery_key(self._key), f"the bot of {self._channel} hears again")

    def deaf(self, why: str, *, after: float = AWAY) -> None:
        """It is not, which is told once, where that has lasted for `after` seconds: to be called with every attempt.
        After it was told that it hears again, that is said an hour later where it still lasts."""
        now = self._clock.now()
        if not self.why:
            self._since = now
        self.why = why
        if not self._told and now - self._since >= after and now > self._quiet_until:
            self._told = True
            self._tell(self._key, f"the bot of {self._channel} hears nothing: {why}")
