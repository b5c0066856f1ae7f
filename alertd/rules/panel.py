"""The coins that rules count or rank: `count`, `share` and `rank` are judged on all of a rule's coins."""

from typing import ClassVar

import numpy as np

from alertd.conditions.measure import Look, Peers, Tick
from alertd.conditions.shape import Need
from alertd.conditions.tree import Field
from alertd.market.columns import Columns, Fill, Flags, Floats, Numbers


class Panel(Columns):
    """The coins that a rule counts or ranks, a row for each: what `count`, `share` and `rank` are judged on."""

    FILL: ClassVar[Fill] = {
        "rule": (np.int32, -1),
        "coin": (np.int32, 0),
        "series": (np.int32, 0),
        "parameters": (np.float64, np.nan),
    }
    rule: Numbers
    coin: Numbers
    series: Numbers
    parameters: Floats

    def __init__(self, fields: tuple[Field, ...], needs: tuple[Need, ...], parameters: int) -> None:
        self.fields = fields
        self.needs = tuple(need for need in needs if need.field in fields)
        super().__init__(series=len(fields), parameters=parameters)

    def touched(self, moved: Flags) -> Numbers:
        """The rules that have a coin of which something came in."""
        n = self.size
        rows = np.zeros(n, np.bool_)
        for column in self.series[:, :n]:
            rows |= moved[column]
        return np.unique(self.rule[:n][rows])

    def leave(self, rule: int) -> None:
        """Take the coins of a rule out."""
        self.drop((self.rule[: self.size] == rule).nonzero()[0])

    def peers(self, tick: Tick, rules: Numbers, parameters: slice) -> Peers:
        """The coins of the rules of n alerts, by rule; with those parameters."""
        groups, mine = np.unique(rules, return_inverse=True)
        rows = np.isin(self.rule[: self.size], groups).nonzero()[0]
        look = Look(
            tick=tick,
            series={of: column[rows] for of, column in zip(self.fields, self.series, strict=True)},
            parameters=[column[rows] for column in self.parameters[parameters]],
            memory=(),
            added=np.full(len(rows), np.nan),
        )
        return Peers(look, np.searchsorted(groups, self.rule[rows]), mine, len(groups))
