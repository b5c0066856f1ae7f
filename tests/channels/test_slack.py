"""Slack: its blocks, its words for a refusal, its two ways in."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession
from hypothesis import example, given
from hypothesis import strategies as st

from alertd.channels.answers import Reason
from alertd.channels.slack import SlackChannel, SlackSettings, build
from alertd.channels.slack_message import payload
from alertd.demo.platforms.record import Act, Answer, Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.slack_blocks import pressable, read
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Button, Notification
from alertd.ports import Bucket, Limit, Pictures
from tests.channels.cases import verdict
from tests.channels.samples import FULL, NASTY, delivery
from tests.channels.sentences import huge_ones, parts, small_ones
from tests.fakes import START

GOLDEN = Path(__file__).parent / "golden"
TOKEN = "first-bot"
HOOK = "/services/T000/B000/first-hook"


@pytest.fixture
async def platform() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform(Record(now=lambda: START), token=TOKEN, hook=HOOK) as platform:
        yield platform


@pytest.fixture
def bot(platform: SlackPlatform, key: Path, session: ClientSession) -> SlackChannel:
    key.write_text(TOKEN)
    settings = SlackSettings.model_validate({"url": platform.url, "token": f"file:{key}", "timeout": 2})
    return build("slack", settings, session)


@pytest.fixture
def webhook(platform: SlackPlatform, key: Path, session: ClientSession) -> SlackChannel:
    key.write_text(f"{platform.url}{HOOK}")
    return build("slack", SlackSettings.model_validate({"webhook": f"file:{key}", "timeout": 2}), session)


def said(status: int, body: str, kind: str = "application/json", **headers: str) -> Answer:
    return Answer(status, {"Content-Type": kind, **headers}, body.encode())


@pytest.mark.parametrize(("name", "notification"), [("full", FULL), ("nasty", NASTY)])
async def test_the_request_as_documented(
    name: str, notification: Notification, bot: SlackChannel, platform: SlackPlatform
) -> None:
    await bot.send(delivery(notification, address="#alerts"), START)
    request = platform.requests[0]
    assert (request.path, request.headers["authorization"]) == ("/api/chat.postMessage", f"Bearer {TOKEN}")
    assert json.loads(request.body) == json.loads((GOLDEN / f"slack_{name}.json").read_text(encoding="utf-8"))


async def test_a_webhook_gets_the_same_without_a_channel(webhook: SlackChannel, platform: SlackPlatform) -> None:
    await webhook.send(delivery(address="default"), START)
    golden = json.loads((GOLDEN / "slack_full.json").read_text(encoding="utf-8"))
    assert json.loads(platform.requests[0].body) == {key: value for key, value in golden.items() if key != "channel"}


@given(notification=small_ones)
def test_any_text_arrives_as_text(notification: Notification) -> None:
    text = read(payload(notification))
    assert [part for part in parts(notification) if part not in text] == []


@given(notification=huge_ones)
def test_whatever_is_sent_is_within_the_limits(notification: Notification) -> None:
    assert read(payload(notification))


@pytest.mark.parametrize(
    ("word", "error", "expected"),
    [
        ("token_revoked", DeliveryRefused, (Reason.UNAUTHORIZED, True)),
        ("missing_scope", DeliveryRefused, (Reason.UNAUTHORIZED, True)),
        ("is_archived", DeliveryRefused, (Reason.NOT_FOUND, False)),
        ("not_in_channel", DeliveryRefused, (Reason.FORBIDDEN, False)),
        ("msg_blocks_too_long", DeliveryRefused, (Reason.TOO_LARGE, False)),
        ("something_new", DeliveryRefused, (Reason.BAD_REQUEST, False)),
        ("ratelimited", DeliveryDelayed, (Reason.RATE_LIMITED, False)),
        ("internal_error", DeliveryDelayed, (Reason.SERVER_ERROR, False)),
    ],
)
async def test_a_word_has_its_reason(
    word: str, error: type[DeliveryError], expected: tuple[Reason, bool], bot: SlackChannel, platform: SlackPlatform
) -> None:
    platform.record.answers.append(said(200, json.dumps({"ok": False, "error": word})))
    with pytest.raises(error, match=f"Slack says {word}") as raised:
        await bot.send(delivery(address="#alerts"), START)
    assert verdict(raised.value) == expected


@pytest.mark.parametrize(
    ("answer", "error", "expected"),
    [
        (said(404, "no_service", "text/html"), DeliveryRefused, (Reason.UNAUTHORIZED, False)),
        (said(410, "channel_is_archived", "text/html"), DeliveryRefused, (Reason.NOT_FOUND, False)),
        (said(403, "action_prohibited", "text/html"), DeliveryRefused, (Reason.FORBIDDEN, False)),
        (said(400, "invalid_payload", "text/html"), DeliveryRefused, (Reason.BAD_REQUEST, False)),
        (said(500, "rollup_error", "text/html"), DeliveryDelayed, (Reason.SERVER_ERROR, False)),
        (said(307, "", Location="/elsewhere"), DeliveryRefused, (Reason.REDIRECT, False)),
    ],
    ids=["no_service", "channel_is_archived", "action_prohibited", "invalid_payload", "rollup_error", "redirect"],
)
async def test_a_webhooks_word_has_its_reason(
    answer: Answer,
    error: type[DeliveryError],
    expected: tuple[Reason, bool],
    webhook: SlackChannel,
    platform: SlackPlatform,
) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(error) as raised:
        await webhook.send(delivery(address="default"), START)
    assert verdict(raised.value) == expected
    assert len(platform.requests) == 1


@pytest.mark.parametrize(
    ("answer", "dead", "whole"),
    [
        pytest.param(said(403, "invalid_token", "text/html"), True, False, id="revoked"),
        pytest.param(said(404, "no_service", "text/html"), True, False, id="deleted"),
        pytest.param(said(410, "", "text/html"), True, False, id="gone for good"),
        pytest.param(said(404, "<h1>Not Found</h1>", "text/html"), False, True, id="a proxy's page"),
    ],
)
async def test_a_webhook_that_was_revoked_is_dead_and_one_that_is_not_found_waits(
    answer: Answer, dead: bool, whole: bool, webhook: SlackChannel, platform: SlackPlatform
) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(DeliveryRefused) as raised:
        await webhook.send(delivery(address="default"), START)
    assert (raised.value.dead, raised.value.whole_channel) == (dead, whole)


@pytest.mark.parametrize(
    ("word", "dead"),
    [("not_in_channel", True), ("cannot_dm_bot", True), ("is_archived", True), ("access_denied", False)],
)
async def test_a_conversation_that_is_closed_to_the_bot_is_dead(
    word: str, dead: bool, bot: SlackChannel, platform: SlackPlatform
) -> None:
    platform.record.answers.append(said(200, json.dumps({"ok": False, "error": word})))
    with pytest.raises(DeliveryRefused) as raised:
        await bot.send(delivery(address="#alerts"), START)
    assert raised.value.dead is dead


@pytest.mark.parametrize(
    "answer",
    [
        said(200, "<html>a captive portal</html>", "text/html"),
        said(200, "hello", "text/plain"),
        said(200, "{", "application/json"),
        said(200, "[]", "application/json"),
        said(503, "<html>busy</html>", "text/html"),
    ],
    ids=["a page", "plain text", "broken JSON", "another JSON", "503"],
)
async def test_an_answer_that_is_not_slacks_delays(answer: Answer, bot: SlackChannel, platform: SlackPlatform) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(DeliveryDelayed) as raised:
        await bot.send(delivery(address="#alerts"), START)
    assert verdict(raised.value) == (Reason.SERVER_ERROR, False)


@pytest.mark.parametrize("body", ["<html>a captive portal</html>", "", "{}", "\udcff"], ids=ascii)
async def test_a_webhook_says_ok_and_nothing_else(body: str, webhook: SlackChannel, platform: SlackPlatform) -> None:
    platform.record.answers.append(Answer(200, {"Content-Type": "text/html"}, body.encode("utf-8", "surrogateescape")))
    with pytest.raises(DeliveryDelayed) as raised:
        await webhook.send(delivery(address="default"), START)
    assert verdict(raised.value) == (Reason.SERVER_ERROR, False)


async def test_another_token_in_the_file_is_taken_up(
    bot: SlackChannel, platform: SlackPlatform, put: Callable[[str], int]
) -> None:
    platform.token = "second-bot"
    with pytest.raises(DeliveryRefused):
        await bot.send(delivery(address="#alerts"), START)
    put("second-bot")
    await bot.send(delivery(address="#alerts"), START)
    assert len(platform.record.received) == 1


@pytest.mark.parametrize("url", ["http://hooks.slack.example/services/x", "hello", "ftp://x.example/services/x"])
async def test_a_webhook_that_is_no_https_url_is_told_at_once(
    url: str, key: Path, put: Callable[[str], int], session: ClientSession
) -> None:
    put(url)
    with pytest.raises(ConfigError, match="does not hold an https:// webhook URL") as raised:
        build("slack", SlackSettings.model_validate({"webhook": f"file:{key}"}), session)
    assert url not in str(raised.value)


def plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        ([], "invalid_blocks"),
        ([{"type": "header", "text": plain("a" * 151)}], "msg_too_long"),
        ([{"type": "section", "text": plain("a <!channel>")}], "unescaped_markup"),
        ([{"type": "section", "text": plain("a & b")}], "unescaped_markup"),
        ([{"type": "section", "text": plain("")}], "invalid_blocks"),
        ([{"type": "section", "fields": [plain("a")] * 11}], "invalid_blocks"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "*a*"}}], "invalid_blocks"),
        ([{"type": "section", "text": plain("a" * 3000)}] * 5, "msg_blocks_too_long"),
        ([{"type": "section", "text": plain("a")}] * 51, "invalid_blocks"),
    ],
)
def test_the_platform_refuses_what_slack_would(blocks: list[dict[str, object]], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read(payload(FULL) | {"blocks": blocks})


async def test_what_follows_goes_into_the_thread(bot: SlackChannel, platform: SlackPlatform) -> None:
    origin = await bot.send(delivery(address="#alerts"), START)
    await bot.send(delivery(address="#alerts", origin=origin), START)
    assert [json.loads(request.body).get("thread_ts") for request in platform.requests] == [None, origin]


async def test_a_thread_that_is_gone_is_left(bot: SlackChannel, platform: SlackPlatform) -> None:
    await bot.send(delivery(address="#alerts", origin="1700000000.000001"), START)
    assert [got.replies for got in platform.record.received] == [""]


async def test_an_address_may_be_a_thread(bot: SlackChannel, platform: SlackPlatform) -> None:
    head = await bot.send(delivery(address="C0123456789"), START)
    sent = delivery(address=f"C0123456789/{head}")
    first = await bot.send(sent, START)
    await bot.illustrate(sent, first, b"\x89PNG chart")
    await bot.send(delivery(address=sent.address, origin=first), START)
    assert [(got.address, got.replies) for got in platform.record.received[1:]] == [("C0123456789", head)] * 3
    assert bot.buckets(sent.address) == bot.buckets("C0123456789")
    await bot.send(delivery(address="C0123456789/1700000000.000001"), START)
    assert (platform.record.received[-1].address, platform.record.received[-1].replies) == ("C0123456789", "")


BUTTONS = (Button("Snooze 1 h", "snooze:e7:1h"), Button("<!here> " * 20, "why:e7"))


@pytest.mark.parametrize("hears", [True, False], ids=["its bot hears", "its bot hears nothing"])
async def test_buttons_are_for_a_bot_that_hears(
    hears: bool, platform: SlackPlatform, key: Path, put: Callable[[str], int], session: ClientSession
) -> None:
    put(TOKEN)
    more = {"app_token": f"file:{key}"} if hears else {}
    settings = SlackSettings.model_validate({"url": platform.url, "token": f"file:{key}", **more})
    channel = build("slack", settings, session)
    await channel.send(delivery(replace(FULL, buttons=BUTTONS), address="#alerts"), START)
    (got,) = platform.record.received
    assert [data for _, data in got.callbacks] == (["snooze:e7:1h", "why:e7"] if hears else [])
    assert platform.record.wrong == []


async def test_a_webhook_has_no_buttons_and_no_charts(webhook: SlackChannel, platform: SlackPlatform) -> None:
    sent = delivery(replace(FULL, buttons=BUTTONS), address="default")
    await webhook.illustrate(sent, await webhook.send(sent, START), b"chart")
    (got,) = platform.record.received
    assert (got.callbacks, webhook.pictures) == ((), Pictures.NEVER)


@pytest.mark.parametrize(
    ("address", "noted"), [("#alerts", "C"), ("C0123456789", "C0123456789"), ("U0ANN00001", "D0A")]
)
async def test_a_chart_goes_into_the_thread_and_is_no_message_of_its_own(
    address: str, noted: str, bot: SlackChannel, platform: SlackPlatform
) -> None:
    png = b"\x89PNG chart"
    sent = delivery(address=address)
    ref = await bot.send(sent, START)
    await bot.illustrate(sent, ref, png)
    chart = platform.record.received[1]
    assert (chart.picture, chart.replies, chart.edits, chart.new) == (png, ref, ref, False)
    assert chart.address.startswith(noted)
    await bot.send(delivery(address=address, origin=ref, replaces=True), START)
    assert platform.record.received[2].replies == ref
    assert (platform.record.wrong, bot.pictures) == ([], Pictures.AFTER)


async def test_a_chart_of_a_message_without_a_name_is_left(bot: SlackChannel, platform: SlackPlatform) -> None:
    await bot.illustrate(delivery(address="#alerts"), "", b"chart")
    assert platform.requests == []


@pytest.mark.parametrize("address", ["#alerts", "U0ANN00001"])
async def test_a_chart_that_has_no_conversation_to_go_to_is_left_and_logged(
    address: str, bot: SlackChannel, platform: SlackPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    """Its message was sent by a process of before."""
    caplog.set_level(logging.INFO)
    await bot.illustrate(delivery(address=address), "1700000000.000001", b"chart")
    assert platform.requests == []
    assert "Slack has not said which conversation it is in" in caplog.text
    assert address not in caplog.text


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([said(200, '{"ok": false, "error": "missing_scope"}')], Reason.UNAUTHORIZED),
        ([said(200, '{"ok": true}')], Reason.SERVER_ERROR),
        ([said(200, '{"ok": true, "file_id": "F1", "upload_url": "http://["}')], Reason.CONNECTION),
        ([said(429, '{"ok": false, "error": "ratelimited"}', **{"Retry-After": "7"})], Reason.RATE_LIMITED),
        ([Answer(act=Act.DROP)], Reason.CONNECTION),
    ],
    ids=["no scope", "no URL", "no such URL", "429", "dropped"],
)
async def test_a_chart_that_is_not_taken_has_its_reason(
    answers: list[Answer], reason: str, bot: SlackChannel, platform: SlackPlatform
) -> None:
    platform.record.answers.extend(answers)
    with pytest.raises(DeliveryError) as raised:
        await bot.illustrate(delivery(address="C0123456789"), "1700000000.000001", b"chart")
    assert raised.value.reason == reason


@given(notification=huge_ones, code=st.text(max_size=9000) | st.text("`\n<", max_size=9000))
@example(notification=FULL, code="`" * 5)
def test_a_reply_with_code_is_within_the_limits(notification: Notification, code: str) -> None:
    body = payload(notification, buttons=BUTTONS * 20, code=code)
    assert read(body)
    assert len(pressable(body)[1]) == 25


@pytest.mark.parametrize(
    ("settings", "resends"), [({}, True), ({"uncertain": "resend"}, True), ({"uncertain": "drop"}, False)]
)
def test_what_may_have_arrived_is_sent_again_or_not(
    settings: dict[str, str], resends: bool, key: Path, put: Callable[[str], int], session: ClientSession
) -> None:
    put(TOKEN)
    channel = build("slack", SlackSettings.model_validate({"token": f"file:{key}", **settings}), session)
    assert (channel.remembers, channel.resends) == (0.0, resends)


def test_a_channel_and_a_webhook_take_one_a_second(bot: SlackChannel, webhook: SlackChannel) -> None:
    assert bot.buckets("#alerts") == (Bucket("chat:#alerts", Limit(1.0, 3)),)
    assert webhook.buckets("default") == (Bucket("chat:default", Limit(1.0)),)
