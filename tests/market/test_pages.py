"""The market through the store and back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.market import pages, windows
from alertd.market.latest import Latest
from alertd.market.market import Market, Series
from alertd.market.ring import interval_for, slots_for
from alertd.model.reading import Poll, Readings

COINS = tuple(f"C{k}" for k in range(3))
WINDOWS = (180.0, 90_000.0)


def market() -> Market:
    made = Market(max_jump=0.5)
    for coin in COINS:
        number = made.add(Series("binance", "price", coin), now=0.0, stale_after=500.0)
        for window in WINDOWS:
            made.keep(number, interval_for(window), slots=slots_for(window), opens=True)
    return made


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([5, 60, 70, 4000]), st.sampled_from(COINS), st.sampled_from([1.0, 1.2, 2.0])),
        max_size=30,
    ),
    st.sets(st.integers(0, 29)),
)
def test_what_is_stored_block_by_block_is_the_whole_market(
    script: list[tuple[int, str, float]], stored_at: set[int]
) -> None:
    ours, now = market(), 1e6
    stored: dict[str, bytes] = {}
    for place, (pause, coin, value) in enumerate(script):
        now += pause
        column = Readings("binance", "price", (coin,), np.array([value]), np.array([now]))
        ours.absorb(Poll("binance", now, (column,)), now)
        if place in stored_at:
            _store(ours, stored)
    _store(ours, stored)
    back = Market(max_jump=0.5)
    pages.restore(back, ours.series[1:], stored)
    for number, series in enumerate(ours.series[1:], 1):
        assert back.add(series, now=now, stale_after=500.0) == number
    n = ours.latest.size
    for name in Latest.FILL:
        np.testing.assert_array_equal(getattr(back.latest, name)[:n], getattr(ours.latest, name)[:n])
    numbers = np.arange(1, n)
    for window in WINDOWS:
        for mine, theirs in zip(
            _windows(ours, window, numbers, now), _windows(back, window, numbers, now), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
    assert pages.changed(back) == {}


def _store(ours: Market, stored: dict[str, bytes]) -> None:
    for name, page in pages.changed(ours).items():
        if page is None:
            stored.pop(name, None)
        else:
            stored[name] = page


def _windows(
    of: Market, window: float, numbers: np.ndarray[tuple[int], np.dtype[np.intp]], now: float
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    for number in numbers.tolist():
        of.keep(number, interval_for(window), slots=slots_for(window))
    ring, rows = of.rings[interval_for(window)], of.rows(interval_for(window), numbers)
    return [
        windows.highest(ring, rows, window, now, before=True),
        windows.lowest(ring, rows, window, now, before=False),
        windows.average(ring, rows, window, now),
        windows.close_by(ring, rows, now - window),
        windows.complete(ring, rows, window, now).astype(np.float64),
        windows.opening(ring, rows, now),
        windows.level_above(ring, rows, window, now, ring.rows.before[rows]),
    ]


def test_only_what_changed_is_stored() -> None:
    ours = market()
    pages.changed(ours)
    column = Readings("binance", "price", ("C1",), np.array([1.0]), np.array([60.0]))
    ours.absorb(Poll("binance", 60.0, (column,)), 60.0)
    assert sorted(pages.changed(ours)) == [
        "bars/3600/1",
        "bars/60/1",
        "latest/0",
        "ring/3600",
        "ring/60",
        "rows/3600",
        "rows/60",
    ]
    assert pages.confirmed(ours) == {}
    ours.absorb(Poll("binance", 61.0, (column,)), 61.0)
    assert pages.changed(ours) == {}
    assert sorted(pages.confirmed(ours)) == ["latest/0"]
    assert pages.confirmed(ours) == {}


def test_bars_that_no_window_reaches_are_deleted() -> None:
    ours = market()
    for minute in range(1, 12):
        column = Readings("binance", "price", ("C1",), np.array([1.0]), np.array([60.0 * minute]))
        ours.absorb(Poll("binance", 60.0 * minute, (column,)), 60.0 * minute)
        last = pages.changed(ours)
    assert [name for name, page in last.items() if page is None] == ["bars/60/5"]
