"""Buttons under messages and replies: what each does, for whom, and what the message says after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from alertd.model.kept import Silence, Snoozed
from alertd.model.notification import Delivery
from alertd.model.people import Deed, Role
from alertd.model.press import Action, Press
from tests.bot.do.commands import command, labels, text
from tests.bot.do.test_alerts import deeds, entries, in_force, titles
from tests.bot.room import PNG, Room, anns, room
from tests.fakes import START
from tests.pipeline.stand import rules

UP = command("alert", "BTC", when="price > 70000")
TELLS = {Action.SNOOZE: "Snooze 1 h", Action.REARM: "Re-arm", Action.NUDGE: "+1 %", Action.DELETE: "Delete"}


@asynccontextmanager
async def fired(said: str = "alert BTC > 70k") -> AsyncIterator[tuple[Room, Delivery]]:
    """Ann's alert on bitcoin, by default above 70,000, which has just told her 71,000."""
    async with anns(said) as stand:
        await stand.price(BTC=71_000)
        (message,) = stand.sent("ann")
        yield stand, message


async def test_rearm_has_it_tell_once_more() -> None:
    async with fired() as (stand, message):
        await stand.price(BTC=65_000)
        await stand.price(BTC=72_000)
        assert len(titles(stand)) == 1
        await stand.price(BTC=65_000)
        reply = await stand.press("Re-arm", on=message, by="ann")
        assert reply.replaces
        assert text(reply).splitlines()[:3] == [
            "BTC 71,000: price > 70000",
            "Armed again: #1: BTC: price > 70000",
            "Once.",
        ]
        await stand.price(BTC=73_000)
        await stand.price(BTC=65_000)
        await stand.price(BTC=74_000)
        assert titles(stand) == ["BTC 71,000: price > 70000", "BTC 73,000: price > 70000"]


async def test_snooze_holds_the_next_one_and_releases_it() -> None:
    async with fired() as (stand, message):
        await stand.does(command("edit", words=("1",), fire="every time"), by="ann")
        await stand.price(BTC=65_000)
        reply = await stand.press("Snooze 1 h", on=message, by="ann")
        assert reply.replaces
        assert "Snoozed until Thu 2026-01-01 01:00 UTC: #1: BTC: price > 70000" in reply.said.lines
        assert [one.until for one in stand.pipeline.remembered(Snoozed)] == [START + 3600]
        for _ in range(12):
            await stand.price(BTC=72_000)
            assert len(titles(stand)) == 1
            await stand.after(300)
        await stand.pipeline.idle()
        assert len(titles(stand)) == 2


@pytest.mark.parametrize(
    ("said", "later", "line", "told"),
    [
        ("alert BTC > 70k", 70_500, "I say it again at 01:01 if it still holds.", 2),
        ("alert BTC > 70k", 69_000, "I say it again at 01:01 if it still holds.", 1),
        ("alert BTC crosses above 70k", 69_000, "I say it again at 01:01.", 2),
    ],
    ids=["it holds", "it is over", "a crossing"],
)
@pytest.mark.parametrize("restarts", [False, True], ids=["", "over a restart"])
async def test_what_was_snoozed_is_told_again_as_it_was_said(
    said: str, later: int, line: str, told: int, restarts: bool
) -> None:
    async with anns(said) as stand:
        await stand.after(60)
        await stand.price(BTC=70_001)
        (message,) = stand.sent("ann")
        reply = await stand.press("Snooze 1 h", on=message, by="ann")
        assert reply.said.lines[-1] == line
        if restarts:
            await stand.restart()
        for _ in range(11):
            await stand.after(300)
            await stand.price(BTC=later)
        assert len(titles(stand)) == 1
        await stand.after(300)
        await stand.price(BTC=later)
        await stand.pipeline.idle()
        assert titles(stand) == [message.notification.title] * told
        if told > 1:
            again = stand.sent("ann")[-1]
            assert again.notification.footer.endswith("snoozed")
            assert "at 02:01" in (await stand.press("Snooze 1 h", on=again, by="ann")).said.lines[-1]


