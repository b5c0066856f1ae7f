"""What the platforms keep of a message, and what they refuse, in their own words."""

import json
from typing import Any

import pytest
from aiohttp import ClientSession
from aiosmtplib import SMTPAuthenticationError, SMTPRecipientsRefused

from alertd.demo.platforms.record import Received, Record
from alertd.demo.platforms.smtp import SmtpPlatform
from tests.demo.platforms.callers import BOT, DISCORD_HOOK, HOOK, Discord, Slack, Telegram, mail, mailer
from tests.demo.platforms.callers import discord as discord_platform
from tests.demo.platforms.callers import slack as slack_platform
from tests.demo.platforms.callers import telegram as telegram_platform
from tests.fakes import START

OPEN = ("open", "https://desk.example/1")


def kept(received: Received) -> tuple[str, ...]:
    return received.address, received.ref, received.edits, received.replies


# ── Telegram ─────────────────────────────────────────────────────────────────────────────────────────────────────

KEYBOARD = {"inline_keyboard": [[{"text": OPEN[0], "url": OPEN[1]}]]}


async def test_telegram_numbers_the_messages_of_each_chat(record: Record, session: ClientSession) -> None:
    async with telegram_platform(record) as platform:
        caller = Telegram(platform, session)
        results = [
            (await caller.call(chat_id=chat)).body["result"] for chat in ("5", "5", "-1001234567890", "@desk_channel")
        ]
    assert [(result["chat"]["id"], result["chat"]["type"], result["message_id"]) for result in results] == [
        (5, "private", 1),
        (5, "private", 2),
        (-1001234567890, "supergroup", 1),
        (-1001000000001, "channel", 1),
    ]


async def test_telegram_edits_replies_and_is_silent(record: Record, session: ClientSession) -> None:
    async with telegram_platform(record) as platform:
        caller = Telegram(platform, session)
        await caller.call(message_thread_id=42, disable_notification=True, reply_markup=KEYBOARD)
        await caller.call(reply_parameters={"message_id": 1})
        edited = await caller.call("editMessageText", message_id=1, text="<b>ETH</b>", parse_mode="HTML")
    assert edited.body["result"]["message_id"] == 1
    first, reply, edit = record.received
    assert [kept(one) for one in (first, reply, edit)] == [
        ("5/42", "1", "", ""),
        ("5", "2", "", "1"),
        ("5/42", "1", "1", ""),
    ]
    assert (first.silent, first.buttons, first.sender, first.new) == (True, (OPEN,), "1", True)
    assert (reply.silent, reply.buttons, edit.text, edit.new) == (False, (), "ETH", False)
    assert record.wrong == []


async def test_telegram_takes_json(record: Record, session: ClientSession) -> None:
    async with telegram_platform(record) as platform:
        body = {"chat_id": 5, "text": "BTC", "link_preview_options": {"is_disabled": True}, "reply_markup": KEYBOARD}
        async with session.post(f"{platform.url}/bot{BOT}/sendMessage", json=body) as response:
            assert (await response.json())["ok"] is True
    assert (record.received[0].address, record.received[0].buttons, record.wrong) == ("5", (OPEN,), [])


