"""What a row of the function table says, and the bars that indicators are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from types import MappingProxyType

from alertd.conditions.fields import Unit

INTERVALS: Mapping[str, float] = MappingProxyType(
    {
        "1m": 60.0,
        "3m": 180.0,
        "5m": 300.0,
        "15m": 900.0,
        "30m": 1800.0,
        "1h": 3600.0,
        "2h": 7200.0,
        "4h": 14400.0,
        "6h": 21600.0,
        "8h": 28800.0,
        "12h": 43200.0,
        "1d": 86400.0,
        "1w": 604800.0,
    }
)
"""The bars that there are, in seconds: aligned to the epoch, in UTC, so that a week begins on Thursday."""

MOST_BARS = 2000
"""Bars that one indicator may count back."""


class Kind(StrEnum):
    """What a function is made of, and with it which node of the tree it becomes."""

    WINDOW = "window"
    CHANGE = "change"
    INDICATOR = "indicator"
    AGE = "age"
    BREADTH = "breadth"
    RANK = "rank"


@dataclass(frozen=True, slots=True)
class Argument:
    """A plain number: whole from `least` to `most`, or any at all where `whole` is false."""

    name: str
    least: int = 1
    most: int = 500
    whole: bool = True


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One function. `unit` is None where it is that of its field; `relative` is true where the field has to be money or
    a number, since percents of it are told. `form` is how it is written at its plainest, `example` a condition with it.

    `bars` says how many closed bars an indicator needs, by its numbers; `reference` who defined it.
    """

    name: str
    kind: Kind
    unit: Unit | None
    form: str
    definition: str
    example: str
    arguments: tuple[Argument, ...] = ()
    bars: Callable[[tuple[float, ...]], int] | None = None
    relative: bool = False
    reference: str = ""


def _warmed(n: float) -> int:
    """Bars of an exponential mean: the first n are its seed, which weighs less than 1 % after 2.5·n more."""
    return int(n) + ceil(2.5 * n)


def one_bar(_: tuple[float, ...]) -> int:
    return 1


def n_bars(arguments: tuple[float, ...]) -> int:
    return int(arguments[0])


def exponential_bars(arguments: tuple[float, ...]) -> int:
    return _warmed(arguments[0])


def wilder_bars(arguments: tuple[float, ...]) -> int:
    return 6 * int(arguments[0]) + 1


def macd_bars(arguments: tuple[float, ...]) -> int:
    return _warmed(arguments[1])


def signal_bars(arguments: tuple[float, ...]) -> int:
    return _warmed(arguments[1]) + _warmed(arguments[2]) - 1


def pair_bars(arguments: tuple[float, ...]) -> int:
    return int(arguments[0]) + 1
