"""The state of the last run, out of the store."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from alertd.conditions.tree import Expression
from alertd.dispatch.state import DispatchState
from alertd.market import pages
from alertd.market.feeds import Feeds
from alertd.market.market import Market, Series
from alertd.rows import Snapshot
from alertd.rules.outcome import Outcome
from alertd.rules.saved import Known, take_up
from alertd.rules.state import State
from alertd.tick import FEEDS_PAGE, TICK_PAGE


class Restored(NamedTuple):
    """`known` is what the store has of it; `taken_up` what changed on the way."""

    state: State
    dispatch: DispatchState
    known: Known
    taken_up: Outcome


def last_tick(snapshot: Snapshot) -> float | None:
    """When the last run committed for the last time, None if there was none."""
    page = snapshot.pages.get(TICK_PAGE)
    return None if page is None else float(np.frombuffer(page, "<f8")[0])


def restore(
    snapshot: Snapshot,
    feeds: Feeds,
    *,
    now: float,
    max_jump: float | None,
    series: Mapping[str, Expression] = MappingProxyType({}),
) -> Restored:
    """Market, rules, alerts and dispatch as they were. `max_jump` is percent points, `series` the named expressions."""
    market = Market(max_jump=np.inf if max_jump is None else max_jump / 100.0)
    blocks = dict(snapshot.pages)
    blocks.pop(TICK_PAGE, None)
    judged_by = blocks.pop(FEEDS_PAGE, None)
    rows = sorted(snapshot.series, key=lambda row: row.number)
    pages.restore(market, [Series(row.source, row.field, row.coin) for row in rows], blocks)
    state = State(feeds, market)
    if (tick := last_tick(snapshot)) is not None:
        state.time = tick
        market.start_again(now - state.time)
    other_feeds = judged_by is not None and judged_by != feeds.signature()
    taken_up = take_up(state, snapshot.saved, now, series=series, other_feeds=other_feeds)
    dispatch = DispatchState.restore(
        last_event=snapshot.last_event,
        last_message=snapshot.last_message,
        held=snapshot.held,
        kept=snapshot.kept,
        recent=snapshot.recent,
        spoke=snapshot.spoke,
        fired=snapshot.fired,
        now=now,
    )
    saved = snapshot.saved
    known = Known(len(saved.coins), len(saved.shapes), len(saved.manners), len(rows) + 1)
    return Restored(state, dispatch, known, taken_up)
