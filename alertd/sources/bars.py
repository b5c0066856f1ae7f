"""What was traded in each bar: the fields `volume(1h)` and `base_volume(1h)`, and their making from bars of a price."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from alertd.conditions.fields import FIELDS
from alertd.conditions.functions import INTERVALS
from alertd.conditions.text import exact_duration
from alertd.model.reading import Bars, Floats
from alertd.model.units import duration
from alertd.sources.values import bars_of_points

PER_BAR = tuple(name for name, spec in FIELDS.items() if spec.per_bar)


class BarField(NamedTuple):
    """`volume(1h)` in its parts."""

    base: str
    interval: float


def bar_field(name: str) -> BarField | None:
    """The parts of a field that comes per bar, None of any other."""
    base, _, length = name.partition("(")
    return BarField(base, duration(length.removesuffix(")"))) if base in PER_BAR and length else None


def bar_of(name: str) -> BarField:
    """The parts of a field that comes per bar. Raises ValueError for any other."""
    if (field := bar_field(name)) is None:
        raise ValueError(f"{name} does not come per bar")
    return field


def spelled(fields: Iterable[str]) -> tuple[str, ...]:
    """The names that conditions have for these fields: one per length of bar where a field comes per bar."""
    return tuple(
        name
        for field in fields
        for name in (
            (f"{field}({exact_duration(each)})" for each in INTERVALS.values()) if field in PER_BAR else (field,)
        )
    )


def tells(bars: Bars, name: str) -> bool:
    """True if bars of a price tell what was traded by the field of that name (`volume(1h)`)."""
    field = bar_field(name)
    return field is not None and _column(bars, field) is not None and field.interval % bars.interval == 0


def traded(bars: Bars, field: BarField) -> tuple[Floats, Floats]:
    """(ends, values) of a field, from bars of a price that are as long or divide it; none where they do not tell what
    was traded. A first or a last bar that they do not reach to the end of is left out."""
    column = _column(bars, field)
    if column is None or not len(bars.end):
        return np.empty(0), np.empty(0)
    slots = np.ceil(bars.end / field.interval) * field.interval
    first = np.flatnonzero(np.diff(slots, prepend=-np.inf))
    ends, values = slots[first], np.add.reduceat(column, first)
    whole = np.ones(len(ends), np.bool_)
    whole[0] = bars.end[0] - bars.interval <= ends[0] - field.interval
    whole[-1] &= bars.end[-1] >= ends[-1]
    return ends[whole], values[whole]


def traded_bars(bars: Bars, name: str) -> Bars:
    """The readings of a field that comes per bar (`volume(1h)`) as bars of one value each, at their ends; those that
    are not known are left out."""
    field = bar_of(name)
    ends, values = traded(bars, field)
    sound = np.isfinite(values) & (values >= 0)
    return bars_of_points(bars.source, name, bars.coin, field.interval, (ends[sound], values[sound]))


def _column(bars: Bars, field: BarField) -> Floats | None:
    return bars.quote_volume if field.base == "volume" else bars.volume
