"""`alerts`: each with how it stands and how far it is."""

from dataclasses import replace

from tests.bot.do.commands import command, labels
from tests.bot.room import room

ALERTS = command("alerts")


async def test_each_with_its_state_and_its_distance() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000, ETH=3_000)
        stand.quotes.prices["signal"] = {"ETH": -1.0}
        for wanted in (
            command("alert", "BTC", when="price > 70000"),
            command("alert", "BTC", when="price > 66000", fire="2 times"),
            command("alert", "BTC", when="price > 67000"),
            command("alert", "ETH", when="price < 2000"),
            command("alert", "ETH", when="price down 5% in 1h"),
            command("alert", "ETH", when="signal is bullish"),
            command("alert", "BTC", "ETH", when="price > 64000", sure="yes"),
            command("pause", words=("4",)),
        ):
            assert (await stand.does(wanted, by="ann")).ok
        for price in (66_500, 67_500, 65_000, 66_500):
            await stand.price(BTC=price)
        await stand.does(command("snooze", words=("1", "2h")), by="ann")
        reply = await stand.does(ALERTS, by="ann")
        assert reply.said.title == "7 alerts"
        assert [" ".join(line.split()) for line in reply.code.splitlines()] == [
            "#1 BTC: price > 70000 snoozed 2h 5.0% below 70,000",
            "#2 BTC: price > 66000 firing 0.76% above 66,000",
            "#3 BTC: price > 67000 done 0.75% below 67,000",
            "#4 ETH: price < 2000 paused",
            "#5 ETH: price down 5% in 1h live 3,000",
            "#6 ETH: signal is bullish live signal bearish",
            "#7 BTC, ETH: price > 64000 live BTC true",
        ]
        assert reply.said.lines == ("#3 has fired: `resume 3` arms it again.",)
        some = await stand.does(command("alerts", "ETH"), by="ann")
        assert [line.split()[0] for line in some.code.splitlines()] == ["#4", "#5", "#6", "#7"]


async def test_twenty_on_a_page() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        for level in range(45):
            await stand.does(command("alert", "BTC", when=f"price > {66_000 + level}"), by="ann")
        first = await stand.says("alerts", by="ann")
        assert (first.said.title, labels(first)) == ("45 alerts, page 1 of 3", ["More"])
        second = await stand.press("More", on=first, by="ann")
        assert (second.said.title, labels(second)) == ("45 alerts, page 2 of 3", ["Back", "More"])
        assert [line.split()[0] for line in second.code.splitlines()] == [f"#{n}" for n in range(21, 41)]
        third = await stand.press("More", on=second, by="ann")
        assert (len(third.code.splitlines()), labels(third)) == (5, ["Back"])


async def test_nobody_sees_those_of_others() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.enrol("bob")
        await stand.price(BTC=65_000)
        await stand.does(command("alert", "BTC", when="price > 70000"), by="bob")
        reply = await stand.does(ALERTS, by="ann")
        assert (reply.ok, reply.said.title) == (False, "You have no alerts yet")


async def test_one_that_is_over_and_one_whose_coin_is_gone() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000, DOGE=0.1)
        await stand.does(command("alert", "BTC", when="price > 70000", until="friday"), by="ann")
        await stand.does(command("alert", "DOGE", when="price > 0.2"), by="ann")
        await stand.after(48 * 3600)
        await stand.pipeline.idle()
        known = {name: coin for name, coin in stand.universe.coins.items() if coin != "DOGE"}
        stand.universe = replace(stand.universe, coins=known)
        reply = await stand.does(ALERTS, by="ann")
        assert [" ".join(line.split()) for line in reply.code.splitlines()] == [
            "#1 BTC: price > 70000 over",
            "#2 DOGE: price > 0.2 stuck",
        ]
        assert reply.said.lines == ("#2 cannot be judged: its coin or field is not in the configuration any more.",)
        gone = await stand.does(command("resume", words=("2",)), by="ann")
        assert gone.said.title == "There is no coin or watchlist 'DOGE'"
        over = await stand.does(command("resume", words=("1",)), by="ann")
        assert over.said.title == "That is over already"
        assert (await stand.does(command("delete", words=("1", "2")), by="ann")).ok
        assert await stand.store.chat_alerts(1) == []
        assert len(stand.pipeline.state) == 0
