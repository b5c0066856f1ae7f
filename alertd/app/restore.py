"""The state of the last run, out of the store."""

import numpy as np

from alertd.dispatch.state import DispatchState
from alertd.market import pages
from alertd.market.feeds import Feeds
from alertd.market.market import Market, Series
from alertd.model.alert import AlertKey
from alertd.pipeline import TICK_PAGE
from alertd.ports import Snapshot
from alertd.rules.state import State


def restore(
    snapshot: Snapshot, feeds: Feeds, *, word: str, now: float, max_jump: float | None
) -> tuple[State, DispatchState]:
    """Market and dispatch as they were; the alerts come with the first amendment. `max_jump` is percent points."""
    market = Market(max_jump=np.inf if max_jump is None else max_jump / 100.0)
    blocks = dict(snapshot.pages)
    tick = blocks.pop(TICK_PAGE, None)
    rows = sorted(snapshot.series, key=lambda row: row.number)
    pages.restore(market, [Series(row.source, row.field, row.coin) for row in rows], blocks)
    state = State(feeds, market)
    if tick is not None:
        state.time = float(np.frombuffer(tick, "<f8")[0])
        market.start_again(now - state.time)
    state.episodes = {AlertKey(*key): number for key, number in snapshot.episodes.items()}
    state.last_alert = snapshot.last_alert
    dispatch = DispatchState.restore(
        word=word,
        last_message=snapshot.last_message,
        last_held=snapshot.last_held,
        held=snapshot.held,
        recent=snapshot.recent,
    )
    return state, dispatch
