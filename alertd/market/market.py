"""The market: one row per series (source, field, coin) that some rule asks for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

import numpy as np

from alertd.market.columns import Flags, Floats, Ints, Rows
from alertd.market.feeds import comes_per_bar
from alertd.market.latest import BLOCK, Latest, blocks_of
from alertd.market.ring import Ring
from alertd.model.reading import Bars, Poll, Readings

FUTURE = 60.0
"""A reading that is further ahead than so many seconds is refused."""


class Series(NamedTuple):
    source: str
    field: str
    coin: str


NOWHERE = Series("", "", "")
"""Series 0: what a field is bound to that no source gives. It never has a value."""


@dataclass(slots=True)
class Absorbed:
    """What a poll did: series numbers with a new reading, with a revision, gone stale, known again (after that, or
    after a start), filled with history, and of which there was a word at all; and how many values were refused, by
    reason."""

    new: Rows
    revised: Rows
    stale: Rows
    back: Rows
    filled: Rows
    heard: Rows
    refused: Counter[str] = field(default_factory=Counter)


_NONE: Rows = np.empty(0, np.intp)


class Market:
    """Columns of latest values, and rings of bars for the series that windows need.

    `max_jump` (a fraction) is how far a price may leap from the last before it waits for the next reading.
    """

    def __init__(self, *, max_jump: float = float("inf"), jumping: frozenset[str] = frozenset({"price"})) -> None:
        self.latest = Latest()
        self.series: list[Series] = []
        self.numbers: dict[tuple[str, str], dict[str, int]] = {}
        self.rings: dict[float, Ring] = {}
        self.freed: dict[float, set[int]] = {}
        """The bars of rings that are no longer here, by their length, which the store may still have."""
        self._ring_rows: dict[float, Ints] = {}
        """By bar length: the row of each series in that ring, -1 where it has none."""
        self._asked: dict[tuple[str, str], tuple[Sequence[str], Rows, int]] = {}
        """The coins that were last looked up, their numbers, and how many series there were."""
        self.max_jump = max_jump
        self.jumping = jumping
        self.touched: set[int] = set()
        """Blocks of series, `BLOCK` each, whose latest values changed since they were last stored."""
        self.confirmed: set[int] = set()
        """Blocks in which nothing changed but when a source last spoke."""
        self.doubts_changed = False
        """Whether a value began or ended to wait for its confirmation since it was last stored."""
        self.add(NOWHERE, now=float("nan"))
        self.latest.fresh[0] = False

    # ── what there is ────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, series: Series, *, now: float, stale_after: float = float("inf")) -> int:
        """The number of a series, which is new from `now` on if it was not there, or was forgotten."""
        lane = self.numbers.setdefault((series.source, series.field), {})
        number = lane.get(series.coin)
        if number is None:
            number = lane[series.coin] = int(self.latest.extend(1)[0])
            self.series.append(series)
        if np.isnan(self.latest.seen[number]):
            self.latest.seen[number] = now
            self.touched.add(number // BLOCK)
        if number:
            self.latest.stale_after[number] = stale_after
        return number

    def keep(self, number: int, interval: float, *, slots: int, opens: bool = False) -> None:
        """Keep the last bars of that length of a series, so many of them at the least; with `opens` their first
        readings as well."""
        ring = self.rings.get(interval)
        if ring is None:
            ring = self.rings[interval] = Ring(interval)
        row = int(self._rows_by_series(interval)[number])
        if row < 0:
            row = ring.add(number)
            self._ring_rows[interval][number] = row
        ring.rows.slots[row] = max(ring.rows.slots[row], slots)
        ring.fit(max(slots, ring.slots), opens=opens or ring.opens)

    def retain(self, wanted: Iterable[tuple[int, float, int, bool]]) -> None:
        """Free the bars that nobody looks back on: `wanted` are all (series, bar length, bars, opens) that are kept."""
        slots = {interval: np.zeros(self.latest.size, np.int64) for interval in self.rings}
        opens = dict.fromkeys(self.rings, False)
        for number, interval, count, with_opens in (each for each in wanted if each[1] in self.rings):
            slots[interval][number] = max(slots[interval][number], count)
            opens[interval] |= with_opens
        for interval, ring in list(self.rings.items()):
            rows, places = ring.rows, self._rows_by_series(interval)
            rows.slots[: rows.size] = slots[interval][rows.series[: rows.size]]
            idle = np.flatnonzero(rows.slots[: rows.size] == 0)
            if len(idle) == rows.size:
                self.freed.setdefault(interval, set()).update(ring.dropped, range(ring.oldest, ring.newest + 1))
                del self.rings[interval], self._ring_rows[interval]
                continue
            if len(idle):
                places[rows.series[idle]] = -1
                taken, _ = ring.drop(idle)
                places[rows.series[taken]] = taken
            ring.fit(int(np.max(rows.slots[: rows.size])), opens=opens[interval])

    def known(self) -> Floats:
        """The values by series number, NaN where there is none, it is stale or of the past."""
        n = self.latest.size
        return np.where(self.latest.fresh[:n] & ~self.latest.past[:n], self.latest.value[:n], np.nan)

    def flags(self, numbers: Rows) -> Flags:
        """True for these series, by number."""
        flags = np.zeros(self.latest.size, np.bool_)
        flags[numbers] = True
        return flags

    def rows(self, interval: float, numbers: Rows) -> Ints:
        """The rows of these series in the ring of that bar length, -1 for those that have none."""
        rows: Ints = self._rows_by_series(interval)[numbers]
        return rows

    def _rows_by_series(self, interval: float) -> Ints:
        rows = self._ring_rows.get(interval)
        if rows is None or len(rows) < self.latest.size:
            grown = np.full(max(16, 2 * self.latest.size), -1, np.int64)
            if rows is not None:
                grown[: len(rows)] = rows
            rows = self._ring_rows[interval] = grown
        return rows

    # ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────

    def absorb(self, poll: Poll | None, now: float) -> Absorbed:
        """Take what a poll brought, and let time pass to `now`."""
        absorbed = Absorbed(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE)
        if poll is not None:
            parts = [self._take(readings, now, absorbed) for readings in poll.readings]
            new, revised, seen = (np.concatenate([part[k] for part in parts] or [_NONE]) for k in range(3))
            for name, coins in poll.confirmed:
                known = self._find(poll.source, name, coins)
                # That a doubtful value still stands at the source says nothing for the one before it.
                seen = np.concatenate([seen, known[(known > 0) & np.isnan(self.latest.suspect[known])]])
            absorbed.new, absorbed.revised, absorbed.heard = new, revised, seen
            absorbed.back = seen[~self.latest.fresh[seen] | self.latest.past[seen]]
            self.latest.fresh[seen], self.latest.past[seen] = True, False
            self.latest.seen[seen] = np.fmax(self.latest.seen[seen], now)
            self.touched.update(blocks_of(np.concatenate([new, revised, absorbed.back])))
            self.confirmed.update(blocks_of(seen))
            absorbed.filled = self._fill(poll.bars)
        absorbed.stale = self._expire(now)
        return absorbed

    def _find(self, source: str, name: str, coins: Sequence[str]) -> Rows:
        """Series numbers of these coins, 0 for those that no rule asks for."""
        asked = self._asked.get((source, name))
        # A source names the same coins at every poll.
        if asked is None or asked[0] != coins or asked[2] != self.latest.size:
            lane = self.numbers.get((source, name), {})
            found = np.fromiter(map(lane.get, coins, repeat(0)), np.intp, len(coins))
            asked = self._asked[(source, name)] = coins, found, self.latest.size
        return asked[1]

    def _take(self, readings: Readings, now: float, absorbed: Absorbed) -> tuple[Rows, Rows, Rows]:
        """(new, revised, seen) series of one column of readings; a coin stands in it once."""
        latest = self.latest
        numbers = self._find(readings.source, readings.field, readings.coins)
        wanted = numbers > 0
        numbers, values, at = numbers[wanted], readings.values[wanted], readings.at[wanted]
        last, last_at = latest.value[numbers], latest.at[numbers]
        good = np.isfinite(values) & np.isfinite(at)
        _count(absorbed.refused, "not_finite", ~good)
        _count(absorbed.refused, "future", good & (at > now + FUTURE))
        _count(absorbed.refused, "older", good & (at < last_at))
        good &= (at <= now + FUTURE) & ~(at < last_at)
        confirmed = good & (at == last_at) & (values == last)
        fresh = good & ~confirmed
        if readings.field in self.jumping and np.isfinite(self.max_jump):
            fresh &= ~self._suspicious((numbers, values, at), fresh, absorbed.refused)
        revision = fresh & (at == last_at)
        new = fresh & ~revision
        latest.value[numbers[fresh]], latest.at[numbers[fresh]] = values[fresh], at[fresh]
        for part, replace in ((new, False), (revision, True)):
            if part.any():
                self._put(numbers[part], at[part], values[part], replace=replace)
        return numbers[new], numbers[revision], numbers[fresh | confirmed]

    def _suspicious(self, readings: tuple[Rows, Floats, Floats], fresh: Flags, refused: Counter[str]) -> Flags:
        """Which of the fresh readings (series, value, time) leap too far from the last, and wait for a later one to
        confirm them."""
        latest, (numbers, values, at) = self.latest, readings
        suspect, since = latest.suspect[numbers], latest.suspect_at[numbers]
        believed = (at > since) & ~_leap(values, suspect, self.max_jump)
        waits = fresh & _leap(values, latest.value[numbers], self.max_jump) & ~believed
        _count(refused, "jump", waits)
        # The same doubtful reading, served once more, is no second one.
        anew = waits & ~((values == suspect) & (at == since))
        settled = fresh & ~waits & ~np.isnan(suspect)
        latest.suspect[numbers[anew]], latest.suspect_at[numbers[anew]] = values[anew], at[anew]
        latest.suspect[numbers[settled]] = latest.suspect_at[numbers[settled]] = np.nan
        self.doubts_changed |= bool(anew.any() or settled.any())
        return waits

    def _put(self, numbers: Rows, at: Floats, values: Floats, *, replace: bool) -> None:
        for interval, ring in self.rings.items():
            rows = self.rows(interval, numbers)
            has = rows >= 0
            if has.any():
                ring.put(rows[has], at[has], values[has], replace=replace)

    def _fill(self, history: Sequence[Bars]) -> Rows:
        """Past bars: they fill the rings and, where they are newer, the latest value; nothing is judged for them."""
        filled = []
        for bars in history:
            number = int(self._find(bars.source, bars.field, (bars.coin,))[0])
            if not number or not len(bars.end):
                continue
            for interval, ring in self.rings.items():
                row = int(self._rows_by_series(interval)[number])
                if row >= 0 and (bars.interval <= interval or comes_per_bar(bars.field)):
                    ring.fill(row, bars)
            if not bars.end[-1] <= self.latest.at[number]:
                self.latest.value[number], self.latest.at[number] = bars.close[-1], bars.end[-1]
            filled.append(number)
        found = np.array(filled, np.intp)
        self.touched.update(blocks_of(found))
        return found

    def start_again(self, away: float) -> None:
        """After so many seconds in which there was no daemon: until a series speaks, its value is unknown."""
        self.skip(away)
        self.latest.past[1 : self.latest.size] = True

    def forget(self, numbers: Rows) -> None:
        """Of series that nobody polls any longer: whoever asks for one again begins with its next reading."""
        for name in ("value", "at", "seen", "suspect", "suspect_at", "fresh", "past"):
            getattr(self.latest, name)[numbers] = Latest.FILL[name][1]
        self.doubts_changed |= bool(len(numbers))
        self.touched.update(blocks_of(numbers))

    def skip(self, seconds: float) -> None:
        """Time in which nobody watched: it is no silence of the sources."""
        self.latest.seen[1 : self.latest.size] += max(0.0, seconds)

    # ── freshness ────────────────────────────────────────────────────────────────────────────────────────────────

    def _expire(self, now: float) -> Rows:
        n = self.latest.size
        over = self.latest.seen[:n] + self.latest.stale_after[:n] <= now
        gone: Rows = (over & self.latest.fresh[:n]).nonzero()[0]
        self.latest.fresh[gone] = False
        self.touched.update(blocks_of(gone))
        return gone

    def next_stale(self) -> float:
        """When the next series goes stale, infinity if none will."""
        n = self.latest.size
        ends = self.latest.seen[:n] + self.latest.stale_after[:n]
        return float(np.fmin.reduce(ends, initial=np.inf, where=self.latest.fresh[:n]))


def _leap(values: Floats, last: Floats, most: float) -> Flags:
    """True where a value is further from the last than `most`, up or down alike; False where there is no last."""
    ratio = values / last
    return (ratio > 1 + most) | (ratio < 1 - most) if most < 1 else ratio > 1 + most


def _count(refused: Counter[str], reason: str, which: Flags) -> None:
    if which.any():
        refused[reason] += int(which.sum())
