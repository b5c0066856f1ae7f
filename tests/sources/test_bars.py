"""Fields that come per bar: their names, and their making from bars of a price."""

from dataclasses import replace

import numpy as np
import pytest

from alertd.conditions.fields import spec_of
from alertd.model.reading import Bars
from alertd.sources.bars import BarField, bar_field, bar_of, spelled, traded, traded_bars

MINUTE, HOUR = 60.0, 3600.0


def bars(interval: float, *volumes: float, first: float = 1.0) -> Bars:
    """Bars that end at `first`, `first` + 1, … intervals after the epoch; in money ten times as much was traded."""
    end = (first + np.arange(len(volumes), dtype=np.float64)) * interval
    one = np.ones(len(volumes))
    volume = np.array(volumes, np.float64)
    return Bars("it", "price", "BTC", interval, end, one, one, one, one, volume, volume * 10.0)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("volume(1h)", BarField("volume", 3600.0)),
        ("base_volume(15m)", BarField("base_volume", 900.0)),
        ("volume(7d)", BarField("volume", 604800.0)),
        ("volume_24h", None),
        ("price", None),
        ("volume", None),
    ],
)
def test_the_parts_of_a_name(name: str, field: BarField | None) -> None:
    assert bar_field(name) == field


def test_what_does_not_come_per_bar_has_no_parts() -> None:
    with pytest.raises(ValueError, match="price does not come per bar"):
        bar_of("price")


def test_a_field_is_spelled_for_each_length_of_bar() -> None:
    names = spelled(["price", "volume"])
    assert names[:3] == ("price", "volume(1m)", "volume(3m)")
    assert len(names) == 14
    for name in names[1:]:
        field, spec = bar_field(name), spec_of(name)
        assert field is not None
        assert spec is not None
        assert spec.per_bar


@pytest.mark.parametrize(
    ("column", "field", "ends", "values"),
    [
        pytest.param(bars(HOUR, 1, 2, 0), "base_volume(1h)", [3600, 7200, 10800], [1, 2, 0], id="as long"),
        pytest.param(bars(HOUR, 1, 2), "volume(1h)", [3600, 7200], [10, 20], id="in money"),
        pytest.param(bars(HOUR, 1, 2, 3, 4), "base_volume(2h)", [7200, 14400], [3, 7], id="longer"),
        pytest.param(bars(HOUR, 1, 2, 3), "base_volume(2h)", [7200], [3], id="the last not whole"),
        pytest.param(bars(HOUR, 2, 3, 4, first=2.0), "base_volume(2h)", [14400], [7], id="the first not whole"),
        pytest.param(bars(HOUR), "base_volume(1h)", [], [], id="none"),
    ],
)
def test_traded(column: Bars, field: str, ends: list[float], values: list[float]) -> None:
    found = traded(column, bar_of(field))
    assert (found[0].tolist(), found[1].tolist()) == (ends, values)


def test_a_gap_in_the_middle_adds_nothing() -> None:
    end, one = np.array([1, 2, 4]) * HOUR, np.ones(3)
    untold = Bars("it", "price", "BTC", HOUR, end, one, one, one, one)
    assert traded(untold, bar_of("base_volume(4h)"))[0].tolist() == []
    told = replace(untold, volume=np.array([1.0, 2.0, 8.0]))
    assert [column.tolist() for column in traded(told, bar_of("base_volume(4h)"))] == [[14400.0], [11.0]]
    assert traded(told, bar_of("volume(4h)"))[0].tolist() == []


def test_readings_as_bars_leave_out_what_is_not_known() -> None:
    found = traded_bars(bars(MINUTE, 1, np.nan, 3), "volume(1m)")
    assert (found.field, found.interval) == ("volume(1m)", 60.0)
    assert (found.end.tolist(), found.close.tolist()) == ([60.0, 180.0], [10.0, 30.0])
