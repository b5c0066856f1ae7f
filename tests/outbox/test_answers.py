"""What a courier makes of answers, and of none: rests, moves, dead addresses, uncertain and stale messages."""

import asyncio
import logging

import pytest

from alertd.errors import DeliveryError, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Destination, Lane, Message, Notification
from alertd.outbox.late import LATE, REPEAT
from alertd.ports import Limit
from alertd.rows import Commit, Fate
from tests.fakes import START, HandClock, settle
from tests.outbox.stand import Post, delayed, post, refused

EXPIRES = delayed(86_000)
ASIDE = Destination("mail", "ann@example.org")


async def test_a_bucket_rests_and_no_other() -> None:
    async with post(delayed(90, bucket="chat:ann"), per_address=Limit(1)) as it:
        await it.put("ann")
        await it.put("bob")
        await it.put("ann", lane=Lane.CRITICAL)
        await it.clock.advance(89)
        assert it.sent == [(0, "2")]
        await it.clock.advance(10)
        assert it.sent == [(0, "2"), (90, "3"), (91, "1")]
        assert it.told == []


async def test_no_call_during_a_rest_of_a_shared_bucket() -> None:
    async with post(delayed(60, bucket="bot"), overall=Limit(0.01, burst=30), in_flight=2) as it:
        await it.put(*[f"chat-{number}" for number in range(300)])
        await it.clock.advance(59)
        assert it.tried == [0.0]
        for _ in range(60):
            await it.clock.advance(0.5)
        assert len(it.sent) == 300


async def test_a_rest_that_is_asked_for_while_an_attempt_is_written_down_holds_it_back() -> None:
    async with post(delayed(60, bucket="bot"), overall=Limit(0.01, burst=30)) as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann")
        it.store.slow = 200
        await it.put("bob")
        it.channel.gates["ann"].set()
        await settle(400)
        assert [len(attempts) for _, attempts in it.store.turns][:2] == [1, 1]
        it.store.slow = 0
        await it.clock.advance(59)
        assert it.tried == [0.0]
        await it.clock.advance(2)
        assert sorted(it.titles) == ["1", "2"]


@pytest.mark.parametrize("answer", [delayed(90, bucket="bot"), delayed(90, whole_channel=True)], ids=["bot", "all"])
async def test_rests_survive_a_restart(answer: DeliveryError) -> None:
    async with post(answer, overall=Limit(0.01)) as it:
        await it.put("ann", "bob")
        await it.crash_and_restart()
        await it.clock.advance(89)
        assert it.tried == [0.0]
        await it.clock.advance(20)
        assert sorted(it.titles) == ["1", "2"]


async def test_a_refused_credential_is_left_alone_after_a_restart() -> None:
    async with post(refused("unauthorized", whole_channel=True), in_flight=1) as it:
        await it.put("ann", "bob")
        await it.crash_and_restart()
        await it.clock.advance(299)
        assert it.tried == [0.0]
        await it.clock.advance(20)
        assert sorted(it.titles) == ["1", "2"]


async def test_a_rest_survives_though_the_store_was_at_work_when_it_was_asked_for() -> None:
    async with post(delayed(60, bucket="bot"), overall=Limit(0.01, burst=30)) as it:
        it.channel.gates["ann"] = asyncio.Event()
        await it.put("ann")
        it.store.slow = 1_000
        await it.put("bob")
        it.channel.gates["ann"].set()
        await settle()
        it.store.slow = 0
        await it.crash_and_restart()
        await it.clock.advance(59)
        assert it.tried == [0.0]


async def test_limits_survive_a_restart() -> None:
    async with post(overall=Limit(10, burst=2)) as it:
        await it.put("ann", "bob")
        await it.crash_and_restart()
        await it.put("cid")
        await it.clock.advance(30)
        assert [at for at, _ in it.sent] == [0, 0, 10]


