"""Addresses that die, move, or belong to another bot."""

from pathlib import Path

from alertd.demo.platforms.record import Answer
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
            "alertd: telegram cannot reach me any more (HTTP 403: Forbidden: bot was blocked by the user).",
        ]
        assert the.titles("slack") == [
            "alertd: telegram cannot reach me any more (HTTP 403: Forbidden: bot was blocked by the user)."
        ]
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


async def test_where_one_token_of_several_is_revoked_another_bot_has_the_chats(tmp_path: Path) -> None:
    """The operator hears of it once; when it is good again, each chat has its own bot."""
    receivers: dict[str, dict[str, object]] = {
        **{f"chat-{number}": {"telegram": f"{number}00000"} for number in range(1, 9)},
        "desk": {"slack": "#alerts"},
    }
    rules = [{**rule, "notify": list(receivers)[:8]} for rule in ABOVE[:2]]
    tokens = {"token": None, "tokens": [f"file:{tmp_path / name}" for name in ("bot", "bot2")]}
    async with world(tmp_path, rules, receivers=receivers, operator=["desk"], channels={"telegram": tokens}) as the:
        the.telegram.token, good = "1001:another-one", the.telegram.token
        await the.start()
        await the.price(BTC=115)
        await the.came(8, "telegram")
        assert {each.sender for each in the.at("telegram")} == {"1002"}
        await the.came(1, "slack")
        assert the.titles("slack") == [
            f"alertd: telegram (file:{tmp_path / 'bot'}) refuses alertd's credential (unauthorized)."
        ]
        the.telegram.token = good
        await the.later("2026-03-10T12:30:00Z")
        await the.price(BTC=125)
        await the.came(16, "telegram")
        assert {each.sender for each in the.at("telegram")[8:]} == {"1001", "1002"}
        assert await the.daemon.stop() == 0
        assert len(the.at("slack")) == 1
    assert the.record.wrong == []


async def test_a_webhook_that_is_revoked_is_told_elsewhere_and_given_up(tmp_path: Path) -> None:
    """As a bot that is blocked is: nobody knows when it would be good again."""
    (tmp_path / "hook").write_text("https://hooks.slack.com/services/T000/B000/a-secret")
    receivers: dict[str, dict[str, object]] = {
        "desk": {"slack": "default", "email": "desk@desk.example"},
        "boss": {"telegram": "123456789"},
    }
    own = {"slack": {"token": None, "webhook": f"file:{tmp_path / 'hook'}"}}
    rules = [{**rule, "notify": ["desk"]} for rule in ABOVE[:2]]
    async with world(tmp_path, rules, receivers=receivers, operator=["boss"], channels=own) as the:
        the.slack.revoked.add("/services/T000/B000/a-secret")
        await the.start()
        await the.price(BTC=115)
        await the.came(2, "email")
        await the.came(1, "telegram")
        gone = "alertd: slack cannot reach desk any more (Slack says invalid_token)."
        assert sorted(the.titles("email")) == ["BTC 115: price > 110", gone]
        assert the.titles("telegram") == [gone]
        asked = len(the.slack.requests)
        await the.price(BTC=125)
        await the.came(3, "email")
        assert the.parcels("above-120")[0] == ("slack", "buried", "dead_destination")
        assert await the.daemon.stop() == 0
        assert len(the.slack.requests) == asked == 1
    assert the.record.wrong == []


async def test_an_endpoint_that_is_not_found_for_a_while_costs_no_message(tmp_path: Path) -> None:
    """The operator hears that a proxy, or whatever it is, answers for it; what waits comes when it is back."""
    receivers: dict[str, dict[str, object]] = {"books": {"webhook": "default"}, "desk": {"slack": "#alerts"}}
    rules = [{**rule, "notify": ["books"]} for rule in ABOVE]
    async with world(tmp_path, rules, receivers=receivers, operator=["desk"]) as the:
        the.record.answers.append(Answer(status=404, body=b"no such site", at="POST"))
        await the.start()
        for price in (115, 125, 135, 145):
            await the.price(BTC=price)
        await the.came(1, "slack")
        assert the.titles("slack") == ["alertd: webhook (localhost) refuses every message (not_found)."]
        assert the.at("webhook") == []
        await the.later("2026-03-10T12:30:00Z")
        await the.came(4, "webhook")
        assert await the.daemon.stop() == 0
        assert the.titles("webhook") == [f"BTC {level + 5}: price > {level}" for level in (110, 120, 130, 140)]
    assert the.record.wrong == []
