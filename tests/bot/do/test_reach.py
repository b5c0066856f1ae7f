"""A way that nothing reaches: what its owner is told, and what has it tried again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from alertd.model.people import Account, Identity, Role
from alertd.rows import Commit, Fate, Settled
from tests.bot.do.talk import crowd
from tests.bot.room import SLACK, TELEGRAM, Room, room
from tests.storage.rows import message

LETTER = 1000
"""Messages by these numbers are none of the engine's."""


@asynccontextmanager
async def ann() -> AsyncIterator[Room]:
    """@1 ann, by ~1 telegram, ~2 slack and ~3 a mailbox; ~4 is a group, for which her #1 is. Her #2 is for the mailbox,
    her #3 for all that she uses."""
    async with room(groups="users") as stand:
        await stand.enrol("ann")
        await stand.enrol("ann", platform=SLACK)
        await stand.link("ann", "email", "ann@desk.example")
        await stand.price(BTC=65_000)
        await stand.says("alert BTC > 70k every time", by="ann", group=True)
        await stand.says("alert BTC > 71k every time via email", by="ann")
        await stand.says("alert BTC > 72k every time", by="ann")
        yield stand


def account(stand: Room, number: int) -> Account:
    found = stand.office.people.account(number)
    assert found is not None
    return found


async def refuses(stand: Room, *numbers: int) -> None:
    """What is for these is refused for good, as the channel and the courier have it."""
    now = stand.clock.now()
    for number in numbers:
        lost = account(stand, number)
        letter = message(LETTER + number, f"{lost.identity.channel}:~{number}")
        await stand.store.commit(Commit(now=now, messages=[letter]))
        settled = Settled(row=64 * letter.number, fate=Fate.BURIED, at=now, reason="forbidden", dead=True)
        await stand.store.turn(lost.identity.channel, settled=[settled], now=now)
        stand.office.people.lost(lost, "forbidden", now)


async def lost(stand: Room) -> list[int]:
    """As the store has it, and as everybody goes by."""
    stored = [each.account for each in (await crowd(stand)).unreached]
    assert stored == [number for number in range(1, 9) if _is_lost(stand, number)]
    return stored


def _is_lost(stand: Room, number: int) -> bool:
    found = stand.office.people.account(number)
    return found is not None and stand.office.people.unreached(found) is not None


async def told_at(stand: Room, price: float) -> list[str]:
    """Where something is told now."""
    before = len(stand.store.commits)
    await stand.price(BTC=price)
    made = [each for commit in stand.store.commits[before:] for each in commit.messages]
    return sorted(address for each in made for _, address in each.destinations)


@pytest.mark.parametrize(
    ("said", "platform", "group", "left"),
    [
        pytest.param("alerts", TELEGRAM, False, [2, 3, 4], id="what changes nothing"),
        pytest.param("pause 2", TELEGRAM, False, [2, 3, 4], id="what changes something"),
        pytest.param("no command at all", TELEGRAM, False, [2, 3, 4], id="what is not understood"),
        pytest.param("alerts", SLACK, False, [1, 3, 4], id="on the other platform"),
        pytest.param("alerts", TELEGRAM, True, [1, 2, 3], id="in the group"),
        pytest.param("alerts", SLACK, True, [1, 2, 3, 4], id="in another group"),
        pytest.param("settings channels email, slack", TELEGRAM, False, [4], id="ways that are named"),
        pytest.param("link ann@desk.example", TELEGRAM, False, [2, 4], id="a mailbox that is linked again"),
    ],
)
async def test_where_somebody_speaks_is_tried_again(said: str, platform: str, group: bool, left: list[int]) -> None:
    async with ann() as stand:
        await refuses(stand, 1, 2, 3, 4)
        assert await lost(stand) == [1, 2, 3, 4]
        await stand.clerk.answer(stand.asked(said, by="ann", platform=platform, group=group))
        assert await lost(stand) == left


