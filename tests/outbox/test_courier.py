"""The courier against a scripted platform, the store that is shipped, and a clock turned by hand."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from alertd.errors import DeliveryDelayed, DeliveryRefused, StorageBusy
from alertd.model.notification import Delivery, Destination, Message, Notification
from alertd.outbox.courier import CLAIM, Courier
from alertd.ports import Commit, Fate, Pacing, Settled
from alertd.storage.memory import MemoryStore
from alertd.wire.secret import Secret
from tests.fakes import START, HandClock, ScriptedChannel, settle


class MoodyStore(MemoryStore):
    """The memory store, busy as often as the test says; it notes what is settled together."""

    def __init__(self) -> None:
        super().__init__("word")
        self.busy: dict[str, int] = {}
        self.asked = 0
        self.batches: list[Sequence[Settled]] = []

    def _mood(self, call: str) -> None:
        if self.busy.get(call, 0):
            self.busy[call] -= 1
            raise StorageBusy("the disk is full")

    async def due(self, channel: str, now: float, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Delivery]:
        self.asked += 1
        self._mood("due")
        return await super().due(channel, now, limit=limit, busy=busy)

    async def settle(self, settled: Sequence[Settled]) -> None:
        self._mood("settle")
        self.batches.append(settled)
        await super().settle(settled)


@dataclass
class Post:
    """A courier at work, and everything that can be seen of it."""

    clock: HandClock
    channel: ScriptedChannel
    store: MoodyStore
    told: list[tuple[str, str]] = field(default_factory=list)
    fates: list[tuple[str, Fate, str]] = field(default_factory=list)
    courier: Courier = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        self.courier = self.new_courier()

    def new_courier(self) -> Courier:
        return Courier(
            self.channel,
            self.store,
            self.clock,
            random=lambda: 1.0,
            tell=lambda key, text: self.told.append((key, text)),
            on_settled=lambda channel, fate, reason: self.fates.append((channel, fate, reason)),
        )

    async def put(self, *addresses: str, expires: float = 21_600.0) -> None:
        """One message to each address, titled `1`, `2`, …"""
        messages = []
        for address in addresses:
            self.number += 1
            messages.append(
                Message(
                    id=f"word-{self.number}",
                    receiver=f"to-{address}",
                    destinations=(Destination("chat", address),),
                    items=(),
                    notification=Notification(str(self.number)),
                    created=self.clock.now(),
                    expires=self.clock.now() + expires,
                )
            )
        await self.store.commit(Commit(now=self.clock.now(), messages=messages))
        self.courier.wake()
        await settle()

    @property
    def sent(self) -> list[tuple[float, str]]:
        """(seconds since the start, title) in the order in which the platform took them."""
        return [(at - START, title) for at, _, title in self.channel.sent]

    @property
    def titles(self) -> list[str]:
        return [title for _, title in self.sent]

    async def waiting(self) -> int:
        return sum(depth.waiting for depth in await self.store.depths())


@asynccontextmanager
async def post(*answers: Exception | None, pacing: Pacing | None = None) -> AsyncIterator[Post]:
    clock = HandClock()
    at_work = Post(clock, ScriptedChannel(clock, pacing=pacing, answers=answers), MoodyStore())
    running = asyncio.ensure_future(at_work.courier.run())
    await settle()
    yield at_work
    running.cancel()
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()


def delayed(retry_after: float | None = None, *, whole_channel: bool = False) -> DeliveryDelayed:
    return DeliveryDelayed("no", reason="unavailable", retry_after=retry_after, whole_channel=whole_channel)


def refused(reason: str = "not_found", *, whole_channel: bool = False) -> DeliveryRefused:
    return DeliveryRefused("no", reason=reason, whole_channel=whole_channel)


async def test_delivers_what_is_there_and_settles_it() -> None:
    async with post() as it:
        await it.put("ann", "bob")
        assert it.sent == [(0, "1"), (0, "2")]
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
        await it.put("ann", "bob")
        await it.put("ann")
        await it.clock.advance(200)
        assert it.sent == [(0, "2"), (90, "1"), (90, "3")]


async def test_a_whole_channel_rests() -> None:
    async with post(delayed(30, whole_channel=True), pacing=Pacing(in_flight=1)) as it:
        await it.put("ann", "bob")
        await it.clock.advance(29)
        assert it.sent == []
        await it.clock.advance(1)
        assert it.sent == [(30, "1"), (30, "2")]


async def test_a_channel_that_is_down_is_tried_ever_more_rarely() -> None:
    down = [delayed(whole_channel=True) for _ in range(5)]
    async with post(*down, pacing=Pacing(in_flight=1)) as it:
        await it.put(*[f"chat-{number}" for number in range(8)])
        await it.clock.advance(60)
        assert [at - START for at, _ in it.channel.tried][:6] == [0, 1, 2.5, 4.75, 8.125, 13.1875]
        assert len(it.sent) == 8


async def test_after_a_success_the_waits_begin_anew() -> None:
    down = [delayed(whole_channel=True) for _ in range(4)]
    async with post(*down[:3], None, down[3], pacing=Pacing(in_flight=1)) as it:
        await it.put("ann", "bob")
        await it.clock.advance(60)
        assert [at - START for at, _ in it.channel.tried] == [0, 1, 2.5, 4.75, 4.75, 5.75]


async def test_a_platform_that_asks_for_no_wait_is_not_asked_in_a_loop() -> None:
    async with post(*[delayed(0.0) for _ in range(4)]) as it:
        await it.put("ann")
        await it.clock.advance(20)
        assert [at - START for at, _ in it.channel.tried] == [0, 1, 2.5, 4.75, 8.125]


async def test_a_rest_of_years_ends_within_the_hour() -> None:
    async with post(delayed(1e9, whole_channel=True), pacing=Pacing(in_flight=1)) as it:
        await it.put("ann", "bob")
        await it.clock.advance(3_600)
        assert it.sent == [(3_600, "1"), (3_600, "2")]


@pytest.mark.parametrize("whole", [True, False], ids=["the whole channel", "one address"])
async def test_a_channel_that_is_down_is_told_once_and_so_is_its_return(
    whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    down = [delayed(whole_channel=whole) for _ in range(12)]
    async with post(*down, pacing=Pacing(in_flight=1)) as it:
        await it.put("ann")
        await it.clock.advance(4)
        assert it.told == []
        await it.clock.advance(1)
        trouble = (
            "delivery:chat",
            "chat takes no messages (unavailable).\nThey wait, and are tried until they expire.",
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
    async with post(pacing=Pacing(in_flight=3)) as it:
        gate = asyncio.Event()
        it.channel.gates = {f"chat-{number}": gate for number in range(10)}
        await it.put(*it.channel.gates)
        assert it.channel.at_once == 3
        gate.set()
        await settle(60)
        assert it.channel.most_at_once == 3
        assert len(it.sent) == 10


async def test_keeps_the_pace() -> None:
    async with post(pacing=Pacing(overall=1, per_address=4)) as it:
        await it.put("ann", "ann", "bob", "bob")
        await it.clock.advance(20)
        assert it.sent == [(0, "1"), (1, "3"), (4, "2"), (5, "4")]


async def test_what_comes_in_while_settling_is_settled_together() -> None:
    async with post(pacing=Pacing(in_flight=50)) as it:
        await it.put(*[f"chat-{number}" for number in range(50)])
        assert len(it.sent) == 50
        assert len(it.store.batches) <= 2


async def test_more_than_one_claim() -> None:
    async with post(pacing=Pacing(in_flight=50)) as it:
        await it.put(*[f"chat-{number}" for number in range(CLAIM * 2 + 5)])
        await settle(200)
        assert len(it.sent) == CLAIM * 2 + 5
        assert sorted(it.titles, key=int) == it.titles


async def test_a_permanent_refusal_is_buried_and_told() -> None:
    async with post(refused()) as it:
        await it.put("ann", "ann")
        assert it.titles == ["2"]
        assert it.fates == [("chat", Fate.BURIED, "not_found"), ("chat", Fate.SENT, "")]
        ((key, text),) = it.told
        assert key == "delivery:chat:to-ann"
        assert text == "chat did not take a message to to-ann (not_found).\nIt is not tried again: 1"


async def test_a_refused_credential_keeps_the_messages_and_is_told_once() -> None:
    answers = [refused("unauthorized", whole_channel=True) for _ in range(4)]
    async with post(*answers, pacing=Pacing(in_flight=2)) as it:
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


@pytest.mark.parametrize(
    ("case", "answers", "expires"),
    [
        ("the next try would come too late", [delayed(120)], 60.0),
        ("the credential stays refused", [refused(whole_channel=True)], 60.0),
        ("it waited behind another for too long", [delayed(50), delayed(15)], 60.0),
    ],
)
async def test_expiry_is_told(case: str, answers: list[Exception], expires: float) -> None:
    async with post(*answers) as it:
        await it.put("ann", expires=expires)
        await it.clock.advance(3_600)
        assert it.sent == [], case
        assert it.fates[-1] == ("chat", Fate.EXPIRED, "expired")
        assert [key for key, _ in it.told][-1] == "delivery:chat:to-ann"
        assert await it.waiting() == 0


async def test_nothing_is_sent_after_it_expired() -> None:
    async with post(pacing=Pacing(per_address=100)) as it:
        await it.put("ann", "ann", expires=60)
        await it.clock.advance(200)
        assert it.titles == ["1"]
        assert [fate for _, fate, _ in it.fates] == [Fate.SENT, Fate.EXPIRED]


async def test_a_bug_buries_that_message_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTD_TEST_KEY", "canary-courier")
    async with post(ZeroDivisionError(f"surprise at {Secret('env:ALERTD_TEST_KEY').reveal()}")) as it:
        with caplog.at_level(logging.ERROR):
            await it.put("ann", "bob")
        assert it.titles == ["2"]
        assert it.fates[0] == ("chat", Fate.BURIED, "bug")
        assert "ZeroDivisionError: surprise at [secret]" in caplog.text
        assert "canary" not in caplog.text
        assert len(it.told) == 1


async def test_a_busy_store_loses_no_acknowledgement() -> None:
    async with post() as it:
        it.store.busy["settle"] = 3
        await it.put("ann", "ann")
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


async def test_drain_finishes_what_is_in_flight_and_claims_no_more() -> None:
    async with post(pacing=Pacing(in_flight=1)) as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann", "bob")
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
