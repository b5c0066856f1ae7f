"""Rights that end: while a command is under way, by codes made before, by alerts that somebody may no longer touch."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

import pytest

from alertd.app.terminal import Saying, Terminal
from alertd.bot.asking import Reply
from alertd.dispatch.policy import Cap
from alertd.model.people import AlertStage, Role
from tests.bot.do.commands import text
from tests.bot.do.talk import live
from tests.bot.room import FakeQuotes, Room, anns, room
from tests.fakes import settle


class SlowQuotes(FakeQuotes):
    """They say nothing until `gate` is open."""

    def __init__(self, stand: Room) -> None:
        super().__init__(stand)
        self.gate, self.entered = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def fetch(self, wanted: Mapping[str, Collection[str]]) -> str:
        self.entered.set()
        await self.gate.wait()
        return await super().fetch(wanted)


@asynccontextmanager
async def slow(role: Role = Role.OWNER) -> AsyncIterator[tuple[Room, SlowQuotes]]:
    """@1 boss, @2 ann who has an alert #1; quotes of ethereum come once the gate is open."""
    async with room() as stand:
        quotes = stand.quotes = SlowQuotes(stand)
        await stand.restart()
        await stand.enrol("boss", role)
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        await stand.says("alert BTC > 70k", by="ann")
        quotes.prices["price"]["ETH"] = 3000.0
        quotes.gate.clear()
        quotes.entered.clear()
        yield stand, quotes


async def overtaken(stand: Room, quotes: SlowQuotes, line: str, by: str, *, than: str, who: str) -> Reply:
    """What `by` is answered, where `who` says something else while quotes are waited for."""
    first = asyncio.create_task(stand.says(line, by=by))
    await quotes.entered.wait()
    assert (await stand.says(than, by=who)).ok
    quotes.gate.set()
    return await first


@pytest.mark.parametrize("than", ["ban @2", "role @2 viewer", "forget-user @2 sure"])
async def test_what_is_under_way_ends_with_the_right_to_it(than: str) -> None:
    async with slow() as (stand, quotes):
        reply = await overtaken(stand, quotes, "alert ETH > 4000", "ann", than=than, who="boss")
        assert (reply.ok, reply.said.title) == (False, "You may no longer do that: nothing was done")
        alerts = await stand.store.chat_alerts(2)
        assert [(each.number, each.stage) for each in alerts] == ([] if "forget" in than else [(1, AlertStage.PAUSED)])
        assert live(stand) == set()


@pytest.mark.parametrize("than", ["delete 1", "forget"])
async def test_what_is_gone_does_not_come_back_by_an_edit(than: str) -> None:
    async with slow() as (stand, quotes):
        await stand.enrol("second", Role.OWNER)
        gone = ("delete 1", "ann") if than == "delete 1" else ("forget-user @2 sure", "second")
        reply = await overtaken(stand, quotes, "edit @2.1 ETH > 4000", "boss", than=gone[0], who=gone[1])
        assert not reply.ok
        assert await stand.store.chat_alerts(2) == []
        assert live(stand) == set()


async def test_of_two_owners_who_ban_each_other_one_stays() -> None:
    async with room() as stand:
        await stand.enrol("ann", Role.OWNER)
        await stand.enrol("bob", Role.OWNER)
        replies = await asyncio.gather(stand.says("ban @2", by="ann"), stand.says("ban @1", by="bob"))
        await settle()
        assert sorted(reply.ok for reply in replies) == [False, True]
        assert stand.office.people.owners() == 1


async def test_an_owner_steps_down_while_there_is_another() -> None:
    async with room() as stand:
        await stand.enrol("ann", Role.OWNER)
        await stand.enrol("bob", Role.OWNER)
        assert (await stand.says("role @1 user", by="ann")).ok
        await stand.restart()
        assert stand.person("ann").role is Role.USER


@pytest.mark.parametrize("to", [Role.VIEWER, Role.USER])
async def test_who_was_an_owner_is_none_again_by_a_code_of_before(to: Role) -> None:
    async with room() as stand:
        await stand.enrol("ann", Role.OWNER)
        await stand.enrol("bob", Role.OWNER)
        code = (await stand.says("invite admin", by="bob")).code
        assert (await stand.says(f"role @2 {to}", by="ann")).ok
        assert not (await stand.says(code, by="bob")).ok
        assert not (await stand.says(code, by="eve")).ok
        assert stand.person("bob").role is to
        assert len(stand.office.people) == 2


