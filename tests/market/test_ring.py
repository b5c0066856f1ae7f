"""Rings against an oracle that keeps every reading and knows the definitions of DESIGN.md §5 and nothing else."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.market import windows
from alertd.market.ring import HOUR, MINUTE, Ring, interval_for, slots_for
from alertd.model.reading import Bars

NAN = float("nan")


@dataclass
class Oracle:
    """All readings of one series, oldest first, and what its windows hold."""

    interval: float
    readings: list[tuple[float, float]] = field(default_factory=list)

    def end(self, at: float) -> float:
        return math.ceil(at / self.interval) * self.interval

    def take(self, at: float, value: float) -> None:
        if self.readings and self.readings[-1][0] == at:
            self.readings.pop()
        self.readings.append((at, value))

    def window(self, seconds: float, now: float, *, before: bool = False) -> list[tuple[float, float]]:
        """(end of its bar, value) of the readings in it."""
        told = self.readings[:-1] if before else self.readings
        return [(self.end(at), value) for at, value in told if self.end(at) > now - seconds]

    def high(self, seconds: float, now: float, *, before: bool) -> float:
        return max((value for _, value in self.window(seconds, now, before=before)), default=NAN)

    def low(self, seconds: float, now: float, *, before: bool) -> float:
        return min((value for _, value in self.window(seconds, now, before=before)), default=NAN)

    def average(self, seconds: float, now: float) -> float:
        closes = list(dict(self.window(seconds, now)).values())
        return sum(closes) / len(closes) if closes else NAN

    def close_by(self, when: float) -> float:
        return next((value for at, value in reversed(self.readings) if self.end(at) <= when), NAN)

    def level(self, seconds: float, now: float, sign: int) -> float:
        """The lowest swing high (of values times the sign) at or above the latest value, of the bars that ended in the
        window."""
        bars: dict[float, float] = {}
        for end, value in self.window(seconds, now):
            if end <= now:
                bars[end] = max(sign * value, bars.get(end, -math.inf))
        tops = list(bars.values())
        swings = (
            tops[k] for k in range(2, len(tops) - 2) if max(tops[k - 2 : k]) < tops[k] >= max(tops[k + 1 : k + 3])
        )
        return min((top for top in swings if top >= sign * self.readings[-1][1]), default=NAN)

    def complete(self, seconds: float, now: float) -> bool:
        return bool(self.readings) and self.end(self.readings[0][0]) <= now - seconds


pauses = st.sampled_from([0, 1, 20, 40, 60, 61, 180, 3000])
ahead = st.sampled_from([-150, -30, 0, 0, 0, 59])
ticks = st.tuples(pauses, st.lists(st.tuples(ahead, st.integers(1, 50)), min_size=2, max_size=2))


@settings(max_examples=200)
@given(
    st.lists(ticks, min_size=1, max_size=40),
    st.sampled_from([30.0, 60.0, 90.0, 300.0, 3600.0]),
    st.sampled_from([MINUTE, 20 * MINUTE]),
)
def test_windows_are_what_the_definitions_say(
    script: list[tuple[int, list[tuple[int, int]]]], window: float, interval: float
) -> None:
    """Two series in one ring, one ahead of the other; some readings are revised, some dated back or ahead."""
    ring, now = Ring(interval), 1_000_000.0
    rows = np.array([ring.add(1), ring.add(2)])
    ring.fit(int(-(-window // interval)) + 3, opens=False)
    oracles = [Oracle(interval), Oracle(interval)]
    for pause, readings in script:
        now += pause
        for row, (oracle, (offset, value)) in enumerate(zip(oracles, readings, strict=True)):
            at = max(now + offset, oracle.readings[-1][0]) if oracle.readings else now + offset
            replace = bool(oracle.readings) and at == oracle.readings[-1][0]
            oracle.take(at, value)
            ring.put(np.array([row]), np.array([at]), np.array([float(value)]), replace=replace)
        for part in (rows, slice(0, 2)):
            _check(ring, part, oracles, window, now)


def _check(ring: Ring, rows: windows.Part, oracles: list[Oracle], window: float, now: float) -> None:
    for before in (True, False):
        _same(
            windows.highest(ring, rows, window, now, before=before),
            [o.high(window, now, before=before) for o in oracles],
        )
        _same(
            windows.lowest(ring, rows, window, now, before=before),
            [o.low(window, now, before=before) for o in oracles],
        )
    _same(windows.average(ring, rows, window, now), [o.average(window, now) for o in oracles])
    known = windows.complete(ring, rows, window, now)
    assert known.tolist() == [o.complete(window, now) for o in oracles]
    _same(
        windows.close_by(ring, rows, now - window)[known],
        [o.close_by(now - window) for o in oracles if o.complete(window, now)],
    )
    values = np.array([o.readings[-1][1] for o in oracles])
    _same(windows.level_above(ring, rows, window, now, values), [o.level(window, now, 1) for o in oracles])
    _same(windows.level_below(ring, rows, window, now, values), [-o.level(window, now, -1) for o in oracles])


def _same(ours: np.ndarray[tuple[int, ...], np.dtype[np.float64]], theirs: list[float]) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize(
    ("window", "interval", "slots"),
    [(60.0, MINUTE, 4), (90.0, MINUTE, 5), (86400.0, MINUTE, 1443), (86460.0, HOUR, 28), (30.0, MINUTE, 4)],
)
def test_the_bars_of_a_window(window: float, interval: float, slots: int) -> None:
    assert (interval_for(window), slots_for(window)) == (interval, slots)


def filled(slots: int = 10, *, opens: bool = False) -> Ring:
    ring = Ring(MINUTE)
    ring.add(1)
    ring.fit(slots, opens=opens)
    return ring


ROW = np.array([0])


def put(ring: Ring, at: float, value: float, *, replace: bool = False) -> None:
    ring.put(ROW, np.array([at]), np.array([value]), replace=replace)


def fill(ring: Ring, *bars: tuple[float, float]) -> None:
    end, close = np.array([end for end, _ in bars]), np.array([close for _, close in bars])
    ring.fill(0, Bars("binance", "price", "BTC", 60.0, end, close + 0.5, close + 1, close - 1, close))


def test_history_goes_in_behind_what_is_there() -> None:
    ring = filled()
    put(ring, 600.0, 50.0)
    fill(ring, (300.0, 10.0), (360.0, 11.0), (600.0, 99.0))
    assert windows.highest(ring, ROW, 400.0, 600.0, before=False).tolist() == [50.0]
    assert windows.lowest(ring, ROW, 400.0, 600.0, before=False).tolist() == [9.0]
    assert [float(windows.close_by(ring, ROW, when)[0]) for when in (300, 360, 540, 600)] == [10.0, 11.0, 11.0, 50.0]
    assert windows.complete(ring, ROW, 300.0, 600.0).tolist() == [True]


def test_history_of_shorter_bars_is_joined() -> None:
    ring = filled()
    fill(ring, (310.0, 10.0), (330.0, 15.0), (360.0, 12.0))
    assert windows.highest(ring, ROW, 120.0, 400.0, before=False).tolist() == [16.0]
    assert windows.close_by(ring, ROW, 360.0).tolist() == [12.0]


def test_history_from_before_the_bars_is_the_close_they_begin_with() -> None:
    ring = filled(slots=3)
    put(ring, 600.0, 50.0)
    fill(ring, (60.0, 10.0), (120.0, 11.0))
    assert windows.close_by(ring, ROW, 500.0).tolist() == [11.0]


def test_a_revision_leaves_what_history_filled_in() -> None:
    ring = filled()
    fill(ring, (590.0, 20.0))
    put(ring, 590.0, 5.0, replace=True)
    assert windows.highest(ring, ROW, 60.0, 600.0, before=False).tolist() == [21.0]
    assert windows.close_by(ring, ROW, 600.0).tolist() == [5.0]


def test_growing_keeps_the_bars() -> None:
    ring = filled(slots=4)
    for minute in range(1, 11):
        put(ring, 60.0 * minute, float(minute))
    ring.fit(20, opens=False)
    assert [float(windows.close_by(ring, ROW, 60.0 * minute)[0]) for minute in range(7, 11)] == [7.0, 8.0, 9.0, 10.0]
    assert windows.complete(ring, ROW, 180.0, 600.0).tolist() == [True]
    assert windows.complete(ring, ROW, 181.0, 600.0).tolist() == [False]


def test_a_silence_longer_than_the_ring_leaves_the_last_close() -> None:
    ring = filled(slots=4)
    put(ring, 60.0, 5.0)
    put(ring, 6000.0, 7.0)
    assert windows.close_by(ring, ROW, 5940.0).tolist() == [5.0]
    assert np.isnan(windows.highest(ring, ROW, 180.0, 6000.0, before=True)).all()
    assert ring.dropped >= {1}