async def test_a_moved_address_is_used_at_once_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with post(DeliveryMoved("it has another name", to="group")) as it:
        await it.put("ann", "ann")
        await it.clock.advance(2)
        assert [(address, title) for _, address, title in it.channel.sent] == [("group", "1"), ("group", "2")]
        assert "chat: ann is group now: change its receiver's address" in caplog.messages


async def test_addresses_that_point_at_each_other_are_not_asked_in_a_loop() -> None:
    async with post(*[DeliveryMoved("no", to=name) for name in ("b", "a") * 20]) as it:
        await it.put("a")
        await it.clock.advance(20)
        assert len(it.tried) < 12


async def test_a_dead_address_is_told_to_its_receiver_and_frees_what_stands_by() -> None:
    async with post(refused("forbidden", dead=True)) as it:
        await it.put("ann", standby=(ASIDE,))
        await it.put("ann")
        assert it.sent == []
        assert len(it.told) == 1
        assert it.told[0][0] == "delivery:chat:to-ann:dead:ann"
        assert it.told_receivers == ["to-ann"]
        assert it.freed == 1
        assert [one.address for one in await it.store.due("mail", START, limit=9)] == ["ann@example.org"]


async def test_a_dead_address_is_told_though_another_message_was_given_up_before() -> None:
    async with post(refused("bad_request"), refused("forbidden", dead=True)) as it:
        await it.put("ann", "ann")
        assert [key for key, _ in it.told] == ["delivery:chat:to-ann", "delivery:chat:to-ann:dead:ann"]


