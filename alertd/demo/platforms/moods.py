"""How a platform feels: what it does to requests, whatever they ask. It may be changed at any time."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Temper(StrEnum):
    WELL = "well"
    DEAD = "dead"
    """Connections are refused, and those that are open are broken."""
    SILENT = "silent"
    """It takes the request, notes nothing and never answers."""
    FAILING = "failing"
    """5xx (mail: 451), notes nothing."""
    LIMITED = "limited"
    """429 with Retry-After (mail: 450), about the address that was asked for; notes nothing."""
    TRUNCATED = "truncated"
    """It takes the message and notes it; the answer has its full Content-Length, and breaks off in the middle."""
    SWALLOWS = "swallows"
    """It takes the message and notes it, and breaks the connection instead of answering."""
    BANNED = "banned"
    """It refuses whoever comes, as this platform bans."""
    LYING = "lying"
    """Feeds only: values that cannot be."""


class Lie(StrEnum):
    """What a lying feed makes of its values."""

    ZERO = "zero"
    NEGATIVE = "negative"
    NAN = "nan"
    THOUSANDFOLD = "thousandfold"
    OLD = "old"
    """Times of a year ago."""
    TYPE = "type"
    """Lists where there are numbers, and words where there are numbers in strings."""


@dataclass(frozen=True, slots=True)
class Mood:
    """`share` of the requests (by `seed`, the same ones each time) are treated so, the others well; DEAD takes all.

    `status` is the 5xx of FAILING (mail: 421, 451, 452 or 454); where it is none of its own, a platform takes its usual
    one. `retry_after` (seconds) stands in what FAILING and LIMITED answer: FAILING says none where it is None, LIMITED
    1. `lies` are what LYING picks from.
    """

    temper: Temper = Temper.WELL
    share: float = 1.0
    retry_after: float | None = None
    status: int = 0
    seed: int = 0
    lies: tuple[Lie, ...] = tuple(Lie)


WELL = Mood()


class Dice:
    """Which requests a mood is about. A new mood begins anew."""

    def __init__(self, mood: Mood) -> None:
        self.mood = mood
        self._random = Random(mood.seed)

    def cast(self) -> Temper:
        """What the next request meets."""
        mood = self.mood
        if mood.temper is Temper.WELL or mood.share >= 1:
            return mood.temper
        return mood.temper if self._random.random() < mood.share else Temper.WELL

    def lie(self) -> Lie:
        """What the next answer is spoilt by."""
        return self._random.choice(self.mood.lies)
