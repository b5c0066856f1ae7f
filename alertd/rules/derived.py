"""Named expressions over several coins (`series:`): what they come to is a reading like any other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from alertd.conditions.fields import MARKET
from alertd.conditions.measure import Look, Tick, number
from alertd.conditions.shape import fields_of
from alertd.conditions.tree import Expression, Field
from alertd.market.columns import Rows
from alertd.market.latest import blocks_of
from alertd.market.market import Absorbed, Market
from alertd.model.reading import Poll, Readings

SOURCE = "series"
"""The source that these readings come from. They are of the coin `market`; a series' field is its expression."""


@dataclass(slots=True, eq=False)
class Derived:
    """`tree` names the coin of each of its `fields`; `series` are those they are bound to, `number` is its own."""

    tree: Expression
    number: int
    fields: tuple[Field, ...] = field(init=False)
    series: Rows = field(init=False)

    def __post_init__(self) -> None:
        self.fields = fields_of(self.tree)
        self.series = np.zeros(len(self.fields), np.intp)

    def value(self, tick: Tick) -> float:
        """What it comes to now, NaN where a part is unknown."""
        look = Look(
            tick=tick,
            series={of: self.series[place : place + 1] for place, of in enumerate(self.fields)},
            parameters=(),
            memory=(),
            added=np.array([np.nan]),
        )
        with np.errstate(all="ignore"):
            return float(number(self.tree, look)[0])


def derive(all_of: Mapping[str, Derived], market: Market, absorbed: Absorbed, now: float) -> Absorbed:
    """Let the named expressions follow what was absorbed; returns that with what became of them."""
    touched = market.flags(np.concatenate([absorbed.new, absorbed.revised, absorbed.back, absorbed.stale]))
    tick = Tick.of(market, now)
    found: list[tuple[str, float, float]] = []
    silent: list[int] = []
    for each in all_of.values():
        if touched[each.series].any():
            value = each.value(tick)
            if np.isfinite(value):
                # A part that fails over may go back in time; what they come to together does not.
                at = np.fmax(market.latest.at[each.series].max(), market.latest.at[each.number])
                found.append((market.series[each.number].field, value, float(at)))
            elif np.isfinite(market.latest.at[each.number]) or not market.latest.fresh[each.series].all():
                silent.append(each.number)
    parts = [absorbed, *(market.absorb(poll, now) for poll in _polls(found, now))]
    return _joined([*parts, _silence(market, np.array(silent, np.intp))])


def _silence(market: Market, numbers: Rows) -> Absorbed:
    """What cannot be told any more is stale."""
    gone = numbers[market.latest.fresh[numbers]]
    market.latest.fresh[gone] = False
    market.touched.update(blocks_of(gone))
    none = gone[:0]
    return Absorbed(none, none, gone, none, none, none)


def all_moved(these: Mapping[str, Derived]) -> Absorbed:
    """As if something had come in of every part."""
    none: Rows = np.empty(0, np.intp)
    parts = np.concatenate([none, *(each.series for each in these.values())])
    return Absorbed(parts, none, none, none, none, none)


def _polls(found: Sequence[tuple[str, float, float]], now: float) -> Sequence[Poll]:
    readings = tuple(Readings(SOURCE, name, (MARKET,), np.array([value]), np.array([at])) for name, value, at in found)
    return [Poll(SOURCE, now, readings)] if readings else []


def _joined(parts: Sequence[Absorbed]) -> Absorbed:
    new, revised, stale, back, filled, heard = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("new", "revised", "stale", "back", "filled", "heard")
    )
    return Absorbed(new, revised, stale, back, filled, heard, sum((part.refused for part in parts), Counter()))
