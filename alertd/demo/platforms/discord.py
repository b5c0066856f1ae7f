"""Discord on loopback: its REST API with a bot's messages and a webhook's, its gateway, and people.

Embeds, buttons and mentions are checked, nonces kept, interactions have to be answered in time.
"""

import json
import math
from collections.abc import Mapping
from http.client import responses
from typing import Any, Unpack

from aiohttp import web

from alertd.demo.platforms.discord_cdn import Cdn
from alertd.demo.platforms.discord_gateway import Line
from alertd.demo.platforms.discord_interactions import APPLICATION, Files, Interactions, Refused, registered, where
from alertd.demo.platforms.discord_messages import posted
from alertd.demo.platforms.discord_people import Asking, DiscordUser, direct
from alertd.demo.platforms.discord_screen import SELF, Screen
from alertd.demo.platforms.http import Handle, HttpPlatform, Serving
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Record

DEFAULT = "default"
UNKNOWN_REFERENCE = {
    "message": "Invalid Form Body",
    "code": 50035,
    "errors": {
        "message_reference": {"_errors": [{"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}]}
    },
}
_API = "/api/v10"


class DiscordPlatform(HttpPlatform):
    """Takes `token` as a bot's and `hook` as `<id>/<token>` of a webhook, whose messages have the address `default`.

    `repeats` counts messages that came again with a nonce already seen, which is known for `remembers` seconds.
    Channels in `missing` do not exist, those in `forbidden` the bot may not see; webhooks in `revoked` were deleted.
    `line` is the gateway, `cdn` has people's files, `commands` what the bot has registered, by name. A `user` is in the
    `guild` of each channel that they have said something in, or that `screen` has them join; channels in `threads` are
    threads.
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
        self.threads: set[str] = set()
        self.line = Line(record)
        self.cdn = Cdn(record)
        self.commands: dict[str, dict[str, Any]] = {}
        self.registrations = 0
        self.screen = Screen(record)
        self.interactions = Interactions(self.screen)
        self._nonces: dict[str, tuple[str, float]] = {}
        """The message's id and when it came."""

    @property
    def api(self) -> str:
        """What stands for https://discord.com/api/v10."""
        return f"{self.url}/api/v10"

    def routes(self) -> list[web.RouteDef]:
        messages = f"{_API}/webhooks/{{id}}/{{token}}/messages"
        return [
            web.get(f"{_API}/users/@me", self._me),
            web.post(f"{_API}/users/@me/channels", self._direct),
            web.get(f"{_API}/oauth2/applications/@me", self._application),
            web.put(f"{_API}/applications/{{id}}/commands", self._register),
            web.get(f"{_API}/gateway/bot", self._gateway),
            web.get("/gateway/", self._connect),
            web.get("/ephemeral-attachments/{file}/{name}", self.cdn.serve),
            web.post(f"{_API}/interactions/{{id}}/{{token}}/callback", self._callback),
            web.post(f"{_API}/channels/{{channel}}/messages", self._create),
            web.patch(f"{_API}/channels/{{channel}}/messages/{{message}}", self._edit),
            web.post(f"{_API}/webhooks/{{id}}/{{token}}", self._execute),
            web.patch(f"{messages}/{{message}}", self._edit_executed),
            web.delete(f"{messages}/@original", self._delete_original),
        ]

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def user(self, id: str, name: str = "") -> DiscordUser:
        """Somebody with an account, the same one for the same id."""
        return self.screen.users.setdefault(id, DiscordUser(self, id, name or f"user{id[-3:]}"))

    async def deliver(
        self, user: DiscordUser, chat: str, kind: int, data: Mapping[str, Any], button: str = ""
    ) -> Asking:
        """What somebody does, to the bot."""
        asking = self.interactions.begin(user, chat, kind, data, button)
        guild = "" if chat == user.direct else f"8{chat[1:]}"
        if guild:
            self.screen.join(chat, user)
        where(asking, guild, thread=chat in self.threads, message=lambda ref: self.screen.described(chat, ref))
        await self.line.dispatch("INTERACTION_CREATE", asking.payload)
        return asking

    # ── what Discord says of trouble ─────────────────────────────────────────────────────────────────────────────

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

    async def respond(self, request: web.Request, handler: Handle) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refusal:
            return self._wrong(refusal.status, {"message": refusal.message, "code": refusal.code})
        except (KeyError, TypeError, ValueError) as error:
            self.record.wrong.append(f"discord: {error}")
            return _answer(400, {"message": "Invalid Form Body", "code": 50035})

    def banned(self) -> web.Response:
        # Cloudflare's: no Via, no JSON.
        return web.Response(status=429, headers={"Retry-After": "600"}, text="error code: 1015")

    # ── endpoints ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _me(self, request: web.Request) -> web.Response:
        return self._stranger(request) or _answer(200, SELF)

    async def _application(self, request: web.Request) -> web.Response:
        about: dict[str, Any] = {"id": APPLICATION, "name": "alertd", "description": "", "icon": None}
        about["verify_key"] = "0" * 64
        about |= {"bot_public": True, "bot_require_code_grant": False, "owner": SELF, "flags": 0}
        return self._stranger(request) or _answer(200, about)

    async def _gateway(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        about: dict[str, Any] = {"url": self._socket, "shards": 1, "session_start_limit": limit}
        return self._stranger(request) or _answer(200, about)

    @property
    def _socket(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/gateway/"

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        self.line.token = self.token
        application = {"id": APPLICATION, "flags": 0}
        ready = {"user": SELF, "application": application, "resume_gateway_url": self._socket}
        return await self.line.serve(request, ready)

    async def _register(self, request: web.Request) -> web.Response:
        if refused := self._stranger(request):
            return refused
        commands = registered(json.loads(await request.read()))
        self.registrations += 1
        self.commands = {command["name"]: command for command in commands}
        return _answer(200, commands)

    async def _direct(self, request: web.Request) -> web.Response:
        if refused := self._stranger(request):
            return refused
        user = str((await request.json()).get("recipient_id", ""))
        if user not in self.screen.users:
            return self._wrong(400, {"message": "Cannot send messages to this user", "code": 50007})
        return _answer(200, {"id": direct(user), "type": 1, "recipients": [{"id": user}]})

    async def _callback(self, request: web.Request) -> web.Response:
        number, token = request.match_info["id"], request.match_info["token"]
        return _answer(200, self.interactions.answer(number, token, *await posted(request)))

    async def _create(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        if refused := self._admitted(request, channel):
            return refused
        body, files = await posted(request)
        nonce = body.get("nonce", "")
        if not nonce or len(nonce) > 25 or body.get("enforce_nonce") is not True:
            self.record.wrong.append("discord: no nonce, or one that is too long")
        ref, at = self._nonces.get(nonce, ("", -math.inf))
        if ref and self.record.now() - at < self._remembers:
            self.repeats += 1
            return self._told(channel, ref)
        return self._take(channel, body, files)

    async def _edit(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        return self._admitted(request, channel) or await self._changed(request, channel)

    async def _execute(self, request: web.Request) -> web.Response:
        if request.match_info["id"] == APPLICATION:
            return await self._follow(request)
        return self._hooked(request) or self._take(DEFAULT, *await posted(request))

    async def _edit_executed(self, request: web.Request) -> web.Response:
        if request.match_info["id"] == APPLICATION:
            return await self._follow(request)
        return self._hooked(request) or await self._changed(request, DEFAULT)

    async def _follow(self, request: web.Request) -> web.Response:
        """The original answer of an interaction is changed, or one more message comes after it."""
        interactions = self.interactions
        asking = interactions.of(request.match_info["token"])
        after = interactions.follow if request.method == "POST" else interactions.edit
        return _answer(200, self.screen.described(asking.chat, after(asking, *await posted(request))))

    async def _delete_original(self, request: web.Request) -> web.Response:
        self.interactions.delete(self.interactions.of(request.match_info["token"]))
        return web.Response(status=204)

    async def _changed(self, request: web.Request, address: str) -> web.Response:
        return self._told(address, self.screen.change(address, request.match_info["message"], *await posted(request)))

    def _stranger(self, request: web.Request) -> web.Response | None:
        """The refusal of one without the bot's token."""
        if request.headers.get("Authorization") == f"Bot {self.token}":
            return None
        return _answer(401, {"message": "401: Unauthorized", "code": 0})

    def _admitted(self, request: web.Request, channel: str) -> web.Response | None:
        """The refusal of one who may not write to this channel, or not now."""
        if refused := self._stranger(request):
            return refused
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

    def _take(self, address: str, body: dict[str, Any], files: Files) -> web.Response:
        reference = body.get("message_reference") or {}
        replies = str(reference.get("message_id", ""))
        if replies and not self.screen.has(address, replies):
            if reference.get("fail_if_not_exists", True):
                return self._wrong(400, UNKNOWN_REFERENCE)
            replies = ""
        ref = self.screen.post(address, body, files, replies=replies)
        if body.get("nonce"):
            self._nonces[body["nonce"]] = (ref, self.record.received[-1].at)
        return self._told(address, ref)

    def _wrong(self, status: int, body: dict[str, Any]) -> web.Response:
        self.record.wrong.append(f"discord: {body['message']}")
        return _answer(status, body)

    def _told(self, channel: str, ref: str) -> web.Response:
        """The message that it made; its headers say what is left of the bucket."""
        answer = _answer(200, self.screen.described(channel, ref))
        answer.headers.update(self._level(_channel(channel)))
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


def _answer(status: int, body: Mapping[str, Any] | list[dict[str, Any]]) -> web.Response:
    # discord.py reads JSON only under this exact content type: aiohttp's own adds a charset.
    return web.Response(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
