"""A storm: the market in one summary, the singles held until it is over, and over a kill -9."""

from pathlib import Path

from tests.acceptance.world import COINS, CRITICAL, watch, world


async def test_a_storm_is_summed_up_and_ends_by_itself(tmp_path: Path) -> None:
    rules = [
        watch("fall", "price down 10% in 1h", *COINS, tell=["fired", "resolved"]),
        watch("floor", "price < 20", "BTC", **CRITICAL),
    ]
    async with world(tmp_path, rules, storm={"coins": 3, "within": "10m"}) as the:
        await the.start()
        await the.price(BTC=80, ETH=70, SOL=60, XRP=85, ADA=75)
        (summary,) = await the.came(1, "telegram")
        assert the.titles("telegram")[0].startswith("Storm: 5 coins fired in 10m: 5 down, 0 up")
        for words in ("Worst: SOL -40%, ETH -30%, ADA -25%, BTC -20%, XRP -15%", "It stands for 5 alerts"):
            assert words in summary.text
        assert the.fates("fall") == [("fired", "held", "storm")] * 5
        await the.restart()
        await the.price(BTC=10, SOL=100)
        await the.came(2, "telegram")
        assert the.titles("telegram")[1] == "BTC 10: price < 20", "what is critical passes"
        await the.later("2026-03-10T12:10:30Z")
        *_, end = await the.came(3, "telegram")
        for words in ("storm", "ETH 70", "ADA 75", "XRP 85", "BTC 80", "Came and went", "SOL 60"):
            assert words in end.text, end.text
        assert set(the.fates("fall")) == {("fired", "told", "storm"), ("resolved", "told", "storm")}
        await the.price(ETH=300)
        await the.price(ETH=100)
        assert (await the.came(4, "telegram"))[3].text.splitlines()[0].find("ETH") >= 0, "it is over"
        assert await the.daemon.stop() == 0
    assert the.record.wrong == []
