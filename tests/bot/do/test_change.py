"""`delete`, `pause`, `resume`, `snooze`, `mute`."""

import pytest

from alertd.bot.language.command import Command
from alertd.model.people import Deed, Role
from tests.bot.do.commands import command, labels
from tests.bot.do.test_alerts import deeds, entries, in_force, titles
from tests.bot.room import Room, room
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


async def test_resume_arms_what_is_done() -> None:
    async with room() as stand:
        await three(stand)
        for price in (66_500, 65_000, 66_600, 65_000):
            await stand.price(BTC=price)
        assert titles(stand) == ["BTC 66,500: price > 66000", "BTC 66,500: price > 66000"], "one of #1, one of #3"
        assert (await stand.does(command("resume", words=("1",)), by="ann")).ok
        await stand.price(BTC=66_700)
        assert titles(stand)[2:] == ["BTC 66,700: price > 66000"]


@pytest.mark.parametrize(
    "wanted", [command("snooze", words=("1", "1h")), command("mute", words=("1h",))], ids=["snooze", "mute"]
)
async def test_what_is_snoozed_is_held_and_told_later_if_it_still_holds(wanted: Command) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
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


@pytest.mark.parametrize("wanted", ["snooze 1 8h", "mute 8h"])
@pytest.mark.parametrize("said", ["alert BTC crosses above 70k", "alert BTC > 70k"])
async def test_what_came_and_went_meanwhile_is_told_as_well(wanted: str, said: str) -> None:
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
        assert "snoozed 7h58m" in listed.code
        assert listed.said.lines == ()
        await stand.after(8 * 3600)
        await stand.pipeline.idle()
        (message,) = stand.sent("ann")
        assert message.notification.title.startswith("BTC 70,100")
        assert message.notification.footer.endswith("held while you had it snoozed or muted")
        done = await stand.says("alerts", by="ann")
        assert done.said.lines == ("#1 has fired: `resume 1` arms it again.",)


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
    [("", "What it tells until then comes then."), ("pause 1", "It tells nothing until `resume 1`.")],
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
        assert (await stand.says("snooze 1 1h", by="ann")).said.lines == ("It tells nothing until `resume 1`.",)


async def test_a_snooze_is_ended_by_its_button() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        await stand.says("alert BTC > 66k", by="ann")
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
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        await stand.does(command("alert", "BTC", when="price > 66000"), by="ann")
        await stand.does(wanted, by="ann")
        await stand.price(BTC=66_500)
        assert titles(stand) == []
        assert (await stand.does(off, by="ann")).ok
        await stand.pipeline.idle()
        assert len(titles(stand)) == 1


async def test_what_told_too_much_is_heard_again_by_resume() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        assert (await stand.does(command("alert", "BTC", when="price > 66000", fire="every time"), by="ann")).ok
        for _ in range(70):
            await stand.price(BTC=66_001)
            await stand.price(BTC=65_000)
        last = stand.sent("ann")[-1].notification
        assert last.title == "#1 is muted: 60 messages in 1h"
        assert last.lines[-1] == "To hear it again at once: resume 1"
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
