"""What watching takes of a source's quota."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from alertd.app.watch import Watch
from alertd.model.reading import Bars, Poll
from alertd.ports import Call, Candidate
from alertd.sources.allowance import DAYS, Allowance
from alertd.sources.plan import plan
from alertd.web.metrics import Metrics
from tests.pipeline.stand import rules, running


class Billed:
    """A source of prices by the minute, one call each, and of a history for three."""

    name = "binance"
    fields = frozenset({"price"})

    def __init__(self) -> None:
        self.histories = self.polls = 0

    def has(self, field: str, coin: str) -> bool:
        return field in self.fields

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        return plan(wanted, endpoint=lambda field: field, every=lambda _: 60.0, batch=lambda _: 100)

    async def poll(self, call: Call, now: float) -> Poll:
        self.polls += 1
        return Poll(self.name, now)

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        self.histories += 1
        return None

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return 3

    async def find(self, text: str) -> tuple[Candidate, ...]:
        return ()


@pytest.mark.parametrize(
    ("when", "histories"),
    [("price > 70k", 0), ("price up 5% in 1h", 1)],
    ids=["turns", "turns and the history of a window"],
)
async def test_turns_and_history_count_against_the_quota(when: str, histories: int) -> None:
    async with running(rules({"name": "it", "when": when, "symbols": ["BTC"]})) as stand:
        source, allowance = Billed(), Allowance("binance", quota=100 * DAYS)
        watch = Watch(
            [source],
            stand.clock,
            stand.pipeline,
            Metrics(),
            changed=lambda: None,
            allowances={"binance": allowance},
        )
        watching = asyncio.create_task(watch.run())
        await stand.after(600.0)  # in which 0.7 of a call are given back
        assert source.histories == histories
        now, spent = stand.clock.now(), source.polls + 3 * histories
        assert source.polls > 5
        assert allowance.used_up(now, 100 - spent + 1)
        assert not allowance.used_up(now, 100 - spent)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
