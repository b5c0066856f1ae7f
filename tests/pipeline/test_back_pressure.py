"""Whoever is polled waits for the transaction of the last poll."""

import asyncio
from collections.abc import Mapping

from alertd.errors import SourceError, StorageBusy
from alertd.model.reading import Bars, Poll
from alertd.ports import Call, Candidate
from alertd.sources.poller import Poller
from tests.pipeline.stand import poll, rules, running


class Asked:
    """A source that counts how often it is asked."""

    name = "binance"
    fields = frozenset({"price"})

    def __init__(self) -> None:
        self.times = 0

    def has(self, field: str, coin: str) -> bool:
        return True

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        return (Call("prices", ("price",), ("BTC",), 5.0, 0),)

    async def poll(self, call: Call, now: float) -> Poll:
        self.times += 1
        return poll(now, {"BTC": 65_000.0 + self.times})

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        return None

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        return ()


async def test_while_the_store_is_busy_nobody_is_polled() -> None:
    def fail(source: str, error: SourceError) -> None:
        raise error

    async with running(rules({"name": "up", "when": "price > 70k"})) as stand:
        source = Asked()
        poller = Poller(
            source,
            stand.clock,
            lambda: 0.5,
            on_poll=stand.pipeline.take,
            on_state=lambda *_: None,
            on_failure=fail,
        )
        poller.want({"price": frozenset({"BTC"})})
        polling = asyncio.create_task(poller.run())
        await stand.after(10)
        assert source.times == 3
        stand.store.answers.extend([StorageBusy("locked")] * 60)
        await stand.after(59)
        assert source.times == 4
        await stand.after(11)
        assert source.times > 4
        polling.cancel()
