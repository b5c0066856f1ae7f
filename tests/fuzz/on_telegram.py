"""Telegram: updates as getUpdates answers them, through the SDK both ways, to the loopback platform's strict reader."""

import json
from random import Random
from typing import Any

from telegram import Bot, Update, User
from telegram.request import BaseRequest, RequestData

from alertd.bot.asking import Answering
from alertd.bot.telegram_heard import heard
from alertd.bot.telegram_replies import POPUP, Replies
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.telegram_chats import USERNAME, Chats, Sent
from alertd.demo.platforms.telegram_form import Form, Upload, granted
from alertd.demo.platforms.telegram_messages import SAME, Messages
from alertd.demo.platforms.telegram_text import units
from alertd.wire.sdk import Refusal
from alertd.wire.telegram_updates import UpdatesRequest
from tests.bot.room import Room
from tests.fuzz.wire import Between, Saying, Wrong, ears, file_of

BOT, GROUP = 110, -100777
_HARMLESS = ("message to edit not found", "message to be replied not found", SAME, "there is no text in the message")
"""What Telegram says of a message that an update invented."""


class Loopback(BaseRequest):
    """Hands what the SDK posts to the loopback platform."""

    def __init__(self, messages: Messages) -> None:
        self._methods = {
            "sendMessage": messages.send,
            "sendPhoto": messages.photo,
            "sendDocument": messages.document,
            "editMessageText": messages.edit,
            "editMessageCaption": messages.edit_caption,
            "editMessageMedia": messages.edit_media,
        }

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None:
        """There is nothing to open."""

    async def shutdown(self) -> None:
        """Nor to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: object, **__: object
    ) -> tuple[int, bytes]:
        form: dict[str, Any] = dict(request_data.json_parameters) if request_data else {}
        if request_data and request_data.contains_files:
            files = request_data.multipart_data.items()
            form |= {name: Upload(named, content) for name, (named, content, _) in files if isinstance(content, bytes)}
        name = url.rpartition("/")[2]
        answer = self._popped(form) if name == "answerCallbackQuery" else self._methods[name](str(BOT), form)
        body = answer.body if isinstance(answer.body, bytes) else b""
        if answer.status != 200:
            raise Refusal(answer.status, answer.headers, body)
        return answer.status, body

    def _popped(self, form: Form) -> Any:
        if units(form.get("text", "")) > POPUP:
            raise Wrong("popup: longer than Telegram takes")
        return granted(True)


class Telegram:
    def __init__(self, stand: Room, answering: Answering) -> None:
        self._stand = stand
        self._between = Between(stand, answering)
        self._record = Record(now=stand.clock.now)
        self._chats = Chats()
        request = Loopback(Messages(self._chats, self._record, self._record.take))
        bot = Bot(f"{BOT}:x", request=request, get_updates_request=request)
        self._me = User(BOT, "alertd", is_bot=True, username=USERNAME)
        self._replies = Replies(bot, ears(stand, "telegram", self._between), f"https://t.me/{USERNAME}")

    def update(self, saying: Saying) -> dict[str, Any]:
        who = {"id": int(saying.who.user), "is_bot": False, "first_name": saying.name, "language_code": "en"}
        chat = {"id": GROUP, "type": "supergroup"} if saying.group else {"id": who["id"], "type": "private"}
        message: dict[str, Any] = {"message_id": saying.number, "date": int(self._stand.clock.now()), "chat": chat}
        if saying.group and saying.rng.random() < 0.3:
            message |= {"message_thread_id": 7, "is_topic_message": True}
        if saying.button:
            message["from"] = {"id": BOT, "is_bot": True, "first_name": "alertd"}
            self._chats.sent[str(chat["id"]), saying.number] = Sent(str(BOT), str(chat["id"]), "before", "")
            query = {"id": str(saying.number), "from": who, "chat_instance": "1", "data": saying.button}
            return {"update_id": saying.number, "callback_query": {**query, "message": message}}
        if file := file_of(saying):
            document = {"file_id": file, "file_unique_id": "u", "file_name": "a.yaml", "file_size": len(file)}
            caption = {"caption": "/import"} if saying.group else {}
            return {"update_id": saying.number, "message": {**message, **caption, "from": who, "document": document}}
        message |= {"from": who, "text": saying.text}
        if saying.group and not saying.text.startswith("/"):
            message["reply_to_message"] = {**message, "from": {"id": BOT, "is_bot": True, "first_name": "alertd"}}
        return {"update_id": saying.number, "message": message}

    async def deliver(self, raw: Any, rng: Random) -> None:
        answer = UpdatesRequest.parse_json_payload(json.dumps({"ok": True, "result": [raw]}).encode())
        for update in Update.de_list(answer["result"], None):
            said = heard(update, "telegram", self._me, self._between.fetch)
            if said is None:
                continue
            before = len(self._record.received)
            reply = await self._between.answer(said.asked)
            await self._replies.bring(said, reply, acknowledged=rng.random() < 0.1)
            wrong = [each for each in self._record.wrong if not any(word in each for word in _HARMLESS)]
            self._record.wrong.clear()
            if wrong:
                raise Wrong(f"payload: {wrong}")
            shown = [each for each in self._record.received[before:] if each.address != said.asked.direct]
            if reply and reply.private and said.asked.group and shown:
                raise Wrong(f"leak: what is for one person is in the group: {shown[0].text!r}")
