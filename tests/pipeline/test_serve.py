"""What people ask for by chat: in force and durable when it returns, many of them in one transaction."""

import asyncio

from alertd.model.event import EventKind
from alertd.model.kept import Snoozed
from alertd.model.order import Snooze
from alertd.model.people import Deed
from alertd.rules.amend import Change
from tests.fakes import START, settle
from tests.pipeline.stand import NotedStore, rules, running


def deed(who: str) -> Deed:
    return Deed(START, who, "alert")


async def test_a_rule_watches_when_it_returns() -> None:
    (rule,) = rules({"name": "r", "when": "price > 100"})
    async with running([]) as stand:
        await stand.price(90)
        await stand.pipeline.serve(change=Change(put=[rule]), people=[deed("@1")])
        await stand.price(90)
        await stand.price(101)
        assert stand.told == [(0.0, EventKind.FIRED, "r")]
        assert await stand.store.deeds(limit=5) == [deed("@1")]


async def test_each_gets_the_answer_to_its_own_orders() -> None:
    async with running([]) as stand:
        answers = await asyncio.gather(
            *(
                stand.pipeline.serve(
                    orders=[Snooze(f"@{n}", "1", START + 60), Snooze(f"@{n}", "2", START - 1)], people=[deed(f"@{n}")]
                )
                for n in range(5)
            )
        )
        assert answers == [[(Snoozed(owner=f"@{n}", rule="1", until=START + 60),), ()] for n in range(5)]


async def test_what_many_ask_for_at_once_is_one_transaction() -> None:
    store = NotedStore()
    async with running([], store=store) as stand:
        before = len(store.commits)
        await asyncio.gather(*(stand.pipeline.serve(people=[deed(f"@{n}")]) for n in range(40)))
        await settle()
        assert len(store.commits) - before <= 2
        assert len(await stand.store.deeds(limit=100)) == 40
