"""The bots: one file per platform, imported when its channel listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from alertd.bot.asking import Answering
from alertd.bot.hearing import Hearing
from alertd.ports import Clock

if TYPE_CHECKING:
    from aiohttp import ClientSession

BOTS = {
    "telegram": "alertd.bot.telegram",
    "slack": "alertd.bot.slack",
    "discord": "alertd.bot.discord",
}
"""Kind of channel → the module with its bot."""


class Bot(Protocol):
    """Listens on one channel and brings back the replies."""

    hearing: Hearing

    async def run(self) -> None:
        """Until cancelled. A platform that is down, at the start too, is tried again and again; it never ends by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """All that a bot is given. `turn` waits until a message to an address of the channel may go, and counts it against
    the platform's limits; it raises `NoTurn` where it is to be left out. `rest` is told until when the platform wants
    nothing for an address (epoch seconds), so that alerts wait as well. `tell` has the operator told: (key, text), once
    for each key in an hour. `known_as` takes the address by which people reach the bot (`https://t.me/name`), as soon
    as it is known. `admins` are the users there who may say more than others."""

    channel: str
    answering: Answering
    session: ClientSession
    clock: Clock
    turn: Callable[[str], Awaitable[None]]
    tell: Callable[[str, str], None]
    known_as: Callable[[str], None]
    admins: Callable[[], frozenset[str]] = frozenset
    rest: Callable[[str, float], None] = lambda address, until: None


def build(kind: str, settings: Any, ears: Ears) -> Bot:
    """The bot of a channel. Raises ConfigError where its secrets cannot be read."""
    return cast("Bot", import_module(BOTS[kind]).build(settings, ears))
