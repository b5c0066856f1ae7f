"""Mails as bytes: what is put in is read out, and nothing else."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alertd.wire.mime import Inline, date, mail
from tests.fakes import START

_LINES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=300)
_TITLES = (
    st.text(st.characters(codec="utf-8"), min_size=1).filter(str.isprintable).filter(lambda text: text == text.strip())
)


def read(content: bytes) -> EmailMessage:
    assert content.isascii()
    return message_from_bytes(content, policy=policy.default)


def body(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found
    return str(found.get_content()).replace("\r\n", "\n")


@given(
    subject=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1),
    plain=_LINES,
    html=_LINES,
)
@example(subject="BTC", plain="x" * 75 + " ", html="x" * 75 + "\t\n")
def test_what_is_put_in_is_read_out(subject: str, plain: str, html: str) -> None:
    content = mail([("To", "desk@desk.example"), ("Subject", subject)], f"{plain}\n", f"{html}\n")
    message = read(content)
    assert set(message.keys()) == {"To", "Subject", "MIME-Version", "Content-Type"}
    assert message["Subject"] == subject
    assert (body(message, "plain"), body(message, "html")) == (f"{plain}\n", f"{html}\n")
    assert [type(defect) for part in message.walk() for defect in part.defects] == []
    head, _, rest = content.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in rest.split(b"\r\n"))
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        ("BTC broke 70,000", "BTC broke 70,000"),
        ("¡BTC!", "=?utf-8?b?wqFCVEMh?="),
        ("=?utf-8?q?evil?=", "=?utf-8?b?PT91dGYtOD9xP2V2aWw/PQ==?="),
        ("a\r\nBcc: thief@evil.example", "=?utf-8?b?YQ0KQmNjOiB0aGllZkBldmlsLmV4YW1wbGU=?="),
        ("", ""),
    ],
)
def test_a_header_is_written_so_that_it_stays_one(subject: str, written: str) -> None:
    head = mail([("Subject", subject)], "\n", "\n").partition(b"\r\nMIME-Version")[0]
    assert head.decode() == f"Subject: {written}"


@given(plain=_LINES, html=_LINES, png=st.binary(min_size=1, max_size=500))
@example(plain="--=_picture", html="--=_picture--\n--=_alertd--", png=b"\xfb\xff\xfe" * 57)
def test_a_picture_is_in_the_html(plain: str, html: str, png: bytes) -> None:
    picture = Inline("chart-kestrel-42@desk.example", png)
    content = mail([("Subject", "BTC")], f"{plain}\n", f"{html}\n", picture)
    message = read(content)
    assert (body(message, "plain"), body(message, "html")) == (f"{plain}\n", f"{html}\n")
    assert [type(defect) for part in message.walk() for defect in part.defects] == []
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    *_, image = message.walk()
    assert (image["Content-ID"], image.get_content_disposition()) == ("<chart-kestrel-42@desk.example>", "inline")
    assert image.get_content() == png
    assert all(len(line) <= 76 for line in content.partition(b"\r\n\r\n")[2].split(b"\r\n"))


@pytest.mark.parametrize("text", ["--=_alertd\n", "\n--=_alertd--\n", ".\n", "From me\n", "", "x" * 2000 + "\n", " \n"])
def test_no_body_ends_itself(text: str) -> None:
    message = read(mail([("Subject", "BTC")], text, text))
    assert (body(message, "plain"), body(message, "html")) == (text, text)


def test_a_date() -> None:
    assert date(START + 0.9) == "Thu, 01 Jan 2026 00:00:00 +0000"
