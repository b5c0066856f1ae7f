"""Telegram: its HTML, its ways out of a refusal, its addresses."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from aiohttp import ClientSession
from hypothesis import given

from alertd.channels.answers import Reason
from alertd.channels.telegram import TelegramChannel, TelegramSettings, build, html
from alertd.channels.text import SIGNS, Room, fit, utf16
from alertd.demo.platforms.record import Answer, Record
from alertd.demo.platforms.telegram import TEXT_LIMIT, TelegramPlatform, parse
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Notification
from tests.channels.cases import verdict
from tests.channels.samples import FULL, NASTY, delivery
from tests.channels.sentences import huge_ones, parts, small_ones
from tests.fakes import START

GOLDEN = Path(__file__).parent / "golden"
TOKEN = "110201543:first"


@pytest.fixture
async def platform() -> AsyncIterator[TelegramPlatform]:
    async with TelegramPlatform(Record(now=lambda: START), TOKEN) as platform:
        yield platform


@pytest.fixture
async def channel(
    platform: TelegramPlatform, key: Path, put: Callable[[str], int], session: ClientSession
) -> AsyncIterator[TelegramChannel]:
    put(TOKEN)
    settings = TelegramSettings.model_validate({"url": platform.url, "token": f"file:{key}", "timeout": 2})
    channel = build("telegram", settings, session)
    yield channel
    await channel.close()


def refusal(description: str, **parameters: int) -> Answer:
    body = {"ok": False, "error_code": 400, "description": description, "parameters": parameters}
    return Answer(400, {"Content-Type": "application/json"}, json.dumps(body).encode())


def form(platform: TelegramPlatform, number: int = -1) -> dict[str, str]:
    return dict(parse_qsl(platform.requests[number].body.decode()))


@pytest.mark.parametrize(("name", "notification"), [("full", FULL), ("nasty", NASTY)])
async def test_the_request_as_documented(
    name: str, notification: Notification, channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    await channel.send(delivery(notification, address="-1001234567890/42"), START)
    assert form(platform) == json.loads((GOLDEN / f"telegram_{name}.json").read_text(encoding="utf-8"))


@given(notification=small_ones)
def test_any_text_arrives_as_text(notification: Notification) -> None:
    fitted = fit(notification, Room(total=TEXT_LIMIT))
    text = parse(html(fitted))
    assert text is not None
    assert [part for part in parts(notification) if part not in text] == []


@given(notification=huge_ones)
def test_whatever_is_sent_is_within_the_limits(notification: Notification) -> None:
    text = parse(html(fit(notification, Room(total=TEXT_LIMIT - 8))))
    assert text is not None
    assert 0 < utf16(text) <= TEXT_LIMIT


async def test_text_that_telegram_cannot_parse_goes_out_plain(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.append(refusal("Bad Request: can't parse entities: Unexpected end tag at byte offset 7"))
    await channel.send(delivery(NASTY, address="42"), START)
    assert "parse_mode" not in form(platform)
    assert form(platform)["text"].startswith(NASTY.title)
    assert len(platform.requests) == 2


async def test_text_that_telegram_cannot_parse_even_plain_is_refused(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.extend([refusal("Bad Request: can't parse entities: no")] * 2)
    with pytest.raises(DeliveryRefused) as raised:
        await channel.send(delivery(address="42"), START)
    assert verdict(raised.value) == (Reason.BAD_REQUEST, False)
    assert len(platform.requests) == 2


async def test_a_chat_that_moved_is_followed_and_remembered(
    channel: TelegramChannel, platform: TelegramPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    moved = refusal("Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100777)
    platform.record.answers.append(moved)
    for _ in range(2):
        await channel.send(delivery(address="-42"), START)
    assert [form(platform, number)["chat_id"] for number in range(3)] == ["-42", "-100777", "-100777"]
    assert "Telegram chat -42 has become -100777: change the receiver's address" in caplog.messages


async def test_a_chat_that_moves_in_a_circle_is_refused(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    platform.record.answers.extend([refusal("Bad Request: upgraded", migrate_to_chat_id=-42)] * 2)
    with pytest.raises(DeliveryRefused):
        await channel.send(delivery(address="-42"), START)


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("Bad Request: chat not found", Reason.NOT_FOUND),
        ("Bad Request: message thread not found", Reason.NOT_FOUND),
        ("Bad Request: not enough rights to send text messages to the chat", Reason.FORBIDDEN),
        ("Bad Request: message is too long", Reason.TOO_LARGE),
        ("Bad Request: something new", Reason.BAD_REQUEST),
    ],
)
async def test_a_bad_request_has_its_reason(
    description: str, reason: Reason, channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.append(refusal(description))
    with pytest.raises(DeliveryRefused, match=description) as raised:
        await channel.send(delivery(address="42"), START)
    assert verdict(raised.value) == (reason, False)


@pytest.mark.parametrize(
    ("answer", "reason", "wait"),
    [
        (Answer(429, {"Retry-After": "9"}, b"<html>a gateway</html>"), Reason.RATE_LIMITED, 9.0),
        (Answer(429, {}, b'{"parameters": "odd"}'), Reason.RATE_LIMITED, None),
        (Answer(502, {}, b"<html>Bad Gateway</html>"), Reason.SERVER_ERROR, None),
        (Answer(200, {}, b"<html>a captive portal</html>"), Reason.SERVER_ERROR, None),
        (Answer(200, {}, b"{}"), Reason.SERVER_ERROR, None),
        (Answer(200, {}, b'{"ok": true, "result": "odd"}'), Reason.SERVER_ERROR, None),
    ],
    ids=["429 of a gateway", "429 with odd parameters", "502", "200 that is no JSON", "no result", "an odd result"],
)
async def test_an_answer_that_is_not_telegrams_delays(
    answer: Answer, reason: Reason, wait: float | None, channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(DeliveryDelayed) as raised:
        await channel.send(delivery(address="42"), START)
    assert (raised.value.reason, raised.value.retry_after) == (reason, wait)


async def test_a_redirect_is_not_followed(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    platform.record.answers.append(Answer(307, {"Location": f"{platform.url}/bot{TOKEN}/sendMessage"}))
    with pytest.raises(DeliveryRefused) as raised:
        await channel.send(delivery(address="42"), START)
    assert raised.value.reason == Reason.REDIRECT
    assert len(platform.requests) == 1


async def test_another_token_in_the_file_is_taken_up(
    channel: TelegramChannel, platform: TelegramPlatform, put: Callable[[str], int]
) -> None:
    await channel.send(delivery(address="42"), START)
    platform.token = "110201543:second"
    with pytest.raises(DeliveryError):
        await channel.send(delivery(address="42"), START)
    put(platform.token)
    await channel.send(delivery(address="42"), START)
    assert len(platform.record.received) == 2


async def test_a_key_file_that_is_empty_holds_back_the_channel(
    channel: TelegramChannel, put: Callable[[str], int]
) -> None:
    put("")
    with pytest.raises(DeliveryDelayed) as raised:
        await channel.send(delivery(address="42"), START)
    assert verdict(raised.value) == (Reason.CREDENTIAL, True)


async def test_a_token_that_is_not_there_is_told_at_once(session: ClientSession, tmp_path: Path) -> None:
    settings = TelegramSettings.model_validate({"token": f"file:{tmp_path / 'none'}"})
    with pytest.raises(ConfigError, match="cannot read the secret"):
        build("telegram", settings, session)


async def test_the_sdks_log_lines_hold_no_token(
    channel: TelegramChannel, platform: TelegramPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await channel.send(delivery(address="@prices"), START)
    assert any("/bot[secret]/sendMessage" in message for message in caplog.messages)
    assert TOKEN not in caplog.text
    assert [got.address for got in platform.record.received] == ["@prices"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<b>a</b> &lt;&amp;&#39;", "a <&'"),
        ('<a href="https://x.example/?a=1&amp;b">x</a>', "x"),
        ("<b>a", None),
        ("<b><i>a</b></i>", None),
        ("a < b", None),
        ("a & b", None),
        ("&nbsp;", None),
        ("<script>a</script>", None),
    ],
)
def test_the_platform_parses_as_strictly_as_telegram(markup: str, text: str | None) -> None:
    assert parse(markup) == text


def test_every_tone_has_a_sign_of_three_units_at_most() -> None:
    assert all(utf16(sign) <= 3 for sign in SIGNS.values())
