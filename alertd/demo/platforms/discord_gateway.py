"""Discord's gateway on loopback: sessions that are begun, resumed and made invalid, and events in their order.

https://docs.discord.com/developers/events/gateway; opcodes and close codes are those of its page of them.
"""

import asyncio
import json
from enum import IntEnum
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from alertd.demo.platforms.record import Record

HEARTBEAT = 41_250
"""Milliseconds."""


class Op(IntEnum):
    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


_UNKNOWN_OP, _NOT_IDENTIFIED, _REFUSED_TOKEN = 4001, 4003, 4004


class Line:
    """One bot's session, or none. What happens while it is away is kept for its resumption. `joined` waits until it
    listens; `identified` and `resumed` count how it came."""

    def __init__(self, record: Record) -> None:
        self.token = ""
        self.identified = 0
        self.resumed = 0
        self._record = record
        self._socket: web.WebSocketResponse | None = None
        self._session = ""
        self._events: list[dict[str, Any]] = []
        self._there = asyncio.Event()
        self._numbers = count(1)

    async def joined(self) -> None:
        await self._there.wait()

    @property
    def open(self) -> bool:
        return self._there.is_set()

    async def dispatch(self, event: str, data: object) -> None:
        """Something happens: the bot is told, at once or when it has resumed its session."""
        self._events.append({"op": Op.DISPATCH, "t": event, "s": len(self._events) + 1, "d": data})
        if self._socket is not None and self._there.is_set():
            await self._socket.send_str(json.dumps(self._events[-1]))

    async def reconnect(self) -> None:
        """The bot is asked to connect anew and to resume."""
        await self._say(Op.RECONNECT, None)

    async def drop(self, code: int = 4000) -> None:
        """The connection ends; the session may be resumed."""
        if self._socket is not None:
            self._there.clear()
            await self._socket.close(code=code)

    async def serve(self, request: web.Request, ready: dict[str, Any]) -> web.WebSocketResponse:
        """A connection, `ready` being what READY says beside the session."""
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        if (request.query.get("v"), request.query.get("encoding")) != ("10", "json"):
            self._wrong("another version or encoding")
        await socket.send_str(json.dumps({"op": Op.HELLO, "d": {"heartbeat_interval": HEARTBEAT}, "s": None}))
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    self._wrong("frames that are no text")
                    break
                await self._hear(socket, json.loads(message.data), ready)
        finally:
            if self._socket is socket:
                self._there.clear()
                self._socket = None
        return socket

    async def _hear(self, socket: web.WebSocketResponse, said: dict[str, Any], ready: dict[str, Any]) -> None:
        op, data = said.get("op"), said.get("d")
        if op == Op.HEARTBEAT:
            await socket.send_str(json.dumps({"op": Op.HEARTBEAT_ACK}))
        elif op == Op.IDENTIFY and isinstance(data, dict):
            await self._identify(socket, data, ready)
        elif op == Op.RESUME and isinstance(data, dict):
            await self._resume(socket, data)
        else:
            self._wrong(f"opcode {op}")
            await socket.close(code=_NOT_IDENTIFIED if self._socket is not socket else _UNKNOWN_OP)

    async def _identify(self, socket: web.WebSocketResponse, data: dict[str, Any], ready: dict[str, Any]) -> None:
        if data.get("token") != self.token:
            await socket.close(code=_REFUSED_TOKEN)
            return
        if not {"os", "browser", "device"} <= data["properties"].keys() or not isinstance(data["intents"], int):
            self._wrong("IDENTIFY without properties or intents")
        self._session, self._socket, self._events = f"session{next(self._numbers)}", socket, []
        self.identified += 1
        self._there.set()
        await self.dispatch("READY", {"v": 10, "guilds": [], "session_id": self._session, **ready})

    async def _resume(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        if not self._session or (data["token"], data["session_id"]) != (self.token, self._session):
            await socket.send_str(json.dumps({"op": Op.INVALID_SESSION, "d": False}))
            return
        self._socket = socket
        self.resumed += 1
        for event in self._events[data["seq"] :]:
            await socket.send_str(json.dumps(event))
        self._there.set()
        await self.dispatch("RESUMED", {})

    async def _say(self, op: Op, data: object) -> None:
        if self._socket is not None:
            self._there.clear()
            await self._socket.send_str(json.dumps({"op": op, "d": data}))

    def _wrong(self, what: str) -> None:
        self._record.wrong.append(f"discord: {what} at the gateway")
