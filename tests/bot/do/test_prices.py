"""`price`, `chart`, `signal`, `history`, `why`."""

import pytest

from alertd.bot.language.command import Command
from alertd.model.people import Role
from tests.bot.do.commands import command, labels, text
from tests.bot.room import PNG, room


async def test_price_of_a_coin_that_nobody_watches() -> None:
    async with room() as stand:
        await stand.enrol("vic", Role.VIEWER)
        stand.quotes.prices["price"] = {"BTC": 65_000.0, "DOGE": 0.00001234}
        reply = await stand.does(command("price", "BTC", "DOGE", "SOL"), by="vic")
        assert text(reply).splitlines() == [
            "BTC 65,000 (binance, 0s ago)",
            "DOGE 0.00001234 (binance, 0s ago)",
            "SOL: no source says what it costs just now",
        ]
        assert labels(reply) == ["Chart"]
        await stand.after(30)
        again = await stand.does(command("price", "BTC"), by="vic")
        assert again.said.title == "BTC 65,000 (binance, 30s ago)"
        assert len(stand.quotes.asked) == 1, "half a minute is young enough"
        stand.quotes.prices["price"]["BTC"] = 66_000.0
        await stand.after(31)
        assert (await stand.does(command("price", "BTC"), by="vic")).said.title == "BTC 66,000 (binance, 0s ago)"
        none = await stand.does(command("price", "SOL"), by="vic")
        assert not none.ok


async def test_that_a_source_may_not_be_asked_now_is_said() -> None:
    async with room() as stand:
        await stand.enrol("vic", Role.VIEWER)
        stand.quotes.short = "Chat may ask exchange 3 times a minute, and has: there is more in 20s."
        for name in ("price", "signal"):
            reply = await stand.does(command(name, "SOL"), by="vic")
            assert text(reply).splitlines()[1:] == [stand.quotes.short]
        await stand.price(SOL=150.0)
        assert stand.quotes.short not in text(await stand.does(command("price", "SOL"), by="vic"))


async def test_signal_says_what_sources_give() -> None:
    async with room() as stand:
        await stand.enrol("vic", Role.VIEWER)
        stand.quotes.prices |= {"signal": {"ETH": 1.0}, "tm_grade": {"ETH": 71.5}, "momentum": {"ETH": -2.0}}
        reply = await stand.does(command("signal", "ETH", "BTC"), by="vic")
        assert text(reply).splitlines() == [
            "ETH: signal bullish, momentum crashing, tm grade 71.5 (tokenmetrics, 0s ago)",
            "BTC: nothing is known yet",
        ]


@pytest.mark.parametrize(
    ("wanted", "span"),
    [(command("chart", "BTC", words=("7d",)), 7 * 86_400.0), (command("chart", "BTC"), 86_400.0)],
)
async def test_chart(wanted: Command, span: float) -> None:
    async with room() as stand:
        await stand.enrol("vic", Role.VIEWER)
        await stand.price(BTC=65_000)
        reply = await stand.does(wanted, by="vic")
        assert reply.picture == PNG
        (drawn,) = stand.charts.drawn
        assert (drawn.symbol, drawn.span, drawn.at) == ("BTC", span, stand.clock.now())


@pytest.mark.parametrize("words", ["soon", "1s", "5000d"])
async def test_a_chart_over_no_span(words: str) -> None:
    async with room() as stand:
        await stand.enrol("vic", Role.VIEWER)
        reply = await stand.does(command("chart", "BTC", words=(words,)), by="vic")
        assert (reply.ok, stand.charts.drawn) == (False, [])


async def test_history_is_of_their_own_alerts_in_their_own_time() -> None:
    async with room() as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        await stand.enrol("eve", Role.ADMIN)
        await stand.set("ann", zone="Asia/Tokyo")
        await stand.price(BTC=65_000, ETH=3_000)
        for coin, level in (("BTC", 70_000), ("ETH", 3_500)):
            await stand.does(command("alert", coin, when=f"price > {level}"), by="ann")
        assert (await stand.does(command("history"), by="ann")).said.title == "Nothing happened yet"
        await stand.price(BTC=71_000)
        await stand.after(3600)
        await stand.price(ETH=3_600)
        reply = await stand.does(command("history"), by="ann")
        assert [line.partition(": ")[0] for line in reply.said.lines if "fired" in line] == [
            "2026-01-01 10:00  #2  fired",
            "2026-01-01 09:00  #1  fired",
        ]
        of_one = await stand.does(command("history", words=("1",)), by="ann")
        assert all("#1" in line for line in of_one.said.lines)
        of_coin = await stand.does(command("history", "ETH"), by="ann")
        assert all("#2" in line for line in of_coin.said.lines)
        nothing = await stand.does(command("history"), by="bob")
        assert (nothing.ok, nothing.said.title) == (True, "Nothing happened yet")
        denied = await stand.does(command("history", words=("@1.1",)), by="bob")
        assert denied.said.title == "That alert is somebody else's"
        seen = await stand.does(command("history", words=("@1.1",)), by="eve")
        assert any("@1.1  fired: BTC 71,000" in line for line in seen.said.lines)


async def test_why_tells_the_last_episode_or_what_it_waits_for() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        await stand.does(command("alert", "BTC", when="price > 70000", fire="every time"), by="ann")
        waits = await stand.does(command("why", words=("1",)), by="ann")
        assert text(waits).splitlines() == [
            "#1 has told nothing yet: BTC: price > 70000",
            "BTC is at 65,000, 7.1% below 70,000 (binance, 0s ago).",
        ]
        for price in (71_000, 65_000, 72_000):
            await stand.after(60)
            await stand.price(BTC=price)
        told = await stand.does(command("why", words=("1",)), by="ann")
        assert "fired: BTC 72,000" in text(told)
        assert "71,000" not in text(told)
        await stand.does(command("delete", words=("1",)), by="ann")
        assert "fired: BTC 72,000" in text(await stand.does(command("why", words=("1",)), by="ann"))
        assert (await stand.does(command("why", words=("2",)), by="ann")).said.title == "There is no alert #2"
