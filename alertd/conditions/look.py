"""What conditions are evaluated on: the market at a moment, as alerts are bound to it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from alertd.conditions.tree import Field, Tree
from alertd.market.columns import Flags, Floats, Ints, Rows
from alertd.market.market import Market

_NOTHING: Rows = np.empty(0, np.intp)


@dataclass(frozen=True, slots=True)
class Tick:
    """The market at one moment. `new` and `revised` flag, by series number, what this tick brought; `known` are the
    values by series number, NaN where there is none or it is stale. `tables` are what was measured for all series, by
    their numbers."""

    market: Market
    now: float
    new: Flags
    revised: Flags
    known: Floats
    tables: dict[Hashable, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, market: Market, now: float, new: Rows = _NOTHING, revised: Rows = _NOTHING) -> Self:
        """The market as it is now; `new` and `revised` are series numbers."""
        return cls(market, now, market.flags(new), market.flags(revised), market.known())


@dataclass(slots=True)
class Look:
    """What a tree is evaluated on: n alerts, and the market as they are bound to it.

    `series[field]` are the series numbers of a field, `parameters[i]` the i-th constants, `memory[k]` the k-th column
    of memory, `added` when each alert came, all of length n. `priming` only fills the memory: it takes the latest
    readings as those before the next. `breadth` is what each `count` and `share` came to: see `judge`.
    """

    tick: Tick
    series: Mapping[Field, Rows]
    parameters: Sequence[Floats]
    memory: Sequence[Floats]
    added: Floats
    priming: bool = False
    peers: "Peers | None" = None
    breadth: dict[Tree, Floats] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.added)


@dataclass(frozen=True, slots=True)
class Peers:
    """All coins of the rules that some alerts belong to.

    `look` has a row for each coin of each rule, `of` says which rule that row belongs to, `mine` which rule each alert
    belongs to; the rules are numbered from 0 to `count`.
    """

    look: Look
    of: Ints
    mine: Ints
    count: int

    def sums(self, values: Floats | Flags) -> Floats:
        """For each alert the sum of the values of its rule's coins."""
        totals: Floats = np.bincount(self.of, weights=values.astype(np.float64), minlength=self.count).astype(
            np.float64
        )
        return totals[self.mine]
