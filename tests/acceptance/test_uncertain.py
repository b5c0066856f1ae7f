"""A platform that takes a message and never says so: resent under the same key, marked as a repeat, or left at that."""

from pathlib import Path

from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.record import Received
from tests.acceptance.world import WAYS, watch, world


async def test_no_answer_on_any_platform(tmp_path: Path) -> None:
    rules = [watch("logs-in", "price > 150", notify=["den"]), watch("above", notify=list(WAYS))]
    drops = {"slack": {"uncertain": "drop"}}
    async with world(tmp_path, rules, channels=drops, operator=["post"], speed=5.0) as the:
        platforms = {each.name: each for each in (the.telegram, the.slack, the.discord, the.webhook, the.email)}

        def well_again(received: Received) -> None:
            """Only the first message is without an answer."""
            the.news.set()
            if received.channel != "email":  # it throws its dice later
                platforms[received.channel].mood = WELL

        await the.start()
        await the.price(BTC=160)
        await the.came(1, "discord")
        await the.daemon.log.has("sent over discord")
        await the.until(lambda: any(each.picture for each in the.record.received))  # the mood is for what comes next
        the.record.on_received = well_again
        for each in platforms.values():
            each.mood = Mood(Temper.SWALLOWS)
        await the.price(BTC=210)
        await the.came(1, "email")
        the.email.mood = WELL
        await the.came(2, "telegram")
        await the.daemon.log.has("sent over discord", times=2)
        await the.daemon.log.has("sent over webhook")
        await the.daemon.log.has("sent over email: BTC")
        await the.came(2, "email")
        assert await the.daemon.stop() == 0

        assert [each.text.endswith("may be a repeat") for each in the.at("telegram")] == [False, True]
        assert (len(the.at("discord")), the.discord.repeats) == (2, 1), "the same nonce"
        assert (len(the.at("webhook")), the.webhook.repeats) == (1, 1), "the same key"
        assert len(the.at("slack")) == 1, "not sent again"
        alone, word = the.at("email")
        assert the.email.ids[alone.ref, alone.address] >= 2, "the same Message-ID"
        assert word.text.startswith("alertd: slack did not say whether it has a message to desk.")
        fates = {channel: (state, reason) for channel, state, reason in the.parcels("above")}
        assert fates.pop("slack") == ("buried", "uncertain")
        assert {state for state, _ in fates.values()} == {"sent"}
        assert "it may have come twice" in await the.alertd("why", "above/BTC")
    assert the.record.wrong == []
