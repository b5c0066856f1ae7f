"""The sieve and the times: what passes, what is counted, and that columns and single values agree."""

import math
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.sources.values import bars_of_points, moment, moments, sift
from tests.fakes import START

TIMES = {
    "iso with milliseconds": ("2025-04-10T00:00:00.000Z", 1744243200.0),
    "a date": ("2023-10-10", 1696896000.0),
    "a space": ("2025-06-24 15:41:02", 1750779662.0),
    "an offset": ("2025-04-10T02:00:00+02:00", 1744243200.0),
    "seconds as text": ("1713628800", 1713628800.0),
    "seconds": (1713628800, 1713628800.0),
    "milliseconds": (1499040000000, 1499040000.0),
    "words": ("yesterday", math.nan),
    "today": ("today", math.nan),
    "nothing": (None, math.nan),
    "true": (True, math.nan),
    "NaN": ("NaN", math.nan),
    "infinite": ("inf", math.nan),
    "400 digits": (10**400, math.nan),
    "400 digits as text": ("1" * 400, math.nan),
    "the year 9999": ("9999-12-31", 253402214400.0),
    "no such day": ("2025-02-30", math.nan),
}


@pytest.mark.parametrize("name", TIMES)
def test_a_moment(name: str) -> None:
    written, at = TIMES[name]
    assert moment(written) == pytest.approx(at, nan_ok=True)


@given(st.lists(st.integers(0, 4_000_000_000_000), min_size=1, max_size=20))
def test_a_column_of_times_is_its_single_times(written: list[int]) -> None:
    days = [datetime.fromtimestamp(at // 1000, UTC) for at in written]
    texts = [f"{day:%Y-%m-%dT%H:%M:%S}.{at % 1000:03}Z" for day, at in zip(days, written, strict=True)]
    assert moments(texts, 0.0).tolist() == [moment(text) for text in texts]


@pytest.mark.parametrize(
    "texts",
    [["2025-04-10", None, "never"], ["2025-04-10T00:00:00.000X"], ["2025-13-10T00:00:00.000Z"], []],
    ids=["mixed", "no zone", "no such month", "none"],
)
def test_a_column_of_odd_times(texts: list[str | None]) -> None:
    wanted = [5.0 if text is None else moment(text) for text in texts]
    assert moments(texts, 5.0).tolist() == pytest.approx(wanted, nan_ok=True)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABCD"),
            st.floats() | st.none(),
            st.floats(START - 1000.0, START + 1000.0),
        ),
        max_size=12,
    )
)
def test_nothing_passes_that_must_not(rows: list[tuple[str, float | None, float]]) -> None:
    refused: Counter[str] = Counter()
    column = ([coin for coin, _, _ in rows], [value for _, value, _ in rows], np.array([at for _, _, at in rows]))
    passed = sift("it", "price", column, received=START, refused=refused)
    for reading in passed:
        assert np.isfinite(reading.values).all()
        assert (reading.values > 0).all()
        assert (reading.at <= START + 60.0).all()
        assert len(set(reading.coins)) == len(reading.coins) == len(reading.values) == len(reading.at)
    seen = sum(len(reading.coins) for reading in passed)
    assert seen <= len(rows) <= seen + sum(refused.values())


@given(
    st.lists(st.tuples(st.floats(START, START + 36000.0), st.floats(0.01, 1e6)), max_size=50),
    st.sampled_from([60.0, 3600.0]),
)
def test_bars_hold_their_points(points: list[tuple[float, float]], interval: float) -> None:
    times, values = np.array(points).reshape(-1, 2).T
    bars = bars_of_points("it", "price", "BTC", interval, (times, values))
    assert (np.diff(bars.end) > 0).all()
    assert (bars.end % interval == 0).all()
    for end, open_, high, low, close in zip(bars.end, bars.open, bars.high, bars.low, bars.close, strict=True):
        inside = sorted((at, n) for n, at in enumerate(times) if end - interval < at <= end)
        held = [values[n] for _, n in inside]
        assert (open_, close) == (held[0], held[-1])
        assert (low, high) == (min(held), max(held))
    assert sum(1 for at in times if any(end - interval < at <= end for end in bars.end)) == len(points)


def test_moment_agrees_with_the_calendar() -> None:
    assert moment("2026-01-01") == START == datetime(2026, 1, 1, tzinfo=UTC).timestamp()
