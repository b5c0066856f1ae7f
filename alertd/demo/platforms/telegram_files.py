"""Files that people send to a bot on Telegram's loopback platform: known to that bot by an id, and for an hour by a
place.

https://core.telegram.org/bots/api#getfile and #document.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from aiohttp import web

from alertd.demo.platforms.telegram_form import Form, granted, refusal

LASTS = 3600.0
"""Seconds for which a file is at its place."""
LARGEST = 20 * 2**20
"""Bytes of what a bot may fetch."""


class _Kept(NamedTuple):
    bot: str
    content: bytes


class Uploads:
    """`now` is the platform's clock; `fetched` are the places that were asked for. `disk` is a place on the server's
    own disk that is told instead, as a local Bot API server does."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.fetched: list[str] = []
        self.disk = ""
        self._now = now
        self._kept: dict[str, _Kept] = {}
        self._until: dict[str, float] = {}
        self._numbers = count(1)

    def put(self, bot: str, name: str, content: bytes) -> dict[str, Any]:
        """A file for the bot of that number, as a message tells of it."""
        number = next(self._numbers)
        file = f"BQAC{number:08}"
        self._kept[file] = _Kept(bot, content)
        told = {"file_id": file, "file_unique_id": f"AgAD{number}", "file_size": len(content)}
        return {**told, "file_name": name, "mime_type": "application/yaml"}

    def find(self, bot: str, form: Form) -> web.Response:
        """getFile: the place, good from now on for an hour."""
        file = str(form.get("file_id", ""))
        kept = self._kept.get(file)
        if kept is None or kept.bot != bot:
            return refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(kept.content) > LARGEST:
            return refusal(400, "Bad Request: file is too big")
        place = f"documents/{file}.yaml"
        self._until[place] = self._now() + LASTS
        told = {"file_id": file, "file_unique_id": f"u{file}", "file_size": len(kept.content)}
        return granted({**told, "file_path": self.disk or place})

    def hand_over(self, bot: str, place: str) -> web.Response:
        """What is at a place that the bot has asked for."""
        self.fetched.append(place)
        kept = self._kept.get(place.removeprefix("documents/").removesuffix(".yaml"))
        if kept is None or kept.bot != bot or self._now() >= self._until.get(place, 0.0):
            return refusal(404, "Not Found")
        return web.Response(body=kept.content, content_type="application/octet-stream")
