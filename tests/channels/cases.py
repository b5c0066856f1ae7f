"""The one table of answers, and what an adapter tells of its channel."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from ssl import SSLContext
from typing import Any

from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.demo.platforms.record import Act, Answer, Record
from alertd.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.ports import Channel

Certify = Callable[[str], tuple[SSLContext, str]]
"""A name → a server's certificate for it, and the file of the authority that it comes from."""

PATIENCE = 10.0
"""Seconds that the channels under test wait for an answer: real ones, for the sockets are real."""

IMPATIENCE = 1.0
"""The same where no answer comes."""


class Case(StrEnum):
    TAKEN = "200"
    BAD_REQUEST = "400"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    LIMITED = "429"
    LIMITED_FOR = "429 with Retry-After 7"
    SERVER_ERROR = "500"
    SILENCE = "time-out"
    DROPPED = "dropped connection"


@dataclass(frozen=True, slots=True)
class Expected:
    """The error that an answer has to become; `error` None for none. `limited` begins the name of the bucket that it is
    about."""

    error: type[DeliveryError] | None = None
    reason: str = ""
    retry_after: float | None = None
    whole_channel: bool = False
    limited: str = ""
    uncertain: bool = False
    dead: bool = False


EXPECTED = {
    Case.TAKEN: Expected(),
    Case.BAD_REQUEST: Expected(DeliveryRefused, Reason.BAD_REQUEST),
    Case.UNAUTHORIZED: Expected(DeliveryRefused, Reason.UNAUTHORIZED, whole_channel=True),
    Case.FORBIDDEN: Expected(DeliveryRefused, Reason.FORBIDDEN),
    Case.NOT_FOUND: Expected(DeliveryRefused, Reason.NOT_FOUND),
    Case.LIMITED: Expected(DeliveryDelayed, Reason.RATE_LIMITED, limited="chat:"),
    Case.LIMITED_FOR: Expected(DeliveryDelayed, Reason.RATE_LIMITED, retry_after=7.0, limited="chat:"),
    Case.SERVER_ERROR: Expected(DeliveryDelayed, Reason.SERVER_ERROR),
    Case.SILENCE: Expected(DeliveryDelayed, Reason.TIMEOUT, uncertain=True),
    Case.DROPPED: Expected(DeliveryDelayed, Reason.CONNECTION, uncertain=True),
}

STATUS = {
    Case.BAD_REQUEST: 400,
    Case.UNAUTHORIZED: 401,
    Case.FORBIDDEN: 403,
    Case.NOT_FOUND: 404,
    Case.LIMITED: 429,
    Case.LIMITED_FOR: 429,
    Case.SERVER_ERROR: 500,
}


def http_answers(case: Case) -> tuple[Answer, ...]:
    """A case as plain HTTP says it; a platform with an error body of its own gives that instead."""
    if case is Case.TAKEN:
        return ()
    if case is Case.SILENCE:
        return (Answer(act=Act.SILENCE),)
    if case is Case.DROPPED:
        return (Answer(act=Act.DROP),)
    return (Answer(STATUS[case], {"Retry-After": "7"} if case is Case.LIMITED_FOR else {}, b"not today"),)


def seen(error: DeliveryError) -> Expected:
    """What an error says, to be compared."""
    return Expected(
        type(error),
        error.reason,
        retry_after=getattr(error, "retry_after", None),
        whole_channel=verdict(error)[1],
        limited=getattr(error, "bucket", "").partition(":")[0] + ":" if getattr(error, "bucket", "") else "",
        uncertain=getattr(error, "uncertain", False),
        dead=getattr(error, "dead", False),
    )


class Follow(StrEnum):
    """How a platform shows what follows a message."""

    EDIT = "an edit of it"
    REPLY = "an answer to it"
    NEW = "a message of its own"


def verdict(error: DeliveryError) -> tuple[str, bool]:
    """An error's reason, and whether it is the whole channel's."""
    assert isinstance(error, DeliveryDelayed | DeliveryRefused)
    return error.reason, error.whole_channel


@dataclass(frozen=True, slots=True)
class Adapter:
    """A channel for the contract suite.

    `platform(record, tls)` is its loopback server, over TLS where a context is given. `build(platform, reference,
    session, network)` makes the channel against it, `reference` naming the file that holds `secret`, `network` being
    settings (timeout, ca_file, proxy) to take over as they are. `check` says what is wrong with an address. `address`
    is one that the platform takes messages to, noted as `noted`. `answers(case)` are scripted for one send, none where
    the platform's own will do. `differs` are the cases that the platform cannot say otherwise, each with its reason
    beside it. `words` are what it says to BAD_REQUEST. `replies` and `replaces` are what becomes of an answer to a
    message and of what is to take its place, `hushes` says whether it knows silent ones. `close(server)` makes the
    platform lose the address for good. Every secret holds "canary".
    """

    name: str
    address: str
    noted: str
    secret: str
    platform: Callable[[Record, SSLContext | None], AbstractAsyncContextManager[Any]]
    build: Callable[[Any, str, ClientSession, dict[str, object]], Channel]
    check: Callable[[str], str | None]
    answers: Callable[[Case], tuple[Answer, ...]] = http_answers
    differs: Mapping[Case, Expected] = field(default_factory=dict)
    bad_addresses: tuple[str, ...] = ()
    words: str = "not today"
    replies: Follow = Follow.NEW
    replaces: Follow = Follow.NEW
    hushes: bool = False
    close: Callable[[Any], None] | None = None

    def expected(self, case: Case) -> Expected:
        return self.differs.get(case, EXPECTED[case])
