"""A condition as a tree: what the parser makes, the type check approves and the judge evaluates.

Every node is frozen and hashable. `span` is (start, end) in characters of the sentence; it is no part of a node's
equality, so that two sentences of the same meaning are equal. Durations are seconds, percents are
percent points (5% is 5.0), times are epoch seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import cast

Span = tuple[int, int]
_NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


# ── expressions: a number per coin ───────────────────────────────────────────────────────────────────────────────


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
    """`price`, `ETH.price`, `binance.price`: `coin` and `source` are None unless the sentence names them.

    After `bind` has resolved it, a coin is alertd's own name; the market itself is the coin `market`.
    """

    name: str
    coin: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Window(Node):
    """`high(24h)`, `low(ETH.price, 24h)`, `average(24h)`: `function` is `high`, `low` or `average`."""

    function: str
    field: Field
    seconds: float


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
class Arithmetic(Node):
    """`left operator right` with one of + - * /."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Negative(Node):
    of: "Expression"


Expression = Number | Percent | Duration | Parameter | Field | Window | Change | Age | Arithmetic | Negative


# ── conditions: YES, NO or UNKNOWN per coin ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left operator right` with one of > >= < <= == !=."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Cross(Node):
    """`left crosses above right`; `direction` is `above`, `below`, `either` or `reaches`. Momentary."""

    direction: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Move(Node):
    """`price up 5% in 1h`; `direction` is `up`, `down` or `moves`; the amount is a Percent, or a Number of units."""

    direction: str
    field: Field
    amount: Percent | Number | Parameter
    relative: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Flip(Node):
    """`signal flips [from A] [to B]`. Momentary. The states are the field's values as floats, None for any."""

    field: Field
    source_state: float | None = None
    target_state: float | None = None


@dataclass(frozen=True, slots=True)
class Is(Node):
    """`signal is bullish`, `signal is not bullish` is Not(Is)."""

    field: Field
    state: float


@dataclass(frozen=True, slots=True)
class And(Node):
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    of: "Condition"


Condition = Compare | Cross | Move | Flip | Is | And | Or | Not
Tree = Expression | Condition


def children(node: Tree) -> Iterator[Tree]:
    """The nodes right below, from left to right."""
    for spec in fields(node):
        value = getattr(node, spec.name)
        if isinstance(value, Node):
            yield cast("Tree", value)
        elif isinstance(value, tuple) and spec.name == "parts":
            yield from value


def walk(node: Tree) -> Iterator[Tree]:
    """The node and everything below it, parents first, from left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def momentary(node: Tree) -> bool:
    """True for a crossing, a flip, an `and` with any of them, an `or` of only them."""
    match node:
        case Cross() | Flip():
            return True
        case And(parts):
            return any(momentary(part) for part in parts)
        case Or(parts):
            return all(momentary(part) for part in parts)
        case _:
            return False