async def test_an_alert_that_fires_again_tells_what_came_meanwhile_too() -> None:
    async with anns("alert BTC > 70k every time") as stand:
        await stand.price(BTC=70_001)
        (message,) = stand.sent("ann")
        reply = await stand.press("Snooze 1 h", on=message, by="ann")
        assert reply.said.lines[-2:] == (
            "I say it again at 01:00 if it still holds.",
            "What it tells until then comes then, too.",
        )
        again = await stand.press(Press(Action.SNOOZE, person=1, number=1, argument="off"), by="ann")
        assert again.said.title.startswith("No longer snoozed")
        for _ in range(14):
            await stand.after(300)
            await stand.price(BTC=70_500)
        assert len(titles(stand)) == 1


@pytest.mark.parametrize(("label", "level"), [("+1 %", 70_700), ("−1 %", 69_300)])
async def test_nudge_moves_the_level_and_arms_it(label: str, level: int) -> None:
    async with fired() as (stand, message):
        await stand.price(BTC=65_000)
        reply = await stand.press(label, on=message, by="ann")
        assert reply.replaces
        assert f"Moved #1: BTC: price > {level}" in reply.said.lines
        assert (await entries(stand))[1]["when"] == f"price > {level}"
        await stand.price(BTC=level)
        assert len(titles(stand)) == 1
        await stand.price(BTC=level + 1)
        assert titles(stand)[1:] == [f"BTC {level + 1:,}: price > {level}"]


async def test_delete_leaves_the_message_with_what_still_works() -> None:
    async with fired() as (stand, message):
        reply = await stand.press("Delete", on=message, by="ann")
        assert (reply.ok, reply.replaces) == (True, True)
        assert text(reply).splitlines()[:2] == ["BTC 71,000: price > 70000", "Deleted #1: BTC: price > 70000"]
        assert labels(reply) == ["Why", "Chart"]
        assert (in_force(stand), await entries(stand)) == (set(), {})
        again = await stand.press("Delete", on=message, by="ann")
        assert (again.ok, again.said.title) == (False, "There is no alert #1")
        why = await stand.press("Why", on=reply, by="ann")
        assert "fired: BTC 71,000" in text(why)


async def test_why_and_chart_say_what_was_seen() -> None:
    async with fired() as (stand, message):
        await stand.after(61)
        why = await stand.press("Why", on=message, by="ann")
        assert text(why).splitlines() == [
            "#1 BTC: price > 70000",
            "2026-01-01 00:00:00  fired: BTC 71,000",
            "Seen: price 71,000, level 70,000",
            "Read from binance 0s before",
            "You: waits to be sent",
            "times in UTC",
        ]
        chart = await stand.press("Chart", on=message, by="ann")
        assert (chart.picture, chart.replaces) == (PNG, False)
        (drawn,) = stand.charts.drawn
        assert (drawn.symbol, drawn.at, drawn.level) == ("BTC", START + 61, 70_000.0)
        stand.charts.png = "The calls of this hour are gone."
        none = await stand.press("Chart", on=message, by="ann")
        assert (none.ok, none.said.title) == (False, "There is no chart of BTC over 1d")
        assert none.said.lines == ("The calls of this hour are gone.",)


@pytest.mark.parametrize(
    ("said", "hours", "label", "lines"),
    [
        ("snooze 1 1h", 0, "Re-arm", ["Snoozed until Thu 2026-01-01 01:00 UTC: what it tells before comes then."]),
        ("mute 8h", 0, "+1 %", ["Muted until Thu 2026-01-01 08:00 UTC: what it tells before comes then."]),
        (
            "mute 8h",
            0,
            "Snooze 1 h",
            [
                "I say it again at 01:00 if it still holds.",
                "Muted until Thu 2026-01-01 08:00 UTC: what it tells before comes then.",
            ],
        ),
        ("pause 1", 0, "Snooze 1 h", ["It tells nothing until resume 1."]),
        ("pause 1", 0, "Re-arm", ["Armed again: #1: BTC: price > 70000"]),
        ("pause 1", 0, "−1 %", ["Moved #1: BTC: price > 69300", "It is still paused."]),
        ("edit 1 until 06:00", 7, "Snooze 1 h", ["It is over: edit 1 until friday gives it a new end."]),
        ("edit 1 until 06:00", 7, "Delete", ["Deleted #1: BTC: price > 70000"]),
    ],
)
async def test_the_message_says_what_became_of_the_alert(said: str, hours: int, label: str, lines: list[str]) -> None:
    async with fired() as (stand, message):
        assert (await stand.says(said, by="ann")).ok
        await stand.after(hours * 3600)
        await stand.pipeline.idle()
        reply = await stand.press(label, on=message, by="ann")
        assert reply.replaces
        assert [line for line in reply.said.lines if line in lines] == lines


