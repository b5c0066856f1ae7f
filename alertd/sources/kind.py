"""What the index knows of a kind of source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from alertd.errors import ConfigError
from alertd.ports import Clock, Source
from alertd.wire.settings import Settings

if TYPE_CHECKING:
    from aiohttp import ClientSession

S = TypeVar("S", bound=Settings)
Ids = Mapping[str, str | int]
"""alertd's name of a coin → its id at the source."""


@dataclass(frozen=True, slots=True)
class SourceKind(Generic[S]):
    """`settings` is the shape of its section under `sources:`. `build(name, settings, ids, session, clock)` asks
    nothing of the network; it raises ConfigError where the settings cannot be used."""

    settings: type[S]
    build: Callable[[str, S, Ids, ClientSession, Clock], Source]


def one_coin_each(source: str, ids: Ids) -> dict[str, str]:
    """Coin → id as text. Raises ConfigError where two coins have one id: a reading can be of one coin only."""
    coins: dict[str, str] = {}
    for coin, id_ in ids.items():
        if (other := coins.setdefault(str(id_), coin)) != coin:
            raise ConfigError(f"coins: {coin} and {other} are both {id_} at {source}: make one an alias (also:)")
    return {coin: id_ for id_, coin in coins.items()}
