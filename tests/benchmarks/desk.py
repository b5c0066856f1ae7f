"""What comes after judging: dispatch, and the commit to a SQLite store."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from alertd.dispatch.desk import Planned
from alertd.dispatch.plan import plan
from alertd.dispatch.state import DispatchState
from alertd.market import pages
from alertd.model.event import Event
from alertd.rows import Commit
from alertd.rules.outcome import Outcome
from alertd.rules.standing import Rulebook
from alertd.rules.state import State
from alertd.storage.sqlite import SqliteStore
from tests.benchmarks.daemon import OPEN
from tests.benchmarks.table import Stopwatch


class Desk:
    """Tells what ticks led to, and keeps it in a store that has the alerts of this state."""

    def __init__(self, state: State, path: Path, watch: Stopwatch) -> None:
        self._state, self._watch, self._path = state, watch, path
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._store = self._runner.run(SqliteStore.open(self._path, now=0.0))
        self._dispatch = DispatchState()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._runner.run(self._store.close())
        self._runner.close()

    def follow(self, name: str, outcome: Outcome, now: float) -> None:
        """Plan and commit what a tick led to, timed under that name."""
        events = self._watch(f"{name} events", lambda: list(outcome.events))
        planned = self._watch(f"{name} dispatch", lambda: self._plan(outcome, events, now))
        self._watch(f"{name} commit", lambda: self._commit(outcome, planned, now))

    def _plan(self, outcome: Outcome, events: list[Event], now: float) -> Planned:
        return plan(self._dispatch, events, outcome.notices, rules=Rulebook(self._state), policy=OPEN, now=now)

    def _commit(self, outcome: Outcome, planned: Planned, now: float) -> None:
        commit = Commit(
            now=now,
            alerts=outcome.alerts,
            pages=pages.changed(self._state.market),
            entries=planned.entries,
            drops=outcome.drops,
            items=planned.items,
            messages=planned.messages,
            kept=planned.kept,
        )
        self._runner.run(self._store.commit(commit))
