"""How much a person wants to hear, when and where: receivers with their limits, and the way to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum

from alertd.dispatch.hours import Hours
from alertd.dispatch.inhibit import Inhibition
from alertd.dispatch.route import Route
from alertd.dispatch.schedule import Schedule
from alertd.model.notification import Destination, Loudness

DAY = 86_400.0
TRADINGVIEW = "https://www.tradingview.com/symbols/{symbol}USD/"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` messages in any `seconds` (`30/h` is Cap(30, 3600.0)), a day at the longest."""

    count: int
    seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 < self.seconds <= DAY:
            raise ValueError("expected a cap such as 30/h: one message or more, in a day at the longest")


class Follow(StrEnum):
    """How the end of an episode is told where its beginning was: a change of that message in place (or, where the
    platform cannot, an answer to it), an answer to it, or a message of its own."""

    EDIT = "edit"
    REPLY = "reply"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Where a message goes that none of a receiver's destinations has taken `after` seconds after it was made."""

    destinations: tuple[Destination, ...]
    after: float = 60.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """A named destination: a message to it goes to each of `destinations` and counts once against `cap`.

    In `quiet` hours only what is critical is told; the rest comes in one digest at their end. With a `digest` schedule
    everything else than what is critical comes at its times only, or where something holds it then, as soon as that is
    over. What is critical does not count against `cap`. `loudness` is by severity. Times are told in `zone`, None for
    the policy's.
    """

    name: str
    destinations: tuple[Destination, ...]
    cap: Cap | None = None
    quiet: Hours | None = None
    digest: Schedule | None = None
    otherwise: Otherwise | None = None
    loudness: Mapping[str, Loudness] = field(default_factory=dict)
    follow: Follow = Follow.EDIT
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class StormLimit:
    """A storm is more than `coins` coins that fire for one receiver within `seconds`."""

    coins: int = 50
    seconds: float = 300.0


EXPIRES = 21_600.0
RUNAWAY = Cap(60, 3600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about telling people.

    `operator` names the receivers of notices. `expires` is for how many seconds a message is worth sending by itself.
    `hours` are the named intervals. `runaway` is how many messages one rule may send to one receiver before it is
    muted. `chart` is the link's address with `{symbol}` in it, "" for none; `public_url` where people reach alertd's
    own pages, "" where they do not; `zone` is the one that times are printed in.
    """

    receivers: Mapping[str, Receiver]
    route: Route | None = None
    operator: tuple[str, ...] = ()
    expires: float = EXPIRES
    hours: Mapping[str, Hours] = field(default_factory=dict)
    inhibit: tuple[Inhibition, ...] = ()
    storm: StormLimit | None = StormLimit()
    runaway: Cap | None = RUNAWAY
    chart: str = TRADINGVIEW
    public_url: str = ""
    zone: tzinfo = field(default=UTC)

    @property
    def looks_back(self) -> float:
        """For how many seconds what was told and what fired counts."""
        return max([limit.seconds for limit in (self.storm, self.runaway) if limit], default=0.0)
