"""Telegram: buttons that a bot hears of, and charts that are added to what was sent."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.channels.telegram import TelegramChannel, TelegramSettings, build
from alertd.channels.telegram_message import CAPTION_LIMIT, fits, fitted, html, length
from alertd.demo.platforms.moods import Mood, Temper
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.telegram_form import No
from alertd.demo.platforms.telegram_text import TEXT_LIMIT, parse, units
from alertd.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Button, Notification
from alertd.ports import Pictures
from tests.channels.samples import FULL, NASTY, delivery
from tests.fakes import START

GOLDEN = Path(__file__).parent / "golden"
PNG = b"\x89PNG\r\n\x1a\nchart"
BUTTONS = (
    Button("Snooze 1 h", "snooze:e7:1h"),
    Button("Re-arm", "rearm:e7"),
    Button("−1 %", "nudge:e7:-1"),
    Button("+1 %", "nudge:e7:+1"),
    Button("Delete", "delete:e7"),
    Button("Why", "why:e7"),
    Button("Chart", "chart:e7"),
)
ALERT = replace(FULL, buttons=BUTTONS)
LONG = replace(ALERT, lines=tuple(f"line {number} & more" for number in range(100)))
CALM = replace(ALERT, title="BTC is calm again")


@pytest.fixture
async def platform() -> AsyncIterator[TelegramPlatform]:
    async with TelegramPlatform(Record(now=lambda: START), "110:first", tokens=["220:second"]) as platform:
        yield platform


@pytest.fixture
def channel(platform: TelegramPlatform, key: Path, session: ClientSession) -> TelegramChannel:
    key.write_text("110:first")
    settings = TelegramSettings.model_validate({"url": platform.url, "token": f"file:{key}", "timeout": 2})
    return build("telegram", settings, session)


def methods(platform: TelegramPlatform) -> list[str]:
    return [request.path.rpartition("/")[2] for request in platform.requests]


async def test_buttons_stand_below_the_links(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    await channel.send(delivery(ALERT, address="42"), START)
    form = dict(parse_qsl(platform.requests[0].body.decode()))
    assert form == json.loads((GOLDEN / "telegram_buttons.json").read_text(encoding="utf-8"))
    assert platform.record.received[0].callbacks == BUTTONS
    assert platform.record.wrong == []


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ([label for label, _ in BUTTONS], [4, 3]),
        (["/alert BTC > 70,000", "/alert ETH > 3,000"], [1, 1]),
        (["a" * 60, "b", "c"], [1, 2]),
        (["1", "2", "3", "4", "5"], [4, 1]),
    ],
    ids=["an alert's", "commands", "a long one", "five"],
)
async def test_as_many_to_a_row_as_can_be_read(
    labels: list[str], rows: list[int], channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    buttons = tuple(Button(label, f"why:e{number}") for number, label in enumerate(labels, 1))
    await channel.send(delivery(Notification("BTC", buttons=buttons), address="42"), START)
    form = dict(parse_qsl(platform.requests[0].body.decode()))
    assert [len(row) for row in json.loads(form["reply_markup"])["inline_keyboard"]] == rows
    assert [label for label, _ in platform.record.received[0].callbacks] == labels


async def test_a_label_is_one_line_and_data_that_is_too_long_is_left_out(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    buttons = (Button("a\nb\u202e<b>", "ok"), Button("\x00", "blank"), Button("c" * 99, "long"), Button("no", "€" * 22))
    await channel.send(delivery(Notification("BTC", buttons=buttons), address="42"), START)
    assert platform.record.received[0].callbacks == (("a b<b>", "ok"), ("…", "blank"), ("c" * 63 + "…", "long"))


async def test_only_the_bot_that_listens_shows_buttons(
    platform: TelegramPlatform, session: ClientSession, tmp_path: Path
) -> None:
    for token in ("110:first", "220:second"):
        (tmp_path / token[:3]).write_text(token)
    tokens = [f"file:{tmp_path / number}" for number in ("110", "220")]
    settings = TelegramSettings.model_validate({"url": platform.url, "tokens": tokens, "timeout": 2})
    channel = build("telegram", settings, session)
    for chat in range(1, 20):
        sent = delivery(ALERT, address=str(chat))
        await channel.illustrate(sent, await channel.send(sent, START), PNG)
    shown = {got.sender: bool(got.callbacks) for got in platform.record.received}
    assert shown == {"110": True, "220": False}
    assert all(got.picture for got in platform.record.received if got.edits)


async def test_a_message_becomes_a_photo_with_the_same_words_and_buttons(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    sent = delivery(ALERT, address="-100/5")
    await channel.illustrate(sent, await channel.send(sent, START), PNG)
    first, second = platform.record.received
    assert channel.pictures is Pictures.AFTER
    assert second.edits == first.ref
    assert (second.text, second.callbacks, second.buttons) == (first.text, first.callbacks, first.buttons)
    assert second.picture == PNG
    assert platform.record.wrong == []


async def test_what_replaces_a_message_that_became_a_photo_changes_its_caption(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    sent = delivery(ALERT, address="42")
    ref = await channel.send(sent, START)
    await channel.illustrate(sent, ref, PNG)
    after = delivery(CALM, address="42", origin=ref, replaces=True)
    assert await channel.send(after, START) == ref
    assert await channel.send(after, START) == ref
    last = platform.record.received[-1]
    assert (last.edits, last.picture) == ("1", PNG)
    assert "calm again" in last.text
    assert methods(platform)[2:] == ["editMessageCaption"] * 2, "it knows what has become of its message"


async def test_who_does_not_remember_that_a_message_became_a_photo_is_refused_once(
    channel: TelegramChannel, platform: TelegramPlatform, key: Path, session: ClientSession
) -> None:
    sent = delivery(ALERT, address="42")
    ref = await channel.send(sent, START)
    await channel.illustrate(sent, ref, PNG)
    settings = TelegramSettings.model_validate({"url": platform.url, "token": f"file:{key}", "timeout": 2})
    started_again = build("telegram", settings, session)
    assert await started_again.send(delivery(CALM, address="42", origin=ref, replaces=True), START) == ref
    assert methods(platform)[2:] == ["editMessageText", "editMessageCaption"]
    assert "calm again" in platform.record.received[-1].text


async def test_a_photo_below_a_message_leaves_it_a_text(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    sent = delivery(LONG, address="42")
    ref = await channel.send(sent, START)
    await channel.illustrate(sent, ref, PNG)
    assert await channel.send(delivery(CALM, address="42", origin=ref, replaces=True), START) == ref
    assert methods(platform)[2:] == ["editMessageText"]


async def test_a_caption_that_is_too_long_has_its_photo_below_without_a_sound(
    channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    sent = delivery(LONG, address="-100/5")
    await channel.illustrate(sent, await channel.send(sent, START), PNG)
    first, second = platform.record.received
    assert methods(platform) == ["sendMessage", "sendPhoto"]
    assert (second.replies, second.silent, second.picture, second.text) == (first.ref, True, PNG, "")
    assert second.address == "-100/5"


async def test_a_refused_change_has_its_photo_below(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    platform.refusing["editMessageMedia"].append(No(400, "Bad Request: message can't be edited"))
    sent = delivery(ALERT, address="42")
    await channel.illustrate(sent, await channel.send(sent, START), PNG)
    assert [(got.edits, got.replies, bool(got.picture)) for got in platform.record.received] == [
        ("", "", False),
        ("", "1", True),
    ]


@pytest.mark.parametrize(
    "said", ["message to edit not found", "MESSAGE_ID_INVALID", "message is not modified: it is the same"]
)
async def test_a_message_that_is_gone_or_has_its_photo_gets_none(
    said: str, channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    sent = delivery(ALERT, address="42")
    ref = await channel.send(sent, START)
    platform.refusing["editMessageMedia"].append(No(400, f"Bad Request: {said}"))
    await channel.illustrate(sent, ref, PNG)
    assert len(platform.record.received) == 1


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (No(429, "Too Many Requests", {"retry_after": 9}), DeliveryDelayed, Reason.RATE_LIMITED),
        (No(403, "Forbidden: bot was blocked by the user"), DeliveryRefused, Reason.FORBIDDEN),
        (No(400, "Bad Request: chat not found"), DeliveryRefused, Reason.NOT_FOUND),
        (No(500, "Internal Server Error"), DeliveryDelayed, Reason.SERVER_ERROR),
    ],
    ids=["429", "403", "400", "500"],
)
async def test_a_photo_that_is_not_taken_is_an_error_of_delivery(
    answer: No,
    error: type[DeliveryError],
    reason: Reason,
    channel: TelegramChannel,
    platform: TelegramPlatform,
) -> None:
    sent = delivery(ALERT, address="42")
    ref = await channel.send(sent, START)
    platform.refusing["editMessageMedia"].append(answer)
    with pytest.raises(error) as raised:
        await channel.illustrate(sent, ref, PNG)
    assert raised.value.reason == reason


async def test_a_platform_that_is_down_delays_a_photo(channel: TelegramChannel, platform: TelegramPlatform) -> None:
    sent = delivery(ALERT, address="42")
    ref = await channel.send(sent, START)
    platform.mood = Mood(Temper.DEAD)
    with pytest.raises(DeliveryDelayed):
        await channel.illustrate(sent, ref, PNG)


@pytest.mark.parametrize("ref", ["", "999:1", "110:", "110:x"])
async def test_a_message_of_nobody_known_gets_no_photo(
    ref: str, channel: TelegramChannel, platform: TelegramPlatform
) -> None:
    await channel.illustrate(delivery(ALERT, address="42"), ref, PNG)
    assert platform.requests == []


@pytest.mark.parametrize("limit", [TEXT_LIMIT, CAPTION_LIMIT])
@pytest.mark.parametrize("notification", [FULL, NASTY, LONG], ids=["full", "nasty", "long"])
@pytest.mark.parametrize(
    "code", ["", "  > 70q\n    ^", "<b>\x1b[31m &amp;", "x" * 9000, "\n".join("row" * 9 for _ in range(999))]
)
def test_words_and_code_fit_and_are_counted_as_telegram_counts(
    code: str, notification: Notification, limit: int
) -> None:
    form = fitted(notification, code, limit=limit)
    text = parse(html(*form))
    assert text is not None
    assert units(text) == length(html(*form)) <= limit
    assert fits(notification, code, limit=TEXT_LIMIT)


def test_code_keeps_its_blanks() -> None:
    code = "/alert BTC > 70q\n             ^ no number"
    assert html(*fitted(Notification("No"), code)).endswith(f"<pre>{code.replace('>', '&gt;')}</pre>")
