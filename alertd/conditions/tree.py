"""A condition as a tree: what the parser makes, the type check approves and the judge evaluates.

Here are the conditions, each YES, NO or UNKNOWN per coin, and the ways through a tree; `conditions.expressions` has the
numbers that they are said of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import cast

from alertd.conditions.expressions import (
    Age,
    Amount,
    Arithmetic,
    Change,
    Count,
    Duration,
    Expression,
    Field,
    Indicator,
    LastAlert,
    Negative,
    Node,
    Number,
    Opening,
    Parameter,
    Percent,
    Rank,
    Share,
    Span,
    Window,
)

__all__ = [
    "Age",
    "Amount",
    "And",
    "Arithmetic",
    "Between",
    "Change",
    "Compare",
    "Condition",
    "Confirmed",
    "Count",
    "Cross",
    "CrossEvery",
    "Duration",
    "Enters",
    "Expression",
    "Field",
    "Flip",
    "Holds",
    "Indicator",
    "Is",
    "LastAlert",
    "Move",
    "Negative",
    "Node",
    "Not",
    "Number",
    "Opening",
    "Or",
    "Parameter",
    "Percent",
    "Rank",
    "Recently",
    "Share",
    "Since",
    "Some",
    "Span",
    "Tree",
    "Window",
    "Within",
    "children",
    "momentary",
    "of_own_coin",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left operator right` with one of > >= < <= == !=."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Cross(Node):
    """`left crosses above right`; `direction` is `above`, `below`, `either` or `reaches`. Momentary.

    `breaks` is `crosses` by another name.
    """

    direction: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class CrossEvery(Node):
    """`price crosses every 1000`: any multiple of the step, from either side. Momentary."""

    of: Expression
    step: Amount


@dataclass(frozen=True, slots=True)
class Holds(Node):
    """`price breaks above high(24h), holds 15m`: from so many seconds after the crossing on, as long as the left side
    has not come back over the level as it was at the crossing."""

    of: Cross
    seconds: float


@dataclass(frozen=True, slots=True)
class Move(Node):
    """`price up 5% in 1h`; `direction` is `up`, `down` or `moves`; the amount is a Percent, or a Number of units."""

    direction: str
    field: Field
    amount: Amount
    relative: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Since(Node):
    """`price up 3% since open(1d)`, `since last alert`, `since 65k`: like Move, from another base."""

    direction: str
    field: Field
    amount: Amount
    relative: bool
    base: Expression


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`price within 1% of high(30d)`: no further from `target` than the amount (percent of it, or units)."""

    of: Expression
    amount: Amount
    relative: bool
    target: Expression


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`price between 60k and 70k`, ends included."""

    of: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Enters(Node):
    """`price enters 60k to 70k`, `price enters within 1% of 70k`; with `leaves` the way out. Momentary."""

    range: Within | Between
    leaves: bool = False


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
class Recently(Node):
    """`recently(C, 4h)`: C was true at a tick in the last so many seconds."""

    of: "Condition"
    seconds: float


@dataclass(frozen=True, slots=True)
class And(Node):
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some(Node):
    """`3 of (A, B, C, D)`: at least `count` of the parts."""

    count: int
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Confirmed(Node):
    """`C confirmed by 2 sources`: `parts` are C on each source that can say it, of which `count` must agree."""

    count: int
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    of: "Condition"


Condition = (
    Compare
    | Cross
    | CrossEvery
    | Holds
    | Move
    | Since
    | Within
    | Between
    | Enters
    | Flip
    | Is
    | Recently
    | And
    | Or
    | Some
    | Confirmed
    | Not
)
Tree = Expression | Condition

_PLAIN = {float, str, int, bool, float | None, str | None, tuple[float, ...]}
BELOW: Mapping[type, tuple[str, ...]] = {
    kind: tuple(spec.name for spec in fields(kind) if spec.name != "span" and spec.type not in _PLAIN)
    for kind in Node.__subclasses__()
}
"""Where a node has others below it."""


def children(node: Tree) -> Iterator[Tree]:
    """The nodes right below, from left to right."""
    for name in BELOW[type(node)]:
        value = getattr(node, name)
        if name == "parts":
            yield from value
        elif value is not None:
            yield cast("Tree", value)


def walk(node: Tree) -> Iterator[Tree]:
    """The node and everything below it, parents first, from left to right."""
    left = [node]
    while left:
        node = left.pop()
        yield node
        if BELOW[type(node)]:
            left += reversed([*children(node)])


def momentary(node: Tree) -> bool:
    """True for a crossing, a flip, a way in or out, a move since the last alert, an `and` with one, an `or` of them."""
    match node:
        case Since(_, _, _, _, LastAlert()):
            return True
        case Cross() | CrossEvery() | Enters() | Flip():
            return True
        case And(parts):
            return any(momentary(part) for part in parts)
        case Or(parts):
            return all(momentary(part) for part in parts)
        case Confirmed(_, parts):
            return any(momentary(part) for part in parts)
        case Some(count, parts):
            return sum(not momentary(part) for part in parts) < count
        case _:
            return False


def of_own_coin(node: Tree) -> bool:
    """True if anything in it is said of the alert's own coin, what counts over all of the rule's coins left out."""
    match node:
        case Field(_, coin):
            return coin is None
        case Count() | Share():
            return False
        case _:
            return any(of_own_coin(child) for child in children(node))
