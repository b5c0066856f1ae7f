"""A listening socket on a free port of 127.0.0.1 that may be shut and opened again on the same port."""

import asyncio
import socket
import ssl
from collections.abc import Callable

BACKLOG = 1024


class Listener:
    """Shut, it refuses connections as a dead machine's port does."""

    def __init__(self, protocol: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None) -> None:
        self.port = 0
        self._protocol = protocol
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Returns when it accepts connections."""
        self.reopen()
        if self._opening:
            await self._opening

    def reopen(self) -> None:
        """Connections are taken from now on; they are served as soon as the loop comes round."""
        if self._opening is None:
            listening = socket.create_server(("127.0.0.1", self.port), backlog=BACKLOG)
            self.port = listening.getsockname()[1]
            self._opening = asyncio.get_running_loop().create_task(self._serve(listening))

    async def _serve(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._protocol, sock=listening, ssl=self._tls, backlog=BACKLOG)
        except BaseException:
            listening.close()
            raise

    def shut(self) -> None:
        """Open connections stay."""
        if self._opening and not self._opening.done():
            self._opening.cancel()
        if self._server:
            self._server.close()
        self._opening = self._server = None
