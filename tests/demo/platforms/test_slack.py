"""Slack on loopback demands what Slack demands of a bot, and shows people what they would see."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from alertd.demo.platforms.record import Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.slack_people import BOT, TEAM
from tests.fakes import START

TOKEN, APP = "a-bot", "an-app"
ANN, ROOM = "U0ANN00001", "C0ROOM0001"


class Bot:
    """Speaks the protocol by hand."""

    def __init__(self, platform: SlackPlatform, session: ClientSession, line: ClientWebSocketResponse) -> None:
        self.platform, self.session, self.line = platform, session, line

    async def gets(self) -> dict[str, Any]:
        message = await self.line.receive()
        assert message.type is WSMsgType.TEXT
        return dict(json.loads(message.data))

    async def call(self, method: str, token: str = TOKEN, **body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(f"{self.platform.url}/api/{method}", json=body, headers=headers) as answer:
            return dict(await answer.json())

    async def posts(self, url: str, **body: Any) -> tuple[int, str]:
        async with self.session.post(url, json=body) as answer:
            return answer.status, await answer.text()


def message(text: str = "BTC", *, value: str = "", **more: Any) -> dict[str, Any]:
    part = {"type": "plain_text", "text": text, "emoji": False}
    button = {"type": "button", "action_id": "0", "text": part, "value": value}
    flags = dict.fromkeys(("unfurl_links", "unfurl_media", "link_names", "mrkdwn"), False)
    blocks = [{"type": "header", "text": part}, *([{"type": "actions", "elements": [button]}] if value else [])]
    return {"text": text, "blocks": blocks, **flags, **more}


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    record = Record(now=lambda: START)
    async with SlackPlatform(record, token=TOKEN, app_token=APP, hook="") as platform, ClientSession() as session:
        headers = {"Authorization": f"Bearer {APP}"}
        async with session.post(f"{platform.url}/api/apps.connections.open", headers=headers) as answer:
            url = (await answer.json())["url"]
        async with session.ws_connect(url) as line:
            assert (await line.receive_json())["type"] == "hello"
            yield Bot(platform, session, line)


async def test_a_slash_command_and_its_reply(bot: Bot) -> None:
    ann = bot.platform.user(ANN)
    saying = asyncio.create_task(ann.says("/alert BTC > 70k"))
    envelope = await bot.gets()
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    payload = envelope["payload"]
    assert (payload["command"], payload["text"], payload["user_id"]) == ("/alert", "BTC &gt; 70k", ANN)
    await bot.line.send_json({"envelope_id": envelope["envelope_id"], "payload": message("done")})
    seen = await saying
    assert (seen.text, seen.private) == ("done", True)


@pytest.mark.parametrize(
    ("text", "chat", "kind", "said"),
    [("alerts", "", "message", "alerts"), ("@alertd alerts", ROOM, "app_mention", f"<@{BOT}> alerts")],
    ids=["direct", "mention"],
)
async def test_a_word_and_its_reply(text: str, chat: str, kind: str, said: str, bot: Bot) -> None:
    ann = bot.platform.user(ANN)
    bot.platform.rooms[ROOM] = {ANN}
    saying = asyncio.create_task(ann.says(text, chat=chat))
    envelope = await bot.gets()
    event = envelope["payload"]["event"]
    assert (event["type"], event["text"], event["channel"]) == (kind, said, chat or ann.direct)
    await bot.line.send_json({"envelope_id": envelope["envelope_id"]})
    assert (await bot.call("chat.postMessage", channel=event["channel"], **message("done")))["ok"]
    assert (await saying).text == "done"
    assert bot.platform.record.wrong == []


async def test_a_press_and_the_uses_of_its_response_url(bot: Bot) -> None:
    ann = bot.platform.user(ANN)
    await bot.call("chat.postMessage", channel=ANN, **message(value="why:e7"))
    pressing = asyncio.create_task(ann.presses("why:e7"))
    envelope = await bot.gets()
    payload = envelope["payload"]
    assert payload["actions"][0]["value"] == "why:e7"
    assert payload["message"]["ts"] == ann.seen[0].ref
    await bot.line.send_json({"envelope_id": envelope["envelope_id"]})
    url = payload["response_url"]
    assert await bot.posts(url, **message("changed", replace_original=True)) == (200, "ok")
    assert (await pressing).ref == ann.seen[0].ref
    assert await bot.posts(url, **message("<!here>")) == (400, "unescaped_markup")
    assert [(await bot.posts(url, **message("more")))[0] for _ in range(4)] == [200, 200, 200, 404]
    assert (await bot.posts(f"{bot.platform.url}/actions/{TEAM}/99", **message()))[1] == "expired_url"
    bot.platform.record.now = lambda: START + 1801
    assert (await bot.posts(url, **message()))[1] == "expired_url"


@pytest.mark.parametrize(
    ("kind", "answer", "wrong"),
    [
        ("/alerts", None, "slash_commands was not acknowledged within"),
        ("/alerts", "{", "no acknowledgement"),
        ("/alerts", {"envelope_id": "another"}, "of what was not sent"),
        ("/alerts", {"payload": message("a & b")}, "unescaped_markup"),
        ("alerts", {"payload": message("done")}, "of events_api holds no reply"),
    ],
    ids=["none", "no JSON", "of another", "not escaped", "a reply to an event"],
)
async def test_an_acknowledgement_is_looked_at(
    kind: str, answer: dict[str, Any] | str | None, wrong: str, bot: Bot
) -> None:
    bot.platform.line.deadline = 0.1
    saying = asyncio.create_task(bot.platform.user(ANN).sends(kind))
    envelope = await bot.gets()
    if isinstance(answer, str):
        await bot.line.send_str(answer)
    elif answer is not None:
        await bot.line.send_json({"envelope_id": envelope["envelope_id"]} | answer)
    await saying
    assert wrong in bot.platform.record.wrong[0]


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", "another", "invalid_auth"),
        ("chat.postEphemeral", APP, "invalid_auth"),
        ("apps.connections.open", TOKEN, "not_allowed_token_type"),
        ("apps.connections.open", "", "invalid_auth"),
    ],
)
async def test_each_method_wants_its_token(method: str, token: str, error: str, bot: Bot) -> None:
    assert await bot.call(method, token) == {"ok": False, "error": error}


async def test_a_ticket_opens_one_line(bot: Bot) -> None:
    ticket = bot.platform.line.ticket()
    url = f"{bot.platform.url}/link?ticket={ticket}"
    async with bot.session.ws_connect(url):
        with pytest.raises(WSServerHandshakeError):
            await bot.session.ws_connect(url)


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("chat.postEphemeral", {"channel": ROOM, "user": "U0BEN00001", **message()}, "user_not_in_channel"),
        ("chat.postMessage", {"channel": "C0OUT00001", **message()}, "not_in_channel"),
        ("chat.postMessage", {"channel": ROOM, **message(value="x" * 2001)}, "invalid_blocks"),
        ("conversations.open", {"users": ROOM}, "user_not_found"),
        ("files.getUploadURLExternal", {"filename": "", "length": "3"}, "invalid_arguments"),
        ("files.getUploadURLExternal", {"filename": "a", "length": "none"}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": '[{"id": "F1"}]', "channel_id": ROOM}, "file_not_found"),
        ("files.completeUploadExternal", {"files": "[", "channel_id": ROOM}, "file_not_found"),
        ("files.completeUploadExternal", {"files": "[]", "channel_id": "#alerts"}, "channel_not_found"),
        ("files.completeUploadExternal", {"files": "[]", "channel_id": ANN}, "channel_not_found"),
    ],
)
async def test_what_slack_would_refuse_is_refused(method: str, body: dict[str, Any], error: str, bot: Bot) -> None:
    bot.platform.rooms[ROOM] = {ANN}
    bot.platform.outside.add("C0OUT00001")
    assert await bot.call(method, **body) == {"ok": False, "error": error}


async def test_a_file_is_as_long_as_was_said(bot: Bot) -> None:
    begun = await bot.call("files.getUploadURLExternal", filename="a.yaml", length=3)
    for content, status in ((b"four", 400), (b"abc", 200)):
        async with bot.session.post(begun["upload_url"], data=content) as answer:
            assert answer.status == status
    ann = bot.platform.user(ANN)
    files = json.dumps([{"id": begun["file_id"]}])
    assert (await bot.call("files.completeUploadExternal", files=files, channel_id=ann.direct))["ok"]
    assert (await ann.reads()).file == ("a.yaml", b"abc")


async def test_an_answer_tells_the_ts_that_the_message_has(bot: Bot) -> None:
    """However late it is by then: a second of the demo's market is half a millisecond."""
    seconds = count(START)
    bot.platform.record.now = lambda: float(next(seconds))
    ann = bot.platform.user(ANN)
    bot.platform.rooms[ROOM] = {ANN}
    head = await bot.call("chat.postMessage", channel=ROOM, **message())
    assert head["ts"] == (await ann.reads()).ref
    assert (await bot.call("chat.postMessage", channel=ROOM, thread_ts=head["ts"], **message("below")))["ok"]
    assert (await ann.reads()).thread == head["ts"]
    hidden = await bot.call("chat.postEphemeral", channel=ROOM, user=ANN, **message("for her"))
    assert hidden["message_ts"] == (await ann.reads()).ref
    assert bot.platform.record.wrong == []


async def test_nobody_presses_what_they_do_not_see(bot: Bot) -> None:
    await bot.call("chat.postMessage", channel=ANN, **message(value="why:e7"))
    with pytest.raises(LookupError, match="no message has the button"):
        await bot.platform.user("U0BEN00001").taps("why:e7")


async def test_chatter_in_a_channel_is_not_told(bot: Bot) -> None:
    ann = bot.platform.user(ANN)
    await ann.sends("lunch?", chat=ROOM)
    with pytest.raises(TimeoutError):
        await ann.reads(within=0.01)
