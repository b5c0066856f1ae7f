"""Slack on loopback: chat.postMessage by a bot token, and an incoming webhook; both check blocks as Slack does."""

import json
import re
import ssl
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform
from alertd.demo.platforms.record import Record

TEXT_LIMIT = 40_000
TOTAL_LIMIT = 13_200
BLOCKS = 50
_LONGEST = {"header": 150, "section": 3000, "field": 2000, "context": 3000}
_LINK = re.compile(r"<(https?://[^<>|\s]+)\|([^<>|]+)>")
_RAW = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")


class SlackPlatform(HttpPlatform):
    """Takes `token` as a bot's and `hook` as the path of a webhook, whose messages have the address `default`."""

    def __init__(self, record: Record, *, token: str, hook: str, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(record, tls=tls)
        self.token = token
        self.hook = hook
        self._sent = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/chat.postMessage", self._post_message), web.post("/services/{path:.*}", self._hooked)]

    async def _post_message(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        body = await request.json()
        if wrong := self._take(str(body.get("channel", "")), body):
            return web.json_response({"ok": False, "error": wrong})
        return web.json_response(
            {"ok": True, "channel": "C0123456789", "ts": f"{self.record.now():.0f}.{self._sent:06}"}
        )

    async def _hooked(self, request: web.Request) -> web.Response:
        if request.path != self.hook:
            return web.Response(status=404, text="no_service")
        wrong = self._take("default", json.loads(await request.text()))
        return web.Response(status=400, text=wrong) if wrong else web.Response(text="ok")

    def _take(self, address: str, body: dict[str, Any]) -> str:
        """Note the message; the error word where there is something wrong with it."""
        try:
            text = read(body)
        except (KeyError, TypeError, ValueError) as error:
            word = str(error) if isinstance(error, ValueError) else "invalid_blocks"
            self.record.wrong.append(f"slack: {word}")
            return word
        self._sent += 1
        self.record.take("slack", address, "", text)
        return ""


def read(body: dict[str, Any]) -> str:
    """What a person reads in a message. Raises ValueError (or KeyError, TypeError) where Slack would refuse it."""
    if body["unfurl_links"] or body["unfurl_media"] or body["link_names"] or body["mrkdwn"]:
        raise ValueError("its text unfurls, mentions or has markup")
    if not _checked(body["text"], TEXT_LIMIT):
        raise ValueError("no_text")
    texts = [text for block in body["blocks"] for text in _texts(block)]
    if not 0 < len(body["blocks"]) <= BLOCKS:
        raise ValueError("invalid_blocks")
    if sum(map(_length, texts)) > TOTAL_LIMIT:
        raise ValueError("msg_blocks_too_long")
    return "\n".join(map(_decoded, texts))


def _texts(block: dict[str, Any]) -> Iterator[str]:
    """The texts of a block. Raises ValueError where Slack would refuse it."""
    kind = block["type"]
    parts = [(part, kind) for part in [block["text"]] if part] if "text" in block else []
    parts += [(part, "field") for part in block.get("fields", ())]
    parts += [(part, kind) for part in block.get("elements", ())]
    if not parts or len(parts) > 10 or kind not in _LONGEST:
        raise ValueError("invalid_blocks")
    for part, place in parts:
        if part["type"] == "mrkdwn" and place == "context":
            found = _LINK.fullmatch(part["text"])
            if not found or not part.get("verbatim"):
                raise ValueError("invalid_blocks")
            yield _checked(found[1], 3000)
        elif part["type"] == "plain_text" and part.get("emoji") is False and part["text"]:
            yield _checked(part["text"], _LONGEST[place])
        else:
            raise ValueError("invalid_blocks")


def _checked(text: str, limit: int) -> str:
    if _RAW.search(text):
        raise ValueError("unescaped_markup")
    if _length(text) > limit:
        raise ValueError("msg_too_long")
    return text


def _length(text: str) -> int:
    # As if it counted in its own, escaped form: nobody outside knows.
    return len(text.encode("utf-16-le")) // 2


def _decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
