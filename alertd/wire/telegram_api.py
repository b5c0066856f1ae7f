"""python-telegram-bot's `Bot` on our own aiohttp session: no second HTTP library, and refusals as they came."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from telegram.error import NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

from alertd.wire.sdk import Refusal, download
from alertd.wire.session import patience

if TYPE_CHECKING:
    from aiohttp import ClientSession, ClientTimeout, FormData


T = TypeVar("T")


class SessionRequest(BaseRequest):
    """Posts what a `Bot` asks. An answer that is not 2xx is a `Refusal`, as the cause of the SDK's NetworkError."""

    def __init__(
        self, session: ClientSession, *, tls: ssl.SSLContext, timeout: float, proxy: Callable[[], str | None]
    ) -> None:
        self._session = session
        self._tls = tls
        self._patience = patience(timeout)
        self._proxy = proxy

    @property
    def read_timeout(self) -> float | None:
        return self._patience.total

    def _patience_for(self, seconds: object) -> ClientTimeout:
        """A long poll takes longer than what is usual, its connection does not."""
        from aiohttp import ClientTimeout

        if not isinstance(seconds, int | float):
            return self._patience
        return ClientTimeout(total=float(seconds), connect=self._patience.connect)

    async def initialize(self) -> None:
        """The session is open already."""

    async def shutdown(self) -> None:
        """The session is not its own."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        *_: object,
        **__: object,
    ) -> tuple[int, bytes]:
        async with self._session.request(
            method,
            url,
            data=_form(request_data) if request_data else None,
            ssl=self._tls,
            proxy=self._proxy(),
            timeout=self._patience_for(read_timeout),
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            if not 200 <= answer.status < 300:
                raise Refusal(answer.status, answer.headers, content)
            return answer.status, content

    async def file(self, url: str, most: int) -> bytes:
        """A file by the URL that a `Bot` has of it, or its first `most` bytes."""
        return await download(self._session, url, most, ssl=self._tls, proxy=self._proxy(), timeout=self._patience)


def _form(data: RequestData) -> FormData | dict[str, str]:
    """The parameters as a form, with the files beside them where there are some."""
    from aiohttp import FormData

    if not data.contains_files:
        return data.json_parameters
    form = FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


async def answered(call: Awaitable[T]) -> T:
    """What a `Bot`'s method returns. Raises what came out of the request (Refusal, ClientError, OSError, ConfigError),
    or ValueError for an answer that is not Telegram's."""
    try:
        return await call
    except NetworkError as error:
        # The SDK wraps what came out of the request.
        failure = error.__cause__ or error
    except (TelegramError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        failure = ValueError("the answer is not Telegram's")
    raise failure
