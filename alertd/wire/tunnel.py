"""A TCP connection through an HTTP proxy's CONNECT, for a library that takes a socket."""

import asyncio
import base64
import socket

from yarl import URL

from alertd.errors import ConfigError

MOST = 16_384
"""Bytes of a proxy's answer that are read."""


def plain_proxy(proxy: str) -> URL:
    """The proxy's URL. Raises ConfigError where it is none that `tunnel` can use."""
    url = URL(proxy)
    if url.scheme != "http" or not url.host:
        raise ConfigError("only an http:// proxy can carry this connection")
    return url


async def tunnel(proxy: str, host: str, port: int, *, within: float) -> socket.socket:
    """A socket whose other end is `host`, in so many seconds.

    Raises ConfigError where the proxy is none, else OSError, TimeoutError among them; the text of neither holds the
    proxy's URL, which may hold a password.
    """
    url = plain_proxy(proxy)
    login = f"{url.user or ''}:{url.password or ''}" if url.user or url.password else ""
    basic = f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}\r\n" if login else ""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    request = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{basic}\r\n"
    async with asyncio.timeout(within):
        return await _through(await _connected(url.host or "", url.port or 80), request.encode())


async def _connected(host: str, port: int) -> socket.socket:
    """A connection to the first of a name's addresses that takes one: `localhost` may be ::1 to the one side only."""
    loop = asyncio.get_running_loop()
    failure: OSError = ConnectionError("the proxy has no address")
    for family, kind, _, _, place in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, place)
        except OSError as error:
            failure = error
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


async def _through(sock: socket.socket, request: bytes) -> socket.socket:
    """The same socket, once the proxy has taken the request."""
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(sock, request)
        answer = b""
        # One byte at a time: what follows the empty line belongs to the server behind the proxy.
        while not answer.endswith(b"\r\n\r\n"):
            piece = await loop.sock_recv(sock, 1)
            answer += piece
            if not piece or len(answer) > MOST:
                raise ConnectionError("the proxy broke off")
        status = answer.split(b" ", 2)[1:2]
        if not status or not status[0].startswith(b"2"):
            raise ConnectionError("the proxy refuses the connection")
    except BaseException:
        sock.close()
        raise
    return sock
