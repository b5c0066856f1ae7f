"""One block of inputs after the other, each in a room of its own."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from typing import Any, NamedTuple

from alertd.bot.asking import Answering, Asked, Choice, Reply, plain
from alertd.bot.clerk import Clerk
from alertd.bot.people import People
from alertd.model.people import Identity, Person, Role
from tests.bot.room import Room, room
from tests.fuzz import on_discord, on_slack, on_telegram
from tests.fuzz.broken import broken
from tests.fuzz.rights import Owners, changes, trespass
from tests.fuzz.wire import Saying, Wire, Wrong
from tests.fuzz.words import forged, line
from tests.pipeline.stand import rules

WIRES: Mapping[str, Callable[[Room, Answering], Wire]] = {
    "telegram": on_telegram.Telegram,
    "slack": on_slack.Slack,
    "discord": on_discord.Discord,
}
BLOCK = 250
"""Inputs of one room."""
_BUG = "Something went wrong here"
_EXPECTED = ("a response URL of",)
"""Warnings that a forged update deserves."""

PEOPLE = {
    "owner": Role.OWNER,
    "admin": Role.ADMIN,
    "ann": Role.USER,
    "bob": Role.USER,
    "view": Role.VIEWER,
    "bad": Role.BANNED,
}
_OFTEN = {"owner": 10, "admin": 15, "ann": 30, "bob": 10, "view": 12, "bad": 8, "": 15}
"""Who speaks how often; "" are strangers."""


class Input(NamedTuple):
    """`who` it is from, as far as the platform says so."""

    number: int
    raw: Any
    who: Identity


@dataclass(frozen=True)
class Failure:
    """`steps` are the inputs of a fresh room that lead to it, the last of them the one that fails."""

    why: str
    steps: Sequence[Input]

    @property
    def kind(self) -> str:
        return self.why.partition(":")[0]


class Log(logging.Handler):
    """What is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if not text.startswith(_EXPECTED):
            self.heard.append(f"{record.levelname}: {text}")


class Watched:
    """The clerk, with an eye on what each answer changes."""

    def __init__(self, stand: Room, clerk: Clerk) -> None:
        self._stand, self._clerk = stand, clerk
        self._owners = Owners()
        self._seen = 0
        self._commits()
        self.buttons: list[str] = []
        self.who: Identity | None = None
        self._done: dict[tuple[Identity, str, str], Reply] = {}
        self.tally: Counter[str] = Counter()

    def complete(self, what: str, typed: str, identity: Identity) -> Sequence[Choice]:
        return self._clerk.complete(what, typed, identity)

    async def answer(self, asked: Asked) -> Reply | None:
        people = self._stand.office.people
        person = people.find(asked.identity)
        if person is not None and asked.identity != self.who:
            raise Wrong(f"identity: {self.who} is taken for {asked.identity}")
        roles, before = {each.number: each.role for each in people}, _known(people)
        self._commits()
        self.tally["heard"] += 1
        reply = await self._clerk.answer(asked)
        commits = self._commits()
        if why := trespass(person, commits, roles, asked=reply is not None and reply.ok):
            raise Wrong(f"rights: {why}")
        changed = any(changes(commit, owners) for commit, owners in commits)
        if not changed and _known(people) != before:
            raise Wrong("memory: people are changed that the store does not know of")
        self.tally["done"] += reply is not None and reply.ok
        self.tally["changed"] += changed
        key = (asked.identity, asked.key, asked.text or asked.button)
        if key in self._done and changed:
            raise Wrong("twice: what was done is done again when it is heard again")
        if reply is not None:
            self._done[key] = reply
            self._look(person, reply)
        return reply

    def _look(self, person: Person | None, reply: Reply) -> None:
        text = plain(reply)
        if _BUG in text:
            raise Wrong("bug: the clerk caught one")
        mighty = person is not None and person.role.at_least(Role.ADMIN)
        for name in PEOPLE if not mighty else ():
            own = person is not None and self._stand.numbers[name] == person.number
            if not own and f"private-{name}" in text:
                raise Wrong(f"leak: {person and person.owner} reads the alerts of {name}")
        self.buttons += [button.data for button in reply.said.buttons]
        del self.buttons[:-200]

    def _commits(self) -> list[Any]:
        new = self._stand.store.commits[self._seen :]
        self._seen += len(new)
        return [(commit, self._owners.changed(commit)) for commit in new]


