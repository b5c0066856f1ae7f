"""Whatever way of a person goes, whenever it goes: the engine lives, and they are told as long as anything is left."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertd.bot.receivers import Receivers
from alertd.model.notification import Destination
from alertd.model.people import Identity, Role, alias_of
from alertd.rules.amend import Change
from tests.bot.room import CHANNELS, SLACK, TELEGRAM, Room, room
from tests.fakes import settle

ALERTS = {
    "alert BTC > 70k": False,
    "alert BTC > 71k via email": False,
    "alert BTC > 72k via slack": False,
    "alert BTC > 73k via telegram, email": False,
    "alert BTC > 74k via desk": False,
    "alert BTC > 75k": True,
}
"""What ann says, and whether in a group; each alert is told by another way."""


async def says(stand: Room, line: str) -> None:
    """Whoever was banned before is not always answered."""
    await stand.clerk.answer(stand.asked(line, by="ann"))


async def uses_nothing(stand: Room) -> None:
    people = stand.office.people
    rows = [people.change(replace(account, used=False)) for account in people.accounts(stand.numbers["ann"])]
    await stand.pipeline.serve(people=rows)


async def loses_all(stand: Room) -> None:
    people = stand.office.people
    await stand.pipeline.serve(people=[people.unlink(each) for each in people.accounts(stand.numbers["ann"])])


async def loses_the_group(stand: Room) -> None:
    people = stand.office.people
    if group := people.account_of(Identity(TELEGRAM, "", "-100777")):
        await stand.pipeline.serve(people=[people.unlink(group)])


async def is_demoted(stand: Room) -> None:
    if stand.office.people.get(stand.numbers["ann"]):
        await stand.set("ann", role=Role.VIEWER)


async def is_banned(stand: Room) -> None:
    await stand.says(f"ban @{stand.numbers['ann']}", by="ola")


async def is_forgotten(stand: Room) -> None:
    await stand.says(f"forget-user @{stand.numbers['ann']} sure", by="ola")


async def without(stand: Room, gone: Collection[str]) -> None:
    """The configuration from now on."""
    own = {} if "desk" in gone else {"desk": stand.policy.receivers["desk"]}
    channels = [name for name in (*CHANNELS, "email") if name not in gone]
    found = Receivers(own, stand.office.people, "UTC", channels=channels)
    stand.policy = replace(stand.policy, receivers=found, operator=())
    await stand.pipeline.change(Change(whole=""), stand.policy)


REMOVALS: dict[str, Callable[[Room], Awaitable[None]]] = {
    "link remove email": lambda stand: says(stand, "link remove email"),
    "link remove slack": lambda stand: says(stand, "link remove slack sure"),
    "channels email": lambda stand: says(stand, "settings channels email"),
    "uses nothing": uses_nothing,
    "loses all": loses_all,
    "loses the group": loses_the_group,
    "is demoted": is_demoted,
    "is banned": is_banned,
    "is forgotten": is_forgotten,
    "desk is gone": lambda stand: without(stand, {"desk"}),
    "telegram is gone": lambda stand: without(stand, {TELEGRAM}),
    "both are gone": lambda stand: without(stand, {"desk", TELEGRAM}),
}
CONFIGURED = ("desk is gone", "telegram is gone", "both are gone")
LAST = frozenset({"loses all", "is banned", "is forgotten"})
"""Nothing comes by a way of theirs after these."""


async def armed(stand: Room) -> None:
    for line, group in ALERTS.items():
        reply = await stand.says(line, by="ann", group=group)
        assert reply.ok, reply.said


def told(stand: Room) -> dict[str, set[Destination]]:
    """Where each of ann's alerts was told."""
    whose = f"@{stand.numbers['ann']}"
    entries = {entry.number: entry.event for commit in stand.store.commits for entry in commit.entries}
    found: dict[str, set[Destination]] = defaultdict(set)
    for message in (message for commit in stand.store.commits for message in commit.messages):
        assert message.destinations, message
        for number in (*message.holding, *message.past):
            if entries[number].owner == whose:
                found[entries[number].rule].update(message.destinations)
    return found


