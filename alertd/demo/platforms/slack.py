"""Slack on loopback: the Web API by a bot token, Socket Mode by an app's, response URLs, files, an incoming webhook;
all check what they get as Slack does."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Unpack

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform, Serving, whole_seconds
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.people import Seen
from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.slack_blocks import pressable, read
from alertd.demo.platforms.slack_files import Files, Uploads
from alertd.demo.platforms.slack_people import BOT, TEAM, SlackUser, conversation
from alertd.demo.platforms.slack_socket import SocketMode
from alertd.demo.platforms.slack_ways import Way, Ways

DEFAULT = "default"
_TS = re.compile(r"\d{6,}\.\d{6}")

Api = Callable[[web.Request, Mapping[str, Any]], Awaitable[web.Response] | web.Response]


class SlackPlatform(HttpPlatform):
    """Takes `token` as a bot's, `app_token` as that of its app (Socket Mode), and `hook` as the path of a webhook,
    whose messages have the address `default`.

    Channels, as they are asked for, in `missing` do not exist and those in `archived` are archived (`default` is the
    webhook's); to those in `outside` the bot was not invited; tokens and paths of webhooks in `revoked` were good once.
    `rooms` are channels with the ids of who reads them; whoever is in none reads their conversation with the bot.
    `uploads` are the files of people.
    """

    name = "slack"

    def __init__(
        self, record: Record, *, token: str, hook: str, app_token: str = "", **serving: Unpack[Serving]
    ) -> None:
        super().__init__(record, **serving)
        self.token = token
        self.app_token = app_token
        self.hook = hook
        self.missing: set[str] = set()
        self.archived: set[str] = set()
        self.outside: set[str] = set()
        self.revoked: set[str] = set()
        self.rooms: dict[str, set[str]] = {}
        self.line = SocketMode(record)
        self._files = Files()
        self.uploads = Uploads(record, lambda: self.token)
        self._users: dict[str, SlackUser] = {}
        self.ways = Ways()
        self._sent = 0
        self._threads: dict[tuple[str, str], str] = {}
        """The head of its thread by (channel id, ts)."""

    def routes(self) -> list[web.RouteDef]:
        methods: dict[str, Api] = {
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "auth.test": self._test,
            "conversations.open": self._open,
            "files.getUploadURLExternal": self._get_upload_url,
            "files.completeUploadExternal": self._share,
        }
        return [
            *(web.post(f"/api/{method}", self._authorised(api)) for method, api in methods.items()),
            web.post("/api/apps.connections.open", self._connect),
            web.get("/link", self.line.serve),
            web.post("/upload/v1/{file}", self._upload),
            web.get("/files-pri/{file}/download/{name}", self.uploads.serve),
            web.post("/{kind:commands|actions}/{way:.*}", self._responded),
            web.post("/services/{path:.*}", self._hooked),
        ]

    async def __aexit__(self, *error: object) -> None:
        await self.line.close()
        await super().__aexit__(*error)

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        if ask.reason == "webhook":
            return web.Response(status=429, headers=whole_seconds(refusal), text="rate_limited")
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=whole_seconds(refusal))

    def failing(self, status: int) -> web.Response:
        return web.json_response({"ok": False, "error": "service_unavailable"}, status=status)

    def banned(self) -> web.Response:
        return web.json_response({"ok": False, "error": "account_inactive"})

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def user(self, id: str, name: str = "") -> SlackUser:
        """Somebody of the workspace, the same one for the same id."""
        return self._users.setdefault(id, SlackUser(self, id, name or id.lower()))

    async def deliver(self, kind: str, payload: Mapping[str, Any], **more: Any) -> Mapping[str, Any] | None:
        """To the bot; a reply in its acknowledgement is shown."""
        answer = await self.line.deliver(kind, payload, **more)
        if answer is not None:
            user, chat = str(payload["user_id"]), str(payload["channel_id"])
            self._take(chat, dict(answer), only="" if answer.get("response_type") == "in_channel" else user)
        return answer

    def response_url(self, kind: str, user: str, chat: str, ref: str) -> str:
        way = Way(user, chat, ref, self.record.now())
        return f"{self.url}{self.ways.issue(f'/{kind}/{TEAM}', way)}"

    def wrote(self, chat: str, thread: str) -> str:
        """Somebody writes there: the `ts` of it."""
        ts = self._new()
        self._threads[chat, ts] = thread or ts
        return ts

    def _show(self, seen: Seen, only: str) -> None:
        readers: Iterable[str] = self.rooms.get(seen.chat, ())
        if only or seen.chat.startswith("D"):
            readers = [only] if only else [f"{kind}{seen.chat[1:]}" for kind in "UW"]
        for reader in readers:
            if user := self._users.get(reader):
                user.show(seen)

    # ── the Web API ──────────────────────────────────────────────────────────────────────────────────────────────

    def _authorised(self, api: Api) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            token = _bearer(request)
            if token != self.token or token in self.revoked:
                return _no("token_revoked" if token in self.revoked else "invalid_auth")
            body = await request.json() if request.content_type == "application/json" else dict(request.query)
            answer = api(request, body)
            return answer if isinstance(answer, web.Response) else await answer

        return serve

    async def _connect(self, request: web.Request) -> web.Response:
        token = _bearer(request)
        if not self.app_token or token != self.app_token or token in self.revoked:
            return _no("not_allowed_token_type" if token == self.token else "invalid_auth")
        url = f"{self.url.replace('http', 'ws', 1)}/link?ticket={self.line.ticket()}"
        return web.json_response({"ok": True, "url": url})

    def _test(self, _: web.Request, __: Mapping[str, Any]) -> web.Response:
        names = {"user": "alertd", "user_id": BOT, "team": "Loopback", "team_id": TEAM}
        return web.json_response({"ok": True, "url": self.url, **names})

    def _open(self, _: web.Request, body: Mapping[str, Any]) -> web.Response:
        user = str(body.get("users", ""))
        if user in self.missing or user[:1] not in ("U", "W"):
            return _no("user_not_found")
        return web.json_response({"ok": True, "channel": {"id": conversation(user)}})

    def _refused(self, request: web.Request, body: Mapping[str, Any], address: str) -> tuple[web.Response | None, str]:
        """Why a conversation does not take what is for it, else the head of the thread that it is for."""
        if refused := self.over(request, Ask("channel", address)):
            return refused, ""
        if address in self.missing or address in self.archived:
            return _no("channel_not_found" if address in self.missing else "is_archived"), ""
        if address in self.outside:
            return _no("not_in_channel"), ""
        thread = str(body.get("thread_ts") or "")
        if thread and not _TS.fullmatch(thread):
            return _no("invalid_thread_ts", f"[ERROR] {thread} is not a valid thread_ts"), ""
        head = self._threads.get((conversation(address), thread), "")
        if thread and not head:
            self.record.wrong.append("slack: thread_not_found")
            return _no("thread_not_found"), ""
        return None, head

    def _post_message(self, request: web.Request, body: Mapping[str, Any]) -> web.Response:
        address = str(body.get("channel", ""))
        refused, head = self._refused(request, body, address)
        if refused:
            return refused
        ts, wrong = self._take(address, body, head=head)
        return _no(wrong) if wrong else web.json_response({"ok": True, "channel": conversation(address), "ts": ts})

    def _post_ephemeral(self, request: web.Request, body: Mapping[str, Any]) -> web.Response:
        address, user = str(body.get("channel", "")), str(body.get("user", ""))
        refused, head = self._refused(request, body, address)
        if refused:
            return refused
        if user not in self.rooms.get(address, ()):
            return _no("user_not_in_channel")
        ts, wrong = self._take(address, body, head=head, only=user)
        return _no(wrong) if wrong else web.json_response({"ok": True, "message_ts": ts})

    def _get_upload_url(self, _: web.Request, body: Mapping[str, Any]) -> web.Response:
        file = self._files.begin(str(body.get("filename", "")), str(body.get("length", "")))
        if not file:
            return self._mistaken("invalid_arguments")
        return web.json_response({"ok": True, "file_id": file, "upload_url": f"{self.url}/upload/v1/{file}"})

    async def _upload(self, request: web.Request) -> web.Response:
        content = await request.read()
        if not self._files.put(request.match_info["file"], content):
            self.record.wrong.append("slack: a file of another length than was announced")
            return web.Response(status=400, text="wrong length")
        return web.Response(text=f"OK - {len(content)}")

    def _share(self, request: web.Request, body: Mapping[str, Any]) -> web.Response:
        address = str(body.get("channel_id", ""))
        if not re.fullmatch(r"[CGD][A-Z0-9]{7,}", address):
            return self._mistaken("channel_not_found")
        refused, head = self._refused(request, body, address)
        if refused:
            return refused
        shared = self._files.take(str(body.get("files", "")))
        if shared is None:
            return self._mistaken("file_not_found")
        for name, content in shared:
            ts, is_picture = self._new(), content.startswith(b"\x89PNG")
            picture, file = (content, None) if is_picture else (b"", (name, content))
            self._show(Seen(name, address, ts, head, picture=picture, file=file), "")
            # A chart belongs to the message that it stands below: it is told of as a change of that one.
            at = self.record.now()
            self.record.take(Received("slack", address, "", name, at, head or ts, head, head, picture=picture))
        return web.json_response({"ok": True, "files": [{"id": "F", "title": name} for name, _ in shared]})

    # ── the ways back that need no token ─────────────────────────────────────────────────────────────────────────

    async def _responded(self, request: web.Request) -> web.Response:
        way = self.ways.use(request.path, self.record.now())
        if isinstance(way, str):
            return web.Response(status=404, text=way)
        body = json.loads(await request.text())
        edits = way.ref if body.get("replace_original") else ""
        # Whose eyes a message is for does not change with what it says.
        shown = (way.chat, edits) in self._threads if edits else body.get("response_type") == "in_channel"
        thread = self._threads.get((way.chat, edits), "") if edits else str(body.get("thread_ts") or "")
        _, wrong = self._take(way.chat, body, head=thread, only="" if shown else way.user, edits=edits)
        return web.Response(status=400, text=wrong) if wrong else web.Response(text="ok")

    async def _hooked(self, request: web.Request) -> web.Response:
        if request.path in self.revoked:
            return web.Response(status=403, text="invalid_token")
        if request.path != self.hook:
            return web.Response(status=404, text="no_service")
        if refused := self.over(request, Ask("webhook", request.path)):
            return refused
        if DEFAULT in self.missing or DEFAULT in self.archived:
            word, status = ("channel_not_found", 404) if DEFAULT in self.missing else ("channel_is_archived", 410)
            return web.Response(status=status, text=word)
        _, wrong = self._take(DEFAULT, json.loads(await request.text()), named=False)
        return web.Response(status=400, text=wrong) if wrong else web.Response(text="ok")

    # ── what is taken ────────────────────────────────────────────────────────────────────────────────────────────

    def _new(self) -> str:
        """The `ts` of a new message: asked for once, as time goes on."""
        self._sent += 1
        return f"{self.record.now():.0f}.{self._sent:06}"

    def _mistaken(self, word: str) -> web.Response:
        self.record.wrong.append(f"slack: {word}")
        return _no(word)

    def _take(
        self,
        address: str,
        body: Mapping[str, Any],
        *,
        head: str = "",
        only: str = "",
        edits: str = "",
        named: bool = True,
    ) -> tuple[str, str]:
        """Note a message and show it, to one person where it is for them `only`; its `ts`, and the error word where
        there is something wrong with it."""
        try:
            text, (buttons, callbacks) = read(dict(body)), pressable(dict(body))
        except (KeyError, TypeError, ValueError) as error:
            word = str(error) if isinstance(error, ValueError) else "invalid_blocks"
            self.record.wrong.append(f"slack: {word}")
            return "", word
        channel, ts = conversation(address), edits or self._new() if named else ""
        if named and not only:
            self._threads.setdefault((channel, ts), head or ts)
        seen = Seen(
            text, channel, ts, head if head != ts else "", callbacks, buttons, private=bool(only), edited=bool(edits)
        )
        self._show(seen, only)
        self.record.take(
            Received(
                "slack", address, "", text, self.record.now(), ts, edits, head, buttons=buttons, callbacks=callbacks
            )
        )
        return ts, ""


def _bearer(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _no(word: str, *messages: str) -> web.Response:
    more = {"response_metadata": {"messages": messages}} if messages else {}
    return web.json_response({"ok": False, "error": word, **more})
