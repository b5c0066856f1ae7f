"""Candle files: recorded prices, read whole.

A file is CSV, plain or gzip (`.gz`), UTF-8, with a header row, in one of two layouts; further columns are left alone:

- bars: `symbol,open_time,open,high,low,close` with `open_time` the start of the bar; what was traded in it may stand
  beside as `volume`, in units of the coin, and `quote_volume`, in money, empty where it is not known. Where there is a
  `volume` alone, the money is reckoned with the bar's typical price, (high + low + close) / 3;
- snapshots: `date,coin_id,price_usd`, one price at 00:00 UTC of the date.

Times are ISO 8601, UTC where they name no zone. Every symbol's times increase from row to row. How long a bar is, is
the smallest step in the file.
"""

import csv
import gzip
import math
import zlib
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np

from alertd.errors import ConfigError, Problem
from alertd.model.reading import Bars, Floats

MOST_PROBLEMS = 20
DAY = 86400.0
_WIDTH = 8  # of a parsed row: line, time, open, high, low, close, volume, quote volume
_Cells: TypeAlias = "array[float]"  # quoted: it cannot be subscripted before Python 3.12


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns hold what; `traded` are those of the volumes, None where there is no such column. Snapshots have
    one price and no length: `opens` is false, the time is the bar's end."""

    file: str
    width: int
    symbol: int
    time: int
    prices: tuple[int, int, int, int]
    opens: bool
    traded: tuple[int | None, int | None] = (None, None)


def read_candles(path: Path | str, symbols: Collection[str] | None = None) -> dict[str, Bars]:
    """The bars of a file by symbol, as it writes them, only of `symbols` if given.

    Raises ConfigError with every mistake (the first twenty) as file:line.
    """
    name = str(path)
    problems: list[Problem] = []
    rows, layout = _rows(Path(path), name, problems)
    columns = {
        symbol: np.frombuffer(cells).reshape(-1, _WIDTH).T
        for symbol, cells in rows.items()
        if symbols is None or symbol in symbols
    }
    for symbol, cells in columns.items():
        problems += _mistakes(symbol, cells, name)
    if problems:
        raise ConfigError(sorted(problems, key=lambda problem: problem.line)[:MOST_PROBLEMS])
    interval = _interval([np.frombuffer(cells)[1::_WIDTH] for cells in rows.values()], layout, name)
    return {symbol: _bars(symbol, cells, layout, interval) for symbol, cells in columns.items()}


def read_all(paths: Sequence[Path | str], symbols: Collection[str] | None = None) -> dict[str, Bars]:
    """The bars of several files together; the parts of one symbol may not overlap. Raises ConfigError."""
    parts: dict[str, list[tuple[Bars, str]]] = {}
    for path in paths:
        for symbol, bars in read_candles(path, symbols).items():
            parts.setdefault(symbol, []).append((bars, str(path)))
    return {symbol: _joined(symbol, found) for symbol, found in parts.items()}


def _rows(path: Path, name: str, problems: list[Problem]) -> tuple[dict[str, _Cells], _Layout]:
    # A FIFO would keep us waiting for ever.
    if path.exists() and not path.is_file():
        raise ConfigError([Problem("not a regular file", name)])
    line = 0
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8", newline="")
        ) as file:
            reader = csv.reader(file)
            line = 1
            layout = _layout(next(reader, []), name)
            rows: dict[str, _Cells] = {}
            for line, row in enumerate(reader, start=2):
                if row and len(problems) < MOST_PROBLEMS:
                    _parse(row, line, layout, rows, problems)
            return rows, layout
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ConfigError([Problem(f"cannot read it: {why}", name, line)]) from None


def _layout(header: list[str], name: str) -> _Layout:
    at = {column.strip().lower(): index for index, column in enumerate(header)}
    try:
        if "open_time" in at:
            prices = (at["open"], at["high"], at["low"], at["close"])
            traded = at.get("volume"), at.get("quote_volume")
            return _Layout(name, len(header), at["symbol"], at["open_time"], prices, opens=True, traded=traded)
        price = at["price_usd"]
        return _Layout(name, len(header), at["coin_id"], at["date"], (price, price, price, price), opens=False)
    except KeyError:
        wanted = "symbol,open_time,open,high,low,close or date,coin_id,price_usd"
        text = f"no candle file: its first line must name the columns {wanted}"
        raise ConfigError([Problem(text, name, 1)]) from None


def _parse(row: list[str], line: int, layout: _Layout, rows: dict[str, _Cells], problems: list[Problem]) -> None:
    """Append a row's numbers to its symbol's cells; a row that holds none is a problem."""
    first, second, third, fourth = layout.prices
    try:
        if len(row) != layout.width:
            raise ValueError(f"{len(row)} columns where the first line names {layout.width}")
        cells = (
            line,
            _epoch(row[layout.time]),
            _price(row[first]),
            _price(row[second]),
            _price(row[third]),
            _price(row[fourth]),
            *(math.nan if at is None or not row[at] else _price(row[at]) for at in layout.traded),
        )
    except ValueError as error:
        problems.append(Problem(str(error), layout.file, line))
    else:
        rows.setdefault(row[layout.symbol], array("d")).extend(cells)


