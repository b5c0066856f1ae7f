"""Stale messages go together, and nothing that one of them does harms the others."""

import asyncio

import pytest

from alertd.errors import DeliveryError
from alertd.model.notification import Delivery
from alertd.outbox.late import LATE, REPEAT
from alertd.rows import Fate
from tests.fakes import HandClock, ScriptedChannel
from tests.outbox.stand import MoodyStore, Post, delayed, post, refused


class Picky(ScriptedChannel):
    """Refuses every message with these words in it."""

    words = ""

    async def send(self, delivery: Delivery, now: float) -> str:
        said = (delivery.notification.title, *delivery.notification.lines)
        if self.words and self.words in said:
            self.tried.append((now, delivery.message))
            raise refused("bad_request")
        return await super().send(delivery, now)


async def stale(it: Post, *addresses: str) -> None:
    """Messages that could not be delivered in time, and one that delays them."""
    it.channel.answers.append(delayed(100))
    await it.put(*addresses, expires=60)
    await it.clock.advance(99)


@pytest.mark.parametrize("poison", ["1", "2", "4"])
async def test_one_that_is_refused_buries_itself_alone(poison: str) -> None:
    clock = HandClock()
    channel = Picky(clock)
    channel.words = poison
    it = Post(clock, channel, MoodyStore())
    await it.start()
    await stale(it, "ann", "ann", "ann", "ann")
    await it.clock.advance(10)
    told = {line for one in it.channel.taken for line in (one.notification.title, *one.notification.lines)}
    assert {"1", "2", "3", "4"} & told == {"1", "2", "3", "4"} - {poison}
    assert [fate for _, fate, _ in it.fates if fate is Fate.BURIED] == [Fate.BURIED]
    assert await it.waiting() == 0
    await it.stop()


async def test_it_has_a_key_of_its_own_and_keeps_it() -> None:
    async with post(delayed(100), delayed(10), delayed(10)) as it:
        await it.put("ann", "ann", expires=60)
        await it.clock.advance(105)
        await it.put("ann", expires=1)
        await it.clock.advance(60)
        assert [key for _, key in it.channel.tried] == ["word-1", "word-1d", "word-1d", "word-1d", "word-3"]
        assert it.channel.taken[0].notification.lines == ("1", "2")


@pytest.mark.parametrize("resends", [True, False])
@pytest.mark.parametrize("how", ["a crash", "no answer"])
async def test_what_may_have_come_in_a_digest(*, how: str, resends: bool) -> None:
    async with post(resends=resends) as it:
        await stale(it, "ann", "ann", "ann")
        if how == "a crash":
            it.channel.gates["ann"] = asyncio.Event()
            await it.clock.advance(2)
            await it.stop()
            it.channel.gates.pop("ann")
            await it.crash_and_restart()
        else:
            it.channel.answers.append(delayed(1, uncertain=True))
        await it.clock.advance(30)
        if resends:
            (one,) = it.channel.taken
            assert (one.message, one.notification.title) == ("word-1d", f"3 messages {LATE}")
            assert REPEAT in one.notification.footer
        else:
            assert it.channel.taken == []
            assert it.fates[-1] == ("chat", Fate.BURIED, "uncertain")
        assert await it.waiting() == 0


@pytest.mark.parametrize("answer", [delayed(100, uncertain=True)], ids=["no answer"])
async def test_what_may_have_come_goes_again_as_it_was(answer: DeliveryError) -> None:
    async with post(answer) as it:
        await it.put("ann", "ann", expires=60)
        await it.clock.advance(101)
        first, second = it.channel.taken
        assert (first.message, first.notification.title, first.notification.footer) == ("word-1", "1", REPEAT)
        assert (second.message, second.notification.footer) == ("word-2", LATE)
