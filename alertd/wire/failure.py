"""Why a request brought no answer, in words."""

import os
import ssl
from socket import gaierror


def in_words(error: BaseException) -> str:
    """The reason, for people. Nothing of the error's own text is in it: that may hold a URL, and a URL a token."""
    from aiohttp import InvalidURL, NonHttpUrlClientError

    found = causes(error)
    if any(isinstance(cause, ssl.SSLError) for cause in found):
        return "its certificate is not trusted"
    if any(isinstance(cause, TimeoutError) for cause in found):
        return "no answer in time"
    if any(isinstance(cause, gaierror) for cause in found):
        return "its name is not known here: no network, no DNS, or a slip in the name"
    if any(isinstance(cause, InvalidURL | NonHttpUrlClientError) for cause in found):
        return "that is no URL of https or http"
    number = next((number for cause in found if (number := getattr(cause, "errno", None))), None)
    return os.strerror(number).lower() if isinstance(number, int) and number > 0 else "the connection broke"


def causes(error: BaseException | None) -> list[BaseException]:
    """The error and everything it came from."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
