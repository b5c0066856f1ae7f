"""The acknowledge pages, asked over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from multidict import CIMultiDictProxy

from alertd.dispatch.seal import About, token
from alertd.errors import StorageBusy
from alertd.web.acknowledge import AckPages, Shown
from alertd.web.metrics import Metrics
from alertd.web.server import serve

SEAL = bytes(range(32))
BTC, BUSY = About(7), About(9)
BUTTON = '<form method="post"><button>'


class Desk:
    """The daemon's side: one alert, and who has seen it."""

    def __init__(self) -> None:
        self.by = ""

    async def show(self, event: About) -> Shown | None:
        if event == BUSY:
            raise StorageBusy("locked")
        done = f"acknowledged by {self.by}" if self.by else ""
        return Shown("BTC 71,204 <+5%>", ("fired & waits",), done) if event == BTC else None

    async def take(self, event: About, by: str) -> str:
        assert event == BTC
        self.by = by
        return "acknowledged: nobody is reminded of it."


@asynccontextmanager
async def site(desk: Desk) -> AsyncIterator[str]:
    pages = AckPages(SEAL, desk.show, desk.take)
    async with serve("127.0.0.1", 0, metrics=Metrics(), not_ready=list, acknowledge=pages) as port:
        yield f"http://127.0.0.1:{port}/ack/"


async def fetch(method: str, url: str) -> tuple[int, str, CIMultiDictProxy[str]]:
    async with aiohttp.ClientSession() as session, session.request(method, url) as answer:
        return answer.status, await answer.text(), answer.headers


async def test_looking_shows_and_changes_nothing() -> None:
    desk = Desk()
    async with site(desk) as url:
        assert (await fetch("HEAD", url + token(SEAL, BTC, "desk")))[0] == 200
        status, page, _ = await fetch("GET", url + token(SEAL, BTC, "desk"))
    assert status == 200
    assert "<h1>BTC 71,204 &lt;+5%&gt;</h1>" in page
    assert "<p>fired &amp; waits</p>" in page
    assert BUTTON in page
    assert desk.by == ""


async def test_the_button_acknowledges_once() -> None:
    desk = Desk()
    async with site(desk) as url:
        status, page, _ = await fetch("POST", url + token(SEAL, BTC, "desk"))
        assert (status, BUTTON in page) == (200, False)
        assert "<p>Acknowledged: nobody is reminded of it.</p>" in page
        for method in ("POST", "GET"):
            status, page, _ = await fetch(method, url + token(SEAL, BTC, "desk"))
            assert (status, BUTTON in page) == (200, False)
            assert "<p>Already acknowledged by the link sent to desk.</p>" in page


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(token(bytes(32), BTC, "desk"), id="another store's"),
        pytest.param(token(SEAL, BTC, "desk")[:-1], id="cut"),
        pytest.param("8" + token(SEAL, BTC, "desk")[1:], id="another event"),
        pytest.param(token(SEAL, About(8), "desk"), id="forgotten"),
        pytest.param("r" + token(SEAL, BTC, "desk"), id="a message of several"),
        pytest.param("%00%3Cscript%3E", id="an attack"),
    ],
)
async def test_any_other_link_is_not_found(method: str, wrong: str) -> None:
    desk = Desk()
    async with site(desk) as url:
        status, page, _ = await fetch(method, url + wrong)
    assert (status, desk.by) == (404, "")
    assert "There is nothing here" in page


@pytest.mark.parametrize("path", [token(SEAL, BTC, "desk"), "nonsense"])
async def test_a_page_loads_nothing_and_is_kept_nowhere(path: str) -> None:
    async with site(Desk()) as url:
        _, page, headers = await fetch("GET", url + path)
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'; frame-ancestors 'none'" in policy
    assert (headers["X-Robots-Tag"], headers["Cache-Control"]) == ("noindex, nofollow", "no-store")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers
    assert "<script" not in page
    assert "http" not in page


async def test_a_store_that_is_busy_is_said() -> None:
    async with site(Desk()) as url:
        status, page, _ = await fetch("POST", url + token(SEAL, BUSY, "desk"))
    assert status == 503
    assert "try again" in page


async def test_without_a_public_url_there_are_no_pages() -> None:
    async with serve("127.0.0.1", 0, metrics=Metrics(), not_ready=list) as port:
        assert (await fetch("GET", f"http://127.0.0.1:{port}/ack/{token(SEAL, BTC, 'desk')}"))[0] == 404
