"""Email: what a mail looks like, how the connection is kept, what a server's replies mean."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alertd.channels.answers import Reason
from alertd.channels.email import ROOM, Email, EmailSettings, check_address, compose, to_html
from alertd.channels.text import clean, fit, plain
from alertd.demo.platforms.record import Act, Answer, Record
from alertd.demo.platforms.smtp import SmtpPlatform, check_mail
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery, Loudness, Notification, Picture
from alertd.ports import Pictures
from tests.channels.cases import Certify, Expected, seen, verdict
from tests.channels.samples import FULL, NASTY, delivery
from tests.channels.sentences import huge_ones, small_ones
from tests.fakes import START

GOLDEN = Path(__file__).parent / "golden"
DESK = "desk@desk.example"


@pytest.fixture
async def platform() -> AsyncIterator[SmtpPlatform]:
    async with SmtpPlatform(Record(now=lambda: START)) as platform:
        yield platform


def channel(platform: SmtpPlatform, *, idle: float = 30.0, **more: object) -> Email:
    settings = {"host": "localhost", "port": platform.port, "tls": "none", "from": "alerts@desk.example", **more}
    return Email("email", EmailSettings.model_validate(settings), idle=idle)


def parsed(notification: Notification, message: str = "kestrel-42", **more: Any) -> EmailMessage:
    content = compose(delivery(notification, address=DESK, message=message, **more), "alerts@desk.example", START)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    return message_from_bytes(content, policy=policy.default)


def by_the_email_package(notification: Notification) -> EmailMessage:
    """The same mail as the standard library has it; where it folds encoded words it may lose a space, so it is not
    written and read back."""
    fitted = fit(notification, ROOM)
    mail = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    mail["From"] = Address("alertd", addr_spec="alerts@desk.example")
    mail["To"] = Address(addr_spec=DESK)
    mail["Subject"] = fitted.title
    mail["Date"] = format_datetime(datetime.fromtimestamp(START, UTC))
    mail["Message-ID"] = "<kestrel-42@desk.example>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(fitted) + "\n")
    mail.add_alternative(to_html(fitted), subtype="html")
    return mail


def bodies(mail: EmailMessage) -> list[str]:
    found = [mail.get_body((kind,)) for kind in ("plain", "html")]
    return [str(body.get_content()).replace("\r\n", "\n") for body in found if body]


@pytest.mark.parametrize(("name", "notification"), [("full", FULL), ("nasty", NASTY)])
def test_a_mail_as_it_goes_over_the_wire(name: str, notification: Notification) -> None:
    content = compose(delivery(notification, address=DESK), "alerts@desk.example", START)
    assert content.replace(b"\r\n", b"\n") == (GOLDEN / f"email_{name}.eml").read_bytes()


def charted(**more: Any) -> Delivery:
    """A delivery with a chart: no picture, but what goes for one here."""
    picture = Picture('B<T"C', START, 86_400.0)
    return delivery(replace(FULL, picture=picture), address=DESK, **more)._replace(png=bytes(range(256)))


def test_a_mail_with_a_chart_as_it_goes_over_the_wire() -> None:
    content = compose(charted(), "alerts@desk.example", START)
    assert content.replace(b"\r\n", b"\n") == (GOLDEN / "email_chart.eml").read_bytes()


def test_a_chart_is_in_its_mail_and_nothing_is_fetched() -> None:
    content = compose(charted(), "alerts@desk.example", START)
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    mail = message_from_bytes(content, policy=policy.default)
    assert check_mail(mail, [DESK]) == []
    *_, image = mail.walk()
    assert image.get_content() == bytes(range(256))
    page = bodies(mail)[1]
    (source,) = re.findall(r'src="([^"]*)"', page)
    assert source == f"cid:{image['Content-ID'].strip('<>')}"
    assert 'alt="B&lt;T&quot;C chart"' in page
    other = message_from_bytes(compose(charted(message="kestrel-43"), "alerts@desk.example", START))
    assert [part["Content-ID"] for part in other.walk()][-1] not in (None, image["Content-ID"])


def test_a_mail_without_its_chart_is_a_mail_without_one() -> None:
    with_picture = charted()._replace(png=b"")
    assert compose(with_picture, "alerts@desk.example", START) == compose(
        delivery(FULL, address=DESK), "alerts@desk.example", START
    )


async def test_a_mail_with_a_chart_is_taken(platform: SmtpPlatform) -> None:
    email = channel(platform)
    assert email.pictures is Pictures.BEFORE
    assert await email.send(charted(), START) == "<kestrel-42@desk.example>"
    await email.close()
    assert [got.message for got in platform.record.received] == ["kestrel-42"]
    assert platform.record.wrong == []


def test_the_message_id_is_the_messages_own() -> None:
    assert parsed(FULL)["Message-ID"] == parsed(NASTY)["Message-ID"] == "<kestrel-42@desk.example>"
    assert re.fullmatch(r"<[0-9a-f]{32}@desk\.example>", parsed(FULL, message="a b\r\n<é>")["Message-ID"])


def test_messages_of_one_episode_are_one_thread() -> None:
    first, second = parsed(FULL, message="kestrel-1"), parsed(FULL, message="kestrel-2")
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert parsed(Notification("no thread"))["References"] is None


@given(notification=small_ones | huge_ones)
def test_a_reader_sees_what_the_email_package_would_have_written(notification: Notification) -> None:
    ours, theirs = parsed(notification), by_the_email_package(notification)
    assert {name: str(value) for name, value in ours.items() if name != "Content-Type"} == {
        name: str(value) for name, value in theirs.items() if name != "Content-Type"
    }
    assert ours.get_content_type() == theirs.get_content_type()
    assert bodies(ours) == bodies(theirs)
    fitted = fit(notification, ROOM)
    assert bodies(ours) == [plain(fitted) + "\n", to_html(fitted)]
    assert ours["Subject"] == fitted.title


def test_what_follows_a_mail_refers_to_it() -> None:
    mail = parsed(FULL, origin="<kestrel-7@desk.example>")
    assert mail["References"] == mail["In-Reply-To"] == "<kestrel-7@desk.example>"


@pytest.mark.parametrize(
    ("loudness", "importance", "priority"),
    [(Loudness.LOUD, "high", "1"), (Loudness.USUAL, None, None), (Loudness.SILENT, "low", "5")],
)
def test_a_mail_says_how_urgent_it_is(loudness: Loudness, importance: str | None, priority: str | None) -> None:
    mail = parsed(FULL, loudness=loudness)
    assert (mail["Importance"], mail["X-Priority"]) == (importance, priority)


@pytest.mark.parametrize(
    ("rate", "messages", "seconds"),
    [("20/m", 20, 60.0), ("1/h", 1, 3600.0), ("500/d", 500, 86_400.0), ("3/s", 3, 1.0)],
)
def test_a_configured_rate_is_kept_in_any_of_its_spans(
    rate: str, messages: int, seconds: float, platform: SmtpPlatform
) -> None:
    bucket = channel(platform, rate=rate).buckets(DESK)[0]
    interval, burst = bucket.limit
    # As fast as the bucket lets them: a burst, then one in each interval.
    times = [max(number - burst + 1, 0) * interval for number in range(2 * messages)]
    assert bucket.name == "mailbox"
    most = max(sum(at <= other < at + seconds for other in times) for at in times)
    assert messages - 1 <= most <= messages


async def test_several_connections_carry_several_mails_at_once(platform: SmtpPlatform) -> None:
    email = channel(platform, connections=2, timeout=5)
    assert email.in_flight == 2
    platform.record.answers.append(Answer(act=Act.SILENCE, at="DATA"))
    sends = [
        asyncio.ensure_future(email.send(delivery(address=DESK, message=f"kestrel-{number}"), START))
        for number in range(3)
    ]
    await platform.record.arrived(2)
    for send in sends:
        send.cancel()
    await asyncio.gather(*sends, return_exceptions=True)
    await email.close()
    assert platform.connections == 2


@given(text=st.text(max_size=400), thread=st.text(max_size=50))
def test_no_text_becomes_a_header_or_markup(text: str, thread: str) -> None:
    mail = parsed(Notification(text, (text,), ((text, text),), footer=text, thread=thread))
    assert check_mail(mail, [DESK]) == []
    assert set(mail.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "In-Reply-To", "References",
        "MIME-Version", "Content-Type",
    }  # fmt: skip
    page, words = mail.get_body(("html",)), mail.get_body(("plain",))
    assert page
    assert words
    assert clean(text) in words.get_content()
    assert set(re.findall(r"</?(\w+)", page.get_content())) <= {"html", "body", "h3", "p", "table", "tr", "td", "br"}


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("desk@desk.example", True),
        ("o'brien+btc@sub.desk.example", True),
        ("root@localhost", True),
        ("desk", False),
        ("desk@", False),
        ("@desk.example", False),
        ("a..b@desk.example", False),
        (".a@desk.example", False),
        ("a.@desk.example", False),
        ("ñ@desk.example", False),
        ("Desk <desk@desk.example>", False),
        ("a@desk.example\r\nBcc: b@desk.example", False),
        ("a" * 65 + "@desk.example", False),
    ],
)
def test_addresses(address: str, fine: bool) -> None:
    assert (check_address(address) is None) == fine


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"host": "smtp.example", "tls": "none"}, "only to this machine"),
        ({"host": "smtp.example", "tls": "auto"}, "starttls"),
        ({"host": "smtp.example", "user": "alerts"}, "go together"),
        ({"host": "smtp.example", "user": "alerts", "password": "hunter2"}, "env:NAME"),
        ({"host": "smtp.example", "from": "alerts"}, "one mailbox"),
        ({"host": "smtp.example", "port": 0}, "greater than or equal to 1"),
        ({"host": ""}, "at least 1 character"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem) as raised:
        EmailSettings.model_validate({"from": "alerts@desk.example", **settings})
    assert "hunter2" not in str(raised.value)


async def test_a_proxy_that_cannot_carry_mail_is_told_at_once(platform: SmtpPlatform) -> None:
    with pytest.raises(ConfigError, match="only an http:// proxy"):
        channel(platform, proxy="https://gate.example")


async def test_one_connection_carries_all_mails(platform: SmtpPlatform) -> None:
    email = channel(platform)
    for number in range(5):
        ref = await email.send(delivery(address=DESK, message=f"kestrel-{number}"), START)
        assert ref == f"<kestrel-{number}@desk.example>"
    await email.close()
    assert platform.connections == 1
    assert [got.message for got in platform.record.received] == [f"kestrel-{number}" for number in range(5)]


async def test_an_idle_connection_is_closed_and_made_again(platform: SmtpPlatform) -> None:
    email = channel(platform, idle=0.01)
    await email.send(delivery(address=DESK), START)
    await platform.left.wait()
    await email.send(delivery(address=DESK, message="kestrel-43"), START)
    await email.close()
    assert platform.connections == 2


async def test_the_idle_time_does_not_run_while_a_mail_is_sent(platform: SmtpPlatform) -> None:
    email = channel(platform, idle=0.1, timeout=0.3)
    await email.send(delivery(address=DESK), START)
    platform.record.answers.append(Answer(act=Act.SILENCE, at="DATA"))
    with pytest.raises(DeliveryDelayed) as raised:
        await email.send(delivery(address=DESK), START)
    assert raised.value.reason == Reason.TIMEOUT


async def test_a_mail_sent_twice_is_one_to_the_mailbox(platform: SmtpPlatform) -> None:
    email = channel(platform)
    await email.send(delivery(address=DESK), START)
    await email.send(delivery(address=DESK), START + 60)
    await email.close()
    assert platform.ids == {("<kestrel-42@desk.example>", DESK): 2}
    assert len(platform.record.received) == 1


def delayed(reason: Reason, *, whole: bool = False, limited: str = "") -> Expected:
    return Expected(DeliveryDelayed, reason, whole_channel=whole, limited=limited)


def refused(reason: Reason, *, whole: bool = False, dead: bool = False) -> Expected:
    return Expected(DeliveryRefused, reason, whole_channel=whole, dead=dead)


REPLIES = [
    ("MAIL", "421 not now", delayed(Reason.SERVER_ERROR, whole=True), 2),
    ("MAIL", "450 not now", delayed(Reason.RATE_LIMITED, whole=True), 1),
    ("MAIL", "552 not now", refused(Reason.TOO_LARGE), 1),
    ("MAIL", "550 not now", refused(Reason.SENDER_REFUSED, whole=True), 1),
    ("MAIL", "553 not now", refused(Reason.SENDER_REFUSED, whole=True), 1),
    ("MAIL", "530 not now", refused(Reason.UNAUTHORIZED, whole=True), 2),
    ("RCPT", "421 not now", delayed(Reason.SERVER_ERROR, whole=True), 2),
    ("RCPT", "450 not now", delayed(Reason.RATE_LIMITED, limited="chat:"), 1),
    ("RCPT", "451 not now", delayed(Reason.SERVER_ERROR), 1),
    ("RCPT", "452 not now", delayed(Reason.RATE_LIMITED, limited="chat:"), 1),
    ("RCPT", "454 not now", delayed(Reason.SERVER_ERROR, whole=True), 1),
    ("RCPT", "550 not now", refused(Reason.RECIPIENT_REFUSED, dead=True), 1),
    ("RCPT", "550 5.1.1 not now", refused(Reason.RECIPIENT_REFUSED, dead=True), 1),
    ("RCPT", "550 5.7.1 not now", refused(Reason.RECIPIENT_REFUSED), 1),
    ("RCPT", "552 not now", refused(Reason.RECIPIENT_REFUSED), 1),
    ("DATA", "421 not now", delayed(Reason.SERVER_ERROR, whole=True), 2),
    ("DATA", "451 not now", delayed(Reason.SERVER_ERROR), 1),
    ("DATA", "454 4.7.0 not now", delayed(Reason.SERVER_ERROR, whole=True), 1),
    ("DATA", "552 not now", refused(Reason.TOO_LARGE), 1),
    ("DATA", "554 not now", refused(Reason.BAD_REQUEST), 1),
]


@pytest.mark.parametrize(
    ("at", "reply", "expected", "connections"), REPLIES, ids=[f"{at} {reply}" for at, reply, *_ in REPLIES]
)
async def test_a_reply_and_what_becomes_of_the_connection(
    at: str, reply: str, expected: Expected, connections: int, platform: SmtpPlatform
) -> None:
    email = channel(platform)
    code, _, text = reply.partition(" ")
    platform.record.answers.append(Answer(int(code), body=text.encode(), at=at))
    with pytest.raises(DeliveryError) as raised:
        await email.send(delivery(address=DESK), START)
    assert seen(raised.value) == expected
    assert str(raised.value) == f"SMTP {code}: {text}"
    await email.send(delivery(address=DESK), START)
    await email.close()
    assert platform.connections == connections
    assert len(platform.record.received) == 1


@pytest.mark.parametrize(("at", "uncertain"), [("MAIL", False), ("RCPT", False), ("DATA", True)])
async def test_a_mail_is_uncertain_once_it_was_under_way(at: str, uncertain: bool, platform: SmtpPlatform) -> None:
    email = channel(platform)
    platform.record.answers.append(Answer(act=Act.DROP, at=at))
    with pytest.raises(DeliveryDelayed) as raised:
        await email.send(delivery(address=DESK), START)
    assert raised.value.uncertain is uncertain


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [(535, DeliveryRefused, Reason.UNAUTHORIZED), (454, DeliveryDelayed, Reason.SERVER_ERROR)],
)
async def test_a_login_that_fails_is_the_whole_channels(
    code: int, error: type[DeliveryDelayed | DeliveryRefused], reason: Reason, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("open sesame")
    async with SmtpPlatform(Record(), login=("alerts", "open sesame")) as platform:
        email = channel(platform, user="alerts", password=f"file:{tmp_path / 'key'}")
        platform.record.answers.append(Answer(code, body=b"5.7.8 no", at="AUTH"))
        with pytest.raises(error) as raised:
            await email.send(delivery(address=DESK), START)
        assert verdict(raised.value) == (reason, True)
        await email.send(delivery(address=DESK), START)
        await email.close()
    assert len(platform.record.received) == 1


async def test_a_mail_whose_answer_was_lost_comes_again_under_the_same_id(platform: SmtpPlatform) -> None:
    email = channel(platform)
    platform.record.answers.append(Answer(act=Act.DROP, at="DATA"))
    with pytest.raises(DeliveryDelayed):
        await email.send(delivery(address=DESK), START)
    await email.send(delivery(address=DESK), START)
    await email.close()
    assert platform.ids == {("<kestrel-42@desk.example>", DESK): 1}


@pytest.mark.parametrize("way", ["starttls", "tls"])
async def test_both_ways_of_tls(way: str, certified: Certify) -> None:
    context, ca_file = certified("localhost")
    async with SmtpPlatform(Record(), tls=context, implicit=way == "tls") as platform:
        trusting = channel(platform, tls=way, ca_file=ca_file)
        await trusting.send(delivery(address=DESK), START)
        await trusting.close()
        doubting = channel(platform, tls=way)
        with pytest.raises(DeliveryDelayed) as raised:
            await doubting.send(delivery(address=DESK), START)
    assert verdict(raised.value) == (Reason.TLS, True)
    assert len(platform.record.received) == 1


async def test_a_server_that_hides_starttls_gets_neither_password_nor_mail(
    platform: SmtpPlatform, certified: Certify
) -> None:
    email = channel(platform, tls="starttls", ca_file=certified("localhost")[1])
    with pytest.raises(DeliveryDelayed, match="STARTTLS") as raised:
        await email.send(delivery(address=DESK), START)
    assert verdict(raised.value) == (Reason.TLS, True)
    assert platform.record.received == []
