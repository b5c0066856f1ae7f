"""The courier against a scripted platform, the store that is shipped, and a clock turned by hand."""

import asyncio
import logging

import pytest

from alertd.model.notification import Lane
from alertd.outbox.courier import CLAIM
from alertd.ports import Limit
from alertd.rows import Fate
from alertd.wire.secret import Secret
from tests.fakes import START, settle
from tests.outbox.stand import delayed, post, refused


async def test_delivers_what_is_there_and_settles_it() -> None:
    async with post() as it:
        await it.put("ann", "bob")
        assert it.sent == [(0, "2"), (0, "1")]  # the newest first
        assert await it.waiting() == 0
        assert it.fates == [("chat", Fate.SENT, "")] * 2
        assert it.told == []


async def test_finds_at_its_start_what_an_earlier_process_left() -> None:
    async with post() as it:
        await it.courier.drain(START)
        await it.put("ann")
        assert it.sent == []
        await settle()
        again = asyncio.ensure_future(it.new_courier().run())
        await settle()
        assert it.titles == ["1"]
        again.cancel()


async def test_order_per_address_holds_over_retries() -> None:
    async with post(delayed(), delayed()) as it:
        await it.put("ann", "ann", "ann")
        await it.clock.advance(10)
        # Full jitter with a draw of 1: 1 s after the first failure, 1.5 s after the second.
        assert it.sent == [(2.5, "1"), (2.5, "2"), (2.5, "3")]
        assert await it.waiting() == 0


async def test_retry_after_wins_and_holds_that_address_alone() -> None:
    async with post(delayed(90)) as it:
        await it.put("ann")
        await it.put("bob")
        await it.put("ann")
        await it.clock.advance(200)
        assert it.sent == [(0, "2"), (90, "1"), (90, "3")]


async def test_a_whole_channel_rests() -> None:
    async with post(delayed(30, whole_channel=True), in_flight=1) as it:
        await it.put("ann", "bob")
        await it.clock.advance(29)
        assert it.sent == []
        await it.clock.advance(1)
        assert it.sent == [(30, "1"), (30, "2")]


async def test_a_channel_that_is_down_is_tried_ever_more_rarely() -> None:
    down = [delayed(whole_channel=True) for _ in range(5)]
    async with post(*down, in_flight=1) as it:
        await it.put(*[f"chat-{number}" for number in range(8)])
        await it.clock.advance(60)
        assert [at - START for at, _ in it.channel.tried][:6] == [0, 1, 2.5, 4.75, 8.125, 13.1875]
        assert len(it.sent) == 8


async def test_after_a_success_the_waits_begin_anew() -> None:
    down = [delayed(whole_channel=True) for _ in range(4)]
    async with post(*down[:3], None, down[3], in_flight=1) as it:
        await it.put("ann", "bob")
        await it.clock.advance(60)
        assert [at - START for at, _ in it.channel.tried] == [0, 1, 2.5, 4.75, 4.75, 5.75]


async def test_a_platform_that_asks_for_no_wait_is_not_asked_in_a_loop() -> None:
    async with post(*[delayed(0.0) for _ in range(4)]) as it:
        await it.put("ann")
        await it.clock.advance(20)
        assert [at - START for at, _ in it.channel.tried] == [0, 1, 2.5, 4.75, 8.125]


async def test_a_rest_of_years_ends_within_the_day() -> None:
    async with post(delayed(1e9, whole_channel=True), in_flight=1) as it:
        await it.put("ann", "bob")
        await it.clock.advance(86_400)
        assert [at for at, _ in it.sent] == [86_400, 86_400]


async def test_an_attempt_that_cannot_be_written_down_is_not_made() -> None:
    async with post() as it:
        it.store.busy["turn"] = 3
        await it.put("ann")
        await it.clock.advance(2.5)
        assert it.tried == []
        await it.clock.advance(1)
        assert it.sent == [(3, "1")]


