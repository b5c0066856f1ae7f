"""Conditions, as trees of their own; nothing here knows alertd's. `str` is the sentence, with parentheses wherever
there could be a doubt."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from tests.opinion.values import Expression, Field, LastAlert, Node, Num, Pct, duration

STATES = {
    "signal": {"bullish": 1.0, "bearish": -1.0},
    "hourly_signal": {"bullish": 1.0, "bearish": -1.0, "neutral": 0.0},
}
"""The fields that have states, with the floats that stand for them in readings."""

MARKET = "market"
"""The coin of what is said of the whole market."""

OF_MARKET = frozenset({"fear_greed"})
"""The fields that are said of it."""


@dataclass(frozen=True)
class Condition(Node):
    """YES, NO or UNKNOWN for each coin."""


@dataclass(frozen=True)
class Count(Expression):
    """`count(where C)`, or with `share` the percentage."""

    of: Condition
    share: bool = False

    def __str__(self) -> str:
        return f"{'share' if self.share else 'count'}(where {self.of})"


@dataclass(frozen=True)
class Compare(Condition):
    left: Expression
    operator: str
    right: Expression

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True)
class Cross(Condition):
    """`way` is `crosses above`, `crosses below`, `crosses` or `reaches`."""

    left: Expression
    way: str
    right: Expression

    def __str__(self) -> str:
        return f"{self.left} {self.way} {self.right}"


@dataclass(frozen=True)
class Every(Condition):
    of: Expression
    step: float

    def __str__(self) -> str:
        return f"{self.of} crosses every {self.step:g}"


@dataclass(frozen=True)
class Holds(Condition):
    of: Cross
    seconds: float

    def __str__(self) -> str:
        return f"{self.of}, holds {duration(self.seconds)}"


@dataclass(frozen=True)
class Move(Condition):
    """`way` is `up`, `down` or `moves`."""

    field: Field
    way: str
    amount: Num | Pct
    seconds: float

    def __str__(self) -> str:
        return f"{self.field} {self.way} {self.amount} in {duration(self.seconds)}"


@dataclass(frozen=True)
class Since(Condition):
    field: Field
    way: str
    amount: Num | Pct
    base: Expression

    def __str__(self) -> str:
        return f"{self.field} {self.way} {self.amount} since {self.base}"


@dataclass(frozen=True)
class Within(Condition):
    of: Expression
    amount: Num | Pct
    target: Expression

    def __str__(self) -> str:
        return f"{self.of} within {self.amount} of {self.target}"


@dataclass(frozen=True)
class Between(Condition):
    of: Expression
    low: Expression
    high: Expression

    def __str__(self) -> str:
        return f"{self.of} between {self.low} and {self.high}"


@dataclass(frozen=True)
class Enters(Condition):
    range: Within | Between
    leaves: bool = False

    def __str__(self) -> str:
        room = f"{self.range}".removeprefix(f"{self.range.of} ")
        return f"{self.range.of} {'leaves' if self.leaves else 'enters'} {room}"


@dataclass(frozen=True)
class Flip(Condition):
    field: Field
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        ends = f" from {self.before}" * bool(self.before) + f" to {self.after}" * bool(self.after)
        return f"{self.field} flips{ends}"


@dataclass(frozen=True)
class Is(Condition):
    field: Field
    state: str

    def __str__(self) -> str:
        return f"{self.field} is {self.state}"


@dataclass(frozen=True)
class Recently(Condition):
    of: Condition
    seconds: float

    def __str__(self) -> str:
        return f"recently({self.of}, {duration(self.seconds)})"


@dataclass(frozen=True)
class And(Condition):
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True)
class Or(Condition):
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " or ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True)
class Some(Condition):
    count: int
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return f"{self.count} of ({', '.join(str(part) for part in self.parts)})"


@dataclass(frozen=True)
class Confirmed(Condition):
    """What is `said`, with `parts` its meaning on each source that can say it."""

    said: Condition
    count: int
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return f"({self.said}) confirmed by {self.count} sources"


@dataclass(frozen=True)
class Not(Condition):
    of: Condition

    def __str__(self) -> str:
        return f"not ({self.of})"


def children(tree: Node) -> Iterator[Node]:
    """What is right below, from left to right; of `confirmed` the parts."""
    for spec in fields(tree):
        value = getattr(tree, spec.name) if spec.name != "said" else None
        yield from (part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Node))


def walk(tree: Node) -> Iterator[Node]:
    yield tree
    for child in children(tree):
        yield from walk(child)


def fields_in(tree: Node) -> list[Field]:
    """The fields it names, each once, in their order."""
    return list(dict.fromkeys(node for node in walk(tree) if isinstance(node, Field)))


def momentary(tree: Condition) -> bool:
    """Crossings and flips, an `and` with any of them, an `or` of only them; `k of`, where it needs one of them."""
    match tree:
        case Cross() | Every() | Enters() | Flip() | Since(base=LastAlert()):
            return True
        case And(parts):
            return any(momentary(part) for part in parts)
        case Or(parts):
            return all(momentary(part) for part in parts)
        case Some(count, parts):
            return sum(not momentary(part) for part in parts) < count
        case _:
            return False


def of_own_coin(tree: Node) -> bool:
    """False where all is said of other coins, of the market, or counted over the rule's coins."""
    match tree:
        case Field(_, coin):
            return coin is None
        case Count():
            return False
        case _:
            return any(of_own_coin(child) for child in children(tree))
