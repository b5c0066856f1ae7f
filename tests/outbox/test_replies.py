"""Alerts go before replies, always; replies get what is left, in order, and a slot of a long queue now and then."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from alertd.outbox.replies import LONGEST, MOST, SHARE, NoTurn
from alertd.ports import Limit
from tests.fakes import START, settle
from tests.outbox.stand import Post, delayed, post


class Askers:
    """Those who wait for a turn. `went` is (seconds since the start, address), `left_out` the addresses of the rest."""

    def __init__(self, it: Post) -> None:
        self._it = it
        self.went: list[tuple[float, str]] = []
        self.left_out: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, *addresses: str) -> None:
        self.tasks += [asyncio.create_task(self._ask(address)) for address in addresses]
        await settle()

    async def _ask(self, address: str) -> None:
        try:
            await self._it.courier.turns.turn_for(address)
        except NoTurn:
            self.left_out.append(address)
        else:
            self.went.append((self._it.clock.now() - START, address))

    @property
    def names(self) -> list[str]:
        return [address for _, address in self.went]


@asynccontextmanager
async def asking(
    overall: Limit | None = None, per_address: Limit | None = None, in_flight: int = 32
) -> AsyncIterator[tuple[Post, Askers]]:
    async with post(overall=overall, per_address=per_address, in_flight=in_flight) as it:
        askers = Askers(it)
        try:
            yield it, askers
        finally:
            for task in askers.tasks:
                task.cancel()
            await asyncio.gather(*askers.tasks, return_exceptions=True)


def many(count: int, word: str = "user") -> list[str]:
    return [f"{word}-{number}" for number in range(count)]


async def test_an_alert_goes_before_all_replies_that_wait() -> None:
    async with asking(Limit(1.0)) as (it, askers):
        await askers.ask(*many(500))
        await it.clock.advance(10.5)
        await it.put("ann", "bob")
        await it.clock.advance(2)
        assert [at for at, _ in it.sent] == [11, 12]
        assert [at for at, _ in askers.went] == list(range(11))


async def test_replies_get_every_fourth_slot_of_a_long_queue() -> None:
    async with asking(Limit(1.0)) as (it, askers):
        await it.put(*many(40, "chat"))
        await askers.ask(*many(10))
        await it.clock.advance(20.5)
        assert [at for at, _ in askers.went] == [SHARE, 7, 11, 15, 19]
        assert [at for at, _ in it.sent] == [at for at in range(21) if at % 4 != SHARE]
        await it.clock.advance(60)
        assert len(it.sent) == 40
        times = sorted([at for at, _ in it.sent] + [at for at, _ in askers.went])
        assert times == list(range(50)), "no slot is lost, and none is used twice"


async def test_news_that_never_end_leave_replies_their_share() -> None:
    async with asking(Limit(0.25)) as (it, askers):
        await askers.ask(*many(20))
        for _ in range(80):
            await it.put("ann", "bob")
            await it.clock.advance(0.1)
        assert len(askers.went) >= 5
        times = sorted([at for at, _ in it.sent] + [at for at, _ in askers.went])
        assert all(after - before >= 0.25 - 1e-6 for before, after in pairwise(times))


async def test_a_reply_goes_at_once_where_an_alert_waits_for_its_own_chat() -> None:
    async with asking(Limit(0.1), Limit(20.0)) as (it, askers):
        await it.put("ann", "ann")
        await askers.ask("bob", "ann")
        await it.clock.advance(1)
        assert askers.names == ["bob"]
        await it.clock.advance(60)
        assert [at for at, _ in it.sent] == pytest.approx([0, 20])
        assert askers.names == ["bob", "ann"]
        assert [at for at, _ in askers.went] == pytest.approx([0.1, 40])


async def test_replies_go_in_the_order_in_which_they_came_and_everybodys_first_before_anybodys_second() -> None:
    async with asking(Limit(1.0)) as (it, askers):
        await askers.ask("ann", "ann", "ann", "bob", "cyd", "bob")
        await it.clock.advance(10)
        assert askers.names == ["ann", "bob", "cyd", "ann", "bob", "ann"]
        assert [at for at, _ in askers.went] == [0, 1, 2, 3, 4, 5]


async def test_one_whose_chat_is_full_holds_up_nobody() -> None:
    async with asking(Limit(0.1), Limit(10.0)) as (it, askers):
        await askers.ask("ann", "ann", "bob", "cyd")
        await it.clock.advance(1)
        assert askers.names == ["ann", "bob", "cyd"]
        await it.clock.advance(10)
        assert askers.names[3:] == ["ann"]
        assert askers.went[3][0] == pytest.approx(10)


async def test_whoever_has_gone_takes_no_slot() -> None:
    async with asking(Limit(1.0)) as (it, askers):
        await askers.ask("ann", "bob", "cyd")
        askers.tasks[1].cancel()
        await it.clock.advance(5)
        assert askers.went == [(0, "ann"), (1, "cyd")]


@pytest.mark.parametrize("whole", [True, False], ids=["whole channel", "bucket"])
async def test_replies_wait_for_a_rest(whole: bool) -> None:
    async with asking(Limit(0.1)) as (it, askers):
        it.channel.answers.append(delayed(30, whole_channel=whole, bucket="" if whole else "bot"))
        await it.put("ann")
        await askers.ask("bob")
        await it.clock.advance(29)
        assert askers.went == []
        await it.clock.advance(3)
        assert askers.names == ["bob"]
        assert it.sent[0][0] <= askers.went[0][0]


async def test_replies_do_not_wait_for_a_rest_that_is_long(caplog: pytest.LogCaptureFixture) -> None:
    async with asking(Limit(0.1)) as (it, askers):
        it.channel.answers.append(delayed(LONGEST + 60, bucket="bot"))
        await it.put("ann")
        await askers.ask("bob", "bob", "cyd")
        assert sorted(askers.left_out) == ["bob", "bob", "cyd"]
        assert [record.message for record in caplog.records if "left out" in record.message] == [
            "replies on chat are left out: the platform wants nothing for long"
        ]
        await it.clock.advance(LONGEST + 61)
        await askers.ask("bob")
        await it.clock.advance(1)
        assert askers.names == ["bob"]


async def test_what_a_platform_says_to_a_reply_holds_for_alerts_and_survives_a_crash() -> None:
    async with asking(Limit(0.1), Limit(0.1)) as (it, _):
        it.courier.turns.rest("ann", START + 30)
        await it.put("bob", "ann")
        await it.clock.advance(1)
        assert [at for at, _ in it.sent] == [0]
        await it.crash_and_restart()
        await it.clock.advance(40)
        assert [at for at, _ in it.sent] == pytest.approx([0, 30], abs=0.2)


async def test_what_a_platform_says_to_a_reply_survives_a_crash_though_no_message_goes() -> None:
    async with asking(Limit(0.1), Limit(0.1)) as (it, _):
        it.courier.turns.rest("ann", START + 30)
        await settle()
        await it.crash_and_restart()
        await it.put("ann")
        await it.clock.advance(40)
        assert [at for at, _ in it.sent] == pytest.approx([30], abs=0.2)


async def test_two_chats_that_have_to_wait_hold_back_the_whole_bot() -> None:
    async with asking(Limit(0.1), Limit(0.1)) as (it, _):
        it.courier.turns.rest("ann", START + 20)
        it.courier.turns.rest("bob", START + 30)
        await it.put("cyd")
        await it.clock.advance(40)
        assert [at for at, _ in it.sent] == pytest.approx([30], abs=0.2)


async def test_a_crowd_is_bounded_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with asking(Limit(0.1)) as (it, askers):
        await askers.ask(*many(8 * MOST))
        assert len(askers.left_out) == 7 * MOST
        assert sum("left out" in message for message in caplog.messages) == 1
        await it.put("ann")
        await it.clock.advance(0.2)
        assert len(it.sent) == 1
        await it.clock.advance(MOST / 8)
        assert askers.names == many(MOST)


async def test_a_booked_slot_waits_for_a_rest_that_came_meanwhile() -> None:
    async with asking(Limit(10.0)) as (it, askers):
        await it.put(*many(8, "chat"))
        await it.clock.advance(20)
        await askers.ask("ann")
        it.courier.turns.rest("ann", START + 50)
        await it.clock.advance(25)
        assert askers.went == []
        await it.clock.advance(10)
        assert askers.went == [(50, "ann")]


async def test_a_reply_that_comes_while_an_alert_is_written_down_is_counted_too() -> None:
    async with asking(Limit(1.0, 2)) as (it, askers):
        it.store.slow = 20
        await asyncio.gather(it.put("ann"), askers.ask("bob"))
        await settle()
        await it.put("cyd")
        await it.clock.advance(5)
        assert [at for at, _ in askers.went] == [0]
        assert [at for at, _ in it.sent] == [0, 1]
