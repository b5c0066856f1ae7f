"""How alerts stand at a moment: what dispatch asks of them before it tells what was held."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from alertd.model.alert import State as Stage
from alertd.rules.state import State


class Standing(NamedTuple):
    """One alert: `firing` while its `episode` is open, `true` while its condition is (as far as it is known), `silent`
    while it lacks data: for the `outage`-th time, 0 while it does not; `momentary` where its episodes have no
    length."""

    firing: bool
    true: bool
    outage: int
    episode: int
    momentary: bool

    @property
    def silent(self) -> bool:
        return self.outage > 0


class Open(NamedTuple):
    """An open episode."""

    alert: int
    owner: str
    rule: str
    symbol: str
    episode: int


class Rulebook:
    """The rules and their alerts as dispatch sees them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.get = state.get

    def standing(self, key: tuple[str, str], /) -> Mapping[int, Standing]:
        """How the alerts of the rule (owner, name) stand, by their ids; none where there is no such rule."""
        number = self._state.book.find(*key)
        if number is None:
            return {}
        bank, rows = self._state.of_rule(number)
        outages = bank.outages[rows]
        lasts = np.where(outages % 2 == 1, (outages + 1) // 2, 0)
        columns = (bank.id[rows], bank.state[rows], lasts, bank.episode[rows])
        return {
            alert: Standing(stage == Stage.FIRING, stage in (Stage.FIRING, Stage.TRUE), outage, episode, bank.momentary)
            for alert, stage, outage, episode in zip(*(column.tolist() for column in columns), strict=True)
        }

    def to_be_seen(self, key: tuple[str, str], /) -> Iterator[Open]:
        """The episodes of the rule (owner, name) that somebody may see to: those that are open, and the last of each
        alert whose episodes have no length."""
        number = self._state.book.find(*key)
        if number is None:
            return
        bank, rows = self._state.of_rule(number)
        columns = (bank.id[rows], bank.state[rows], bank.coin[rows], bank.episode[rows])
        for alert, stage, coin, episode in zip(*(column.tolist() for column in columns), strict=True):
            if episode and (bank.momentary or stage == Stage.FIRING):
                yield Open(alert, *key, self._state.coins[coin], episode)

    def open_episodes(self) -> Iterator[Open]:
        book, coins = self._state.book, self._state.coins
        for bank in self._state.banks.values():
            if bank.momentary:
                continue
            rows = (bank.state[: bank.size] == Stage.FIRING).nonzero()[0]
            columns = (bank.id[rows], bank.rule[rows], bank.coin[rows], bank.episode[rows])
            for alert, rule, coin, episode in zip(*(column.tolist() for column in columns), strict=True):
                owner, name = book.name(rule)
                yield Open(alert, owner, name, coins[coin], episode)
