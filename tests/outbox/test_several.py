"""A channel with several credentials or servers, at a courier: what is the matter with one is not with all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from alertd.errors import DeliveryDelayed
from alertd.model.notification import Delivery, Destination, Message, Notification
from alertd.model.people import owner_of
from alertd.ports import Bucket, Limit
from alertd.rows import Commit, Fate
from tests.fakes import START, HandClock, ScriptedChannel, settle
from tests.outbox.stand import MoodyStore, Post, delayed, post, refused

FREE = Limit(0.0)
DOWN = "delivery:chat::down:"
OVER = "::recovered"
WAITS = "What needs it waits, and is tried again every 5m."


class Bots(ScriptedChannel):
    """Bots by the names of their buckets; `revoked` are those whose token is refused. Each address has the first one
    that it has not been left by."""

    def __init__(self, clock: HandClock, *bots: str) -> None:
        super().__init__(clock)
        self.bots = bots
        self.revoked: set[str] = set()
        self.left: set[str] = set()

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        bot = next((bot for bot in self.bots if bot not in self.left), self.bots[-1])
        return Bucket(bot, FREE), Bucket(f"chat:{address}", FREE)

    async def send(self, delivery: Delivery, now: float) -> str:
        bot = self.buckets(delivery.address)[0].name
        if bot in self.revoked:
            self.left.add(bot)
            self.answers.append(refused("unauthorized", bucket=bot).only(f"token of {bot}"))
        return await super().send(delivery, now)


@asynccontextmanager
async def by(*bots: str) -> AsyncIterator[tuple[Post, Bots]]:
    clock = HandClock()
    channel = Bots(clock, *bots)
    it = Post(clock, channel, MoodyStore())
    await it.start()
    try:
        yield it, channel
    finally:
        await it.stop()


async def test_where_one_token_is_refused_another_is_used_at_once_and_the_operator_is_told_of_both_ends() -> None:
    async with by("one", "two") as (it, channel):
        channel.revoked = {"one"}
        await it.put("ann")
        await it.put("bob")
        assert it.sent == [(0, "1"), (0, "2")]
        trouble = (f"{DOWN}token of one", f"chat (token of one) refuses alertd's credential (unauthorized).\n{WAITS}")
        assert it.told == [trouble]
        await it.clock.advance(4_000)
        channel.revoked, channel.left = set(), set()
        await it.put("ann")
        assert it.told[1:] == [(f"{DOWN}token of one{OVER}", "chat (token of one) takes messages again.")]


async def test_what_another_bot_has_brought_does_not_say_that_the_token_is_good_again() -> None:
    async with by("one", "two") as (it, channel):
        channel.revoked = {"one"}
        await it.put("ann", "ann", "bob")
        await it.clock.advance(4_000)
        await it.put("ann", "bob")
        assert len(it.sent) == 5
        assert [key for key, _ in it.told] == [f"{DOWN}token of one"]


async def test_what_has_no_other_bot_waits_for_its_token() -> None:
    async with by("one") as (it, channel):
        channel.revoked = {"one"}
        await it.put("ann", "ann")
        await it.clock.advance(299)
        assert it.tried == [0]
        channel.revoked = set()
        await it.clock.advance(2)
        assert it.sent == [(300, "1"), (300, "2")]
        assert [key for key, _ in it.told] == [f"{DOWN}token of one", f"{DOWN}token of one{OVER}"]


async def test_a_channel_that_never_has_another_way_is_not_asked_in_a_loop() -> None:
    async with post(*[refused("unauthorized", bucket="elsewhere") for _ in range(40)]) as it:
        await it.put("ann")
        assert len(it.tried) <= 4
        await it.clock.advance(5)
        assert len(it.tried) < 10


async def test_what_refuses_every_message_is_not_said_to_refuse_a_credential() -> None:
    async with post(refused("not_found", bucket="chat:ann").only("hook.example"), per_address=FREE) as it:
        await it.put("ann")
        await it.put("bob")
        assert it.titles == ["2"]
        assert it.told == [(f"{DOWN}hook.example", f"chat (hook.example) refuses every message (not_found).\n{WAITS}")]
        await it.clock.advance(300)
        assert it.titles == ["2", "1"]


@pytest.mark.parametrize("whole", [True, False], ids=["unreachable", "failing"])
async def test_a_server_that_is_down_is_told_by_its_name_and_holds_back_nobody_else(whole: bool) -> None:
    async with post(*[delayed(whole_channel=whole).only("hook.example")] * 5, per_address=FREE) as it:
        await it.put("ann")
        await it.clock.advance(8.25)
        trouble = "chat (hook.example) takes no messages (unavailable).\nThey wait, and are tried again and again."
        assert it.told == [(f"{DOWN}hook.example", trouble)]
        it.channel.answers.clear()
        await it.put("bob")
        assert it.sent == [(8.25, "2")]
        assert len(it.told) == 1, "that another one works says nothing of it"
        await it.clock.advance(60)
        assert it.titles == ["2", "1"]
        assert it.told[1:] == [(f"{DOWN}hook.example{OVER}", "chat (hook.example) takes messages again.")]


THEIRS = Message(
    number=1,
    receiver=owner_of(7),
    destinations=(Destination("chat", "ann"),),
    text=Notification("theirs"),
    created=START,
    expires=START + 21_600,
)


async def test_what_a_platform_says_to_a_persons_message_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """It may hold their address."""
    async with post(*[DeliveryDelayed("<ann@home.example>: greylisted", reason="rate_limited")] * 50) as it:
        await it.store.commit(Commit(now=START, messages=[THEIRS]))
        it.courier.wake()
        await it.clock.advance(90)
        assert set(it.courier.troubles(it.clock.now())) == {""}
        assert "home.example" not in str([it.courier.troubles(it.clock.now()), it.told, caplog.messages])


async def test_what_becomes_of_a_persons_own_server_is_not_told() -> None:
    async with post(*[delayed(whole_channel=True).only("hook.example")] * 8, per_address=FREE) as it:
        await it.store.commit(Commit(now=START, messages=[THEIRS]))
        it.courier.wake()
        await it.clock.advance(600)
        assert (len(it.tried), it.titles) == (9, ["theirs"])
        assert it.told == []


async def test_a_credential_that_is_gone_with_its_address_is_told_to_whoever_is_meant() -> None:
    async with post(refused("unauthorized", whole_channel=True, dead=True)) as it:
        await it.put("ann", "ann")
        await settle()
        assert it.fates == [("chat", Fate.BURIED, "unauthorized")]
        assert it.told_receivers == ["to-ann"]
        assert await it.waiting() == 0
