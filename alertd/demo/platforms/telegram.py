"""Telegram's Bot API on loopback: sendMessage, its HTML parsed as strictly as Telegram does."""

import json
import re
import ssl
from collections.abc import Mapping
from html import unescape

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform
from alertd.demo.platforms.record import Record

TEXT_LIMIT = 4096
_TOKENS = re.compile(
    r'<(?P<open>b|i)>|<(?P<link>a) href="[^"<>]*">|</(?P<close>b|i|a)>|(?P<text>&(?:lt|gt|amp|quot|#\d+);|[^<&]+)'
)


class TelegramPlatform(HttpPlatform):
    """Notes `chat` or `chat/topic` as the address. Refusals are worded as Telegram words them."""

    def __init__(self, record: Record, token: str, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(record, tls=tls)
        self.token = token
        self._sent = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/bot{token}/sendMessage", self._send)]

    async def _send(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _refusal(401, "Unauthorized")
        form = {name: str(value) for name, value in (await request.post()).items()}
        text = form.get("text", "")
        if form.get("parse_mode") == "HTML":
            parsed = parse(text)
            if parsed is None:
                return self._wrong("can't parse entities: unsupported or unclosed tag")
            text = parsed
        if not text.strip():
            return self._wrong("message text is empty")
        if len(text.encode("utf-16-le")) // 2 > TEXT_LIMIT:
            return self._wrong("message is too long")
        if json.loads(form.get("link_preview_options", "{}")).get("is_disabled") is not True:
            self.record.wrong.append("telegram: the link preview is on")
        self._sent += 1
        topic = form.get("message_thread_id")
        self.record.take("telegram", form["chat_id"] + (f"/{topic}" if topic else ""), "", text)
        return web.json_response({"ok": True, "result": self._message(form, text)})

    def _message(self, form: Mapping[str, str], text: str) -> dict[str, object]:
        # A channel is asked for by its name and answers with its id.
        chat = form["chat_id"]
        named = chat.startswith("@")
        return {
            "message_id": self._sent,
            "date": int(self.record.now()),
            "chat": {"id": -1001000000001 if named else int(chat), "type": "channel" if named else "private"},
            "text": text,
        }

    def _wrong(self, what: str) -> web.Response:
        self.record.wrong.append(f"telegram: {what}")
        return _refusal(400, f"Bad Request: {what}")


def parse(html: str) -> str | None:
    """The text that a person reads, None where Telegram would not parse it."""
    text, at = "", 0
    stack: list[str] = []
    while at < len(html):
        found = _TOKENS.match(html, at)
        if not found:
            return None
        at = found.end()
        if found["text"]:
            text += unescape(found["text"])
        elif found["close"]:
            if not stack or stack.pop() != found["close"]:
                return None
        else:
            stack.append(found["open"] or found["link"])
    return None if stack else text


def _refusal(status: int, description: str) -> web.Response:
    return web.json_response({"ok": False, "error_code": status, "description": description}, status=status)
