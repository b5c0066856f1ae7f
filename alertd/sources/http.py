"""One API behind HTTP: every request of a source goes through its `Api`, which knows keys, limits and bans.

Nothing is asked of a host that said when it wants to be asked again (429, 418 with Retry-After) before that time.
Redirects are not followed, keys travel in a header only, and no error tells a key or a query.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from alertd.errors import ConfigError, SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from alertd.model.reading import Poll
from alertd.model.units import say_duration
from alertd.ports import Clock
from alertd.sources.settings import SourceSettings
from alertd.wire.failure import in_words
from alertd.wire.secret import Secret, redact
from alertd.wire.session import retry_after, tls

WEIGHT = "X-MBX-USED-WEIGHT-1M"
"""Binance: what this address has used of its weight in the current minute."""

_BAN = 120.0  # a 418 lasts two minutes at the least (Binance)
_LONGEST = 3 * 86400.0  # … and three days at the most: a Retry-After beyond it is a mistake
_OFF_LOOP = 64 * 1024  # bytes from which decoding is worth a thread hop
_REMEMBERED = 512  # answers whose ETag is kept

# When each host takes requests again. It belongs to the session, so that a reload does not forget a ban.
_closed: WeakKeyDictionary[aiohttp.ClientSession, dict[str, float]] = WeakKeyDictionary()


class Rejected(SourceMalformed):
    """400, 404 or 422: the question was wrong. `body` is the answer's beginning."""

    def __init__(self, message: str, *, status: int, body: bytes) -> None:
        super().__init__(message, reason=f"http_{status}")
        self.body = body


class Access(NamedTuple):
    """Where an API is and how it is asked: `keys` in order, sent in the header `key_header`. At `weight_limit` of
    `WEIGHT` a minute it would refuse."""

    base: str
    key_header: str = ""
    keys: tuple[Secret, ...] = ()
    weight_limit: int | None = None


class Answer(NamedTuple):
    """`body` is None for 304: nothing has changed since. `received` is epoch seconds."""

    body: bytes | None
    received: float
    validators: Mapping[str, str]


class Known(NamedTuple):
    """The last good answer to a question: how to ask whether it still holds, and what it brought."""

    validators: Mapping[str, str]
    confirmed: tuple[tuple[str, tuple[str, ...]], ...]


