"""`alerts`: each with how it stands and how far it is."""

from dataclasses import replace

import pytest

from tests.bot.do.commands import command, labels
from tests.bot.room import anns, room

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
            "#7 BTC, ETH: price > 64000 live BTC true, 3.9% above 64,000",
        ]
        assert reply.said.lines == ("#3 has fired: resume 3 arms it again.",)
        some = await stand.does(command("alerts", "ETH"), by="ann")
        assert [line.split()[0] for line in some.code.splitlines()] == ["#4", "#5", "#6", "#7"]


BEFORE = {"BTC": 100_000.0, "ETH": 4_000.0, "SOL": 100.0}
UP = {"BTC": 100_420.0, "ETH": 4_120.0, "SOL": 101.0}
DOWN = {"BTC": 99_580.0, "ETH": 3_880.0, "SOL": 99.0}


@pytest.mark.parametrize(
    ("line", "then", "said"),
    [
        pytest.param("btc > 100420.01", UP, "live 0.01 below 100,420.01", id="a hair"),
        pytest.param("btc up 500 in 15m", UP, "live +420 so far", id="units"),
        pytest.param("btc down 500 in 15m", DOWN, "live -420 so far", id="units down"),
        pytest.param("btc up 5% in 15m", UP, "live +0.42% so far", id="percent"),
        pytest.param("btc rsi(14, 1h) < 30", UP, "live too little history yet", id="an indicator that is not known"),
        pytest.param("btc, eth, sol up 5% in 15m", UP, "live ETH +3% so far", id="the nearest move"),
        pytest.param("btc, eth, sol down 5% in 15m", DOWN, "live ETH -3% so far", id="the nearest fall"),
        pytest.param("btc, eth, sol moves 5% in 15m", DOWN, "live ETH -3% so far", id="the nearest either way"),
        pytest.param("xrp, btc > 101k", UP, "live BTC 0.57% below 101,000", id="the one that is known"),
        pytest.param("xrp > 101k", UP, "live ?", id="nothing known"),
    ],
)
async def test_how_far_it_is(line: str, then: dict[str, float], said: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(**BEFORE)
        assert (await stand.says(line, by="ann")).ok
        await stand.after(60)
        await stand.price(**then)
        row = (await stand.says("alerts", by="ann")).code
        assert f"live {row.partition(' live ')[2].strip()}" == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("btc up 300 in 15m", "true, +420 so far", id="units"),
        pytest.param("btc > 100k", "true, 0.42% above 100,000", id="a level"),
        pytest.param("btc, eth, sol up 2% in 15m", "ETH true, +3% so far", id="one coin"),
        pytest.param("btc, eth, sol up 0.5% in 15m", "2 of 3 true", id="several coins"),
    ],
)
async def test_what_was_true_already(line: str, said: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(**BEFORE)
        await stand.says("btc, eth, sol up 90% in 15m", by="ann")
        await stand.after(60)
        await stand.price(**UP)
        assert (await stand.says(line, by="ann")).ok
        row = (await stand.says("alerts", by="ann")).code.splitlines()[1]
        assert row.partition(" live ")[2].strip() == said


async def test_what_is_not_known_is_named() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        reply = await stand.says("btc volume(1h) > 2B", by="ann")
        assert "Nothing is known of BTC's volume(1h) yet: it is judged as soon as there is." in reply.said.lines


async def test_twenty_on_a_page() -> None:
    async with anns() as stand:
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
        assert (reply.ok, reply.said.title) == (True, "You have no alerts yet")


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
        assert over.said.title == "It is over: it lasted until the end of Fri 2026-01-02"
        assert (await stand.does(command("delete", words=("1", "2")), by="ann")).ok
        assert await stand.store.chat_alerts(1) == []
        assert len(stand.pipeline.state) == 0
