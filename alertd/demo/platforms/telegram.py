"""Telegram's Bot API on loopback: sendMessage and editMessageText, their HTML parsed as strictly as Telegram does."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from html import unescape
from http.client import responses
from typing import Any, NamedTuple, Unpack

from aiohttp import web

from alertd.demo.platforms.http import Handle, HttpPlatform, Serving
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Received, Record

TEXT_LIMIT = 4096
KICKED = "kicked from the supergroup chat"
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
_TOKENS = re.compile(
    r'<(?P<open>b|i)>|<(?P<link>a) href="[^"<>]*">|</(?P<close>b|i|a)>|(?P<text>&(?:lt|gt|amp|quot|#\d+);|[^<&]+)'
)


class _Sent(NamedTuple):
    """A message as it stands in its chat."""

    sender: str
    address: str
    text: str
    markup: str


class TelegramPlatform(HttpPlatform):
    """Notes `chat` or `chat/topic` as the address. Refusals are worded as Telegram words them.

    `token` is one that it takes, `tokens` are more; `sender` of what is received is the bot's number, the part before
    the colon. Chats (without their topics) in `blocked` have blocked the bot, those in `missing` do not exist, those
    in `migrated` have become the supergroup whose id stands there.
    """

    name = "telegram"

    def __init__(self, record: Record, token: str, *, tokens: Iterable[str] = (), **serving: Unpack[Serving]) -> None:
        super().__init__(record, **serving)
        self.token = token
        self.tokens = set(tokens)
        self.blocked: set[str] = set()
        self.missing: set[str] = set()
        self.migrated: dict[str, int] = {}
        self._last: Counter[str] = Counter()
        self._sent: dict[tuple[str, int], _Sent] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/bot{token}/sendMessage", self._called(self._send)),
            web.post("/bot{token}/editMessageText", self._called(self._edit)),
        ]

    def limited(self, ask: Ask, refusal: Refusal) -> web.Response:
        wait = int(refusal.retry_after)
        body = _refusal(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
        body.headers["Retry-After"] = str(wait)
        return body

    def failing(self, status: int) -> web.Response:
        return _refusal(status, responses.get(status, "Unknown Error"))

    def banned(self) -> web.Response:
        return _refusal(403, "Forbidden")

    def _called(self, method: Callable[[str, Mapping[str, Any]], web.Response]) -> Handle:
        """A method of the API, for those who have a token and keep to the limits."""

        async def call(request: web.Request) -> web.Response:
            token = request.match_info["token"]
            if token != self.token and token not in self.tokens:
                return _refusal(401, "Unauthorized")
            form = await _form(request)
            chat = str(form.get("chat_id", ""))
            asks = [Ask("overall", token), Ask("chat", (token, chat))]
            if chat.startswith("-"):
                asks.insert(1, Ask("group", (token, chat)))
            if refused := self.over(request, *asks) or self._unreachable(chat):
                return refused
            return method(token.partition(":")[0], form)

        return call

    def _unreachable(self, chat: str) -> web.Response | None:
        if chat in self.blocked:
            group = chat.startswith("-")
            return _refusal(403, f"Forbidden: bot was {KICKED if group else 'blocked by the user'}")
        if chat in self.missing:
            return _refusal(400, "Bad Request: chat not found")
        if chat in self.migrated:
            moved = {"migrate_to_chat_id": self.migrated[chat]}
            return _refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", moved)
        return None

    def _send(self, sender: str, form: Mapping[str, Any]) -> web.Response:
        chat, text = str(form["chat_id"]), self._text(form)
        if isinstance(text, web.Response):
            return text
        reply = _json(form.get("reply_parameters")) or {}
        replies = str(reply.get("message_id", ""))
        if replies and (chat, int(replies)) not in self._sent:
            if reply.get("allow_sending_without_reply") is not True:
                return self._wrong("message to be replied not found")
            replies = ""
        self._last[chat] += 1
        topic = form.get("message_thread_id")
        sent = _Sent(sender, chat + (f"/{topic}" if topic else ""), text, _markup(form))
        silent = _json(form.get("disable_notification")) is True
        return self._note(chat, self._last[chat], sent, replies=replies, silent=silent)

    def _edit(self, sender: str, form: Mapping[str, Any]) -> web.Response:
        chat, number, text = str(form["chat_id"]), int(form["message_id"]), self._text(form)
        if isinstance(text, web.Response):
            return text
        before = self._sent.get((chat, number))
        if before is None:
            return self._wrong("message to edit not found")
        if before.sender != sender:
            return self._wrong("message can't be edited")
        after = before._replace(text=text, markup=_markup(form))
        if after == before:
            return self._wrong(SAME)
        return self._note(chat, number, after, edits=str(number))

    def _note(
        self, chat: str, number: int, sent: _Sent, *, edits: str = "", replies: str = "", silent: bool = False
    ) -> web.Response:
        try:
            buttons = _buttons(sent.markup)
        except (KeyError, TypeError, ValueError):
            return self._wrong("can't parse inline keyboard button")
        self._sent[chat, number] = sent
        self.record.take(
            Received(
                "telegram",
                sent.address,
                "",
                sent.text,
                self.record.now(),
                ref=str(number),
                edits=edits,
                replies=replies,
                silent=silent,
                buttons=buttons,
                sender=sent.sender,
            )
        )
        kind = "private" if chat.isdigit() else "supergroup" if chat.startswith("-") else "channel"
        # A channel is asked for by its name and answers with its id.
        identity = {"id": -1001000000001 if kind == "channel" else int(chat), "type": kind}
        result = {"message_id": number, "date": int(self.record.now()), "chat": identity, "text": sent.text}
        return web.json_response({"ok": True, "result": result})

    def _text(self, form: Mapping[str, Any]) -> str | web.Response:
        """The text that a person reads, or the refusal of one that is wrong."""
        text: str | None = form.get("text", "")
        if form.get("parse_mode") == "HTML":
            text = parse(text or "")
            if text is None:
                return self._wrong("can't parse entities: unsupported or unclosed tag")
        if not text or not text.strip():
            return self._wrong("message text is empty")
        if len(text.encode("utf-16-le")) // 2 > TEXT_LIMIT:
            return self._wrong("message is too long")
        if (_json(form.get("link_preview_options")) or {}).get("is_disabled") is not True:
            self.record.wrong.append("telegram: the link preview is on")
        return text

    def _wrong(self, what: str) -> web.Response:
        self.record.wrong.append(f"telegram: {what}")
        return _refusal(400, f"Bad Request: {what}")


async def _form(request: web.Request) -> Mapping[str, Any]:
    """The parameters, which come as JSON or as a form, with JSON in its fields."""
    if request.content_type == "application/json":
        found: Mapping[str, Any] = await request.json()
        return found
    return {name: str(value) for name, value in (await request.post()).items()}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _markup(form: Mapping[str, Any]) -> str:
    markup = form.get("reply_markup", "")
    return markup if isinstance(markup, str) else json.dumps(markup)


def _buttons(markup: str) -> tuple[tuple[str, str], ...]:
    """Labels and links of an inline keyboard. Raises ValueError, KeyError or TypeError where Telegram would refuse."""
    rows = json.loads(markup)["inline_keyboard"] if markup else []
    found = tuple((button["text"], button["url"]) for row in rows for button in row)
    if any(not label or not url.startswith(("https://", "http://", "tg://")) for label, url in found):
        raise ValueError("a button without a label or a link")
    return found


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


def _refusal(status: int, description: str, parameters: Mapping[str, int] | None = None) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description}
    return web.json_response({**body, "parameters": parameters} if parameters else body, status=status)
