"""A room in which people talk to the clerk: the real pipeline, store and people, on a clock turned by hand.

async with room() as stand:
    await stand.enrol("ann", Role.USER)
    await stand.price(BTC=65_000)
    reply = await stand.says("alert BTC > 70k", by="ann")
    await stand.price(BTC=70_001)
    (message,) = stand.sent("ann")
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypedDict, Unpack

import numpy as np

from alertd.app.restore import restore
from alertd.bot.asking import Asked, Reply
from alertd.bot.clerk import Clerk
from alertd.bot.do import RUN
from alertd.bot.language.command import Command
from alertd.bot.office import Job, Office
from alertd.bot.people import People
from alertd.bot.receivers import Receivers
from alertd.config.chat import Chat
from alertd.dispatch.draw import Drawing
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.market.feeds import Feed, Feeds
from alertd.model.notification import Content, Delivery, Destination, Message, Picture, Queued
from alertd.model.people import USERS_WEBHOOKS, Identity, Person, Role, alias_of
from alertd.model.press import Press
from alertd.model.reading import Poll, Readings
from alertd.model.universe import Universe
from alertd.pipeline import Pipeline
from alertd.rules.amend import Change
from alertd.rules.rule import Rule
from alertd.sources.coins import CoinTable
from alertd.storage.events import PLACES
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault
from tests.fakes import HandClock, settle
from tests.pipeline.stand import Counts, NotedStore

TELEGRAM, SLACK, DISCORD = CHANNELS = ("telegram", "slack", "discord")
PNG = b"\x89PNG\r\n\x1a\n"
STALE_AFTER = 600.0

_PRICES = ("price", "volume", "base_volume", "volume_24h")
_GRADES = (
    "signal", "hourly_signal", "tm_grade", "trader_grade", "investor_grade", "grade_signal", "momentum", "support",
    "resistance",
)  # fmt: skip
SOURCES = {"binance": _PRICES, "tokenmetrics": _GRADES, "alternative_me": ("fear_greed",)}
COINS = CoinTable.shipped()
UNIVERSE = Universe(
    coins=COINS.names(SOURCES),
    sources={name: frozenset(fields) for name, fields in SOURCES.items()},
    receivers=frozenset({"desk"}),
)


class Terms(TypedDict, total=False):
    """Of `config.chat.Chat`."""

    allowed: frozenset[Identity]
    groups: Literal["admins", "users"]
    alerts: int
    commands: Cap
    webhooks: bool


class Settings(TypedDict, total=False):
    """Of a `Person`."""

    role: Role
    zone: str
    quiet: str
    digest: str
    cap: str
    watchlists: Mapping[str, tuple[str, ...]]


class FakeQuotes:
    """Sources that say what is in `prices` (field → coin → value) when they are asked. `asked` notes what they were
    asked for, `watched` how often polling was begun anew; `short` is why not all may be asked."""

    def __init__(self, stand: "Room") -> None:
        self._stand = stand
        self.prices: dict[str, dict[str, float]] = {}
        self.short = ""
        self.asked: list[dict[str, frozenset[str]]] = []
        self.watched = 0

    async def fetch(self, wanted: Mapping[str, Collection[str]]) -> str:
        self.asked.append({field: frozenset(coins) for field, coins in wanted.items()})
        for field, coins in wanted.items():
            known = {coin: value for coin, value in self.prices.get(field, {}).items() if coin in coins}
            if known:
                await self._stand.reads(field, **known)
        return self.short

    async def watch(self) -> None:
        self.watched += 1


class FakeCharts:
    """`png` is what is drawn, or why nothing is; `drawn` what was asked for."""

    def __init__(self) -> None:
        self.png: bytes | str = PNG
        self.drawn: list[Picture] = []

    async def draw(self, picture: Picture) -> bytes | str:
        self.drawn.append(picture)
        return self.png


class Room:
    """See above. `office` and `clerk` are new after a restart, and go by the `terms` of that moment."""

    office: Office
    clerk: Clerk
    pipeline: Pipeline

    def __init__(self, key: Secret, terms: Chat) -> None:
        self.clock, self.store, self.counts = HandClock(), NotedStore(), Counts()
        self.universe = UNIVERSE
        self.coins = COINS
        self.terms = terms
        self.key = key
        self.quotes, self.charts = FakeQuotes(self), FakeCharts()
        self.numbers: dict[str, int] = {}
        self._ids = count(1)
        self._engine: asyncio.Task[None] | None = None

    # ── the daemon ───────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """As the daemon starts, from what the store has."""
        snapshot = await self.store.load(self.clock.now())
        people = People(Vault(self.key), snapshot.crowd)
        desk = Receiver("desk", (Destination("telegram", "-100"),))
        receivers = Receivers({"desk": desk}, people, "UTC", channels=(*CHANNELS, "email", "mail", USERS_WEBHOOKS))
        self.policy = Policy(receivers=receivers, operator=("desk",))
        feeds = Feeds([Feed(name, field, stale_after=STALE_AFTER) for name in SOURCES for field in SOURCES[name]])
        restored = restore(snapshot, feeds, now=self.clock.now(), max_jump=None)
        self.pipeline = Pipeline(
            restored.state,
            restored.dispatch,
            self.policy,
            self.store,
            self.clock,
            observer=self.counts,
            wake=lambda: None,
            known=restored.known,
        )
        self.office = Office(
            pipeline=self.pipeline,
            store=self.store,
            clock=self.clock,
            people=people,
            terms=self.terms,
            universe=lambda: self.universe,
            coins=lambda: self.coins,
            quotes=self.quotes,
            charts=self.charts,
            status=self._status,
            channels={name: name for name in (*CHANNELS, "email")},
        )
        self.clerk = Clerk(self.office)
        self._engine = asyncio.create_task(self.pipeline.run())
        await self.pipeline.change(Change(), self.policy, restored.taken_up)

    async def close(self) -> None:
        if self._engine is not None:
            self._engine.cancel()
            with suppress(asyncio.CancelledError):
                await self._engine

    async def restart(self) -> None:
        """The daemon ends, and another one takes over its store."""
        await self.close()
        await self.open()

    async def load(self, *rules: Rule) -> None:
        """Have these be the rules of the files."""
        await self.pipeline.change(Change(put=rules, whole=""), self.policy)

    async def _status(self) -> Mapping[str, object]:
        return {"alerts": len(self.pipeline.state)}

    # ── the market ───────────────────────────────────────────────────────────────────────────────────────────────

    async def price(self, **prices: float) -> None:
        """The source says so now, and whenever it is asked."""
        self.quotes.prices.setdefault("price", {}).update(prices)
        await self.reads("price", **prices)

    async def reads(self, field: str, **values: float) -> None:
        """A poll with these values of one field, by coin."""
        source = next(name for name, fields in SOURCES.items() if field in fields)
        at = self.clock.now()
        times = np.full(len(values), at)
        readings = Readings(source, field, tuple(values), np.array([*values.values()], np.float64), times)
        await self.pipeline.take(Poll(source, at, (readings,)))

    async def after(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await settle()

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def identity(self, name: str, platform: str = TELEGRAM) -> Identity:
        """By which a platform knows somebody: the same for the same name."""
        number = 1000 + sum(ord(char) * 31**place for place, char in enumerate(name)) % 10**9
        workspace, user = ("T01", f"U{number:X}") if platform == SLACK else ("", str(number))
        return Identity(platform, workspace, user)

    def chat(self, name: str, platform: str = TELEGRAM) -> str:
        """The address of the private chat with somebody."""
        user = self.identity(name, platform).user
        return user if platform == TELEGRAM else f"D{user}" if platform == SLACK else f"7{user}"

    async def enrol(self, name: str, role: Role = Role.USER, platform: str = TELEGRAM) -> Person:
        """Somebody whom alertd knows; a second time on another platform it is a further account of the same person."""
        people, rows = self.office.people, []
        if name not in self.numbers:
            person, row = people.enrol(role, self.clock.now())
            self.numbers[name] = person.number
            rows.append(row)
        address = self.chat(name, platform)
        linked = people.link(self.numbers[name], self.identity(name, platform), address, name)
        await self.pipeline.serve(people=[*rows, linked])
        return self.person(name)

    async def link(self, name: str, channel: str, address: str) -> None:
        """Another way to a person: a mailbox, a webhook."""
        row = self.office.people.link(self.numbers[name], Identity(channel, "", address), address, name)
        await self.pipeline.serve(people=[row])

    async def set(self, name: str, **settings: Unpack[Settings]) -> Person:
        await self.pipeline.serve(people=[self.office.people.put(replace(self.person(name), **settings))])
        return self.person(name)

    def person(self, name: str) -> Person:
        found = self.office.people.get(self.numbers[name])
        assert found is not None, f"nobody is called {name}"
        return found

    # ── talking ──────────────────────────────────────────────────────────────────────────────────────────────────

    def asked(
        self, text: str = "", *, by: str, platform: str = TELEGRAM, group: bool = False, key: str = "", button: str = ""
    ) -> Asked:
        direct = self.chat(by, platform)
        return Asked(
            key=key or f"update-{next(self._ids)}",
            identity=self.identity(by, platform),
            chat="-100777" if group else direct,
            direct=direct,
            name=by,
            group=group,
            text=text,
            button=button,
        )

    async def hears(self, asked: Asked) -> Reply:
        """What the clerk answers."""
        reply = await self.clerk.answer(asked)
        assert reply is not None, f"no answer to {asked.text or asked.button}"
        return reply

    async def says(self, text: str, *, by: str, platform: str = TELEGRAM, group: bool = False, key: str = "") -> Reply:
        """What the clerk answers to a line."""
        return await self.hears(self.asked(text, by=by, platform=platform, group=group, key=key))

    async def press(
        self,
        button: str | Press,
        *,
        by: str,
        on: Reply | Delivery | None = None,
        platform: str = TELEGRAM,
        group: bool = False,
        key: str = "",
    ) -> Reply:
        """What the clerk answers to a button: its data, or the label of one under `on`."""
        data = button.data if isinstance(button, Press) else button
        if on is not None:
            said = on.said if isinstance(on, Reply) else on.notification
            data = dict(said.buttons)[data]
        return await self.hears(self.asked(by=by, platform=platform, group=group, key=key, button=data))

    async def does(
        self, command: Command, *, by: str, platform: str = TELEGRAM, group: bool = False, key: str = ""
    ) -> Reply:
        """What a command leads to, without reading it from a line."""
        asked = self.asked(command.text, by=by, platform=platform, group=group, key=key)
        return await RUN[command.name](Job(office=self.office, asked=asked, person=self.person(by), command=command))

    # ── what was sent ────────────────────────────────────────────────────────────────────────────────────────────

    def sent(self, name: str = "") -> list[Delivery]:
        """All messages of alerts, as they would be drawn when they were made, to one person or to everybody: each once
        for each of its addresses, oldest first."""
        every = [delivery for commit in self.store.commits for delivery in self._drawn(commit.messages)]
        if not name:
            return every
        ways = {alias_of(account.number) for account in self.office.people.accounts(self.numbers[name])}
        return [delivery for delivery in every if delivery.address in ways]

    def _drawn(self, messages: Collection[Message]) -> list[Delivery]:
        known = {entry.number: entry for commit in self.store.commits for entry in commit.entries}
        drawing = Drawing(self.policy, self.store.seal, frozenset(CHANNELS), charts=True, memory=self.pipeline.kept)
        found = []
        for message in messages:
            holding, past = (tuple(known[number] for number in part) for part in (message.holding, message.past))
            for row, (channel, address) in enumerate(message.destinations, start=message.number * PLACES):
                queued = Queued(
                    row=row,
                    message=str(message.number),
                    receiver=message.receiver,
                    channel=channel,
                    address=address,
                    content=Content(holding, past, message.note, message.text),
                    created=message.created,
                    due=message.created,
                    expires=message.expires,
                )
                found.append(drawing(queued, message.created))
        return found


def throw_away_key(folder: str) -> Secret:
    file = Path(folder, "key")
    file.write_text(secrets.token_hex(32), encoding="ascii")
    return Secret(f"file:{file}")


@asynccontextmanager
async def room(**terms: Unpack[Terms]) -> AsyncIterator[Room]:
    """Nobody is in it yet. `terms` are those of the `chat:` section; commands are as good as free unless it says so."""
    with TemporaryDirectory() as folder:
        key = throw_away_key(folder)
        chat = Chat(key=key, channels=CHANNELS, commands=Cap(100_000, 60.0))
        stand = Room(key, replace(chat, **terms))
        await stand.open()
        try:
            yield stand
        finally:
            await stand.close()


@asynccontextmanager
async def anns(*said: str, **terms: Unpack[Terms]) -> AsyncIterator[Room]:
    """That of @1 ann, a user who has said all this; bitcoin is at 65,000."""
    async with room(**terms) as stand:
        await stand.enrol("ann")
        await stand.price(BTC=65_000)
        for line in said:
            reply = await stand.says(line, by="ann")
            assert reply.ok, (line, reply.said)
        yield stand
