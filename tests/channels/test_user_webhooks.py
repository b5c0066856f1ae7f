"""Webhooks of users: what may be linked, and that nothing but the internet is ever called."""

import socket
from collections import deque
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from alertd.channels.answers import Reason
from alertd.channels.user_webhooks import Checked, UserWebhooks, address_of, check_url, is_public, secret_of
from alertd.channels.webhook import verify
from alertd.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.wire.lookups import Full
from tests.channels.samples import delivery
from tests.fakes import START

PUBLIC = "93.184.216.34"


@pytest.mark.parametrize(
    "url",
    [
        "https://hook.example/in",
        "https://hook.example:8443/in?a=b",
        "https://HOOK.example",
        "https://a.b.hook.example/",
    ],
)
def test_what_may_be_linked(url: str) -> None:
    assert check_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example/in",
        "ftp://hook.example",
        "hook.example/in",
        "https://",
        "",
        "https:///in",
        "https://[::1",
        "https://ann@hook.example/in",
        "https://ann:pw@hook.example/in",
        "https://hook.example/in#part",
        "https://hook.example:22/in",
        "https://hook.example:80/in",
        "https://hook.example:99999/",
        "https://127.0.0.1/in",
        "https://10.0.0.1/",
        "https://93.184.216.34/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://localhost/",
        "https://metadata/",
        "https://127.0.0.1./",
        "https://hook.example/\r\nHost: x",
        "https://hook.example/ü",
        "https://hook.example/" + "x" * 1000,
    ],
)
def test_what_may_not(url: str) -> None:
    assert check_url(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        (PUBLIC, True),
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False),
        ("127.9.9.9", False),
        ("0.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2001:4860:4860::8888", True),
        ("2a00:1450:4001:82a::200e", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("::ffff:0:127.0.0.1", False),
        ("fec0::1", False),
        ("5f00::1", False),
        ("4000::1", False),
        ("2002:7f00:1::", False),
        ("2002:808:808::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("2001:db8::1", False),
        ("", False),
        ("host", False),
    ],
)
def test_what_is_of_the_internet(address: str, public: bool) -> None:
    assert is_public(address) is public


class Scripted(AbstractResolver):
    """Answers with one list of addresses after the other; the last one stays. `asked` counts."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = deque(answers)
        self.asked = 0
        self.closed = False

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked += 1
        found = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in found
        ]

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        ["::ffff:127.0.0.1"],
        [],
    ],
    ids=str,
)
async def test_a_name_that_leads_elsewhere_is_not_called(answer: list[str]) -> None:
    channel = UserWebhooks(lambda: Scripted(answer))
    try:
        with pytest.raises(DeliveryRefused) as refused:
            await channel.send(delivery(address=address_of("https://hook.example/in")), START)
    finally:
        await channel.close()
    assert refused.value.reason == Reason.FORBIDDEN


async def test_a_name_that_is_public_is_passed_on_as_it_was_checked() -> None:
    found = await Checked(Scripted([PUBLIC, "8.8.8.8"])).resolve("hook.example", 443)
    assert [each["host"] for each in found] == [PUBLIC, "8.8.8.8"]


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/in", "https://[::1]:1/in", "https://2130706433/in"])
async def test_an_address_in_the_store_that_is_no_name_is_not_called(url: str) -> None:
    channel = UserWebhooks(lambda: Scripted([PUBLIC]))
    with pytest.raises(DeliveryRefused):
        await channel.send(delivery(address=address_of(url)), START)
    await channel.close()


# ── an endpoint ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Endpoint:
    """Answers `status`; notes what comes."""

    def __init__(self) -> None:
        self.status = 204
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((request.path_qs, dict(request.headers), await request.read()))
        headers = {"Location": "/elsewhere"} if 300 <= self.status < 400 else {}
        return web.Response(status=self.status, headers=headers)


@pytest.fixture
async def endpoint() -> AsyncIterator[tuple[Endpoint, int]]:
    found, app = Endpoint(), web.Application()
    app.router.add_route("*", "/{path:.*}", found.take)
    async with TestServer(app) as server:
        assert server.port is not None
        yield found, server.port


def only(address: str) -> Callable[[str], bool]:
    """As if that one address were public."""
    return lambda found: found == address


async def test_a_body_is_signed_with_the_secret_of_its_address(endpoint: tuple[Endpoint, int]) -> None:
    found, port = endpoint
    channel = UserWebhooks(lambda: Scripted(["127.0.0.1"]), allowed=only("127.0.0.1"))
    address = address_of(f"http://hook.example:{port}/in?a=b")
    await channel.send(delivery(address=address), START)
    await channel.close()
    ((path, headers, body),) = found.requests
    assert path == "/in?a=b"
    assert headers["Host"] == f"hook.example:{port}"
    assert verify(headers, body, [secret_of(address)], START) is None
    assert verify(headers, body, ["another"], START) is not None
    assert secret_of(address) not in repr((path, headers, body))


async def test_each_send_goes_where_its_own_answer_said_and_nowhere_else(endpoint: tuple[Endpoint, int]) -> None:
    """A name that is public when it is looked at, and is another a moment later."""
    found, port = endpoint
    resolver = Scripted(["127.0.0.1"], ["127.0.0.2"])
    channel = UserWebhooks(lambda: resolver, allowed=only("127.0.0.1"))
    address = address_of(f"http://hook.example:{port}/in")
    await channel.send(delivery(address=address), START)
    assert (resolver.asked, len(found.requests)) == (1, 1)
    with pytest.raises(DeliveryRefused):
        await channel.send(delivery(address=address), START)
    await channel.close()
    assert (resolver.asked, len(found.requests)) == (2, 1)
    assert resolver.closed


@pytest.mark.parametrize(
    ("status", "error", "dead"),
    [
        (301, DeliveryRefused, False),
        (307, DeliveryRefused, False),
        (404, DeliveryRefused, True),
        (410, DeliveryRefused, True),
        (401, DeliveryRefused, False),
        (429, DeliveryDelayed, False),
        (500, DeliveryDelayed, False),
    ],
)
async def test_what_an_endpoint_answers(
    endpoint: tuple[Endpoint, int], status: int, error: type[Exception], dead: bool
) -> None:
    found, port = endpoint
    found.status = status
    channel = UserWebhooks(lambda: Scripted(["127.0.0.1"]), allowed=only("127.0.0.1"))
    with pytest.raises(error) as caught:
        await channel.send(delivery(address=address_of(f"http://hook.example:{port}/in")), START)
    await channel.close()
    assert len(found.requests) == 1  # no redirect was followed
    assert getattr(caught.value, "dead", False) is dead
    assert isinstance(caught.value, DeliveryError)
    assert caught.value.about == "hook.example", "of the channel that says nothing"


async def test_an_endpoint_that_is_down_holds_back_nobody_else() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    channel = UserWebhooks(lambda: Scripted(["127.0.0.1"]), allowed=only("127.0.0.1"))
    with pytest.raises(DeliveryDelayed) as delayed:
        await channel.send(delivery(address=address_of(f"http://hook.example:{port}/in")), START)
    await channel.close()
    assert delayed.value.about == "hook.example"


class FullUp(Scripted):
    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        raise Full("too many lookups")


async def test_where_too_many_names_are_looked_up_it_is_tried_again_later() -> None:
    channel = UserWebhooks(lambda: FullUp([PUBLIC]))
    with pytest.raises(DeliveryDelayed, match="too many names") as delayed:
        await channel.send(delivery(address=address_of("https://hook.example/in")), START)
    await channel.close()
    assert not delayed.value.whole_channel
    assert not delayed.value.uncertain
