"""Discord's REST API on loopback: a bot's messages and a webhook's, embeds and mentions checked, nonces kept."""

import json
import math
import re
from collections.abc import Iterator
from http.client import responses
from typing import Any, Unpack

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform, Serving
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Received, Record

DEFAULT = "default"
SUPPRESS_NOTIFICATIONS = 1 << 12
"""The message flag of those that ring no bell."""

UNKNOWN_REFERENCE = {
    "message": "Invalid Form Body",
    "code": 50035,
    "errors": {
        "message_reference": {"_errors": [{"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}]}
    },
}
CONTENT_LIMIT = 2000
EMBED_LIMITS = {"title": 256, "description": 4096}
TOTAL_LIMIT = 6000
_SIGNS = re.compile(r"\\([^0-9A-Za-z\s])|\[((?:\\.|[^\]\\])+)\]\(https?://[^\s()<>]+\)|([*_~`|\[\]<>#@])")


class DiscordPlatform(HttpPlatform):
    """Takes `token` as a bot's and `hook` as `<id>/<token>` of a webhook, whose messages have the address `default`.

    `repeats` counts messages that came again with a nonce already seen, which is known for `remembers` seconds.
    Channels in `missing` do not exist, those in `forbidden` the bot may not see; webhooks in `revoked` were deleted.
    """

    name = "discord"

    def __init__(
        self, record: Record, *, token: str, hook: str, remembers: float = math.inf, **serving: Unpack[Serving]
    ) -> None:
        super().__init__(record, **serving)
        self.token = token
        self.hook = hook
        self.repeats = 0
        self.missing: set[str] = set()
        self.forbidden: set[str] = set()
        self.revoked: set[str] = set()
        self._remembers = remembers
        self._sent = 0
        self._refs: set[tuple[str, str]] = set()
        """(address, message id) of all that it has."""
        self._nonces: dict[str, tuple[str, float]] = {}
        """The message's id and when it came."""

    @property
    def api(self) -> str:
        """What stands for https://discord.com/api/v10."""
        return f"{self.url}/api/v10"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v10/users/@me", self._me),
            web.post("/api/v10/channels/{channel}/messages", self._create),
            web.patch("/api/v10/channels/{channel}/messages/{message}", self._edit),
            web.post("/api/v10/webhooks/{id}/{token}", self._execute),
            web.patch("/api/v10/webhooks/{id}/{token}/messages/{message}", self._edit_executed),
        ]

    def wait(self, refusal: Refusal) -> float:
        # Its body has the fraction; the header, for those who read no more, the seconds rounded up.
        return math.ceil(refusal.retry_after * 1000) / 1000

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        everywhere = ask.reason == "global"
        said = {"message": "You are being rate limited.", "retry_after": refusal.retry_after, "global": everywhere}
        answer = _answer(429, said)
        answer.headers.update(self._level(ask))
        # Without a Via the libraries take it for Cloudflare's ban.
        answer.headers.update({"Via": "1.1 google", "Retry-After": str(math.ceil(refusal.retry_after))})
        answer.headers["X-RateLimit-Scope"] = "global" if everywhere else "user"
        if everywhere:
            answer.headers["X-RateLimit-Global"] = "true"
        return answer

    def failing(self, status: int) -> web.Response:
        return _answer(status, {"message": f"{status}: {responses.get(status, 'Unknown Error')}", "code": 0})

    def banned(self) -> web.Response:
        # Cloudflare's: no Via, no JSON.
        return web.Response(status=429, headers={"Retry-After": "600"}, text="error code: 1015")

    async def _me(self, request: web.Request) -> web.Response:
        if not self._known(request):
            return _answer(401, {"message": "401: Unauthorized", "code": 0})
        return _answer(200, {"id": "100000000000000001", "username": "alertd", "discriminator": "0", "bot": True})

    async def _create(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        if refused := self._admitted(request, channel):
            return refused
        body = await request.json()
        nonce = body.get("nonce", "")
        if not nonce or len(nonce) > 25 or body.get("enforce_nonce") is not True:
            self.record.wrong.append("discord: no nonce, or one that is too long")
        ref, at = self._nonces.get(nonce, ("", -math.inf))
        if ref and self.record.now() - at < self._remembers:
            self.repeats += 1
            return self._told(_channel(channel), ref)
        return self._take(request, channel, body)

    async def _edit(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        if refused := self._admitted(request, channel):
            return refused
        return self._take(request, channel, await request.json(), edits=request.match_info["message"])

    async def _execute(self, request: web.Request) -> web.Response:
        return self._hooked(request) or self._take(request, DEFAULT, await request.json())

    async def _edit_executed(self, request: web.Request) -> web.Response:
        edits = request.match_info["message"]
        return self._hooked(request) or self._take(request, DEFAULT, await request.json(), edits=edits)

    def _known(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bot {self.token}"

    def _admitted(self, request: web.Request, channel: str) -> web.Response | None:
        """The refusal of one who may not write to this channel, or not now."""
        if not self._known(request):
            return _answer(401, {"message": "401: Unauthorized", "code": 0})
        if refused := self.over(request, Ask("global", self.token), _channel(channel)):
            return refused
        if channel in self.missing:
            return _answer(404, {"message": "Unknown Channel", "code": 10003})
        if channel in self.forbidden:
            return _answer(403, {"message": "Missing Access", "code": 50001})
        return None

    def _hooked(self, request: web.Request) -> web.Response | None:
        hook = f"{request.match_info['id']}/{request.match_info['token']}"
        if hook != self.hook or hook in self.revoked:
            return _answer(404, {"message": "Unknown Webhook", "code": 10015})
        return self.over(request, _channel(DEFAULT))

    def _take(self, request: web.Request, address: str, body: dict[str, Any], edits: str = "") -> web.Response:
        if edits and (address, edits) not in self._refs:
            return self._wrong(404, {"message": "Unknown Message", "code": 10008})
        reference = body.get("message_reference") or {}
        replies = str(reference.get("message_id", ""))
        if replies and (address, replies) not in self._refs:
            if reference.get("fail_if_not_exists", True):
                return self._wrong(400, UNKNOWN_REFERENCE)
            replies = ""
        try:
            if request.headers.get("Content-Type") != "application/json":
                raise ValueError("another content type")
            text, buttons = read(body), tuple(links(body))
        except (KeyError, TypeError, ValueError) as error:
            self.record.wrong.append(f"discord: {error}")
            return _answer(400, {"message": "Invalid Form Body", "code": 50035})
        ref, now = edits or self._next(), self.record.now()
        self._refs.add((address, ref))
        if body.get("nonce"):
            self._nonces[body["nonce"]] = (ref, now)
        silent = bool(body.get("flags", 0) & SUPPRESS_NOTIFICATIONS)
        told = Received("discord", address, "", text, now, ref, edits, replies, silent, buttons)
        self.record.take(told)
        return self._told(_channel(address), ref)

    def _next(self) -> str:
        self._sent += 1
        return str(200000000000000000 + self._sent)

    def _wrong(self, status: int, body: dict[str, Any]) -> web.Response:
        self.record.wrong.append(f"discord: {body['message']}")
        return _answer(status, body)

    def _told(self, ask: Ask, ref: str) -> web.Response:
        """The message that it made; its headers say what is left of the bucket."""
        answer = _answer(200, {"id": ref, "channel_id": str(ask.key)})
        answer.headers.update(self._level(ask))
        return answer

    def _level(self, ask: Ask) -> dict[str, str]:
        now = self.record.now()
        level = self.gate.level(ask.reason, ask.key, now)
        if level is None:
            return {}
        return {
            "X-RateLimit-Limit": str(level.limit),
            "X-RateLimit-Remaining": str(level.remaining),
            "X-RateLimit-Reset": f"{now + level.reset:.3f}",
            "X-RateLimit-Reset-After": f"{level.reset:.3f}",
            "X-RateLimit-Bucket": "messages",
        }


def _channel(address: str) -> Ask:
    return Ask("channel", address)


def read(body: dict[str, Any]) -> str:
    """What a person reads in a message. Raises ValueError (or KeyError) where Discord would refuse or mark it up."""
    if body["allowed_mentions"] != {"parse": []}:
        raise ValueError("it may mention somebody")
    return _content(body["content"]) + "".join(map(_embed, body.get("embeds", ())))


def links(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and URL of each link button. Raises ValueError (or KeyError, TypeError) where Discord would refuse it."""
    rows = body.get("components") or []
    if len(rows) > 5 or any(row["type"] != 1 or not 0 < len(row["components"]) <= 5 for row in rows):
        raise ValueError("too many buttons, or a row without")
    for button in (button for row in rows for button in row["components"]):
        label, url = button["label"], button["url"]
        if (button["type"], button["style"]) != (2, 5) or not 0 < _length(label) <= 80 or len(url) > 512:
            raise ValueError("a button that is no link, or one that is too long")
        yield label, url


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
