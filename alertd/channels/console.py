"""Messages on standard output: the channel of a first try, of `--dry-run` and of a log that somebody reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alertd.channels.answers import Reason
from alertd.channels.kind import ChannelKind
from alertd.channels.text import Room, fit, plain
from alertd.errors import DeliveryDelayed
from alertd.model.notification import Delivery
from alertd.ports import Bucket, Pictures
from alertd.wire.settings import Settings

if TYPE_CHECKING:
    from aiohttp import ClientSession

ROOM = Room(total=100_000)


class ConsoleSettings(Settings):
    """Nothing to set."""


class Console:
    """Each message is a block: `[address] title`, the rest indented below it. Control characters never get through,
    so that no text can move the cursor or colour the terminal."""

    pictures = Pictures.NEVER

    in_flight = 1
    remembers = 0.0
    resends = True

    def __init__(self, name: str) -> None:
        self.name = name

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return ()

    async def send(self, delivery: Delivery, now: float) -> str:
        text = plain(fit(delivery.notification, ROOM)).replace("\n", "\n    ")
        try:
            sys.stdout.write(f"[{delivery.address}] {text}\n")
            sys.stdout.flush()
        except OSError as error:
            raise DeliveryDelayed(f"standard output: {error.strerror}", reason=Reason.CONNECTION) from None
        except UnicodeEncodeError:
            # A terminal of another encoding: what it cannot show becomes a question mark.
            encoding = sys.stdout.encoding
            sys.stdout.write(f"[{delivery.address}] {text}\n".encode(encoding, "replace").decode(encoding))
            sys.stdout.flush()
        return ""

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """Nothing is added here."""

    async def close(self) -> None:
        """Nothing is held open."""


def check_address(address: str) -> str | None:
    """An address is a word of one's own that stands before the message."""
    return None if address.isprintable() and address.strip() else "expected a word to print before the message"


def build(name: str, settings: ConsoleSettings, session: ClientSession) -> Console:
    return Console(name)


KIND = ChannelKind(settings=ConsoleSettings, build=build, check_address=lambda address, _: check_address(address))
