"""What an alert sees at a tick, and what it remembers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.opinion.readings import Key, Market, Series
from tests.opinion.sentence import (
    MARKET,
    OF_MARKET,
    Condition,
    Cross,
    Enters,
    Every,
    Flip,
    Holds,
    Recently,
    Since,
    fields_in,
)
from tests.opinion.values import Field, Node

Verdict = bool | None
"""YES, NO, UNKNOWN."""

Binding = tuple[str, str, str | None]
"""A field of a coin, of the source that the sentence names, if it does."""


@dataclass
class Memory:
    """What an alert remembers of each part of its condition; parts that read the same remember the same.

    `past` is what a crossing found at each reading of its series, the last one last: the sign of left − right, the
    value for `crosses every`, the verdict of a range. `known` is a flip's last known value, `held` a break's (level,
    since), `base` what `since last alert` counts from, `yes` when a `recently` was last true.
    """

    past: dict[Condition, list[float | None]] = field(default_factory=dict)
    known: dict[Flip, float] = field(default_factory=dict)
    held: dict[Holds, tuple[float, float]] = field(default_factory=dict)
    base: dict[Since, float] = field(default_factory=dict)
    yes: dict[Recently, float] = field(default_factory=dict)

    def forget(self, part: Node) -> None:
        """What was seen on a source that is no longer looked at. That something was true lately stays so."""
        match part:
            case Cross() | Every() | Enters():
                self.past.pop(part, None)
            case Flip():
                self.known.pop(part, None)
            case Holds():
                self.held.pop(part, None)
            case Since():
                self.base.pop(part, None)
            case _:
                pass


@dataclass(frozen=True)
class Look:
    """One alert at one tick, on one of the rule's coins.

    `came` are the series with a new reading, `revised` those with a revision. The parts in `primed` take in what is
    there for the next reading to be compared with. Where nothing is judged (`judges`), an alert only goes on
    remembering. `found` are the verdicts of this tick: a part that is written twice is looked at once.
    """

    time: float
    market: Market
    coin: str
    coins: tuple[str, ...]
    bindings: Mapping[Binding, str]
    memory: Memory
    added: float
    came: frozenset[Key] = field(default_factory=frozenset)
    revised: frozenset[Key] = field(default_factory=frozenset)
    primed: frozenset[Node] = field(default_factory=frozenset)
    judges: bool = True
    found: dict[tuple[str, Node], Verdict] = field(default_factory=dict)

    def binding(self, of: Field) -> Binding:
        return of.name, MARKET if of.name in OF_MARKET else of.coin or self.coin, of.source

    def key(self, of: Field) -> Key:
        name, coin, source = self.binding(of)
        return self.bindings.get((name, coin, source), ""), name, coin

    def series(self, of: Field) -> Series | None:
        return self.market.series.get(self.key(of))

    def fresh(self, of: Field) -> Series | None:
        """Its series, None while its value is UNKNOWN."""
        series = self.series(of)
        return series if series and series.value(self.time) is not None else None

    def named(self, tree: Node) -> set[Key]:
        """The series that something names."""
        return {self.key(of) for of in fields_in(tree)}

    def at(self, coin: str) -> "Look":
        return replace(self, coin=coin)
