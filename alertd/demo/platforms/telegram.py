"""Telegram's Bot API on loopback: messages, photos and their edits, as strictly as Telegram takes them; people who
write to the bot and press its buttons; and the updates by which it hears of that."""

import asyncio
import re
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http.client import responses
from itertools import count
from typing import Any, NamedTuple, Unpack

from aiohttp import web

from alertd.demo.platforms.http import Handle, HttpPlatform, Serving
from alertd.demo.platforms.limits import Ask, Refusal
from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.telegram_chats import Chats, card, kind
from alertd.demo.platforms.telegram_files import Uploads
from alertd.demo.platforms.telegram_form import Form, No, form_of, granted, reading, refusal
from alertd.demo.platforms.telegram_messages import Messages
from alertd.demo.platforms.telegram_people import User
from alertd.demo.platforms.telegram_updates import Updates

KICKED = "kicked from the supergroup chat"
ANOTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
HOOKED = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
QUERY_LIFE = 15.0
"""Seconds in which a press has to be acknowledged."""
POPUP_LIMIT = 200

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")

Method = Callable[[str, Form], web.Response]
Call = Callable[[web.Request, Form], Awaitable[web.Response]]


class Query(NamedTuple):
    """A press that waits to be acknowledged."""

    address: str
    at: float


