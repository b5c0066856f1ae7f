"""Acknowledgements by chat: the button under a message that others would be told of next, and `ack`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from alertd.dispatch.route import Escalate, Route
from alertd.dispatch.seal import About, Opened, opened
from alertd.model.kept import Acknowledged, Silence
from alertd.model.notification import Delivery
from alertd.model.people import Deed, Role
from alertd.model.press import Action, Press
from alertd.rules.amend import Change
from tests.bot.do.commands import labels, text
from tests.bot.do.test_alerts import deeds
from tests.bot.room import Room, room
from tests.fakes import START
from tests.pipeline.stand import rules

URL = "https://alertd.desk.example"


@asynccontextmanager
async def told(
    *coins: str, group_by: tuple[str, ...] = ("rule",), url: str = ""
) -> AsyncIterator[tuple[Room, Delivery]]:
    """The desk's group was told of these coins, by a rule of the files and a route that escalates. ann is a user, vic a
    viewer, eve an admin."""
    async with room() as stand:
        for name, role in (("ann", Role.USER), ("vic", Role.VIEWER), ("eve", Role.ADMIN)):
            await stand.enrol(name, role)
        route = Route(to=("desk",), group_by=group_by, escalate=Escalate(("@3",), 600.0))
        stand.policy = replace(stand.policy, route=route, public_url=url)
        written = {"name": "urgent", "when": "price > 70000", "symbols": [*coins]}
        (rule,) = rules(written)
        await stand.pipeline.change(Change(put=[replace(rule, notify=())], whole=""), stand.policy)
        for price in (65_000.0, 65_001.0, 71_000.0):
            await stand.after(1.0)
            await stand.price(**dict.fromkeys(coins, price))
        (message,) = stand.sent()
        yield stand, message


async def passed_on(stand: Room) -> list[str]:
    """What the admin is told of half an hour later."""
    for _ in range(12):
        await stand.after(60.0)
    await stand.pipeline.idle()
    return [each.notification.title for each in stand.sent("eve")]


def seen_by(stand: Room) -> list[str]:
    return [one.by for one in stand.pipeline.remembered(Acknowledged)]


@pytest.mark.parametrize("who", ["ann", "eve"])
async def test_the_button_is_for_whoever_was_sent_the_message(who: str) -> None:
    async with told("BTC") as (stand, message):
        assert [button.label for button in message.notification.buttons] == [
            "Acknowledge", "Snooze 1 h", "Why", "Chart",
        ]  # fmt: skip
        owner = stand.person(who).owner
        reply = await stand.press("Acknowledge", on=message, by=who, group=True)
        assert (reply.ok, reply.replaces, reply.private) == (True, True, False)
        assert labels(reply) == ["Snooze 1 h", "Why", "Chart"]
        assert reply.said.lines[-2:] == (
            f"Acknowledged by {owner}: urgent/BTC",
            "It is not passed on to anybody else, and nobody is reminded of it.",
        )
        assert seen_by(stand) == [owner]
        assert (await deeds(stand))[0] == Deed(START + 3, owner, "ack", "urgent/BTC", "")
        again = await stand.press("Acknowledge", on=message, by="eve", group=True)
        assert f"It is acknowledged already, by {owner} 0s ago" in again.said.lines
        assert again.replaces
        assert await passed_on(stand) == []
        why = await stand.press("Why", on=message, by=who)
        assert "acknowledged by you" in text(why)


async def test_what_nobody_acknowledges_is_passed_on_with_its_button() -> None:
    async with told("BTC") as (stand, message):
        assert await passed_on(stand) == ["BTC 71,000: price > 70000"]
        (alarm,) = stand.sent("eve")
        reply = await stand.press("Acknowledge", on=alarm, by="eve")
        assert (reply.ok, seen_by(stand)) == (True, ["@3"])
        late = await stand.press("Acknowledge", on=message, by="ann", group=True)
        assert "It is acknowledged already, by @3 0s ago" in late.said.lines


async def test_one_message_about_several_coins_is_acknowledged_as_one() -> None:
    async with told("BTC", "ETH") as (stand, message):
        assert [button.label for button in message.notification.buttons] == ["Acknowledge"]
        reply = await stand.press("Acknowledge", on=message, by="ann", group=True)
        assert (reply.said.title, labels(reply)) == (message.notification.title, [])
        assert reply.said.lines[-2:] == (
            "Acknowledged by @1: urgent/BTC, urgent/ETH",
            "They are not passed on to anybody else, and nobody is reminded of them.",
        )
        assert seen_by(stand) == ["@1", "@1"]
        assert await passed_on(stand) == []


async def test_what_of_a_message_is_over_needs_nobody() -> None:
    async with told("BTC", "ETH") as (stand, message):
        await stand.price(ETH=60_000.0)
        reply = await stand.press("Acknowledge", on=message, by="ann", group=True)
        assert "Acknowledged by @1: urgent/BTC" in reply.said.lines
        assert await passed_on(stand) == []


@pytest.mark.parametrize(
    ("who", "title"),
    [
        ("vic", "You may not do that: it takes a user, you are a viewer"),
        ("ann", "That is a rule of the files: only admins acknowledge it by name"),
    ],
)
@pytest.mark.parametrize("coins", [("BTC",), ("BTC", "ETH")], ids=["one coin", "several"])
async def test_without_the_message_s_button_it_takes_an_admin(who: str, title: str, coins: tuple[str, ...]) -> None:
    async with told(*coins) as (stand, message):
        real = message.notification.buttons[0].data
        for forged in (real.rpartition(":")[0], real[:-1] + ("A" if real[-1] != "A" else "B"), "ack"):
            reply = await (stand.press(forged, by=who) if ":" in forged else stand.says("ack urgent", by=who))
            assert (reply.ok, reply.said.title) == (False, title)
            assert bool((await deeds(stand))[0].denied)
        assert seen_by(stand) == []
        assert (await stand.press(real.rpartition(":")[0], by="eve")).ok


@pytest.mark.parametrize(
    "press",
    [Press(Action.ACK), Press(Action.ACK, entry=77), Press(Action.ACK, row=77), Press(Action.ACK, person=1, number=7)],
    ids=lambda press: press.data,
)
async def test_odd_buttons_acknowledge_nothing(press: Press) -> None:
    async with told("BTC") as (stand, _):
        commits = len(stand.store.commits)
        assert not (await stand.press(press, by="eve")).ok
        assert (seen_by(stand), len(stand.store.commits)) == ([], commits)


async def test_what_is_over_is_not_acknowledged() -> None:
    async with told("BTC") as (stand, message):
        await stand.price(BTC=65_000.0)
        reply = await stand.press("Acknowledge", on=message, by="ann", group=True)
        assert (reply.ok, reply.said.title) == (False, "It is over: there is nothing to acknowledge")
        assert not (await stand.says("ack urgent/BTC", by="eve")).ok


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ack urgent", "Acknowledged by @3: urgent/BTC, urgent/ETH"),
        ("seen urgent/ETH", "Acknowledged by @3: urgent/ETH"),
        ("acknowledge urgent eth", "Acknowledged by @3: urgent/ETH"),
        ("ack urgent/BTC/1", "Acknowledged by @3: urgent/BTC"),
    ],
)
async def test_ack_names_the_rule(line: str, said: str) -> None:
    async with told("BTC", "ETH") as (stand, _):
        reply = await stand.says(line, by="eve")
        assert (reply.ok, reply.said.title) == (True, said)
        assert len(await passed_on(stand)) == (0 if line == "ack urgent" else 1)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("ack urgnt", "No rule or episode is called 'urgnt': did you mean 'urgent'?"),
        ("ack urgent/SOL", "No episode of urgent/SOL is open"),
        ("ack 7", "There is no alert #7"),
    ],
)
async def test_ack_of_nothing(line: str, title: str) -> None:
    async with told("BTC") as (stand, _):
        reply = await stand.says(line, by="eve")
        assert (reply.ok, reply.said.title) == (False, title)


@pytest.mark.parametrize("line", ["ack 1", "ack #1/BTC"])
async def test_ack_of_one_s_own_ends_its_reminders(line: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        assert (await stand.says("alert BTC > 70k remind 5m", by="ann")).ok
        await stand.price(BTC=71_000)
        assert not [button for button in stand.sent("ann")[0].notification.buttons if button.label == "Acknowledge"]
        assert (await stand.says(line, by="ann")).said.title == "Acknowledged by @1: #1/BTC"
        for _ in range(10):
            await stand.after(60.0)
            await stand.price(BTC=71_000)
        assert len(stand.sent("ann")) == 1


async def test_who_snoozes_has_seen_it() -> None:
    async with told("BTC") as (stand, message):
        reply = await stand.press("Snooze 1 h", on=message, by="eve", group=True)
        assert "Acknowledged by @3: urgent/BTC" in reply.said.lines
        assert (seen_by(stand), len(stand.pipeline.remembered(Silence))) == (["@3"], 1)
        assert labels(reply) == ["Snooze 1 h", "Why", "Chart"]
        assert await passed_on(stand) == []


@pytest.mark.parametrize(
    ("label", "coins"),
    [("Acknowledge", ("BTC",)), ("Snooze 1 h", ("BTC",)), ("Acknowledge", ("BTC", "ETH"))],
    ids=["it is acknowledged", "it is snoozed", "several are acknowledged"],
)
async def test_a_message_that_was_changed_keeps_its_link(label: str, coins: tuple[str, ...]) -> None:
    async with told(*coins, url=URL) as (stand, message):
        before, after = (
            [link.url for link in said.links if link.label == "Acknowledge"]
            for said in (message.notification, (await stand.press(label, on=message, by="eve", group=True)).said)
        )
        first, second = (opened(stand.store.seal, link[0].rpartition("/")[2]) for link in (before, after))
        assert first
        assert first.about == (About(1) if len(coins) == 1 else About(0, 64))
        assert second == Opened(first.about, "@3")
