"""What a tick has changed, as the rows of its transaction."""

from collections.abc import Sequence

import numpy as np

from alertd.dispatch.desk import Planned
from alertd.market import pages
from alertd.model.people import PeopleRow
from alertd.rows import Commit, SeriesRow
from alertd.rules.outcome import Outcome
from alertd.rules.saved import Known
from alertd.rules.state import State

TICK_PAGE = "tick"
"""The block that holds the time of the last commit: what came after it, the daemon did not see."""

FEEDS_PAGE = "feeds"
"""The block that tells by which sources, in which order, they were judged."""


def commit_of(
    state: State, outcome: Outcome, planned: Planned, people: Sequence[PeopleRow], *, stored: Known, now: float
) -> Commit:
    """All of it; `stored` is what the store has already of what is only added to."""
    market = state.market
    commit = Commit(
        now=now,
        rules=outcome.rules,
        coins=dict(enumerate(state.coins[stored.coins :], stored.coins)),
        shapes=dict(enumerate(state.shapes[stored.shapes :], stored.shapes)),
        manners=dict(enumerate(state.book.manners.all[stored.manners :], stored.manners)),
        alerts=outcome.alerts,
        gone=outcome.gone,
        former=outcome.former,
        series=[SeriesRow(number, *each) for number, each in enumerate(market.series[stored.series :], stored.series)],
        pages=pages.changed(market),
        entries=planned.entries,
        drops=outcome.drops,
        items=planned.items,
        tellings=planned.tellings,
        messages=planned.messages,
        kept=planned.kept,
        people=people,
    )
    if commit:
        run = {TICK_PAGE: np.array([now], "<f8").tobytes(), FEEDS_PAGE: state.feeds.signature()}
        commit.pages = {**commit.pages, **pages.confirmed(market), **run}
    return commit
