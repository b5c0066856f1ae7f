"""What every source keeps to on the network: keys, bans, limits, 304, TLS."""

import asyncio
import ssl
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from alertd.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from alertd.sources import kind
from alertd.sources.binance import BinanceSettings
from alertd.sources.http import Access, Api
from alertd.wire.session import http_session
from tests.fakes import START, HandClock
from tests.sources.server import Reply, serving, stage

PRICE = b'{"bitcoin": {"usd": 70187.5, "last_updated_at": %d}}' % START
IDS = {"BTC": "bitcoin"}


def keys(tmp_path: Path, *values: str) -> list[str]:
    for number, value in enumerate(values):
        (tmp_path / str(number)).write_text(value)
    return [f"file:{tmp_path / str(number)}" for number in range(len(values))]


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_the_next_key_is_tried_and_stays(status: int, tmp_path: Path) -> None:
    replies = (Reply(status=status), Reply(PRICE))
    async with stage("coingecko", IDS, *replies, plan="demo", keys=keys(tmp_path, "one", "two")) as it:
        assert (await it.ask()).readings[0].values.tolist() == [70187.5]
        await it.ask()
        assert [request.headers["x-cg-demo-api-key"] for request in it.script.asked] == ["one", "two", "two"]


async def test_all_keys_refused_is_refused_and_tells_no_key(tmp_path: Path) -> None:
    reply = Reply(b'{"error": "key first-key is not\\n known"}', 401)
    async with stage("coingecko", IDS, reply, plan="demo", keys=keys(tmp_path, "first-key", "second-key")) as it:
        with pytest.raises(SourceRefused) as caught:
            await it.ask()
        assert len(it.script.asked) == 2
        assert caught.value.reason == "http_401"
        assert "first-key" not in str(caught.value)
        assert "[secret]" in str(caught.value)
        assert all("-key" not in str(request.rel_url) for request in it.script.asked)


async def test_a_key_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    async with stage("coingecko", IDS, Reply(PRICE), plan="demo", keys=[f"file:{tmp_path}/none"]) as it:
        with pytest.raises(SourceRefused, match="cannot read the secret"):
            await it.ask()
        assert it.script.asked == []


async def test_a_key_that_is_no_single_line_is_refused_and_not_told(tmp_path: Path) -> None:
    async with stage("coingecko", IDS, Reply(PRICE), plan="demo", keys=keys(tmp_path, "one\r\nsecond")) as it:
        with pytest.raises(SourceRefused, match="more than one line") as caught:
            await it.ask()
        assert "second" not in str(caught.value)
        assert it.script.asked == []


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "119"}, 119.0),
        (429, {"Retry-After": formatdate(START + 90, usegmt=True)}, 90.0),
        (418, {"Retry-After": "600"}, 600.0),
        (429, {"Retry-After": "99999999"}, 3 * 86400.0),
        (418, {}, 120.0),
    ],
    ids=["429 in seconds", "429 by date", "418", "longer than any", "418 without a time"],
)
async def test_no_request_before_the_host_wants_one(status: int, headers: dict[str, str], wait: float) -> None:
    async with stage("coingecko", IDS, Reply(status=status, headers=headers), Reply(PRICE)) as it:
        with pytest.raises(SourceUnavailable) as first:
            await it.ask()
        assert (first.value.reason, first.value.retry_after) == (f"http_{status}", wait)
        await it.clock.advance(wait - 1.0)
        # A reload builds the source anew: the ban holds for it too.
        found = kind("coingecko")
        again = found.build("again", found.settings.model_validate({"url": it.script.url}), IDS, it.session, it.clock)
        for source in (it.source, again):
            with pytest.raises(SourceUnavailable) as closed:
                await source.poll(it.source.calls({"price": frozenset({"BTC"})})[0], it.clock.now())
            assert (closed.value.reason, closed.value.retry_after) == ("closed", 1.0)
        assert len(it.script.asked) == 1
        await it.clock.advance(1.0)
        assert (await it.ask()).readings


