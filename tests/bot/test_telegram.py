"""Telegram's bot, on loopback: what it hears, how it answers, and what it does when Telegram is not there."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from alertd.bot.asking import Reply
from alertd.bot.catalogue import COMMANDS
from alertd.bot.telegram import IN_WORK, MOST
from alertd.bot.telegram_replies import MOST_WAITING, POPUP
from alertd.channels.telegram import TelegramSettings, build
from alertd.channels.telegram_message import CAPTION_LIMIT, TEXT_LIMIT
from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.telegram_form import No
from alertd.demo.platforms.telegram_text import units
from alertd.dispatch.notice import recovery_key
from alertd.model.notification import Button, Notification
from alertd.model.people import Identity, Role
from alertd.wire.session import http_session
from tests.bot.room import room
from tests.bot.telegram_desk import PATIENCE, TOKEN, Desk, HastyClock, Scripted, running
from tests.channels.samples import NASTY, delivery
from tests.fakes import START, settle

GROUP, TOPIC = "-1001234567890", "-1001234567890/5"
PNG = b"\x89PNG\r\n\x1a\nchart"
CARET = "/alert BTC > 70q\n             ^ no number"
BUTTONS = (Button("Do it", "run:-:abc"), Button("No", "drop:-"))
DONE = Reply(said=Notification("Alert #1: BTC > 70,000", buttons=BUTTONS))


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with http_session() as session:
        yield session


@pytest.fixture
async def platform() -> AsyncIterator[TelegramPlatform]:
    async with TelegramPlatform(Record(now=lambda: START), TOKEN) as platform:
        yield platform


@pytest.fixture
def scripted() -> Scripted:
    return Scripted({"/start": DONE})


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock()


@pytest.fixture
async def desk(
    platform: TelegramPlatform, scripted: Scripted, clock: HastyClock, session: ClientSession, tmp_path: Path
) -> AsyncIterator[Desk]:
    """The bot runs."""
    desk = Desk(platform, scripted, clock)
    async with running(desk.bot(session, tmp_path)):
        yield desk
    assert platform.waiting == {}, "every press is acknowledged"


async def until(platform: TelegramPlatform, method: str, count: int = 1) -> None:
    """Returns when the platform has been asked so often."""
    async with asyncio.timeout(PATIENCE):
        await platform.served_of(method, count)


# ── hearing ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_in_private_is_answered(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/alert BTC > 70k"] = DONE
    got = await desk.platform.user(7, "Ann").says("/alert BTC > 70k")
    (asked,) = scripted.asked
    assert asked.key.startswith("110:")
    assert asked.identity == Identity("telegram", "", "7")
    assert (asked.chat, asked.direct, asked.name, asked.group) == ("7", "7", "Ann", False)
    assert (asked.text, asked.button) == ("/alert BTC > 70k", "")
    assert (got.text, got.callbacks, got.replies) == (DONE.said.title, BUTTONS, "")
    assert desk.turns == ["7"]
    assert desk.platform.record.wrong == []


@pytest.mark.parametrize(
    ("said", "chat", "heard"),
    [
        ("btc > 70k", "", "btc > 70k"),
        ("/start CODE", "", "/start CODE"),
        ("/forget_user @7", "", "/forget-user @7"),
        ("/Alert@ALERTD_BOT\nBTC > 1", GROUP, "/alert\nBTC > 1"),
        ("/alerts", TOPIC, "/alerts"),
        ("/no_such_thing", GROUP, "/no_such_thing"),
        ("/alerts@another_bot", GROUP, None),
        ("/alerts@another_bot", "", None),
        ("   ", "", None),
    ],
)
async def test_what_is_said_to_the_bot(said: str, chat: str, heard: str | None, desk: Desk, scripted: Scripted) -> None:
    user = desk.platform.user(7)
    user.tells(said, chat)
    user.tells("/last", chat)
    got = [asked.text for asked in await scripted.heard(1 if heard is None else 2)]
    assert got == [text for text in (heard, "/last") if text is not None]


async def test_a_group_is_answered_where_it_asked(desk: Desk, scripted: Scripted) -> None:
    user = desk.platform.user(7)
    user.tells("chatter of people", TOPIC)
    got = await user.says("/alerts", TOPIC)
    (asked,) = scripted.asked
    assert (asked.chat, asked.direct, asked.group) == (TOPIC, "7", True)
    assert (got.address, got.replies) == (TOPIC, "2")
    again = await user.says("eth > 3k", TOPIC, answering=int(got.ref))
    assert again.text == "heard eth > 3k"


async def test_several_people_of_a_group_are_told_apart(desk: Desk, scripted: Scripted) -> None:
    for number in (7, 8):
        await desk.platform.user(number).says("/alerts", GROUP)
    assert [asked.identity.user for asked in scripted.asked] == ["7", "8"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("my_chat_member", {"chat": {"id": 7, "type": "private"}, "date": 1, "new_chat_member": {"status": "kicked"}}),
        ("message", {"migrate_to_chat_id": -100777}),
        ("message", {"new_chat_title": "desk"}),
        ("message", {"text": "/alerts", "sender_chat": {"id": -100, "type": "supergroup"}}),
        ("message", {"text": "/alerts", "from": {"id": 1, "is_bot": True, "first_name": "another"}}),
        ("message", {"text": "/alerts", "from": None}),
        ("message", {"text": 5}),
        ("message", {"date": 10**18, "text": "/alerts"}),
        ("message", {"chat": "odd", "text": "/alerts"}),
        ("message", "odd"),
        ("callback_query", {"id": "q", "from": {"id": 7, "is_bot": False, "first_name": "A"}, "chat_instance": "1"}),
        ("callback_query", {"id": 5}),
        ("callback_query", None),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value or ["none"]),
)
async def test_an_update_that_nobody_says_is_passed_over(
    kind: str, body: object, desk: Desk, scripted: Scripted
) -> None:
    user = {"id": 7, "is_bot": False, "first_name": "Ann"}
    whole = {"message_id": 1, "date": 1, "chat": {"id": -100, "type": "supergroup"}, "from": user}
    desk.platform.updates[TOKEN].put(kind, {**whole, **body} if kind == "message" and isinstance(body, dict) else body)
    await desk.platform.user(7).says("/alerts")
    assert [asked.text for asked in scripted.asked] == ["/alerts"]


async def test_halves_of_letters_are_no_harm(desk: Desk, scripted: Scripted) -> None:
    got = await desk.platform.user(7, "A\ud83d").says("/alert \udc00 > 1")
    assert scripted.asked[0].text == "/alert ? > 1"
    assert got.text == "heard /alert ? > 1"


async def test_the_same_update_again_has_the_same_key(desk: Desk, scripted: Scripted) -> None:
    desk.platform.user(7).tells("/alerts")
    (update,) = desk.platform.updates[TOKEN].kept
    await scripted.heard(1)
    await until(desk.platform, "getUpdates", 2)
    await settle()
    desk.platform.updates[TOKEN].again(update)
    first, second = await scripted.heard(2)
    assert first == second


async def test_an_update_is_confirmed_when_its_answer_is_there(
    platform: TelegramPlatform, scripted: Scripted, clock: HastyClock, session: ClientSession, tmp_path: Path
) -> None:
    """A daemon that dies in between hears it once more."""
    desk = Desk(platform, scripted, clock)
    scripted.gates["/alerts"] = asyncio.Event()
    async with running(desk.bot(session, tmp_path)):
        platform.user(7).tells("/alerts")
        await scripted.heard(1)
    assert len(platform.updates[TOKEN].kept) == 1
    scripted.gates.clear()
    async with running(desk.bot(session, tmp_path)):
        assert (await platform.user(7).reads()).text == "heard /alerts"
        await until(platform, "getUpdates", 3)
    assert scripted.asked[0] == scripted.asked[1]
    assert platform.updates[TOKEN].kept == []


async def test_a_slow_answer_delays_nobody_and_is_begun_once(desk: Desk, scripted: Scripted) -> None:
    slow = scripted.gates["/slow"] = asyncio.Event()
    user = desk.platform.user(7)
    user.tells("/slow")
    await scripted.heard(1)
    for number in range(3):
        user.tells(f"/quick {number}")
        await desk.clock.advance(0.2)
        await scripted.heard(2 + number)
        assert (await user.reads()).text == f"heard /quick {number}"
    slow.set()
    assert (await user.reads()).text == "heard /slow"
    assert [asked.text for asked in scripted.asked].count("/slow") == 1


async def test_a_bug_in_an_answer_stops_nobody(
    desk: Desk, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.raising.add("/alerts")
    user = desk.platform.user(7)
    user.tells("/alerts")
    assert (await user.says("/price BTC")).text == "heard /price BTC"
    assert "a bug in answering on telegram" in caplog.text
    assert len(scripted.asked) == 2


async def test_who_is_given_no_answer_hears_nothing(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/flood"] = None
    user = desk.platform.user(7)
    user.tells("/flood")
    assert (await user.says("/alerts")).text == "heard /alerts"
    assert len(desk.platform.record.received) == 1


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("chat", ["", GROUP, TOPIC], ids=["private", "group", "topic"])
async def test_a_button_is_heard_acknowledged_and_answered(chat: str, desk: Desk, scripted: Scripted) -> None:
    ann, bob = desk.platform.user(7, "Ann"), desk.platform.user(8, "Bob")
    alert = await ann.says("/start", chat)
    presser = bob if chat else ann
    got = await presser.presses("Do it", chat)
    asked = scripted.asked[-1]
    assert (asked.button, asked.text, asked.group) == ("run:-:abc", "", bool(chat))
    assert (asked.chat, asked.direct) == (chat or "7", str(presser.number))
    assert asked.identity.user == str(presser.number)
    assert (got.text, got.replies, got.edits) == ("heard run:-:abc", alert.ref, "")
    assert desk.platform.toasts == {}


async def test_a_reply_takes_the_place_of_what_had_the_button(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["run:-:abc"] = Reply(said=Notification("Snoozed for 1 h"), replaces=True)
    user = desk.platform.user(7)
    before = await user.says("/start")
    after = await user.presses("Do it")
    assert (after.edits, after.text, after.callbacks) == (before.ref, "Snoozed for 1 h", ())


async def test_a_photos_caption_is_changed_where_a_button_of_it_is_pressed(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/start"] = replace(DONE, picture=PNG)
    scripted.replies["run:-:abc"] = Reply(said=Notification("Snoozed for 1 h"), replaces=True, code="x" * 2000)
    user = desk.platform.user(7)
    before = await user.says("/start")
    after = await user.presses("Do it")
    assert (after.edits, after.picture) == (before.ref, PNG)
    assert units(after.text) <= CAPTION_LIMIT
    assert not any(request.path.endswith("editMessageText") for request in desk.platform.requests)


async def test_a_message_that_cannot_be_changed_is_answered(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["run:-:abc"] = Reply(said=Notification("Snoozed for 1 h"), replaces=True)
    user = desk.platform.user(7)
    before = await user.says("/start")
    desk.platform.refusing["editMessageText"].append(No(400, "Bad Request: message can't be edited"))
    after = await user.presses("Do it")
    assert (after.edits, after.replies, after.text) == ("", before.ref, "Snoozed for 1 h")


async def test_a_press_is_acknowledged_before_a_slow_answer(desk: Desk, scripted: Scripted) -> None:
    user = desk.platform.user(7)
    await user.says("/start")
    gate = scripted.gates["run:-:abc"] = asyncio.Event()
    user.taps("Do it")
    await scripted.heard(2)
    await settle()
    await desk.clock.advance(3.0)
    await until(desk.platform, "answerCallbackQuery")
    gate.set()
    assert (await user.reads()).text == "heard run:-:abc"


async def test_a_press_that_is_too_old_is_answered_all_the_same(desk: Desk) -> None:
    user = desk.platform.user(7)
    await user.says("/start")
    desk.platform.refusing["answerCallbackQuery"].append(No(400, "Bad Request: query is too old"))
    assert (await user.presses("Do it")).text == "heard run:-:abc"
    desk.platform.waiting.clear()


# ── replies ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_code_keeps_its_blanks_and_is_escaped(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/x"] = Reply(said=Notification("I do not understand"), code=CARET + " <b>&amp;")
    got = await desk.platform.user(7).says("/x")
    assert got.text == f"I do not understand\n\n{CARET} <b>&amp;"
    assert desk.platform.record.wrong == []


async def test_what_people_write_is_text(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/x"] = Reply(said=replace(NASTY, buttons=(Button("<b>@everyone", "drop:-"),)))
    got = await desk.platform.user(7).says("/x")
    assert NASTY.title in got.text
    assert got.callbacks == (("<b>@everyone", "drop:-"),)
    assert desk.platform.record.wrong == []


@pytest.mark.parametrize("code", ["", "row of a table\n" * 900], ids=["lines", "code"])
async def test_a_long_reply_is_cut(code: str, desk: Desk, scripted: Scripted) -> None:
    lines = tuple(f"line {number} & <more>" for number in range(900))
    scripted.replies["/x"] = Reply(said=Notification("Many", lines), code=code)
    got = await desk.platform.user(7).says("/x")
    assert TEXT_LIMIT - 300 < units(got.text) <= TEXT_LIMIT
    assert "more lines" in got.text
    assert desk.platform.record.wrong == []


async def test_a_picture_has_the_words_under_it(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/chart"] = replace(DONE, picture=PNG)
    got = await desk.platform.user(7).says("/chart")
    assert (got.picture, got.text, got.callbacks) == (PNG, DONE.said.title, BUTTONS)


async def test_words_that_are_too_long_for_a_caption_come_behind_the_picture(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/chart"] = replace(DONE, picture=PNG, code="x" * (CAPTION_LIMIT + 1))
    user = desk.platform.user(7)
    first, second = await user.says("/chart"), await user.reads()
    assert (first.picture, first.text) == (PNG, "")
    assert (second.picture, second.callbacks) == (b"", BUTTONS)
    assert "x" * (CAPTION_LIMIT + 1) in second.text


async def test_a_picture_that_is_not_taken_does_not_take_the_words_with_it(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/chart"] = replace(DONE, picture=b"no png")
    got = await desk.platform.user(7).says("/chart")
    assert (got.picture, got.text) == (b"", DONE.said.title)


async def test_a_file_comes_as_a_document(desk: Desk, scripted: Scripted) -> None:
    content = b"- alert: BTC > 70k\r\n--\r\n" + bytes(range(256))
    scripted.replies["/export"] = replace(DONE, file=("alerts.yaml", content))
    user = desk.platform.user(7)
    assert (await user.says("/export")).text == DONE.said.title
    await user.reads()
    assert desk.platform.files == [("7", "alerts.yaml", content)]


async def test_what_is_private_is_said_in_the_private_chat(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/alerts"] = replace(DONE, private=True)
    user = desk.platform.user(7)
    await user.says("/start")
    got = await user.says("/alerts", GROUP)
    assert (got.address, got.text, got.replies) == ("7", DONE.said.title, "")
    assert desk.turns == ["7", "7"]


async def test_who_has_never_written_to_the_bot_is_asked_to(desk: Desk, scripted: Scripted) -> None:
    scripted.replies["/alerts"] = replace(DONE, private=True)
    got = await desk.platform.user(7).says("/alerts", TOPIC)
    assert (got.address, got.replies) == (TOPIC, "1")
    assert "I cannot write to you" in got.text
    assert DONE.said.title not in got.text
    assert got.buttons == (("Write to me", "https://t.me/alertd_bot"),)


@pytest.mark.parametrize(("lines", "pops"), [((), True), (("x" * POPUP,), False)], ids=["short", "too long to pop up"])
async def test_a_private_word_on_a_press_in_a_group_pops_up(
    lines: tuple[str, ...], pops: bool, desk: Desk, scripted: Scripted
) -> None:
    scripted.replies["run:-:abc"] = Reply(said=Notification("You may not do that", lines), ok=False, private=True)
    user = desk.platform.user(7)
    await user.says("/start")
    await user.says("/start", GROUP)
    got = await user.presses("Do it", GROUP)
    assert got.text.startswith("You may not do that")
    assert (got.address, list(desk.platform.toasts.values())) == (
        (GROUP, ["You may not do that"]) if pops else ("7", [])
    )


async def test_a_group_that_has_moved_is_answered_in_its_new_place(desk: Desk) -> None:
    desk.platform.migrated["-42"] = -100777
    desk.platform.user(7).tells("/alerts", "-42")
    await desk.platform.record.arrived(1)
    assert desk.platform.record.received[0].address == "-100777"


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (No(429, "Too Many Requests: retry after 7", {"retry_after": 7}), 7.0),
        (No(502, "Bad Gateway"), 1.0),
    ],
    ids=["429", "502"],
)
async def test_a_reply_that_is_not_taken_is_tried_again(
    answer: No, waits: float, clock: HastyClock, desk: Desk
) -> None:
    desk.platform.refusing["sendMessage"].append(answer)
    assert (await desk.platform.user(7).says("/alerts")).text == "heard /alerts"
    assert clock.slept == [waits]
    assert desk.turns == ["7", "7"]


async def test_alerts_are_told_of_a_429_on_a_reply(clock: HastyClock, desk: Desk) -> None:
    desk.platform.refusing["sendMessage"].extend([No(502, "Bad Gateway"), No(429, "retry", {"retry_after": 7})])
    assert (await desk.platform.user(7).says("/alerts")).text == "heard /alerts"
    assert desk.rests == [("7", clock.now())], "seven seconds have been slept since"


async def test_a_reply_is_not_tried_before_it_may_be(
    clock: HastyClock, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    user = desk.platform.user(7)
    desk.platform.refusing["sendMessage"].append(No(429, "Too Many Requests", {"retry_after": 61}))
    user.tells("/alerts")
    await until(desk.platform, "sendMessage", 1)
    assert (await user.says("/price")).text == "heard /price"
    assert clock.slept == []
    assert desk.rests == [("7", clock.now() + 61)]
    assert desk.turns == ["7", "7"]
    assert "a reply on telegram was not brought: HTTP 429: Too Many Requests" in caplog.messages


async def test_a_reply_is_brought_when_telegram_is_back_after_minutes(clock: HastyClock, desk: Desk) -> None:
    desk.platform.refusing["sendMessage"].extend([No(502, "Bad Gateway")] * 8)
    assert (await desk.platform.user(7).says("/alerts")).text == "heard /alerts"
    assert clock.slept == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


# What may have arrived (504) is not said again and again.
@pytest.mark.parametrize(("status", "tries"), [(500, 15), (504, 4), (403, 1)])
async def test_a_reply_that_cannot_be_brought_is_logged(
    status: int, tries: int, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    user = desk.platform.user(7)
    desk.platform.refusing["sendMessage"].extend([No(status, "no")] * tries)
    user.tells("/alerts")
    await until(desk.platform, "sendMessage", tries)
    assert (await user.says("/price")).text == "heard /price"
    assert f"a reply on telegram was not brought: HTTP {status}: no" in caplog.messages


async def test_replies_do_not_pile_up_for_a_chat(
    desk: Desk, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()
    desk.blocking = gate
    user = desk.platform.user(7)
    for number in range(MOST_WAITING + 5):
        user.tells(f"/x {number}")
    await scripted.heard(MOST_WAITING + 5)
    await settle()
    gate.set()
    await desk.platform.record.arrived(MOST_WAITING)
    assert (await desk.platform.user(8).says("/alerts")).text == "heard /alerts"
    assert sum("a reply on telegram is left out" in message for message in caplog.messages) == 5


async def test_telegram_keeps_what_comes_while_very_many_replies_wait(
    desk: Desk, scripted: Scripted, session: ClientSession
) -> None:
    desk.blocking = gate = asyncio.Event()
    said = 20 * (IN_WORK // 20 + 10)
    for number in range(said):
        desk.platform.user(1 + number // 20).tells(f"/x {number}")
    await scripted.heard(IN_WORK)
    for _ in range(20):
        async with session.post(f"{desk.platform.url}/bot{TOKEN}/getMe") as answer:
            assert answer.status == 200
    assert len(scripted.asked) < IN_WORK + MOST
    gate.set()
    await scripted.heard(said)
    await desk.platform.record.arrived(said)


# ── the platform ─────────────────────────────────────────────────────────────────────────────────────────────────


def named(platform: TelegramPlatform) -> dict[str, list[str]]:
    """The commands of each menu."""
    return {chat: [name for name, _ in menu] for chat, menu in platform.menus.items()}


WHOLE = [name.replace("-", "_") for name in COMMANDS]


async def test_the_menu_has_what_anybody_may_and_that_of_admins_all(desk: Desk) -> None:
    await desk.platform.user(7).says("/alerts")
    assert desk.known == ["https://t.me/alertd_bot"]
    common = named(desk.platform)[""]
    assert {"alert", "price", "settings", "help", "start"} <= set(common) < set(WHOLE)
    assert not {"users", "invite", "role", "ban", "forget_user", "audit", "rules", "silence", "status"} & set(common)

    desk.admins = frozenset({"7", "8"})  # nobody has spoken to it as 8
    desk.platform.user(8)
    await desk.platform.user(7).says("/alerts")
    await until(desk.platform, "setMyCommands", 3)
    assert named(desk.platform) == {"": common, "7": WHOLE}

    desk.admins = frozenset()
    await desk.platform.user(7).says("/alerts")
    await until(desk.platform, "deleteMyCommands", 2)
    await desk.platform.user(7).says("/alerts")
    assert named(desk.platform) == {"": common}
    assert desk.platform.record.wrong == []


@pytest.mark.parametrize(
    ("refused", "pause"),
    [
        pytest.param(No(502, "Bad Gateway"), 60.0, id="a gateway that is down"),
        pytest.param(No(429, "Too Many Requests", {"retry_after": 900}), 900.0, id="too often"),
    ],
)
@pytest.mark.parametrize("taken", [False, True], ids=["the common one", "that of an admin"])
async def test_a_menu_that_is_not_taken_for_now_is_set_later_and_the_bot_hears_meanwhile(
    platform: TelegramPlatform,
    clock: HastyClock,
    session: ClientSession,
    tmp_path: Path,
    refused: No,
    *,
    pause: float,
    taken: bool,
) -> None:
    desk, refusing, ann = Desk(platform, Scripted(), clock), platform.refusing["setMyCommands"], platform.user(7)
    if not taken:
        refusing.append(refused)
    async with running(desk.bot(session, tmp_path)):
        await ann.says("/alerts")
        if taken:
            refusing.append(refused)
        desk.admins = frozenset({"7"})
        for seconds in (0.0, pause - 1, 1.0):
            assert set(platform.menus) == ({""} if taken else set())
            await clock.advance(seconds)
            for _ in range(2):
                await ann.says("/alerts")
        assert refusing == deque(), "it was asked for"
        assert set(platform.menus) == {"", "7"}
        assert desk.told == []


async def test_a_webhook_is_taken_away(
    platform: TelegramPlatform, scripted: Scripted, clock: HastyClock, session: ClientSession, tmp_path: Path
) -> None:
    platform.hooked = True
    platform.refusing["setMyCommands"].append(No(400, "Bad Request: BOT_COMMAND_INVALID"))
    async with running(Desk(platform, scripted, clock).bot(session, tmp_path)):
        assert (await platform.user(7).says("/alerts")).text == "heard /alerts"
        assert platform.menus == {}


async def test_a_platform_that_is_down_at_the_start_is_waited_for(
    platform: TelegramPlatform, scripted: Scripted, clock: HastyClock, session: ClientSession, tmp_path: Path
) -> None:
    desk = Desk(platform, scripted, clock)
    platform.mood = Mood(Temper.DEAD)
    async with running(desk.bot(session, tmp_path)):
        await clock.sleeps(12)
        assert all(0.5 <= pause <= 60.0 for pause in clock.slept)
        assert clock.slept[-1] >= 30.0
        assert [key for key, _ in desk.told] == ["bot:telegram"]
        assert "the bot of telegram hears nothing: " in desk.told[0][1]
        platform.mood = WELL
        assert (await platform.user(7).says("/alerts")).text == "heard /alerts"
        await until(platform, "getUpdates", 2)
        assert [key for key, _ in desk.told] == ["bot:telegram", recovery_key("bot:telegram")]
        assert "hears again" in desk.told[1][1]


async def test_a_platform_that_goes_down_for_a_moment_is_not_worth_a_word(
    desk: Desk, clock: HastyClock, scripted: Scripted
) -> None:
    user = desk.platform.user(7)
    await user.says("/alerts")
    await until(desk.platform, "getUpdates", 2)
    desk.platform.mood = Mood(Temper.DEAD)
    await clock.sleeps(2)
    desk.platform.mood = WELL
    assert (await user.says("/price")).text == "heard /price"
    assert [asked.text for asked in scripted.asked] == ["/alerts", "/price"]
    assert desk.told == []


@pytest.mark.parametrize("temper", [Temper.FAILING, Temper.TRUNCATED, Temper.SWALLOWS, Temper.LIMITED])
async def test_a_moody_platform_is_borne(temper: Temper, desk: Desk, scripted: Scripted) -> None:
    user = desk.platform.user(7)
    desk.platform.mood = Mood(temper, share=0.3, seed=5)
    for number in range(5):
        user.tells(f"/x {number}")
    await scripted.heard(5)
    desk.platform.mood = WELL
    assert (await user.says("/alerts")).text


async def test_another_process_with_the_same_token_is_told(
    platform: TelegramPlatform, scripted: Scripted, clock: HastyClock, session: ClientSession, tmp_path: Path
) -> None:
    first, second = Desk(platform, scripted, clock), Desk(platform, scripted, HastyClock())
    bot = first.bot(session, tmp_path)
    async with running(bot):
        await until(platform, "getUpdates")
        assert bot.hearing.state.startswith("listens for"), "although nobody has said anything yet"
        async with running(second.bot(session, tmp_path)):
            await clock.sleeps(1)
        why = "another process polls with its token: stop it, or give each a bot of its own"
        assert first.told[0] == ("bot:telegram:conflict", f"the bot of telegram has a rival: {why}")
        assert why in bot.hearing.state
        assert (await platform.user(7).says("/alerts")).text == "heard /alerts"


async def test_a_token_that_is_refused_is_told_and_another_one_taken_up(
    platform: TelegramPlatform, scripted: Scripted, clock: HastyClock, session: ClientSession, tmp_path: Path
) -> None:
    desk = Desk(platform, scripted, clock)
    async with running(desk.bot(session, tmp_path, token="999:wrong")):
        await clock.sleeps(1)
        assert desk.told == [("bot:telegram", "the bot of telegram hears nothing: Telegram refuses its token")]
        (tmp_path / "token").write_text(TOKEN)
        assert (await platform.user(7).says("/alerts")).text == "heard /alerts"


async def test_no_token_is_in_the_log(desk: Desk, clock: HastyClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    user = desk.platform.user(7)
    await user.says("/alerts")
    desk.platform.mood = Mood(Temper.DEAD)
    await clock.sleeps(2)
    desk.platform.mood = WELL
    await user.says("/alerts")
    assert TOKEN not in caplog.text


# ── all of it ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_alert_by_chat_is_told_with_buttons_and_snoozed(
    platform: TelegramPlatform, session: ClientSession, tmp_path: Path
) -> None:
    async with room() as stand:
        desk = Desk(platform, stand.clerk, stand.clock)
        bot = desk.bot(session, tmp_path)
        settings = TelegramSettings.model_validate({"url": platform.url, "token": f"file:{tmp_path / 'token'}"})
        channel = build("telegram", settings, session)
        await stand.enrol("ann", Role.USER)
        await stand.price(BTC=65_000)
        ann = platform.user(int(stand.identity("ann").user), "Ann")
        async with running(bot):
            reply = await ann.says("/alert BTC > 70k")
            assert "70,000" in reply.text
            await stand.price(BTC=70_001)
            await settle()
            (alert,) = stand.sent("ann")
            await channel.send(delivery(alert.notification, address=ann.chat), START)
            shown = await ann.reads()
            labels = [label for label, _ in shown.callbacks]
            assert "Snooze 1 h" in labels
            answer = await ann.presses("Snooze 1 h")
            assert "nooze" in answer.text
    assert platform.record.wrong == []
