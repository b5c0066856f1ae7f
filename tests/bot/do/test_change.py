"""`delete`, `pause`, `resume`, `snooze`, `mute`."""

from dataclasses import replace

import pytest

from alertd.bot.language.command import Command
from alertd.model.people import Deed, Role
from tests.bot.do.commands import command, labels
from tests.bot.do.talk import watches
from tests.bot.do.test_alerts import deeds, entries, in_force, titles
from tests.bot.room import Room, anns, room
from tests.fakes import START


async def three(stand: Room, name: str = "ann") -> None:
    """#1 and #2 on bitcoin, #3 on bitcoin and ether, all 1,000 away."""
    await stand.enrol(name)
    await stand.price(BTC=65_000, ETH=60_000)
    for wanted in (
        command("alert", "BTC", when="price > 66000"),
        command("alert", "BTC", when="price < 64000"),
        command("alert", "BTC", "ETH", when="price > 66000"),
    ):
        assert (await stand.does(wanted, by=name)).ok


@pytest.mark.parametrize(
    ("wanted", "left", "title"),
    [
        (command("delete", words=("1",)), {2, 3}, "Deleted #1: BTC: price > 66000"),
        (command("delete", words=("3", "1", "3")), {2}, "Deleted 2 alerts"),
        (command("delete", "BTC"), {3}, "Deleted 2 alerts"),
        (command("delete", "BTC", "ETH"), set[int](), "Deleted 3 alerts"),
        (command("delete", words=("all",), sure="yes"), set[int](), "Deleted 3 alerts"),
    ],
)
async def test_delete(wanted: Command, left: set[int], title: str) -> None:
    async with room() as stand:
        await three(stand)
        reply = await stand.does(wanted, by="ann")
        assert (reply.ok, reply.said.title) == (True, title)
        assert set(await entries(stand)) == left
        assert in_force(stand) == {("@1", str(number)) for number in left}
        await stand.restart()
        assert in_force(stand) == {("@1", str(number)) for number in left}


@pytest.mark.parametrize(
    "wanted",
    [
        command("delete", words=("1", "9")),
        command("delete", "SOL"),
        command("delete"),
        command("delete", words=("@2.1",)),
        command("pause", words=("9",)),
        command("resume", words=("1",)),
        command("snooze", words=("9", "1h")),
        command("snooze", words=("1", "soon")),
        command("snooze", words=("1", "0")),
        command("snooze", words=("1", "2000d")),
        command("mute", words=("off",)),
    ],
    ids=lambda wanted: str(wanted.text),
)
async def test_what_is_refused_changes_nothing(wanted: Command) -> None:
    async with room() as stand:
        await three(stand)
        await three(stand, "bob")
        before, rules_before, count = await entries(stand), in_force(stand), len(stand.store.commits)
        reply = await stand.does(wanted, by="ann")
        assert not reply.ok
        assert (await entries(stand), in_force(stand)) == (before, rules_before)
        assert len(stand.store.commits) - count == (1 if "@2.1" in wanted.words else 0), "but for its denial"


async def test_all_is_asked_back() -> None:
    async with room() as stand:
        await three(stand)
        asked = await stand.says("delete all", by="ann")
        assert (asked.ok, asked.said.title) == (False, "Delete all of your 3 alerts?")
        assert labels(asked) == ["Yes, delete 3 alerts", "No"]
        assert len(in_force(stand)) == 3
        reply = await stand.press("Yes, delete 3 alerts", on=asked, by="ann")
        assert reply.said.title == "Deleted 3 alerts"
        assert in_force(stand) == set()


async def test_what_is_set_after_the_question_stays() -> None:
    async with anns("alert BTC > 70k", "alert BTC > 80k") as stand:
        asked = await stand.says("delete all", by="ann")
        assert asked.said.lines[-1] == "To do it, say: delete 1 2 yes"
        await stand.says("alert BTC > 90k", by="ann")
        reply = await stand.press("Yes, delete 2 alerts", on=asked, by="ann")
        assert (reply.ok, reply.said.title) == (True, "Deleted 2 alerts")
        assert set(await entries(stand)) == {3}
        assert in_force(stand) == {("@1", "3")}


async def test_more_than_a_command_can_name_are_asked_about_as_all() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        numbers = range(10**8, 10**8 + 400)
        for number in numbers:
            await watches(stand, "ann", number)
        asked = await stand.says("delete all", by="ann")
        assert asked.said.lines[-1] == "To do it, say: delete all yes"
        assert (await stand.press("Yes, delete 400 alerts", on=asked, by="ann")).said.title == "Deleted 400 alerts"


