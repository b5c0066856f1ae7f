"""A mail server: submission with a password, as a relay gives it. Needs aiosmtpd (the extra `demo`)."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Self

from alertd.demo.platforms.record import Act, Record

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session


class SmtpPlatform:
    """A server on a free port of 127.0.0.1, started by `async with`.

    `login` is the only (user, password) that may send, None for anybody. With `tls` it offers STARTTLS, or speaks TLS
    from the first byte where `implicit`. `mails` are the parsed mails, `ids` counts (Message-ID, recipient), so that
    a duplicate is seen; `connections` counts those that were made.
    """

    def __init__(
        self,
        record: Record,
        *,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
    ) -> None:
        self.record = record
        self.mails: list[EmailMessage] = []
        self.ids: Counter[tuple[str, str]] = Counter()
        self.connections = 0
        self.left = asyncio.Event()
        """Set when a client has gone."""
        self.port = 0
        self._login = login
        self.tls = tls
        self._implicit = implicit
        self._closing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.BaseTransport] = set()

    async def __aenter__(self) -> Self:
        from aiosmtpd.smtp import SMTP

        platform = self

        class Protocol(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                # A STARTTLS connection is made twice, the second time inside the first.
                platform.connections += self._original_transport is None
                platform._open.add(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                platform.left.set()
                super().connection_lost(error)

        def protocol() -> SMTP:
            return Protocol(
                self,
                hostname="localhost",
                tls_context=None if self._implicit else self.tls,
                auth_require_tls=False,
                # One mechanism, else a client tries a refused password again by the other.
                auth_exclude_mechanism=["LOGIN"],
                authenticator=self._authenticate,
                loop=loop,
            )

        loop = asyncio.get_running_loop()
        context = self.tls if self._implicit else None
        self._server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        for transport in self._open:
            transport.close()
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> Any:
        from aiosmtpd.smtp import AuthResult

        if self.record.answers and self.record.answers[0].at == "AUTH":
            answer = self.record.answers.popleft()
            return AuthResult(success=False, handled=False, message=f"{answer.status} {answer.body.decode()}")
        given = (data.login.decode(), data.password.decode())
        if given != self._login:
            self.record.wrong.append("email: a wrong user or password")
        return AuthResult(success=given == self._login, handled=False)

    async def handle_MAIL(  # noqa: N802 — aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if scripted := await self._scripted("MAIL", server):
            return scripted
        if self._login and not session.authenticated:
            self.record.wrong.append("email: a sender without a password")
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 — aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if scripted := await self._scripted("RCPT", server):
            return scripted
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 — aiosmtpd's
        if scripted := await self._scripted("DATA", server):
            return scripted
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        wrong = check_mail(mail, envelope.rcpt_tos)
        self.record.wrong += wrong
        if wrong:
            return "554 5.6.0 " + wrong[0]
        self.mails.append(mail)
        for recipient in envelope.rcpt_tos:
            key = (str(mail["Message-ID"]), recipient)
            self.ids[key] += 1
            if self.ids[key] == 1:
                body = mail.get_body(("plain",))
                message = key[0].strip("<>").rpartition("@")[0]
                self.record.take("email", recipient, message, str(body.get_content()) if body else "")
        return "250 2.0.0 Ok: queued"

    async def _scripted(self, command: str, server: SMTP) -> str | None:
        answers = self.record.answers
        if not answers or answers[0].at != command:
            return None
        answer = answers.popleft()
        if answer.act is Act.SILENCE:
            await self._closing.wait()
        if answer.act is not Act.ANSWER and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return f"{answer.status} {answer.body.decode()}"


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
