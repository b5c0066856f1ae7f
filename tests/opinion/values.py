"""The numbers of a sentence, as trees of their own; nothing here knows alertd's. `str` is how each is written.

Durations are seconds, percents percent points.
"""

from dataclasses import dataclass

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def duration(seconds: float) -> str:
    """In the largest unit that divides it."""
    return next(f"{seconds / size:g}{unit}" for unit, size in _UNITS if seconds % size == 0)


@dataclass(frozen=True)
class Node:
    """Any part of a sentence."""


@dataclass(frozen=True)
class Expression(Node):
    """A number for each coin."""


@dataclass(frozen=True)
class Num(Expression):
    value: float

    def __str__(self) -> str:
        return f"{self.value:.12g}"


@dataclass(frozen=True)
class Pct(Expression):
    value: float

    def __str__(self) -> str:
        return f"{self.value:.12g}%"


@dataclass(frozen=True)
class Dur(Expression):
    seconds: float

    def __str__(self) -> str:
        return duration(self.seconds)


@dataclass(frozen=True)
class Field(Expression):
    """`price`, `ETH.price`, `binance.price`."""

    name: str
    coin: str | None = None
    source: str | None = None

    def __str__(self) -> str:
        return ".".join(part for part in (self.source, self.coin, self.name) if part)


@dataclass(frozen=True)
class Window(Expression):
    """`high low average drawdown resistance support` of a field."""

    function: str
    field: Field
    seconds: float

    def __str__(self) -> str:
        return f"{self.function}({self.field}, {duration(self.seconds)})"


@dataclass(frozen=True)
class Bars(Expression):
    """A function over closed bars: `ema(ETH.price, 20, 4h)`. `correlation` has another field; `vwap` is made of two,
    money and coins traded, which are not said."""

    function: str
    field: Field
    numbers: tuple[float, ...]
    interval: float
    other: Field | None = None

    def __str__(self) -> str:
        fields = [] if self.function == "vwap" else [self.field, self.other]
        said = [str(field) for field in fields if field] + [f"{number:g}" for number in self.numbers]
        return f"{self.function}({', '.join([*said, duration(self.interval)])})"


@dataclass(frozen=True)
class Change(Expression):
    field: Field
    seconds: float

    def __str__(self) -> str:
        return f"change({self.field}, {duration(self.seconds)})"


@dataclass(frozen=True)
class Age(Expression):
    field: Field

    def __str__(self) -> str:
        return f"age({self.field})"


@dataclass(frozen=True)
class Rank(Expression):
    of: Expression

    def __str__(self) -> str:
        return f"rank({self.of})"


@dataclass(frozen=True)
class Math(Expression):
    left: Expression
    operator: str
    right: Expression

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"


@dataclass(frozen=True)
class Opening(Expression):
    """The first reading of the bar that is running; written behind `since` alone."""

    field: Field
    interval: float

    def __str__(self) -> str:
        return f"open({duration(self.interval)})"


@dataclass(frozen=True)
class LastAlert(Expression):
    """What a field was worth when the last episode opened; written behind `since` alone."""

    def __str__(self) -> str:
        return "last alert"
