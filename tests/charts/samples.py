"""Bars that were made up: a walk from a seed."""

import random
from itertools import accumulate
from operator import mul

import numpy as np

from alertd.model.reading import Bars
from tests.fakes import START


def bars(count: int, *, interval: float = 900.0, end: float = START, price: float = 100.0, traded: bool = True) -> Bars:
    """So many bars in a row, the last of which ends at `end`."""
    dice = random.Random(7)
    ends = end - interval * np.arange(count - 1, -1, -1.0)
    closes = np.array([*accumulate((1 + dice.uniform(-0.01, 0.01) for _ in range(count)), mul)]) * price
    opens = np.append([price], closes[:-1])[:count]
    highs, lows = np.maximum(opens, closes) * 1.002, np.minimum(opens, closes) * 0.998
    volume = np.array([dice.uniform(1, 9) for _ in range(count)]) if traded else None
    return Bars("candles", "price", "BTC", interval, ends, opens, highs, lows, closes, volume)
