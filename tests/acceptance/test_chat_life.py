"""What happens to those who chat with a daemon: it dies, platforms go away, groups, codes, and who is let in."""

import asyncio
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.record import Answer
from tests.acceptance.chatting import OF_FILES, PLATFORMS, ROOMS, OnSlack, Speaker, Town, town
from tests.acceptance.world import BOTS, watch


async def _says_into_the_void(who: Speaker, line: str) -> None:
    """Words that the platform tells again where nobody has confirmed that they came."""
    if isinstance(who.account, OnSlack):
        with suppress(ConnectionError):
            await who.account.world.slack.user(who.account.id).sends(line)
    else:
        await who.says(line)


@pytest.mark.parametrize("answered", [False, True], ids=["at once", "when the reply is there"])
@pytest.mark.parametrize("platform", ["telegram", "slack"])
async def test_what_is_said_while_the_daemon_is_killed_is_done_once_and_answered(
    platform: str, answered: bool, tmp_path: Path
) -> None:
    async with town(tmp_path, [platform]) as the:
        await the.listening(platform)
        ann, daemon = await the.owner(platform), the.world.daemon
        saying = asyncio.create_task(_says_into_the_void(ann, "alert BTC > 200"))
        if answered:
            await ann.reads("Alert #1")
        else:
            await asyncio.sleep(0)
        await daemon.kill()
        await saying
        lines = the.world.slack.line.opened
        await daemon.start()
        if platform == "slack":  # it tells of what was not acknowledged, and may of what was
            await the.world.slack.line.listened(lines + 1)
            await the.world.slack.user(ann.ids[0]).again()
        if not answered:
            await ann.reads("Alert #1: BTC: price > 200")
        await ann.asks("alerts", "1 alert\n", "#1  BTC: price > 200")
        assert 1 <= sum("Alert #1: BTC" in text for text in ann.texts) <= 2
        await the.world.price(BTC=201)
        await ann.reads("BTC 201: price > 200")
        assert the.world.record.wrong == []


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_alerts_outlive_the_daemon(platform: str, tmp_path: Path) -> None:
    async with town(tmp_path, [platform]) as the:
        await the.listening(platform)
        ann = await the.owner(platform)
        await ann.asks("alert BTC > 200", "Alert #1")
        await ann.asks("alert ETH > 200", "Alert #2")
        await ann.asks("pause 2", "Paused #2")
        await the.world.daemon.kill()
        await the.world.daemon.start()
        await the.world.price(BTC=201, ETH=201)
        await ann.reads("BTC 201: price > 200")
        await the.listening(platform)
        await ann.asks("alerts", "#1  BTC: price > 200  firing", "#2  ETH: price > 200  paused")
        assert not any("ETH 201" in text for text in ann.texts)


@pytest.mark.parametrize("who", ["admins", "users"])
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_group_hears_what_it_may_have_added(platform: str, who: str, tmp_path: Path) -> None:
    room = ROOMS[platform]
    async with town(tmp_path, [platform], chat={"groups": who}) as the:
        await the.listening(platform)
        op, bob = await the.owner(platform), the.somebody(platform)
        ann = await _invited(the, op, platform)
        await bob.says("alerts", room)
        if who == "admins":
            await ann.asks("alert BTC > 200", "Only admins add alerts for a group", chat=room)
            await op.asks("alert BTC > 200", "Alert #1", "here in the group", chat=room)
        else:
            await ann.asks("alert BTC > 200", "Alert #1", "here in the group", chat=room)
        await the.world.price(BTC=201)
        await op.reads("BTC 201: price > 200")
        (told,) = [each for each in the.world.at(platform, room) if each.new and "BTC 201" in each.text]
        assert dict(told.callbacks).keys() >= {"Snooze 1 h", "Delete"}
        assert not any("I do not know you" in text for text in bob.texts), "strangers in a group are not talked to"
        if who == "admins":
            await ann.taps("Delete", "somebody else's", chat=room)
            await op.asks("alerts", "#1  BTC: price > 200")
        assert the.world.record.wrong == []


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_those_on_the_allow_list_need_no_code(platform: str, tmp_path: Path) -> None:
    async with town(tmp_path, [platform], start=False) as the:
        ann, bob = the.somebody(platform), the.somebody(platform)
        name = f"T0LOOPBACK/{ann.ids[0]}" if platform == "slack" else ann.ids[0]
        the.chat["allow"] = {platform: [name]}
        await the.world.start()
        await the.listening(platform)
        await ann.asks("alert BTC > 200", "Alert #1")
        await bob.asks("alert BTC > 200", "I do not know you")


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_platform_that_is_down_at_the_start_is_heard_once_it_is_up(platform: str, tmp_path: Path) -> None:
    other = next(each for each in PLATFORMS if each != platform)
    async with town(tmp_path, [platform, other], start=False) as the:
        down = getattr(the.world, platform)
        down.mood = Mood(Temper.DEAD)
        await the.world.start()
        await the.listening(other)
        await (await the.owner(other)).asks("status", f"{other} listens for ", f"{platform} hears nothing for ")
        down.mood = WELL
        await the.listening(platform)
        ann = the.somebody(platform)
        await ann.asks(f"start {await the.code(platform)}", "You are @1 here, too")


