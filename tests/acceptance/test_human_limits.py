"""Grouping, caps, rules that run away and cooldowns that grow; each over a kill -9 in its middle."""

from pathlib import Path

from tests.acceptance.world import watch, world


async def test_a_group_waits_and_is_told_again(tmp_path: Path) -> None:
    rules = [
        watch("one", "price > 200", "BTC", notify=(), labels={"team": "a"}),
        watch("two", "price > 200", "ETH", "SOL", notify=(), labels={"team": "a"}),
    ]
    route = {"to": ["me"], "group_by": ["team"], "group_wait": "2s", "group_interval": "3s", "repeat_interval": "1h"}
    async with world(tmp_path, rules, route=route) as the:
        await the.start()
        await the.price(BTC=210)
        await the.price(ETH=210)
        assert the.fates("one") == the.fates("two") == [("fired", "held", "group")]
        await the.restart()
        (first,) = await the.came(1, "telegram")
        assert [word for word in ("BTC", "ETH") if word not in first.text] == []
        await the.price(SOL=210)
        _, second = await the.came(2, "telegram")
        assert second.at - first.at >= 2.5
        assert the.titles("telegram")[1] == "SOL 210: price > 200"
        await the.later("2026-03-10T13:01:00Z")
        *_, again = await the.came(3, "telegram")
        assert [word for word in ("BTC", "ETH", "SOL", "still firing") if word not in again.text] == []
    assert the.record.wrong == []


async def test_a_cap_holds_the_rest_for_one_message(tmp_path: Path) -> None:
    rules = [watch(f"above-{level}", f"price > {level}", "BTC") for level in (110, 120, 130, 140)]
    receivers = {"me": {"telegram": "123456789", "cap": "2/h"}}
    async with world(tmp_path, rules, receivers=receivers) as the:
        await the.start()
        for price in (115, 125, 135):
            await the.price(BTC=price)
        await the.came(2, "telegram")
        assert the.fates("above-130") == [("fired", "held", "cap")]
        await the.restart()
        await the.price(BTC=145)
        await the.later("2026-03-10T13:00:30Z")
        *_, rest = await the.came(3, "telegram")
        for words in ("above-130", "above-140", "held by the cap of 2 messages in 1h"):
            assert words in rest.text
        assert await the.daemon.stop() == 0
        assert len(the.at("telegram")) == 3
    assert the.record.wrong == []


async def test_a_rule_that_runs_away_is_muted_until_it_is_wanted_again(tmp_path: Path) -> None:
    async with world(tmp_path, [watch("jumpy")], runaway="2/h") as the:
        await the.start()
        for _ in range(4):
            await the.price(BTC=210)
            await the.price(BTC=100)
        await the.price(BTC=250)
        await the.came(4, "telegram")
        assert the.titles("telegram")[3] == "jumpy is muted: 2 messages in 1h"
        await the.restart()
        assert the.fates("jumpy", "me")[-1] == ("fired", "held", "runaway")
        assert "jumpy is heard again by me" in await the.alertd("unmute", "jumpy")
        *_, last = await the.came(5, "telegram")
        assert "BTC 250" in last.text
        assert await the.daemon.stop() == 0
        assert len(the.at("telegram")) == 5
    assert the.record.wrong == []


async def test_a_cooldown_grows_while_a_rule_keeps_firing(tmp_path: Path) -> None:
    async with world(tmp_path, [watch("flapping", cooldown="1m to 8m")]) as the:
        await the.start()
        await the.price(BTC=210)
        await the.came(1, "telegram")
        await the.price(BTC=100)
        await the.later("2026-03-10T12:01:30Z")
        await the.price(BTC=220)
        await the.came(2, "telegram")
        await the.price(BTC=100)
        await the.later("2026-03-10T12:02:45Z")
        await the.price(BTC=230)
        assert the.fates("flapping")[-1] == ("fired", "held", "growing_cooldown"), "two minutes, this time"
        await the.later("2026-03-10T12:04:00Z")
        await the.came(3, "telegram")
        assert the.titles("telegram")[2] == "BTC 230: price > 200"
    assert the.record.wrong == []
