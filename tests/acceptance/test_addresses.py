"""Addresses that die, move, or belong to another bot."""

from pathlib import Path

from tests.acceptance.world import BOTS, watch, world

ABOVE = [watch(f"above-{level}", f"price > {level}", "BTC") for level in (110, 120, 130, 140)]


async def test_a_bot_that_is_blocked_is_told_elsewhere_and_given_up(tmp_path: Path) -> None:
    """Its owner and the operator hear of it, its messages go another way; a retry by hand brings it back to life."""
    receivers: dict[str, dict[str, object]] = {
        "me": {"telegram": "123456789", "else": {"email": "me@desk.example", "after": "1h"}},
        "desk": {"slack": "#alerts"},
    }
    async with world(tmp_path, ABOVE, receivers=receivers, operator=["desk"]) as the:
        the.telegram.blocked.add("123456789")
        await the.start()
        await the.price(BTC=115)
        await the.came(2, "email")
        await the.came(1, "slack")
        assert sorted(the.titles("email")) == [
            "BTC 115: price > 110",
            "alertd: telegram cannot reach me any more (forbidden).",
        ]
        assert the.titles("slack") == ["alertd: telegram cannot reach me any more (forbidden)."]
        asked = len(the.telegram.requests)
        await the.restart()
        await the.price(BTC=125)
        await the.came(3, "email")
        assert the.titles("email")[2] == "BTC 125: price > 120"
        assert len(the.telegram.requests) == asked, "nobody asks the dead"
        assert the.parcels("above-110")[0] == ("telegram", "buried", "forbidden")
        assert the.parcels("above-120")[0] == ("telegram", "buried", "dead_destination")
        assert "not delivered" in await the.alertd("history", "--rule", "above-120")

        the.telegram.blocked.clear()
        assert "1 delivery will be tried at once" in await the.alertd("outbox", "retry", "64")
        await the.came(1, "telegram")
        await the.price(BTC=135)
        await the.came(2, "telegram")
        assert the.titles("telegram") == ["BTC 115: price > 110", "BTC 135: price > 130"]
        assert await the.daemon.stop() == 0
        assert len(the.at("email")) == 3
    assert the.record.wrong == []


async def test_a_group_that_becomes_a_supergroup_is_followed(tmp_path: Path) -> None:
    """At once, with the same message, and for good."""
    receivers = {"me": {"telegram": "-100200"}}
    async with world(tmp_path, ABOVE, receivers=receivers) as the:
        the.telegram.migrated["-100200"] = -1001009999
        await the.start()
        await the.price(BTC=115)
        await the.came(1, "telegram", "-1001009999")
        await the.daemon.log.has("sent over telegram")
        asked = len(the.telegram.requests)
        await the.restart()
        await the.price(BTC=125)
        await the.came(2, "telegram", "-1001009999")
        assert len(the.telegram.requests) == asked + 1, "it remembers"
        assert the.titles("telegram") == ["BTC 115: price > 110", "BTC 125: price > 120"]
    assert the.record.wrong == []


async def test_several_bots_share_the_chats(tmp_path: Path) -> None:
    """Each chat has its own bot, before and after a kill -9."""
    receivers = {f"chat-{number}": {"telegram": f"{number}00000"} for number in range(1, 9)}
    rules = [{**rule, "notify": list(receivers)} for rule in ABOVE[:2]]
    tokens = {"token": None, "tokens": [f"file:{tmp_path / name}" for name in ("bot", "bot2")]}
    async with world(tmp_path, rules, receivers=receivers, channels={"telegram": tokens}) as the:
        await the.start()
        await the.price(BTC=115)
        await the.came(8, "telegram")
        before = {each.address: each.sender for each in the.at("telegram")}
        assert set(before.values()) == {bot.partition(":")[0] for bot in BOTS}
        await the.daemon.log.has('"message": "sent over', times=8)
        await the.restart()
        await the.price(BTC=125)
        await the.came(16, "telegram")
        assert {each.address: each.sender for each in the.at("telegram")[8:]} == before
    assert the.record.wrong == []
