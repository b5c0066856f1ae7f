"""History is kept as long as a rule looks back on it, and no longer."""

import numpy as np
import pytest

from alertd.market import pages, windows
from alertd.market.feeds import Feed, Feeds
from alertd.market.gaps import unfilled
from alertd.market.market import Market, Series
from alertd.market.path import Path, readings_of
from alertd.model.reading import Bars, Poll, Readings

COINS = ("BTC", "ETH", "SOL")
HOUR, DAY, WEEK = 3600.0, 86_400.0, 604_800.0


def market(*kept: tuple[str, float, int, bool]) -> Market:
    """The coins' prices, with (coin, interval, slots, opens) to keep."""
    made = Market()
    for coin in COINS:
        made.add(Series("binance", "price", coin), now=0.0)
    for coin, interval, slots, opens in kept:
        made.keep(number(coin), interval, slots=slots, opens=opens)
    return made


def number(coin: str) -> int:
    return COINS.index(coin) + 1


def read(of: Market, at: float, *values: float) -> None:
    column = Readings("binance", "price", COINS[: len(values)], np.array(values), np.full(len(values), at))
    of.absorb(Poll("binance", at, (column,)), at)


def fill(of: Market, coin: str, interval: float, *ends: float, field: str = "price") -> None:
    """Bars whose open, high, low and close are their end in hours and 1, 3, 0 and 2."""
    end = np.array(ends)
    hours = end / HOUR
    of.absorb(
        Poll("binance", 0.0, bars=(Bars("binance", field, coin, interval, end, *(hours + k for k in (1, 3, 0, 2))),)),
        0.0,
    )


def closes(of: Market, interval: float, coin: str, *when: float) -> list[float]:
    ring, rows = of.rings[interval], of.rows(interval, np.array([number(coin)]))
    return [float(windows.close_by(ring, rows, each)[0]) for each in when]


def stored(of: Market, store: dict[str, bytes]) -> dict[str, bytes]:
    for name, page in pages.changed(of).items():
        if page is None:
            store.pop(name, None)
        else:
            store[name] = page
    return store


def restored(of: Market, store: dict[str, bytes]) -> Market:
    back = Market()
    pages.restore(back, of.series[1:], store)
    return back


def test_a_series_that_nobody_looks_back_on_leaves_its_ring() -> None:
    ours = market(("BTC", 60.0, 10, False), ("ETH", 60.0, 10, False), ("SOL", 60.0, 10, False))
    for minute in range(1, 9):
        read(ours, 60.0 * minute, minute, 10.0 * minute, 100.0 * minute)
    ours.retain([(number("ETH"), 60.0, 10, False), (number("SOL"), 60.0, 10, False)])
    assert ours.rows(60.0, np.array([1, 2, 3])).tolist() == [-1, 1, 0]
    assert closes(ours, 60.0, "SOL", 120.0, 480.0) == [200.0, 800.0]
    assert closes(ours, 60.0, "ETH", 120.0, 480.0) == [20.0, 80.0]
    read(ours, 540.0, 9.0, 90.0, 900.0)
    assert closes(ours, 60.0, "ETH", 540.0) == [90.0]


def test_the_depth_is_that_of_the_longest_window() -> None:
    ours = market(("BTC", 60.0, 100, False), ("ETH", 60.0, 5, False))
    for minute in range(1, 50):
        read(ours, 60.0 * minute, minute, minute)
    pages.changed(ours)
    ours.retain([(number("ETH"), 60.0, 5, False)])
    assert ours.rings[60.0].slots == 5
    assert closes(ours, 60.0, "ETH", 60.0 * 46, 60.0 * 49) == [46.0, 49.0]
    gone = [name for name, page in pages.changed(ours).items() if page is None]
    assert sorted(gone) == sorted(f"bars/60/{minute}" for minute in range(-50, 45) if f"bars/60/{minute}" in gone)
    assert {"bars/60/1", "bars/60/44"} <= set(gone)


def test_a_ring_that_nobody_needs_is_deleted_from_the_store() -> None:
    ours = market(("BTC", 60.0, 5, False), ("BTC", 4 * HOUR, 5, True))
    store: dict[str, bytes] = {}
    for minute in range(1, 4):
        read(ours, 60.0 * minute, minute)
        stored(ours, store)
    ours.retain([(number("BTC"), 4 * HOUR, 5, True)])
    assert sorted(stored(ours, store)) == ["bars/14400/1", "latest/0", "ring/14400", "rows/14400"]
    ours.retain([])
    assert not ours.rings
    assert sorted(stored(ours, store)) == ["latest/0"]
    read(ours, 240.0, 4.0)


def test_bars_that_went_before_their_ring_did_are_deleted_too() -> None:
    ours = market(("BTC", 60.0, 5, False))
    store: dict[str, bytes] = {}
    read(ours, 60.0, 1.0)
    stored(ours, store)
    read(ours, 6000.0, 2.0)
    ours.retain([])
    assert sorted(stored(ours, store)) == ["latest/0"]


def test_a_ring_that_is_needed_again_before_it_was_deleted_is_stored() -> None:
    ours = market(("BTC", 60.0, 5, False))
    store: dict[str, bytes] = {}
    read(ours, 60.0, 1.0)
    stored(ours, store)
    ours.retain([])
    ours.keep(number("BTC"), 60.0, slots=5)
    read(ours, 120.0, 2.0)
    assert sorted(stored(ours, store)) == ["bars/60/2", "latest/0", "ring/60", "rows/60"]


