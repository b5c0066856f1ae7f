"""A mail server: submission with a password, as a relay gives it. Needs aiosmtpd (the extra `demo`)."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, Any, Self

from alertd.demo.platforms.limits import Ask, Gate, Limits, Refusal
from alertd.demo.platforms.moods import Temper
from alertd.demo.platforms.record import Act, Received, Record
from alertd.demo.platforms.server import Server, cut_off

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session


LIMITED = "450 4.7.1 Error: too much mail from 127.0.0.1"
"""As postfix words its rate limit."""

FAILURES = {
    421: "421 4.3.2 Service shutting down",
    451: "451 4.3.0 Temporary server error",
    452: "452 4.3.1 Insufficient system storage",
    454: "454 4.7.0 Temporary authentication failure",
}


_AFTER = (Temper.SWALLOWS, Temper.TRUNCATED)
"""The tempers that show when the mail has been taken; the others show at its first command."""


class SmtpPlatform(Server):
    """A server on a free port of 127.0.0.1, started by `async with`.

    `login` is the only (user, password) that may send, None for anybody: others get 535. With `tls` it offers STARTTLS,
    or speaks TLS from the first byte where `implicit`. `mails` are the parsed mails; without `keep_mails` they are
    neither kept nor checked, and what is received has the subject for its text: parsing takes milliseconds. `ids`
    counts (Message-ID, recipient), so that a duplicate is seen; `connections` counts those that were made.
    Mailboxes in `missing` are unknown: 550. `limits` (see `limits.smtp`) are by the sender's address, times `scale`:
    450 over the first, 421 and the end of the connection over the second. `mood` may be set at any time.
    """

    name = "email"

    def __init__(
        self,
        record: Record,
        *,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        limits: Limits | None = None,
        scale: float = 1.0,
        keep_mails: bool = True,
    ) -> None:
        super().__init__()
        self.record = record
        self.mails: list[EmailMessage] = []
        self.ids: Counter[tuple[str, str]] = Counter()
        self.connections = 0
        self.left = asyncio.Event()
        """Set when a client has gone."""
        self.login = login
        self.missing: set[str] = set()
        self.tls = tls
        self._implicit = implicit
        self._keep = keep_mails
        self._gate = Gate(limits or (), scale)
        self._open: set[asyncio.BaseTransport] = set()

    def _connections(self) -> Iterable[asyncio.BaseTransport | None]:
        return self._open

    async def __aenter__(self) -> Self:
        await self._listen(self._protocol(), self.tls if self._implicit else None)
        return self

    def _protocol(self) -> Callable[[], SMTP]:
        from aiosmtpd.smtp import SMTP

        platform, loop = self, asyncio.get_running_loop()

        class Protocol(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                # A STARTTLS connection is made twice, the second time inside the first.
                platform.connections += self._original_transport is None
                platform._open.add(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                platform.left.set()
                platform._open -= {self.transport, self._original_transport}
                super().connection_lost(error)

        return lambda: Protocol(
            self,
            hostname="localhost",
            tls_context=None if self._implicit else self.tls,
            auth_require_tls=False,
            # One mechanism, else a client tries a refused password again by the other.
            auth_exclude_mechanism=["LOGIN"],
            authenticator=self._authenticate,
            loop=loop,
        )

    async def __aexit__(self, *_: object) -> None:
        self._leave()
        for transport in list(self._open):
            transport.close()

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> Any:
        from aiosmtpd.smtp import AuthResult

        if self.record.answers and self.record.answers[0].at == "AUTH":
            answer = self.record.answers.popleft()
            return AuthResult(success=False, handled=False, message=f"{answer.status} {answer.body.decode()}")
        given = (data.login.decode(), data.password.decode())
        if given != self.login:
            self.record.wrong.append("email: a wrong user or password")
        return AuthResult(success=given == self.login, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if scripted := await self._scripted("MAIL", server):
            return scripted
        temper = Temper.WELL if self.mood.temper in _AFTER else self._dice.cast()
        if refused := await self._unwell(temper, server) or self._over(address, temper):
            if refused.startswith("421"):
                _end(server)
            return refused
        if self.login and not session.authenticated:
            self.record.wrong.append("email: a sender without a password")
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if scripted := await self._scripted("RCPT", server):
            return scripted
        if address in self.missing:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if scripted := await self._scripted("DATA", server):
            return scripted
        content = envelope.original_content or b""
        if not self._keep:
            self._take(*_skimmed(content), envelope)
        else:
            mail = message_from_bytes(content, policy=policy.default)
            wrong = check_mail(mail, envelope.rcpt_tos)
            self.record.wrong += wrong
            if wrong:
                return "554 5.6.0 " + wrong[0]
            self.mails.append(mail)
            body = mail.get_body(("plain",))
            text = str(body.get_content()) if body else ""
            self._take(str(mail["Message-ID"]), str(mail["In-Reply-To"] or ""), text, envelope)
        temper = self._dice.cast() if self.mood.temper in _AFTER else Temper.WELL
        if temper is Temper.SWALLOWS:
            cut_off(server.transport)
        if temper is Temper.TRUNCATED and isinstance(server.transport, asyncio.Transport):
            # What is written after the close is lost: the line stays without its end.
            server.transport.write(b"250 2.0")
            server.transport.close()
        return "250 2.0.0 Ok: queued"

    def _take(self, ref: str, replies: str, text: str, envelope: Envelope) -> None:
        message, sender = ref.strip("<>").rpartition("@")[0], str(envelope.mail_from)
        for recipient in envelope.rcpt_tos:
            self.ids[ref, recipient] += 1
            if self.ids[ref, recipient] == 1:
                now = self.record.now()
                told = Received("email", recipient, message, text, now, ref, replies=replies, sender=sender)
                self.record.take(told)

    async def _unwell(self, temper: Temper, server: SMTP) -> str:
        """The refusal of a mail by the server's mood, "" where it is well enough."""
        if temper is Temper.SILENT:
            await self._closing.wait()
        if temper in (Temper.SILENT, Temper.DEAD):
            cut_off(server.transport)
        if temper is Temper.BANNED:
            return "554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked"
        if temper is Temper.FAILING:
            return FAILURES.get(self.mood.status, FAILURES[451])
        return ""

    def _over(self, sender: str, temper: Temper) -> str:
        """The refusal of a mail that is over a limit, "" where it may come."""
        now = self.record.now()
        if refusal := self._gate.ask([Ask("attempts", sender)], now):
            said = "421 4.7.0 Too many mails: try again later"
        elif temper is Temper.LIMITED:
            refusal, said = Refusal("mails", 0.0), LIMITED
        elif refusal := self._gate.ask([Ask("mails", sender)], now):
            said = LIMITED
        else:
            return ""
        self.record.refused[self.name, refusal.reason] += 1
        return said

    async def _scripted(self, command: str, server: SMTP) -> str | None:
        answers = self.record.answers
        if not answers or answers[0].at != command:
            return None
        answer = answers.popleft()
        if answer.act is Act.SILENCE:
            await self._closing.wait()
        if answer.act is not Act.ANSWER:
            cut_off(server.transport)
        return f"{answer.status} {answer.body.decode()}"


