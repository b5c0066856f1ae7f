"""What stands between a platform's SDK and the network: our session, the refusal as it came, log lines without secrets.

The SDKs' own exceptions drop the status, the headers or both; a refusal is therefore read where all of it is still
there, and raised through the SDK.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alertd.wire.secret import redact

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from aiohttp.client import _RequestContextManager

SAID = 200
"""Characters of a platform's own words that an error holds."""


class Refusal(Exception):
    """An answer that is not 2xx. `body` is its JSON object, {} where it holds none; `text` what it is otherwise."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.text = " ".join(content.decode("utf-8", "replace").split())[:SAID]
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        self.body: dict[str, object] = body if isinstance(body, dict) else {}
        super().__init__(f"HTTP {status}")

    def word(self, key: str) -> str:
        """A text of the body, "" where there is none."""
        value = self.body.get(key)
        return value[:SAID] if isinstance(value, str) else ""


async def raise_refusal(response: ClientResponse) -> None:
    """For aiohttp's `raise_for_status`."""
    if not 200 <= response.status < 300:
        raise Refusal(response.status, response.headers, await response.read())


async def download(
    session: ClientSession, url: str, most: int, *, headers: Mapping[str, str] | None = None, **way: Any
) -> bytes:
    """A file, or its first `most` bytes; redirects are not followed. `way` is what else aiohttp's request takes. Raises
    Refusal, ClientError or OSError."""
    plain = {"Accept-Encoding": "identity", **(headers or {})}
    content = bytearray()
    async with session.request("GET", url, headers=plain, allow_redirects=False, **way) as answer:
        await raise_refusal(answer)
        while chunk := await answer.content.read(most - len(content)):
            content += chunk
    return bytes(content)


class SdkSession:
    """What an SDK takes for its aiohttp session: the shared one, with arguments that every request gets."""

    closed = False

    def __init__(self, session: ClientSession, **always: Any) -> None:
        self._session = session
        self._always = always

    def request(self, method: str, url: str, **arguments: Any) -> _RequestContextManager:
        return self._session.request(method, url, **(arguments | self._always))


class _Blot(logging.Filter):
    """Blots secrets out of a record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


_BLOT = _Blot()


def blot(*loggers: str) -> None:
    """Blot secrets out of what these loggers say. A filter holds for one logger, not for those below it."""
    for name in loggers:
        logging.getLogger(name).addFilter(_BLOT)
