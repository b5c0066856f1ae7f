"""Email over SMTP submission (RFC 6409), through aiosmtplib: reused connections, one recipient per mail.

The Message-ID is made of the message's id, so a mail that is sent again after an unclear failure collapses in most
mailboxes. Signing (DKIM, SPF, DMARC) is the relay's work.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from html import escape
from math import inf
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from alertd.channels.answers import Reason, by_failure
from alertd.channels.kind import ChannelKind
from alertd.channels.text import Room, clean, fit, plain
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery, Loudness, Notification, Tone
from alertd.ports import Bucket, Limit, Pictures
from alertd.wire import mime
from alertd.wire.secret import redact
from alertd.wire.session import tls
from alertd.wire.settings import Count, Rate
from alertd.wire.smtp import Line, SmtpSettings
from alertd.wire.tunnel import plain_proxy

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from aiosmtplib import SMTPResponseException

ROOM = Room(total=100_000, title=200, facts=200, links=50)
"""Ours: no server's limit, but nobody reads more. The title is the subject, folded by the email package."""

IDLE = 30.0
"""Seconds after which an unused connection is closed, before the server does (postfix: 300, Gmail: 600)."""

COLOURS = {Tone.ALARM: "#c0392b", Tone.CLEAR: "#1e8449", Tone.NOTE: "#5d6d7e"}

URGENCY: dict[Loudness, tuple[tuple[str, str], ...]] = {
    Loudness.LOUD: (("Importance", "high"), ("X-Priority", "1")),
    Loudness.USUAL: (),
    Loudness.SILENT: (("Importance", "low"), ("X-Priority", "5")),
}
"""RFC 2156, and what mail programs made of it."""

_FREE = Limit(0.0)
_ID = re.compile(r"[A-Za-z0-9_-]+")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


def check_address(address: str) -> str | None:
    """An address is a bare mailbox, `desk@desk.example`: no name, no list, ASCII."""
    if (
        _ADDRESS.fullmatch(address)
        and len(address) <= 254
        and not any(wrong in f".{address}" for wrong in ("..", ".@"))
    ):
        return None
    return "expected one mailbox such as desk@desk.example"


def _mailbox(address: str) -> str:
    if wrong := check_address(address):
        raise PydanticCustomError("mailbox", "{why}", {"why": wrong})
    return address


class EmailSettings(SmtpSettings):
    """`rate` is what the provider takes from one sender, `connections` how many it may have at once."""

    connections: int = Field(default=1, ge=1, le=32)
    rate: Rate | None = None
    sender: Annotated[str, AfterValidator(_mailbox)] = Field(alias="from")


class Email:
    """As many connections as are configured, one if none are said."""

    pictures = Pictures.BEFORE

    remembers = inf
    resends = True

    def __init__(self, name: str, settings: EmailSettings, *, idle: float = IDLE) -> None:
        self.name = name
        self.in_flight = settings.connections
        self._sender = settings.sender
        self._pace = (Bucket("mailbox", _pace(settings.rate)),) if settings.rate else ()
        context = None if settings.tls == "none" else tls(settings.ca_file)
        # The one that was used last is taken first, so that those that nobody needs grow idle.
        self._lines: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
        for _ in range(settings.connections):
            self._lines.put_nowait(Line(settings, context, domain=settings.sender.rpartition("@")[2], idle=idle))
        # What cannot be used is told before anything is sent.
        if proxy := settings.proxy_url():
            plain_proxy(proxy)
        if settings.password:
            settings.password.reveal()

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        # A mailbox has no limit that we know of: its bucket is there for what its server may say.
        return *self._pace, Bucket(f"chat:{address}", _FREE)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns the Message-ID."""
        from aiosmtplib import SMTPException, SMTPResponseException

        if check_address(delivery.address):
            raise DeliveryRefused("the server cannot be given this address", reason=Reason.RECIPIENT_REFUSED)
        ref = message_id(delivery.message, self._sender)
        content = compose(delivery, self._sender, now)
        line = await self._lines.get()
        try:
            await line.send(self._sender, delivery.address, content)
        except SMTPResponseException as error:
            raise _by_reply(error, delivery.address) from None
        except (SMTPException, OSError, ConfigError, ValueError) as error:
            raise _by_failure(error, line.asked) from None
        finally:
            self._lines.put_nowait(line)
        return ref

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        """Nothing is added here."""

    async def close(self) -> None:
        for line in [await self._lines.get() for _ in range(self.in_flight)]:
            await line.close()
            self._lines.put_nowait(line)


def compose(delivery: Delivery, sender: str, now: float) -> bytes:
    """The mail as it goes over the wire: seven-bit, text and HTML, with its chart where it is there."""
    notification = fit(delivery.notification, ROOM)
    headers = [
        ("From", f"alertd <{sender}>"),
        ("To", delivery.address),
        ("Subject", notification.title),
        ("Date", mime.date(now)),
        ("Message-ID", message_id(delivery.message, sender)),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: no out-of-office replies
    ]
    if follows := delivery.origin or _thread(notification.thread, sender):
        headers += (("In-Reply-To", follows), ("References", follows))
    headers += URGENCY[delivery.loudness]
    chart = mime.Inline(f"chart-{message_id(delivery.message, sender)[1:-1]}", delivery.png) if delivery.png else None
    return mime.mail(headers, plain(notification) + "\n", to_html(notification, chart.id if chart else ""), chart)


def message_id(message: str, sender: str) -> str:
    """The Message-ID of a message's mail: the same on every attempt."""
    own = message if _ID.fullmatch(message) else hashlib.sha256(message.encode("utf-8", "replace")).hexdigest()[:32]
    return f"<{own}@{sender.rpartition('@')[2]}>"


