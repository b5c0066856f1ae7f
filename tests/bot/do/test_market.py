"""Alerts on the market as a whole: about no coin, from the words to the message."""

import json

from alertd.bot.do import entries
from alertd.model.people import Role
from tests.bot.do.commands import labels, text
from tests.bot.room import Room, room


async def reads(stand: Room, value: float) -> None:
    await stand.reads("fear_greed", market=value)


async def test_it_is_understood_kept_told_and_listed_as_one_of_the_market() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=70_000)
        reply = await stand.says("fear and greed below 20", by="ann")
        assert text(reply).splitlines()[0] == "Alert #1: market: market.fear_greed < 20"
        assert labels(reply) == ["Delete"], "there is no chart of it"
        (kept,) = await stand.store.chat_alerts(1)
        assert json.loads(kept.entry)["symbols"] == []
        await reads(stand, 30.0)
        assert "market: market.fear_greed < 20" in (await stand.says("alerts", by="ann")).code
        await stand.restart()
        await reads(stand, 30.0)
        assert stand.sent("ann") == []
        await stand.after(60)
        await reads(stand, 15.0)
        (message,) = stand.sent("ann")
        assert "BTC" not in message.notification.title
        assert message.notification.title.startswith("market")
        assert "Chart" not in dict(message.notification.buttons)


async def test_how_far_it_is_is_said() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await reads(stand, 30.0)
        await stand.says("fear and greed below 25", by="ann")
        await reads(stand, 30.0)
        reply = await stand.says("fear and greed below 20", by="ann")
        assert "market is at fear greed 30, 10 above 20" in text(reply)


async def test_a_coin_takes_none_of_them_with_it() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.says("fear and greed below 20", by="ann")
        await stand.says("btc > 70k", by="ann")
        assert "#2" in text(await stand.says("delete btc", by="ann"))
        assert [each.number for each in await stand.store.chat_alerts(1)] == [1]


async def test_it_cannot_become_one_of_coins_without_a_coin() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.says("fear and greed below 20", by="ann")
        refused = await stand.says("edit 1 price > 5", by="ann")
        assert not refused.ok
        assert "Say of which coin" in text(refused)
        changed = await stand.says("edit 1 to 25", by="ann")
        assert text(changed).startswith("Changed #1: market: market.fear_greed < 25")


async def test_it_goes_out_and_comes_back_as_a_file() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.enrol("bob", Role.USER)
        await stand.says("fear and greed below 20", by="ann")
        exported = await stand.says("export", by="ann")
        assert exported.file is not None
        reply = await stand.says(f"import\n{exported.file[1].decode()}", by="bob")
        assert reply.ok, text(reply)
        (kept,) = await stand.store.chat_alerts(stand.numbers["bob"])
        assert entries.read(kept)["symbols"] == []
        assert entries.coins(entries.read(kept)) == ["market"]


async def test_the_market_has_no_price() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        yaml = "version: 1\nrules:\n  - name: a\n    symbols: market\n    when: price > 5\n    fire: once\n"
        reply = await stand.says(f"import\n{yaml}", by="ann")
        assert not reply.ok
        assert "of which coin" in reply.code
