"""Silence that is told: `no_data`."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.opinion.alert import Alert, candidates, told_of
from tests.opinion.readings import Market, Source


class Silence(NamedTuple):
    """From `stale` on no source of a field is fresh; at `told` that is told."""

    field: str
    stale: float
    told: float


def silences(alert: Alert, market: Market, sources: Sequence[Source]) -> list[Silence]:
    """Of each field by itself, counted from the last word of the last of its sources. What will never fire again, and
    is not firing, lacks nothing."""
    found = []
    if alert.terms.no_data is not None and (alert.life.open or alert.life.spent < alert.terms.fire):
        look = alert.look(market, alert.handled)
        for of in told_of(alert.terms):
            binding = look.binding(of)
            able = [market.series[one.name, of.name, binding[1]] for one in candidates(sources, binding)]
            if able:
                stale = max(one.seen + one.stale_after for one in able)
                found.append(Silence(of.name, stale, max(stale, max(one.seen for one in able) + alert.terms.no_data)))
    return found


def missing(alert: Alert, market: Market, sources: Sequence[Source], t: float) -> list[str]:
    """The fields whose silence is to be told by now; an outage is over when no field is stale any more."""
    found = silences(alert, market, sources)
    alert.out = alert.out and any(one.stale <= t for one in found)
    return [] if alert.out else [one.field for one in found if one.told <= t]


def moments(alert: Alert, market: Market, sources: Sequence[Source]) -> list[float]:
    """When a silence is to be told."""
    return [] if alert.out else [one.told for one in silences(alert, market, sources)]
