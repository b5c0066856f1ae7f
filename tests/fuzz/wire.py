"""What every platform's part of the fuzz is made of."""

from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from alertd.bot.asking import Answering, Asked, Choice, Reply
from alertd.bot.platforms import Ears
from alertd.model.people import Identity, Role
from tests.bot.room import Room


class Wrong(Exception):
    """Something that must not be. Its first words, up to a colon, are what kind of thing it is."""


@dataclass(frozen=True, slots=True)
class Saying:
    """Something that somebody says or presses, before it is an update; `number` is that of the input."""

    number: int
    rng: Random
    who: Identity
    name: str
    text: str = ""
    button: str = ""
    group: bool = False


class Wire(Protocol):
    """One platform, from the raw update to the payload of the reply, without a socket between."""

    def update(self, saying: Saying) -> Any:
        """As the platform sends it: a JSON value."""

    async def deliver(self, raw: Any, rng: Random) -> None:
        """To the parser, the clerk, and back. Raises Wrong for a payload that the platform would refuse."""


async def no_turn(address: str) -> None:
    """Everybody's turn comes at once."""


def ears(stand: Room, channel: str, answering: Answering, session: Any = None) -> Ears:
    """Those of a bot that needs no session."""
    return Ears(
        channel=channel,
        answering=answering,
        session=session,
        clock=stand.clock,
        turn=no_turn,
        tell=lambda key, text: None,
        known_as=lambda name: None,
    )


def file_of(saying: Saying) -> str:
    """What comes as a file: of an import often its text, of anything else now and then all of it; "" for nothing."""
    name, _, rest = saying.text.strip().removeprefix("/").partition(" ")
    text, often = (rest, 0.5) if name == "import" else (saying.text, 0.02)
    return text if saying.rng.random() < often else ""


class Between:
    """Between a bot and the clerk: it has what was asked last, and what came of it."""

    def __init__(self, stand: Room, clerk: Answering) -> None:
        self._stand = stand
        self._clerk = clerk
        self.asked: Asked | None = None
        self.reply: Reply | None = None

    async def answer(self, asked: Asked) -> Reply | None:
        self.asked = asked
        self.reply = await self._clerk.answer(asked)
        return self.reply

    async def fetch(self, place: str, most: int) -> bytes:
        """Every file stands in the place that it is said to be at. Raises Wrong where it was not to be fetched."""
        person = self._stand.office.people.find(self.asked.identity) if self.asked else None
        if person is None or not person.role.at_least(Role.USER):
            raise Wrong("right: the file of somebody who may not import it is fetched")
        return place.encode(errors="replace")[:most]

    def complete(self, what: str, typed: str, identity: Identity) -> Any:
        found = self._clerk.complete(what, typed, identity)
        if len(found) > 25 or not all(isinstance(each, Choice) for each in found):
            raise Wrong(f"completions: {found}")
        return found