async def test_one_person_on_two_platforms_is_one_owner(tmp_path: Path) -> None:
    async with town(tmp_path) as the:
        for platform in PLATFORMS:
            await the.listening(platform)
        here = await the.owner("telegram")
        code = (await here.asks("link", "link ")).split("link ")[-1].split()[0]
        there = the.somebody("discord")
        await there.asks(f"link {code}", "You are @1 here, too")
        await there.asks("alert BTC > 200", "Alert #1")
        await here.asks("alerts", "#1  BTC: price > 200")
        await the.world.price(BTC=201)
        for screen in (here, there):
            await screen.reads("BTC 201: price > 200")
        await here.taps("Delete", "Deleted #1")
        await there.asks("alerts", "You have no alerts yet")
        thief = the.somebody("slack")
        await thief.asks(f"link {code}", "That code is none, or it is over")


async def test_a_second_process_on_the_token_of_telegram_is_told_to_the_operator(tmp_path: Path) -> None:
    async with town(tmp_path, ["telegram"], operator=["post"]) as the, aiohttp.ClientSession() as rival:
        await the.listening("telegram")
        ann, url = await the.owner("telegram"), f"{the.world.telegram.url}/bot{BOTS[0]}/getUpdates"
        async with rival.post(url, json={"timeout": 0}) as answer:
            assert answer.status == 200
        (mail,) = await the.world.came(1, "email")
        assert "the bot of telegram has a rival: another process polls with its token" in mail.text
        await ann.asks("price BTC", "BTC 100")


async def test_a_rule_of_the_files_is_held_back_by_chat_and_not_changed(tmp_path: Path) -> None:
    rules = [OF_FILES, watch("crash", "price < 50")]
    async with town(tmp_path, ["telegram"], rules=rules) as the:
        await the.listening("telegram")
        op = await the.owner("telegram")
        await op.asks("edit crash > 5", "crash")
        await op.asks("silence rule=crash 1h", "Held back for 1h")
        await op.asks("alert BTC < 50", "Alert #1")
        await the.world.price(BTC=40)
        await op.reads("BTC 40: price < 50")
        assert the.world.titles("telegram", "123456789") == [], "who is told of the rule is told nothing"


async def _invited(the: Town, op: Speaker, platform: str) -> Speaker:
    code = (await op.asks("invite", "start ")).split("start ")[-1].split()[0]
    found = the.somebody(platform)
    await found.asks(f"start {code}", "a user")
    return found


@pytest.mark.parametrize("button", ["Acknowledge", "Snooze 1 h"])
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_somebody_has_seen_in_the_group_goes_to_nobody_else(
    platform: str, button: str, tmp_path: Path
) -> None:
    async with town(tmp_path, [platform], urgent=True) as the:
        await the.listening(platform)
        op = await the.owner(platform)
        await the.world.price(XRP=410.0)
        await op.reads("XRP 410: price > 400", f"[{button}]")
        await op.taps(button, "Acknowledged by @1: urgent/XRP", chat=ROOMS[platform])
        await the.world.price(ADA=420.0)
        await op.reads("ADA 420: price > 400")
        assert "acknowledged by @1" in await the.world.alertd("why", "urgent/XRP")
        await the.world.daemon.log.has(f"sent over {platform}: ADA 420")
        await the.world.daemon.kill()
        await the.world.wake("2026-03-10T12:31:00Z")
        await the.world.came(1, "email")
        assert the.world.titles("email") == ["ADA 420: price > 400"]
        assert the.world.record.wrong == []


async def test_who_unblocks_the_bot_is_told_again(tmp_path: Path) -> None:
    """And nothing was ever said to it meanwhile."""
    async with town(tmp_path, ["telegram"], operator=["post"]) as the:
        await the.listening("telegram")
        ann = await the.owner("telegram")
        await ann.asks("alert BTC > 200 every time", "Alert #1")
        user = the.world.telegram.user(int(ann.ids[0]))
        user.blocks()
        await the.world.price(BTC=201)
        await the.world.came(1, "email")
        assert "telegram cannot reach @1 any more (forbidden)" in the.world.titles("email")[0]
        user.blocks(blocked=False)
        await the.world.telegram.updates[the.world.telegram.token].confirmed.wait()
        await the.world.price(BTC=190)
        await the.world.price(BTC=202)
        await ann.reads("BTC 202: price > 200")
        assert the.world.record.wrong == []


async def test_a_mailbox_that_refuses_leads_to_the_chat_until_it_is_named_again(tmp_path: Path) -> None:
    async with town(tmp_path, ["slack"]) as the:
        await the.listening("slack")
        ann = await the.owner("slack")
        await ann.asks("link ann@desk.example", "Read your mail")
        (letter,) = await the.world.came(1, "email", "ann@desk.example")
        await ann.asks(f"link {letter.text.split('link ')[1].split()[0]}", "email is linked")
        await ann.asks("alert BTC > 200 every time via email", "Alert #1", "by email")
        the.world.record.answers.append(Answer(550, {}, b"5.1.1 no such user", at="RCPT"))
        await the.world.price(BTC=201)
        await ann.reads("BTC 201: price > 200")
        await ann.reads("email cannot reach @1/email any more (recipient_refused)")
        await the.world.price(BTC=190)
        await the.world.price(BTC=202)
        await ann.reads("BTC 202: price > 200")
        await ann.asks("settings", "Nothing reaches you by email since", "settings channels slack, email has it tried")
        await ann.asks("settings channels slack, email", "Channels: slack, email")
        await the.world.price(BTC=190)
        await the.world.price(BTC=203)
        await the.world.came(2, "email", "ann@desk.example")
        assert the.world.record.wrong == []
