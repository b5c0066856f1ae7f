"""What the index knows of a kind of channel, without its SDK."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from alertd.ports import Channel
from alertd.wire.settings import Settings

if TYPE_CHECKING:
    from aiohttp import ClientSession

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class ChannelKind(Generic[S]):
    """`settings` is the shape of its section under `channels:`. `build(name, settings, session)` imports the SDK and
    connects to nothing; it raises ConfigError where a secret cannot be read. `check_address(address,
    settings)` says what is wrong with an address as a person wrote it, or None; it needs no SDK and no secret."""

    settings: type[S]
    build: Callable[[str, S, ClientSession], Channel]
    check_address: Callable[[str, S], str | None]
    deaf: Callable[[S], str | None] = lambda _: "it has no bot"
    """Why its bot cannot hear commands, None where it can."""