def test_a_series_that_comes_back_begins_anew_over_a_restart_too() -> None:
    ours = market(("BTC", 60.0, 10, False), ("ETH", 60.0, 10, False))
    store: dict[str, bytes] = {}
    for minute in range(1, 4):
        read(ours, 60.0 * minute, minute, minute)
    stored(ours, store)
    ours.retain([(number("ETH"), 60.0, 10, False)])
    ours.keep(number("BTC"), 60.0, slots=10)
    read(ours, 300.0, 5.0, 5.0)
    for each in (ours, restored(ours, stored(ours, store))):
        np.testing.assert_equal(closes(each, 60.0, "BTC", 180.0, 300.0), [np.nan, 5.0])
        assert closes(each, 60.0, "ETH", 180.0, 300.0) == [3.0, 5.0]


def test_first_readings_are_kept_where_they_are_asked_for() -> None:
    ours = market(("BTC", 60.0, 5, True))
    store: dict[str, bytes] = {}
    for at, value in ((61.0, 1.0), (100.0, 2.0), (121.0, 3.0)):
        read(ours, at, value)
    for each in (ours, restored(ours, stored(ours, store))):
        ring, rows = each.rings[60.0], each.rows(60.0, np.array([1]))
        assert [float(windows.opening(ring, rows, now)[0]) for now in (100.0, 120.0, 121.0)] == [1.0, 1.0, 3.0]
    assert market(("BTC", 60.0, 500, False)).rings[60.0].open.size == 0


def test_history_of_shorter_bars_is_joined_with_its_first_and_last() -> None:
    ours = market(("BTC", 4 * HOUR, 10, True))
    fill(ours, "BTC", HOUR, *(HOUR * k for k in range(1, 9)))
    ring, rows = ours.rings[4 * HOUR], slice(0, 1)
    bars = windows.closed_bars(ring, 2, 8 * HOUR, ("open", "high", "low", "close"))
    assert bars is not None
    assert [column[:, rows].ravel().tolist() for column in bars] == [[2.0, 6.0], [7.0, 11.0], [1.0, 5.0], [6.0, 10.0]]


GAPS = [
    ("as far back as its own windows", ("BTC", 4 * HOUR, 10, False), [(4 * HOUR, 60 * HOUR, 100 * HOUR)]),
    ("weeks in days", ("BTC", WEEK, 2, False), [(DAY, 100 * HOUR - 2 * WEEK, 100 * HOUR)]),
    ("one that no source gives has none", ("", HOUR, 10, False), []),
]


@pytest.mark.parametrize(("kept", "expected"), [case[1:] for case in GAPS], ids=[case[0] for case in GAPS])
def test_what_is_asked_of_the_sources(
    kept: tuple[str, float, int, bool], expected: list[tuple[float, float, float]]
) -> None:
    ours = market()
    ours.keep(number(kept[0]) if kept[0] else 0, kept[1], slots=kept[2], opens=kept[3])
    assert [gap[1:] for gap in unfilled(ours, 100 * HOUR)] == expected


def test_only_what_is_missing_is_asked_for() -> None:
    ours = market(("BTC", HOUR, 4, False), ("ETH", HOUR, 10, False))
    read(ours, 100 * HOUR, 1.0, 1.0)
    fill(ours, "BTC", HOUR, 97 * HOUR, 98 * HOUR)
    assert [(gap.series.coin, gap.start / HOUR, gap.end / HOUR) for gap in unfilled(ours, 100 * HOUR)] == [
        ("ETH", 90, 99)
    ]
    ours.keep(number("BTC"), HOUR, slots=4, opens=True)
    assert [(gap.series.coin, gap.start / HOUR, gap.end / HOUR) for gap in unfilled(ours, 100 * HOUR)] == [
        ("BTC", 96, 100),
        ("ETH", 90, 100),
    ]


def test_what_comes_per_bar_is_one_reading_at_its_end() -> None:
    name = "volume(1h)"
    bars = Bars("binance", name, "BTC", HOUR, *(np.array([k]) for k in (HOUR, 5.0, 5.0, 5.0, 5.0)))
    assert [column.tolist() for column in readings_of(bars, Path.OHLC)] == [[HOUR], [5.0]]
    assert Feeds([Feed("binance", "volume")]).candidates(name, "BTC")[0].source == "binance"
    ours = Market()
    of = ours.add(Series("binance", name, "BTC"), now=0.0)
    ours.keep(of, 60.0, slots=100)
    ours.absorb(Poll("binance", HOUR, bars=(bars,)), HOUR)
    assert windows.highest(ours.rings[60.0], slice(0, 1), HOUR, HOUR).tolist() == [5.0]


def test_what_was_kept_of_closed_bars_is_made_anew_when_one_changes() -> None:
    ours = market(("BTC", 60.0, 50, False))
    for minute in range(1, 20):
        read(ours, 60.0 * minute, 10.0)
    ring, whole = ours.rings[60.0], slice(0, 1)
    assert windows.highest(ring, whole, 900.0, 1140.0).tolist() == [10.0]
    assert windows.average(ring, whole, 900.0, 1140.0).tolist() == [10.0]
    ring.put(np.array([0]), np.array([900.0]), np.array([40.0]), replace=False)
    assert windows.highest(ring, whole, 900.0, 1140.0).tolist() == [40.0]
    assert windows.average(ring, whole, 900.0, 1140.0).tolist() == [12.0]