async def test_the_only_one_is_asked_about_as_one() -> None:
    async with anns("alert BTC > 70k") as stand:
        assert (await stand.says("delete all", by="ann")).said.title == "Delete your only alert?"


async def test_an_admin_may_touch_those_of_others_and_that_is_on_record() -> None:
    async with room() as stand:
        await three(stand)
        await stand.enrol("eve", Role.ADMIN)
        await stand.enrol("bob")
        denied = await stand.does(command("delete", words=("@1.1",)), by="bob")
        assert denied.said.title == "That alert is somebody else's"
        reply = await stand.does(command("delete", words=("@1.1",)), by="eve")
        assert reply.said.title == "Deleted @1.1: BTC: price > 66000"
        assert set(await entries(stand)) == {2, 3}
        last = await stand.store.deeds(limit=2)
        assert list(last) == [
            Deed(START, "@2", "delete", "@1.1"),
            Deed(START, "@3", "delete", "@1.1", "touches another's alert"),
        ]


async def test_what_is_paused_watches_nothing_until_it_is_resumed() -> None:
    async with room() as stand:
        await three(stand)
        reply = await stand.does(command("pause", words=("all",)), by="ann")
        assert reply.said.title == "Paused 3 alerts"
        assert in_force(stand) == set()
        await stand.price(BTC=67_000)
        assert titles(stand) == []
        reply = await stand.does(command("resume", words=("1",)), by="ann")
        assert reply.said.title == "Watching again: #1: BTC: price > 66000"
        assert "That is true already: you are told when it becomes true again, after it was not." in reply.said.lines
        await stand.price(BTC=65_000)
        await stand.price(BTC=66_001)
        assert titles(stand) == ["BTC 66,001: price > 66000"]
        did = [(deed.did, deed.about) for deed in await deeds(stand)]
        assert did[:4] == [("resume", "#1"), ("pause", "#3"), ("pause", "#2"), ("pause", "#1")]


async def test_no_more_watch_than_the_quota_lets() -> None:
    """One that was lowered since they were set; what watches goes on."""
    async with room() as stand:
        await three(stand)
        await stand.does(command("pause", words=("1", "2")), by="ann")
        stand.terms = replace(stand.terms, alerts=2)
        await stand.restart()
        await stand.price(BTC=65_000)
        reply = await stand.says("resume 1 2", by="ann")
        assert reply.said.title == "Watching again: #1: BTC: price > 66000"
        assert reply.said.lines == ("#2 stays as it is. 2 alerts watch already, and 2 is the most",)
        assert in_force(stand) == {("@1", "1"), ("@1", "3")}
        refused = await stand.says("resume 2", by="ann")
        assert (refused.ok, refused.said.title) == (False, "2 alerts watch already, and 2 is the most")
        await stand.says("delete 3", by="ann")
        assert (await stand.says("resume 2", by="ann")).ok
        assert in_force(stand) == {("@1", "1"), ("@1", "2")}


async def test_what_has_fired_takes_no_room_from_what_watches_although_it_is_muted() -> None:
    async with anns("alert BTC > 66k", "alert BTC > 80k", "pause 2", "mute 8h") as stand:
        for price in (66_500, 65_000):
            await stand.price(BTC=price)
        stand.terms = replace(stand.terms, alerts=1)
        await stand.restart()
        await stand.price(BTC=65_000)
        assert (await stand.says("resume 2", by="ann")).ok


async def test_resume_arms_what_is_done() -> None:
    async with room() as stand:
        await three(stand)
        for price in (66_500, 65_000, 66_600, 65_000):
            await stand.price(BTC=price)
        assert titles(stand) == ["BTC 66,500: price > 66000", "BTC 66,500: price > 66000"], "one of #1, one of #3"
        assert (await stand.does(command("resume", words=("1",)), by="ann")).ok
        await stand.price(BTC=66_700)
        assert titles(stand)[2:] == ["BTC 66,700: price > 66000"]


async def test_of_several_those_that_cannot_watch_again_stay_as_they_are() -> None:
    async with anns("alert BTC > 70k until 06:00", "alert BTC > 80k", "pause 2") as stand:
        await stand.after(7 * 3600)
        await stand.pipeline.idle()
        reply = await stand.says("resume all", by="ann")
        assert (reply.ok, reply.said.title) == (True, "Watching again: #2: BTC: price > 80000")
        assert reply.said.lines == ("#1 stays as it is. It is over: it lasted until Thu 2026-01-01 06:00 UTC",)
        assert in_force(stand) == {("@1", "2")}