def _price(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"expected a number, not {text[:40]!r}") from None


def _epoch(text: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a time such as 2017-09-04T00:00:00Z, not {text[:40]!r}") from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _mistakes(symbol: str, cells: Floats, name: str) -> list[Problem]:
    lines, times, opens, highs, lows, closes, *volumes = cells
    backwards = np.zeros(len(times), bool)
    backwards[1:] = times[1:] <= times[:-1]
    # NaN fails every comparison, so that it is no positive number either.
    positive = (lows > 0) & (opens > 0) & (closes > 0) & (highs > 0) & (highs < np.inf)
    ordered = (lows <= opens) & (lows <= closes) & (opens <= highs) & (closes <= highs)
    found = (
        (backwards, f"{symbol}: the time is not after that of the row before"),
        (~positive, f"{symbol}: a price that is not a positive number"),
        (positive & ~ordered, f"{symbol}: the prices are not low ≤ open, close ≤ high"),
        *((np.isinf(volume) | (volume < 0), f"{symbol}: a volume that cannot be") for volume in volumes),
    )
    return [
        Problem(text, name, int(line)) for wrong, text in found for line in lines[np.flatnonzero(wrong)[:MOST_PROBLEMS]]
    ]


def _interval(times: Sequence[Floats], layout: _Layout, name: str) -> float:
    steps = [float(np.diff(column).min()) for column in times if len(column) > 1]
    if steps and min(steps) > 0:
        return min(steps)
    if not layout.opens or not times:
        return DAY
    raise ConfigError([Problem("one bar of a symbol does not tell how long it is: give two at the least", name)])


def _bars(symbol: str, cells: Floats, layout: _Layout, interval: float) -> Bars:
    _, times, opens, highs, lows, closes, *traded = (np.ascontiguousarray(column) for column in cells)
    end = times + interval if layout.opens else times
    volume, money = (None if at is None else column for at, column in zip(layout.traded, traded, strict=True))
    if volume is not None and money is None:
        money = volume * (highs + lows + closes) / 3
    return Bars("candles", "price", symbol, interval, end, opens, highs, lows, closes, volume, money)


def _joined(symbol: str, found: Sequence[tuple[Bars, str]]) -> Bars:
    ordered = sorted(found, key=lambda part: part[0].end[0])
    whole = ordered[0][0]
    for bars, path in ordered[1:]:
        if bars.interval != whole.interval:
            raise ConfigError([Problem(f"{symbol}: its bars are not as long as those in the other file", path)])
        if bars.end[0] <= whole.end[-1]:
            raise ConfigError([Problem(f"{symbol}: its bars overlap those in another file", path)])
        whole = replace(
            whole,
            end=np.concatenate((whole.end, bars.end)),
            open=np.concatenate((whole.open, bars.open)),
            high=np.concatenate((whole.high, bars.high)),
            low=np.concatenate((whole.low, bars.low)),
            close=np.concatenate((whole.close, bars.close)),
            volume=_after(whole.volume, bars.volume),
            quote_volume=_after(whole.quote_volume, bars.quote_volume),
        )
    return whole


def _after(first: Floats | None, second: Floats | None) -> Floats | None:
    return None if first is None or second is None else np.concatenate((first, second))


def coarser(bars: Bars, interval: float) -> Bars:
    """The same prices in longer bars, epoch-aligned; `interval` is a multiple of the bars' own."""
    if interval == bars.interval or not len(bars.end):
        return replace(bars, interval=interval)
    slots = np.ceil(bars.end / interval) * interval
    first = np.flatnonzero(np.diff(slots, prepend=-np.inf))
    last = np.append(first[1:], len(slots)) - 1
    return replace(
        bars,
        interval=interval,
        end=slots[first],
        open=bars.open[first],
        high=np.maximum.reduceat(bars.high, first),
        low=np.minimum.reduceat(bars.low, first),
        close=bars.close[last],
        volume=None if bars.volume is None else np.add.reduceat(bars.volume, first),
        quote_volume=None if bars.quote_volume is None else np.add.reduceat(bars.quote_volume, first),
    )


def ended_in(bars: Bars, start: float, end: float) -> Bars:
    """Those of the bars that ended in (start, end]."""
    first, after = np.searchsorted(bars.end, (start, end), side="right")
    part = slice(int(first), int(after))
    return replace(
        bars,
        end=bars.end[part],
        open=bars.open[part],
        high=bars.high[part],
        low=bars.low[part],
        close=bars.close[part],
        volume=None if bars.volume is None else bars.volume[part],
        quote_volume=None if bars.quote_volume is None else bars.quote_volume[part],
    )