def _known(people: People) -> object:
    return [(each, people.accounts(each.number), people.claims(each.number)) for each in people]


async def _settled(stand: Room, platform: str) -> None:
    """Everybody is there and has alerts, one of which has fired."""
    for name, role in PEOPLE.items():
        await stand.enrol(name, Role.USER, platform)
        for text in ("alert BTC > 70k every time", "alert ETH < 1000", "alert BTC > 90k"):
            reply = await stand.says(f'{text} note "private-{name}"', by=name, platform=platform)
            assert reply.ok, plain(reply)
        await stand.set(name, role=role)
    (rule,) = rules({"name": "file", "when": "price > 60000", "notify": ["desk"]})
    await stand.load(rule)
    await stand.price(BTC=65_000, ETH=2_000, SOL=150)
    await stand.price(BTC=70_001)


class Block:
    """A room with its people on one platform."""

    def __init__(self, platform: str, stand: Room, wire: Wire, watched: Watched) -> None:
        self._platform, self._stand, self._wire, self._watched = platform, stand, wire, watched
        self._last: Input | None = None

    def identity(self, name: str) -> Identity:
        """By which the platform knows one of `PEOPLE`, or a stranger."""
        return self._stand.identity(name, self._platform)

    @property
    def tally(self) -> Counter[str]:
        return self._watched.tally

    def made(self, seed: str, number: int) -> Input:
        """The input of that number; it depends on what was shown before, too."""
        rng = Random(f"{seed}/{self._platform}/{number}")
        if self._last is not None and rng.random() < 0.02:
            return self._last._replace(number=number)
        name = rng.choices([*_OFTEN], [*_OFTEN.values()])[0]
        who = self.identity(name or f"stranger-{number}")
        saying = Saying(number=number, rng=rng, who=who, name=_name(rng), group=rng.random() < 0.3)
        if rng.random() < 0.35:
            shown = self._watched.buttons
            saying = replace(saying, button=rng.choice(shown) if shown and rng.random() < 0.6 else forged(rng))
        else:
            saying = replace(saying, text=line(rng))
        raw = self._wire.update(saying)
        return Input(number, broken(rng, raw) if rng.random() < 0.2 else raw, who)

    async def take(self, given: Input, after: float = 0.0) -> str:
        """Why it fails, "" where it does not; so many seconds later, and now and then a minute."""
        if after or given.number % 20 == 0:
            await self._stand.clock.advance(after or 61.0)
        log, logger = Log(), logging.getLogger("alertd")
        self._watched.who, self._last = given.who, given
        logger.addHandler(log)
        try:
            await self._wire.deliver(deepcopy(given.raw), Random(given.number))
        except Wrong as wrong:
            return "\n".join([str(wrong), *log.heard])
        except Exception as error:  # the very thing that is looked for
            return f"{type(error).__name__}: {error!r}"
        finally:
            logger.removeHandler(log)
        return f"log: {log.heard[0]}" if log.heard else ""


@asynccontextmanager
async def opened(platform: str, clerk: type[Clerk] = Clerk) -> AsyncIterator[Block]:
    """A block of a platform, with a clerk of that kind, for as long as it is used."""
    async with room(alerts=1_000) as stand:
        await _settled(stand, platform)
        watched = Watched(stand, clerk(stand.office))
        yield Block(platform, stand, WIRES[platform](stand, watched), watched)


async def blocks(
    platform: str, seed: str, first: int, count: int, report: Callable[[Failure], None], clerk: type[Clerk] = Clerk
) -> Counter[str]:
    """Inputs from the first on, so many. A failure is reported, and the block goes on. Returns how many of them the
    clerk heard, said to have done, and changed something by."""
    tally: Counter[str] = Counter()
    for start in range(first, first + count, BLOCK):
        async with opened(platform, clerk) as block:
            steps: list[Input] = []
            for number in range(start, min(start + BLOCK, first + count)):
                given = block.made(seed, number)
                steps.append(given)
                if why := await block.take(given):
                    report(Failure(why, tuple(steps)))
            tally += block.tally
    return tally


def _name(rng: Random) -> str:
    return rng.choice(("ann", "Ann B.", "<b>x</b>", "@everyone", "\u202eevil", "x" * 200, "``` `", "é" * 90, ""))
