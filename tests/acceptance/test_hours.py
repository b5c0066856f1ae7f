"""Quiet hours and scheduled digests: what is held outlives a kill -9, and comes when it is time."""

from pathlib import Path

from tests.acceptance.world import CRITICAL, instant, watch, world


async def test_a_night_ends_in_one_digest_and_only_what_is_critical_wakes(tmp_path: Path) -> None:
    """In it: what still holds, and what came and went. A second receiver has no night."""
    rules = [
        watch("above", "price > 200", "BTC", notify=["me", "desk"], tell=["fired", "resolved"]),
        watch("dip", "price < 50", "ETH"),
        watch("crash", "price < 40", "SOL", **CRITICAL),
    ]
    receivers = {
        "me": {"telegram": "123456789", "quiet": "23:00-07:00", "zone": "Europe/Madrid"},
        "desk": {"slack": "#alerts"},
    }
    async with world(tmp_path, rules, shows="2026-03-10T02:00:00Z", receivers=receivers) as the:
        await the.start()
        await the.price(BTC=210, ETH=45)
        await the.price(ETH=100)
        assert the.fates("above") == [("fired", "told", ""), ("fired", "held", "quiet")]
        assert "held by quiet hours until 06:00" in await the.alertd("history", "--rule", "dip")
        await the.restart()
        await the.price(SOL=30)
        assert (await the.came(1, "telegram"))[0].text.splitlines()[0].endswith("SOL 30: price < 40")
        await the.later("2026-03-10T05:59:57Z")
        _, morning = await the.came(2, "telegram")
        assert instant("2026-03-10T06:00Z") <= morning.at < instant("2026-03-10T06:01Z"), "at seven in Madrid"
        for words in ("BTC 210", "Came and went", "ETH 45", "held by quiet hours"):
            assert words in morning.text
        story = await the.alertd("why", "above/BTC")
        assert "by quiet hours" in story, story
        assert the.fates("above") == [("fired", "told", ""), ("fired", "told", "quiet")]
        assert await the.daemon.stop() == 0
        assert len(the.at("telegram")) == 2
        assert the.titles("slack") == ["BTC 210: price > 200"]
    assert the.record.wrong == []


async def test_digests_come_at_their_times(tmp_path: Path) -> None:
    """One a day for this receiver: what fired in between comes together, and what is critical at once."""
    rules = [watch("any", "price > 200", "BTC", "ETH"), watch("big", "price > 300", "SOL", **CRITICAL)]
    receivers = {"me": {"email": "desk@desk.example", "digest": "13:00", "zone": "Europe/Madrid"}}
    async with world(tmp_path, rules, shows="2026-03-10T08:00:00Z", receivers=receivers) as the:
        await the.start()
        await the.price(BTC=210)
        await the.restart()
        await the.price(ETH=220)
        await the.price(SOL=310)
        assert (await the.came(1, "email"))[0].text.startswith("SOL 310: price > 300")
        assert the.fates("any") == [("fired", "held", "digest")] * 2
        await the.later("2026-03-10T11:59:58Z")
        _, digest = await the.came(2, "email")
        assert digest.at >= instant("2026-03-10T12:00Z")
        assert digest.text.splitlines()[0] in ("BTC, ETH: price > 200", "ETH, BTC: price > 200")
    assert the.record.wrong == []


async def test_hours_of_a_route_and_of_a_silence(tmp_path: Path) -> None:
    """What came and went meanwhile is told to nobody; a silence for the day has nothing to say at night."""
    rules = [
        watch("routed", "price > 200", "BTC", "ETH", notify=()),
        watch("silenced", "price > 200", "SOL", labels={"team": "a"}),
    ]
    hours = {"nights": "22:00-08:00", "days": "08:00-22:00"}
    route = {"to": ["desk"], "mute": ["nights"]}
    async with world(tmp_path, rules, shows="2026-03-10T02:00:00Z", hours=hours, route=route) as the:
        await the.start()
        for during in ("nights", "days"):
            await the.alertd("silence", "add", "team=a", "--for", "12h", "--during", during, "--comment", "a test")
        await the.price(BTC=210, ETH=220, SOL=230)
        await the.price(ETH=100)
        assert the.fates("routed", "desk") == [("fired", "held", "hours")] * 2
        assert the.fates("silenced", "me") == [("fired", "held", "silence:1")]
        await the.later("2026-03-10T07:59:58Z")
        await the.came(1, "slack")
        assert the.titles("slack") == ["BTC 210: price > 200"]
        assert sorted(the.fates("routed", "desk")) == [("fired", "dropped", "hours"), ("fired", "told", "hours")]
        assert the.fates("silenced", "me") == [("fired", "held", "silence:2")]
        assert "silence 2 is over" in await the.alertd("silence", "expire", "2")
        await the.came(1, "telegram")
        assert the.titles("telegram") == ["SOL 230: price > 200"]
    assert the.record.wrong == []