@pytest.mark.parametrize(
    ("said", "hours", "label", "title"),
    [
        ("delete 1", 0, "Snooze 1 h", "There is no alert #1"),
        ("delete 1", 0, "Re-arm", "There is no alert #1"),
        ("delete 1", 0, "+1 %", "There is no alert #1"),
        ("edit 1 until 06:00", 7, "Re-arm", "It is over: it lasted until Thu 2026-01-01 06:00 UTC"),
        ("edit 1 until 06:00", 7, "+1 %", "It is over: it lasted until Thu 2026-01-01 06:00 UTC"),
        ("edit 1 price between 60k and 90k", 0, "+1 %", "#1 has not just one level to move"),
    ],
)
async def test_what_a_button_cannot_do_is_said(said: str, hours: int, label: str, title: str) -> None:
    async with fired() as (stand, message):
        assert (await stand.says(said, by="ann")).ok
        await stand.after(hours * 3600)
        await stand.pipeline.idle()
        before = await entries(stand), in_force(stand)
        reply = await stand.press(label, on=message, by="ann")
        assert (reply.ok, reply.replaces, reply.said.title) == (False, False, title)
        assert (await entries(stand), in_force(stand)) == before


async def test_the_story_of_who_was_erased_says_what_happened_and_no_more() -> None:
    async with fired() as (stand, message):
        await stand.enrol("ola", Role.OWNER)
        assert (await stand.says("forget-user @1 sure", by="ola")).ok
        why = await stand.press("Why", on=message, by="ola", group=True)
        assert (why.said.title, "fired: BTC 71,000" in text(why)) == ("@1.1 BTC", True)


async def test_times_stay_those_of_whose_alert_it_is() -> None:
    async with anns("settings zone Asia/Tokyo", "alert BTC > 70k") as stand:
        await stand.enrol("eve", Role.ADMIN)
        await stand.price(BTC=71_000)
        (message,) = stand.sent("ann")
        reply = await stand.press("Re-arm", on=message, by="eve", group=True)
        assert reply.said.footer == message.notification.footer
        assert "09:00:00 JST" in reply.said.footer
        assert "Armed again: @1.1: BTC: price > 70000" in reply.said.lines


async def test_who_is_not_snoozed_cannot_be_woken() -> None:
    async with anns("alert BTC > 70k") as stand:
        snoozed = await stand.says("snooze 1 1h", by="ann")
        assert (await stand.press("Wake it", on=snoozed, by="ann")).said.title.startswith("No longer snoozed: #1")
        twice = await stand.press("Wake it", on=snoozed, by="ann")
        assert (twice.ok, twice.said.title) == (False, "#1 is not snoozed")


async def test_buttons_of_a_reply_name_the_alert() -> None:
    async with anns() as stand:
        new = await stand.does(UP, by="ann")
        chart = await stand.press("Chart", on=new, by="ann")
        assert chart.picture == PNG
        paused = await stand.does(command("pause", words=("1",)), by="ann")
        resumed = await stand.press("Resume", on=paused, by="ann")
        assert (resumed.ok, resumed.replaces, in_force(stand)) == (True, True, {("@1", "1")})
        twice = await stand.press("Resume", on=paused, by="ann")
        assert (twice.ok, twice.said.title) == (False, "#1 is watching already")
        gone = await stand.press("Delete", on=new, by="ann")
        assert (gone.said.title, labels(gone), gone.replaces) == ("Deleted #1: BTC: price > 70000", [], True)


