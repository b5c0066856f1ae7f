"""Telegram on loopback, for bots that hear: updates, presses, the menu, pictures and files."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from alertd.demo.platforms.record import Record
from alertd.demo.platforms.telegram import ANOTHER, HOOKED, QUERY_LIFE, TelegramPlatform
from alertd.demo.platforms.telegram_updates import FIRST
from tests.demo.platforms.callers import BOT, Said, Telegram, said
from tests.fakes import HandClock

PNG = b"\x89PNG\r\n\x1a\n--\r\n\r\nbytes"
KEYBOARD = {"inline_keyboard": [[{"text": "Why", "callback_data": "why:e7"}]]}


@pytest.fixture
async def platform(record: Record) -> AsyncIterator[TelegramPlatform]:
    async with TelegramPlatform(record, BOT) as platform:
        yield platform


@pytest.fixture
def caller(platform: TelegramPlatform, session: ClientSession) -> Telegram:
    return Telegram(platform, session)


async def polled(caller: Telegram, **fields: Any) -> list[Any]:
    answer = await caller.call("getUpdates", **fields)
    assert answer.status == 200
    found: list[Any] = answer.body["result"]
    return found


async def upload(caller: Telegram, method: str, part: str, content: bytes, **fields: str) -> Said:
    form = FormData()
    for name, value in {"chat_id": "5", **fields}.items():
        form.add_field(name, value)
    form.add_field(part, content, filename="a.bin")
    return await said(caller.session.post(f"{caller.platform.url}/bot{BOT}/{method}", data=form))


async def test_an_update_is_kept_until_it_is_confirmed(platform: TelegramPlatform, caller: Telegram) -> None:
    ann = platform.user(7, "Ann")
    for text in ("/a", "/b", "/c"):
        ann.tells(text)
    for _ in range(2):
        assert [update["message"]["text"] for update in await polled(caller, limit=2)] == ["/a", "/b"]
    assert [update["update_id"] for update in await polled(caller, offset=FIRST + 2)] == [FIRST + 2]
    assert await polled(caller, offset=FIRST + 3) == []
    assert await polled(caller) == []


async def test_a_long_poll_ends_with_the_first_update(platform: TelegramPlatform, caller: Telegram) -> None:
    polling = asyncio.create_task(polled(caller, timeout=30))
    await platform.served_of("getUpdates", 1)
    platform.user(7).tells("/a")
    assert len(await polling) == 1


async def test_only_what_is_asked_for_is_told(platform: TelegramPlatform, caller: Telegram) -> None:
    platform.updates[BOT].put("my_chat_member", {})
    assert await polled(caller, allowed_updates=["message"]) == []
    assert len(await polled(caller, allowed_updates=["my_chat_member"])) == 1


async def test_a_second_poll_puts_out_the_first(platform: TelegramPlatform, caller: Telegram) -> None:
    first = asyncio.create_task(caller.call("getUpdates", timeout=30))
    await platform.served_of("getUpdates", 1)
    second = asyncio.create_task(caller.call("getUpdates", timeout=30))
    refused = await first
    assert (refused.status, refused.body["description"]) == (409, ANOTHER)
    platform.user(7).tells("/a")
    assert len((await second).body["result"]) == 1


async def test_nothing_is_polled_while_there_is_a_webhook(platform: TelegramPlatform, caller: Telegram) -> None:
    platform.hooked = True
    refused = await caller.call("getUpdates")
    assert (refused.status, refused.body["description"]) == (409, HOOKED)
    await caller.call("deleteWebhook")
    assert await polled(caller) == []


@pytest.mark.parametrize(
    ("text", "chat", "seen"),
    [("hello", "", True), ("hello", "-100", False), ("/alerts", "-100/5", True)],
    ids=["private", "chatter of a group", "command in a topic"],
)
async def test_a_bot_sees_of_a_group_what_is_for_it(
    text: str, chat: str, seen: bool, platform: TelegramPlatform, caller: Telegram
) -> None:
    platform.user(7).tells(text, chat)
    assert bool(await polled(caller)) is seen


async def test_a_bot_may_not_write_first(platform: TelegramPlatform, caller: Telegram) -> None:
    ann = platform.user(5)
    ann.tells("/alerts", "-100")
    assert "can't initiate" in (await caller.send()).body["description"]
    ann.tells("/start")
    assert (await caller.send()).status == 200


async def test_a_press_is_acknowledged_once_and_in_time(
    platform: TelegramPlatform, caller: Telegram, clock: HandClock
) -> None:
    await caller.call(reply_markup=KEYBOARD)
    ann = platform.user(5)
    ann.started = True
    query = ann.taps("Why")
    assert [update["callback_query"]["data"] for update in await polled(caller)] == ["why:e7"]
    assert platform.waiting.keys() == {query}
    assert (await caller.call("answerCallbackQuery", callback_query_id=query, text="x" * 201)).status == 400
    again = await caller.call("answerCallbackQuery", callback_query_id=query)
    assert "query is too old" in again.body["description"]
    late = ann.taps("why:e7")
    await clock.advance(QUERY_LIFE + 1)
    assert (await caller.call("answerCallbackQuery", callback_query_id=late)).status == 400
    in_time = ann.taps("Why")
    assert (await caller.call("answerCallbackQuery", callback_query_id=in_time, text="because")).status == 200
    assert platform.toasts == {in_time: "because"}


def test_a_button_that_is_not_there_cannot_be_pressed(platform: TelegramPlatform) -> None:
    with pytest.raises(LookupError, match="no button 'Why' in 7"):
        platform.user(7).taps("Why")


@pytest.mark.parametrize(
    ("command", "description", "status"),
    [
        ("alerts", "My alerts", 200),
        ("forget-user", "x", 400),
        ("Alerts", "x", 400),
        ("a", "", 400),
        ("a", "x" * 257, 400),
    ],
    ids=["as it should be", "hyphen", "capital", "no description", "long description"],
)
async def test_the_menu(
    command: str, description: str, status: int, platform: TelegramPlatform, caller: Telegram
) -> None:
    answer = await caller.call("setMyCommands", commands=[{"command": command, "description": description}])
    assert answer.status == status
    assert platform.menus == ({"": [(command, description)]} if status == 200 else {})


async def test_a_chat_has_a_menu_of_its_own(platform: TelegramPlatform, caller: Telegram) -> None:
    menu, scope = [{"command": "ban", "description": "Shut out"}], {"type": "chat", "chat_id": 7}
    ann = platform.user(7)
    assert (await caller.call("setMyCommands", commands=menu, scope=scope)).status == 403
    ann.tells("hello")
    assert (await caller.call("setMyCommands", commands=menu, scope=scope)).status == 200
    assert platform.menus == {"7": [("ban", "Shut out")]}
    assert (await caller.call("deleteMyCommands")).status == 200
    assert platform.menus == {"7": [("ban", "Shut out")]}
    assert (await caller.call("deleteMyCommands", scope=scope)).status == 200
    assert platform.menus == {}


@pytest.mark.parametrize(
    "button",
    [
        {"text": "Why", "callback_data": "é" * 33},
        {"text": "Why", "callback_data": ""},
        {"text": "", "callback_data": "why"},
        {"text": "Why"},
        {"text": "Why", "url": "https://a.example", "callback_data": "why"},
    ],
    ids=["66 bytes", "no data", "no label", "neither", "both"],
)
async def test_a_button_that_telegram_does_not_take(button: dict[str, str], caller: Telegram) -> None:
    answer = await caller.call(reply_markup={"inline_keyboard": [[button]]})
    assert "inline keyboard button" in answer.body["description"]


@pytest.mark.parametrize(
    ("method", "part", "content", "fields", "description"),
    [
        ("sendPhoto", "photo", PNG, {"caption": "x" * 1024}, ""),
        ("sendPhoto", "photo", PNG, {"caption": "x" * 1025}, "caption is too long"),
        ("sendPhoto", "photo", PNG, {"caption": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ("sendPhoto", "photo", b"GIF89a", {}, "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", "picture", PNG, {}, "IMAGE_PROCESS_FAILED"),
        ("sendDocument", "document", b"", {}, "non-empty"),
        ("editMessageMedia", "m", PNG, {"message_id": "1", "media": '{"type":"photo","media":"attach://m"}'}, ""),
        ("editMessageMedia", "m", PNG, {"message_id": "1", "media": '{"type":"photo","media":"attach://n"}'}, "IMAGE"),
        (
            "editMessageMedia",
            "m",
            PNG,
            {"message_id": "9", "media": '{"type":"photo","media":"attach://m"}'},
            "not found",
        ),
        ("editMessageCaption", "m", PNG, {"message_id": "1", "caption": "x"}, "there is no caption"),
    ],
)
async def test_pictures_are_looked_at(
    *, method: str, part: str, content: bytes, fields: dict[str, str], description: str, caller: Telegram
) -> None:
    await caller.send()
    answer = await upload(caller, method, part, content, **fields)
    got = caller.platform.record.received
    if description:
        assert description in answer.body["description"]
        assert len(got) == 1
    else:
        assert (answer.status, got[-1].picture) == (200, PNG)


async def test_a_photo_has_no_text_to_edit(caller: Telegram) -> None:
    await upload(caller, "sendPhoto", "photo", PNG)
    answer = await caller.call("editMessageText", message_id=1)
    assert "there is no text in the message to edit" in answer.body["description"]
    assert (await caller.call("editMessageCaption", message_id=1, caption="calm")).status == 200
    assert (await caller.call("editMessageReplyMarkup", message_id=1, reply_markup=KEYBOARD)).status == 200
    last = caller.platform.record.received[-1]
    assert (last.text, last.picture, last.callbacks) == ("calm", PNG, (("Why", "why:e7"),))


async def test_who_was_killed_before_the_answer_may_change_a_message_again(caller: Telegram) -> None:
    await caller.send()
    answers = [await caller.call("editMessageText", message_id=1, text="ETH") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 400]
    assert "message is not modified" in answers[1].body["description"]
    assert (len(caller.platform.record.received), caller.platform.record.wrong) == (2, [])
