"""What the demo plays: some hours of a market, around its steepest fall, as fast as they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from alertd.demo.market import DAY, HOUR, MINUTE, Market, market_day, recorded
from alertd.errors import ConfigError
from alertd.model.reading import Bars, Floats
from alertd.model.units import say_duration
from alertd.sources.candle_files import read_all
from alertd.sources.coins import CoinTable

SEED = 20_260_310
START = 1_773_100_800.0
"""2026-03-10 00:00 UTC: the generated day, which never was."""

SPEED = DAY / 40.0
"""A day in 40 s. A restart of two seconds is more than an hour then: much faster would leave nothing to watch, and what
is shorter than a day is played slower."""
SLOWEST = 60.0

QUICK, LONGER = 1.0, 4.0
"""A start may take so many seconds at that speed; where it takes longer the market is slowed down, to the fourth part
at most: a restart is to be as short in the market as anywhere."""

COINS = 40
FINEST, LONGEST = 300.0, 900.0
"""Longer bars than these are played as if they were shorter, so that there is more than one price in an hour."""

PRELUDE = 0.1
"""The share of recorded bars that comes before the session, so that there are prices when it starts."""


@dataclass(frozen=True, slots=True)
class Session:
    """Some hours of a market, `start` to `end` (epoch seconds); `steepest` is when it falls most. `speed` is how many
    of its seconds pass in one of ours. `about` are sentences that say what it is, and what of it is made up."""

    market: Market
    start: float
    end: float
    steepest: float
    speed: float
    about: tuple[str, ...]


def generated() -> Session:
    """The day with a crash about noon."""
    market = market_day(SEED, START)
    about = (
        f"The market: a day of {len(market.bars)} coins, with a flash crash about noon.",
        f"It is generated (seed {SEED}): nothing here was ever traded.",
    )
    return Session(market, START, START + DAY, _steepest(market.bars, START)[0], SPEED, about)


def slowed(session: Session, start: float) -> Session:
    """The same for a machine on which alertd takes so many seconds to start."""
    if start <= QUICK:
        return session
    busy = f"This machine is slow or busy (alertd starts in {start:.0f} s): it is played more slowly."
    return replace(session, speed=session.speed / min(start / QUICK, LONGER), about=(*session.about, busy))


def from_files(paths: Sequence[Path]) -> Session:
    """The day around the steepest fall in recorded bars. Raises ConfigError where there is nothing to play."""
    bars = read_all(paths)
    names = ", ".join(path.name for path in paths)
    about: tuple[str, ...] = ()
    most = max((len(each.end) for each in bars.values()), default=0)
    long = max((each.interval for each in bars.values()), default=0.0)
    length = min(max(DAY / max(most, 1), FINEST), LONGEST)
    if long > length:
        length = length // MINUTE * MINUTE
        bars = {symbol: _squeezed(each, length) for symbol, each in bars.items()}
        about = (f"Its bars of {say_duration(long)} are played as if they were of {say_duration(length)}.",)
    steepest, whole = _steepest(bars)
    first, last = _unbroken(whole.end, steepest)
    first += PRELUDE * (last - first)
    if last - first < HOUR:
        raise ConfigError(f"{names}: there are not bars enough to play, an hour of them without a gap")
    start = max(first, min(steepest, last - DAY / 2) - DAY / 2)
    end = min(last, start + DAY)
    playing = {symbol: each for symbol, each in bars.items() if _covers(each, start, end)}
    market = recorded(dict(list(playing.items())[:COINS]), CoinTable.shipped())
    speed = max(SPEED * (end - start) / DAY, SLOWEST)
    return Session(
        market, start, end, steepest, speed, (_summary(market, start, end), f"They are from {names}.", *about)
    )


def _summary(market: Market, start: float, end: float) -> str:
    coins = ", ".join(list(market.bars)[:3]) + (f" and {len(market.bars) - 3} more" if len(market.bars) > 3 else "")
    day = np.datetime64(round(start), "s").item()
    return f"The market: recorded bars of {coins}, {say_duration(end - start)} from {day:%Y-%m-%d %H:%M} UTC on."


def moves(bars: Bars, seconds: float = HOUR) -> tuple[Floats, Floats]:
    """How far each bar's close is below the highest, and above the lowest, of the last `seconds`: shares of it, 0 where
    bars are missing."""
    count = max(round(seconds / bars.interval), 2)
    fall, rise = np.zeros(len(bars.end)), np.zeros(len(bars.end))
    if len(bars.end) >= count:
        windows = np.lib.stride_tricks.sliding_window_view(bars.close, count)
        whole = bars.end[count - 1 :] - bars.end[: len(windows)] <= count * bars.interval
        fall[count - 1 :] = np.where(whole, 1 - bars.close[count - 1 :] / windows.max(axis=1), 0.0)
        rise[count - 1 :] = np.where(whole, bars.close[count - 1 :] / windows.min(axis=1) - 1, 0.0)
    return fall, rise


def _steepest(bars: Mapping[str, Bars], start: float = -np.inf) -> tuple[float, Bars]:
    """When some coin has fallen most within an hour, and that coin's bars."""
    found: list[tuple[float, float, Bars]] = []
    for each in bars.values():
        falls = np.where(each.end >= start, moves(each)[0], -1.0)
        if len(falls):
            found.append((float(falls.max()), float(each.end[np.argmax(falls)]), each))
    _, at, whole = max(found, key=lambda one: one[0])
    return at, whole


def _unbroken(end: Floats, at: float) -> tuple[float, float]:
    """The first and the last bar of the run around `at` in which none is missing for an hour."""
    breaks = np.flatnonzero(np.diff(end) > HOUR)
    firsts, lasts = np.append(end[0], end[breaks + 1]), np.append(end[breaks], end[-1])
    run = int(np.searchsorted(firsts, at, side="right")) - 1
    return float(firsts[run]), float(lasts[run])


def _covers(bars: Bars, start: float, end: float) -> bool:
    """True if few of a coin's bars are missing between two times."""
    there = np.count_nonzero((bars.end >= start) & (bars.end <= end))
    return bool(there >= 0.8 * (end - start) / bars.interval)


def _squeezed(bars: Bars, length: float) -> Bars:
    """The same bars as if each were so long, the first in its place."""
    numbers = np.round((bars.end - bars.end[0]) / bars.interval)
    first = np.ceil(bars.end[0] / length) * length
    return replace(bars, interval=length, end=first + numbers * length)
