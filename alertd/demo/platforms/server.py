"""What every loopback platform is, whatever it speaks: a port of 127.0.0.1, and a mood."""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from alertd.demo.platforms.listener import Listener
from alertd.demo.platforms.moods import WELL, Dice, Mood, Temper


class Server(ABC):
    """`mood` may be set at any time, and is about every request that comes from then on."""

    def __init__(self) -> None:
        self._dice = Dice(WELL)
        self._closing = asyncio.Event()
        self._listener: Listener | None = None

    @property
    def port(self) -> int:
        """0 before it has started. It stays the same however often the server dies."""
        return self._listener.port if self._listener else 0

    @property
    def mood(self) -> Mood:
        return self._dice.mood

    @mood.setter
    def mood(self, mood: Mood) -> None:
        self._dice = Dice(mood)
        if self._listener:
            self._attend(self._listener)

    @abstractmethod
    def _connections(self) -> Iterable[asyncio.BaseTransport | None]:
        """Those that are open."""

    async def _listen(self, protocol: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None) -> None:
        self._listener = Listener(protocol, tls)
        await self._listener.open()
        self._attend(self._listener)

    def _attend(self, listener: Listener) -> None:
        if self.mood.temper is not Temper.DEAD:
            listener.reopen()
            return
        listener.shut()
        for transport in list(self._connections()):
            cut_off(transport)

    def _leave(self) -> None:
        """No more connections; what waits for an answer that never comes is let go."""
        self._closing.set()
        if self._listener:
            self._listener.shut()


def cut_off(transport: asyncio.BaseTransport | None) -> None:
    """Break a connection; what was written and not sent yet is lost."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
