"""Silences by the command line, and inhibition: what still holds when they end is told then."""

from pathlib import Path

from tests.acceptance.world import watch, world


async def test_a_silence_holds_back_and_gives_back(tmp_path: Path) -> None:
    """It is added, listed, outlives a kill -9, is expired by hand; a second one ends by the clock."""
    rules = [watch("noisy", "price > 200", "BTC", "ETH", labels={"team": "a"}), watch("other", "price > 200", "SOL")]
    async with world(tmp_path, rules) as the:
        await the.start()
        said = await the.alertd("silence", "add", "team=a", "--for", "1h", "--comment", "a test", "--author", "ann")
        assert "silence 1: team=a, until 2026-03-10 13:00" in said
        assert "nothing that fires now is matched" in said
        await the.price(BTC=210, ETH=210, SOL=210)
        await the.price(ETH=100)
        assert (await the.came(1, "telegram"))[0].text.splitlines()[0].endswith("SOL 210: price > 200")
        assert the.fates("noisy", "me") == [("fired", "held", "silence:1")] * 2
        await the.restart()
        listed = await the.alertd("silence", "list")
        assert [word for word in ("team=a", "ann", "a test", "ends in") if word not in listed] == []
        assert "silence 1 is over" in await the.alertd("silence", "expire", "1")
        await the.came(2, "telegram")
        assert the.titles("telegram")[1] == "BTC 210: price > 200"
        assert set(the.fates("noisy", "me")) == {("fired", "told", "silence:1"), ("fired", "dropped", "silence:1")}
        said = await the.alertd("silence", "add", "rule=~noi.*", "symbol!=BTC", "--for", "30m", "--comment", "again")
        await the.price(ETH=220)
        assert the.fates("noisy", "me")[-1] == ("fired", "held", "silence:2")
        await the.later("2026-03-10T12:31:00Z")
        await the.came(3, "telegram")
        assert the.titles("telegram")[2] == "ETH 220: price > 200"
        story = await the.alertd("why", "noisy/ETH/1")
        assert "silence 1 (team=a; by ann: a test)" in story, story
        assert await the.daemon.stop() == 0
    assert the.record.wrong == []


async def test_what_a_crash_explains_is_not_told_while_it_lasts(tmp_path: Path) -> None:
    """For the same coin only; over a kill -9; what still holds when the crash is over is told then."""
    rules = [watch("crash", "price < 50", "BTC", "ETH"), watch("dip", "price < 80", "BTC", "ETH")]
    inhibit = [{"source": {"rule": "crash"}, "target": {"rule": "dip"}, "equal": ["symbol"]}]
    async with world(tmp_path, rules, inhibit=inhibit) as the:
        await the.start()
        await the.price(BTC=40, ETH=70)
        await the.came(2, "telegram")
        assert sorted(the.titles("telegram")) == ["BTC 40: price < 50", "ETH 70: price < 80"]
        assert sorted(the.fates("dip")) == [("fired", "held", "inhibited:crash"), ("fired", "told", "")]
        assert "the inhibition by crash" in await the.alertd("history", "--rule", "dip")
        await the.restart()
        await the.price(BTC=60)
        await the.came(3, "telegram")
        assert the.titles("telegram")[2] == "BTC 40: price < 80"
        assert ("fired", "told", "inhibited:crash") in the.fates("dip")
    assert the.record.wrong == []
