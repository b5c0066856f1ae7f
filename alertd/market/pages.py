"""The market as blocks of bytes, for the store: what changed in a tick, and the way back.

All blocks are float64, little-endian, one column after the other:
`latest/<k>` 1,024 series from number 1,024·k on: value, at, seen; behind them one byte each: fresh.
`doubts` the series whose last value waits to be confirmed: number, suspect, suspect_at.
`ring/<interval>` slots, the newest bar's number, and whether its bars have their first readings.
`rows/<interval>` what a ring knows of its rows: series, slots, first, last, high_before, low_before, before,
close_before.
`bars/<interval>/<number>` one bar of every row that has it: series, high, low, close, and open where the ring has it.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from alertd.market.columns import Floats
from alertd.market.latest import BLOCK, Latest
from alertd.market.market import Market, Series
from alertd.market.ring import Ring

_LATEST = ("value", "at", "seen")
_ROWS = ("series", "slots", "first", "last", "high_before", "low_before", "before", "close_before")


def changed(market: Market) -> dict[str, bytes | None]:
    """The blocks that changed since the last call, None for one that is no longer needed."""
    pages: dict[str, bytes | None] = {f"latest/{block}": _latest(market, block) for block in sorted(market.touched)}
    market.confirmed -= market.touched
    market.touched.clear()
    if market.doubts_changed:
        numbers = np.flatnonzero(~np.isnan(market.latest.suspect[: market.latest.size]))
        doubts = _pack(numbers, market.latest.suspect[numbers], market.latest.suspect_at[numbers])
        pages["doubts"] = doubts or None
        market.doubts_changed = False
    for interval, gone in market.freed.items():
        pages.update(dict.fromkeys((f"ring/{interval:.0f}", f"rows/{interval:.0f}")))
        pages.update(dict.fromkeys(f"bars/{interval:.0f}/{number}" for number in gone))
    market.freed.clear()
    for ring in market.rings.values():
        pages.update(_ring_pages(ring))
    return pages


def confirmed(market: Market) -> dict[str, bytes]:
    """The blocks in which nothing changed but when a source last spoke. That alone is no reason to write; but what is
    stored together with the time of the tick says how old everything was by then."""
    pages = {f"latest/{block}": _latest(market, block) for block in sorted(market.confirmed)}
    market.confirmed.clear()
    return pages


def _latest(market: Market, block: int) -> bytes:
    part = slice(block * BLOCK, min((block + 1) * BLOCK, market.latest.size))
    columns = _pack(*(getattr(market.latest, name)[part] for name in _LATEST))
    return columns + market.latest.fresh[part].tobytes()


def _ring_pages(ring: Ring) -> dict[str, bytes | None]:
    pages: dict[str, bytes | None] = {}
    interval, rows, n = int(ring.interval), ring.rows, ring.rows.size
    for number in sorted(ring.dropped):
        pages[f"bars/{interval}/{number}"] = None
    for number in sorted(ring.dirty):
        if number > ring.newest - ring.slots:
            slot = number % ring.slots
            has = np.flatnonzero(~np.isnan(ring.high[slot, :n]))
            columns = (rows.series[has], *(column[slot, has] for column in _columns(ring)))
            pages[f"bars/{interval}/{number}"] = _pack(*columns)
    if ring.dirty:
        pages[f"ring/{interval}"] = _pack(np.array([ring.slots, ring.newest, ring.opens]))
        pages[f"rows/{interval}"] = _pack(*(getattr(rows, name)[:n] for name in _ROWS))
    ring.dirty.clear()
    ring.dropped.clear()
    return pages


def _columns(ring: Ring) -> tuple[Floats, ...]:
    return (ring.high, ring.low, ring.close, *((ring.open,) if ring.opens else ()))


def restore(market: Market, series: Iterable[Series], pages: Mapping[str, bytes]) -> None:
    """Put the stored blocks into a new market. `series` are all that were ever stored, by number from 1 on."""
    for each in series:
        market.add(each, now=float("nan"))
    for name, blob in pages.items():
        kind, _, interval = name.partition("/")
        if kind == "latest":
            _load_latest(market.latest, int(interval), blob)
        elif kind == "doubts":
            numbers, suspect, at = _unpack(blob, 3)
            rows = numbers.astype(np.intp)
            market.latest.suspect[rows], market.latest.suspect_at[rows] = suspect, at
        elif kind == "ring":
            _load_ring(market, interval, pages)
    market.touched.clear()


def _load_latest(latest: Latest, block: int, blob: bytes) -> None:
    count = len(blob) // (8 * len(_LATEST) + 1)
    part = slice(block * BLOCK, block * BLOCK + count)
    for name, column in zip(_LATEST, _unpack(blob[:-count], len(_LATEST)), strict=True):
        getattr(latest, name)[part] = column
    latest.fresh[part] = np.frombuffer(blob[-count:], np.bool_)


def _load_ring(market: Market, interval: str, pages: Mapping[str, bytes]) -> None:
    slots, newest, opens = _unpack(pages[f"ring/{interval}"], 3).astype(np.int64).ravel().tolist()
    columns = _unpack(pages[f"rows/{interval}"], len(_ROWS))
    for number in columns[0].astype(np.int64).tolist():
        market.keep(number, float(interval), slots=slots, opens=bool(opens))
    ring = market.rings[float(interval)]
    for name, column in zip(_ROWS, columns, strict=True):
        getattr(ring.rows, name)[: columns.shape[1]] = column
    ring.newest = newest
    for number in range(newest - slots + 1, newest + 1):
        if (blob := pages.get(f"bars/{interval}/{number}")) is not None:
            series, *bars = _unpack(blob, 4 + opens)
            rows = market.rows(ring.interval, series.astype(np.intp))
            # A series that was let go and asked for again begins anew: older bars may still be stored.
            mine = (rows >= 0) & (number * ring.interval >= ring.rows.first[rows])
            for column, stored in zip(_columns(ring), bars, strict=True):
                column[number % slots, rows[mine]] = stored[mine]
    ring.carry(np.arange(ring.rows.size))


def _pack(*columns: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    return np.stack([column.astype("<f8") for column in columns]).tobytes()


def _unpack(blob: bytes, columns: int) -> Floats:
    unpacked: Floats = np.frombuffer(blob, "<f8").reshape(columns, -1).astype(np.float64)
    return unpacked