@pytest.mark.parametrize(
    ("reply", "error", "reason"),
    [
        (Reply(status=429), SourceUnavailable, "http_429"),
        (Reply(status=500), SourceUnavailable, "http_500"),
        (Reply(status=503, headers={"Retry-After": "5"}), SourceUnavailable, "http_503"),
        (Reply(hang_up=True), SourceUnavailable, "network"),
        (Reply(b"not gzip", headers={"Content-Encoding": "gzip"}), SourceUnavailable, "network"),
        (Reply(status=302, headers={"Location": "/elsewhere"}), SourceMalformed, "http_302"),
        (Reply(status=304), SourceMalformed, "http_304"),
        (Reply(b'{"error": "coin not found"}', 404), SourceMalformed, "http_404"),
        (Reply(status=422), SourceMalformed, "http_422"),
        (Reply(status=451), SourceRefused, "http_451"),
    ],
    ids=lambda value: value.reason if hasattr(value, "reason") else None,
)
async def test_what_an_answer_is_called(reply: Reply, error: type[SourceError], reason: str) -> None:
    async with stage("coingecko", IDS, reply) as it:
        with pytest.raises(error) as caught:
            await it.ask()
        assert caught.value.reason == reason
        assert "/elsewhere" not in it.script.paths


async def test_an_error_tells_what_the_api_said() -> None:
    async with stage("coingecko", IDS, Reply(b'{"error":\n "coin not found"}', 404)) as it:
        with pytest.raises(
            SourceMalformed, match=r'coingecko: 127\.0\.0\.1 answered 404: \{"error": "coin not found"\}'
        ):
            await it.ask()


KEYED: dict[str, object] = {"keys": ["env:ALERTD_TEST_KEY"]}
HOSTS: list[tuple[str, dict[str, object], str]] = [
    ("binance", {}, "data-api.binance.vision"),
    ("coingecko", {}, "api.coingecko.com"),
    ("coingecko", {"plan": "demo", **KEYED}, "api.coingecko.com"),
    ("coingecko", {"plan": "pro", **KEYED}, "pro-api.coingecko.com"),
    ("fear_greed", {}, "api.alternative.me"),
    ("tokenmetrics", KEYED, "api.tokenmetrics.com"),
]


