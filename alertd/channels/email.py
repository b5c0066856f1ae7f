"""Email over SMTP submission (RFC 6409), through aiosmtplib: one reused connection, one recipient per mail.

The Message-ID is made of the message's id, so a mail that is sent again after an unclear failure collapses in most
mailboxes. Signing (DKIM, SPF, DMARC) is the relay's work.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from alertd.channels.answers import Reason, by_failure
from alertd.channels.kind import ChannelKind
from alertd.channels.text import Room, fit, plain
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery, Notification, Tone
from alertd.ports import Pacing
from alertd.wire.secret import Secret, conceal, redact
from alertd.wire.session import tls
from alertd.wire.settings import Network, loopback
from alertd.wire.tunnel import plain_proxy, tunnel

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from aiosmtplib import SMTP, SMTPResponseException

ROOM = Room(total=100_000, title=200, facts=200, links=50)
"""Ours: no server's limit, but nobody reads more. The title is the subject, folded by the email package."""

IDLE = 30.0
"""Seconds after which an unused connection is closed, before the server does (postfix: 300, Gmail: 600)."""

PORTS = {"starttls": 587, "tls": 465, "none": 25}

COLOURS = {Tone.ALARM: "#c0392b", Tone.CLEAR: "#1e8449", Tone.NOTE: "#5d6d7e"}

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


def check_address(address: str) -> str | None:
    """An address is a bare mailbox, `desk@desk.example`: no name, no list, ASCII."""
    if _ADDRESS.fullmatch(address) and len(address) <= 254 and ".." not in address and ".@" not in address:
        return None
    return "expected one mailbox such as desk@desk.example"


def _mailbox(address: str) -> str:
    if wrong := check_address(address):
        raise PydanticCustomError("mailbox", "{why}", {"why": wrong})
    return address


class EmailSettings(Network):
    """`tls` is how the connection is made safe, never guessed: `none` only to this machine itself."""

    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Secret | None = None
    sender: Annotated[str, AfterValidator(_mailbox)] = Field(alias="from")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.tls == "none" and not loopback(self.host):
            raise PydanticCustomError("tls", "tls: none only to this machine itself; write starttls or tls")
        if (self.user is None) != (self.password is None):
            raise PydanticCustomError("login", "user and password go together")
        return self


