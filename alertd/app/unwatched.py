"""What there is in place of sources, charts and figures where nothing is watched: for a clerk without a daemon."""

from collections.abc import Collection, Mapping

from alertd.app.restore import Restored
from alertd.bot.office import NO_PRICES
from alertd.dispatch.policy import Policy
from alertd.model.event import EventKind
from alertd.model.notification import Picture
from alertd.pipeline import Pipeline
from alertd.ports import Clock, Store


class _Uncounted:
    """An observer whom nobody asks."""

    def tick(self, seconds: float) -> None: ...
    def event(self, kind: EventKind, count: int = 1) -> None: ...
    def refused(self, source: str, reason: str, count: int = 1) -> None: ...
    def not_sent(self, reason: str, count: int = 1) -> None: ...


class NoQuotes:
    """See `bot.office.Quotes`."""

    async def fetch(self, wanted: Mapping[str, Collection[str]]) -> str:
        return ""

    async def watch(self) -> None: ...


class NoCharts:
    """See `bot.office.Charts`."""

    async def draw(self, picture: Picture) -> bytes | str:
        return NO_PRICES


def unwatched(restored: Restored, policy: Policy, store: Store, clock: Clock, *, still: bool) -> Pipeline:
    """An engine that no courier hears of; where it is `still`, no timer of a rule runs either."""
    return Pipeline(
        restored.state,
        restored.dispatch,
        policy,
        store,
        clock,
        observer=_Uncounted(),
        wake=lambda: None,
        known=restored.known,
        catching_up=still,
    )
