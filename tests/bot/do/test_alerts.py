"""`alert` and `edit`: what is put into force, what the reply says of it, and what is not done."""

import json
from dataclasses import replace
from typing import Literal

import pytest

from alertd.bot.language.command import Command
from alertd.model.people import AlertStage, Deed, Role
from tests.bot.do.commands import command, labels, text
from tests.bot.room import Room, anns, room
from tests.fakes import START
from tests.pipeline.stand import rules

UP = command("alert", "BTC", when="price > 70000")


async def entries(stand: Room, name: str = "ann") -> dict[int, dict[str, object]]:
    return {each.number: json.loads(each.entry) for each in await stand.store.chat_alerts(stand.numbers[name])}


def in_force(stand: Room) -> set[tuple[str, str]]:
    book = stand.pipeline.state.book
    return {book.name(number) for number in book.numbers()}


async def deeds(stand: Room) -> list[Deed]:
    return [deed for deed in await stand.store.deeds(limit=50) if deed.did != "enrol"]


def titles(stand: Room, name: str = "ann") -> list[str]:
    return [delivery.notification.title for delivery in stand.sent(name)]


# ── alert ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_alert_is_live_before_the_reply_and_told_once_when_it_happens() -> None:
    async with room() as stand:
        person = await stand.enrol("ann")
        await stand.price(BTC=65_000)
        reply = await stand.does(UP, by="ann")
        assert reply.ok
        assert text(reply).splitlines() == [
            "Alert #1: BTC: price > 70000",
            "Once.",
            "BTC is at 65,000, 7.1% below 70,000 (binance, 0s ago).",
        ]
        assert labels(reply) == ["Delete", "Chart"]
        assert in_force(stand) == {("@1", "1")}
        assert await entries(stand) == {1: {"name": "1", "symbols": ["BTC"], "when": "price > 70000", "fire": "once"}}
        await stand.price(BTC=70_001)
        await stand.after(60)
        await stand.price(BTC=69_000)
        await stand.after(60)
        await stand.price(BTC=71_000)
        (message,) = stand.sent("ann")
        assert message.notification.title == "BTC 70,001: price > 70000"
        (account,) = stand.office.people.accounts(person.number)
        assert (message.channel, message.address) == ("telegram", f"~{account.number}")
        said = [button.label for button in message.notification.buttons]
        assert said == ["Snooze 1 h", "Re-arm", "−1 %", "+1 %", "Delete", "Why", "Chart"]
        assert await deeds(stand) == [Deed(START, "@1", "alert", "#1")]


async def test_the_very_next_reading_may_fire_it() -> None:
    """Its first look was at what the reply told."""
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000, ETH=50_000)
        await stand.does(command("alert", "BTC", "ETH", when="price > 60000"), by="ann")
        await stand.after(5)
        await stand.price(BTC=66_000, ETH=61_000)
        assert titles(stand) == ["ETH 61,000: price > 60000"], "that of bitcoin was true, which the reply said"


async def test_what_is_true_already_is_said_and_told_when_it_becomes_so_again() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=71_000)
        reply = await stand.does(UP, by="ann")
        assert text(reply).splitlines()[2:] == [
            "BTC is at 71,000, 1.4% above 70,000 (binance, 0s ago).",
            "That is true already: you are told when it becomes true again, after it was not.",
        ]
        await stand.after(5)
        await stand.price(BTC=72_000)
        assert titles(stand) == []
        await stand.price(BTC=69_000)
        await stand.after(5)
        await stand.price(BTC=70_500)
        assert titles(stand) == ["BTC 70,500: price > 70000"]


async def test_a_coin_that_nobody_watched_is_fetched_at_once() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        stand.quotes.prices["price"] = {"DOGE": 0.1}
        reply = await stand.does(command("alert", "DOGE", when="price > 0.2"), by="ann")
        assert "DOGE is at 0.1, 50.0% below 0.2 (binance, 0s ago)." in text(reply)
        assert stand.quotes.asked == [{"price": {"DOGE"}}]
        assert stand.quotes.watched == 1, "and is polled from now on"


async def test_that_a_source_may_not_be_asked_now_is_said() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        stand.quotes.short = "Chat may ask exchange 3 times a minute, and has: there is more in 20s."
        assert stand.quotes.short in text(await stand.does(UP, by="ann")).splitlines()


