"""What channels and sources meet when all goes wrong: servers that repeat each secret that they were sent."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Self

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform
from alertd.demo.platforms.record import Record


class Trouble(StrEnum):
    REFUSED = "401 that repeats the request"
    BAD = "400 that repeats the request"
    NONSENSE = "200 that repeats the request as no JSON"
    ELSEWHERE = "302 to a place that repeats the request"
    DROPPED = "a connection that breaks"
    TLS = "no TLS where it must be"

    @property
    def status(self) -> int:
        return int(self.value[:3]) if self.value[0].isdigit() else 200


class Hostile(HttpPlatform):
    """Stands for every API at once."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(Record())
        self._trouble = trouble

    @property
    def url(self) -> str:
        plain = super().url
        return plain.replace("http:", "https:") if self._trouble is Trouble.TLS else plain

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._fail)]

    async def _fail(self, request: web.Request) -> web.Response:
        if self._trouble is Trouble.DROPPED and request.transport:
            request.transport.abort()
        said = " ".join([request.path_qs, *map(str, request.headers.items()), (await request.read()).decode()])
        status = self._trouble.status
        if self._trouble is Trouble.ELSEWHERE:
            return web.Response(status=status, headers={"Location": f"{self.url}{request.path_qs}"}, text=said)
        if self._trouble is Trouble.NONSENSE:
            return web.Response(text=said)
        # Each API finds its own words among these.
        body: Mapping[str, object] = {
            "ok": False,
            "success": False,
            "error": said,
            "message": said,
            "error_code": status,
            "description": said,
            "code": 0,
            "status": {"error_code": status, "error_message": said},
        }
        return web.Response(
            status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json", "X-Said": said}
        )


class HostileMail:
    """A mail server that asks for the password, and says it again in its refusal."""

    def __init__(self, trouble: Trouble, password: str) -> None:
        self._trouble = trouble
        self._password = password
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(b"220 localhost ESMTP\r\n")
            while line := (await reader.readline()).decode("latin-1"):
                word = line.split()[0].upper() if line.split() else ""
                if self._trouble is Trouble.DROPPED and word == "AUTH":
                    break
                writer.write(self._answer(word, line.strip()).encode())
                await writer.drain()
        writer.close()

    def _answer(self, word: str, line: str) -> str:
        if word == "EHLO":
            return "250-localhost\r\n250 AUTH PLAIN\r\n"
        if word == "QUIT":
            return "221 bye\r\n"
        code = "535 5.7.8" if self._trouble is Trouble.REFUSED else "454 4.7.0"
        return f"{code} no: {line} {self._password} {b64encode(self._password.encode()).decode()}\r\n"