def _thread(thread: str, sender: str) -> str:
    """The mail that never was, which all mails of one episode answer; "" where there is no thread."""
    if not thread:
        return ""
    digest = hashlib.sha256(thread.encode("utf-8", "replace")).hexdigest()[:32]
    return f"<thread-{digest}@{sender.rpartition('@')[2]}>"


def to_html(notification: Notification, chart: str = "") -> str:
    """The notification as a page without scripts or anything fetched; `chart` is what its picture is called in the
    mail, "" where there is none."""
    rows = [f"<p>{'<br>'.join(escape(line) for line in notification.lines)}</p>"] if notification.lines else []
    if notification.facts:
        cells = (f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in notification.facts)
        rows.append(f'<table cellpadding="4">{"".join(cells)}</table>')
    if chart:
        name = escape(clean(notification.picture.symbol)) if notification.picture else ""
        size = 'width="800" style="max-width:100%;height:auto"'
        rows.append(f'<p><img src="cid:{escape(chart)}" alt="{name} chart" {size}></p>')
    rows += [f'<p><a href="{escape(link.url)}">{escape(link.label)}</a></p>' for link in notification.links]
    if notification.footer:
        rows.append(f'<p style="color:#777">{escape(notification.footer)}</p>')
    colour = COLOURS[notification.tone]
    body = "\n".join(rows)
    return (
        '<!DOCTYPE html>\n<html><body style="font-family:sans-serif">\n'
        f'<h3 style="color:{colour}">{escape(notification.title)}</h3>\n{body}\n</body></html>\n'
    )


def _pace(rate: Count) -> Limit:
    """A tenth of the rate at once, the rest evenly: never more than it in any of its spans, and one to spare."""
    burst = max(1, rate.messages // 10)
    return Limit(rate.seconds / max(rate.messages - burst, 1), burst)


def _by_failure(error: Exception, asked: bool) -> DeliveryError:
    """What it means that there was no reply. `asked` is true once the mail itself was under way."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, OSError):
        # No STARTTLS, no AUTH: not the server that was meant, or somebody in between.
        return DeliveryDelayed(redact(error.message), reason=Reason.TLS, whole_channel=True)
    if isinstance(error, ValueError) and not isinstance(error, OSError):  # a certificate error is both
        return DeliveryRefused("the server cannot be given this address", reason=Reason.RECIPIENT_REFUSED)
    return by_failure(error, asked=asked)


def _by_reply(error: SMTPResponseException, recipient: str) -> DeliveryError:
    """What a reply means (RFC 5321 §4.2): 4xx comes again, 5xx is final, 5xx of the login or of the sender is the whole
    channel's. So are 421, which closes the connection, and 454, which is a provider's throttle."""
    import aiosmtplib

    said = redact(f"SMTP {error.code}: {' '.join(error.message.split())[:200]}")
    code, everyone = error.code, error.code in (421, 454)
    if isinstance(error, aiosmtplib.SMTPRecipientRefused):
        if code < 500:
            reason = Reason.RATE_LIMITED if code in (450, 452) else Reason.SERVER_ERROR
            bucket = f"chat:{recipient}" if reason is Reason.RATE_LIMITED else ""
            return DeliveryDelayed(said, reason=reason, bucket=bucket, whole_channel=everyone)
        # 5.7.x is a policy against us, not against the mailbox (RFC 3463).
        dead = code in (550, 551, 553) and not error.message.lstrip().startswith("5.7.")
        return DeliveryRefused(said, reason=Reason.RECIPIENT_REFUSED, dead=dead)
    data = isinstance(error, aiosmtplib.SMTPDataError)
    if code < 500:
        # A 4xx before the recipient is named is meant for us.
        limited = isinstance(error, aiosmtplib.SMTPSenderRefused) and code != 421
        reason = Reason.RATE_LIMITED if limited else Reason.SERVER_ERROR
        return DeliveryDelayed(said, reason=reason, whole_channel=not data or everyone)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) or code in (530, 535):
        return DeliveryRefused(said, reason=Reason.UNAUTHORIZED, whole_channel=True)
    if code == 552 or "5.3.4" in error.message:
        return DeliveryRefused(said, reason=Reason.TOO_LARGE)
    if data:
        return DeliveryRefused(said, reason=Reason.BAD_REQUEST)
    sender = isinstance(error, aiosmtplib.SMTPSenderRefused)
    return DeliveryRefused(said, reason=Reason.SENDER_REFUSED if sender else Reason.FORBIDDEN, whole_channel=True)


def build(name: str, settings: EmailSettings, session: ClientSession) -> Email:
    return Email(name, settings)


KIND = ChannelKind(settings=EmailSettings, build=build, check_address=lambda address, _: check_address(address))
