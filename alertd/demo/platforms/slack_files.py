"""Slack's files on loopback. Of a bot: a URL is asked for, the bytes are posted there, the file is shared. Of people: a
message tells its URL, which the bot's token opens.

https://docs.slack.dev/messaging/working-with-files#uploading_files, …/reference/objects/file-object and
…/reference/scopes/files.read.
"""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from alertd.demo.platforms.record import Record


class Uploads:
    """Files of people. `token` opens them, as long as they are `readable` to the app by its scopes; `fetched` are those
    that it opened."""

    def __init__(self, record: Record, token: Callable[[], str]) -> None:
        self.readable = True
        self.fetched: list[str] = []
        self._record = record
        self._token = token
        self._kept: dict[str, bytes] = {}

    def put(self, root: str, name: str, content: bytes) -> dict[str, Any]:
        """A file, as a message tells of it; URLs begin with `root`."""
        file = f"F{len(self._kept) + 1:010}"
        self._kept[file] = content
        told = {"id": file, "name": name, "title": name, "size": len(content), "mode": "hosted", "filetype": "yaml"}
        url = f"{root}/files-pri/T0LOOPBACK-{file}"
        return {**told, "url_private": f"{url}/{name}", "url_private_download": f"{url}/download/{name}"}

    async def serve(self, request: web.Request) -> web.Response:
        """A file by its URL; whoever may not read it is sent to log in."""
        if request.headers.get("Authorization") != f"Bearer {self._token()}":
            self._record.wrong.append("slack: a file is asked for without the bot's token")
        elif self.readable:
            file = request.match_info["file"].partition("-")[2]
            self.fetched.append(file)
            content = self._kept.get(file)
            return web.Response(status=404) if content is None else web.Response(body=content)
        return web.Response(status=302, headers={"Location": f"/?redir={request.path}"})


class Files:
    """Files on their way, by the ids that they were given."""

    def __init__(self) -> None:
        self._begun: dict[str, tuple[str, int]] = {}
        self._there: dict[str, bytes] = {}

    def begin(self, name: str, length: str) -> str:
        """The id of a file of so many bytes, "" where that is none."""
        if not name or not length.isdecimal() or not int(length):
            return ""
        file = f"F{len(self._begun) + 1:08}"
        self._begun[file] = name, int(length)
        return file

    def put(self, file: str, content: bytes) -> bool:
        """Take the bytes; False where there are more or fewer than was said."""
        if self._begun.get(file, ("", -1))[1] != len(content):
            return False
        self._there[file] = content
        return True

    def take(self, files: str) -> list[tuple[str, bytes]] | None:
        """Names and contents of what is shared (JSON, as the method takes it); None where one is not there."""
        try:
            ids = [each["id"] for each in json.loads(files)]
            return [(self._begun[file][0], self._there.pop(file)) for file in ids]
        except (ValueError, KeyError, TypeError):
            return None
