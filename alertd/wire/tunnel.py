"""A TCP connection through an HTTP proxy's CONNECT, for a library that takes a socket."""

import asyncio
import base64
import socket

from yarl import URL

from alertd.errors import ConfigError

MOST = 16_384
"""Bytes of a proxy's answer that are read."""


async def tunnel(proxy: str, host: str, port: int, *, within: float) -> socket.socket:
    """A socket whose other end is `host`, in so many seconds.

    Raises ConfigError where the proxy is none, else OSError, TimeoutError among them; the text of neither holds the
    proxy's URL, which may hold a password.
    """
    url = URL(proxy)
    if url.scheme != "http" or not url.host:
        raise ConfigError("only an http:// proxy can carry this connection")
    login = f"{url.user or ''}:{url.password or ''}" if url.user or url.password else ""
    basic = f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}\r\n" if login else ""
    request = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{basic}\r\n"
    async with asyncio.timeout(within):
        return await _connect((url.host, url.port or 80), request.encode())


async def _connect(proxy: tuple[str, int], request: bytes) -> socket.socket:
    loop = asyncio.get_running_loop()
    places = await loop.getaddrinfo(*proxy, type=socket.SOCK_STREAM)
    sock = socket.socket(places[0][0], socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, places[0][4])
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
