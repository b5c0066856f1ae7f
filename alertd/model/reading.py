"""What a source says: readings, in columns."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Readings:
    """One field of many coins, as one answer of a source gave it.

    `coins` are alertd's own names; `values` and `at` have their length. `at` is epoch seconds: the source's own
    time, else the time of receipt. States (a signal) are floats, see `conditions.fields`.
    """

    source: str
    field: str
    coins: tuple[str, ...]
    values: Floats
    at: Floats


@dataclass(frozen=True, slots=True)
class Bars:
    """Past bars of one field of one coin at one source, oldest first; every column has the same length.

    `end` is epoch seconds; a bar holds what happened in (start, end], all bars of one value are `interval` seconds
    long. Bars of a price may tell what was traded in them: `volume` in units of the coin, `quote_volume` in money.
    """

    source: str
    field: str
    coin: str
    interval: float
    end: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats | None = None
    quote_volume: Floats | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """What one answer brought.

    `confirmed` names (field, coins) that the source says are unchanged since the last answer (HTTP 304): their
    freshness is renewed. `bars` fill history and are never judged. `late` marks readings of the past that were
    fetched after an outage: they are judged in order, and told in one digest. `refused` counts what the source
    left out, by reason; `notes` are what the operator should be told of it, each once in the source's life.
    """

    source: str
    received: float
    readings: tuple[Readings, ...] = ()
    confirmed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    bars: tuple[Bars, ...] = ()
    late: bool = False
    refused: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