@pytest.mark.parametrize("answer", [None, refused("bad_request"), refused("forbidden", dead=True), EXPIRES], ids=repr)
@pytest.mark.parametrize("receiver", ["@7", "@7/confirm:3", "desk"])
async def test_nobody_is_told_the_words_to_a_person(
    receiver: str, answer: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    words = Notification("canary title", lines=("canary line",))
    async with post(*[answer] * 9) as it:
        message = Message(
            number=1,
            receiver=receiver,
            destinations=(Destination("chat", "~3"),),
            text=words,
            created=START,
            expires=START + 60,
        )
        await it.store.commit(Commit(now=START, messages=[message]))
        it.courier.wake()
        await it.clock.advance(8 * 86_400)
        assert (it.fates[-1][1] is Fate.SENT) is (answer is None)
    # The platform's words may hold an address.
    assert ("(no)" in str(it.told)) is (receiver == "desk" and isinstance(answer, DeliveryRefused))
    seen = caplog.text + str(it.told)
    assert "canary line" not in seen
    if receiver == "desk":
        assert "canary title" in seen or answer is EXPIRES
        return
    assert "canary" not in seen
    assert {record.receiver for record in caplog.records if hasattr(record, "receiver")} == {receiver}
    told = [text.rpartition(" ")[2] for key, text in it.told if receiver in key]
    assert told == ["word-1"] * (answer is not None)


async def test_what_an_operator_wants_again_is_sent_though_it_may_have_come() -> None:
    async with post(delayed(uncertain=True), delayed(1), resends=False) as it:
        await it.put("ann")
        assert it.fates[-1] == ("chat", Fate.BURIED, "uncertain")
        await it.store.retry([64], it.clock.now())
        it.courier.wake()
        await it.clock.advance(5)
        assert it.titles == ["1"]
        assert it.channel.taken[0].notification.footer == REPEAT


async def test_what_an_operator_wants_again_has_a_week_again() -> None:
    async with post(*[delayed(86_000)] * 9) as it:
        await it.put("ann")
        await it.clock.advance(8 * 86_400)
        assert it.fates[-1] == ("chat", Fate.EXPIRED, "expired")
        tried = len(it.tried)
        it.channel.answers.clear()
        it.channel.answers.append(delayed(80_000))
        await it.store.retry([64], it.clock.now())
        it.courier.wake()
        await it.clock.advance(80_100)
        assert len(it.tried) == tried + 2
        assert it.titles == ["1"]


async def test_what_tells_nothing_any_more_is_not_sent() -> None:
    async with post() as it:
        lost = Message(
            number=1,
            receiver="ann",
            destinations=(Destination("chat", "ann"),),
            created=START,
            expires=START + 60,
            holding=(17,),
        )
        await it.store.commit(Commit(now=START, messages=[lost]))
        it.courier.wake()
        await it.clock.advance(1)
        assert it.tried == []
        assert it.fates == [("chat", Fate.BURIED, "forgotten")]


@pytest.mark.parametrize(
    ("case", "remembers", "resends", "age", "came", "marked"),
    [
        ("the platform knows it by its key", 300.0, False, 10.0, True, False),
        ("its key is forgotten", 300.0, True, 400.0, True, True),
        ("its key is forgotten, and it is not resent", 300.0, False, 400.0, False, False),
        ("no keys", 0.0, True, 0.0, True, True),
        ("no keys, and it is not resent", 0.0, False, 0.0, False, False),
    ],
)
@pytest.mark.parametrize("how", ["no answer", "a crash"])
async def test_uncertain(
    *, case: str, remembers: float, resends: bool, age: float, came: bool, marked: bool, how: str
) -> None:
    async with post(remembers=remembers, resends=resends, in_flight=1) as it:
        if how == "a crash":
            it.channel.gates["ann"] = asyncio.Event()
            await it.put("ann")
            await it.stop()
            it.channel.gates["ann"].set()
            assert it.sent == []
            await it.clock.advance(age)
            await it.crash_and_restart()
        else:
            it.channel.answers.append(delayed(max(age, 1.0), uncertain=True))
            await it.put("ann")
        await it.clock.advance(age + 5)
        assert it.titles == (["1"] if came else []), case
        assert [REPEAT in one.notification.footer for one in it.channel.taken] == ([marked] if came else [])
        if not came:
            assert it.fates[-1] == ("chat", Fate.BURIED, "uncertain")
            assert it.told[-1][1].startswith("chat did not say whether it has a message to to-ann.")


async def test_what_is_stale_goes_in_one_digest() -> None:
    async with post(delayed(100)) as it:
        await it.put("ann", "ann", "ann", expires=60)
        await it.put("ann", expires=1_000)
        await it.clock.advance(101)
        assert it.sent == [(100, f"3 messages {LATE}"), (100, "4")]
        assert it.channel.taken[0].notification.lines == ("1", "2", "3")
        assert await it.waiting() == 0


async def test_one_stale_message_goes_as_it_is_and_says_so() -> None:
    async with post(delayed(100)) as it:
        await it.put("ann", expires=60)
        await it.clock.advance(101)
        assert it.sent == [(100, "1")]
        assert LATE in it.channel.taken[0].notification.footer


async def test_a_digest_that_fails_comes_again_with_all_of_it() -> None:
    async with post(delayed(100), delayed(10)) as it:
        await it.put("ann", "ann", expires=60)
        await it.clock.advance(120)
        assert it.sent == [(110, f"2 messages {LATE}")]
        assert await it.waiting() == 0


async def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    async with post(per_address=Limit(1)) as it:
        await it.put("ann")
        await set_back(it, 3_600)
        await it.put("ann")
        await it.clock.advance(5)
        assert it.titles == ["1", "2"]


async def set_back(it: Post, seconds: float) -> None:
    """The process goes on with a clock that shows an earlier time."""
    await it.stop()
    it.clock = HandClock(START - seconds)
    it.courier = it.new_courier()
    await it.start()


async def test_it_says_in_the_log_what_became_of_each(caplog: pytest.LogCaptureFixture) -> None:
    async with post() as it:
        with caplog.at_level(logging.INFO, "alertd.outbox"):
            await it.put("ann")
            await settle()
        assert "sent over chat: 1" in caplog.messages