@pytest.mark.parametrize("when", ["rsi(14, 1h) > 70", "price up 5% in 1h", "price > sma(20, 1h)", "signal = bullish"])
async def test_what_has_no_level_in_money_is_not_said_to_need_a_look(when: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        assert "check that it is right" not in text(await stand.does(command("alert", "BTC", when=when), by="ann"))


async def test_where_no_source_answers_the_alert_waits_for_its_first_value_and_says_so() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        reply = await stand.does(UP, by="ann")
        assert "Nothing is known of BTC yet: it is judged as soon as there is." in text(reply)
        assert "The level could not be compared with the price: check that it is right." in text(reply)
        await stand.price(BTC=71_000)
        assert titles(stand) == ["BTC 71,000 already true: price > 70000"], "nobody has told them before"


@pytest.mark.parametrize(
    ("options", "entry", "said"),
    [
        ({"fire": "every time"}, {"fire": "every time"}, "Every time."),
        ({"fire": "3 times"}, {"fire": "3 times"}, "3 times."),
        ({"for_": "5m"}, {"for": "5m"}, "Once, when it has held for 5m."),
        ({"remind": "4h"}, {"remind": "4h"}, "Once, again every 4h while it lasts."),
        ({"until": "price < 60000"}, {"until": "price < 60000"}, "Once, over when price < 60000."),
        ({"until": "friday"}, {"expires": "2026-01-03T00:00+00:00"}, "Once, until the end of Fri 2026-01-02."),
        ({"note": "sell {all} <b>"}, {"note": "sell {all} <b>"}, "Note: sell {all} <b>"),
        ({"via": "email"}, {"notify": ["email"]}, "Once, by email."),
        ({"via": "telegram, email"}, {"notify": ["telegram", "email"]}, "Once, by telegram, email."),
    ],
)
async def test_options(options: dict[str, str], entry: dict[str, object], said: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.link("ann", "email", "ann@desk.example")
        await stand.price(BTC=65_000)
        reply = await stand.does(command("alert", "BTC", when="price > 70000", words=(), **options), by="ann")
        assert said in text(reply).splitlines()
        (kept,) = (await entries(stand)).values()
        assert {key: kept[key] for key in entry} == entry


async def test_until_friday_is_the_friday_of_the_person() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.set("ann", zone="Asia/Tokyo")
        await stand.price(BTC=65_000)
        reply = await stand.does(command("alert", "BTC", when="price > 70000", until="friday"), by="ann")
        assert "until the end of Fri 2026-01-02" in text(reply)
        await stand.after(39 * 3600 - 1)
        await stand.price(BTC=69_000)
        assert in_force(stand) == {("@1", "1")}
        await stand.after(1)
        await stand.pipeline.idle()
        assert in_force(stand) == set(), "midnight in Tokyo"


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        pytest.param(
            command("alert", "BTC", when="price > 70000", until="2025-12-31"), "2025-12-31 is over already", id="past"
        ),
        pytest.param(
            command("alert", "BTC", when="price > 70000", until="the cows come home"),
            "I do not know the end 'the cows come home'",
            id="no end",
        ),
        pytest.param(
            command("alert", "BTC", when="price crosses above 70000", for_="5m"),
            "What happens on one reading alone cannot last",
            id="a crossing that lasts",
        ),
        pytest.param(
            command("alert", "BTC", when="price > 70000", via="email"), "You are not linked to email", id="no mailbox"
        ),
        pytest.param(
            command("alert", "BTC", when="price > 70000", note="x" * 201),
            "A note is one line of 200 characters at most",
            id="a long note",
        ),
        pytest.param(
            command("alert", "NOPE", when="price > 70000"), "There is no coin or watchlist 'NOPE'", id="no coin"
        ),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_is_set(wanted: Command, title: str) -> None:
    async with anns() as stand:
        reply = await stand.does(wanted, by="ann")
        assert (reply.ok, reply.said.title) == (False, title)
        assert in_force(stand) == set()
        assert await entries(stand) == {}


@pytest.mark.parametrize(
    ("line", "label", "condition"),
    [
        ("alert BTC > 70", "No, 70,000", "price > 70000"),
        ("alert BTC > 70", "Yes, 70", "price > 70"),
        ("alert BTC > 70 until friday", "No, 70,000", "price > 70000"),
        ("alert BTC drops below 6.4m", "No, 64,000", "price crosses below 64000"),
        ("edit 1 > 70", "No, 70,000", "price > 70000"),
        ("edit 1 > 70", "Yes, 70", "price > 70"),
    ],
)
async def test_a_level_far_away_is_asked_about(line: str, label: str, condition: str) -> None:
    async with anns() as stand:
        if line.startswith("edit"):
            await stand.says("alert BTC > 66k", by="ann")
        before = await entries(stand)
        asked = await stand.says(line, by="ann")
        assert not asked.ok
        assert text(asked).splitlines()[0].endswith("right? BTC is at 65,000")
        assert asked.said.lines[0] == "Nothing is set yet."
        assert asked.said.lines[1].startswith("To do it, say: ")
        assert await entries(stand) == before
        reply = await stand.press(label, on=asked, by="ann")
        assert reply.ok
        (entry,) = (await entries(stand)).values()
        assert entry["when"] == condition
        assert entry.get("expires") == ("2026-01-03T00:00+00:00" if "until" in line else None)


@pytest.mark.parametrize(
    ("line", "again"),
    [
        ("btc > 1e6", "alert BTC > 1000000 yes"),
        ('btc > 1e6 every time note "moon"', 'alert BTC > 1000000 every time note "moon" yes'),
        ("edit 1 > 70", "edit 1 > 70 yes"),
        ("edit 1 70", "edit 1 70 yes"),
        ("delete all", "delete 1 yes"),
    ],
)
async def test_what_is_asked_back_names_the_words_that_do_it(line: str, again: str) -> None:
    """So that a script may say them; and they are the very command, which an answer alone is not."""
    async with anns("alert BTC > 66k") as stand:
        before = await entries(stand)
        asked = await stand.says(line, by="ann")
        assert (asked.ok, asked.said.lines[-1]) == (False, f"To do it, say: {again}")
        assert not (await stand.says("yes", by="ann")).ok
        assert await entries(stand) == before
        assert (await stand.says(again, by="ann")).ok
        assert await entries(stand) != before


@pytest.mark.parametrize(
    ("line", "calmer"),
    [
        ("btc > 70k every time", "edit 1 for 5m, or edit 1 until price < 68600"),
        ("btc rsi(14, 1h) < 30 every time", "edit 1 for 5m, or edit 1 until rsi(14, 1h) > 30.6"),
        ("btc between 60k and 61k every time", "edit 1 for 5m"),
    ],
)
async def test_a_level_that_may_tell_often_is_said_with_what_calms_it(line: str, calmer: str) -> None:
    async with anns() as stand:
        reply = await stand.says(line, by="ann")
        assert f"It tells each time that it comes true. To calm it, say {calmer}" in reply.said.lines
        assert "cooldown" not in text(reply)
        for command in calmer.split(", or "):
            changed = await stand.says(command, by="ann")
            assert changed.ok
            assert "It tells each time" not in text(changed)


@pytest.mark.parametrize(
    ("via", "lines"),
    [
        ("slack", ("Yours: telegram.", "link gives a code to say to me there.")),
        ("email", ("Yours: telegram.", "link YOU@YOUR.DOMAIN links a mailbox.")),
        ("telegarm", ("Did you mean 'telegram'?",)),
        ("pigeon", ("Yours: telegram.",)),
    ],
)
async def test_how_one_gets_a_way_that_one_has_not(via: str, lines: tuple[str, ...]) -> None:
    async with anns() as stand:
        reply = await stand.says(f"btc > 70k via {via}", by="ann")
        assert (reply.ok, reply.said.title, reply.said.lines) == (False, f"You are not linked to {via}", lines)


async def test_nobody_is_sent_for_a_mailbox_that_cannot_be_linked() -> None:
    async with anns() as stand:
        stand.office = replace(stand.office, channels={"telegram": "telegram"})
        for via in ("email", "slack"):
            reply = await stand.does(command("alert", "BTC", when="price > 70000", via=via), by="ann")
            assert reply.said.lines == ("Yours: telegram.", f"This alertd has no {via}.")


@pytest.mark.parametrize(
    "line",
    [
        "alert BTC.price / ETH.price > 20",
        "alert btc rsi(14, 1h) < 30",
        "alert btc tm_grade > 80",
        "alert btc up 5% in 1h",
        "alert btc > 6501",
        "alert btc > 649k",
    ],
)
async def test_what_is_no_slip_of_the_finger_is_not_asked_about(line: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000, ETH=3_000)
        reply = await stand.says(line, by="ann")
        assert reply.ok
        assert "% above 20" not in text(reply)


async def test_the_same_again_is_told_by_its_number() -> None:
    async with anns("alert BTC > 70k") as stand:
        again = await stand.does(UP, by="ann")
        assert (again.ok, again.said.title) == (True, "You have that already: #1, which is live")
        await stand.price(BTC=71_000)
        again = await stand.does(UP, by="ann")
        assert (again.ok, again.said.title) == (True, "You have that already: #1, which is firing")
        await stand.price(BTC=65_000)
        again = await stand.does(UP, by="ann")
        assert (again.ok, again.said.title) == (False, "You have that already: #1, which is done")
        assert labels(again) == ["Re-arm"]
        await stand.says("pause 1", by="ann")
        again = await stand.does(UP, by="ann")
        assert (again.ok, again.said.title) == (False, "You have that already: #1, which is paused")
        assert (await stand.press("Resume", on=again, by="ann")).ok
        other = await stand.does(command("alert", "BTC", when="price > 70000", note="another"), by="ann")
        assert other.ok


@pytest.mark.parametrize("held", ["mute 8h", "snooze 1 8h"])
async def test_what_has_fired_is_done_although_it_is_held_back(held: str) -> None:
    async with anns("alert BTC > 70k", held) as stand:
        again = await stand.does(UP, by="ann")
        assert (again.ok, labels(again)) == (True, [])
        for price in (71_000, 65_000):
            await stand.price(BTC=price)
        again = await stand.does(UP, by="ann")
        assert (again.ok, again.said.title) == (False, "You have that already: #1, which is done")
        assert labels(again) == ["Re-arm"]
        assert (await stand.says('edit 1 note "x"', by="ann")).ok
        again = await stand.says('alert BTC > 70k note "x"', by="ann")
        assert again.ok, "the edit has armed it"


@pytest.mark.parametrize(
    ("before", "prices"),
    [("mute 8h", (71_000, 65_000)), ("price btc", (71_000, 65_000)), ("edit 1 until 06:00", ())],
    ids=["done and muted", "done", "over"],
)
async def test_an_edit_arms_no_more_than_the_quota_lets(before: str, prices: tuple[float, ...]) -> None:
    """One that was lowered since they were set."""
    async with anns("alert BTC > 70k", "alert BTC > 80k", before) as stand:
        for price in prices:
            await stand.price(BTC=price)
        await stand.after(7 * 3600)
        await stand.pipeline.idle()
        stand.terms = replace(stand.terms, alerts=1)
        await stand.restart()
        await stand.price(BTC=65_000)
        kept, rules = await entries(stand), in_force(stand)
        line = "edit 1 price > 75k until friday"
        reply = await stand.says(line, by="ann")
        assert (reply.ok, reply.said.title) == (False, "1 alert watches already, and 1 is the most")
        assert (await entries(stand), in_force(stand)) == (kept, rules)
        assert (await stand.says("edit 2 price > 85k", by="ann")).ok, "what watches may be changed"
        await stand.says("pause 2", by="ann")
        assert (await stand.says(line, by="ann")).ok
        assert ("@1", "1") in in_force(stand)


async def test_the_quota_holds_and_numbers_are_never_given_twice() -> None:
    async with room(alerts=2) as stand:
        await stand.enrol("ann")
        await stand.enrol("bob")
        await stand.price(BTC=65_000)
        for level in (70_000, 71_000):
            await stand.does(command("alert", "BTC", when=f"price > {level}"), by="ann")
        full = await stand.does(command("alert", "BTC", when="price > 72000"), by="ann")
        assert (full.ok, full.said.title) == (False, "You have 2 alerts, and 2 is the most")
        assert labels(full) == []
        assert (await stand.does(UP, by="bob")).ok, "each has their own"
        await stand.price(BTC=70_001)
        await stand.price(BTC=69_000)
        full = await stand.does(command("alert", "BTC", when="price > 72000"), by="ann")
        assert labels(full) == ["Delete the one that is over"]
        await stand.does(command("delete", words=("2",)), by="ann")
        assert (await stand.does(command("alert", "BTC", when="price > 72000"), by="ann")).ok
        assert sorted(await entries(stand)) == [1, 3]


# ── whom it tells ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_by_all_ways_that_a_person_uses_unless_it_names_some() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.enrol("ann", platform="slack")
        await stand.price(BTC=65_000)
        await stand.does(UP, by="ann")
        await stand.does(command("alert", "BTC", when="price > 70000", via="slack"), by="ann")
        await stand.price(BTC=70_001)
        assert sorted(delivery.channel for delivery in stand.sent("ann")) == ["slack", "slack", "telegram"]


async def test_a_receiver_of_the_configuration_is_for_admins() -> None:
    wanted = command("alert", "BTC", when="price > 70000", via="desk")
    async with room() as stand:
        await stand.enrol("ann")
        await stand.enrol("eve", Role.ADMIN)
        await stand.price(BTC=65_000)
        denied = await stand.does(wanted, by="ann")
        assert (denied.ok, denied.said.title) == (
            False,
            "desk belongs to the configuration: only admins send there",
        )
        assert await deeds(stand) == [Deed(START, "@1", "alert", "desk", "names a receiver")]
        assert (await stand.does(wanted, by="eve")).ok
        await stand.price(BTC=70_001)
        (message,) = stand.sent()
        assert (message.channel, message.address) == ("telegram", "-100")


@pytest.mark.parametrize(
    ("groups", "role", "may"),
    [("admins", Role.USER, False), ("admins", Role.ADMIN, True), ("users", Role.USER, True)],
)
async def test_in_a_group_whoever_may_adds_for_the_group(
    groups: Literal["admins", "users"], role: Role, may: bool
) -> None:
    async with room(groups=groups) as stand:
        await stand.enrol("ann", role)
        await stand.price(BTC=65_000)
        reply = await stand.does(UP, by="ann", group=True)
        assert reply.ok is may
        await stand.price(BTC=70_001)
        if may:
            assert "here in the group" in text(reply)
            (message,) = stand.sent()
            account = stand.office.people.account(int(message.address.removeprefix("~")))
            assert account is not None
            assert (account.person, account.address) == (0, "-100777")
            assert len(stand.sent("ann")) == 0
        else:
            assert reply.said.title == "Only admins add alerts for a group"
            assert stand.sent() == []
            assert await deeds(stand) == [Deed(START, "@1", "alert", "group", "adds for a group")]


async def test_a_group_is_known_after_a_restart_though_the_first_try_came_to_nothing() -> None:
    async with anns(groups="users") as stand:
        assert not (await stand.says("alert BTC > 70", by="ann", group=True)).ok
        assert (await stand.says("alert BTC > 70k", by="ann", group=True)).ok
        await stand.restart()
        await stand.price(BTC=70_001)
        (message,) = stand.sent()
        account = stand.office.people.account(int(message.address.removeprefix("~")))
        assert account is not None
        assert account.address == "-100777"


async def test_in_a_group_somebody_may_be_told_alone() -> None:
    async with anns() as stand:
        reply = await stand.does(command("alert", "BTC", when="price > 70000", via="telegram"), by="ann", group=True)
        assert reply.ok
        await stand.price(BTC=70_001)
        assert len(stand.sent("ann")) == 1


# ── edit ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("line", ["edit 1 0", "edit 1 between 150 and 50", "alert ETH between 150 and 50"])
async def test_what_can_never_come_true_is_not_set_and_has_a_button(line: str) -> None:
    async with anns() as stand:
        await stand.says("alert BTC < 64k", by="ann")
        before = await entries(stand)
        reply = await stand.says(line, by="ann")
        assert not reply.ok
        assert text(reply).startswith("This is never true: ")
        assert reply.said.buttons
        assert await entries(stand) == before


async def test_edit_keeps_the_number_and_what_is_not_said() -> None:
    async with anns() as stand:
        await stand.does(command("alert", "BTC", when="price > 70000", note="mine", until="friday"), by="ann")
        reply = await stand.does(command("edit", when="price > 66000", words=("1",), fire="every time"), by="ann")
        assert reply.said.title == "Changed #1: BTC: price > 66000"
        assert await entries(stand) == {
            1: {
                "name": "1",
                "symbols": ["BTC"],
                "when": "price > 66000",
                "fire": "every time",
                "note": "mine",
                "expires": "2026-01-03T00:00+00:00",
            }
        }
        await stand.price(BTC=66_500)
        assert titles(stand) == ["BTC 66,500: price > 66000"]


async def test_an_edit_of_its_options_alone_goes_on_with_its_state() -> None:
    async with anns("alert BTC > 70k") as stand:
        await stand.price(BTC=71_000)
        await stand.does(command("edit", words=("1",), remind="5m"), by="ann")
        await stand.after(300)
        await stand.pipeline.idle()
        assert [title.partition(":")[0] for title in titles(stand)] == [
            "BTC 71,000",
            "BTC 71,000 still firing after 5m",
        ]


async def test_an_edit_of_one_that_is_done_has_it_watch_again() -> None:
    async with anns("alert BTC > 70k") as stand:
        await stand.price(BTC=71_000)
        await stand.price(BTC=65_000)
        await stand.does(command("edit", words=("1",), note="again"), by="ann")
        await stand.price(BTC=71_000)
        assert len(titles(stand)) == 2


async def test_an_edit_of_a_paused_one_leaves_it_paused() -> None:
    async with anns("alert BTC > 70k") as stand:
        await stand.does(command("pause", words=("1",)), by="ann")
        reply = await stand.does(command("edit", when="price > 66000", words=("1",)), by="ann")
        assert (reply.said.title, reply.said.lines[0]) == ("Changed #1: BTC: price > 66000", "It is still paused.")
        assert in_force(stand) == set()
        (alert,) = await stand.store.chat_alerts(1)
        assert alert.stage is AlertStage.PAUSED


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ((), "Which alert?"),
        (("9",), "There is no alert #9"),
        (("x",), "'x' is no number of an alert"),
        (("@2.1",), "That alert is somebody else's"),
    ],
)
async def test_an_edit_of_nothing_of_theirs(words: tuple[str, ...], title: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.enrol("bob")
        await stand.price(BTC=65_000)
        await stand.does(UP, by="bob")
        reply = await stand.does(command("edit", when="price > 66000", words=words), by="ann")
        assert (reply.ok, reply.said.title) == (False, title)
        assert (await entries(stand, "bob"))[1]["when"] == "price > 70000"


# ── restarts, and the files beside them ──────────────────────────────────────────────────────────────────────────────


async def test_alerts_go_on_after_a_restart() -> None:
    async with anns("alert BTC > 70k") as stand:
        await stand.does(command("alert", "BTC", when="price > 80000"), by="ann")
        await stand.does(command("pause", words=("2",)), by="ann")
        await stand.restart()
        assert in_force(stand) == {("@1", "1")}
        await stand.price(BTC=81_000)
        assert titles(stand) == ["BTC 81,000: price > 70000"]
        await stand.does(command("resume", words=("2",)), by="ann")
        assert in_force(stand) == {("@1", "1"), ("@1", "2")}


async def test_a_reload_of_the_files_leaves_them_alone() -> None:
    async with anns("alert BTC > 70k") as stand:
        (rule,) = rules({"name": "1", "when": "price > 70000", "fire": "once"})
        await stand.load(rule)
        await stand.load()
        assert in_force(stand) == {("@1", "1")}
        await stand.price(BTC=71_000)
        assert titles(stand) == ["BTC 71,000: price > 70000"]


async def test_the_same_update_twice_is_one_alert_and_one_reply() -> None:
    async with anns() as stand:
        first = await stand.says("alert BTC > 70k", by="ann", key="update-7")
        await stand.restart()
        second = await stand.says("alert BTC > 70k", by="ann", key="update-7")
        assert first.ok
        assert second == first
        assert sorted(await entries(stand)) == [1]


# ── another number, and what does not go together ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "edit", "when"),
    [
        ("btc < 60k", "edit 1 to 55k", "price < 55000"),
        ("btc crosses above 70k", "edit 1 75k", "price crosses above 75000"),
        ("btc within 1% of 70k", "edit 1 75k", "price within 1% of 75000"),
        ("btc down 5% in 1h", "edit 1 7%", "price down 7% in 1h"),
        ("rsi(14, 1h) < 30 on btc", "edit 1 25", "rsi(14, 1h) < 25"),
        # A level is of what the old one was of, where that is clear.
        ("btc rsi(14, 1h) < 30", "edit 1 < 25", "rsi(14, 1h) < 25"),
        ("btc rsi(14, 1h) < 30", "edit 1 above 70", "rsi(14, 1h) > 70"),
        ("btc rsi(14, 1h) < 30", "edit 1 price > 80k", "price > 80000"),
        ("fear and greed below 20", "edit 1 < 25", "market.fear_greed < 25"),
        ("btc > 70k", "edit 1 < 60k", "price < 60000"),
        ("btc > 70k or < 60k", "edit 1 > 72k", "price > 72000"),
        ("btc down 5% in 1h", "edit 1 > 72k", "price > 72000"),
    ],
)
async def test_an_edit_changes_what_it_says_and_no_more(said: str, edit: str, when: str) -> None:
    async with anns(said) as stand:
        reply = await stand.says(edit, by="ann")
        assert reply.ok, text(reply)
        assert (await entries(stand))[1]["when"] == when