@pytest.mark.parametrize("whole", [True, False], ids=["the whole channel", "one address"])
async def test_a_channel_that_is_down_is_told_once_and_so_is_its_return(
    whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    down = [delayed(whole_channel=whole) for _ in range(12)]
    async with post(*down, in_flight=1) as it:
        await it.put("ann")
        await it.clock.advance(4)
        assert it.told == []
        await it.clock.advance(1)
        trouble = (
            "delivery:chat",
            "chat takes no messages (unavailable).\nThey wait, and are tried again and again.",
        )
        assert it.told == [trouble]
        await it.clock.advance(3_600)
        assert it.titles == ["1"]
        assert it.told == [trouble, ("delivery:chat::recovered", "chat takes messages again.")]
        assert caplog.messages.count("chat does not take word-1 yet: no") == 12


async def test_a_slow_address_does_not_delay_another() -> None:
    async with post() as it:
        it.channel.gates["slow"] = asyncio.Event()
        await it.put("slow", "slow", "ann")
        await it.put("ann")
        assert it.titles == ["3", "4"]
        it.channel.gates["slow"].set()
        await settle()
        assert it.titles == ["3", "4", "1", "2"]


async def test_no_more_in_flight_than_the_platform_takes() -> None:
    async with post(in_flight=3) as it:
        gate = asyncio.Event()
        it.channel.gates = {f"chat-{number}": gate for number in range(10)}
        await it.put(*it.channel.gates)
        assert it.channel.at_once == 3
        gate.set()
        await settle(60)
        assert it.channel.most_at_once == 3
        assert len(it.sent) == 10


async def test_keeps_the_pace() -> None:
    async with post(overall=Limit(1), per_address=Limit(4)) as it:
        await it.put("ann", "ann", "bob", "bob")
        await it.clock.advance(20)
        assert it.sent == [(0, "3"), (1, "1"), (4, "4"), (5, "2")]


async def test_what_comes_in_while_settling_is_settled_together() -> None:
    async with post(in_flight=50) as it:
        await it.put(*[f"chat-{number}" for number in range(50)])
        assert len(it.sent) == 50
        assert len(it.store.turns) <= 3


async def test_more_than_one_claim() -> None:
    async with post(in_flight=50) as it:
        await it.put(*[f"chat-{number}" for number in range(CLAIM * 2 + 5)])
        await settle(200)
        assert len(it.sent) == CLAIM * 2 + 5
        assert sorted(it.titles, key=int, reverse=True) == it.titles


async def test_a_permanent_refusal_is_buried_and_told() -> None:
    async with post(refused()) as it:
        await it.put("ann", "ann")
        assert it.titles == ["2"]
        assert it.fates == [("chat", Fate.BURIED, "not_found"), ("chat", Fate.SENT, "")]
        ((key, text),) = it.told
        assert key == "delivery:chat:to-ann"
        assert text == "chat did not take a message to to-ann (no).\nIt is not tried again: 1"


async def test_a_refused_credential_keeps_the_messages_and_is_told_once() -> None:
    answers = [refused("unauthorized", whole_channel=True) for _ in range(2)]
    async with post(*answers, in_flight=2) as it:
        await it.put("ann", "bob")
        await it.clock.advance(599)
        assert it.sent == []
        assert await it.waiting() == 2
        assert [key for key, _ in it.told] == ["delivery:chat"]
        await it.clock.advance(1)
        assert it.titles == ["1", "2"]
        assert [key for key, _ in it.told] == ["delivery:chat", "delivery:chat::recovered"]


async def test_a_refused_credential_is_told_again_an_hour_after_it_had_worked() -> None:
    async with post(refused(whole_channel=True), None, *[refused(whole_channel=True)] * 2) as it:
        await it.put("ann")
        await it.clock.advance(300)
        assert it.titles == ["1"]
        once = ["delivery:chat", "delivery:chat::recovered"]
        assert [key for key, _ in it.told] == once
        await it.clock.advance(3_500)
        await it.put("ann")
        assert [key for key, _ in it.told] == once
        await it.clock.advance(300)
        assert [key for key, _ in it.told] == [*once, "delivery:chat"]


async def test_what_is_tried_for_a_week_is_given_up_and_told() -> None:
    async with post(*[delayed(86_400)] * 7) as it:
        await it.put("ann")
        await it.clock.advance(86_400 * 6.5)
        assert await it.waiting() == 1
        await it.clock.advance(86_400)
        assert it.sent == []
        assert it.fates[-1] == ("chat", Fate.EXPIRED, "expired")
        assert it.told[-1] == (
            "delivery:chat:to-ann",
            "chat could not bring a message to to-ann in 7d.\nIt is given up: word-1",
        )
        assert await it.waiting() == 0


async def test_a_bug_buries_that_message_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTD_TEST_KEY", "canary-courier")
    async with post(ZeroDivisionError(f"surprise at {Secret('env:ALERTD_TEST_KEY').reveal()}")) as it:
        with caplog.at_level(logging.ERROR):
            await it.put("ann", "bob")
        assert it.titles == ["1"]
        assert it.fates[0] == ("chat", Fate.BURIED, "bug")
        assert "ZeroDivisionError: surprise at [secret]" in caplog.text
        assert "canary" not in caplog.text
        assert len(it.told) == 1


async def test_a_busy_store_loses_no_acknowledgement() -> None:
    async with post() as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann", "ann")
        it.store.busy["turn"] = 3
        it.channel.gates["ann"].set()
        await settle()
        assert it.titles == ["1"]
        await it.clock.advance(10)
        assert it.titles == ["1", "2"]
        assert len(it.channel.tried) == 2


async def test_a_busy_store_is_asked_again() -> None:
    async with post() as it:
        it.store.busy["due"] = 2
        await it.put("ann")
        assert it.sent == []
        await it.clock.advance(2)
        assert it.titles == ["1"]


async def test_an_attempt_is_written_down_before_the_call() -> None:
    async with post() as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann")
        assert [(len(settled), [one.row for one in attempts]) for settled, attempts in it.store.turns] == [(0, [64])]
        it.channel.gates["ann"].set()
        await settle()
        assert it.titles == ["1"]
        assert [one.fate for one in it.store.turns[-1][0]] == [Fate.SENT]


async def test_critical_ones_go_before_what_is_claimed_and_what_is_before_them() -> None:
    async with post(in_flight=1) as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann")
        await it.put("bob", "cid")
        await it.put("bob", "dan", lane=Lane.CRITICAL)
        await it.clock.advance(1)
        it.channel.gates["ann"].set()
        await settle(200)
        assert it.titles[0] == "1"
        assert set(it.titles[1:3]) == {"4", "5"}
        assert set(it.titles[3:]) == {"2", "3"}


async def test_a_critical_one_that_comes_while_its_address_is_claimed_goes_first() -> None:
    async with post(overall=Limit(10)) as it:
        await it.put("ann", "bob")
        await it.put("ann", lane=Lane.CRITICAL)
        await it.clock.advance(30)
        assert it.sent == [(0, "2"), (10, "3"), (20, "1")]


async def test_a_message_that_alone_fails_steps_aside() -> None:
    async with post() as it:
        it.channel.poison.add("word-1")
        await it.put("ann", "ann")
        for _ in range(3):
            await it.put("bob")
            await it.clock.advance(10)
        assert "2" in it.titles
        assert await it.waiting() == 1
        it.channel.poison.clear()
        await it.clock.advance(60)
        assert it.titles[-1] == "1"


async def test_in_an_outage_nobody_steps_aside_and_few_are_tried() -> None:
    async with post(*[delayed() for _ in range(60)]) as it:
        await it.put(*[f"chat-{number}" for number in range(40)], "chat-0")
        await it.clock.advance(6 * 3_600)
        assert len(it.sent) == 41
        assert it.titles.index("1") < it.titles.index("41")


async def test_a_long_outage_costs_a_probe_now_and_then() -> None:
    async with post(*[delayed() for _ in range(2_000)]) as it:
        await it.put(*[f"chat-{number}" for number in range(300)])
        await it.clock.advance(3_600)
        assert it.sent == []
        # Each three times at first, for a failed call takes no time here; then one in 15 s.
        assert len(it.tried) < 3 * 300 + 3_600 / 15 + 10


async def test_drain_finishes_what_is_in_flight_and_claims_no_more() -> None:
    async with post(in_flight=1) as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann")
        await it.put("bob")
        draining = asyncio.ensure_future(it.courier.drain(START + 20))
        await settle()
        assert not draining.done()
        it.channel.gates["ann"].set()
        assert await draining is True
        assert it.titles == ["1"]
        assert await it.waiting() == 1


async def test_drain_gives_up_at_its_deadline() -> None:
    async with post() as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann")
        draining = asyncio.ensure_future(it.courier.drain(START + 20))
        await it.clock.advance(20)
        assert await draining is False


async def test_an_idle_courier_waits_for_nothing_but_word() -> None:
    async with post() as it:
        await it.put("ann")
        asked = it.store.asked
        await it.clock.advance(86_400)
        assert it.store.asked == asked
        await it.put("ann")
        assert it.titles == ["1", "2"]
