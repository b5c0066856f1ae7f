"""A sentence on a market that does what a script says (see `tests.rules.play`), judged for coins, without rules."""

import numpy as np

from alertd.conditions.explain import explain
from alertd.conditions.judge import NO, UNKNOWN, YES, judge, memories, rebase
from alertd.conditions.measure import Look, Peers, Tick, timeouts
from alertd.conditions.shape import fields_of, needs_of, shape
from alertd.market.columns import Flags
from alertd.market.market import Market, Series
from alertd.model.reading import Bars, Poll
from tests.fakes import START
from tests.rules.play import feeds, polls, rules

WORDS = {YES: "yes", NO: "no", UNKNOWN: "?"}


class Stand:
    """One condition for each of some coins, all of one rule; with `copies` of each alert, so that tables are used."""

    def __init__(self, when: str, coins: tuple[str, ...] = ("BTC",), *, stale_after: float = np.inf, copies: int = 1):
        self.tree, constants = shape(rules({"when": when, "symbols": list(coins)})[0].when)
        self.coins = [coin for coin in coins for _ in range(copies)]
        self.market = Market()
        self.now = START - 1.0
        given = feeds(stale_after)
        self.series = {}
        for of in fields_of(self.tree):
            numbers = []
            for coin in (of.coin or coin for coin in self.coins):
                feed = given.candidates(of.name, coin, of.source)[0]
                series = Series(feed.source, of.name, coin)
                numbers.append(self.market.add(series, now=self.now, stale_after=stale_after))
            self.series[of] = np.array(numbers)
        for need in needs_of(self.tree):
            for number in self.series[need.field].tolist():
                self.market.keep(number, need.interval, slots=need.slots, opens=need.opens)
        self.parameters = [np.full(len(self.coins), constant) for constant in constants]
        self.memory = [np.full(len(self.coins), np.nan) for _ in range(memories(self.tree))]

    def look(self, tick: Tick, *, priming: bool = False) -> Look:
        size = len(self.coins)
        look = Look(tick, self.series, self.parameters, self.memory, np.full(size, START - 1.0), priming)
        bare = Look(tick, self.series, self.parameters, (), look.added)
        look.peers = Peers(bare, np.zeros(size, np.int64), np.zeros(size, np.int64), 1)
        return look

    def tick(self, poll: Poll | None, now: float) -> list[str]:
        """What is said of each coin after a poll."""
        self.now = now
        came = self.market.absorb(poll, now)
        return [WORDS[code] for code in judge(self.tree, self.look(Tick.of(self.market, now, came.new, came.revised)))]

    def run(self, script: str) -> list[str]:
        """What is said of the coins after each word, such as `yes` or `yes no` for two of them."""
        said = []
        for now, found in polls(script):
            for poll in found or (None,):
                told = self.tick(poll, now)
            said.append(" ".join(told))
        return said

    def fill(self, *bars: Bars) -> None:
        for each in bars:
            self.tick(Poll(each.source, self.now, bars=(each,)), self.now)

    def prime(self) -> None:
        judge(self.tree, self.look(Tick.of(self.market, self.now), priming=True))

    def rebase(self, which: Flags) -> None:
        rebase(self.tree, self.look(Tick.of(self.market, self.now)), which)

    def due(self) -> float:
        """When something changes by time alone, in seconds since START."""
        look = self.look(Tick.of(self.market, self.now))
        return float(np.min(timeouts(self.tree, look, self.now))) - START

    def told(self) -> dict[str, float]:
        """What a message tells of the first coin."""
        columns = explain(self.tree, self.look(Tick.of(self.market, self.now)))
        return {name: float(column[0]) for name, column in columns.items() if not np.isnan(column[0])}
