"""What happens where nobody hears: another way after a while, other people after longer, and who has seen it."""

import json
from pathlib import Path

import pytest

from alertd.demo.platforms.moods import WELL, Mood, Temper
from tests.acceptance.world import CRITICAL, title, watch, world


async def test_a_dead_platform_is_stood_in_for(tmp_path: Path) -> None:
    """The mail comes `after` so long; what it has told is not told by the other later on as well."""
    other = {"email": "desk@desk.example"}
    # The channel is probed again within a minute of its last failure: whoever waits for longer hears by it.
    receivers = {
        "me": {"slack": "#alerts", "else": {**other, "after": "20s"}},
        "patient": {"slack": "#alerts", "else": {**other, "after": "10m"}},
    }
    rules = [watch("first"), watch("second", "price > 300", notify=["patient"])]
    async with world(tmp_path, rules, receivers=receivers, speed=10.0) as the:
        the.slack.mood = Mood(Temper.DEAD)
        await the.start()
        fired = the.now()
        await the.price(BTC=210)
        (mail,) = await the.came(1, "email")
        assert mail.at - fired >= 20
        assert mail.text.startswith("BTC 210: price > 200")
        # An attempt that was under way when the mail went is not called back: it fails first.
        await the.daemon.log.until(lambda _: [state for _, state, _ in the.parcels("first")] == ["spared", "sent"])
        the.slack.mood = WELL
        await the.price(BTC=310)
        await the.came(1, "slack")
        assert the.titles("slack") == ["BTC 310: price > 300"]
        story = await the.alertd("why", "first/BTC")
        assert "slack #alerts: " in story
        assert "not needed: another address had it" in story
        assert await the.daemon.stop() == 0
        assert (len(the.at("slack")), len(the.at("email"))) == (1, 1)
        assert [state for _, state, _ in the.parcels("second")] == ["sent", "spared"]
    assert the.record.wrong == []


async def test_a_channel_that_is_down_is_told_once_and_its_recovery_too(tmp_path: Path) -> None:
    """To the operator, over another channel, whatever restarts there are between the two; what waits comes when it is
    back, what is critical first."""
    rules = [watch(f"above-{level}", f"price > {level}", "BTC", notify=["desk"]) for level in (110, 120, 130)]
    rules += [watch("urgent", "price > 125", "BTC", notify=["desk"], **CRITICAL)]
    async with world(tmp_path, rules, operator=["desk", "post"], outbox_age="off", speed=10.0) as the:
        the.slack.mood = Mood(Temper.BANNED)
        await the.start()
        for price in (115, 125, 135):
            await the.price(BTC=price)
        await the.came(1, "email")
        assert the.titles("email") == ["alertd: slack refuses alertd's credential (unauthorized)."]
        await the.later("2026-03-10T12:10:00Z")
        await the.price(BTC=136)
        await the.daemon.log.has("Slack says account_inactive", times=2)
        the.slack.mood = WELL
        waiting = [row["row"] for row in map(json.loads, (await the.alertd("outbox", "list", "--json")).splitlines())]
        assert len(waiting) == 4
        await the.later("2026-03-10T12:30:00Z")
        await the.came(4, "slack")
        assert [each.rpartition(" ")[2] for each in the.titles("slack")] == ["125", "110", "120", "130"]
        await the.came(2, "email")
        assert await the.daemon.stop() == 0
        assert the.titles("email")[1:] == ["alertd: slack takes messages again."]
        assert len(the.at("slack")) == 4
    assert the.record.wrong == []


async def test_what_nobody_has_seen_goes_to_others(tmp_path: Path) -> None:
    """Three episodes: one is acknowledged by command, one by its link, and the third, over a kill -9, by nobody."""
    rules = [watch("urgent", "price > 200", "BTC", "ETH", "SOL", notify=())]
    route = {"to": ["me"], "group_by": ["symbol"], "escalate": {"to": ["desk"], "after": "30m"}}
    async with world(tmp_path, rules, route=route, public_url="http://localhost:1") as the:
        await the.start()
        await the.price(BTC=210, ETH=220, SOL=230)
        await the.came(3, "telegram")
        links = {title(each).partition(" ")[0]: dict(each.buttons) for each in the.at("telegram")}
        path = links["ETH"]["Acknowledge"].removeprefix("http://localhost:1")
        status, page = await the.page(path)
        assert (status, "ETH 220" in page, "I have seen it" in page) == (200, True, True)
        status, page = await the.page(path)
        assert "I have seen it" in page, "to look is not to acknowledge"
        status, page = await the.page(path, "POST")
        assert (status, "It is acknowledged" in page) == (200, True)
        assert "Already acknowledged by the link sent to me" in (await the.page(path))[1]
        said = await the.alertd("ack", "urgent/BTC", "--by", "ann")
        assert "urgent/BTC/1 is acknowledged by ann" in said
        assert (await the.page(path[:-3] + "AAA"))[0] == 404
        await the.later("2026-03-10T12:31:00Z")
        (alarm,) = await the.came(1, "slack")
        assert alarm.text.splitlines()[0].find("SOL 230") >= 0
        assert "me has not acknowledged it for" in alarm.text
        assert "acknowledged by ann" in await the.alertd("why", "urgent/BTC")
        assert ("fired", "told", "escalated") in the.fates("urgent", "desk")
        assert await the.daemon.stop() == 0
        assert len(the.at("slack")) == 1
    assert the.record.wrong == []


@pytest.mark.parametrize("way", ["its link", "the name of the rule"])
async def test_one_message_about_several_coins_is_acknowledged_as_one(way: str, tmp_path: Path) -> None:
    rules = [watch("urgent", "price > 200", "BTC", "ETH", notify=()), watch("other", "price > 200", "SOL", notify=())]
    route = {"to": ["me"], "escalate": {"to": ["desk"], "after": "30m"}}
    async with world(tmp_path, rules, route=route, public_url="http://localhost:1") as the:
        await the.start()
        await the.price(BTC=210, ETH=220, SOL=230)
        both = next(each for each in await the.came(2, "telegram") if "ETH" in title(each))
        if way == "its link":
            path = dict(both.buttons)["Acknowledge"].removeprefix("http://localhost:1")
            status, page = await the.page(path)
            assert (status, "BTC 210" in page, "ETH 220" in page, "I have seen it" in page) == (200, True, True, True)
            assert "They are acknowledged" in (await the.page(path, "POST"))[1]
            assert "Already acknowledged by the link sent to me" in (await the.page(path))[1]
        else:
            said = await the.alertd("ack", "urgent", "--by", "ann")
            assert "urgent/BTC/1, urgent/ETH/1 are acknowledged by ann" in said
        await the.later("2026-03-10T12:31:00Z")
        (alarm,) = await the.came(1, "slack")
        assert "SOL 230" in alarm.text
        assert await the.daemon.stop() == 0
        assert len(the.at("slack")) == 1
    assert the.record.wrong == []
