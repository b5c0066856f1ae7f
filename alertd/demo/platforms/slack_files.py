"""Slack's uploads on loopback: a URL is asked for, the bytes are posted there, the file is shared.

https://docs.slack.dev/messaging/working-with-files#uploading_files.
"""

import json


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