class Api:
    """Asks one API for one source."""

    def __init__(
        self, source: str, settings: SourceSettings, access: Access, *, session: aiohttp.ClientSession, clock: Clock
    ) -> None:
        self._source = source
        self._settings = settings
        self._access = access
        self._session = session
        self._clock = clock
        self._base = URL(settings.url or access.base)
        self._tls = tls(settings.ca_file) if settings.ca_file else True
        self._key = 0
        self._asked: deque[float] = deque(maxlen=settings.per_minute or 1)
        self._heavy_until = 0.0
        self._known: dict[object, Known] = {}

    async def poll(
        self,
        path: str,
        params: Mapping[str, str],
        picks: tuple[str, ...],
        decode: Callable[[bytes, float], Poll],
    ) -> Poll:
        """Ask, decode, and remember the answer: where the API says 304 next time, what it brought is confirmed.

        `picks`, the fields and coins that `decode` takes out of the answer, are a part of the question: one that is
        new has to come from a whole answer.
        """
        question = (path, *params.items(), *picks)
        known = self._known.get(question)
        answer = await self.get(path, params, known.validators if known else {})
        if answer.body is None:
            return Poll(self._source, answer.received, confirmed=known.confirmed if known else ())
        self._known.pop(question, None)
        if len(answer.body) < _OFF_LOOP:
            poll = decode(answer.body, answer.received)
        else:
            poll = await asyncio.to_thread(decode, answer.body, answer.received)
        if answer.validators:
            self._known[question] = Known(answer.validators, tuple((it.field, it.coins) for it in poll.readings))
            if len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]
        return poll

    async def body(self, path: str, params: Mapping[str, str]) -> tuple[bytes, float]:
        """One GET that does not ask whether anything has changed: (body, when it came)."""
        answer = await self.get(path, params, {})
        return answer.body or b"", answer.received

    async def get(self, path: str, params: Mapping[str, str], validators: Mapping[str, str]) -> Answer:
        """One GET with the first key that is taken. `validators` make it conditional."""
        keys: Sequence[Secret | None] = self._access.keys or (None,)
        refusal: SourceRefused | None = None
        for turn in range(len(keys)):
            index = (self._key + turn) % len(keys)
            try:
                answer = await self._ask(path, params, {**validators, **self._identify(keys[index])})
            except SourceRefused as error:
                refusal = error
                continue
            self._key = index
            return answer
        raise refusal or SourceRefused(f"{self._source}: no key is set", reason="key")

    def _identify(self, key: Secret | None) -> dict[str, str]:
        if key is None:
            return {}
        try:
            value = key.reveal()
        except ConfigError as error:
            raise SourceRefused(f"{self._source}: {error}", reason="key") from None
        if not value.isprintable():
            raise SourceRefused(f"{self._source}: the secret {key.reference} is more than one line", reason="key")
        return {self._access.key_header: value}

    async def _ask(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        await self._wait_for_room()
        async with (
            self._network(),
            self._session.get(
                self._base / path.lstrip("/"),
                params=params,
                headers={"Accept": "application/json", "Accept-Encoding": "gzip, deflate", **headers},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
                proxy=self._settings.proxy_url(),
                ssl=self._tls,
            ) as response,
        ):
            self._weigh(response.headers.get(WEIGHT))
            if response.status == 304 and _conditional(headers):
                return Answer(None, self._clock.now(), {})
            if response.status != 200:
                raise self._error(response, await _beginning(response))
            return Answer(await self._read(response), self._clock.now(), _validators(response.headers))

    async def _wait_for_room(self) -> None:
        """Keep to `per_minute` and to the weight by waiting; a host that is closed is an error at once."""
        host = self._base.host or ""
        wait = _closed.get(self._session, {}).get(host, 0.0) - self._clock.now()
        if wait > 0:
            text = f"{self._source}: {host} takes no requests for another {say_duration(wait)}"
            raise SourceUnavailable(text, reason="closed", retry_after=wait)
        await self._clock.sleep(self._heavy_until - self._clock.now())
        while len(self._asked) == self._settings.per_minute and self._asked[0] + 60.0 > self._clock.now():
            await self._clock.sleep(self._asked[0] + 60.0 - self._clock.now())
        self._asked.append(self._clock.now())

    def _weigh(self, used: str | None) -> None:
        """Near the limit of a minute's weight wait for the next minute, so that what is urgent still finds room."""
        limit = self._access.weight_limit
        if limit and used and used.isdecimal() and int(used) >= 0.8 * limit:
            self._heavy_until = (self._clock.now() // 60.0 + 1.0) * 60.0

    @asynccontextmanager
    async def _network(self) -> AsyncIterator[None]:
        """Faults of the network, of TLS and of the transfer, in alertd's own words."""
        where = f"{self._source}: {self._base.host}"
        try:
            yield
        except TimeoutError:
            text = f"{where} did not answer within {self._settings.timeout:g} s"
            raise SourceUnavailable(text, reason="timeout") from None
        except aiohttp.ClientConnectorCertificateError as error:
            text = f"{where}: its certificate is not to be trusted: {error.certificate_error}"
            raise SourceUnavailable(text, reason="tls") from None
        except ConfigError as error:
            raise SourceRefused(f"{where}: {error}", reason="proxy") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnavailable(f"{where} cannot be reached: {in_words(error)}", reason="network") from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        most = self._settings.max_body
        parts: list[bytes] = []
        length = response.content_length or 0
        if length <= most:
            length = 0
            # The parts are unpacked already, a bounded piece at a time: a gzip bomb ends here too.
            async for part in response.content.iter_any():
                parts.append(part)
                length += len(part)
                if length > most:
                    break
        if length > most:
            response.close()
            raise SourceMalformed(f"{self._source}: an answer of more than {most} bytes", reason="too_large")
        return b"".join(parts)

    def _error(self, response: aiohttp.ClientResponse, body: bytes) -> SourceError:
        status, host = response.status, self._base.host or ""
        text = f"{self._source}: {host} answered {status}{_said(body)}"
        wait = retry_after(response.headers.get("Retry-After"), self._clock.now())
        if wait is not None:
            wait = min(wait, _LONGEST)
        if status == 418:
            wait = _BAN if wait is None else wait
        if status in (418, 429) and wait:
            _closed.setdefault(self._session, {})[host] = self._clock.now() + wait
        if status in (401, 402, 403, 407, 451):
            return SourceRefused(text, reason=f"http_{status}")
        if status in (408, 418, 425, 429) or status >= 500:
            return SourceUnavailable(text, reason=f"http_{status}", retry_after=wait)
        if status in (400, 404, 422):
            return Rejected(text, status=status, body=body)
        return SourceMalformed(text, reason=f"http_{status}")


def _conditional(headers: Mapping[str, str]) -> bool:
    """True where the request asked whether anything has changed."""
    return "If-None-Match" in headers or "If-Modified-Since" in headers


def _validators(headers: Mapping[str, str]) -> dict[str, str]:
    pairs = (("If-None-Match", headers.get("ETag")), ("If-Modified-Since", headers.get("Last-Modified")))
    return {name: value for name, value in pairs if value}


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """What an error page begins with: enough for its message."""
    try:
        return await response.content.read(2048)
    except (aiohttp.ClientError, TimeoutError):
        return b""


def _said(body: bytes) -> str:
    """The beginning of an error's body on one line, without anything secret that it may repeat."""
    text = " ".join("".join(char if char.isprintable() else " " for char in body.decode(errors="replace")).split())
    return f": {redact(text)[:200]}" if text else ""
