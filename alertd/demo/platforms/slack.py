"""Slack on loopback: chat.postMessage by a bot token, and an incoming webhook; both check blocks as Slack does."""

import json
import re
from collections.abc import Iterator
from typing import Any, Unpack
from zlib import crc32

from aiohttp import web

from alertd.demo.platforms.http import HttpPlatform, Serving, whole_seconds
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Received, Record

DEFAULT = "default"
TEXT_LIMIT = 40_000
TOTAL_LIMIT = 13_200
BLOCKS = 50
_LONGEST = {"header": 150, "section": 3000, "field": 2000, "context": 3000}
_LINK = re.compile(r"<(https?://[^<>|\s]+)\|([^<>|]+)>")
_TS = re.compile(r"\d{6,}\.\d{6}")
_RAW = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")


class SlackPlatform(HttpPlatform):
    """Takes `token` as a bot's and `hook` as the path of a webhook, whose messages have the address `default`.

    Channels, as they are asked for, in `missing` do not exist and those in `archived` are archived (`default` is the
    webhook's); tokens and paths of webhooks in `revoked` were good once.
    """

    name = "slack"

    def __init__(self, record: Record, *, token: str, hook: str, **serving: Unpack[Serving]) -> None:
        super().__init__(record, **serving)
        self.token = token
        self.hook = hook
        self.missing: set[str] = set()
        self.archived: set[str] = set()
        self.revoked: set[str] = set()
        self._sent = 0
        self._threads: dict[tuple[str, str], str] = {}
        """The head of its thread by (channel id, ts)."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/chat.postMessage", self._post_message), web.post("/services/{path:.*}", self._hooked)]

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        if ask.reason == "webhook":
            return web.Response(status=429, headers=whole_seconds(refusal), text="rate_limited")
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=whole_seconds(refusal))

    def failing(self, status: int) -> web.Response:
        return web.json_response({"ok": False, "error": "service_unavailable"}, status=status)

    def banned(self) -> web.Response:
        return web.json_response({"ok": False, "error": "account_inactive"})

    async def _post_message(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != self.token or token in self.revoked:
            return _no("token_revoked" if token in self.revoked else "invalid_auth")
        body = await request.json()
        address = str(body.get("channel", ""))
        if refused := self.over(request, Ask("channel", address)):
            return refused
        if address in self.missing or address in self.archived:
            return _no("channel_not_found" if address in self.missing else "is_archived")
        thread = str(body.get("thread_ts") or "")
        if thread and not _TS.fullmatch(thread):
            return _no("invalid_thread_ts", f"[ERROR] {thread} is not a valid thread_ts")
        channel = identity(address)
        head = self._threads.get((channel, thread), "")
        if thread and not head:
            self.record.wrong.append("slack: thread_not_found")
            return _no("thread_not_found")
        ts = f"{self.record.now():.0f}.{self._sent + 1:06}"
        if wrong := self._take(address, body, ts, head):
            return _no(wrong)
        self._threads[channel, ts] = head or ts
        return web.json_response({"ok": True, "channel": channel, "ts": ts})

    async def _hooked(self, request: web.Request) -> web.Response:
        if request.path in self.revoked:
            return web.Response(status=403, text="invalid_token")
        if request.path != self.hook:
            return web.Response(status=404, text="no_service")
        if refused := self.over(request, Ask("webhook", request.path)):
            return refused
        if DEFAULT in self.missing or DEFAULT in self.archived:
            missing = DEFAULT in self.missing
            return web.Response(
                status=404 if missing else 410, text="channel_not_found" if missing else "channel_is_archived"
            )
        wrong = self._take(DEFAULT, json.loads(await request.text()), "", "")
        return web.Response(status=400, text=wrong) if wrong else web.Response(text="ok")

    def _take(self, address: str, body: dict[str, Any], ts: str, head: str) -> str:
        """Note the message; the error word where there is something wrong with it."""
        try:
            text, buttons = read(body), tuple(links(body))
        except (KeyError, TypeError, ValueError) as error:
            word = str(error) if isinstance(error, ValueError) else "invalid_blocks"
            self.record.wrong.append(f"slack: {word}")
            return word
        self._sent += 1
        now = self.record.now()
        self.record.take(Received("slack", address, "", text, now, ref=ts, replies=head, buttons=buttons))
        return ""


def identity(address: str) -> str:
    """The id of a channel that is asked for by its name; an id is its own."""
    return f"C{crc32(address.encode()):010}" if address.startswith("#") else address


def _no(word: str, *messages: str) -> web.Response:
    more = {"response_metadata": {"messages": messages}} if messages else {}
    return web.json_response({"ok": False, "error": word, **more})


def read(body: dict[str, Any]) -> str:
    """What a person reads in a message. Raises ValueError (or KeyError, TypeError) where Slack would refuse it."""
    if body["unfurl_links"] or body["unfurl_media"] or body["link_names"] or body["mrkdwn"]:
        raise ValueError("its text unfurls, mentions or has markup")
    if not _checked(body["text"], TEXT_LIMIT):
        raise ValueError("no_text")
    texts = [text for block in body["blocks"] if block["type"] != "actions" for text in _texts(block)]
    if not 0 < len(body["blocks"]) <= BLOCKS:
        raise ValueError("invalid_blocks")
    if sum(map(_length, texts)) > TOTAL_LIMIT:
        raise ValueError("msg_blocks_too_long")
    return "\n".join(map(_decoded, texts))


def links(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and URL of each link button. Raises ValueError (or KeyError, TypeError) where Slack would refuse it."""
    for block in body["blocks"]:
        if block["type"] != "actions":
            continue
        if not 0 < len(block["elements"]) <= 25:
            raise ValueError("invalid_blocks")
        for element in block["elements"]:
            label, url = element["text"], element["url"]
            if element["type"] != "button" or label["type"] != "plain_text" or not label["text"] or len(url) > 3000:
                raise ValueError("invalid_blocks")
            yield _decoded(_checked(label["text"], 75)), url


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
