"""The reader of candle files: both layouts, plain and gzip, and every mistake with its line."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from alertd.errors import ConfigError
from alertd.model.reading import Bars
from alertd.sources.candle_files import coarser, ended_in, read_all, read_candles

HEADER = "symbol,open_time,open,high,low,close,volume\n"
NOON = 1_504_526_400.0
"""2017-09-04 12:00 UTC."""


def written(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def row(minute: int, open_: float, close: float, symbol: str = "BTCUSD") -> str:
    return f"{symbol},2017-09-04T12:{minute:02}:00Z,{open_},{max(open_, close)},{min(open_, close)},{close},1.5\n"


@pytest.mark.parametrize("name", ["bars.csv", "bars.csv.gz"])
def test_bars_are_columns_by_symbol_and_end_an_interval_after_their_open_time(tmp_path: Path, name: str) -> None:
    text = HEADER + row(0, 4500, 4510) + row(1, 4510, 4490) + row(3, 4480, 4485) + row(0, 300, 301, "ETHUSD")
    found = read_candles(written(tmp_path / name, text))
    assert list(found) == ["BTCUSD", "ETHUSD"]
    bitcoin = found["BTCUSD"]
    assert (bitcoin.source, bitcoin.field, bitcoin.coin, bitcoin.interval) == ("candles", "price", "BTCUSD", 60.0)
    assert bitcoin.end.tolist() == [NOON + 60, NOON + 120, NOON + 240]
    assert bitcoin.open.tolist() == [4500, 4510, 4480]
    assert bitcoin.high.tolist() == [4510, 4510, 4485]
    assert bitcoin.low.tolist() == [4500, 4490, 4480]
    assert bitcoin.close.tolist() == [4510, 4490, 4485]
    assert found["ETHUSD"].interval == 60.0


TRADED = "symbol,open_time,open,high,low,close"
BAR = "BTCUSD,2017-09-04T12:0{}:00Z,4,9,2,7"


@pytest.mark.parametrize(
    ("columns", "cells", "volume", "money"),
    [
        pytest.param("", ("", ""), None, None, id="none told"),
        pytest.param(",volume", (",1.5", ",0"), [1.5, 0], [9, 0], id="in coins: reckoned with the typical price"),
        pytest.param(",volume,quote_volume", (",1.5,8", ",2,10"), [1.5, 2], [8, 10], id="in both"),
        pytest.param(",quote_volume", (",8", ",10"), None, [8, 10], id="in money"),
        pytest.param(",volume", (",", ",2"), [np.nan, 2], [np.nan, 12], id="not known of one"),
    ],
)
def test_what_was_traded(
    tmp_path: Path, columns: str, cells: tuple[str, str], volume: list[float] | None, money: list[float] | None
) -> None:
    rows = "".join(f"{BAR.format(minute)}{cell}\n" for minute, cell in enumerate(cells))
    found = read_candles(written(tmp_path / "bars.csv", f"{TRADED}{columns}\n{rows}"))["BTCUSD"]
    for column, expected in ((found.volume, volume), (found.quote_volume, money)):
        assert (column is None) == (expected is None)
        if column is not None:
            np.testing.assert_array_equal(column, expected)


@pytest.mark.parametrize(
    ("cell", "said"),
    [("-1", "a volume that cannot be"), ("inf", "a volume that cannot be"), ("much", "expected a number, not 'much'")],
)
def test_a_volume_that_cannot_be(tmp_path: Path, cell: str, said: str) -> None:
    path = written(tmp_path / "bars.csv", f"{TRADED},volume\n{BAR.format(0)},1\n{BAR.format(1)},{cell}\n")
    with pytest.raises(ConfigError, match=f"bars.csv:3: .*{said}"):
        read_candles(path)


def test_volumes_are_added_up_cut_and_joined(tmp_path: Path) -> None:
    early = written(tmp_path / "1.csv", HEADER + row(0, 1, 1) + row(1, 1, 1))
    late = written(tmp_path / "2.csv", HEADER + row(2, 1, 1) + row(3, 1, 1))
    whole = read_all([early, late])["BTCUSD"]
    hour = coarser(whole, 120.0)
    assert hour.volume is not None
    assert hour.quote_volume is not None
    assert (hour.volume.tolist(), hour.quote_volume.tolist()) == ([3.0, 3.0], [3.0, 3.0])
    part = ended_in(whole, NOON + 60, NOON + 120)
    assert part.volume is not None
    assert part.volume.tolist() == [1.5]


def test_a_snapshot_is_a_bar_that_ends_at_the_midnight_of_its_date(tmp_path: Path) -> None:
    text = "date,coin_id,price_usd,market_cap_usd\n2021-05-18,bitcoin,43000,\n2021-05-18,shiba-inu,1.2e-05,5\n"
    text += "2021-05-19,bitcoin,37000.5,7e11\n"
    found = read_candles(written(tmp_path / "daily.csv", text))
    assert found["bitcoin"].interval == 86400.0
    assert found["bitcoin"].end.tolist() == [1_621_296_000.0, 1_621_382_400.0]
    assert found["bitcoin"].low.tolist() == found["bitcoin"].close.tolist() == [43000, 37000.5]
    assert found["shiba-inu"].close.tolist() == [1.2e-05]


def test_only_the_symbols_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "bars.csv", HEADER + row(0, 1, 1) + row(1, 1, 1) + row(0, 2, 2, "ETHUSD"))
    assert list(read_candles(path, {"ETHUSD"})) == ["ETHUSD"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("", 1, "first line must name the columns", id="empty"),
        pytest.param("a,b,c\n1,2,3\n", 1, "first line must name the columns", id="other columns"),
        pytest.param(HEADER + row(0, 1, 1) + "BTCUSD,2017-09-04T12:01:00Z,1,1\n", 3, "4 columns", id="a short row"),
        pytest.param(HEADER + row(0, 1, 1).replace("2017-09-04T12:00", "noon"), 2, "expected a time", id="no time"),
        pytest.param(HEADER + row(0, 1, 1).replace(",1.5", "").replace(",1,", ",x,"), 2, "columns", id="no number"),
        pytest.param(HEADER + row(0, 1, 1).replace(",1,", ",one,", 1), 2, "expected a number, not 'one'", id="a word"),
        pytest.param(HEADER + row(0, 1, 1) + row(1, 0, 0), 3, "not a positive number", id="zero"),
        pytest.param(HEADER + row(0, 1, 1) + row(1, -5, 3), 3, "not a positive number", id="negative"),
        pytest.param(HEADER + row(0, 1, 1) + row(1, float("nan"), 3), 3, "not a positive number", id="NaN"),
        pytest.param(HEADER + row(0, 1, 1) + row(1, 1e999, 3), 3, "not a positive number", id="infinite"),
        pytest.param(
            HEADER + row(0, 1, 1) + "BTCUSD,2017-09-04T12:01:00Z,5,4,3,3.5,1\n",
            3,
            "not low ≤ open",
            id="high under open",
        ),
        pytest.param(HEADER + row(5, 1, 1) + row(4, 1, 1), 3, "not after that of the row before", id="backwards"),
        pytest.param(HEADER + row(5, 1, 1) + row(5, 1, 1), 3, "not after that of the row before", id="twice"),
        pytest.param(HEADER + row(5, 1, 1), 0, "one bar of a symbol does not tell", id="one bar"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = written(tmp_path / "bars.csv", text)
    with pytest.raises(ConfigError) as caught:
        read_candles(path)
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == (str(path), line)
    assert message in problem.message


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    rows = [row(0, 1, 1), row(1, -1, 1), row(2, 1, 1).replace("2017", "year"), row(3, 1, 1), row(2, 1, 1)]
    with pytest.raises(ConfigError) as caught:
        read_candles(written(tmp_path / "bars.csv", HEADER + "".join(rows)))
    assert [problem.line for problem in caught.value.problems] == [3, 4, 6]


def test_a_file_of_nothing_but_mistakes_tells_the_first_twenty(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_candles(written(tmp_path / "bars.csv", HEADER + "nonsense\n" * 5000))
    assert len(caught.value.problems) == 20


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.csv.gz", gzip.compress((HEADER + row(0, 1, 1) * 100).encode())[:-20], "cannot read it"),
        ("plain.csv.gz", HEADER.encode(), "cannot read it"),
        ("latin.csv", HEADER.encode() + b"\xff\xfe,2017\n", "cannot read it"),
    ],
)
def test_what_cannot_be_read_is_a_config_error(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_candles(path)


def test_a_missing_file_a_folder_and_a_fifo_are_refused_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.csv"
    os.mkfifo(fifo)
    for path, message in ((tmp_path / "none.csv", "No such file"), (tmp_path, "regular"), (fifo, "regular")):
        with pytest.raises(ConfigError, match=message):
            read_candles(path)


def test_the_parts_of_a_symbol_are_joined_in_the_order_of_time(tmp_path: Path) -> None:
    late = written(tmp_path / "late.csv", HEADER + row(10, 3, 3) + row(11, 4, 4))
    early = written(tmp_path / "early.csv", HEADER + row(0, 1, 1) + row(1, 2, 2))
    assert read_all([late, early])["BTCUSD"].close.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("other", "message"),
    [(row(1, 1, 1) + row(2, 1, 1), "overlap"), (row(10, 1, 1) + row(15, 1, 1), "not as long")],
)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, other: str, message: str) -> None:
    first = written(tmp_path / "a.csv", HEADER + row(0, 1, 1) + row(1, 2, 2))
    with pytest.raises(ConfigError, match=message):
        read_all([first, written(tmp_path / "b.csv", HEADER + other)])


def bars_of(closes: list[float], minutes: list[int]) -> Bars:
    column = np.array(closes)
    end = NOON + 60.0 * np.array(sorted(minutes), dtype=float)
    return Bars("candles", "price", "BTC", 60.0, end, column, column + 1, column - 1, column)


@given(
    st.lists(st.integers(1, 600), min_size=1, max_size=40, unique=True).flatmap(
        lambda minutes: st.tuples(
            st.just(minutes), arrays.arrays(float, len(minutes), elements=st.floats(1, 1e6)).map(np.ndarray.tolist)
        )
    )
)
def test_longer_bars_hold_the_same_prices(drawn: tuple[list[int], list[float]]) -> None:
    minutes, closes = drawn
    bars = bars_of(closes, minutes)
    hours = coarser(bars, 3600.0)
    assert (hours.end % 3600.0 == 0).all()
    assert (np.diff(hours.end) > 0).all()
    for end, open_, high, low, close in zip(hours.end, hours.open, hours.high, hours.low, hours.close, strict=True):
        part = ended_in(bars, end - 3600.0, end)
        assert (open_, high, low, close) == (part.open[0], part.high.max(), part.low.min(), part.close[-1])
    assert sum(len(ended_in(bars, end - 3600.0, end).end) for end in hours.end) == len(bars.end)