async def living(stand: Room, removals: list[str], *, restarts: bool) -> None:
    await stand.enrol("ola", Role.OWNER)
    await stand.enrol("ben")
    await stand.enrol("ann", Role.ADMIN)
    await stand.enrol("ann", platform=SLACK)
    await stand.link("ann", "email", "ann@desk.example")
    await stand.price(BTC=65_000.0)
    await armed(stand)
    await stand.says("alert BTC > 69k", by="ben")
    mine = {alias_of(each.number) for each in stand.office.people.accounts(stand.numbers["ann"])}
    configured = next((name for name in removals if name in CONFIGURED), "")
    for name in removals:
        if name not in CONFIGURED:
            await REMOVALS[name](stand)
    if restarts:
        await stand.restart()
    if configured:
        await REMOVALS[configured](stand)
    await asyncio.wait_for(stand.price(BTC=80_000.0), 5)  # the engine is gone where it takes nothing
    await settle()
    # Where telegram is away, so is ben, and so is who has nothing else.
    away = configured in ("telegram is gone", "both are gone")
    assert len(stand.sent("ben")) == (not away)
    if not LAST.isdisjoint(removals):
        assert mine.isdisjoint(way.address for ways in told(stand).values() for way in ways)
    elif not (away and {"link remove email", "link remove slack"} <= {*removals}):
        assert set(told(stand)) == {str(number) for number in range(1, len(ALERTS) + 1)}


@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("restarts", [False, True])
async def test_the_engine_outlives_every_removal(removal: str, restarts: bool) -> None:
    async with room(groups="users") as stand:
        await living(stand, [removal], restarts=restarts)


@settings(max_examples=20, deadline=None)
@given(removals=st.lists(st.sampled_from(sorted(REMOVALS)), unique=True, max_size=5), restarts=st.booleans())
@example(removals=["link remove email", "uses nothing", "loses the group", "desk is gone"], restarts=True)
def test_and_any_of_them_one_after_the_other(removals: list[str], restarts: bool) -> None:
    async def lives() -> None:
        async with room(groups="users") as stand:
            await living(stand, removals, restarts=restarts)

    asyncio.run(lives())


async def test_what_named_a_way_that_is_gone_is_told_once() -> None:
    """By telegram and by email, of which one is left."""
    async with room() as stand:
        await stand.enrol("ann")
        await stand.link("ann", "email", "ann@desk.example")
        await stand.price(BTC=65_000.0)
        await stand.says("alert BTC > 70k via email, telegram", by="ann")
        reply = await stand.says("link remove email", by="ann")
        assert reply.said.lines == ("Told by what you use from now on: #1",)
        await stand.price(BTC=70_001.0)
        assert [delivery.channel for delivery in stand.sent("ann")] == [TELEGRAM]


async def test_removing_what_no_alert_names_says_no_more() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.link("ann", "email", "ann@desk.example")
        await stand.price(BTC=65_000.0)
        await stand.says("alert BTC > 70k via telegram", by="ann")
        assert (await stand.says("link remove email", by="ann")).said.lines == ()


async def test_removing_the_last_way_that_is_used_is_asked_back_and_loses_no_alert() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.link("ann", "email", "ann@desk.example")
        await stand.price(BTC=65_000.0)
        await stand.says("alert BTC > 70k", by="ann")
        await stand.says("settings channels email", by="ann")
        reply = await stand.says("link remove email", by="ann")
        title = "You use nothing of what is left, and would be told of your live alert there: remove email?"
        assert (reply.ok, reply.said.title) == (False, title)
        await stand.press("Remove email", by="ann", on=reply)
        await stand.price(BTC=70_001.0)
        assert [delivery.channel for delivery in stand.sent("ann")] == [TELEGRAM]
