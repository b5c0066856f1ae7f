"""What has to arrive, told from the prices alone: plain arithmetic that shares nothing with the judge that is shown.

alertd sees samples: when exactly it asks is chance, and for a while it is dead. So each question knows two answers for
every minute: surely true, however the samples fall, and maybe true, for some way in which they fall. A coin on which
it is surely false for a while and then surely true has to be told; one on which it never may be true, never.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alertd.demo.market import HOUR, MINUTE, Market
from alertd.model.reading import Floats
from alertd.model.units import say_number

Flags = NDArray[np.bool_]

SIGNS = {1: "bullish", -1: "bearish"}
_LEAD = 4 * HOUR


@dataclass(frozen=True, slots=True)
class Watching:
    """The market as the daemon could see it, from `start` to `end` (epoch seconds): in any `price_lag` seconds it saw
    each price once or more, in any `signal_lag` each signal."""

    market: Market
    start: float
    end: float
    price_lag: float
    signal_lag: float

    @property
    def minutes(self) -> Floats:
        """Ends of minutes, some hours before the start too: windows reach back."""
        first = np.ceil((self.start - _LEAD) / MINUTE)
        return np.asarray(np.arange(first, np.floor(self.end / MINUTE) + 1) * MINUTE)

    @property
    def lead(self) -> int:
        """How many of the minutes are before the start."""
        return int(np.searchsorted(self.minutes, self.start))

    def closes(self, coin: str) -> Floats:
        """The last price at each minute."""
        return self._last(coin, self.market.bars[coin].close)

    def trend(self, coin: str) -> Floats:
        """The signal at each minute."""
        return self._last(coin, self.market.trends[coin])

    def _last(self, coin: str, column: Floats) -> Floats:
        places = np.searchsorted(self.market.bars[coin].end, self.minutes, side="right") - 1
        return np.asarray(column[np.maximum(places, 0)])


class Question(Protocol):
    """What a rule of the demo asks of a coin."""

    @property
    def text(self) -> str:
        """The condition as the rule says it."""

    def must(self, watching: Watching, coin: str) -> bool:
        """True if it has to fire."""

    def may(self, watching: Watching, coin: str) -> bool:
        """True if it may fire."""


class Lasting(ABC):
    """A question whose answer is yes for a while; its rule fires when it becomes so."""

    @abstractmethod
    def surely(self, watching: Watching, coin: str) -> Flags: ...

    @abstractmethod
    def maybe(self, watching: Watching, coin: str) -> Flags: ...

    def must(self, watching: Watching, coin: str) -> bool:
        lag, lead = _minutes(watching.price_lag), watching.lead
        calm = all_of(~self.maybe(watching, coin), lag)[lead + lag :]
        true = all_of(self.surely(watching, coin), lag)[lead + lag :]
        return bool(calm.any() and true[int(np.argmax(calm)) :].any())

    def may(self, watching: Watching, coin: str) -> bool:
        return bool(self.maybe(watching, coin)[watching.lead - _minutes(HOUR) :].any())


@dataclass(frozen=True, slots=True)
class Move(Lasting):
    """A price moves by so many percent within an hour: up, or with a negative number down."""

    percent: float

    @property
    def text(self) -> str:
        return f"price {'up' if self.percent > 0 else 'down'} {say_number(abs(self.percent))}% in 1h"

    def surely(self, watching: Watching, coin: str) -> Flags:
        # In any `lag` there was a sample, which is no lower than the lowest price in it. The window as the daemon has
        # it ends between bars, so a minute is taken off at each end.
        lag, price = _minutes(watching.price_lag), self._turned(watching, coin)
        looked = _minutes(HOUR) - lag - 2
        if looked <= 0:  # a window may have no other sample than the newest
            return np.zeros(len(price), dtype=bool)
        sampled = _trailing(_trailing(price, lag).min(axis=1), looked)
        return np.asarray(price <= sampled.max(axis=1) * (1 - self._share))

    def maybe(self, watching: Watching, coin: str) -> Flags:
        price = self._turned(watching, coin)
        return np.asarray(price <= _trailing(price, _minutes(HOUR) + 2).max(axis=1) * (1 - self._share))

    def _turned(self, watching: Watching, coin: str) -> Floats:
        """The price; its inverse for a rise, which then is a fall."""
        closes = watching.closes(coin)
        return 1 / closes if self.percent > 0 else closes

    @property
    def _share(self) -> float:
        return 1 - 1 / (1 + self.percent / 100) if self.percent > 0 else -self.percent / 100


@dataclass(frozen=True, slots=True)
class Below(Lasting):
    """A price is below a level."""

    level: float

    @property
    def text(self) -> str:
        return f"price < {self.level:.10g}"

    def surely(self, watching: Watching, coin: str) -> Flags:
        return np.asarray(watching.closes(coin) < self.level)

    maybe = surely


@dataclass(frozen=True, slots=True)
class Says(Lasting):
    """The signal is bullish (1) or bearish (-1)."""

    sign: int

    @property
    def text(self) -> str:
        return f"signal is {SIGNS[self.sign]}"

    def surely(self, watching: Watching, coin: str) -> Flags:
        return all_of(watching.trend(coin) == self.sign, _minutes(watching.signal_lag))

    def maybe(self, watching: Watching, coin: str) -> Flags:
        return ~all_of(watching.trend(coin) != self.sign, _minutes(watching.signal_lag))


@dataclass(frozen=True, slots=True)
class Both(Lasting):
    """Two questions at once."""

    one: Move
    other: Says

    @property
    def text(self) -> str:
        return f"{self.one.text} and {self.other.text}"

    def surely(self, watching: Watching, coin: str) -> Flags:
        return self.one.surely(watching, coin) & self.other.surely(watching, coin)

    def maybe(self, watching: Watching, coin: str) -> Flags:
        return self.one.maybe(watching, coin) & self.other.maybe(watching, coin)


@dataclass(frozen=True, slots=True)
class Flips:
    """The signal changes."""

    text: str = "signal flips"

    def must(self, watching: Watching, coin: str) -> bool:
        lag, signs = _minutes(watching.signal_lag), watching.trend(coin)[watching.lead :]
        settled = [int(run[-1]) for run in _trailing(signs, lag)[lag - 1 :] if run[0] and (run == run[0]).all()]
        return len(set(settled)) > 1

    def may(self, watching: Watching, coin: str) -> bool:
        signs = watching.trend(coin)[max(watching.lead - _minutes(watching.signal_lag), 0) :]
        return len(set(signs.tolist()) - {0.0}) > 1


def all_of(flags: Flags, minutes: int) -> Flags:
    """True where it has been true for so many minutes."""
    return np.asarray(_trailing(flags, minutes).all(axis=1))


def _trailing(values: NDArray[np.generic], minutes: int) -> NDArray[np.generic]:
    """For each minute the last so many, itself included; before the first, it stands for all that came earlier."""
    padded = np.concatenate((np.repeat(values[:1], minutes - 1), values))
    return np.lib.stride_tricks.sliding_window_view(padded, minutes)


def _minutes(seconds: float) -> int:
    return max(round(seconds / MINUTE), 1)
