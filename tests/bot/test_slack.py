"""Slack's bot against a loopback workspace, through the SDK and real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from alertd.bot.asking import Asked, Reply
from alertd.bot.office import no, say
from alertd.bot.slack import AT_ONCE
from alertd.demo.platforms.moods import Mood, Temper
from alertd.demo.platforms.record import Act, Answer
from alertd.demo.platforms.slack_people import TEAM
from alertd.dispatch.notice import recovery_key
from alertd.model.notification import Button, Notification
from alertd.model.people import Identity
from tests.bot.slack_desk import ANN, BEN, ROOM, Desk, desk
from tests.channels.proxy import Proxy
from tests.channels.samples import NASTY
from tests.fakes import settle

PNG = b"\x89PNG\r\n\x1a\n chart"
BUTTONS = (Button("Snooze 1 h", "snooze:e7:1h"), Button("Why", "why:e7"))
ALERT = Reply(said=Notification("#12 BTC > 70,000", lines=("now 65,000",), buttons=BUTTONS))


@pytest.fixture
async def at() -> AsyncIterator[Desk]:
    async with desk() as at:
        await at.platform.line.listened()
        yield at
        assert at.wrong == []


def only(asked: list[Asked]) -> Asked:
    (one,) = asked
    return one


# ── what is heard ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "chat", "text"),
    [
        ("/alert BTC > 70k", "", "alert BTC > 70k"),
        ("/alertd alerts", "", "alerts"),
        ("/alertd", "", ""),
        ("/price BTC", ROOM, "price BTC"),
        ("alert BTC > 70k & <b>", "", "alert BTC > 70k & <b>"),
        ("@alertd alerts", ROOM, "alerts"),
    ],
    ids=["slash command", "slash command of the bot", "with nothing", "in a channel", "direct message", "mention"],
)
async def test_what_is_said_is_asked(typed: str, chat: str, text: str, at: Desk) -> None:
    seen = await at.ann.says(typed, chat=chat)
    asked = only(at.script.asked)
    assert (asked.text, asked.button) == (text, "")
    assert asked.identity == Identity("slack", TEAM, ANN)
    assert (asked.chat, asked.direct, asked.group) == (chat or ANN, ANN, bool(chat))
    assert (seen.text, seen.chat) == ("done", chat or at.ann.direct)


async def test_a_press_is_asked_with_its_data(at: Desk) -> None:
    at.script.replies.append(ALERT)
    shown = await at.ann.says("alert BTC > 70k")
    assert shown.callbacks == tuple(map(tuple, BUTTONS))
    await at.ann.presses("Snooze 1 h")
    assert (at.script.asked[1].button, at.script.asked[1].text) == ("snooze:e7:1h", "")
    assert (at.script.asked[1].name, at.script.asked[1].identity) == ("ann", at.script.asked[0].identity)
    assert at.script.asked[0].key != at.script.asked[1].key


async def test_who_presses_is_asked_about_not_who_said_it(at: Desk) -> None:
    at.script.replies.append(ALERT)
    await at.ann.says("@alertd alert BTC > 70k", chat=ROOM)
    await at.ben.presses("Why")
    assert [asked.identity.user for asked in at.script.asked] == [ANN, BEN]


async def test_a_message_that_slack_tells_of_again_has_the_same_key(at: Desk) -> None:
    await at.ann.says("alerts")
    await at.ann.again()
    first, second = at.script.asked
    assert first == second


async def test_chatter_of_a_channel_and_of_bots_is_not_heard(at: Desk) -> None:
    event = {"type": "message", "channel": ROOM, "channel_type": "channel", "user": ANN, "text": "alerts", "ts": "1.1"}
    own = {**event, "channel": at.ann.direct, "channel_type": "im", "bot_id": "B1"}
    edited = {**event, "channel": at.ann.direct, "channel_type": "im", "subtype": "message_changed"}
    for number, each in enumerate((event, own, edited)):
        await at.platform.deliver("events_api", {"team_id": TEAM, "event_id": f"Ev{number}", "event": each})
    assert at.script.asked == []


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type": "hello"}',
        '{"type": "slash_commands", "envelope_id": 7, "payload": {}}',
        '{"type": "slash_commands", "envelope_id": "a", "payload": []}',
        '{"type": "interactive", "envelope_id": "", "payload": {"type": "block_actions", "actions": [[]]}}',
        '{"type": ["events_api"], "envelope_id": {}, "payload": {"event": "message"}}',
        '{"type": "events_api", "envelope_id": "b", "payload": {"event": {"type": "message"}}}',
    ],
    ids=repr,
)
async def test_what_is_no_envelope_does_no_harm(raw: str) -> None:
    async with desk() as at:
        await at.platform.line.send_raw(raw)
        assert (await at.ann.says("alerts")).text == "done"
        assert len(at.script.asked) == 1
        assert at.platform.line.opened == 1


async def test_a_slow_answer_delays_nobody(at: Desk) -> None:
    slow = at.script.gate = asyncio.Event()
    waiting = asyncio.create_task(at.ann.says("/alert BTC > 70k"))
    await at.script.heard()
    at.script.gate = asyncio.Event()
    at.script.gate.set()
    assert (await at.ben.says("/price BTC")).text == "done"
    slow.set()
    assert (await waiting).text == "done"


async def test_no_more_are_answered_at_once_than_there_is_room_for(at: Desk) -> None:
    at.script.gate.clear()
    people = [at.platform.user(f"U0MANY{number:05}") for number in range(AT_ONCE + 10)]
    said = [asyncio.create_task(person.says("/price BTC")) for person in people]
    await at.script.heard(AT_ONCE)
    await settle()
    assert len(at.script.asked) == AT_ONCE
    at.script.gate.set()
    assert {(await each).text for each in said} == {"done"}


async def test_replies_that_wait_keep_nobody_from_being_answered(at: Desk) -> None:
    at.way.clear()
    said = [asyncio.create_task(at.ann.says("@alertd alerts", chat=ROOM)) for _ in range(AT_ONCE)]
    await at.queued(AT_ONCE)
    assert (await at.ben.says("/alertd alerts")).text == "done"
    at.way.set()
    assert {(await each).text for each in said} == {"done"}


async def test_replies_that_wait_are_bounded() -> None:
    async with desk(most=5) as at:
        await at.platform.line.listened()
        at.platform.line.deadline = 0.5
        at.way.clear()
        said = [asyncio.create_task(at.ann.says("@alertd alerts", chat=ROOM)) for _ in range(5)]
        await at.queued(5)
        payload = {"command": "/alerts", "team_id": TEAM, "user_id": ANN, "channel_id": ROOM, "response_url": ""}
        assert await at.platform.deliver("slash_commands", payload) is None
        assert len(at.script.asked) == 5
        at.way.set()
        assert {(await each).text for each in said} == {"done"}


async def test_what_waits_for_its_answer_is_acknowledged_in_time(at: Desk) -> None:
    at.script.gate.clear()
    said = [asyncio.create_task(at.ann.says("/price BTC")) for _ in range(AT_ONCE)]
    await at.script.heard(AT_ONCE)
    payload = {"command": "/price", "team_id": TEAM, "user_id": BEN, "channel_id": ROOM, "response_url": ""}
    late = at.platform.deliver("slash_commands", payload)
    assert await at.while_time_passes(late) is None
    assert len(at.script.asked) == AT_ONCE
    assert at.wrong == []
    at.script.gate.set()
    assert {(await each).text for each in said} == {"done"}


async def test_a_flood_is_left_with_slack() -> None:
    async with desk(most=5) as at:
        await at.platform.line.listened()
        at.platform.line.deadline = 0.5
        at.script.gate.clear()
        payload = {"command": "/alerts", "team_id": TEAM, "user_id": ANN, "channel_id": ROOM, "response_url": ""}
        flood = [asyncio.create_task(at.platform.deliver("slash_commands", payload)) for _ in range(12)]
        assert await asyncio.gather(*flood) == [None] * 12
        assert len(at.script.asked) == 5
        at.script.gate.set()
        await settle()
        at.platform.line.deadline = 3.0
        assert (await at.ann.says("/alerts")).text == "done"
        assert len(at.script.asked) == 6


# ── what is brought back ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "chat", "private", "hidden"),
    [
        ("/alerts", "", False, True),
        ("/alerts", ROOM, False, False),
        ("/alerts", ROOM, True, True),
        ("alerts", "", False, False),
        ("alerts", "", True, False),
        ("@alertd alerts", ROOM, False, False),
        ("@alertd alerts", ROOM, True, True),
    ],
    ids=[
        "slash command, direct",
        "slash command in a channel",
        "a private one in a channel",
        "direct",
        "a private one, direct",
        "mention",
        "a private one to a mention",
    ],
)
async def test_a_private_reply_is_for_one_person(typed: str, chat: str, private: bool, hidden: bool, at: Desk) -> None:
    at.script.replies.append(say("yours", private=private))
    seen = await at.ann.says(typed, chat=chat)
    assert (seen.text, seen.private) == ("yours", hidden)
    assert [each.text for each in at.ben.seen] == ([] if hidden or not chat else ["yours"])


async def test_a_reply_goes_into_the_thread_in_which_was_asked(at: Desk) -> None:
    first = await at.ann.says("@alertd alerts", chat=ROOM)
    seen = await at.ann.says("@alertd alerts", chat=ROOM, thread=first.ref)
    assert (first.thread, seen.thread) == ("", first.ref)


async def test_a_slash_command_is_answered_in_its_acknowledgement(at: Desk) -> None:
    await at.ann.says("/alerts", chat=ROOM)
    assert {request.path.partition("?")[0] for request in at.platform.requests} == {
        "/api/auth.test",
        "/api/apps.connections.open",
        "/link",
    }
    assert at.turns == []


async def test_what_takes_long_is_acknowledged_first_and_answered_after(at: Desk) -> None:
    at.script.gate.clear()
    saying = asyncio.create_task(at.ann.says("/alerts", chat=ROOM))
    await at.script.heard()
    await at.clock.advance(2.0)
    at.script.gate.set()
    seen = await saying
    assert (seen.text, seen.private) == ("done", False)
    assert [request.path.split("/")[1] for request in at.platform.requests][-1] == "commands"


async def test_a_press_may_change_the_message(at: Desk) -> None:
    at.script.replies += [ALERT, replace(say("snoozed"), replaces=True)]
    shown = await at.ann.says("@alertd alert BTC > 70k", chat=ROOM)
    changed = await at.ann.presses("Snooze 1 h")
    assert (changed.text, changed.ref, changed.edited, changed.callbacks) == ("snoozed", shown.ref, True, ())
    assert [each.text for each in at.ben.seen][1:] == ["snoozed"]


async def test_a_press_may_change_what_one_person_sees(at: Desk) -> None:
    at.script.replies += [ALERT, replace(say("snoozed"), replaces=True)]
    await at.ann.says("/alert BTC > 70k")
    changed = await at.ann.presses("Snooze 1 h")
    assert (changed.text, changed.edited, changed.private) == ("snoozed", True, True)


@pytest.mark.parametrize("chat", ["", ROOM], ids=["direct", "in a channel"])
async def test_the_answer_to_a_press_comes_below_the_message(chat: str, at: Desk) -> None:
    at.script.replies.append(ALERT)
    shown = await at.ann.says(f"@alertd alert {chat}", chat=chat)
    seen = await at.ann.presses("Why")
    assert (seen.text, seen.edited, seen.thread, seen.private) == ("done", False, shown.ref if chat else "", False)


async def test_a_refusal_of_a_press_is_for_whoever_pressed(at: Desk) -> None:
    at.script.replies += [ALERT, no("You may not do that")]
    await at.ann.says("@alertd alert BTC > 70k", chat=ROOM)
    assert (await at.ben.presses("Snooze 1 h")).private
    assert len(at.ann.seen) == 1


@pytest.mark.parametrize("typed", ["/alert x", "alert x"], ids=["slash command", "direct message"])
async def test_code_is_shown_as_it_is(typed: str, at: Desk) -> None:
    code = "alert x > <b> & ```\n      ^^^ \x07\n\n*bold* <!channel> :smile:"
    at.script.replies.append(replace(say("I do not know x"), code=code))
    seen = await at.ann.says(typed)
    shown = code.replace("```", "`\u200b`\u200b`\u200b").replace("\x07", " ")
    assert seen.text == f"I do not know x\n{shown}"


@pytest.mark.parametrize(
    ("typed", "chat", "private", "thread"),
    [
        ("/chart BTC", ROOM, False, False),
        ("/chart BTC", ROOM, True, False),
        ("/chart BTC", "", False, False),
        ("chart BTC", "", False, False),
        ("@alertd chart BTC", ROOM, False, True),
    ],
    ids=["slash command in a channel", "a private one", "slash command, direct", "direct", "in a thread"],
)
async def test_a_picture_follows_its_text(typed: str, chat: str, private: bool, thread: bool, at: Desk) -> None:
    head = (await at.ann.says("@alertd alerts", chat=ROOM)).ref if thread else ""
    at.script.replies.append(replace(say("BTC, 24 h", private=private), picture=PNG))
    text = await at.ann.says(typed, chat=chat, thread=head)
    shown = await at.ann.reads()
    assert (text.text, text.thread) == ("BTC, 24 h", head)
    # No file is for one reader alone: what is private comes to the conversation with the bot.
    assert (shown.picture, shown.chat, shown.thread) == (PNG, ROOM if chat and not private else at.ann.direct, head)


async def test_a_picture_asked_for_by_a_button_is_below_the_message(at: Desk) -> None:
    at.script.replies += [ALERT, replace(say("BTC, 24 h"), picture=PNG)]
    alert = await at.ann.says("@alertd alert BTC > 70k", chat=ROOM)
    await at.ann.presses("Why")
    assert (await at.ann.reads()).thread == alert.ref


async def test_a_file_comes_with_its_name(at: Desk) -> None:
    at.script.replies.append(replace(say("Your alerts"), file=("alerts.yaml", b"alerts: []\n")))
    await at.ann.says("export")
    assert (await at.ann.reads()).file == ("alerts.yaml", b"alerts: []\n")


async def test_where_the_bot_was_not_let_in_the_picture_comes_directly(at: Desk) -> None:
    at.platform.outside.add(ROOM)
    at.script.replies.append(replace(say("BTC, 24 h"), picture=PNG))
    assert (await at.ann.says("/chart BTC", chat=ROOM)).chat == ROOM
    assert (await at.ann.reads()).chat == at.ann.direct


async def test_a_long_reply_is_cut_to_what_slack_takes(at: Desk) -> None:
    lines = tuple(f"#{number} BTC > 70,000 & more" for number in range(3000))
    code = "\n".join(f"{number}: <yaml>" for number in range(3000))
    buttons = tuple(Button(f"Button {number} " * 20, f"run:-:{number}") for number in range(60))
    at.script.replies += [Reply(said=Notification("t" * 900, lines=lines, buttons=buttons), code=code)] * 2
    for typed in ("/alerts", "alerts"):
        seen = await at.ann.says(typed)
        assert seen.text.count("more lines") == 2
        assert len(seen.callbacks) == 25


@pytest.mark.parametrize("typed", ["/alerts", "alerts"], ids=["slash command", "direct message"])
async def test_nobodys_text_is_markup(typed: str, at: Desk) -> None:
    nasty = "<!channel> <@U0BEN00001> <https://evil.example|x> & *b*"
    at.script.replies.append(Reply(said=replace(NASTY, buttons=(Button(nasty[:40], "why:e7"),)), code=nasty))
    seen = await at.ann.says(typed)
    assert nasty in seen.text
    assert seen.callbacks == ((nasty[:40], "why:e7"),)


async def test_where_nothing_is_to_be_said_it_is_acknowledged_all_the_same(at: Desk) -> None:
    at.script.replies += [None, ValueError("a bug"), None]
    for typed in ("/alerts", "/alerts", "alerts"):
        await at.ann.sends(typed)
    assert at.ann.seen == []
    assert len(at.script.asked) == 3


# ── trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────

LIMITED = Answer(
    429, {"Retry-After": "7", "Content-Type": "application/json"}, b'{"ok": false, "error": "ratelimited"}'
)
DOWN = Answer(503, body=b"upstream trouble")
DROPPED = Answer(act=Act.DROP)


@pytest.mark.parametrize("trouble", [LIMITED, DOWN, DROPPED], ids=["429", "503", "dropped"])
@pytest.mark.parametrize("press", [False, True], ids=["message", "response URL"])
async def test_a_reply_that_was_not_taken_is_brought_again(trouble: Answer, press: bool, at: Desk) -> None:
    at.script.replies += [ALERT, say("brought")]
    await at.ann.says("alert BTC > 70k")
    at.platform.record.answers += [trouble, trouble]
    before = at.clock.now()
    bringing = at.ann.presses("Why") if press else at.ann.says("why 12")
    assert (await at.while_time_passes(bringing)).text == "brought"
    assert at.clock.now() - before >= (14 if trouble is LIMITED else 3)


@pytest.mark.parametrize(("press", "told"), [(False, True), (True, False)], ids=["message", "response URL"])
async def test_alerts_are_told_of_a_429_on_a_reply(press: bool, told: bool, at: Desk) -> None:
    at.script.replies += [ALERT, say("brought")]
    await at.ann.says("alert BTC > 70k")
    at.platform.record.answers.append(LIMITED)
    before = at.clock.now()
    await at.while_time_passes(at.ann.presses("Why") if press else at.ann.says("why 12"))
    assert [(address, round(until - before) >= 7) for address, until in at.rests] == [(ANN, True)] * told


async def test_a_reply_is_not_tried_before_it_may_be(at: Desk, caplog: pytest.LogCaptureFixture) -> None:
    at.platform.record.answers.append(replace(LIMITED, headers={**LIMITED.headers, "Retry-After": "61"}))
    await at.ann.sends("alerts")
    await at.queued(1)
    assert (await at.ann.says("price BTC")).text == "done"
    assert len(at.turns) == 2
    assert len(at.rests) == 1
    assert "was not brought" in caplog.text


async def test_a_reply_that_is_never_taken_is_given_up(at: Desk, caplog: pytest.LogCaptureFixture) -> None:
    at.platform.record.answers += [DOWN] * 15
    await at.while_time_passes(at.ann.sends("alerts"))
    while "was not brought" not in caplog.text:
        await at.clock.advance(1.0)
    assert (await at.ann.says("alerts")).text == "done"


async def test_a_reply_is_brought_when_slack_is_back_after_minutes(at: Desk) -> None:
    at.platform.record.answers += [DOWN] * 8
    before = at.clock.now()
    assert (await at.while_time_passes(at.ann.says("alerts"))).text == "done"
    assert at.clock.now() - before >= 183


async def test_a_response_url_that_is_used_up_is_left(at: Desk) -> None:
    at.script.replies.append(ALERT)
    await at.ann.says("alert BTC > 70k")
    at.platform.record.answers.append(Answer(404, body=b"used_url"))
    assert (await at.ann.presses("Why")).text == "done"
    assert json.loads(at.platform.requests[-1].body)["channel"] == ANN


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.evil.example/x",
        "http://169.254.169.254/latest",
        "http://localhost:1/x",
        "http://user@localhost:{port}/x",
        "https://localhost:{port}/x",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
async def test_a_response_url_elsewhere_is_not_posted_to(url: str, at: Desk) -> None:
    payload = {"command": "/alerts", "team_id": TEAM, "user_id": ANN, "channel_id": at.ann.direct, "text": ""}
    at.script.gate.clear()
    response_url = url.replace("{port}", str(at.platform.port))
    telling = asyncio.create_task(at.platform.deliver("slash_commands", {**payload, "response_url": response_url}))
    await at.script.heard()
    await at.clock.advance(2.0)
    at.script.gate.set()
    assert await telling is None
    assert (await at.ann.reads()).text == "done"
    assert at.platform.requests[-1].path == "/api/chat.postMessage"


async def test_a_platform_that_is_down_at_the_start_is_waited_for() -> None:
    async with desk() as at:
        at.platform.mood = Mood(Temper.DEAD)
        while not at.told:
            await at.clock.advance(1.0)
        (told,) = at.told
        assert told[0] == "bot:slack"
        assert "hears nothing" in told[1]
        at.platform.mood = Mood()
        await at.while_time_passes(at.platform.line.listened())
        assert (await at.while_time_passes(at.ann.says("alerts"))).text == "done"
        assert [key for key, _ in at.told] == ["bot:slack", recovery_key("bot:slack")]
        assert at.names == ["@alertd in Loopback"]


async def test_a_wrong_token_is_told_and_tried_again() -> None:
    async with desk() as at:
        token, at.platform.app_token = at.platform.app_token, "another"
        while not at.told:
            await at.clock.advance(1.0)
        assert "invalid_auth" in at.told[0][1]
        at.platform.app_token = token
        await at.while_time_passes(at.platform.line.listened())


@pytest.mark.parametrize("how", ["refreshed", "closed", "cut"])
async def test_a_line_that_ends_is_followed_by_another(how: str) -> None:
    async with desk() as at:
        await at.platform.line.listened()
        if how == "refreshed":
            await at.while_time_passes(at.platform.line.refresh())
        elif how == "closed":
            await at.platform.line.close()
        else:
            at.platform.mood = Mood(Temper.DEAD)
            at.platform.mood = Mood()
        await at.while_time_passes(at.platform.line.listened(2))
        assert (await at.ann.says("/alerts")).text == "done"
        assert at.wrong == []
        assert at.told == []


async def test_what_came_on_a_line_is_acknowledged_though_the_next_is_asked_for() -> None:
    async with desk() as at:
        await at.platform.line.listened()
        at.script.gate.clear()
        saying = asyncio.create_task(at.ann.says("/alerts"))
        await at.script.heard()
        await at.platform.line.send_raw('{"type": "disconnect", "reason": "refresh_requested"}')
        at.script.gate.set()
        assert (await saying).text == "done"
        await at.while_time_passes(at.platform.line.listened(2))
        assert at.wrong == []


async def test_slack_may_ask_for_patience() -> None:
    async with desk() as at:
        at.platform.record.answers.append(replace(LIMITED, headers={**LIMITED.headers, "Retry-After": "30"}))
        before = at.clock.now()
        await at.while_time_passes(at.platform.line.listened())
        assert at.clock.now() - before >= 30


async def test_a_proxy_carries_the_line_and_the_replies() -> None:
    async with Proxy() as proxy, desk(network={"proxy": proxy.url}) as at:
        assert (await at.ann.says("alerts")).text == "done"
        assert set(proxy.targets) == {f"localhost:{at.platform.port}"}
        assert [head for head in proxy.heads if "/link?ticket=" in head]


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "not trusted"])
async def test_a_certificate_is_checked(trusted: bool, tmp_path: Path) -> None:
    authority, context = trustme.CA(), SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    network = {"ca_file": str(tmp_path / "ca.pem")} if trusted else {}
    async with desk(tls=context, network=network) as at:
        if trusted:
            assert (await at.ann.says("alerts")).text == "done"
            return
        while not at.told:
            await at.clock.advance(1.0)
        assert "certificate" in at.told[0][1]
        assert at.platform.line.opened == 0


async def test_no_secret_and_nobodys_words_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    async with desk() as at:
        await at.ann.says("/alert canary > 1")
        await at.ann.says("alert canary > 1")
        secrets = (at.platform.token, at.platform.app_token, "ticket=", "canary")
    assert [secret for secret in secrets if secret in caplog.text] == []


# ── what is sent, as documented ──────────────────────────────────────────────────────────────────────────────────

GOLDEN = Path(__file__).parents[1] / "channels" / "golden" / "slack_reply.json"


async def test_a_reply_as_documented(at: Desk) -> None:
    at.script.replies.append(replace(ALERT, code="alert BTC > 70k\n      ^^^"))
    await at.ann.says("@alertd alert BTC > 70k", chat=ROOM)
    request = at.platform.requests[-1]
    assert request.path == "/api/chat.postMessage"
    assert json.loads(request.body) == json.loads(GOLDEN.read_text(encoding="utf-8"))


async def test_an_upload_as_documented(at: Desk) -> None:
    at.script.replies.append(replace(say("BTC"), picture=PNG))
    await at.ann.says("chart BTC")
    await at.ann.reads()
    ask, put, share = at.platform.requests[-3:]
    wanted = parse_qs(urlsplit(ask.path).query)
    assert (wanted["filename"], wanted["length"]) == (["chart.png"], [str(len(PNG))])
    assert (put.body, "authorization" in put.headers) == (PNG, False)
    assert parse_qs(urlsplit(share.path).query)["channel_id"] == [at.ann.direct]
