"""Discord's REST API on loopback: a bot's messages and a webhook's, embeds and mentions checked, nonces kept."""

import json
import re
import ssl
from typing import Any

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform
from alertd.demo.platforms.record import Record

CONTENT_LIMIT = 2000
EMBED_LIMITS = {"title": 256, "description": 4096}
TOTAL_LIMIT = 6000
_SIGNS = re.compile(r"\\([^0-9A-Za-z\s])|\[((?:\\.|[^\]\\])+)\]\(https?://[^\s()<>]+\)|([*_~`|\[\]<>#@])")


class DiscordPlatform(HttpPlatform):
    """Takes `token` as a bot's and `hook` as `<id>/<token>` of a webhook, whose messages have the address `default`.

    `repeats` counts messages that came again with a nonce already seen.
    """

    def __init__(self, record: Record, *, token: str, hook: str, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(record, tls=tls)
        self.token = token
        self.hook = hook
        self.repeats = 0
        self._sent = 0
        self._nonces: dict[str, int] = {}

    @property
    def api(self) -> str:
        """What stands for https://discord.com/api/v10."""
        return f"{self.url}/api/v10"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v10/users/@me", self._me),
            web.post("/api/v10/channels/{channel}/messages", self._create),
            web.post("/api/v10/webhooks/{id}/{token}", self._execute),
        ]

    async def _me(self, request: web.Request) -> web.Response:
        if not self._known(request):
            return _answer(401, {"message": "401: Unauthorized", "code": 0})
        return _answer(200, {"id": "100000000000000001", "username": "alertd", "discriminator": "0", "bot": True})

    async def _create(self, request: web.Request) -> web.Response:
        if not self._known(request):
            return _answer(401, {"message": "401: Unauthorized", "code": 0})
        body = await request.json()
        nonce = body.get("nonce", "")
        if not nonce or len(nonce) > 25 or body.get("enforce_nonce") is not True:
            self.record.wrong.append("discord: no nonce, or one that is too long")
        if nonce in self._nonces:
            self.repeats += 1
            return self._message(self._nonces[nonce])
        return self._take(request, request.match_info["channel"], body)

    async def _execute(self, request: web.Request) -> web.Response:
        if f"{request.match_info['id']}/{request.match_info['token']}" != self.hook:
            return _answer(404, {"message": "Unknown Webhook", "code": 10015})
        return self._take(request, "default", await request.json())

    def _known(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bot {self.token}"

    def _take(self, request: web.Request, address: str, body: dict[str, Any]) -> web.Response:
        try:
            if request.headers.get("Content-Type") != "application/json":
                raise ValueError("another content type")
            text = read(body)
        except (KeyError, ValueError) as error:
            self.record.wrong.append(f"discord: {error}")
            return _answer(400, {"message": "Invalid Form Body", "code": 50035})
        self._sent += 1
        if "nonce" in body:
            self._nonces[body["nonce"]] = self._sent
        self.record.take("discord", address, "", text)
        return self._message(self._sent)

    def _message(self, number: int) -> web.Response:
        return _answer(200, {"id": str(200000000000000000 + number)})


def read(body: dict[str, Any]) -> str:
    """What a person reads in a message. Raises ValueError (or KeyError) where Discord would refuse or mark it up."""
    if body["allowed_mentions"] != {"parse": []}:
        raise ValueError("it may mention somebody")
    return _content(body["content"]) + "".join(map(_embed, body.get("embeds", ())))


def _content(content: str) -> str:
    if not (content.startswith("**") and content.endswith("**")) or not 0 < _length(content) <= CONTENT_LIMIT:
        raise ValueError("the content is empty, too long or not bold")
    return _seen(content[2:-2])


def _embed(embed: dict[str, Any]) -> str:
    """What a person reads in an embed. Raises ValueError where Discord would refuse it."""
    fields = embed.get("fields", [])
    parts = [(name, embed[name], limit) for name, limit in EMBED_LIMITS.items() if name in embed]
    parts += [(name, field[name], limit) for field in fields for name, limit in (("name", 256), ("value", 1024))]
    text = "".join("\n" + "\n".join(map(_seen, value.split("\n"))) for _, value, _ in parts)
    if footer := embed.get("footer"):
        parts.append(("footer", footer["text"], 2048))
        text += "\n" + footer["text"]
    if len(fields) > 25 or any(not 0 < _length(value) <= limit for _, value, limit in parts):
        raise ValueError("a part of the embed is empty or too long")
    if sum(_length(value) for _, value, _ in parts) > TOTAL_LIMIT:
        raise ValueError("the embed is too long")
    return text


def _seen(text: str) -> str:
    """A line as a person reads it. Raises ValueError for a sign of markup without its backslash."""

    def sign(found: re.Match[str]) -> str:
        if found[3]:
            raise ValueError(f"{found[3]} is markup here")
        return found[1] or _seen(found[2])

    return _SIGNS.sub(sign, text)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _answer(status: int, body: dict[str, Any]) -> web.Response:
    # discord.py reads JSON only under this exact content type: aiohttp's own adds a charset.
    return web.Response(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
