"""What an answer, or none, means for a delivery."""

import errno
import socket
import ssl

import pytest
from aiohttp import ClientPayloadError, ConnectionTimeoutError, ServerDisconnectedError

from alertd.channels.answers import Reason, by_failure, by_status
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryRefused
from tests.channels.cases import verdict


def caused(cause: BaseException) -> Exception:
    """An SDK's error around the one that tells."""
    error = RuntimeError("https://api.example/bot1:canary/send failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason", "whole", "uncertain"),
    [
        (caused(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), Reason.CONNECTION, True, False),
        (caused(OSError(errno.ENETUNREACH, "no network")), Reason.CONNECTION, True, False),
        (caused(socket.gaierror(socket.EAI_NONAME, "no such name")), Reason.CONNECTION, True, False),
        (ConnectionResetError(errno.ECONNRESET, "reset"), Reason.CONNECTION, False, True),
        (RuntimeError("canary"), Reason.CONNECTION, False, True),
        (caused(TimeoutError()), Reason.TIMEOUT, False, True),
        (caused(ConnectionTimeoutError()), Reason.TIMEOUT, False, False),
        (ServerDisconnectedError(), Reason.CONNECTION, False, True),
        (ClientPayloadError("cut"), Reason.CONNECTION, False, True),
        (caused(caused(ssl.SSLCertVerificationError("self-signed"))), Reason.TLS, True, False),
        (ConfigError("cannot read the secret file:/x: not set"), Reason.CREDENTIAL, True, False),
    ],
    ids=lambda value: repr(getattr(value, "__cause__", None) or value),
)
def test_no_answer(error: Exception, reason: Reason, whole: bool, uncertain: bool) -> None:
    delayed = by_failure(error)
    assert verdict(delayed) == (reason, whole)
    assert delayed.uncertain is uncertain
    assert not by_failure(error, asked=False).uncertain
    assert "canary" not in str(delayed)


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 410, 413, 418, 422])
def test_a_refusal(status: int) -> None:
    assert isinstance(by_status(status), DeliveryRefused)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 529, 599])
def test_a_delay(status: int) -> None:
    error = by_status(status, "later", retry_after=3.0)
    assert isinstance(error, DeliveryDelayed)
    assert (error.retry_after, str(error)) == (3.0, f"HTTP {status}: later")
    assert error.uncertain is (status == 504)


@pytest.mark.parametrize(
    ("status", "whole", "bucket"), [(429, None, "chat:1"), (429, True, ""), (503, None, "")], ids=str
)
def test_a_wait_is_about_a_bucket_or_the_whole_channel(status: int, whole: bool | None, bucket: str) -> None:
    error = by_status(status, bucket="chat:1", whole_channel=whole)
    assert isinstance(error, DeliveryDelayed)
    assert (error.bucket, error.whole_channel) == (bucket, bool(whole))