class Email:
    """One SMTP connection, used by one mail at a time, closed after `idle` seconds without one."""

    pacing = Pacing(in_flight=1)

    def __init__(self, name: str, settings: EmailSettings, *, idle: float = IDLE) -> None:
        self.name = name
        self._settings = settings
        self._tls = None if settings.tls == "none" else tls(settings.ca_file)
        self._idle = idle
        self._smtp: SMTP | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._lock = asyncio.Lock()
        # What cannot be used is told before anything is sent.
        if proxy := settings.proxy_url():
            plain_proxy(proxy)
        if settings.password:
            settings.password.reveal()

    async def send(self, delivery: Delivery, now: float) -> None:
        from aiosmtplib import SMTPException

        try:
            content = compose(delivery, self._settings.sender, now)
        except (ValueError, MessageError):
            # What the checks before it let through and a header does not take.
            raise DeliveryRefused("this cannot be written as a mail", reason=Reason.BAD_REQUEST) from None
        async with self._lock:
            self._rest()
            sure = False
            try:
                smtp = await self._connected()
                refused, _ = await smtp.sendmail(self._settings.sender, [delivery.address], content)
                sure = True
                if delivery.address in refused:
                    raise _at_recipient(refused[delivery.address].code, refused[delivery.address].message)
            except (SMTPException, OSError, ConfigError, ValueError) as error:
                verdict = _verdict(error)
                # After a refusal the session is as before (aiosmtplib sends RSET); after anything else nobody knows.
                sure = isinstance(verdict, DeliveryRefused) and not verdict.whole_channel
                raise verdict from None
            finally:
                if sure:
                    self._timer = asyncio.get_running_loop().call_later(self._idle, self._drop)
                else:
                    self._drop()

    async def close(self) -> None:
        async with self._lock:
            self._rest()
            if self._smtp and self._smtp.is_connected:
                with suppress(Exception):  # a farewell: the mails are out, whatever it answers
                    await self._smtp.quit(timeout=2)
            self._drop()

    async def _connected(self) -> SMTP:
        from aiosmtplib import SMTP

        if self._smtp and self._smtp.is_connected:
            return self._smtp
        self._drop()
        settings = self._settings
        port = settings.port or PORTS[settings.tls]
        proxy = settings.proxy_url()
        sock = await tunnel(proxy, settings.host, port, within=settings.timeout) if proxy else None
        self._smtp = smtp = SMTP(
            hostname=settings.host,
            port=None if sock else port,
            sock=sock,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
            timeout=settings.timeout,
            # Without it the library asks the name servers for this machine's name.
            local_hostname=settings.sender.rpartition("@")[2],
        )
        await smtp.connect()
        if settings.user and settings.password:
            password = settings.password.reveal()
            conceal(b64encode(f"\0{settings.user}\0{password}".encode()).decode())  # AUTH PLAIN, if it comes back
            await smtp.login(settings.user, password)
        return smtp

    def _rest(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _drop(self) -> None:
        if self._smtp:
            self._smtp.close()
            self._smtp = None


def compose(delivery: Delivery, sender: str, now: float) -> bytes:
    """The mail as it goes over the wire: seven-bit, text and HTML. Raises ValueError where a header would break."""
    notification = fit(delivery.notification, ROOM)
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    mail["From"] = Address("alertd", addr_spec=sender)
    mail["To"] = Address(addr_spec=delivery.address)
    mail["Subject"] = notification.title
    mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    mail["Message-ID"] = f"<{_id(delivery.message)}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    if notification.thread:
        thread = hashlib.sha256(notification.thread.encode("utf-8", "replace")).hexdigest()[:32]
        mail["In-Reply-To"] = mail["References"] = f"<thread-{thread}@{domain}>"
    mail.set_content(plain(notification) + "\n")
    mail.add_alternative(to_html(notification), subtype="html")
    return mail.as_bytes()


def to_html(notification: Notification) -> str:
    """The notification as a page without pictures, scripts or anything fetched."""
    rows = [f"<p>{'<br>'.join(escape(line) for line in notification.lines)}</p>"] if notification.lines else []
    if notification.facts:
        cells = (f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in notification.facts)
        rows.append(f'<table cellpadding="4">{"".join(cells)}</table>')
    rows += [f'<p><a href="{escape(link.url)}">{escape(link.label)}</a></p>' for link in notification.links]
    if notification.footer:
        rows.append(f'<p style="color:#777">{escape(notification.footer)}</p>')
    colour = COLOURS[notification.tone]
    body = "\n".join(rows)
    return (
        '<!DOCTYPE html>\n<html><body style="font-family:sans-serif">\n'
        f'<h3 style="color:{colour}">{escape(notification.title)}</h3>\n{body}\n</body></html>\n'
    )


def _id(message: str) -> str:
    """A message id as the left side of a Message-ID."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", message):
        return message
    return hashlib.sha256(message.encode("utf-8", "replace")).hexdigest()[:32]


def _verdict(error: Exception) -> DeliveryError:
    """What an SMTP error means (RFC 5321 §4.2): 4xx comes again, 5xx is final, 5xx of the login or of the sender is
    the whole channel's."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        return _at_recipient(error.recipients[0].code, error.recipients[0].message)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _by_reply(error)
    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, OSError):
        # No STARTTLS, no AUTH: not the server that was meant, or somebody in between.
        return DeliveryDelayed(redact(error.message), reason=Reason.TLS, whole_channel=True)
    if isinstance(error, ValueError) and not isinstance(error, OSError):  # a certificate error is both
        return DeliveryRefused("the server cannot be given this address", reason=Reason.RECIPIENT_REFUSED)
    return by_failure(error)


def _by_reply(error: SMTPResponseException) -> DeliveryError:
    import aiosmtplib

    said = _said(error.code, error.message)
    sender = isinstance(error, aiosmtplib.SMTPSenderRefused)
    login = isinstance(error, aiosmtplib.SMTPAuthenticationError) or error.code in (530, 535)
    data = isinstance(error, aiosmtplib.SMTPDataError)
    if error.code < 500:
        # 421 closes the connection; a 4xx before the recipient is named is meant for us, not for the recipient.
        reason = Reason.RATE_LIMITED if sender and error.code != 421 else Reason.SERVER_ERROR
        return DeliveryDelayed(said, reason=reason, whole_channel=not data or error.code == 421)
    if login:
        return DeliveryRefused(said, reason=Reason.UNAUTHORIZED, whole_channel=True)
    if error.code == 552 or "5.3.4" in error.message:
        return DeliveryRefused(said, reason=Reason.TOO_LARGE)
    if data:
        return DeliveryRefused(said, reason=Reason.BAD_REQUEST)
    return DeliveryRefused(said, reason=Reason.FORBIDDEN, whole_channel=True)


def _at_recipient(code: int, message: str) -> DeliveryError:
    if code >= 500:
        return DeliveryRefused(_said(code, message), reason=Reason.RECIPIENT_REFUSED)
    reason = Reason.SERVER_ERROR if code in (421, 451) else Reason.RATE_LIMITED
    return DeliveryDelayed(_said(code, message), reason=reason, whole_channel=code == 421)


def _said(code: int, message: str) -> str:
    return redact(f"SMTP {code}: {' '.join(message.split())[:200]}")


def build(name: str, settings: EmailSettings, session: ClientSession) -> Email:
    return Email(name, settings)


KIND = ChannelKind(settings=EmailSettings, build=build, check_address=lambda address, _: check_address(address))
