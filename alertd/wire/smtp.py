"""One SMTP connection (RFC 5321) by aiosmtplib, kept open between mails."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from ssl import SSLContext
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from alertd.wire.secret import Secret, conceal
from alertd.wire.settings import Network, loopback
from alertd.wire.tunnel import tunnel

if TYPE_CHECKING:
    from aiosmtplib import SMTP

PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SmtpSettings(Network):
    """`tls` is how the connection is made safe, never guessed: `none` only to this machine itself."""

    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.tls == "none" and not loopback(self.host):
            raise PydanticCustomError("tls", "tls: none only to this machine itself; write starttls or tls")
        if (self.user is None) != (self.password is None):
            raise PydanticCustomError("login", "user and password go together")
        return self


class Line:
    """Used by one mail at a time, closed after `idle` seconds without one; `domain` is how it introduces itself.

    `asked` is true once the last mail itself was under way: without an answer it may have arrived.
    """

    def __init__(self, settings: SmtpSettings, context: SSLContext | None, *, domain: str, idle: float) -> None:
        self.asked = False
        self._settings = settings
        self._tls = context
        self._domain = domain
        self._idle = idle
        self._smtp: SMTP | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, sender: str, recipient: str, content: bytes) -> None:
        """One transaction. Raises SMTPException, OSError, ConfigError, or ValueError for an address that is none.

        After a refusal it can be used for the next mail; after anything else it is made anew.
        """
        self.asked = False
        self._rest()
        smtp = None
        try:
            smtp = await self._connected()
            await self._transact(smtp, sender, recipient, content)
        except BaseException as error:
            if smtp is None or not await _reset(smtp, error):
                self._drop()
            raise
        finally:
            if self._smtp:
                self._timer = asyncio.get_running_loop().call_later(self._idle, self._drop)

    async def close(self) -> None:
        self._rest()
        if self._smtp and self._smtp.is_connected:
            with suppress(Exception):  # a farewell: the mails are out, whatever it answers
                await self._smtp.quit(timeout=2)
        self._drop()

    async def _transact(self, smtp: SMTP, sender: str, recipient: str, content: bytes) -> None:
        size = [f"size={len(content)}"] if smtp.supports_extension("size") else []
        await smtp.mail(sender, options=size)
        await smtp.rcpt(recipient)
        self.asked = True
        await smtp.data(content)

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
            local_hostname=self._domain,
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


async def _reset(smtp: SMTP, error: BaseException) -> bool:
    """True if the connection is as before: after a refusal, once it is reset. 421 has closed it, and one that asks for
    a login has forgotten ours."""
    from aiosmtplib import SMTPException, SMTPResponseException

    if not isinstance(error, SMTPResponseException) or error.code in (421, 530, 535):
        return False
    try:
        await smtp.rset()
    except (SMTPException, OSError):
        return False
    return True
