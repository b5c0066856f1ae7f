"""The engine under test, behind the few verbs that the second opinion has too: all of alertd that this folder knows."""

import json
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from alertd.market import pages
from alertd.market.feeds import Feed, Feeds
from alertd.model import reading as wire
from alertd.model.event import Event as Told
from alertd.model.universe import Universe
from alertd.rules.amend import Change, amend
from alertd.rules.files import RuleText, read_rules
from alertd.rules.outcome import Outcome
from alertd.rules.rule import Rule
from alertd.rules.step import step
from tests.opinion.life import Event, Terms
from tests.opinion.readings import Poll, Source
from tests.opinion.sentence import MARKET
from tests.opinion.written import keys
from tests.rules.play import Play


def load(rules: Sequence[Terms], place: Universe, now: float) -> tuple[Rule, ...]:
    document = {"version": 1, "rules": [keys(terms) for terms in rules]}
    loaded = read_rules([RuleText("rules.yaml", json.dumps(document).encode())], place, now)
    mistakes = [problem for problem in loaded.problems if not problem.warning]
    assert not mistakes, mistakes
    return loaded.rules


def as_poll(poll: Poll, now: float) -> wire.Poll:
    """In columns, one for each field."""
    found = []
    for name, group in groupby(sorted(poll.readings, key=lambda one: one.field), key=lambda one: one.field):
        of = list(group)
        coins = tuple(one.coin for one in of)
        values, times = np.array([one.value for one in of]), np.array([one.at for one in of])
        found.append(wire.Readings(poll.source, name, coins, values, times))
    confirmed = tuple((name, (coin,)) for name, coin in poll.confirmed)
    return wire.Poll(poll.source, now, tuple(found), confirmed)


class Engine:
    """Like `Opinion`, with a store: `restart` goes on with what was stored."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.play = Play()
        self.play.state.feeds = Feeds([Feed(one.name, one.field, one.coins, one.stale_after) for one in sources])
        fields: dict[str, set[str]] = {}
        for one in sources:
            fields.setdefault(one.name, set()).add(one.field.partition("(")[0])
        coins = {coin.upper(): coin for one in sources for coin in one.coins - {MARKET}}
        self.place = Universe(coins=coins, sources={name: frozenset(of) for name, of in fields.items()})
        self.rules: tuple[Rule, ...] = ()

    def tick(self, poll: Poll | None, now: float) -> list[Event]:
        return self._note(step(self.play.state, as_poll(poll, now) if poll else None, now))

    def amend(self, rules: Sequence[Terms], now: float) -> list[Event]:
        self.rules = load(rules, self.place, now)
        return self._note(amend(self.play.state, Change(put=self.rules, whole=""), now))

    def wake(self) -> float:
        return self.play.due()

    def restart(self, now: float) -> list[Event]:
        """All that a store has of it: with the time of the last tick goes when each source last spoke."""
        self.play.now = now
        self.play.pages.update(pages.confirmed(self.play.state.market))
        self.play = self.play.restarted()
        return self._note(amend(self.play.state, Change(put=self.rules, whole=""), now))

    def _note(self, outcome: Outcome) -> list[Event]:
        self.play._note(outcome)
        return [said(event) for event in outcome.events]


def said(event: Told) -> Event:
    return Event(
        event.time, event.rule, event.symbol, event.kind.value, event.episode, event.ordinal, event.reason
    )  # fmt: skip
