"""The market as blocks of bytes, for the store: what changed in a tick, and the way back.

All blocks are float64, little-endian, one column after the other:
`latest/<k>` 1,024 series from number 1,024·k on: value, at, seen, suspect, fresh.
`rows/<interval>` what a ring knows of its rows: series, first, last, high_before, low_before.
`bars/<interval>/<number>` one bar of every row that has it: series, high, low, close.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from alertd.market.columns import Floats
from alertd.market.market import Latest, Market, Series
from alertd.market.ring import Ring

BLOCK = 1024
_LATEST = ("value", "at", "seen", "suspect", "fresh")
_ROWS = ("series", "first", "last", "high_before", "low_before")


def changed(market: Market) -> dict[str, bytes | None]:
    """The blocks that changed since the last call, None for one that is no longer needed."""
    pages: dict[str, bytes | None] = {}
    for block in sorted({number // BLOCK for number in market.touched}):
        part = slice(block * BLOCK, min((block + 1) * BLOCK, market.latest.size))
        pages[f"latest/{block}"] = _pack(*(getattr(market.latest, name)[part] for name in _LATEST))
    market.touched.clear()
    for ring in market.rings.values():
        pages.update(_ring_pages(ring))
    return pages


def _ring_pages(ring: Ring) -> dict[str, bytes | None]:
    pages: dict[str, bytes | None] = {}
    interval, rows, n = int(ring.interval), ring.rows, ring.rows.size
    for number in sorted(ring.dropped):
        pages[f"bars/{interval}/{number}"] = None
    for number in sorted(ring.dirty):
        slot = number % ring.slots
        if ring.number[slot] == number:
            has = np.flatnonzero(~np.isnan(ring.high[slot, :n]))
            columns = (rows.series[has], ring.high[slot, has], ring.low[slot, has], ring.close[slot, has])
            pages[f"bars/{interval}/{number}"] = _pack(*columns)
    if ring.dirty:
        pages[f"rows/{interval}"] = _pack(*(getattr(rows, name)[:n] for name in _ROWS))
    ring.dirty.clear()
    ring.dropped.clear()
    return pages


def restore(market: Market, series: Iterable[Series], pages: Mapping[str, bytes]) -> None:
    """Put the stored blocks into a new market. `series` are all that were ever stored, by number from 1 on."""
    for each in series:
        market.add(each, now=float("nan"))
    bars: dict[int, list[int]] = {}
    for name, blob in pages.items():
        kind, _, rest = name.partition("/")
        if kind == "latest":
            _load_latest(market.latest, int(rest), blob)
        elif kind == "bars":
            length, _, number = rest.partition("/")
            bars.setdefault(int(length), []).append(int(number))
        elif kind == "rows":
            _load_rows(market, int(rest), blob)
    for interval, numbers in bars.items():
        _load_bars(market, interval, sorted(numbers), pages)
    market.touched.clear()


def _load_latest(latest: Latest, block: int, blob: bytes) -> None:
    columns = _unpack(blob, len(_LATEST))
    part = slice(block * BLOCK, block * BLOCK + columns.shape[1])
    for name, column in zip(_LATEST, columns, strict=True):
        getattr(latest, name)[part] = column


def _load_rows(market: Market, interval: int, blob: bytes) -> None:
    columns = _unpack(blob, len(_ROWS))
    for number in columns[0].astype(np.int64).tolist():
        market.keep(number, float(interval), slots=1)
    rows = market.rings[float(interval)].rows
    for name, column in zip(_ROWS, columns, strict=True):
        getattr(rows, name)[: columns.shape[1]] = column


def _load_bars(market: Market, interval: int, numbers: list[int], pages: Mapping[str, bytes]) -> None:
    ring = market.rings[float(interval)]
    ring.fit(numbers[-1] - numbers[0] + 1, ring.rows.size)
    for number in numbers:
        ring.turn(number)
        series, high, low, close = _unpack(pages[f"bars/{interval}/{number}"], 4)
        rows, slot = market.ring_rows[ring.interval][series.astype(np.intp)], number % ring.slots
        ring.high[slot, rows], ring.low[slot, rows], ring.close[slot, rows] = high, low, close
    ring.dropped.clear()


def _pack(*columns: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    return np.stack([column.astype("<f8") for column in columns]).tobytes()


def _unpack(blob: bytes, columns: int) -> Floats:
    unpacked: Floats = np.frombuffer(blob, "<f8").reshape(columns, -1).astype(np.float64)
    return unpacked
