"""A market to play: a day generated from a seed, or recorded bars, and the AI signals computed from it.

Nothing here was traded and no AI was asked. The generated prices are random walks around a common one, with a flash
crash about noon and a recovery; the "AI" signal is a moving-average trend, grades and the mood of the market follow
from prices too, and volumes and supplies are made up. Whoever shows them says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from alertd.model.reading import Bars, Floats
from alertd.sources.candle_files import ended_in
from alertd.sources.coins import CoinTable

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0

OPENING = {
    "BTC": 71_200.0, "ETH": 3_480.0, "BNB": 640.0, "XRP": 2.31, "SOL": 178.0, "TRX": 0.284, "DOGE": 0.187,
    "ADA": 0.71, "LINK": 16.4, "XLM": 0.291, "BCH": 498.0, "SUI": 3.22, "AVAX": 24.1, "LTC": 96.5, "HBAR": 0.186,
    "SHIB": 0.00001312, "TON": 3.05, "DOT": 4.12, "UNI": 8.35, "AAVE": 262.0, "NEAR": 2.61, "ETC": 18.9, "ICP": 5.27,
    "APT": 4.83, "PEPE": 0.00001084, "ENA": 0.402, "TAO": 371.0, "POL": 0.226, "ARB": 0.352, "VET": 0.0247,
    "ALGO": 0.219, "ATOM": 4.31, "FIL": 2.58, "RENDER": 3.74, "WLD": 1.08, "OP": 0.673, "INJ": 12.6, "FET": 0.748,
    "GRT": 0.0941, "BONK": 0.00002215,
}  # fmt: skip
"""Coins of the generated day, the largest first, and what they cost when it starts (usd)."""


class Quote(NamedTuple):
    """What a coin costs and did in 24 hours, as of the bar that ended at `at`."""

    price: float
    at: float
    open: float
    high: float
    low: float
    cap: float
    volume: float
    """In units of the coin."""


@dataclass(frozen=True)
class Market:
    """Bars by coin (alertd's names), the largest coin first, all seen as of a moment: nothing after it is told."""

    bars: Mapping[str, Bars]

    @cached_property
    def supply(self) -> dict[str, float]:
        """How many of each coin there are: made up so that caps fall with the rank."""
        return {
            coin: 1.5e12 / (rank**1.4 * float(bars.close[0])) for rank, (coin, bars) in enumerate(self.bars.items(), 1)
        }

    @cached_property
    def trends(self) -> dict[str, Floats]:
        return {coin: trend(bars) for coin, bars in self.bars.items()}

    def last(self, coin: str, now: float) -> int:
        """The number of the last bar that has ended by then, -1 if there is none."""
        return int(np.searchsorted(self.bars[coin].end, now, side="right")) - 1

    def until(self, coin: str, now: float) -> Bars:
        """Its bars that have ended by then."""
        return ended_in(self.bars[coin], -np.inf, now)

    def traded(self, coin: str, now: float) -> Bars:
        """Its bars that have ended by then, with what was traded in them: as recorded, else the more the wider the bar
        is for its price."""
        bars = self.until(coin, now)
        if bars.volume is not None and bars.quote_volume is not None:
            return bars
        calm = self.supply[coin] * 0.05 * bars.interval / DAY
        volume = calm * (1 + 200 * (bars.high - bars.low) / bars.close)
        return replace(bars, volume=volume, quote_volume=volume * (bars.high + bars.low + bars.close) / 3)

    def quote(self, coin: str, now: float) -> Quote | None:
        bars, last = self.bars[coin], self.last(coin, now)
        if last < 0:
            return None
        first = int(np.searchsorted(bars.end, bars.end[last] - DAY, side="right"))
        part = slice(first, last + 1)
        price, supply = float(bars.close[last]), self.supply[coin]
        high, low = float(bars.high[part].max()), float(bars.low[part].min())
        turnover = supply * 0.05 * (1 + 10 * (high - low) / price)
        return Quote(price, float(bars.end[last]), float(bars.open[first]), high, low, supply * price, turnover)

    def signal(self, coin: str, now: float) -> int:
        """1 or -1 as the trend was last, 0 before it had one."""
        last = self.last(coin, now)
        return int(self.trends[coin][last]) if last >= 0 else 0

    def grade(self, coin: str, now: float) -> float | None:
        """0 to 100: how far the last hour's mean stands above the mean of six."""
        last = self.last(coin, now)
        if last < 0:
            return None
        closes = self.bars[coin].close
        lead = closes[max(last - 59, 0) : last + 1].mean() / closes[max(last - 359, 0) : last + 1].mean() - 1
        return round(50 + 50 * float(np.tanh(lead * 30)), 2)

    def mood(self, now: float) -> int:
        """Fear (1) and greed (99): how the coins' prices changed in 24 hours."""
        quotes = [quote for coin in self.bars if (quote := self.quote(coin, now))]
        change = float(np.mean([quote.price / quote.open - 1 for quote in quotes])) if quotes else 0.0
        return round(min(max(50 + 300 * change, 1), 99))


def trend(bars: Bars, fast: int = 60, slow: int = 360, band: float = 0.001) -> Floats:
    """The "AI" signal at each bar: 1 or -1 since the mean of `fast` bars was last clearly above or below that of
    `slow` ones, 0 before."""
    sums = np.concatenate(([0.0], np.cumsum(bars.close)))
    found = np.zeros(len(bars.close))
    if len(found) < slow:
        return found
    ends = np.arange(slow, len(sums))
    lead = ((sums[ends] - sums[ends - fast]) / fast) / ((sums[ends] - sums[ends - slow]) / slow) - 1
    clear = np.where(np.abs(lead) > band, np.sign(lead), 0.0)
    # Where it is not clear, the last clear one holds.
    held = np.maximum.accumulate(np.where(clear != 0, np.arange(len(clear)), 0))
    found[slow - 1 :] = clear[held]
    return found


def market_day(seed: int, start: float) -> Market:
    """One-minute bars from a day before `start` to a day after it; `start` is a midnight. The crash is about noon of
    the second day: bitcoin loses about a sixth within 20 minutes, smaller coins more."""
    draw = np.random.default_rng(seed)
    minutes = int(2 * DAY / MINUTE)
    end = np.linspace(start - DAY + MINUTE, start + DAY, minutes)
    hour = (end - start) / HOUR
    noon = 12 + draw.uniform(-0.25, 0.25)
    depth = draw.uniform(0.17, 0.2)
    fall = _crash(hour - noon, depth)
    shaken = 1 + 4 * np.exp(-np.abs(hour - noon - 0.3) * 1.5)
    common = np.cumsum(draw.standard_normal(minutes) * 0.0003 * shaken) + 0.02 * np.sin((hour + 18) * np.pi / 24) ** 2
    bars: dict[str, Bars] = {}
    for coin, price in OPENING.items():
        beta = 1.0 if coin == "BTC" else draw.uniform(1.05, 1.7)
        own = np.cumsum(draw.standard_normal(minutes) * (0.0001 if coin == "BTC" else 0.0004) * shaken)
        bars[coin] = _bars(coin, end, price * np.exp(beta * (common + fall) + own), draw.random((2, minutes)))
    return Market(bars)


def recorded(bars: Mapping[str, Bars], table: CoinTable) -> Market:
    """Bars of candle files under alertd's names: BTCUSD and BTCUSDT are BTC; what no table knows keeps its symbol."""
    names = table.names()
    known = {symbol: names.get(symbol.upper()) or names.get(symbol.upper().removesuffix("USD")) for symbol in bars}
    return Market({(coin := known[symbol] or symbol): replace(found, coin=coin) for symbol, found in bars.items()})


def _crash(hours: Floats, depth: float) -> Floats:
    """What the crash adds to the logarithm of a price, by hours since it began: down within 20 minutes, the faster
    the longer, then two thirds of it back over some hours."""
    loss = np.log1p(-depth)
    down = np.clip(hours * 3, 0, 1) ** 2
    back = 0.66 * -np.expm1(-np.clip(hours - 0.4, 0, None) / 1.2)
    return np.asarray(loss * down * (1 - back))


def _bars(coin: str, end: Floats, close: Floats, wicks: Floats) -> Bars:
    close = np.array([float(f"{value:.6g}") for value in close])
    opened = np.concatenate((close[:1], close[:-1]))
    body = np.abs(close - opened) + close * 0.0001
    high, low = np.maximum(opened, close) + body * wicks[0] * 0.5, np.minimum(opened, close) - body * wicks[1] * 0.5
    return Bars("demo", "price", coin, MINUTE, end, opened, high, low, close)