async def test_a_number_alone_is_asked_about_where_there_is_not_one_for_it() -> None:
    async with anns("btc down 5% in 1h") as stand:
        reply = await stand.says("edit 1 7", by="ann")
        assert (reply.ok, labels(reply)) == (False, ["7%"])
        assert (await stand.press("7%", on=reply, by="ann")).ok
        assert (await entries(stand))[1]["when"] == "price down 7% in 1h"
        await stand.says("edit 1 > 70k or < 60k", by="ann")
        assert labels(await stand.says("edit 1 75k", by="ann")) == ["> 75000", "< 75000"]


async def test_a_number_alone_that_is_far_away_is_asked_about_with_the_likely_one() -> None:
    async with anns("btc > 70k") as stand:
        reply = await stand.says("edit 1 75", by="ann")
        assert labels(reply) == ["No, 75,000", "Yes, 75"]
        assert (await stand.press("No, 75,000", on=reply, by="ann")).ok
        assert (await entries(stand))[1]["when"] == "price > 75000"


@pytest.mark.parametrize(
    ("said", "edit", "offers"),
    [
        # An option that does not go with what there is.
        (
            "btc crosses above 70k",
            "edit 1 for 5m",
            {
                "edit 1 crosses above 70000, holds 5m": "price crosses above 70000, holds 5m",
                "edit 1 > 70000 for 5m": "price > 70000",
            },
        ),
        ("btc > 70k for 5m", "edit 1 crosses above 75k", {"edit 1 > 75000": "price > 75000"}),
        ("btc > 70k", "edit 1 until price > 60k", {"edit 1 until price < 60000": "price > 70000"}),
        # A level that may be of something else.
        ("btc rsi(14, 1h) < 30", "edit 1 > 80k", {"price > 80000": "price > 80000"}),
        ("btc rsi(14, 1h) < 30 and price > 60k", "edit 1 > 80k", {"price > 80000": "price > 80000"}),
        ("btc signal is bullish", "edit 1 > 80k", {"price > 80000": "price > 80000"}),
        ("btc rsi(14, 1h) < 30", "edit 1 down 5% in 1h", {"price down 5% in 1h": "price down 5% in 1h"}),
    ],
)
async def test_an_edit_that_cannot_be_or_is_not_clear_offers_what_can(
    said: str, edit: str, offers: dict[str, str]
) -> None:
    for offer, when in offers.items():
        async with anns(said) as stand:
            before = await entries(stand)
            reply = await stand.says(edit, by="ann")
            assert (reply.ok, labels(reply)) == (False, [*offers])
            assert await entries(stand) == before
            assert (await stand.press(offer, on=reply, by="ann")).ok
            assert (await entries(stand))[1]["when"] == when


# ── how far it is ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_price_is_not_compared_with_the_level_of_an_indicator() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=79_000)
        await stand.says("btc > 90k", by="ann")
        reply = text(await stand.says("btc rsi(14, 1h) < 30", by="ann"))
        assert "above 30" not in reply
        assert "BTC is at 79,000, its RSI is not known yet, with too little history so far (binance, 0s ago)." in reply


async def test_a_ratio_is_told_with_its_distance() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=80_000, ETH=2_000)
        reply = text(await stand.says("eth price / btc.price > 0.05", by="ann"))
        assert "price / BTC.price 0.025, 0.025 below 0.05" in reply


async def test_a_way_that_is_not_linked_is_said_with_one_point() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        reply = text(await stand.says("btc > 70k via emial", by="ann"))
        assert "You are not linked to emial" in reply
        assert "?." not in reply