async def test_a_code_is_good_for_what_its_maker_may_give_by_now() -> None:
    async with room() as stand:
        await stand.enrol("ann", Role.OWNER)
        code = (await stand.says("invite admin", by="ann")).code
        await stand.set("ann", role=Role.ADMIN)
        assert not (await stand.says(code, by="eve")).ok
        await stand.set("ann", role=Role.OWNER)
        assert (await stand.says(code, by="eve")).ok


async def test_a_viewer_is_told_nothing_more_that_they_could_not_stop() -> None:
    async with room() as stand:
        await stand.enrol("boss", Role.OWNER)
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        await stand.says("alert BTC > 70k every time", by="ann")
        assert "Their alerts are paused: 1" in text(await stand.says("role @2 viewer", by="boss"))
        assert live(stand) == set()
        assert "they can resume them" in text(await stand.says("role @2 user", by="boss"))
        assert (await stand.says("resume 1", by="ann")).ok


@pytest.mark.parametrize("line", ['edit 1 > 66k note "news"', "resume 1"])
async def test_alerts_of_a_group_are_changed_by_who_may_add_them(line: str) -> None:
    async with room() as stand:
        await stand.enrol("boss", Role.OWNER)
        await stand.enrol("ann", Role.ADMIN)
        await stand.price(BTC=65_000)
        assert (await stand.says("alert BTC > 70k every time", by="ann", group=True)).ok
        if line == "resume 1":
            await stand.says("pause 1", by="ann")
        await stand.says("role @2 user", by="boss")
        before = await stand.store.chat_alerts(2)
        reply = await stand.says(line, by="ann")
        assert (reply.ok, reply.said.title) == (False, "Only admins add alerts for a group")
        assert await stand.store.chat_alerts(2) == before
        assert (await stand.says("delete 1", by="ann")).ok


async def test_the_ways_of_an_alert_are_those_of_its_owner() -> None:
    async with room() as stand:
        await stand.enrol("boss", Role.OWNER)
        await stand.link("boss", "email", "boss@desk.example")
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        await stand.says("alert BTC > 70k", by="ann")
        reply = await stand.says("edit @2.1 > 71k via email", by="boss")
        assert (reply.ok, reply.said.title) == (False, "@2 is not linked to email")
        assert not (await stand.says("edit @2.1 > 71k via desk", by="boss")).ok
        await stand.link("ann", "email", "ann@desk.example")
        assert (await stand.says("edit @2.1 > 71k via email", by="boss")).ok


async def test_a_paused_alert_stays_so_when_its_level_is_moved() -> None:
    async with anns("alert BTC > 70k every time") as stand:
        await stand.price(BTC=70_500)
        (message,) = stand.sent("ann")
        await stand.says("pause 1", by="ann")
        reply = await stand.press("+1 %", on=message, by="ann")
        assert "still paused" in text(reply)
        (alert,) = await stand.store.chat_alerts(1)
        assert (alert.stage, "70700" in alert.entry) == (AlertStage.PAUSED, True)
        assert live(stand) == set()


@pytest.mark.parametrize(("words", "told"), [("rule=1", 2), ("owner=@2 rule=1", 1), ("owner=~.* rule=1", 0)])
async def test_a_silence_holds_whom_it_names(words: str, told: int) -> None:
    async with room() as stand:
        await stand.enrol("boss", Role.ADMIN)
        for name in ("ann", "bob"):
            await stand.enrol(name)
        await stand.price(BTC=65_000)
        for name in ("ann", "bob"):
            await stand.says("alert BTC > 70k", by=name)
        assert (await stand.says(f"silence {words} 2h", by="boss")).ok
        await stand.price(BTC=70_500)
        assert len(stand.sent()) == told


async def test_a_page_that_cannot_be() -> None:
    async with room() as stand:
        await stand.enrol("boss", Role.OWNER)
        for number in ("99999999999999999999", "9" * 3000):
            reply = await stand.says(f"users {number}", by="boss")
            assert (reply.ok, reply.said.title) == (False, "There is no page 999999999")


async def test_the_operator_at_the_terminal_has_no_quota() -> None:
    async with room(commands=Cap(2, 60.0)) as stand:
        terminal = Terminal(stand.clerk, stand.office)
        await stand.price(BTC=65_000)
        said = [await terminal.ask(Saying(by="root", text="price BTC")) for _ in range(5)]
        assert all(each.ok for each in said)
