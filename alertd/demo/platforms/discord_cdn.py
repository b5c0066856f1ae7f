"""Discord's CDN on loopback: files that people attach to a command, each under a URL that is signed for a while.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls.
"""

from itertools import count
from secrets import token_hex
from typing import Any, NamedTuple

from aiohttp import web

from alertd.demo.platforms.record import Record

LASTS = 86_400.0
"""Seconds for which a URL is good."""


class _Kept(NamedTuple):
    content: bytes
    until: int
    signature: str


class Cdn:
    """`fetched` are the files that it handed over."""

    def __init__(self, record: Record) -> None:
        self.fetched: list[str] = []
        self._record = record
        self._kept: dict[str, _Kept] = {}
        self._numbers = count(700_000_000_000_000_001)

    def put(self, root: str, name: str, content: bytes) -> dict[str, Any]:
        """A file, as an interaction tells of it; URLs begin with `root`."""
        file, now = str(next(self._numbers)), int(self._record.now())
        kept = self._kept[file] = _Kept(content, now + int(LASTS), token_hex(32))
        url = f"{root}/ephemeral-attachments/{file}/{name}?ex={kept.until:x}&is={now:x}&hm={kept.signature}"
        told = {"id": file, "filename": name, "size": len(content), "url": url, "proxy_url": url, "ephemeral": True}
        return {**told, "content_type": "application/yaml; charset=utf-8"}

    async def serve(self, request: web.Request) -> web.Response:
        """A file by its URL."""
        if "Authorization" in request.headers:
            self._record.wrong.append("discord: the CDN is shown a credential")
        file = request.match_info["file"]
        kept = self._kept.get(file)
        if kept is None or kept.until <= self._record.now() or request.query.get("hm") != kept.signature:
            return web.Response(status=404, text="This content is no longer available.")
        self.fetched.append(file)
        return web.Response(body=kept.content)
