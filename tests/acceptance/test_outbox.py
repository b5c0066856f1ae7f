"""What waits: a backlog that has gone stale, a message that nobody can take, and an operator who looks after it."""

import json
from pathlib import Path

from aiohttp import web

from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.webhook import WebhookPlatform
from tests.acceptance.world import World, watch, world


async def test_a_stale_backlog_is_one_message(tmp_path: Path) -> None:
    """Four messages wait for a dead platform until nobody wants them one by one; another address has its own."""
    receivers = {"me": {"slack": "#left"}, "you": {"slack": "#right"}}
    rules = [watch(f"above-{level}", f"price > {level}", "BTC", notify=["me", "you"]) for level in (110, 120, 130, 140)]
    async with world(tmp_path, rules, receivers=receivers, expires="1h") as the:
        the.slack.mood = Mood(Temper.DEAD)
        await the.start()
        for price in (115, 125, 135, 145):
            await the.price(BTC=price)
        await the.daemon.log.has("does not take")
        listed = await the.alertd("outbox", "list")
        assert listed.count("waits behind another message") == 6
        the.slack.mood = WELL
        await the.later("2026-03-10T14:00:00Z")
        await the.came(2, "slack")
        assert await the.daemon.stop() == 0
        assert sorted(each.address for each in the.at("slack")) == ["#left", "#right"]
        for each in the.at("slack"):
            for word in ("above-110", "above-140", "could not be delivered in time"):
                assert word in each.text
        story = await the.alertd("history", "--rule", "above-120")
        assert story.count("with others that were late") == 2
    assert the.record.wrong == []


class Picky(WebhookPlatform):
    """It fails on whatever tells of poison, until that is `mended`."""

    mended = False

    async def _take(self, request: web.Request) -> web.Response:
        if "poison" in json.loads(await request.read())["text"] and not self.mended:
            return web.Response(status=500)
        return await super()._take(request)


async def test_poison_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """It steps behind the others of its address; the operator buries it, and has it tried again when it is mended."""
    async with Picky(Record(), ["a-secret"], window=1e6) as picky:
        receivers = {"books": {"webhook": "default"}, "others": {"webhook": f"{picky.url}/others"}}
        rules = [watch("poison", notify=["books"])]
        rules += [watch(f"good-{at}", f"price > {at}", "BTC", notify=["books", "others"]) for at in range(300, 900, 50)]
        own = {"webhook": {"url": f"{picky.url}/books"}}
        async with world(tmp_path, rules, receivers=receivers, channels=own, speed=20.0) as the:
            picky.record.now, picky.record.on_received = the.now, lambda _: the.news.set()
            await the.start()
            await the.price(BTC=210)
            await the.daemon.log.has("does not take")
            for price in range(310, 910, 50):
                await the.price(BTC=price)
            good = len(rules) - 1
            await the.until(lambda: len(arrived(picky, "/books")) >= good, lambda: str(arrived(picky, "/books")))
            await _bury_and_retry(the, picky)
            assert await the.daemon.stop() == 0
    assert (picky.record.wrong, the.record.wrong) == ([], [])


async def _bury_and_retry(the: World, picky: Picky) -> None:
    listed = await the.alertd("outbox", "list", "--json")
    (poison,) = [json.loads(line) for line in listed.splitlines()]
    assert poison["reason"] == "server_error"
    assert "1 delivery given up" in await the.alertd("outbox", "bury", str(poison["row"]))
    assert the.parcels("poison") == [("webhook", "buried", "operator")]
    assert "poison" not in "".join(arrived(picky, "/books"))
    picky.mended = True
    assert "nothing is buried" in await the.alertd("outbox", "retry", "--all-buried"), "but what was by hand"
    assert "1 delivery will be tried at once" in await the.alertd("outbox", "retry", str(poison["row"]))
    await the.until(lambda: "poison" in "".join(arrived(picky, "/books")))
    await the.daemon.log.has("sent over webhook: BTC 210")
    assert the.parcels("poison")[0][1] == "sent"


def arrived(picky: Picky, address: str) -> list[str]:
    return [each.text for each in picky.record.received if each.address == address]