@pytest.mark.parametrize(
    ("than", "title"),
    [
        ("ban @1", "@1 is banned: nothing of theirs is watched"),
        ("role @1 viewer", "@1 is a viewer: nothing of theirs is watched"),
    ],
)
@pytest.mark.parametrize("line", ["resume @1.1", "edit @1.1 > 71k"])
async def test_of_who_may_have_no_alerts_none_is_armed_by_an_admin(than: str, title: str, line: str) -> None:
    async with anns("alert BTC > 70k") as stand:
        await stand.enrol("eve", Role.ADMIN)
        assert (await stand.says(than, by="eve")).ok
        before = await stand.store.chat_alerts(1)
        reply = await stand.says(line, by="eve")
        assert (reply.ok, reply.said.title) == (False, title)
        assert (await stand.store.chat_alerts(1), in_force(stand)) == (before, set())


async def test_where_none_can_watch_again_that_is_said() -> None:
    async with anns("alert BTC > 70k until 06:00", "alert BTC > 80k until 06:00") as stand:
        await stand.after(7 * 3600)
        await stand.pipeline.idle()
        reply = await stand.says("resume all", by="ann")
        assert (reply.ok, reply.said.title, len(reply.said.lines)) == (False, "None of them can watch again", 2)
        assert in_force(stand) == set()


async def test_what_one_may_not_arm_again_keeps_nothing_else_from_it_and_is_on_record() -> None:
    async with anns("alert BTC > 80k") as stand:
        await stand.set("ann", role=Role.ADMIN)
        assert (await stand.says("alert BTC > 70k", by="ann", group=True)).ok
        await stand.says("pause all", by="ann")
        await stand.set("ann", role=Role.USER)
        reply = await stand.says("resume all", by="ann")
        assert reply.said.lines == ("#2 stays as it is. Only admins add alerts for a group",)
        assert in_force(stand) == {("@1", "1")}
        assert [deed.about for deed in await deeds(stand) if deed.denied] == ["group"]


@pytest.mark.parametrize(
    "wanted", [command("snooze", words=("1", "1h")), command("mute", words=("1h",))], ids=["snooze", "mute"]
)
async def test_what_is_snoozed_is_held_and_told_later_if_it_still_holds(wanted: Command) -> None:
    async with anns() as stand:
        await stand.does(command("alert", "BTC", when="price > 66000"), by="ann")
        reply = await stand.does(wanted, by="ann")
        assert reply.said.title.startswith(
            ("Snoozed until Thu 2026-01-01 01:00 UTC", "Muted until Thu 2026-01-01 01:00")
        )
        for _ in range(11):
            await stand.after(300)
            await stand.price(BTC=66_500)
        assert titles(stand) == []
        await stand.after(300)
        await stand.pipeline.idle()
        (title,) = titles(stand)
        assert "BTC 66,500" in title


@pytest.mark.parametrize(("wanted", "word"), [("snooze 1 8h", "snoozed"), ("mute 8h", "muted")])
@pytest.mark.parametrize("said", ["alert BTC crosses above 70k", "alert BTC > 70k"])
async def test_what_came_and_went_meanwhile_is_told_as_well(wanted: str, word: str, said: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=69_000)
        await stand.price(BTC=69_001)
        await stand.says(said, by="ann")
        assert (await stand.says(wanted, by="ann")).said.lines in [
            ("What it tells until then comes then.",),
            ("What happens until then is told then.",),
        ]
        await stand.after(60)
        await stand.price(BTC=70_100)
        await stand.after(60)
        await stand.price(BTC=69_000)
        listed = await stand.says("alerts", by="ann")
        assert f"{word} 7h58m" in listed.code
        assert listed.said.lines == ()
        await stand.after(8 * 3600)
        await stand.pipeline.idle()
        (message,) = stand.sent("ann")
        assert message.notification.title.startswith("BTC 70,100")
        assert message.notification.footer.endswith("held while you had it snoozed or muted")
        done = await stand.says("alerts", by="ann")
        assert done.said.lines == ("#1 has fired: resume 1 arms it again.",)


async def test_what_fired_while_muted_is_armed_again_by_resume() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=69_000)
        await stand.says("alert BTC > 70k", by="ann")
        await stand.says("mute 8h", by="ann")
        await stand.price(BTC=70_100)
        await stand.price(BTC=69_000)
        assert (await stand.says("resume 1", by="ann")).said.title == "Watching again: #1: BTC: price > 70000"


