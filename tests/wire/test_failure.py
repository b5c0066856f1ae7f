"""Why a request brought no answer."""

import errno
import socket
import ssl

import pytest
from aiohttp import ClientPayloadError, ConnectionTimeoutError, NonHttpUrlClientError, ServerDisconnectedError

from alertd.wire.failure import in_words


def caused(cause: BaseException) -> Exception:
    error = RuntimeError("https://api.example/bot1:canary/send failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed canary"), "connection refused"),
        (caused(OSError(errno.ENETUNREACH, "canary")), "network is unreachable"),
        (caused(socket.gaierror(socket.EAI_NONAME, "canary")), "its name is not known here"),
        (caused(ConnectionTimeoutError("canary")), "no answer in time"),
        (caused(caused(ssl.SSLCertVerificationError("canary"))), "its certificate is not trusted"),
        (NonHttpUrlClientError("ftp://canary"), "that is no URL"),
        (ServerDisconnectedError("canary"), "the connection broke"),
        (ClientPayloadError("canary"), "the connection broke"),
        (OSError("canary: several at once"), "the connection broke"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_failure_is_told_without_its_own_text(error: Exception, said: str) -> None:
    words = in_words(error)
    assert words.startswith(said)
    assert "canary" not in words
    assert "Error" not in words
