"""What people ask of the running daemon, with a pipeline and a store in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from alertd.app.orders import Orders
from alertd.control import Answer
from alertd.dispatch.policy import Policy
from alertd.dispatch.route import Escalate, Route
from alertd.dispatch.seal import About
from alertd.errors import ControlError, StorageBusy
from alertd.model.kept import Acknowledged, Silence
from tests.fakes import START, settle
from tests.pipeline.stand import POLICY, Stand, poll, rules, running

ESCALATED = replace(POLICY, route=Route(escalate=Escalate(("me",), 600.0)))
TOGETHER = replace(POLICY, route=Route(to=("desk",), group_by=("event",), escalate=Escalate(("me",), 600.0)))
RULES = rules(
    {"name": "cross", "when": "price crosses above 70k"},
    {"name": "high", "when": "price > 70k"},
    {"name": "both", "symbols": ["BTC", "ETH"], "when": "price > 70k"},
)


@asynccontextmanager
async def desk(policy: Policy = ESCALATED) -> AsyncIterator[tuple[Stand, Orders]]:
    """After a price below and one above what the rules wait for."""
    async with running(RULES, policy=policy) as stand:
        yield stand, Orders(stand.pipeline, stand.store, stand.clock, lambda: None)


async def prices(stand: Stand, *found: float) -> None:
    for price in found:
        await stand.after(1.0)
        await stand.price(price)


async def asked(orders: Orders, command: str, **arguments: object) -> Answer:
    return await orders.commands()[command](arguments)


def silence(**more: object) -> Mapping[str, object]:
    end = START + 3_600.0
    known = {"matchers": [["rule", "x"]], "start": START, "end": end, "author": "ann", "comment": "known"}
    return {**known, **more}


async def test_silences_that_come_at_once_have_numbers_of_their_own() -> None:
    async with desk() as (stand, orders):
        answers = await asyncio.gather(*(asked(orders, "silence-add", **silence()) for _ in range(3)))
        assert [answer["number"] for answer in answers] == [1, 2, 3]
        assert [one.number for one in stand.pipeline.remembered(Silence)] == [1, 2, 3]


async def test_the_hours_of_a_silence_are_those_in_force() -> None:
    async with desk() as (_, orders):
        with pytest.raises(ControlError, match="are called 'nights'"):
            await asked(orders, "silence-add", **silence(during="nights"))


async def test_what_is_not_committed_is_not_shown() -> None:
    async with desk() as (stand, orders):
        stand.store.answers.append(StorageBusy("locked"))
        adding = asyncio.create_task(asked(orders, "silence-add", **silence()))
        await settle()
        assert stand.store.tried[-1].kept
        assert stand.pipeline.remembered(Silence) == []
        await stand.after(2.0)
        await adding
        assert len(stand.pipeline.remembered(Silence)) == 1


@pytest.mark.parametrize("episode", ["cross/BTC/1", "cross/BTC", "cross"])
async def test_a_crossing_is_acknowledged(episode: str) -> None:
    async with desk() as (stand, orders):
        await prices(stand, 69_000.0, 71_000.0)
        answer = await asked(orders, "ack", episode=episode, by="ann")
        assert answer["text"] == "cross/BTC/1 is acknowledged by ann"
        again = await asked(orders, "ack", episode=episode, by="bob")
        assert again["text"] == "cross/BTC/1 is acknowledged by ann 0s ago already"
        assert [one.by for one in stand.pipeline.remembered(Acknowledged)] == ["ann"]


async def test_all_crossings_that_others_are_still_to_be_told_of() -> None:
    async with desk() as (stand, orders):
        await prices(stand, 69_000.0, 71_000.0, 69_000.0, 71_000.0)
        answer = await asked(orders, "ack", episode="cross/BTC", by="ann")
        assert answer["text"] == "cross/BTC/1, cross/BTC/2 are acknowledged by ann"


async def test_the_last_crossing_where_nobody_else_is_to_be_told() -> None:
    async with desk(POLICY) as (stand, orders):
        await prices(stand, 69_000.0, 71_000.0, 69_000.0, 71_000.0)
        answer = await asked(orders, "ack", episode="cross/BTC", by="ann")
        assert answer["text"] == "cross/BTC/2 is acknowledged by ann"


async def test_what_is_over_is_not_acknowledged() -> None:
    async with desk() as (stand, orders):
        await prices(stand, 69_000.0, 71_000.0, 69_000.0)
        with pytest.raises(ControlError, match="no episode of high/BTC is open"):
            await asked(orders, "ack", episode="high/BTC", by="ann")


async def test_a_rule_is_acknowledged_on_all_of_its_coins() -> None:
    async with desk() as (stand, orders):
        for coin in ("BTC", "ETH"):
            await stand.price(69_000.0, coin)
            await stand.price(71_000.0, coin)
        first = await asked(orders, "ack", episode="both/ETH", by="ann")
        assert first["text"] == "both/ETH/1 is acknowledged by ann"
        rest = await asked(orders, "ack", episode="both", by="bob")
        assert rest["text"] == "both/BTC/1 is acknowledged by bob"
        again = await asked(orders, "ack", episode="both", by="eve")
        assert "already" in str(again["text"])
        assert [one.by for one in stand.pipeline.remembered(Acknowledged)] == ["ann", "bob"]


async def test_a_link_of_a_message_about_several_acknowledges_what_of_it_is_open() -> None:
    async with running(RULES, policy=TOGETHER) as stand:
        orders = Orders(stand.pipeline, stand.store, stand.clock, lambda: None)
        for price in (69_000.0, 71_000.0):
            await stand.after(1.0)
            await stand.pipeline.take(poll(stand.clock.now(), {"BTC": price, "ETH": price}))
        (queued,) = await stand.store.due("chat", stand.clock.now(), limit=9)
        assert len(queued.content.holding) == 4
        pages, about = orders.pages(), About(0, queued.row)
        assert pages.seal == stand.store.seal
        await stand.after(1.0)
        await stand.pipeline.take(poll(stand.clock.now(), {"BTC": 69_000.0}))
        shown = await pages.show(about)
        assert shown
        assert (shown.title, shown.done) == ("4 fired: BTC, ETH", "")
        assert await pages.take(about, "the link") == "they are acknowledged: nobody is reminded of them any more"
        known = stand.pipeline.remembered(Acknowledged)
        fired = {(one.event.alert, one.event.episode): one.event for one in queued.content.holding}
        seen = sorted((fired[one.alert, one.episode].rule, fired[one.alert, one.episode].symbol) for one in known)
        # What is over needs nobody; a crossing has no length, and others are still to be told of it.
        assert seen == [("both", "ETH"), ("cross", "BTC")]
        after = await pages.show(about)
        assert after
        assert after.done == "acknowledged by the link 0s ago"
        assert await pages.show(About(0, queued.row + 64)) is None