@pytest.mark.parametrize(
    ("method", "fields", "status", "description"),
    [
        ("sendMessage", {"chat_id": "6"}, 403, "Forbidden: bot was blocked by the user"),
        ("sendMessage", {"chat_id": "-6"}, 403, "Forbidden: bot was kicked from the supergroup chat"),
        ("sendMessage", {"chat_id": "7"}, 400, "Bad Request: chat not found"),
        ("sendMessage", {"chat_id": "-8"}, 400, "Bad Request: group chat was upgraded to a supergroup chat"),
        ("sendMessage", {"reply_parameters": {"message_id": 9}}, 400, "Bad Request: message to be replied not found"),
        (
            "sendMessage",
            {"reply_markup": {"inline_keyboard": [[{"text": "open", "url": "desk"}]]}},
            400,
            "Bad Request: can't parse inline keyboard button",
        ),
        ("sendMessage", {"bot": "1:unknown"}, 401, "Unauthorized"),
        ("editMessageText", {"message_id": 9}, 400, "Bad Request: message to edit not found"),
        ("editMessageText", {"message_id": 1, "bot": "2:second", "text": "ETH"}, 400, "message can't be edited"),
        ("editMessageText", {"message_id": 1}, 400, "message is not modified"),
        ("editMessageText", {"message_id": 1, "text": " "}, 400, "Bad Request: message text is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_telegram_refuses(
    *, method: str, fields: dict[str, Any], status: int, description: str, record: Record, session: ClientSession
) -> None:
    async with telegram_platform(record, tokens=["2:second"]) as platform:
        platform.blocked |= {"6", "-6"}
        platform.missing.add("7")
        platform.migrated["-8"] = -1008
        caller = Telegram(platform, session)
        await caller.send()
        answer = await caller.call(method, **fields)
    assert (answer.status, answer.body["error_code"]) == (status, status)
    assert description in answer.body["description"]
    assert answer.body.get("parameters") == ({"migrate_to_chat_id": -1008} if "upgraded" in description else None)
    assert len(record.received) == 1


async def test_a_reply_may_do_without_what_it_replies_to(record: Record, session: ClientSession) -> None:
    async with telegram_platform(record) as platform:
        gone = {"message_id": 9, "allow_sending_without_reply": True}
        assert (await Telegram(platform, session).call(reply_parameters=gone)).status == 200
    assert record.received[0].replies == ""


# ── Slack ────────────────────────────────────────────────────────────────────────────────────────────────────────


def actions(**fields: object) -> dict[str, object]:
    label = {"type": "plain_text", "text": OPEN[0], "emoji": False}
    return {"type": "actions", "elements": [{"type": "button", "text": label, "url": OPEN[1], **fields}]}


async def test_slack_has_threads_and_buttons(record: Record, session: ClientSession) -> None:
    async with slack_platform(record) as platform:
        caller = Slack(platform, session)
        blocks = [*caller.body()["blocks"], actions()]
        first = (await caller.call(channel="#alerts", blocks=blocks)).body
        reply = (await caller.call(channel=first["channel"], thread_ts=first["ts"])).body
        again = (await caller.call(channel="#alerts", thread_ts=reply["ts"])).body
    assert first["ok"] is reply["ok"] is again["ok"] is True
    assert first["channel"].startswith("C")
    assert [kept(one) for one in record.received] == [
        ("#alerts", first["ts"], "", ""),
        (first["channel"], reply["ts"], "", first["ts"]),
        ("#alerts", again["ts"], "", first["ts"]),
    ]
    assert len({first["ts"], reply["ts"], again["ts"]}) == 3
    assert (record.received[0].buttons, record.received[0].text, record.wrong) == ((OPEN,), "BTC", [])


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"channel": "C7"}, "channel_not_found"),
        ({"channel": "C8"}, "is_archived"),
        ({"thread_ts": f"{START:.0f}.000009"}, "thread_not_found"),
        ({"thread_ts": "9"}, "invalid_thread_ts"),
        ({"blocks": [actions(text={"type": "mrkdwn", "text": "open"})]}, "invalid_blocks"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_slack_refuses(fields: dict[str, Any], error: str, record: Record, session: ClientSession) -> None:
    async with slack_platform(record) as platform:
        platform.missing.add("C7")
        platform.archived.add("C8")
        answer = await Slack(platform, session).call(**fields)
    assert (answer.status, answer.body["ok"], answer.body["error"]) == (200, False, error)
    assert record.received == []


async def test_what_slack_revokes(record: Record, session: ClientSession) -> None:
    async with slack_platform(record) as platform:
        platform.revoked |= {BOT, HOOK}
        caller = Slack(platform, session)
        assert (await caller.call()).body["error"] == "token_revoked"
        assert (await caller.hooked()).status == 403


@pytest.mark.parametrize(
    ("state", "status", "word"), [("missing", 404, "channel_not_found"), ("archived", 410, "channel_is_archived")]
)
async def test_a_webhook_whose_channel_is_gone(
    state: str, status: int, word: str, record: Record, session: ClientSession
) -> None:
    async with slack_platform(record) as platform:
        getattr(platform, state).add("default")
        answer = await Slack(platform, session).hooked()
    assert (answer.status, answer.body) == (status, word)


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────────────────────

BUTTONS = [{"type": 1, "components": [{"type": 2, "style": 5, "label": OPEN[0], "url": OPEN[1]}]}]


async def test_discord_edits_replies_and_is_silent(record: Record, session: ClientSession) -> None:
    async with discord_platform(record) as platform:
        caller = Discord(platform, session)
        first = (await caller.call(flags=1 << 12, components=BUTTONS)).body["id"]
        reply = (await caller.call(message_reference={"message_id": first})).body
        edited = await caller.call(f"channels/9/messages/{first}", "PATCH", content="**ETH**")
    assert (edited.body["id"], reply["channel_id"]) == (first, "9")
    assert [kept(one) for one in record.received] == [
        ("9", first, "", ""),
        ("9", reply["id"], "", first),
        ("9", first, first, ""),
    ]
    assert [one.silent for one in record.received] == [True, False, False]
    assert (record.received[0].buttons, record.received[2].text, record.wrong) == ((OPEN,), "ETH", [])


async def test_a_webhook_of_discord_edits_its_own(record: Record, session: ClientSession) -> None:
    async with discord_platform(record) as platform:
        caller = Discord(platform, session)
        first = (await caller.call(f"webhooks/{DISCORD_HOOK}?wait=true")).body["id"]
        assert (await caller.call(f"webhooks/{DISCORD_HOOK}/messages/{first}", "PATCH")).status == 200
        assert (await caller.call(f"channels/9/messages/{first}", "PATCH")).body["code"] == 10008
        platform.revoked.add(DISCORD_HOOK)
        gone = await caller.call(f"webhooks/{DISCORD_HOOK}?wait=true")
    assert (gone.status, gone.body["code"]) == (404, 10015)


@pytest.mark.parametrize(
    ("path", "method", "fields", "status", "code"),
    [
        ("channels/7/messages", "POST", {}, 404, 10003),
        ("channels/8/messages", "POST", {}, 403, 50001),
        ("channels/9/messages/1", "PATCH", {}, 404, 10008),
        ("channels/9/messages", "POST", {"message_reference": {"message_id": "1"}}, 400, 50035),
        ("channels/9/messages", "POST", {"components": [{"type": 1, "components": []}]}, 400, 50035),
    ],
    ids=["unknown channel", "no access", "unknown message", "unknown reference", "a row without buttons"],
)
async def test_what_discord_refuses(
    *, path: str, method: str, fields: dict[str, Any], status: int, code: int, record: Record, session: ClientSession
) -> None:
    async with discord_platform(record) as platform:
        platform.missing.add("7")
        platform.forbidden.add("8")
        answer = await Discord(platform, session).call(path, method, **fields)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert record.received == []


@pytest.mark.parametrize(("remembers", "repeats"), [(300.0, 0), (3600.0, 1)])
async def test_discord_forgets_a_nonce(remembers: float, repeats: int, session: ClientSession) -> None:
    times = iter([START] * 3 + [START + 600] * 9)
    record = Record(now=lambda: next(times))
    body = {"content": "**BTC**", "allowed_mentions": {"parse": []}, "nonce": "1", "enforce_nonce": True}
    headers = {"Authorization": f"Bot {BOT}", "Content-Type": "application/json"}
    async with discord_platform(record, remembers=remembers) as platform:
        for _ in range(2):
            url = f"{platform.api}/channels/9/messages"
            async with session.post(url, data=json.dumps(body), headers=headers) as response:
                assert response.status == 200
    assert (platform.repeats, len(record.received)) == (repeats, 2 - repeats)


# ── mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_mail_keeps_its_thread(record: Record) -> None:
    async with SmtpPlatform(record) as platform, mailer(platform.port) as client:
        await client.send_message(mail(1))
        await client.send_message(mail(2, reply="<1@desk.example>"))
    assert [kept(one) for one in record.received] == [
        ("desk@desk.example", "<1@desk.example>", "", ""),
        ("desk@desk.example", "<2@desk.example>", "", "<1@desk.example>"),
    ]
    assert platform.mails[1]["References"] == "<1@desk.example>"
    assert {one.sender for one in record.received} == {"alerts@desk.example"}


async def test_an_unknown_mailbox(record: Record) -> None:
    async with SmtpPlatform(record) as platform, mailer(platform.port) as client:
        platform.missing.add("gone@desk.example")
        with pytest.raises(SMTPRecipientsRefused) as refused:
            await client.send_message(mail(to="gone@desk.example"))
    assert [one.code for one in refused.value.recipients] == [550]


async def test_a_wrong_password_is_535(record: Record) -> None:
    async with SmtpPlatform(record, login=("alerts", "right")) as platform, mailer(platform.port) as client:
        with pytest.raises(SMTPAuthenticationError) as refused:
            await client.login("alerts", "wrong")
        assert refused.value.code == 535
        await client.login("alerts", "right")


# ── what is not kept ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_requests_and_mails_need_not_be_kept(record: Record, session: ClientSession) -> None:
    async with telegram_platform(record, keep_requests=False) as platform:
        await Telegram(platform, session).send()
    assert (platform.requests, platform.served, len(record.received)) == ([], 1, 1)
    async with SmtpPlatform(record, keep_mails=False) as server, mailer(server.port) as client:
        await client.send_message(mail(2, reply="<1@desk.example>", subject="BTC 🔔"))
    assert (server.mails, record.received[1].text) == ([], "BTC 🔔")
    assert kept(record.received[1]) == ("desk@desk.example", "<2@desk.example>", "", "<1@desk.example>")
