"""Platforms that enforce their limits: nothing is refused, nothing is asked too early, not after a kill -9 either."""

from collections import Counter
from pathlib import Path

from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.slack import SlackPlatform
from tests.acceptance.world import CRITICAL, watch, world


async def test_hundreds_of_messages_within_the_limits(tmp_path: Path) -> None:
    """Twenty chats, a group and two channels of Slack, ten messages each, and what is critical first everywhere."""
    receivers: dict[str, dict[str, object]] = {
        **{f"chat-{number}": {"telegram": f"{number}00000"} for number in range(1, 21)},
        "group": {"telegram": "-100200300"},
        "left": {"slack": "#left"},
        "right": {"slack": "#right"},
    }
    names = list(receivers)
    rules = [watch(f"above-{level}", f"price > {level}", "BTC", notify=names) for level in range(101, 109)]
    rules += [watch("crash", "price > 150", "BTC", notify=names, **CRITICAL)]
    async with world(tmp_path, rules, receivers=receivers, limits=True, speed=5.0) as the:
        await the.start()
        await the.price(BTC=160)
        await the.until(lambda: len(the.record.told_of()) >= 9 * len(names), lambda: str(len(the.record.told_of())))
        assert await the.daemon.stop() == 0
        ways = {f"{each.channel} {each.address}": each for each in reversed(the.record.told_of())}
        assert len(ways) == len(names)
        assert [way for way, first in ways.items() if "price > 150" not in first.text] == []
        times = Counter((each.channel, each.address, each.text) for each in the.record.told_of())
        assert set(times.values()) == {1}
    assert (the.record.refused, the.record.early, the.record.wrong) == (Counter(), 0, [])


def posts(slack: SlackPlatform) -> int:
    """How many messages it was asked to post; charts come as files."""
    return sum(request.path == "/api/chat.postMessage" for request in slack.requests)


async def test_a_retry_after_is_kept_to_over_a_restart(tmp_path: Path) -> None:
    """Of the one it is about: another channel of the same platform goes on."""
    receivers = {"left": {"slack": "#left"}, "right": {"slack": "#right"}}
    rules = [watch("first", notify=["left"]), watch("second", "price > 300", notify=["left", "right"])]
    async with world(tmp_path, rules, receivers=receivers, speed=5.0) as the:
        the.slack.mood = Mood(Temper.LIMITED, retry_after=25)
        await the.start()
        await the.price(BTC=210)
        await the.daemon.log.has("delayed over slack")  # the store has it
        told, asked = the.now(), posts(the.slack)
        the.slack.mood = WELL
        await the.restart()
        await the.price(BTC=310)
        await the.came(3, "slack")
        assert await the.daemon.stop() == 0
        assert the.titles("slack", "#left") == ["BTC 210: price > 200", "BTC 310: price > 300"]
        assert [each.at - told > 20 for each in the.at("slack", "#left")] == [True, True]
        assert posts(the.slack) == asked + 3
        assert the.record.early == 0
    assert the.record.wrong == []