def _end(server: SMTP) -> None:
    """The connection ends after the reply that is about to be written."""
    if server.transport:
        asyncio.get_running_loop().call_soon(server.transport.close)


def _skimmed(content: bytes) -> tuple[str, str, str]:
    """(Message-ID, In-Reply-To, subject) of a mail, by its head alone."""
    head = BytesHeaderParser().parsebytes(content.partition(b"\r\n\r\n")[0])
    subject = str(head["Subject"] or "")
    text = str(make_header(decode_header(subject))) if "=?" in subject else subject
    return str(head["Message-ID"]).strip(), str(head["In-Reply-To"] or "").strip(), text


def check_mail(mail: EmailMessage, recipients: list[str]) -> list[str]:
    """What a mailbox provider would hold against a mail."""
    wrong = [f"email: {type(defect).__name__}" for part in mail.walk() for defect in part.defects]
    once = ("From", "To", "Subject", "Date", "Message-ID")
    wrong += [f"email: {name} has to stand there once" for name in once if len(mail.get_all(name, [])) != 1]
    if mail["Auto-Submitted"] != "auto-generated":
        wrong.append("email: not marked as automatic")
    if [str(mail["To"])] != recipients:
        wrong.append("email: To is not the recipient")
    if mail.get_content_type() != "multipart/alternative" or not (mail.get_body(("plain",)) and mail.get_body("html")):
        wrong.append("email: not text and HTML")
    return wrong
