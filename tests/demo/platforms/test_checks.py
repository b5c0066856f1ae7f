"""The loopback mail server and endpoint notice what is wrong with what they get."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from aiohttp import ClientSession
from aiosmtplib import SMTP, SMTPResponseException

from alertd.channels.webhook import sign
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.smtp import SmtpPlatform, check_mail
from alertd.demo.platforms.webhook import WebhookPlatform
from tests.fakes import START


def mail() -> EmailMessage:
    mail = EmailMessage()
    for name, value in {
        "From": "alerts@desk.example",
        "To": "desk@desk.example",
        "Subject": "BTC",
        "Date": "Thu, 01 Jan 2026 00:00:00 +0000",
        "Message-ID": "<1@desk.example>",
        "Auto-Submitted": "auto-generated",
    }.items():
        mail[name] = value
    mail.set_content("text")
    mail.add_alternative("<p>text</p>", subtype="html")
    return mail


def only_text(mail: EmailMessage) -> None:
    mail.clear_content()
    mail.set_content("text")


def without(name: str) -> Callable[[EmailMessage], None]:
    return lambda mail: mail.__delitem__(name)


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (lambda mail: None, []),
        (without("Message-ID"), ["email: Message-ID has to stand there once"]),
        (without("Date"), ["email: Date has to stand there once"]),
        (without("Auto-Submitted"), ["email: not marked as automatic"]),
        (lambda mail: mail.replace_header("To", "other@desk.example"), ["email: To is not the recipient"]),
        (only_text, ["email: not text and HTML"]),
    ],
    ids=["nothing", "no id", "no date", "not automatic", "another recipient", "no HTML"],
)
def test_a_mail_is_looked_at(spoil: Callable[[EmailMessage], None], wrong: list[str]) -> None:
    spoiled = mail()
    spoil(spoiled)
    assert check_mail(spoiled, ["desk@desk.example"]) == wrong


async def test_the_mail_server_wants_its_password() -> None:
    record = Record()
    async with SmtpPlatform(record, login=("alerts", "right")) as platform:
        client = SMTP(hostname="localhost", port=platform.port, start_tls=False, local_hostname="desk.example")
        await client.connect()
        with pytest.raises(SMTPResponseException):
            await client.login("alerts", "wrong")
        with pytest.raises(SMTPResponseException):
            await client.mail("alerts@desk.example")
        client.close()
    assert record.wrong == ["email: a wrong user or password", "email: a sender without a password"]


async def test_the_endpoint_wants_a_signature_a_fresh_nonce_and_matching_headers() -> None:
    record = Record(now=lambda: START)
    content = b'{"version":1,"id":"m","text":"t"}'
    async with WebhookPlatform(record, ["key"]) as platform, ClientSession() as session:
        for headers in (
            sign(content, "m", ["other"], now=START, nonce="1"),
            sign(content, "m", ["key"], now=START, nonce="2"),
            sign(content, "m", ["key"], now=START, nonce="2"),
            sign(content, "another", ["key"], now=START, nonce="3"),
        ):
            async with session.post(platform.url, data=content, headers=headers):
                pass
    assert [got.message for got in record.received] == ["m"]
    assert record.wrong == [
        "webhook: the signature does not match",
        "webhook: a nonce came twice",
        "webhook: the headers do not fit the body of m",
    ]
