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
"""The source that these readings come from. They are of the coin `market`."""


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
    moved = market.flags(np.concatenate([absorbed.new, absorbed.revised, absorbed.back]))
    ended = market.flags(absorbed.stale)
    tick = Tick.of(market, now)
    names: list[str] = []
    values: list[float] = []
    times: list[float] = []
    silent: list[int] = []
    for name, each in all_of.items():
        if moved[each.series].any():
            value = each.value(tick)
            if np.isfinite(value):
                names.append(name)
                values.append(value)
                times.append(float(market.latest.at[each.series].max()))
        elif ended[each.series].any():
            silent.append(each.number)
    parts = [absorbed, *(market.absorb(poll, now) for poll in _polls(names, values, times, now))]
    return _joined([*parts, _silence(market, np.array(silent, np.intp))])


def _silence(market: Market, numbers: Rows) -> Absorbed:
    """With a part that went stale, the whole does."""
    gone = numbers[market.latest.fresh[numbers]]
    market.latest.fresh[gone] = False
    market.touched.update(blocks_of(gone))
    none = gone[:0]
    return Absorbed(none, none, gone, none, none)


def _polls(names: Sequence[str], values: Sequence[float], times: Sequence[float], now: float) -> Sequence[Poll]:
    readings = tuple(
        Readings(SOURCE, name, (MARKET,), np.array([value]), np.array([at]))
        for name, value, at in zip(names, values, times, strict=True)
    )
    return [Poll(SOURCE, now, readings)] if readings else []


def _joined(parts: Sequence[Absorbed]) -> Absorbed:
    new, revised, stale, back, filled = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("new", "revised", "stale", "back", "filled")
    )
    return Absorbed(new, revised, stale, back, filled, sum((part.refused for part in parts), Counter()))
