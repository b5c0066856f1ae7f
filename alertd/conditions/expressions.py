"""The expressions of a condition's tree: each is a number per coin. `conditions.tree` has the conditions and all names.

Every node is frozen and hashable. `span` is (start, end) in characters of the sentence; it is no part of a node's
equality, so that two sentences of the same meaning are equal. Durations are seconds, percents are
percent points (5% is 5.0), times are epoch seconds.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertd.conditions.tree import Condition

Span = tuple[int, int]
_NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A plain number (`70k`)."""

    value: float


@dataclass(frozen=True, slots=True)
class Percent(Node):
    """`5%` is Percent(5.0)."""

    value: float


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """`10m` is Duration(600.0)."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """The place of the `index`-th constant that was lifted out of a sentence to get its shape; see
    `conditions.shape`."""

    index: int


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`price`, `ETH.price`, `binance.price`, `volume(1h)`: `coin` and `source` are None unless the sentence names them.

    After `bind` has resolved it, a coin is alertd's own name; the market itself is the coin `market`. A field of bars
    has the bar's length in its name, as `exact_duration` spells it.
    """

    name: str
    coin: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Window(Node):
    """`high(24h)`, `low(ETH.price, 24h)`, `average(volume(1h), 7d)`: `function` is `high`, `low`, `average`,
    `drawdown`, `resistance` or `support`."""

    function: str
    field: Field
    seconds: float


@dataclass(frozen=True, slots=True)
class Indicator(Node):
    """`close(4h)`, `ema(20, 4h)`, `macd(12, 26, 4h)`, `correlation(ETH.price, 30, 1d)`: over closed bars of
    `interval` seconds. `arguments` are the plain numbers in their order. `other` is the second field of those with
    two: `correlation`, and `vwap`, which is made of two kinds of volume."""

    function: str
    field: Field
    arguments: tuple[float, ...]
    interval: float
    other: Field | None = None


@dataclass(frozen=True, slots=True)
class Opening(Node):
    """The first reading of the bar that is running: the base of `since open(1d)`, and nowhere else."""

    field: Field
    interval: float


@dataclass(frozen=True, slots=True)
class LastAlert(Node):
    """The value with which the alert last opened an episode: the base of `since last alert`, and nowhere else."""

    field: Field


@dataclass(frozen=True, slots=True)
class Change(Node):
    """`change(price, 1h)`: percent points against the value one window ago."""

    field: Field
    seconds: float


@dataclass(frozen=True, slots=True)
class Age(Node):
    """`age(price)`: seconds since the field's last reading."""

    field: Field


@dataclass(frozen=True, slots=True)
class Count(Node):
    """`count(where C)`: on how many of the rule's coins C is true."""

    of: "Condition"


@dataclass(frozen=True, slots=True)
class Share(Node):
    """`share(where C)`: on how many percent of the rule's coins C is true."""

    of: "Condition"


@dataclass(frozen=True, slots=True)
class Rank(Node):
    """`rank(change(price, 24h))`: the coin's place among the rule's coins, 1 for the highest value."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left operator right` with one of + - * /."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Negative(Node):
    of: "Expression"


Expression = (
    Number
    | Percent
    | Duration
    | Parameter
    | Field
    | Window
    | Indicator
    | Opening
    | LastAlert
    | Change
    | Age
    | Count
    | Share
    | Rank
    | Arithmetic
    | Negative
)
Amount = Percent | Number | Parameter