class TelegramPlatform(HttpPlatform):
    """Notes `chat` or `chat/topic` as the address. Refusals are worded as Telegram words them.

    `token` is one that it takes, `tokens` are more; `sender` of what is received is the bot's number, the part before
    the colon. Chats (without their topics) in `blocked` have blocked the bot, those in `missing` do not exist, those
    in `migrated` have become the supergroup whose id stands there. `refusing` are answers to come, by method. `menus`
    are what the bot has listed, by chat, "" for all that have none of their own; `files` are documents (address, name,
    content), `uploads` those of people, `toasts` what popped up by query, `waiting` the presses that nobody has
    acknowledged. While there is a webhook (`hooked`) nothing can be polled.
    """

    name = "telegram"

    def __init__(
        self,
        record: Record,
        token: str,
        *,
        tokens: Iterable[str] = (),
        query_life: float = QUERY_LIFE,
        **serving: Unpack[Serving],
    ) -> None:
        super().__init__(record, **serving)
        self.token = token
        self.tokens = set(tokens)
        self._query_life = query_life
        self._acknowledged: set[str] = set()
        self.blocked: set[str] = set()
        self.missing: set[str] = set()
        self.migrated: dict[str, int] = {}
        self.refusing: defaultdict[str, deque[No]] = defaultdict(deque)
        self.menus: dict[str, list[tuple[str, str]]] = {}
        self.toasts: dict[str, str] = {}
        self.waiting: dict[str, Query] = {}
        self.hooked = False
        self.updates: defaultdict[str, Updates] = defaultdict(Updates)
        self._users: dict[str, User] = {}
        self._calls: Counter[str] = Counter()
        self._call = asyncio.Condition()
        self._chats = Chats()
        self._messages = Messages(self._chats, record, self._take)
        self._queries = count(1)
        self.uploads = Uploads(record.now)

    def routes(self) -> list[web.RouteDef]:
        into_chats: dict[str, Method] = {
            "sendMessage": self._messages.send,
            "sendPhoto": self._messages.photo,
            "sendDocument": self._messages.document,
            "editMessageText": self._messages.edit,
            "editMessageCaption": self._messages.edit_caption,
            "editMessageMedia": self._messages.edit_media,
            "editMessageReplyMarkup": self._messages.edit_markup,
        }
        besides: dict[str, Method] = {
            "getMe": lambda bot, _: granted(card(bot)),
            "setMyCommands": self._list_commands,
            "deleteMyCommands": self._list_nothing,
            "deleteWebhook": self._unhook,
            "answerCallbackQuery": self._acknowledge,
            "getFile": self.uploads.find,
        }
        calls = {name: self._in_chat(method) for name, method in into_chats.items()}
        calls |= {name: _at_once(method) for name, method in besides.items()} | {"getUpdates": self._poll}
        routes = [web.post(f"/bot{{token}}/{name}", self._called(name, call)) for name, call in calls.items()]
        return [*routes, web.get("/file/bot{token}/{place:.+}", self._hand_over)]

    async def served_of(self, method: str, count: int) -> None:
        """Returns when a method has been called so often."""
        async with self._call:
            await self._call.wait_for(lambda: self._calls[method] >= count)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def user(self, number: int, name: str = "Ann") -> User:
        """Somebody with that id: the same one whenever they are asked for."""
        return self._users.setdefault(str(number), User(self, number, name))

    @property
    def files(self) -> list[tuple[str, str, bytes]]:
        return self._messages.files

    def uploaded(self, name: str, content: bytes) -> dict[str, Any]:
        """A file for the bot, as a message tells of it."""
        return self.uploads.put(_number(self.token), name, content)

    def told(
        self, user: User, text: str, address: str, answering: int = 0, document: Mapping[str, Any] | None = None
    ) -> None:
        """A user writes, below a file where there is one. In a group the bot sees commands and answers to what it said
        (its privacy mode)."""
        chat, now = address.partition("/")[0], self.record.now()
        number, to_bot = self._chats.number(chat), (chat, answering) in self._chats.sent
        if kind(chat) != "private" and not (text.startswith("/") or to_bot):
            return
        words = {"text" if document is None else "caption": text} if text else {}
        message = {**self._chats.told(address, number, now), "from": user.card, **words}
        if document is not None:
            message["document"] = document
        if to_bot:
            message["reply_to_message"] = self._chats.shown(chat, answering, now)
        self.updates[self.token].put("message", message)

    def tapped(self, user: User, button: str, address: str) -> str:
        """A user presses a button; returns the query."""
        number, data = self._chats.pressed(address, button)
        query, chat, now = f"q{next(self._queries)}", address.partition("/")[0], self.record.now()
        message = self._chats.shown(chat, number, now)
        body = {"id": query, "from": user.card, "message": message, "chat_instance": "1", "data": data}
        self.waiting[query] = Query(address, now)
        sender = self._chats.sent[chat, number].sender
        token = next(known for known in (self.token, *self.tokens) if known.partition(":")[0] == sender)
        self.updates[token].put("callback_query", body)
        return query

    def turned(self, user: User, status: str) -> None:
        """A user has blocked the bot (`kicked`), or lets it write again (`member`)."""
        me = {"id": int(_number(self.token)), "is_bot": True, "first_name": "bot"}
        old, new = ({"user": me, "status": each} for each in ("member" if status == "kicked" else "kicked", status))
        chat = {"id": user.number, "type": "private"}
        change = {"chat": chat, "from": user.card, "date": int(self.record.now())}
        self.updates[self.token].put("my_chat_member", {**change, "old_chat_member": old, "new_chat_member": new})

    def _take(self, received: Received) -> None:
        """What a bot has said is noted, and shown to whoever is there."""
        chat = received.address.partition("/")[0]
        mine = self._users.get(chat)
        for user in [mine] if mine else () if kind(chat) == "private" else self._users.values():
            user.show(received)
        self.record.take(received)

    # ── every call ───────────────────────────────────────────────────────────────────────────────────────────────

    def limited(self, ask: Ask, refused: Refusal) -> web.Response:
        wait = int(refused.retry_after)
        body = refusal(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
        body.headers["Retry-After"] = str(wait)
        return body

    def failing(self, status: int) -> web.Response:
        return refusal(status, responses.get(status, "Unknown Error"))

    def banned(self) -> web.Response:
        return refusal(403, "Forbidden")

    def _called(self, name: str, call: Call) -> Handle:
        """A method of the API, for those who have a token."""

        async def called(request: web.Request) -> web.Response:
            token = request.match_info["token"]
            async with self._call:
                self._calls[name] += 1
                self._call.notify_all()
            if token != self.token and token not in self.tokens:
                return refusal(401, "Unauthorized")
            if self.refusing[name]:
                return refusal(*self.refusing[name].popleft())
            return await call(request, await form_of(request))

        return called

    def _in_chat(self, method: Method) -> Call:
        """One that says something in a chat, for those who keep to the limits."""

        async def called(request: web.Request, form: Form) -> web.Response:
            token, chat = request.match_info["token"], str(form.get("chat_id", ""))
            asks = [Ask("overall", token), Ask("chat", (token, chat))]
            if chat.startswith("-"):
                asks.insert(1, Ask("group", (token, chat)))
            if refused := self.over(request, *asks) or self._unreachable(chat):
                return refused
            return method(_number(token), form)

        return called

    def _unreachable(self, chat: str) -> web.Response | None:
        user = self._users.get(chat)
        if user and not user.started:
            return refusal(403, "Forbidden: bot can't initiate conversation with a user")
        if chat in self.blocked:
            return refusal(403, f"Forbidden: bot was {KICKED if chat.startswith('-') else 'blocked by the user'}")
        if chat in self.missing:
            return refusal(400, "Bad Request: chat not found")
        if chat in self.migrated:
            moved = {"migrate_to_chat_id": self.migrated[chat]}
            return refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", moved)
        return None

    # ── hearing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _poll(self, request: web.Request, form: Form) -> web.Response:
        if self.hooked:
            return refusal(409, HOOKED)
        updates = await self.updates[request.match_info["token"]].poll(form)
        return refusal(409, ANOTHER) if updates is None else granted(updates)

    async def _hand_over(self, request: web.Request) -> web.Response:
        token, place = request.match_info["token"], request.match_info["place"]
        if token != self.token and token not in self.tokens:
            return refusal(401, "Unauthorized")
        return self.uploads.hand_over(_number(token), place)

    def _unhook(self, bot: str, form: Form) -> web.Response:
        self.hooked = False
        return granted(True)

    def _list_commands(self, bot: str, form: Form) -> web.Response:
        menu = [(each["command"], each["description"]) for each in reading(form["commands"])]
        if len(menu) > 100 or not all(_COMMAND.fullmatch(name) and 1 <= len(text) <= 256 for name, text in menu):
            return self._messages.wrong("BOT_COMMAND_INVALID")
        return self._scoped(form, menu)

    def _list_nothing(self, bot: str, form: Form) -> web.Response:
        return self._scoped(form, None)

    def _scoped(self, form: Form, menu: list[tuple[str, str]] | None) -> web.Response:
        """Of all chats, or of the one that `scope` names: the bot has to know it."""
        scope = reading(form.get("scope", '{"type": "default"}'))
        chat = str(scope["chat_id"]) if scope["type"] == "chat" else ""
        if chat and (refused := self._unreachable(chat)):
            return refused
        self.menus.pop(chat, None)
        if menu is not None:
            self.menus[chat] = menu
        return granted(True)

    def _acknowledge(self, bot: str, form: Form) -> web.Response:
        query, text = str(form["callback_query_id"]), str(form.get("text", ""))
        waiting = self.waiting.pop(query, None)
        if query in self._acknowledged:  # a bot that was killed is told of the press once more
            return refusal(400, f"Bad Request: {TOO_OLD}")
        if waiting is None or self.record.now() - waiting.at > self._query_life:
            return self._messages.wrong(TOO_OLD)
        if len(text) > POPUP_LIMIT:
            return self._messages.wrong("MESSAGE_TOO_LONG")
        self._acknowledged.add(query)
        if text:
            self.toasts[query] = text
            self._take(Received("telegram", waiting.address, "", text, self.record.now(), silent=True, sender=bot))
        return granted(True)


def _number(token: str) -> str:
    """The bot's."""
    return token.partition(":")[0]


def _at_once(method: Method) -> Call:
    """One that says nothing in a chat."""

    async def called(request: web.Request, form: Form) -> web.Response:
        return method(_number(request.match_info["token"]), form)

    return called
