"""How much a person wants to hear, and where: receivers, caps, and the way to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from alertd.dispatch.route import Route
from alertd.model.notification import Destination

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


@dataclass(frozen=True, slots=True)
class Receiver:
    """A named destination: a message to it goes to each of `destinations` and counts once against `cap`."""

    name: str
    destinations: tuple[Destination, ...]
    cap: Cap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about telling people.

    `operator` names the receivers of notices. `expires` is for how many seconds a message is worth sending.
    `chart` is the link's address with `{symbol}` in it, "" for none; `zone` is the one that times are printed in.
    """

    receivers: Mapping[str, Receiver]
    route: Route | None = None
    operator: tuple[str, ...] = ()
    expires: float = 21_600.0
    chart: str = TRADINGVIEW
    zone: tzinfo = field(default=UTC)