@pytest.mark.parametrize(
    ("before", "line"),
    [("", "What it tells until then comes then."), ("pause 1", "It tells nothing until resume 1.")],
    ids=["watching", "paused"],
)
async def test_a_snooze_says_what_comes_of_it(before: str, line: str) -> None:
    async with room() as stand:
        await three(stand)
        if before:
            await stand.says(before, by="ann")
        assert (await stand.says("snooze 1 1h", by="ann")).said.lines == (line,)


async def test_a_snooze_of_what_has_fired_says_that_nothing_comes() -> None:
    async with room() as stand:
        await three(stand)
        await stand.price(BTC=66_500)
        assert (await stand.says("snooze 1 1h", by="ann")).said.lines == ("It tells nothing until resume 1.",)


async def test_a_snooze_is_ended_by_its_button() -> None:
    async with anns("alert BTC > 66k") as stand:
        snoozed = await stand.says("snooze 1 8h", by="ann")
        await stand.price(BTC=66_500)
        assert titles(stand) == []
        awake = await stand.press("Wake it", on=snoozed, by="ann")
        assert (awake.said.title, awake.replaces) == ("No longer snoozed: #1: BTC: price > 66000", True)
        await stand.pipeline.idle()
        assert len(titles(stand)) == 1


@pytest.mark.parametrize(
    ("wanted", "off"),
    [
        (command("snooze", words=("1", "8h")), command("snooze", words=("1", "off"))),
        (command("mute", words=("8h",)), command("mute", words=("off",))),
    ],
    ids=["snooze", "mute"],
)
async def test_off_tells_what_still_holds(wanted: Command, off: Command) -> None:
    async with anns() as stand:
        await stand.does(command("alert", "BTC", when="price > 66000"), by="ann")
        await stand.does(wanted, by="ann")
        await stand.price(BTC=66_500)
        assert titles(stand) == []
        assert (await stand.does(off, by="ann")).ok
        await stand.pipeline.idle()
        assert len(titles(stand)) == 1


async def test_what_told_too_much_is_heard_again_by_resume() -> None:
    async with anns() as stand:
        assert (await stand.does(command("alert", "BTC", when="price > 66000", fire="every time"), by="ann")).ok
        for _ in range(70):
            await stand.price(BTC=66_001)
            await stand.price(BTC=65_000)
        last = stand.sent("ann")[-1].notification
        assert last.title == "#1 is muted: 60 messages in 1h"
        assert last.lines[-1] == "To hear it again at once: resume 1"
        await stand.clock.advance(1)
        reply = await stand.does(command("resume", words=("1",)), by="ann")
        assert (reply.ok, reply.said.title) == (True, "Heard again: #1: BTC: price > 66000")
        before = len(stand.sent("ann"))
        await stand.price(BTC=66_001)
        assert len(stand.sent("ann")) == before + 1


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("snooze 1 until 18:00", "Snoozed until Thu 2026-01-01 18:00 UTC"),
        ("snooze 1 until tomorrow", "Snoozed until Fri 2026-01-02 00:00 UTC"),
        ("mute until saturday", "Muted until Sat 2026-01-03 00:00 UTC"),
        ("mute until today", "Muted until Fri 2026-01-02 00:00 UTC"),
    ],
    ids=lambda said: said if said.islower() else "",
)
async def test_what_is_held_back_until_a_moment_is_told_from_then_on(said: str, title: str) -> None:
    async with room() as stand:
        await three(stand)
        reply = await stand.says(said, by="ann")
        assert reply.said.title.startswith(title)


async def test_what_was_snoozed_is_woken_by_words() -> None:
    async with room() as stand:
        await three(stand)
        await stand.says("snooze 1 1h", by="ann")
        await stand.price(BTC=66_500)
        await stand.after(60)
        told = titles(stand)
        assert (await stand.says("unsnooze 1", by="ann")).said.title.startswith("No longer snoozed:")
        await stand.after(60)
        assert len(titles(stand)) > len(told)


async def test_an_end_that_is_over_holds_nothing_back() -> None:
    async with room() as stand:
        await three(stand)
        assert not (await stand.says("snooze 1 until 2020-01-01", by="ann")).ok


async def test_alerts_are_paused_and_resumed_by_their_coin() -> None:
    async with room() as stand:
        await three(stand)
        assert (await stand.says("pause btc", by="ann")).ok
        assert in_force(stand) == {("@1", "3")}
        assert (await stand.says("resume btc alerts", by="ann")).ok
        assert in_force(stand) == {("@1", "1"), ("@1", "2"), ("@1", "3")}
