"""Names to addresses, in threads of their own: whoever may choose the names may choose ones that take long, and the
threads of the loop are those that the daemon works with."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

THREADS = 4
MOST = 16
"""Lookups at a time, those that wait for a thread among them: one that nobody waits for any more counts until it ends,
as it holds its thread until then."""

Find = Callable[..., Sequence[tuple[Any, ...]]]
"""As `socket.getaddrinfo`."""


class Full(OSError):
    """There are as many lookups as there may be."""


class Lookups(AbstractResolver):
    """Asks as the system does, with `find`."""

    def __init__(self, find: Find = socket.getaddrinfo) -> None:
        self._find = find
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lookup")
        self._under_way = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        """Raises Full, OSError where there is no such name."""
        if self._under_way >= MOST:
            raise Full("too many lookups")
        self._under_way += 1
        loop = asyncio.get_running_loop()
        asked = self._threads.submit(self._find, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        asked.add_done_callback(lambda _: self._tell(loop))
        found = await asyncio.wrap_future(asked)
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
            if len(address) > 1 and isinstance(address[0], str)
        ]

    async def close(self) -> None:
        """Waits for none of them."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        """From whichever thread it ended in."""
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._ended)

    def _ended(self) -> None:
        self._under_way -= 1
