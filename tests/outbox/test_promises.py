"""Whatever a platform answers, and wherever the process dies: nothing is lost, nothing comes twice without a reason,
nobody is called during a rest."""

import asyncio
from collections import Counter, defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.errors import DeliveryDelayed, DeliveryRefused
from alertd.model.notification import Delivery, Lane
from alertd.ports import Bucket, Limit
from tests.fakes import HandClock, ScriptedChannel, settle
from tests.outbox.stand import MoodyStore, Post

ADDRESSES = ("ann", "bob", "cid")
REST = 40.0

Step = tuple[str, int, int]
"""What happens, and two numbers that say to whom and how long."""

steps = st.lists(
    st.tuples(
        st.sampled_from(("put", "put", "urgent", "wait", "crash", "busy")), st.integers(0, 2), st.integers(0, 40)
    ),
    min_size=1,
    max_size=25,
)
answers = st.lists(
    st.sampled_from(("yes", "yes", "no", "lost", "taken", "refused", "bucket", "bot", "whole", "bug")), max_size=40
)


class Platform(ScriptedChannel):
    """Answers by words, and takes part of the time before and part of it after it has the message."""

    def __init__(self, clock: HandClock, words: list[str]) -> None:
        super().__init__(clock, in_flight=2, overall=Limit(0.5, 2), per_address=Limit(1.0))
        self.words = words[::-1]
        self.arrived: list[tuple[str, str]] = []
        self.refused: set[str] = set()
        self.failures: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.rests: defaultdict[str, float] = defaultdict(float)
        self._under_way: set[str] = set()

    async def send(self, delivery: Delivery, now: float) -> str:
        address, message = delivery.address, delivery.message
        assert address not in self._under_way
        assert all(now >= self.rests[name] for name in ("", "bot", f"chat:{address}")), "called during a rest"
        self._under_way.add(address)
        try:
            await asyncio.sleep(0)
            return self._answer(address, message, self.words.pop() if self.words else "yes", now)
        finally:
            self._under_way.remove(address)

    def _answer(self, address: str, message: str, word: str, now: float) -> str:
        if word in ("yes", "taken"):
            self.arrived.append((address, message))
            if word == "yes":
                return "ref"
        if word in ("lost", "taken"):
            self.unanswered[message] += 1
            self.failures[message] += 1
            raise DeliveryDelayed("no answer", reason="timeout", uncertain=True)
        if word in ("refused", "bug"):
            self.refused.add(message)
            raise DeliveryRefused("no", reason="bad_request") if word == "refused" else ValueError("a bug")
        if word == "no":
            self.failures[message] += 1
            raise DeliveryDelayed("no", reason="server_error")
        bucket = {"bucket": f"chat:{address}", "bot": "bot", "whole": ""}[word]
        self.rests[bucket] = now + REST
        raise DeliveryDelayed("wait", reason="rate_limited", retry_after=REST, bucket=bucket, whole_channel=not bucket)

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return (Bucket("bot", Limit(0.5, 2)), Bucket(f"chat:{address}", Limit(1.0)))


class Story:
    """A courier that lives through the steps, and dies in them."""

    def __init__(self, words: list[str]) -> None:
        self.clock = HandClock()
        self.platform = Platform(self.clock, words)
        self.store = MoodyStore()
        self.store.slow = 5
        self.post = Post(self.clock, self.platform, self.store)
        self.lanes: dict[str, Lane] = {}

    async def live(self, script: list[Step]) -> None:
        await self.post.start()
        for what, who, long in script:
            match what:
                case "put" | "urgent":
                    lane = Lane.CRITICAL if what == "urgent" else Lane.NORMAL
                    await self.post.put(ADDRESSES[who], lane=lane, expires=1e6)
                    self.lanes[f"word-{self.post.number}"] = lane
                case "wait":
                    await self.clock.advance(long / 2)
                case "crash":
                    await self._crash(long)
                case _:
                    self.store.busy[("due", "turn", "turn")[who]] = 1
        self.platform.words.clear()
        for _ in range(40):
            await self.clock.advance(60)

    async def _crash(self, rounds: int) -> None:
        self.post.courier.wake()
        await settle(rounds)
        await self.post.stop()
        begun = Counter(attempt.row for _, attempts in self.store.turns for attempt in attempts)
        ended = Counter(one.row for settled, _ in self.store.turns for one in settled if one.reason != "rest")
        for row in begun - ended:
            self.platform.unanswered[f"word-{row // 64}"] += 1
        # What the platform has asked for and nobody wrote down is not known after a crash.
        _, known = await self.store.paces("chat", 0.0)
        self.platform.rests = defaultdict(float, known)
        self.store.busy.clear()
        await self.post.crash_and_restart()


@given(steps, answers)
@settings(max_examples=120, deadline=None)
def test_promises(script: list[Step], words: list[str]) -> None:
    async def tell() -> None:
        story = Story(words)
        await story.live(script)
        assert await story.post.waiting() == 0
        check(story)
        await story.post.stop()

    asyncio.run(tell())


def check(story: Story) -> None:
    platform, first = story.platform, list[tuple[str, str]]()
    came = Counter(message for _, message in platform.arrived)
    for message in story.lanes:
        assert came[message] or message in platform.refused, f"{message} is lost"
        assert came[message] <= 1 + platform.unanswered[message], f"{message} came twice"
    for one in platform.arrived:
        if one not in first:
            first.append(one)
    lines: defaultdict[tuple[str, Lane], list[int]] = defaultdict(list)
    for address, message in first:
        if platform.failures[message] < 3:  # what failed more often may have stepped aside
            lines[address, story.lanes[message]].append(int(message.removeprefix("word-")))
    for line in lines.values():
        assert line == sorted(line)
