"""Discord: its embeds, its limits, its two ways in."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession
from hypothesis import given

from alertd.channels.answers import Reason
from alertd.channels.discord import DiscordChannel, DiscordSettings, build, check_address, nonce
from alertd.channels.discord_message import edit, escape, payload
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.discord_messages import Kept, changed, pressable, read
from alertd.demo.platforms.record import Answer, Record
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryRefused
from alertd.model.notification import Button, Link, Notification
from alertd.model.press import Action, Press
from tests.channels.cases import verdict
from tests.channels.samples import FULL, NASTY, delivery
from tests.channels.sentences import huge_ones, parts, small_ones
from tests.fakes import START

GOLDEN = Path(__file__).parent / "golden"
TOKEN = "first-bot"
HOOK = "123456789012345678/first-hook"
CHANNEL = "876543210987654321"


@pytest.fixture
async def platform() -> AsyncIterator[DiscordPlatform]:
    async with DiscordPlatform(Record(now=lambda: START), token=TOKEN, hook=HOOK) as platform:
        yield platform


def made(platform: DiscordPlatform, key: Path, session: ClientSession, way: str) -> DiscordChannel:
    settings = {"url": platform.api, way: f"file:{key}", "timeout": 2}
    return build("discord", DiscordSettings.model_validate(settings), session)


@pytest.fixture
async def bot(
    platform: DiscordPlatform, key: Path, put: Callable[[str], int], session: ClientSession
) -> AsyncIterator[DiscordChannel]:
    put(TOKEN)
    channel = made(platform, key, session, "token")
    yield channel
    await channel.close()


@pytest.fixture
def webhook(platform: DiscordPlatform, key: Path, session: ClientSession) -> DiscordChannel:
    key.write_text(f"https://discord.com/api/webhooks/{HOOK}")
    return made(platform, key, session, "webhook")


@pytest.fixture(params=["token", "webhook"])
async def either(
    request: pytest.FixtureRequest, platform: DiscordPlatform, put: Callable[[str], int], session: ClientSession
) -> AsyncIterator[DiscordChannel]:
    put(TOKEN if request.param == "token" else f"https://discord.com/api/webhooks/{HOOK}")
    channel = made(platform, request.getfixturevalue("key"), session, request.param)
    yield channel
    await channel.close()


def said(status: int, body: dict[str, object] | str, **headers: str) -> Answer:
    content = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if isinstance(body, str) else "application/json"
    return Answer(status, {"Content-Type": kind, **headers}, content.encode(), at="POST")


@pytest.mark.parametrize(("name", "notification"), [("full", FULL), ("nasty", NASTY)])
async def test_the_request_as_documented(
    name: str, notification: Notification, bot: DiscordChannel, platform: DiscordPlatform
) -> None:
    await bot.send(delivery(notification, address=CHANNEL), START)
    login, request = platform.requests
    assert (login.method, login.path) == ("GET", "/api/v10/users/@me")
    assert (request.path, request.headers["authorization"]) == (f"/api/v10/channels/{CHANNEL}/messages", f"Bot {TOKEN}")
    assert json.loads(request.body) == json.loads((GOLDEN / f"discord_{name}.json").read_text(encoding="utf-8"))


async def test_a_webhook_gets_the_same_without_a_nonce(webhook: DiscordChannel, platform: DiscordPlatform) -> None:
    await webhook.send(delivery(address="default"), START)
    golden = json.loads((GOLDEN / "discord_full.json").read_text(encoding="utf-8"))
    del golden["nonce"], golden["enforce_nonce"]
    (request,) = platform.requests
    assert request.path == f"/api/v10/webhooks/{HOOK}?wait=1&with_components=1"
    assert "authorization" not in request.headers
    assert json.loads(request.body) == golden


@given(notification=small_ones)
def test_any_text_arrives_as_text(notification: Notification) -> None:
    text = read(payload(delivery(notification)))
    assert [part for part in parts(notification) if part not in text] == []


@given(notification=huge_ones)
def test_whatever_is_sent_is_within_the_limits(notification: Notification) -> None:
    assert read(payload(delivery(notification)))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("BTC up +5.2% at 10:15", "BTC up +5.2% at 10:15"),
        ("@everyone", r"\@everyone"),
        ("<@1> <#2>", r"\<\@1\> \<\#2\>"),
        ("- a list", r"\- a list"),
        ("1. first", r"1\. first"),
        (":tada:", r"\:tada:"),
        ("https://evil.example", r"https\://evil.example"),
        ("[x](y)", r"\[x\](y)"),
        ("\\*", r"\\\*"),
    ],
)
def test_signs_of_markup_get_a_backslash(text: str, escaped: str) -> None:
    assert escape(text) == escaped


async def test_a_message_that_comes_twice_is_shown_once(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    for _ in range(2):
        await bot.send(delivery(address=CHANNEL), START)
    await bot.send(delivery(address="111111111111111111"), START)
    assert platform.repeats == 1
    assert [got.address for got in platform.record.received] == [CHANNEL, "111111111111111111"]
    assert len(nonce(delivery(address=CHANNEL))) == 25


@pytest.mark.parametrize(
    ("answer", "dead", "whole"),
    [
        pytest.param(said(404, {"message": "Unknown Webhook", "code": 10015}), True, False, id="deleted"),
        pytest.param(said(401, {"message": "Invalid Webhook Token", "code": 50027}), True, False, id="another token"),
        pytest.param(said(404, "<h1>Not Found</h1>"), False, True, id="a proxy's page"),
    ],
)
async def test_a_webhook_that_was_deleted_is_dead_and_one_that_is_not_found_waits(
    answer: Answer, dead: bool, whole: bool, webhook: DiscordChannel, platform: DiscordPlatform
) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(DeliveryRefused) as raised:
        await webhook.send(delivery(address="default"), START)
    assert (raised.value.dead, raised.value.whole_channel) == (dead, whole)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said(429, {"retry_after": 64.57, "global": False}, Via="1.1 google"), (64.57, False)),
        (said(429, {"retry_after": 2.5, "global": True}, Via="1.1 google"), (2.5, True)),
        (said(429, "error code: 1015", **{"Retry-After": "600"}), (600.0, True)),
    ],
    ids=["a bucket", "the bot's whole limit", "Cloudflare's ban"],
)
async def test_a_rate_limit_leaves_at_once_with_its_wait(
    answer: Answer, expected: tuple[float, bool], either: DiscordChannel, platform: DiscordPlatform
) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(DeliveryDelayed) as raised:
        await either.send(delivery(address=CHANNEL), START)
    assert raised.value.reason == Reason.RATE_LIMITED
    assert (raised.value.retry_after, raised.value.whole_channel) == expected


@pytest.mark.parametrize(
    "answer",
    [
        said(200, "<html>a captive portal</html>"),
        said(200, {}),
        Answer(200, {"Content-Type": "application/json"}, b"{"),
    ],
    ids=["a page", "another JSON", "broken JSON"],
)
async def test_an_answer_that_is_not_discords_delays(
    answer: Answer, either: DiscordChannel, platform: DiscordPlatform
) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(DeliveryDelayed) as raised:
        await either.send(delivery(address=CHANNEL), START)
    assert verdict(raised.value) == (Reason.SERVER_ERROR, False)


async def test_a_bucket_that_fills_again_too_late_delays_without_a_request(
    bot: DiscordChannel, platform: DiscordPlatform
) -> None:
    limits = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset-After": "90"}
    limits |= {"X-RateLimit-Reset": str(START + 90), "X-RateLimit-Bucket": "abcd"}
    platform.record.answers.append(said(200, {"id": "1"}, **limits))
    await bot.send(delivery(address=CHANNEL, message="kestrel-1"), START)
    with pytest.raises(DeliveryDelayed) as raised:
        await bot.send(delivery(address=CHANNEL, message="kestrel-2"), START)
    assert raised.value.reason == Reason.RATE_LIMITED
    assert raised.value.retry_after == pytest.approx(90, abs=5)
    assert len(platform.requests) == 2


async def test_a_token_that_is_refused_at_log_in_refuses_the_channel(
    bot: DiscordChannel, platform: DiscordPlatform, put: Callable[[str], int]
) -> None:
    platform.token = "second-bot"
    with pytest.raises(DeliveryRefused) as raised:
        await bot.send(delivery(address=CHANNEL), START)
    assert verdict(raised.value) == (Reason.UNAUTHORIZED, True)
    put("second-bot")
    await bot.send(delivery(address=CHANNEL), START)
    assert len(platform.record.received) == 1


async def test_each_channel_has_a_base_url_of_its_own(
    bot: DiscordChannel, platform: DiscordPlatform, key: Path, session: ClientSession
) -> None:
    async with DiscordPlatform(Record(now=lambda: START), token=TOKEN, hook=HOOK) as other:
        second = made(other, key, session, "token")
        await bot.send(delivery(address=CHANNEL), START)
        await second.send(delivery(address=CHANNEL), START)
        await bot.send(delivery(address=CHANNEL, message="kestrel-43"), START)
        await second.close()
        assert (len(platform.record.received), len(other.record.received)) == (2, 1)


async def test_a_redirect_is_not_followed(webhook: DiscordChannel, platform: DiscordPlatform) -> None:
    platform.record.answers.append(said(307, "", Location="/elsewhere"))
    with pytest.raises(DeliveryRefused) as raised:
        await webhook.send(delivery(address="default"), START)
    assert raised.value.reason == Reason.REDIRECT
    assert len(platform.requests) == 1


@pytest.mark.parametrize("url", ["https://discord.com/api/webhooks/12", "hello", "https://discord.com/webhooks/x/y"])
async def test_a_webhook_that_is_none_is_told_at_once(
    url: str, platform: DiscordPlatform, key: Path, put: Callable[[str], int], session: ClientSession
) -> None:
    put(url)
    with pytest.raises(ConfigError, match="does not hold a webhook URL") as raised:
        made(platform, key, session, "webhook")
    assert url not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"allowed_mentions": {"parse": ["everyone"]}}, "it may mention somebody"),
        ({"content": "**@everyone**"}, "@ is markup here"),
        ({"content": ""}, "the content is empty"),
        ({"content": f"**{'a' * 2000}**"}, "too long"),
        ({"embeds": [{"description": "*a*"}]}, "is markup here"),
        ({"embeds": [{"description": "a" * 4097}]}, "a part of the embed is empty or too long"),
        ({"embeds": [{"fields": [{"name": "a", "value": ""}]}]}, "a part of the embed is empty or too long"),
        ({"embeds": [{"description": "a" * 4096, "footer": {"text": "a" * 2000}}]}, "the embed is too long"),
    ],
)
def test_the_platform_refuses_what_discord_would(change: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read(payload(delivery(FULL)) | change)


async def test_links_too_long_for_buttons_are_written(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    links = (Link("chart", "https://chart.example/1"), Link("long", f"https://chart.example/{'x' * 512}"))
    await bot.send(delivery(Notification("BTC", links=links), address=CHANNEL), START)
    (got,) = platform.record.received
    assert got.buttons == (("chart", "https://chart.example/1"),)
    assert "long" in got.text


async def test_buttons_stand_five_to_a_row(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    links = tuple(Link("c" * 100, f"https://chart.example/{number}") for number in range(7))
    await bot.send(delivery(Notification("BTC", links=links), address=CHANNEL), START)
    body = json.loads(platform.requests[-1].body)
    assert [len(row["components"]) for row in body["components"]] == [5, 2]


async def test_an_edit_takes_away_what_is_no_more(either: DiscordChannel, platform: DiscordPlatform) -> None:
    origin = await either.send(delivery(FULL, address=CHANNEL), START)
    edit = delivery(Notification("BTC is calm"), address=CHANNEL, origin=origin, replaces=True)
    assert await either.send(edit, START) == origin
    body = json.loads(platform.requests[-1].body)
    assert platform.requests[-1].method == "PATCH"
    assert (body["embeds"], body["components"]) == ([], [])
    assert platform.record.received[-1].text == "BTC is calm"


async def test_a_message_of_another_author_is_not_changed(either: DiscordChannel, platform: DiscordPlatform) -> None:
    answer = said(403, {"message": "Cannot edit a message authored by another user", "code": 50005})
    platform.record.answers.append(replace(answer, at="PATCH"))
    ref = await either.send(delivery(address=CHANNEL, origin="200000000000000009", replaces=True), START)
    assert ref != "200000000000000009"
    assert platform.record.received[0].new


def test_a_bot_is_remembered_for_minutes_and_a_webhook_is_not(bot: DiscordChannel, webhook: DiscordChannel) -> None:
    assert (bot.remembers, webhook.remembers) == (300.0, 0.0)


# ── people, buttons and charts ───────────────────────────────────────────────────────────────────────────────────

PNG = b"\x89PNG\r\n\x1a\n\x00chart\r\n"
PERSON = "700000000000000001"
SNOOZE = Button("Snooze 1 h", Press(Action.SNOOZE, entry=7, argument="1h").data)
DELETE = Button("Delete", Press(Action.DELETE, entry=7).data)
PRESSED = replace(FULL, buttons=(SNOOZE, DELETE))


async def test_a_person_is_told_in_their_private_chat(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    person = platform.user(PERSON)
    for message in ("kestrel-1", "kestrel-2"):
        await bot.send(delivery(address=f"user:{PERSON}", message=message), START)
    assert [seen.chat for seen in person.seen] == [person.direct] * 2
    asked = [request for request in platform.requests if request.path.endswith("/users/@me/channels")]
    assert [json.loads(request.body) for request in asked] == [{"recipient_id": int(PERSON)}]


async def test_a_person_who_takes_no_messages_is_gone(bot: DiscordChannel) -> None:
    with pytest.raises(DeliveryRefused) as raised:
        await bot.send(delivery(address="user:700000000000000009"), START)
    assert raised.value.dead


async def test_an_answer_without_a_private_channel_delays(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    platform.record.answers.append(said(200, {"id": "none"}))
    with pytest.raises(DeliveryDelayed):
        await bot.send(delivery(address=f"user:{PERSON}"), START)


async def test_buttons_stand_before_links(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    await bot.send(delivery(PRESSED, address=CHANNEL), START)
    (got,) = platform.record.received
    assert got.callbacks == ((SNOOZE.label, SNOOZE.data), (DELETE.label, DELETE.data))
    assert [label for label, _ in got.buttons] == ["chart"]
    rows = json.loads(platform.requests[-1].body)["components"]
    assert [[button["style"] for button in row["components"]] for row in rows] == [[2, 4], [5]]


async def test_a_webhook_has_no_buttons_to_press(webhook: DiscordChannel, platform: DiscordPlatform) -> None:
    ref = await webhook.send(delivery(PRESSED, address="default"), START)
    await webhook.send(delivery(PRESSED, address="default", origin=ref, replaces=True), START)
    assert [got.callbacks for got in platform.record.received] == [(), ()]


async def test_buttons_stay_where_text_is_cut(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    long = replace(PRESSED, lines=("x" * 9000,))
    await bot.send(delivery(long, address=CHANNEL), START)
    assert [label for label, _ in platform.record.received[0].callbacks] == ["Snooze 1 h", "Delete"]


def test_two_buttons_of_one_meaning_are_one() -> None:
    body = edit(replace(FULL, links=(), buttons=(SNOOZE, SNOOZE._replace(label="again"))))
    assert [button["label"] for button in body["components"][0]["components"]] == ["again"]


async def test_a_chart_is_added_in_place(either: DiscordChannel, platform: DiscordPlatform) -> None:
    address = "default" if either.remembers == 0 else CHANNEL
    told = delivery(FULL, address=address)
    ref = await either.send(told, START)
    await either.illustrate(told, ref, PNG)
    first, second = platform.record.received
    assert (second.edits, second.text, second.buttons) == (ref, first.text, first.buttons)
    assert (first.picture, second.picture) == (b"", PNG)
    assert platform.requests[-1].method == "PATCH"
    assert b'"content"' not in platform.requests[-1].body


async def test_an_edit_keeps_the_chart_in_the_embed(either: DiscordChannel, platform: DiscordPlatform) -> None:
    address = "default" if either.remembers == 0 else CHANNEL
    told = delivery(FULL, address=address)
    ref = await either.send(told, START)
    await either.illustrate(told, ref, PNG)
    calm = delivery(Notification("BTC is calm"), address=address, message="kestrel-43", origin=ref, replaces=True)
    assert await either.send(calm, START) == ref
    body = json.loads(platform.requests[-1].body)
    assert body["embeds"][0]["image"] == {"url": "attachment://chart.png"}
    assert (platform.record.received[-1].text, platform.record.received[-1].picture) == ("BTC is calm", PNG)


async def test_a_chart_of_a_message_that_is_gone_is_refused(either: DiscordChannel, platform: DiscordPlatform) -> None:
    address = "default" if either.remembers == 0 else CHANNEL
    with pytest.raises(DeliveryRefused) as raised:
        await either.illustrate(delivery(FULL, address=address), "200000000000000009", PNG)
    assert raised.value.reason == Reason.NOT_FOUND
    assert platform.record.received == []


async def test_a_chart_that_meets_a_limit_is_delayed(bot: DiscordChannel, platform: DiscordPlatform) -> None:
    told = delivery(FULL, address=CHANNEL)
    ref = await bot.send(told, START)
    answer = said(429, {"retry_after": 2.5, "global": False}, Via="1.1 google")
    platform.record.answers.append(replace(answer, at="PATCH"))
    with pytest.raises(DeliveryDelayed) as raised:
        await bot.illustrate(told, ref, PNG)
    assert raised.value.retry_after == 2.5


@pytest.mark.parametrize(
    ("address", "right"),
    [(f"user:{PERSON}", True), (CHANNEL, True), ("user:ann", False), ("user:", False), (f"users:{PERSON}", False)],
)
def test_addresses_of_people(address: str, *, right: bool) -> None:
    wrong = check_address(address, DiscordSettings.model_validate({"token": "env:BOT"}))
    assert (wrong is None) is right


# ── what the loopback platform finds ─────────────────────────────────────────────────────────────────────────────


def button(**changes: object) -> dict[str, object]:
    return {"type": 2, "style": 2, "label": "a", "custom_id": "b", **changes}


@pytest.mark.parametrize(
    ("buttons", "wrong"),
    [
        ([button(custom_id="x" * 101)], "too long"),
        ([button(), button()], "of one id"),
        ([button(style=9)], "no style"),
        ([button(label="")], "no button"),
        ([button() for _ in range(6)], "too many"),
    ],
    ids=["a long id", "one id twice", "an unknown style", "no label", "six in a row"],
)
def test_buttons_that_discord_would_refuse(buttons: list[dict[str, object]], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        pressable({"components": [{"type": 1, "components": buttons}]})


@pytest.mark.parametrize(
    ("body", "files", "wrong"),
    [
        ({"embeds": [{"image": {"url": "attachment://chart.png"}}]}, {}, "not attached"),
        ({"attachments": [{"id": 0, "filename": "a.png"}]}, {}, "no file 0"),
        ({"attachments": []}, {"0": ("a.png", PNG)}, "not among"),
        ({}, {"0": ("a.png", b"")}, "empty"),
    ],
    ids=["no such picture", "a file that did not come", "a file that is not listed", "an empty file"],
)
def test_files_that_discord_would_refuse(
    body: dict[str, object], files: dict[str, tuple[str, bytes]], wrong: str
) -> None:
    with pytest.raises(ValueError, match=wrong):
        changed(Kept(), body, files, iter(["1"]))
