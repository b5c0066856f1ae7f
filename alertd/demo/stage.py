"""The loopback servers of the demo, people who talk there, and a configuration that leads alertd nowhere else."""

import json
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Self

from alertd.demo.conversation import Account, Conversation, OnDiscord, OnSlack, OnTelegram, Utterance, allowed
from alertd.demo.feeds import CoinGeckoFeed, TokenMetricsFeed
from alertd.demo.feeds.ground import Feed
from alertd.demo.loopback import Keys, Platforms
from alertd.demo.market import MINUTE
from alertd.demo.platforms.record import Received, Record
from alertd.demo.scenario import OPERATOR, PEOPLE, Chatter, Person, Watch, nights, wishes
from alertd.demo.session import Session
from alertd.sources.coins import CoinTable

PRICES_EVERY, SIGNALS_EVERY = 0.15, 0.45
"""Seconds of ours from poll to poll."""

STORM = 30 * MINUTE
"""Within so long a quarter of the coins has to fire to make a storm."""

INSTEAD_AFTER = 10 * MINUTE
"""After so long a message goes another way."""


class Stage:
    """All servers, started by `async with`; `record` is what the platforms got. `folder` gets the configuration and the
    keys."""

    def __init__(
        self,
        session: Session,
        folder: Path,
        *,
        now: Callable[[], float],
        on_received: Callable[[Received], None],
    ) -> None:
        self.session = session
        self.folder = folder
        self.record = Record(now=now, on_received=on_received, flight=0.1 * session.speed)
        # When the session is over the market stands still, so that nothing new comes while the last things are told.
        self._prices_record = Record(now=lambda: min(now(), session.end))
        self.signals_record = Record(now=lambda: min(now(), session.end))
        self._keys = Keys(folder)
        keys, table = self._keys, CoinTable.shipped()
        self.prices = CoinGeckoFeed(
            session.market, self._prices_record, table.ids("coingecko"), keys={keys["coingecko"]}, plan="demo"
        )
        self.signals = TokenMetricsFeed(
            session.market, self.signals_record, table.ids("tokenmetrics"), keys={keys["tokenmetrics"]}
        )
        self.platforms = Platforms(self.record, keys, speed=session.speed)
        self._servers = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for server in (self.prices, self.signals, *self.platforms.servers):
                await stack.enter_async_context(server)
            self._servers = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._servers.aclose()

    def conversations(self, said: Callable[[Chatter, Utterance], None]) -> list[Conversation]:
        """One for each of those who talk; `said` is called with every line."""
        return [Conversation(wish, self._account(wish.person), self.record.now, said) for wish in wishes(self.session)]

    def _account(self, chatter: Chatter) -> Account:
        platforms = self.platforms
        match chatter.channel:
            case "telegram":
                user = platforms.telegram.user(int(chatter.id), chatter.name)
                user.started = True
                return OnTelegram(user)
            case "slack":
                return OnSlack(platforms.slack.user(chatter.id, chatter.name))
            case _:
                return OnDiscord(platforms.discord.user(chatter.id, chatter.name), platforms.discord)

    @property
    def complaints(self) -> list[str]:
        """What was wrong with what alertd sent and asked."""
        return [*self.record.wrong, *self._prices_record.wrong, *self.signals_record.wrong]

    def pause(self, feed: Feed, moments: Sequence[float], *, but: float = inf) -> float:
        """The longest time without a poll that was answered, by the market's clock: between two of them, or one and
        one of `moments`, `but` not the one that ended then. Histories are no polls."""
        polls = [at for at, path in feed.answered if not path.endswith("/market_chart")]
        times = [at for at in sorted([*polls, *moments]) if moments[0] <= at <= moments[-1]]
        return max((later - earlier for earlier, later in pairwise(times) if later != but), default=0.0)

    @property
    def refused(self) -> int:
        """How many messages came faster than a platform takes them."""
        return self.record.refused.total() + self.record.early

    @property
    def asked(self) -> int:
        """How many requests the two APIs have answered."""
        return len(self.prices.requests) + len(self.signals.requests)

    def write(self, watches: Sequence[Watch], *, real: float, shows: float) -> Path:
        """Writes keys, rules and configuration; returns the latter's path. The clock shows `shows` at `real`."""
        self._keys.write()
        rules = {"version": "1", "rules": [watch.entry() for watch in watches]}
        config = {
            "version": "1",
            "state": "alertd.db",
            "rules": ["rules.yaml"],
            "clock": {"real": repr(real), "shows": repr(shows), "speed": repr(self.session.speed)},
            "sources": self._sources(),
            "prices": ["coingecko"],
            "coins": {
                coin: {"coingecko": str(self.prices.ids[coin]), "tokenmetrics": str(self.signals.ids[coin])}
                for coin in self.session.market.bars
            },
            "channels": self.platforms.channels(),
            "receivers": {person.name: self._receiver(person) for person in PEOPLE},
            "operator": [OPERATOR],
            "chat": {"key": self._keys.file("chat"), "allow": allowed()},
            "storm": {"coins": str(max(len(self.session.market.bars) // 4, 2)), "within": f"{STORM:.0f}s"},
            "http": "off",
            "outbox_age": "off",  # minutes pass in no time here
        }
        # JSON is YAML, and needs no thought about what a coin may be called.
        (self.folder / "rules.yaml").write_text(json.dumps(rules, indent=1), encoding="utf-8")
        path = self.folder / "alertd.yaml"
        path.write_text(json.dumps(config, indent=1), encoding="utf-8")
        return path

    def _receiver(self, person: Person) -> dict[str, object]:
        entry: dict[str, object] = {person.channel: person.address}
        if person.cap:
            entry["cap"] = person.cap
        if person.sleeps:
            entry["quiet"] = nights(self.session)
        if person.otherwise:
            entry["else"] = {"email": person.otherwise, "after": f"{INSTEAD_AFTER:.0f}s"}
        return entry

    def _sources(self) -> dict[str, dict[str, object]]:
        speed = self.session.speed
        return {
            "coingecko": {
                "url": self.prices.api,
                "plan": "demo",
                "keys": [self._keys.file("coingecko")],
                "every": f"{PRICES_EVERY * speed:.0f}s",
            },
            "tokenmetrics": {
                "url": self.signals.api,
                "keys": [self._keys.file("tokenmetrics")],
                "every": {"signal": f"{SIGNALS_EVERY * speed:.0f}s"},
            },
        }
