"""A connection through a proxy's CONNECT."""

import asyncio
import base64
from collections.abc import AsyncIterator

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


async def test_only_plain_proxies() -> None:
    with pytest.raises(ConfigError, match="http://"):
        await tunnel("https://proxy.example", "mail.example", 587, within=5)
