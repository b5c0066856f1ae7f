"""Email: what a mail looks like, how the connection is kept, what a server's replies mean."""

import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alertd.channels.answers import Reason
from alertd.channels.email import Email, EmailSettings, check_address, compose
from alertd.channels.text import clean
from alertd.demo.platforms.record import Act, Answer, Record
from alertd.demo.platforms.smtp import SmtpPlatform, check_mail
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryRefused
from alertd.model.notification import Notification
from tests.channels.cases import Certify, verdict
from tests.channels.samples import FULL, NASTY, delivery
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


def parsed(notification: Notification, message: str = "kestrel-42") -> EmailMessage:
    content = compose(delivery(notification, address=DESK, message=message), "alerts@desk.example", START)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    return message_from_bytes(content, policy=policy.default)


@pytest.mark.parametrize(("name", "notification"), [("full", FULL), ("nasty", NASTY)])
def test_a_mail_as_it_goes_over_the_wire(name: str, notification: Notification) -> None:
    content = compose(delivery(notification, address=DESK), "alerts@desk.example", START)
    boundary = re.compile(rb"={15}\d+==")  # the email package draws it
    assert boundary.sub(b"boundary", content).replace(b"\r\n", b"\n") == (GOLDEN / f"email_{name}.eml").read_bytes()


def test_the_message_id_is_the_messages_own() -> None:
    assert parsed(FULL)["Message-ID"] == parsed(NASTY)["Message-ID"] == "<kestrel-42@desk.example>"
    assert re.fullmatch(r"<[0-9a-f]{32}@desk\.example>", parsed(FULL, message="a b\r\n<é>")["Message-ID"])


def test_messages_of_one_episode_are_one_thread() -> None:
    first, second = parsed(FULL, message="kestrel-1"), parsed(FULL, message="kestrel-2")
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert parsed(Notification("no thread"))["References"] is None


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
        await email.send(delivery(address=DESK, message=f"kestrel-{number}"), START)
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


REPLIES = [
    ("MAIL", 421, DeliveryDelayed, Reason.SERVER_ERROR, True, 2),
    ("MAIL", 450, DeliveryDelayed, Reason.RATE_LIMITED, True, 2),
    ("MAIL", 552, DeliveryRefused, Reason.TOO_LARGE, False, 1),
    ("MAIL", 553, DeliveryRefused, Reason.FORBIDDEN, True, 2),
    ("MAIL", 530, DeliveryRefused, Reason.UNAUTHORIZED, True, 2),
    ("RCPT", 421, DeliveryDelayed, Reason.SERVER_ERROR, True, 2),
    ("RCPT", 450, DeliveryDelayed, Reason.RATE_LIMITED, False, 2),
    ("RCPT", 451, DeliveryDelayed, Reason.SERVER_ERROR, False, 2),
    ("RCPT", 452, DeliveryDelayed, Reason.RATE_LIMITED, False, 2),
    ("RCPT", 550, DeliveryRefused, Reason.RECIPIENT_REFUSED, False, 1),
    ("RCPT", 552, DeliveryRefused, Reason.RECIPIENT_REFUSED, False, 1),
    ("DATA", 421, DeliveryDelayed, Reason.SERVER_ERROR, True, 2),
    ("DATA", 451, DeliveryDelayed, Reason.SERVER_ERROR, False, 2),
    ("DATA", 552, DeliveryRefused, Reason.TOO_LARGE, False, 1),
    ("DATA", 554, DeliveryRefused, Reason.BAD_REQUEST, False, 1),
]


@pytest.mark.parametrize(("at", "code", "error", "reason", "whole", "connections"), REPLIES, ids=str)
async def test_a_reply_and_what_becomes_of_the_connection(  # noqa: PLR0917 — a table row
    at: str,
    code: int,
    error: type[DeliveryDelayed | DeliveryRefused],
    reason: Reason,
    whole: bool,
    connections: int,
    platform: SmtpPlatform,
) -> None:
    email = channel(platform)
    platform.record.answers.append(Answer(code, body=b"not now", at=at))
    with pytest.raises(error) as raised:
        await email.send(delivery(address=DESK), START)
    assert verdict(raised.value) == (reason, whole)
    assert str(raised.value) == f"SMTP {code}: not now"
    await email.send(delivery(address=DESK), START)
    await email.close()
    assert platform.connections == connections
    assert len(platform.record.received) == 1


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
