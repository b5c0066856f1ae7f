"""Slack's Socket Mode on loopback: WebSockets opened by a ticket, envelopes that are acknowledged within 3 s.

https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from secrets import token_hex
from typing import Any

from aiohttp import WSMsgType, web

from alertd.demo.platforms.record import Record

DEADLINE = 3.0
"""Seconds in which an envelope is acknowledged."""

ANSWERABLE = "slash_commands"
"""The kind of envelope whose acknowledgement may hold a reply."""


class SocketMode:
    """The lines that are open; what is delivered goes down the newest. `deadline` is in seconds."""

    def __init__(self, record: Record) -> None:
        self.deadline = DEADLINE
        self.opened = 0
        """How many lines have been opened so far."""
        self._record = record
        self._tickets: set[str] = set()
        self._lines: list[web.WebSocketResponse] = []
        self._waiting: dict[str, tuple[asyncio.Future[Mapping[str, Any] | None], str, web.WebSocketResponse]] = {}
        self._news = asyncio.Event()

    def ticket(self) -> str:
        """Opens one line."""
        ticket = token_hex(8)
        self._tickets.add(ticket)
        return ticket

    async def listened(self, lines: int = 1) -> None:
        """Returns once so many lines have been opened in all, and one is open."""
        while self.opened < lines or not self._lines:
            self._news.clear()
            await self._news.wait()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A line, until either side closes it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="a ticket opens one line")
        self._tickets.discard(ticket)
        line = web.WebSocketResponse()
        await line.prepare(request)
        await line.send_json({"type": "hello", "num_connections": len(self._lines) + 1, "connection_info": {}})
        self._lines.append(line)
        self.opened += 1
        self._news.set()
        try:
            async for message in line:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(message.data)
        finally:
            self._lines.remove(line)
            for future, _, on in self._waiting.values():
                if on is line and not future.done():
                    future.set_exception(ConnectionError("the line broke before it was acknowledged"))
        return line

    async def deliver(self, kind: str, payload: Mapping[str, Any], **more: Any) -> Mapping[str, Any] | None:
        """What the acknowledgement holds; None where it is an empty one, or does not come within the `deadline`. Raises
        ConnectionError where the line breaks."""
        await self.listened()
        envelope, line = token_hex(8), self._lines[-1]
        future: asyncio.Future[Mapping[str, Any] | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = future, kind, line
        try:
            async with asyncio.timeout(self.deadline):
                body = {"envelope_id": envelope, "type": kind, "payload": payload, **more}
                await line.send_json({**body, "accepts_response_payload": kind == ANSWERABLE})
                return await future
        except TimeoutError:
            self._record.wrong.append(f"slack: {kind} was not acknowledged within {self.deadline:g} s")
            return None
        finally:
            del self._waiting[envelope]

    async def send_raw(self, text: str) -> None:
        """Down the newest line, as it is."""
        await self.listened()
        await self._lines[-1].send_str(text)

    async def refresh(self) -> None:
        """Ask for another line, as Slack does every few hours; this one is closed once that is there."""
        await self.listened()
        old, opened = self._lines[-1], self.opened
        await old.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
        await self.listened(opened + 1)
        await old.close()

    async def close(self) -> None:
        """Close all lines."""
        for line in list(self._lines):
            with suppress(ConnectionError):
                await line.close()

    def _acknowledge(self, text: str) -> None:
        try:
            said = json.loads(text)
            envelope, payload = str(said["envelope_id"]), said.get("payload")
        except (ValueError, KeyError, TypeError):
            self._record.wrong.append("slack: what came on the line is no acknowledgement")
            return
        future, kind, _ = self._waiting.get(envelope, (None, "", None))
        if future is None or future.done():
            self._record.wrong.append("slack: an acknowledgement of what was not sent, or twice")
            return
        if payload is not None and kind != ANSWERABLE:
            self._record.wrong.append(f"slack: the acknowledgement of {kind} holds no reply")
            payload = None
        future.set_result(payload)
