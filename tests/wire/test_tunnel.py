"""A connection through a proxy's CONNECT."""

import asyncio
import base64
from collections.abc import AsyncIterator
from socket import AF_INET, IPPROTO_TCP, SOCK_STREAM
from typing import Any

import pytest

from alertd.errors import ConfigError
from alertd.wire.tunnel import tunnel
from tests.channels.proxy import Proxy


@pytest.fixture
async def answering() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port whose server answers the first request with what is in the list, and hangs up."""
    answers: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], answers
    server.close()
    await server.wait_closed()


async def test_the_far_end_answers_through_the_proxy(answering: tuple[int, list[bytes]]) -> None:
    port, answers = answering
    answers.append(b"hello")
    async with Proxy() as proxy:
        sock = await tunnel(proxy.url.replace("//", "//desk:canary@"), "localhost", port, within=5)
        reader, writer = await asyncio.open_connection(sock=sock)
        writer.write(b"who is there\r\n\r\n")
        assert await reader.read() == b"hello"
        writer.close()
        await writer.wait_closed()
        assert proxy.targets == [f"localhost:{port}"]
        login = base64.b64encode(b"desk:canary").decode()
        assert f"Proxy-Authorization: Basic {login}\r\n" in proxy.heads[0]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Who are you\r\n\r\n", b"HTTP/1.1 200 O", b"", b"x" * 20_000])
async def test_a_proxy_that_does_not_connect(answer: bytes, answering: tuple[int, list[bytes]]) -> None:
    answering[1].append(answer)
    with pytest.raises(ConnectionError, match="the proxy"):
        await tunnel(f"http://127.0.0.1:{answering[0]}", "mail.example", 587, within=5)


async def test_an_ipv6_host_stands_in_brackets() -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    with pytest.raises(ConnectionError):
        await tunnel(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "::1", 587, within=5)
    server.close()
    await server.wait_closed()
    assert heads == [b"CONNECT [::1]:587 HTTP/1.1\r\nHost: [::1]:587\r\n\r\n"]


def test_a_proxy_is_tried_at_each_of_its_addresses() -> None:
    class TwoAddresses(asyncio.SelectorEventLoop):
        """Resolves any name as many machines do `localhost`: to an address that nobody listens on, and to ours."""

        async def getaddrinfo(self, host: str, port: int, **kinds: int) -> list[Any]:  # type: ignore[override]  # fewer
            return [(AF_INET, SOCK_STREAM, IPPROTO_TCP, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    async def connect() -> list[str]:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Proxy() as proxy:
            sock = await tunnel(proxy.url.replace("127.0.0.1", "gate.example"), "127.0.0.1", port, within=5)
            sock.close()
        server.close()
        await server.wait_closed()
        return proxy.targets

    with asyncio.Runner(loop_factory=TwoAddresses) as runner:
        assert len(runner.run(connect())) == 1


async def test_only_plain_proxies() -> None:
    with pytest.raises(ConfigError, match="http://"):
        await tunnel("https://gate.example", "mail.example", 587, within=5)
