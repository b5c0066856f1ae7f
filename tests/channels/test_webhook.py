"""The signed webhook: its wire format, its signatures, its endpoints."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from yarl import URL

from alertd.channels.answers import Reason
from alertd.channels.webhook import Webhook, WebhookSettings, body, sign, verify
from alertd.demo.platforms.record import Answer, Record
from alertd.demo.platforms.webhook import WebhookPlatform
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Notification
from tests.channels.cases import verdict
from tests.channels.samples import FULL, NASTY, delivery
from tests.fakes import START

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
async def platform() -> AsyncIterator[WebhookPlatform]:
    async with WebhookPlatform(Record(now=lambda: START), ["first-key", "second-key"]) as platform:
        yield platform


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("first-key\n")
    second.write_text("second-key\n")
    return first, second


def webhook(platform: WebhookPlatform, session: ClientSession, first: Path, second: Path | None = None) -> Webhook:
    settings: dict[str, object] = {"url": f"{platform.url}/hook", "secret": f"file:{first}"}
    if second:
        settings["next_secret"] = f"file:{second}"
    return Webhook("webhook", WebhookSettings.model_validate(settings), session)


async def test_the_request_as_documented(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    await webhook(platform, session, keys[0]).send(delivery(address="default"), START)
    request = platform.requests[0]
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.headers["idempotency-key"] == "kestrel-42"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["alertd-timestamp"] == str(int(START))
    signed = b"%d.%s.%s" % (int(START), request.headers["alertd-nonce"].encode(), request.body)
    assert request.headers["alertd-signature"] == "v1=" + hmac.new(b"first-key", signed, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(("name", "notification"), [("full", FULL), ("nasty", NASTY)])
def test_the_body_as_documented(name: str, notification: Notification) -> None:
    golden = json.loads((GOLDEN / f"webhook_{name}.json").read_text(encoding="utf-8"))
    assert json.loads(body(delivery(notification, address="default"))) == golden


async def test_both_secrets_sign_while_one_is_changed(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    channel = webhook(platform, session, *keys)
    for accepted in (["first-key"], ["second-key"]):
        platform.secrets = accepted
        await channel.send(delivery(address="default", message=accepted[0]), START)
    assert [got.message for got in platform.record.received] == ["first-key", "second-key"]


async def test_a_rotated_key_file_is_read_anew(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    channel = webhook(platform, session, keys[0])
    keys[0].write_text("second-key")
    platform.secrets = ["second-key"]
    await channel.send(delivery(address="default"), START)
    assert len(platform.record.received) == 1


async def test_a_key_file_that_vanishes_holds_the_channel_back(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    channel = webhook(platform, session, keys[0])
    keys[0].unlink()
    with pytest.raises(DeliveryDelayed) as raised:
        await channel.send(delivery(address="default"), START)
    assert verdict(raised.value) == (Reason.CREDENTIAL, True)


async def test_a_key_that_is_not_there_is_told_at_the_start(
    platform: WebhookPlatform, session: ClientSession, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="cannot read the secret file:"):
        webhook(platform, session, tmp_path / "none")


async def test_the_same_message_again_is_the_same_key_and_another_nonce(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    channel = webhook(platform, session, keys[0])
    await channel.send(delivery(address="default"), START)
    await channel.send(delivery(address="default"), START)
    assert len(platform.record.received) == 1
    assert platform.repeats == 1
    assert len({request.headers["alertd-nonce"] for request in platform.requests}) == 2


async def test_an_address_may_be_a_url(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    await webhook(platform, session, keys[0]).send(delivery(address=f"{platform.url}/other?x=1"), START)
    assert [got.address for got in platform.record.received] == ["/other"]


@pytest.mark.parametrize(
    ("answer", "error", "reason", "retry_after"),
    [
        (Answer(302, {"Location": "https://elsewhere.example/"}), DeliveryRefused, Reason.REDIRECT, None),
        (Answer(307, {"Location": "/hook"}), DeliveryRefused, Reason.REDIRECT, None),
        (Answer(408), DeliveryDelayed, Reason.TIMEOUT, None),
        (Answer(425), DeliveryDelayed, Reason.TIMEOUT, None),
        (Answer(410), DeliveryRefused, Reason.NOT_FOUND, None),
        (Answer(413), DeliveryRefused, Reason.TOO_LARGE, None),
        (Answer(422), DeliveryRefused, Reason.BAD_REQUEST, None),
        (Answer(503, {"Retry-After": "120"}), DeliveryDelayed, Reason.SERVER_ERROR, 120.0),
        (
            Answer(429, {"Retry-After": "Thu, 01 Jan 2026 00:01:30 GMT"}),
            DeliveryDelayed,
            Reason.RATE_LIMITED,
            90.0,
        ),
        (Answer(429, {"Retry-After": "soon"}), DeliveryDelayed, Reason.RATE_LIMITED, None),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Answer) else None,
)
async def test_an_answer_of_an_endpoint(
    answer: Answer,
    error: type[DeliveryError],
    reason: Reason,
    retry_after: float | None,
    platform: WebhookPlatform,
    session: ClientSession,
    keys: tuple[Path, Path],
) -> None:
    platform.record.answers.append(answer)
    with pytest.raises(error) as raised:
        await webhook(platform, session, keys[0]).send(delivery(address="default"), START)
    assert raised.value.reason == reason
    assert getattr(raised.value, "retry_after", None) == retry_after
    assert len(platform.requests) == 1


async def test_a_stranger_that_knows_no_signature_does_not_hold_back_the_channel(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    platform.secrets = ["another"]
    channel = webhook(platform, session, keys[0])
    for address, bucket in (("default", "endpoint:default"), (f"{platform.url}/other", "")):
        with pytest.raises(DeliveryRefused, match="signature does not match") as raised:
            await channel.send(delivery(address=address), START)
        assert not raised.value.whole_channel
        assert (raised.value.bucket, raised.value.about) == (bucket, URL(platform.url).host)


@pytest.mark.parametrize(
    ("status", "url", "own"),
    [
        pytest.param(404, "dead", "waits", id="404: a URL is gone, the own one may be behind a proxy that is at fault"),
        pytest.param(410, "dead", "dead", id="410: gone for good"),
        pytest.param(401, "", "waits", id="401"),
        pytest.param(403, "", "waits", id="403"),
        pytest.param(302, "", "waits", id="302: to a page to log in, likely"),
        pytest.param(400, "", "", id="400: the message is at fault"),
        pytest.param(413, "", "", id="413"),
    ],
)
async def test_what_a_refusal_means_for_the_address(
    status: int, url: str, own: str, platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    channel = webhook(platform, session, keys[0])
    for address, expected in ((f"{platform.url}/other", url), ("default", own)):
        platform.record.answers.append(Answer(status))
        with pytest.raises(DeliveryRefused) as raised:
            await channel.send(delivery(address=address), START)
        assert (raised.value.dead, bool(raised.value.bucket)) == (expected == "dead", expected == "waits")


async def test_a_server_that_is_gone_is_named_and_not_the_channel(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    channel = webhook(platform, session, keys[0])
    with pytest.raises(DeliveryDelayed) as raised:
        await channel.send(delivery(address="http://127.0.0.1:9/a-key"), START)
    assert (*verdict(raised.value), raised.value.about) == (Reason.CONNECTION, True, "127.0.0.1")


async def test_a_secret_that_cannot_be_read_is_the_whole_channels(
    platform: WebhookPlatform, session: ClientSession, keys: tuple[Path, Path]
) -> None:
    channel = webhook(platform, session, keys[0])
    keys[0].unlink()
    with pytest.raises(DeliveryDelayed) as raised:
        await channel.send(delivery(address="default"), START)
    assert (*verdict(raised.value), raised.value.about) == (Reason.CREDENTIAL, True, "")


@pytest.mark.parametrize(
    ("change", "content", "secrets", "later", "wrong"),
    [
        ({}, b"{}", ["k"], 0.0, None),
        ({}, b"{}", ["old", "k"], 0.0, None),
        ({}, b"{}", ["k"], 299.0, None),
        ({}, b"{}", ["k"], 301.0, "the timestamp is not of these five minutes"),
        ({}, b"{}", ["k"], -301.0, "the timestamp is not of these five minutes"),
        ({}, b"{ }", ["k"], 0.0, "the signature does not match"),
        ({}, b"{}", ["other"], 0.0, "the signature does not match"),
        ({}, b"{}", [], 0.0, "the signature does not match"),
        ({"Alertd-Timestamp": "1767225601"}, b"{}", ["k"], 0.0, "the signature does not match"),
        ({"Alertd-Timestamp": "²"}, b"{}", ["k"], 0.0, "no timestamp or nonce"),
        ({"Alertd-Timestamp": ""}, b"{}", ["k"], 0.0, "no timestamp or nonce"),
        ({"Alertd-Nonce": "ab"}, b"{}", ["k"], 0.0, "the signature does not match"),
        ({"Alertd-Nonce": ""}, b"{}", ["k"], 0.0, "no timestamp or nonce"),
        ({"Alertd-Signature": ""}, b"{}", ["k"], 0.0, "the signature does not match"),
        ({"Alertd-Signature": "v1=é"}, b"{}", ["k"], 0.0, "the signature does not match"),
        ({"Alertd-Signature": "v0=" + "0" * 64}, b"{}", ["k"], 0.0, "the signature does not match"),
    ],
)
def test_verify(change: dict[str, str], content: bytes, secrets: list[str], later: float, wrong: str | None) -> None:
    headers = sign(b"{}", "kestrel-1", ["k"], now=START, nonce="00ff") | change
    assert verify(headers, content, secrets, START + later) == wrong


def test_header_names_are_of_any_case() -> None:
    headers = {name.upper(): value for name, value in sign(b"{}", "m", ["k"], now=START, nonce="00").items()}
    assert verify(headers, b"{}", ["k"], START) is None


def test_the_body_is_the_same_on_every_attempt() -> None:
    assert body(delivery(FULL)) == body(delivery(FULL))