@pytest.mark.parametrize(("name", "settings", "host"), HOSTS, ids=lambda value: value if isinstance(value, str) else "")
async def test_the_host_of_each_source_is_asked_by_https(
    name: str, settings: dict[str, object], host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTD_TEST_KEY", "a-key")
    async with serving(Reply(status=503)) as proxy, http_session() as session:
        found = kind(name)
        built = found.settings.model_validate({**settings, "proxy": proxy.url})
        source = found.build(name, built, {"BTC": 1}, session, HandClock())
        (field, coin) = ("fear_greed", "market") if name == "fear_greed" else ("price", "BTC")
        with pytest.raises(SourceUnavailable):
            await source.poll(source.calls({field: frozenset({coin})})[0], START)
        assert [(request.method, request.raw_path) for request in proxy.asked] == [("CONNECT", f"{host}:443")]


async def test_a_dead_host_is_unavailable() -> None:
    async with stage("coingecko", IDS, Reply(PRICE)) as it:
        closed = it.script.url
    async with http_session() as session:
        found = kind("coingecko")
        source = found.build("it", found.settings.model_validate({"url": closed}), IDS, session, HandClock())
        with pytest.raises(SourceUnavailable, match="cannot be reached") as caught:
            await source.poll(source.calls({"price": frozenset({"BTC"})})[0], START)
        assert caught.value.reason == "network"


async def test_a_slow_host_times_out() -> None:
    async with stage("coingecko", IDS, Reply(PRICE), timeout=0.000001) as it:
        with pytest.raises(SourceUnavailable) as caught:
            await it.ask()
        assert caught.value.reason == "timeout"


async def test_304_confirms_what_the_last_answer_brought() -> None:
    replies = (Reply(PRICE, headers={"ETag": '"1"', "Last-Modified": "yesterday"}), Reply(status=304))
    async with stage("coingecko", {**IDS, "ETH": "ethereum"}, *replies) as it:
        first = await it.ask("price", "BTC", "ETH")
        second = await it.ask("price", "BTC", "ETH")
        assert first.confirmed == ()
        assert second.confirmed == (("price", ("BTC",)),)
        assert second.readings == ()
        assert it.script.asked[1].headers["If-None-Match"] == '"1"'
        assert it.script.asked[1].headers["If-Modified-Since"] == "yesterday"


async def test_an_answer_without_a_validator_is_not_asked_about() -> None:
    async with stage("coingecko", IDS, Reply(PRICE, headers={"ETag": '"1"'}), Reply(PRICE)) as it:
        for _ in range(3):
            await it.ask()
        assert [request.headers.get("If-None-Match") for request in it.script.asked] == [None, '"1"', None]


async def test_a_broken_answer_is_never_confirmed() -> None:
    async with stage("coingecko", IDS, Reply(b"<html>", headers={"ETag": '"1"'}), Reply(PRICE)) as it:
        with pytest.raises(SourceMalformed):
            await it.ask()
        await it.ask()
        assert "If-None-Match" not in it.script.asked[1].headers


async def test_another_field_of_the_same_answer_is_asked_for_whole() -> None:
    row = b'[{"id": "bitcoin", "current_price": 7.0, "market_cap": 9, "market_cap_rank": 1}]'
    async with stage("coingecko", IDS, Reply(row, headers={"ETag": '"1"'})) as it:
        await it.ask("market_cap")
        poll = await it.ask("market_cap_rank")
        assert "If-None-Match" not in it.script.asked[1].headers
        assert [reading.field for reading in poll.readings] == ["market_cap_rank"]


async def test_requests_keep_to_the_minute() -> None:
    async with stage("coingecko", IDS, Reply(PRICE), per_minute=2) as it:
        await it.ask()
        await it.clock.advance(20.0)
        await it.ask()
        third = it.source.poll(it.source.calls({"price": frozenset({"BTC"})})[0], it.clock.now())

        task = asyncio.ensure_future(third)
        await it.clock.advance(39.0)
        assert len(it.script.asked) == 2
        await it.clock.advance(1.0)
        await task
        assert len(it.script.asked) == 3


async def test_near_the_weight_limit_the_next_minute_is_awaited() -> None:

    reply = Reply(b'[{"symbol": "BTCUSDT", "price": "4.0"}]', headers={"X-MBX-USED-WEIGHT-1M": "80"})
    async with stage("binance", {"BTC": "BTCUSDT"}, reply, weight_limit=100) as it:
        await it.clock.advance(15.0)
        await it.ask()
        task = asyncio.ensure_future(it.ask())
        await it.clock.advance(44.0)
        assert len(it.script.asked) == 1
        await it.clock.advance(1.0)
        await task
        assert it.clock.now() == START + 60.0


async def test_tls_is_verified_against_its_own_authority(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b"{}")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0, ssl_context=context).start()
    url = f"https://localhost:{runner.addresses[0][1]}"
    try:
        async with http_session() as session:
            for ca_file, trusted in ((str(tmp_path / "ca.pem"), True), (None, False)):
                settings = BinanceSettings(url=url, ca_file=ca_file)
                api = Api("it", settings, Access(""), session=session, clock=HandClock())
                if trusted:
                    assert await api.body("/x", {}) == (b"{}", START)
                else:
                    with pytest.raises(SourceUnavailable) as caught:
                        await api.body("/x", {})
                    assert caught.value.reason == "tls"
    finally:
        await runner.cleanup()


async def test_a_proxy_is_used_and_its_password_kept(tmp_path: Path) -> None:
    (tmp_path / "proxy").write_text("http://user:hidden-word@127.0.0.1:9")
    async with stage("coingecko", IDS, Reply(PRICE), proxy=f"file:{tmp_path / 'proxy'}") as it:
        with pytest.raises(SourceUnavailable) as caught:
            await it.ask()
        assert it.script.asked == []
        assert "hidden-word" not in str(caught.value)
    async with serving(Reply(PRICE)) as proxy, stage("coingecko", IDS, Reply(PRICE), proxy=proxy.url) as it:
        await it.ask()
        assert (len(proxy.asked), len(it.script.asked)) == (1, 0)