@pytest.mark.parametrize(
    ("by", "group", "left"),
    [
        pytest.param("ann", False, [4], id="unblocked"),
        pytest.param("ann", True, [1], id="in the group again"),
        pytest.param("eve", True, [1], id="in the group again, by somebody unknown"),
        pytest.param("eve", False, [1, 4], id="by somebody unknown"),
    ],
)
async def test_where_the_bot_is_again_is_tried_again_and_nothing_is_answered(
    by: str, group: bool, left: list[int]
) -> None:
    async with ann() as stand:
        await refuses(stand, 1, 4)
        for _ in range(20):
            assert await stand.clerk.answer(replace(stand.asked(by=by, group=group), returned=True)) is None
        assert await lost(stand) == left


async def test_a_groups_topics_are_there_with_it() -> None:
    async with ann() as stand:
        people, topic = stand.office.people, Identity(TELEGRAM, "", "-100777/5")
        await stand.pipeline.serve(people=[people.link(0, topic, topic.user)])
        await refuses(stand, 4, 5)
        await stand.clerk.answer(replace(stand.asked(by="ann", group=True), returned=True))
        assert await lost(stand) == []


async def test_what_is_not_reached_is_told_by_what_is() -> None:
    async with ann() as stand:
        assert await told_at(stand, 73_000) == ["~1", "~2", "~3", "~3", "~4"]
        await stand.price(BTC=65_000)
        await refuses(stand, 3)
        assert await told_at(stand, 73_000) == ["~1", "~1", "~2", "~2", "~4"]
        await stand.price(BTC=65_000)
        await refuses(stand, 1, 4)
        assert await told_at(stand, 73_000) == ["~2", "~2", "~2"]
        await stand.price(BTC=65_000)
        await stand.restart()
        assert await told_at(stand, 73_000) == ["~2", "~2", "~2"]


SINCE = "since Thu 2026-01-01 00:00 UTC: the platform does not allow it."
MAIL = f"Nothing reaches you by email {SINCE} settings channels telegram, slack, email has it tried again."
CHAT = f"Nothing reaches you by slack {SINCE} Say something to me there, and it is tried again."
ROOM = (
    f"Nothing reaches the group on telegram {SINCE}"
    " You are told alone until somebody says something to me there, where I may write."
)


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("settings", [CHAT, MAIL]),
        ("alerts", [CHAT, MAIL, ROOM]),
        ("edit 1 > 74k", [ROOM]),
        ("edit 2 > 74k", [MAIL]),
        ("edit 3 > 74k", [CHAT, MAIL]),
        ("alert BTC > 75k via email", [MAIL]),
        ("alert BTC > 75k via telegram", []),
    ],
)
async def test_what_nothing_reaches_is_said(said: str, lines: list[str]) -> None:
    async with ann() as stand:
        before = await stand.says(said, by="ann")
        assert not [line for line in before.said.lines if "reaches" in line]
    async with ann() as stand:
        await refuses(stand, 2, 3, 4)
        reply = await stand.says(said, by="ann")
        assert [line for line in reply.said.lines if "reaches" in line] == lines


@pytest.mark.parametrize(
    ("gone", "said", "conduct"),
    [
        ("", "edit 2 > 74k", "Every time, by email."),
        ("link remove email", "edit 2 > 74k", "Every time, by telegram, slack."),
        ("link remove email", "edit 2 > 74k via email", ""),
        ("link remove slack", "edit 3 > 74k", "Every time."),
        ("", "edit 1 > 74k", "Every time, here in the group."),
    ],
)
async def test_a_reply_names_the_ways_that_there_are(gone: str, said: str, conduct: str) -> None:
    async with ann() as stand:
        if gone:
            assert (await stand.says(gone, by="ann")).ok
        reply = await stand.says(said, by="ann")
        assert (reply.said.lines[0] if reply.ok else "") == conduct


async def test_an_admins_reply_tells_nothing_of_the_ways_of_others() -> None:
    async with ann() as stand:
        await stand.enrol("boss", Role.ADMIN)
        await refuses(stand, 3)
        reply = await stand.says("edit @1.2 > 74k", by="boss")
        assert reply.ok
        assert not [line for line in reply.said.lines if "reaches" in line]


async def test_history_tells_nothing_of_what_stands_by() -> None:
    async with ann() as stand:
        await told_at(stand, 71_500)
        lines = [line for line in (await stand.says("history", by="ann")).said.lines if "fired" in line]
        assert [line.partition("71,500: ")[2] for line in lines] == [
            "you by email: waits to be sent",
            "the group: waits to be sent",
        ]
