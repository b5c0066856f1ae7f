"""Telegram: its HTML, its ways out of a refusal, its addresses."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from aiohttp import ClientSession
from hypothesis import given
from pydantic import ValidationError

from alertd.channels.answers import Reason
from alertd.channels.telegram import CHAT, GROUP, REFUSED, TelegramChannel, TelegramSettings, build
from alertd.channels.telegram_message import html
from alertd.channels.text import SIGNS, Room, fit, utf16
from alertd.demo.platforms.record import Answer, Record
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.telegram_text import TEXT_LIMIT, parse
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Link, Notification
from alertd.ports import Bucket, Limit
from tests.channels.cases import Expected, seen, verdict
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
    status = 403 if description.startswith("Forbidden") else 400
    body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


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


async def test_a_chat_that_moved_is_told_with_its_new_name(
    channel: TelegramChannel, platform: TelegramPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the log: it may be a person's."""
    moved = refusal("Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100777)
    platform.record.answers.extend([moved, moved])
    for address, to in (("-42", "-100777"), ("-42/7", "-100777/7")):
        with pytest.raises(DeliveryMoved) as raised:
            await channel.send(delivery(address=address), START)
        assert raised.value.to == to
    assert "-100777" not in caplog.text


async def test_a_chat_that_moves_in_a_circle_is_refused(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    platform.record.answers.append(refusal("Bad Request: upgraded", migrate_to_chat_id=-42))
    with pytest.raises(DeliveryRefused):
        await channel.send(delivery(address="-42"), START)


@pytest.mark.parametrize(
    ("description", "reason", "dead"),
    [
        ("Bad Request: chat not found", Reason.NOT_FOUND, True),
        ("Bad Request: user is deactivated", Reason.NOT_FOUND, True),
        ("Bad Request: message thread not found", Reason.NOT_FOUND, False),
        ("Bad Request: not enough rights to send text messages to the chat", Reason.FORBIDDEN, False),
        ("Bad Request: message is too long", Reason.TOO_LARGE, False),
        ("Bad Request: something new", Reason.BAD_REQUEST, False),
        ("Forbidden: bot was blocked by the user", Reason.FORBIDDEN, True),
        ("Forbidden: user is deactivated", Reason.FORBIDDEN, True),
        ("Forbidden: bot was kicked from the supergroup chat", Reason.FORBIDDEN, True),
        ("Forbidden: bot can't initiate conversation with a user", Reason.FORBIDDEN, True),
        ("Forbidden: bot is not a member of the channel chat", Reason.FORBIDDEN, True),
        ("Forbidden: something new", Reason.FORBIDDEN, False),
    ],
)
async def test_a_refusal_has_its_reason(
    description: str, reason: Reason, dead: bool, channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.append(refusal(description))
    with pytest.raises(DeliveryRefused, match=description) as raised:
        await channel.send(delivery(address="42"), START)
    assert seen(raised.value) == Expected(DeliveryRefused, reason, dead=dead)


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


@pytest.mark.parametrize("said", ["inline keyboard button URL 'http://x' is invalid", "BUTTON_URL_INVALID"])
async def test_links_that_telegram_does_not_take_for_buttons_go_out_as_text(
    said: str, channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.append(refusal(f"Bad Request: {said}"))
    await channel.send(delivery(FULL, address="42"), START)
    assert "reply_markup" not in form(platform)
    assert FULL.links[0].url in form(platform)["text"]


async def test_links_stand_three_to_a_row(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    links = tuple(Link(f"chart {number}", f"https://chart.example/{number}") for number in range(7))
    await channel.send(delivery(Notification("BTC", links=links), address="42"), START)
    keyboard = json.loads(form(platform)["reply_markup"])["inline_keyboard"]
    assert [len(row) for row in keyboard] == [3, 3, 1]
    assert platform.record.received[0].buttons == tuple((link.label, link.url) for link in links)


async def test_an_edit_that_changes_nothing_is_as_good_as_sent(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    origin = await channel.send(delivery(address="42"), START)
    assert await channel.send(delivery(address="42", origin=origin, replaces=True), START) == origin
    assert [request.path.rpartition("/")[2] for request in platform.requests] == ["sendMessage", "editMessageText"]


def limited(wait: int) -> Answer:
    body = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": wait}}
    return Answer(429, {"Content-Type": "application/json"}, json.dumps(body).encode())


async def test_a_429_is_about_the_chat_until_a_second_chat_has_to_wait_as_well(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.extend([limited(30)] * 4)
    named = []
    for chat, later in (("1", 0.0), ("1", 5.0), ("2", 10.0), ("3", 100.0)):
        with pytest.raises(DeliveryDelayed) as raised:
            await channel.send(delivery(address=f"{chat}/9"), START + later)
        named.append(raised.value.bucket)
        assert named[-1] in {bucket.name for bucket in channel.buckets(chat)}
    assert named == ["chat:1", "chat:1", "bot:0", "chat:3"]


@pytest.mark.parametrize(
    ("address", "chat"),
    [("42", CHAT), ("42/7", CHAT), ("-42", GROUP), ("-1001234567890/7", GROUP), ("@prices", GROUP)],
)
def test_a_group_takes_less_than_a_person(address: str, chat: Limit, channel: TelegramChannel) -> None:
    bot, own = channel.buckets(address)
    assert bot == Bucket("bot:0", Limit(1 / 30, 3))
    assert own == Bucket(f"chat:{address.partition('/')[0]}", chat)


def test_a_group_never_gets_more_than_20_in_60_seconds() -> None:
    assert GROUP.burst + int(60 / GROUP.interval) <= 20


BOTS = ("1:first", "2:second", "3:third")


@pytest.fixture
def several(platform: TelegramPlatform, session: ClientSession, tmp_path: Path) -> TelegramChannel:
    """Three bots."""
    platform.tokens.update(BOTS)
    for token in BOTS:
        (tmp_path / token[0]).write_text(token)
    tokens = [f"file:{tmp_path / token[0]}" for token in BOTS]
    settings = {"url": platform.url, "tokens": tokens, "rate": "1000/s", "timeout": 2}
    return build("telegram", TelegramSettings.model_validate(settings), session)


async def test_several_bots_share_the_chats_and_each_chat_keeps_its_own(
    several: TelegramChannel, platform: TelegramPlatform
) -> None:
    for _ in range(2):
        for chat in range(40):
            await several.send(delivery(address=str(chat + 1)), START)
    senders = [got.sender for got in platform.record.received]
    assert set(senders) == {"1", "2", "3"}
    assert senders[:40] == senders[40:]
    numbers = [several.buckets(str(chat + 1))[0].name for chat in range(40)]
    assert numbers == [f"bot:{int(sender) - 1}" for sender in senders[:40]]
    assert several.buckets("1")[0].limit == Limit(0.001, 100)


@pytest.mark.parametrize("said", ["bot can't initiate conversation with a user", "bot is not a member of the chat"])
async def test_where_one_bot_is_a_stranger_the_next_one_is_asked(
    said: str, several: TelegramChannel, platform: TelegramPlatform
) -> None:
    before = several.buckets("42")[0].name
    platform.record.answers.append(refusal(f"Forbidden: {said}"))
    for _ in range(2):
        await several.send(delivery(address="42"), START)
    assert len(platform.requests) == 3
    assert len({got.sender for got in platform.record.received}) == 1
    assert several.buckets("42")[0].name != before


async def test_where_all_bots_are_strangers_the_chat_is_dead(
    several: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.extend([refusal("Forbidden: bot can't initiate conversation with a user")] * 3)
    with pytest.raises(DeliveryRefused) as raised:
        await several.send(delivery(address="42"), START)
    assert seen(raised.value) == Expected(DeliveryRefused, Reason.FORBIDDEN, dead=True)


NO_TOKEN = Answer(401, {}, b'{"description": "Unauthorized"}')
STRANGER = refusal("Forbidden: bot can't initiate conversation with a user")
ONE_BOT = Expected(DeliveryRefused, Reason.UNAUTHORIZED, limited="bot:")


async def no(channel: TelegramChannel, at: float = START) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as raised:
        await channel.send(delivery(address="42"), at)
    return raised.value


async def test_a_token_that_is_refused_is_that_bots_and_the_next_one_is_asked(
    several: TelegramChannel, platform: TelegramPlatform
) -> None:
    """Until its time is over: then it is looked whether it is good again."""
    own = several.buckets("42")[0].name
    platform.record.answers.append(NO_TOKEN)
    error = await no(several)
    assert (seen(error), error.bucket) == (ONE_BOT, own)
    assert error.about.startswith("file:")
    assert several.buckets("42")[0].name != own
    for at in (0.0, REFUSED - 1):
        await several.send(delivery(address="42"), START + at)
    assert len(platform.requests) == 3
    await several.send(delivery(address="42"), START + REFUSED)
    assert several.buckets("42")[0].name == own
    assert [got.sender for got in platform.record.received[1:]] != [platform.record.received[0].sender] * 2


async def test_a_chat_that_only_the_refused_bot_knows_waits_for_it(
    several: TelegramChannel, platform: TelegramPlatform
) -> None:
    own = several.buckets("42")[0].name
    platform.record.answers.extend([NO_TOKEN, STRANGER, STRANGER])
    await no(several)
    error = await no(several)
    assert (seen(error), error.bucket) == (ONE_BOT, own)
    assert several.buckets("42")[0].name == own, "nobody else is asked"
    await several.send(delivery(address="42"), START + REFUSED)
    assert len(platform.record.received) == 1


async def test_where_no_token_is_left_it_is_the_whole_channel(
    several: TelegramChannel, platform: TelegramPlatform
) -> None:
    platform.record.answers.extend([NO_TOKEN] * 3)
    assert [verdict(await no(several)) for _ in range(3)] == [
        (Reason.UNAUTHORIZED, False),
        (Reason.UNAUTHORIZED, False),
        (Reason.UNAUTHORIZED, True),
    ]
    await several.send(delivery(address="42"), START + REFUSED)
    assert len(platform.record.received) == 1


async def test_a_message_of_another_bot_is_not_what_is_followed(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    await channel.send(delivery(address="42"), START)
    await channel.send(delivery(address="42", origin="999:1", replaces=True), START)
    assert [got.edits or got.replies for got in platform.record.received] == ["", ""]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "either `token` or `tokens`"),
        ({"token": "env:A", "tokens": ["env:B"]}, "either `token` or `tokens`"),
        ({"token": "env:A", "rate": "fast"}, "a rate such as 30/s"),
        ({"token": "env:A", "rate": "0/s"}, "a rate such as 30/s"),
        ({"token": "env:A", "uncertain": "ask"}, "resend"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TelegramSettings.model_validate(settings)


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
    assert any("sendMessage" in message for message in caplog.messages)
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
