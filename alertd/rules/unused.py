"""What the market keeps and nobody asks for any more."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from alertd.conditions.shape import fields_of
from alertd.conditions.tree import Field
from alertd.market.columns import Ints, Rows
from alertd.rules.rule import Rule
from alertd.rules.state import State


def unwatched(state: State, coming: Sequence[Rule] | None = None) -> Rows:
    """Stale series that no alert asks for, not even as a standby: nobody polls them. Where rules that come are named,
    those of them that these will ask for."""
    market = state.market
    stale = ~market.latest.fresh[: market.latest.size]
    stale[0] = False  # nowhere
    if coming is not None:
        asked = np.zeros(len(stale), np.bool_)
        asked[[number for rule in coming for number in _known_for(state, rule)]] = True
        stale &= asked
    if not stale.any():
        return np.empty(0, np.intp)
    stale[_bound(state)] = False
    wanted = state.wanted() if stale.any() else {}
    named = ((number, market.series[number]) for number in stale.nonzero()[0].tolist())
    idle = [number for number, (source, of, coin) in named if coin not in wanted.get(source, {}).get(of, ())]
    return np.array(idle, np.intp)


def _known_for(state: State, rule: Rule) -> Iterator[int]:
    """The series, of those there are, that a rule would be bound to."""
    trees = (tree for tree in (rule.when, rule.until) if tree is not None)
    for of in dict.fromkeys(of for tree in trees for of in fields_of(tree)):
        for coin in (of.coin,) if of.coin else rule.symbols:
            for feed in state.feeds.candidates(of.name, coin, of.source):
                number = state.market.numbers.get((feed.source, of.name), {}).get(coin)
                if number is not None:
                    yield number


def _bound(state: State) -> Ints:
    """The numbers of the series that some alert is bound to."""
    flags = np.zeros(state.market.latest.size, np.bool_)
    for table in state.tables():
        flags[table.series[:, : table.size]] = True
    for each in state.derived.values():
        flags[each.series] = True
    return flags.nonzero()[0]


def release(state: State) -> None:
    """Let go of the history that no alert needs any more."""
    state.spare = False
    wanted: dict[tuple[int, float], tuple[int, bool]] = {}
    for table in state.tables():
        for need in table.needs:
            column = table.series[table.fields.index(need.field), : table.size]
            for number in _with_standbys(state, need.field, np.bincount(column).nonzero()[0].tolist()):
                slots, opens = wanted.get((number, need.interval), (0, False))
                wanted[(number, need.interval)] = (max(slots, need.slots), opens or need.opens)
    state.market.retain([(number, interval, *kept) for (number, interval), kept in wanted.items()])


def _with_standbys(state: State, of: Field, numbers: Sequence[int]) -> Iterable[int]:
    market = state.market
    for number in numbers:
        yield number
        coin = market.series[number].coin
        lanes = (market.numbers.get((feed.source, of.name), {}) for feed in state.feeds.candidates(of.name, coin))
        yield from (lane[coin] for lane in lanes if of.source is None and coin in lane)