@pytest.mark.parametrize("action", [*TELLS, Action.WHY, Action.CHART, Action.RESUME])
@pytest.mark.parametrize("by_event", [True, False], ids=["by event", "by number"])
async def test_in_a_group_it_is_who_presses_that_counts(action: Action, by_event: bool) -> None:
    async with fired() as (stand, _):
        await stand.enrol("bob")
        await stand.enrol("eve", Role.ADMIN)
        if action is Action.RESUME:
            await stand.does(command("pause", words=("1",)), by="ann")
        target = {"entry": 1} if by_event else {"person": 1, "number": 1}
        press = Press(action, **target, argument={Action.SNOOZE: "1h", Action.NUDGE: "+1"}.get(action, ""))
        before = await entries(stand), in_force(stand), stand.pipeline.remembered(Snoozed)
        denied = await stand.press(press, by="bob", group=True)
        assert (denied.ok, denied.said.title) == (False, "That alert is somebody else's")
        assert (await entries(stand), in_force(stand), stand.pipeline.remembered(Snoozed)) == before
        last = (await deeds(stand))[0]
        assert (last.who, bool(last.denied)) == ("@2", True)
        allowed = await stand.press(press, by="eve", group=True)
        assert allowed.ok


@pytest.mark.parametrize(
    "press",
    [
        Press(Action.SNOOZE, entry=77, argument="1h"),
        Press(Action.WHY, entry=77),
        Press(Action.DELETE, person=1, number=77),
        Press(Action.DELETE),
        Press(Action.NUDGE, entry=1, argument="+900"),
        Press(Action.NUDGE, entry=1, argument="nan"),
        Press(Action.NUDGE, entry=1, argument="x"),
        Press(Action.SNOOZE, entry=1, argument="9999d"),
        Press(Action.SNOOZE, entry=1, argument="x"),
    ],
    ids=lambda press: press.data,
)
async def test_odd_buttons_do_nothing(press: Press) -> None:
    async with fired() as (stand, _):
        commits = len(stand.store.commits)
        reply = await stand.press(press, by="ann")
        assert not reply.ok
        assert len(stand.store.commits) == commits


async def test_the_same_press_twice_is_done_once() -> None:
    async with fired() as (stand, message):
        first = await stand.press("+1 %", on=message, by="ann", key="press-7")
        second = await stand.press("+1 %", on=message, by="ann", key="press-7")
        assert first == second
        assert (await entries(stand))[1]["when"] == "price > 70700"


async def test_rules_of_files_are_held_back_by_admins_and_changed_by_nobody() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.enrol("eve", Role.ADMIN)
        await stand.load(*rules({"name": "up", "when": "price > 70000", "notify": ["desk"]}))
        await stand.price(BTC=65_000)
        await stand.price(BTC=65_001)
        await stand.price(BTC=71_000)
        (message,) = stand.sent()
        said = [button.label for button in message.notification.buttons]
        assert said == ["Snooze 1 h", "Why", "Chart"]
        entry = int(message.notification.buttons[0].data.partition(":e")[2].partition(":")[0])
        denied = await stand.press("Snooze 1 h", on=message, by="ann", group=True)
        assert (denied.ok, denied.said.title) == (False, "That is a rule of the files: only admins hold it back")
        assert await deeds(stand) == [Deed(START, "@1", "snooze", "up", "snoozes a rule of the files")]
        assert stand.pipeline.remembered(Silence) == []
        for action in (Action.REARM, Action.NUDGE, Action.DELETE, Action.RESUME):
            reply = await stand.press(Press(action, entry=entry, argument="+1"), by="eve")
            assert (reply.ok, reply.said.title) == (False, "That is a rule of the files: it is changed there alone")
        assert in_force(stand) == {("", "up")}
        held = await stand.press("Snooze 1 h", on=message, by="eve", group=True)
        assert "Silenced until Thu 2026-01-01 01:00 UTC: up on BTC" in held.said.lines
        (silence,) = stand.pipeline.remembered(Silence)
        assert silence.matchers == (("rule", "up"), ("symbol", "BTC"), ("owner", ""))
        assert (silence.end, silence.author) == (START + 3600, "@2")
        why = await stand.press("Why", on=message, by="ann", group=True)
        assert "desk: waits to be sent" in text(why).lower()
