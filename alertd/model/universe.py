"""The names that a rule may use: what check, bots and the rule loader look words up in."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Universe:
    """`coins` maps every name and alias, upper case, to alertd's own name; `literal` takes any coin name as it is
    (candle files bring their own symbols). `unsourced` does so for coins that no source
    has. `sources` says which fields each configured source gives, in the order of `prices:`;
    `intervals` how often at best, seconds, by (source, field). `receivers` is None where nobody is told (replay,
    rule tests). `series` are the expressions that rule files name: the unit of each, as a word of `fields.Unit`, "" for
    one with a mistake in it.
    """

    coins: Mapping[str, str] = field(default_factory=dict)
    literal: bool = False
    watchlists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    intervals: Mapping[tuple[str, str], float] = field(default_factory=dict)
    receivers: frozenset[str] | None = None
    zone: str = "UTC"
    series: Mapping[str, str] = field(default_factory=dict)
    unsourced: Mapping[str, str] = field(default_factory=dict)

    def coin(self, name: str) -> str | None:
        """alertd's own name of a coin, None if it is not known."""
        known = self.coins.get(name.upper())
        return known if known is not None or not self.literal else name
