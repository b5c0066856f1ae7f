"""What a platform's answer means for a delivery: one closed list of reasons, one reading of HTTP answers."""

from __future__ import annotations

import ssl
from enum import StrEnum
from errno import ECONNREFUSED, EHOSTUNREACH, ENETUNREACH
from socket import gaierror

from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.wire.failure import causes, in_words
from alertd.wire.secret import redact


class Reason(StrEnum):
    """Why a message was not taken: stored, counted and shown."""

    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    TLS = "tls"
    CREDENTIAL = "credential"
    TOO_LARGE = "too_large"
    RECIPIENT_REFUSED = "recipient_refused"
    SENDER_REFUSED = "sender_refused"
    REDIRECT = "redirect"
    THREAD_GONE = "thread_gone"


REFUSALS = {
    401: Reason.UNAUTHORIZED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    413: Reason.TOO_LARGE,
}

UNREACHABLE = (ECONNREFUSED, EHOSTUNREACH, ENETUNREACH)


def by_status(
    status: int,
    said: str = "",
    *,
    retry_after: float | None = None,
    bucket: str = "",
    whole_channel: bool | None = None,
    dead: bool = False,
) -> DeliveryError:
    """The error of an HTTP answer that is not 2xx. `said` is what the platform said, already short and its own words.

    408, 425, 429 and 5xx are delayed, everything else is refused; a redirect is not followed, for it would carry the
    message and its secret elsewhere. 401 refuses the whole channel unless `whole_channel` says otherwise. A 429 is
    about `bucket`. What is refused because the address is gone is `dead`.
    """
    text = f"HTTP {status}" + (f": {redact(said)}" if said else "")
    if status == 429:
        return DeliveryDelayed(
            text,
            reason=Reason.RATE_LIMITED,
            retry_after=retry_after,
            bucket="" if whole_channel else bucket,
            whole_channel=bool(whole_channel),
        )
    if status in (408, 425) or status >= 500:
        reason = Reason.SERVER_ERROR if status >= 500 else Reason.TIMEOUT
        return DeliveryDelayed(
            text,
            reason=reason,
            retry_after=retry_after,
            whole_channel=bool(whole_channel),
            uncertain=status == 504,  # a gateway had no answer
        )
    if 300 <= status < 400:
        return DeliveryRefused(f"{text} (redirects are not followed)", reason=Reason.REDIRECT)
    whole = status == 401 and not dead if whole_channel is None else whole_channel
    return DeliveryRefused(text, reason=REFUSALS.get(status, Reason.BAD_REQUEST), whole_channel=whole, dead=dead)


def not_theirs(platform: str) -> DeliveryDelayed:
    """The error of a yes that is not the platform's own: a portal's page, an answer cut short. It may have arrived."""
    return DeliveryDelayed(f"the answer is not {platform}'s", reason=Reason.SERVER_ERROR, uncertain=True)


def by_failure(error: BaseException, *, asked: bool = True) -> DeliveryDelayed:
    """The error of a request that brought no answer. Its own text is left out: it may hold a URL, and a URL a token.

    The message may have arrived all the same, unless there was no connection yet, or it had not been handed over
    (`asked` is false). A certificate that is not trusted and a server that cannot be reached hold back the whole
    channel, or what it is `only` about; so does a secret that cannot be read (ConfigError): another key file mends it.
    """
    from aiohttp import ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError

    if isinstance(error, ConfigError):
        return DeliveryDelayed(str(error), reason=Reason.CREDENTIAL, whole_channel=True)
    found = causes(error)
    if any(isinstance(cause, ssl.SSLError) for cause in found):
        text = "the platform's certificate is not trusted (ca_file names another authority)"
        return DeliveryDelayed(text, reason=Reason.TLS, whole_channel=True)
    unconnected = (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError)
    uncertain = asked and not any(isinstance(cause, unconnected) for cause in found)
    if any(isinstance(cause, TimeoutError) for cause in found):
        return DeliveryDelayed("no answer in time", reason=Reason.TIMEOUT, uncertain=uncertain)
    gone = any(isinstance(cause, gaierror) or getattr(cause, "errno", None) in UNREACHABLE for cause in found)
    text = f"the platform cannot be reached: {in_words(error)}" if gone else "the connection broke"
    return DeliveryDelayed(text, reason=Reason.CONNECTION, whole_channel=gone, uncertain=uncertain and not gone)
