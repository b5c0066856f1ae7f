"""Charts come after the text, and never cost one."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from alertd.errors import DeliveryError
from alertd.model.notification import Delivery, Picture, Queued
from alertd.outbox.carrier import Draw
from alertd.outbox.illustrate import LATEST, MOST, PATIENCE, Charts
from alertd.outbox.late import REPEAT
from alertd.ports import Limit, Pictures
from alertd.rows import Fate
from tests.fakes import START, HandClock, ScriptedChannel, settle
from tests.outbox.stand import MoodyStore, Post, delayed, draw, refused

PNG = b"\x89PNG"


def pictured(queued: Queued, now: float) -> Delivery:
    """Every message has a picture, called by its title."""
    delivery = draw(queued, now)
    said = delivery.notification
    return delivery._replace(notification=replace(said, picture=Picture(said.title, START, 60.0)))


class Pencil:
    """Draws at once, unless it `hangs`; the pictures of `bad` titles are a bug, and of `missing` ones not to be had."""

    def __init__(self) -> None:
        self.hangs = False
        self.bad: set[str] = set()
        self.missing: set[str] = set()
        self.asked: list[str] = []
        self.go = asyncio.Event()

    async def draw(self, picture: Picture) -> bytes | None:
        self.asked.append(picture.symbol)
        if self.hangs:
            await self.go.wait()
        if picture.symbol in self.bad:
            raise ZeroDivisionError("a bug")
        return None if picture.symbol in self.missing else PNG + picture.symbol.encode()


class Slate(ScriptedChannel):
    """A channel that takes pictures, and answers to them as the test says."""

    def __init__(
        self, clock: HandClock, pictures: Pictures, limits: tuple[Limit | None, Limit | None], in_flight: int
    ) -> None:
        super().__init__(clock, in_flight=in_flight, overall=limits[0], per_address=limits[1])
        self.pictures = pictures
        self.when: list[float] = []
        self.refusal: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        self.when.append(self._clock.now() - START)
        if self.gate is not None:
            await self.gate.wait()
        if self.refusal is not None:
            raise self.refusal
        await super().illustrate(delivery, ref, png)


class Wall(Post):
    pencil: Pencil
    channel: Slate

    @property
    def drawn(self) -> list[tuple[str, bytes]]:
        """(message's name at the platform, picture) in the order in which the platform took them."""
        return [(ref.partition("-")[2].partition("-")[2], png) for _, ref, png in self.channel.illustrated]


@asynccontextmanager
async def wall(
    pictures: Pictures = Pictures.AFTER,
    *,
    in_flight: int = 32,
    overall: Limit | None = None,
    per_address: Limit | None = None,
    text: Draw = pictured,
) -> AsyncIterator[Wall]:
    clock = HandClock()
    it = Wall(clock, Slate(clock, pictures, (overall, per_address), in_flight), MoodyStore(), draw=text)
    it.pencil = Pencil()
    it.courier.illustrator.charts = Charts(it.pencil.draw)
    await it.start()
    try:
        yield it
    finally:
        await it.stop()


# ── after the text ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_chart_follows_its_message() -> None:
    async with wall() as it:
        await it.put("ann", "bob")
        assert sorted(it.titles) == ["1", "2"]
        assert sorted(it.drawn) == [("1", PNG + b"1"), ("2", PNG + b"2")]
        assert {delivery.address for delivery, _, _ in it.channel.illustrated} == {"ann", "bob"}


async def test_a_chart_comes_once_the_store_has_it_that_the_message_is_there() -> None:
    async with wall() as it:
        it.store.busy["turn"] = 0
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann")
        it.store.busy["turn"] = 3
        it.channel.gates["ann"].set()
        await settle()
        assert it.titles == ["1"]
        assert it.drawn == []
        await it.clock.advance(5)
        assert it.drawn == [("1", PNG + b"1")]


async def test_the_chart_of_what_may_be_a_repeat_leaves_that_word() -> None:
    async with wall() as it:
        it.channel.answers.append(delayed(1, uncertain=True))
        await it.put("ann")
        await it.clock.advance(5)
        ((delivery, _, _),) = it.channel.illustrated
        assert delivery.notification.footer == REPEAT


async def test_a_message_that_is_refused_gets_none() -> None:
    async with wall() as it:
        it.channel.answers.append(refused())
        await it.put("ann")
        await it.clock.advance(5)
        assert it.fates == [("chat", Fate.BURIED, "not_found")]
        assert it.pencil.asked == []


@pytest.mark.parametrize("pictures", list(Pictures))
async def test_texts_do_not_wait_for_charts_that_hang(pictures: Pictures) -> None:
    async with wall(pictures, in_flight=1) as it:
        it.pencil.hangs = True
        await it.put(*[f"chat-{number}" for number in range(60)])
        await settle(2000)
        assert [at for at, _ in it.sent][:59] == [0] * 59
        await it.clock.advance(PATIENCE)  # the last one is alone
        assert len(it.sent) == 60
        await it.put("ann")
        await it.clock.advance(2 * LATEST)
        it.pencil.go.set()
        await settle()
        assert len(it.titles) == 61
        assert it.drawn == []
        assert all(delivery.png == b"" for delivery in it.channel.taken)


async def test_a_chart_counts_against_the_pace_and_goes_after_every_text() -> None:
    async with wall(per_address=Limit(1.0)) as it:
        await it.put("ann", "ann", "ann")
        await it.clock.advance(10)
        assert it.sent == [(0, "1"), (1, "2"), (2, "3")]
        assert [name for name, _ in it.drawn] == ["1", "2", "3"]
        assert it.channel.when == pytest.approx([3, 4, 5], abs=0.3)
        await it.put("ann")
        assert it.sent[-1] == (10, "4")


async def test_a_chart_leaves_room_for_a_burst_of_texts() -> None:
    async with wall(per_address=Limit(10.0, 3)) as it:
        await it.put("ann")
        await it.clock.advance(9)
        assert it.drawn == []
        await it.clock.advance(2)
        assert it.channel.when == pytest.approx([10], abs=0.3)
        await it.put("ann")
        await it.put("ann")
        assert [at for at, _ in it.sent] == [0, 11, 11]


async def test_charts_of_other_addresses_do_not_wait() -> None:
    async with wall(per_address=Limit(20.0)) as it:
        await it.put("ann")
        it.pencil.hangs = True
        await it.put("bob")
        it.pencil.hangs = False
        it.pencil.go.set()
        await it.clock.advance(21)
        assert [at for at, _ in it.sent] == [0, 0]
        assert it.channel.when == pytest.approx([20, 20], abs=1)


async def test_in_a_crash_charts_are_left_out() -> None:
    async with wall(overall=Limit(0.01)) as it:
        await it.put(*[f"chat-{number}" for number in range(200)])
        await it.clock.advance(30)
        assert len(it.titles) == 200
        assert len(it.drawn) == MOST
        assert min(it.channel.when) > max(at for at, _ in it.sent)


async def test_a_chart_that_comes_too_late_is_dropped() -> None:
    async with wall(per_address=Limit(2 * LATEST)) as it:
        await it.put("ann")
        await it.clock.advance(5 * LATEST)
        assert it.titles == ["1"]
        assert it.drawn == []


@pytest.mark.parametrize("what", ["bad", "missing"])
async def test_a_chart_that_cannot_be_drawn_costs_nothing(what: str, caplog: pytest.LogCaptureFixture) -> None:
    async with wall(per_address=Limit(5.0)) as it:
        getattr(it.pencil, what).add("1")
        await it.put("ann")
        await it.clock.advance(6)
        await it.put("ann")
        await it.clock.advance(1)
        assert [at for at, _ in it.sent] == [0, 6], "it counts against nothing"
        await it.clock.advance(6)
        assert [name for name, _ in it.drawn] == ["2"]
        assert ("a bug in a chart of 1" in caplog.text) == (what == "bad")


@pytest.mark.parametrize("refusal", [refused(), delayed(), delayed(uncertain=True), ZeroDivisionError()])
async def test_a_chart_that_is_not_taken_is_not_tried_again(
    refusal: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with wall() as it:
        it.channel.refusal = refusal
        with caplog.at_level(logging.INFO):
            await it.put("ann")
            await it.clock.advance(5)
        assert it.channel.when == [0]
        assert it.told == []
        assert ("takes no chart" in caplog.text) == isinstance(refusal, DeliveryError)
        it.channel.refusal = None
        await it.put("ann")
        assert [name for name, _ in it.drawn] == ["2"]


def following(queued: Queued, now: float) -> Delivery:
    """The second message takes the place of the first one, and has no picture."""
    delivery = pictured(queued, now)
    if delivery.notification.title != "2":
        return delivery
    said = replace(delivery.notification, picture=None)
    return delivery._replace(notification=said, origin="ref-word-1", replaces=True)


@pytest.mark.parametrize("when", ["waits", "is being drawn"])
@pytest.mark.parametrize("taken", [True, False])
async def test_a_message_that_was_replaced_gets_no_chart_any_more(when: str, taken: bool) -> None:
    drawing = when == "is being drawn"
    async with wall(per_address=None if drawing else Limit(5.0), text=following) as it:
        it.pencil.hangs = drawing
        await it.put("ann")
        assert it.pencil.asked == ["1"] * drawing
        if not taken:
            it.channel.answers.append(refused())
        await it.put("ann")
        await it.clock.advance(6)
        assert len(it.channel.tried) == 2
        it.pencil.go.set()
        await it.put("bob")
        await it.clock.advance(LATEST)
        assert [name for name, _ in it.drawn] == ["3"]


@pytest.mark.parametrize("refusal", [None, refused(), ZeroDivisionError("a bug")], ids=repr)
async def test_what_takes_a_messages_place_waits_for_the_chart_on_its_way_to_it(refusal: Exception | None) -> None:
    async with wall(text=following) as it:
        it.channel.gate, it.channel.refusal = asyncio.Event(), refusal
        await it.put("ann")
        assert it.channel.when == [0]
        await it.put("ann", "bob")
        assert it.titles == ["1", "3"]
        it.channel.gate.set()
        await settle()
        assert it.titles == ["1", "3", "2"]


@pytest.mark.parametrize(
    ("refusal", "ann", "bob"),
    [
        (delayed(20, bucket="chat:ann"), 20, 0),
        (delayed(20, whole_channel=True), 20, 20),
        (delayed(20), 0, 0),
    ],
)
async def test_what_a_platform_says_to_a_chart_holds_for_messages(refusal: Exception, ann: float, bob: float) -> None:
    async with wall(per_address=Limit(0.0)) as it:
        it.channel.refusal = refusal
        await it.put("ann")
        assert it.channel.when == [0]
        await it.put("ann", "bob")
        await it.clock.advance(30)
        found = {address: at - START for at, address, _ in it.channel.sent}
        assert found == {"ann": ann, "bob": bob}


@pytest.mark.parametrize(
    "refusal", [delayed(20, bucket="chat:ann"), delayed(20, whole_channel=True)], ids=["bucket", "all"]
)
async def test_what_a_platform_says_to_a_chart_survives_a_crash(refusal: Exception) -> None:
    async with wall(per_address=Limit(0.0)) as it:
        it.channel.refusal = refusal
        await it.put("ann")
        assert it.channel.when == [0]
        await it.crash_and_restart()
        await it.put("ann")
        await it.clock.advance(30)
        assert [at - START for at, *_ in it.channel.sent] == [0, 20]


# ── with the text ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_chart_goes_with_its_message() -> None:
    async with wall(Pictures.BEFORE) as it:
        await it.put("ann")
        assert [delivery.png for delivery in it.channel.taken] == [PNG + b"1"]
        assert it.drawn == []


async def test_a_message_that_is_alone_waits_for_its_chart_for_a_moment() -> None:
    async with wall(Pictures.BEFORE) as it:
        it.pencil.hangs = True
        await it.put("ann")
        assert it.channel.taken == []
        await it.clock.advance(PATIENCE)
        assert [(one.notification.title, one.png) for one in it.channel.taken] == [("1", b"")]


async def test_no_message_waits_for_the_chart_of_another() -> None:
    async with wall(Pictures.BEFORE) as it:
        it.pencil.hangs = True
        await it.put("ann", "ben", "cat")
        await it.clock.advance(PATIENCE)
        assert {one.notification.title for one in it.channel.taken} == {"1", "2", "3"}
        assert max(at for at, _ in it.sent) <= PATIENCE


async def test_a_chart_is_begun_while_its_message_waits() -> None:
    async with wall(Pictures.BEFORE, per_address=Limit(5.0)) as it:
        await it.put("ann")
        it.pencil.hangs = True
        await it.put("ann")
        assert it.pencil.asked[-1] == "2"
        it.pencil.go.set()
        await it.clock.advance(1)
        asked = len(it.pencil.asked)
        it.pencil.go.clear()
        await it.clock.advance(5)
        assert [(one.notification.title, one.png) for one in it.channel.taken] == [("1", PNG + b"1"), ("2", PNG + b"2")]
        assert len(it.pencil.asked) == asked, "it is drawn once"


async def test_a_chart_of_an_attempt_that_failed_is_drawn_again() -> None:
    async with wall(Pictures.BEFORE) as it:
        it.channel.answers.append(delayed(5, bucket="chat:ann"))
        await it.put("ann")
        await it.clock.advance(10)
        assert [delivery.png for delivery in it.channel.taken] == [PNG + b"1"]


async def test_a_channel_without_pictures_asks_for_none() -> None:
    async with wall(Pictures.NEVER) as it:
        await it.put("ann")
        await it.clock.advance(5)
        assert it.titles == ["1"]
        assert it.pencil.asked == []
