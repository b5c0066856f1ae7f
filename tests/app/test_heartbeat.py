"""The dead-man's switch: asked while there is progress, and what is said of it when it does not answer."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession
from pydantic import ValidationError

from alertd.app.heartbeat import Beat, Heartbeat
from alertd.config import load
from alertd.config.settings import HeartbeatSettings
from alertd.errors import ConfigError
from alertd.wire.session import http_session
from tests.fakes import HandClock
from tests.sources.server import Reply, serving

WELL, DOWN = Reply(b"OK"), Reply(b"no", 503)


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with http_session() as session:
        yield session


def heart(url: str, session: ClientSession, clock: HandClock | None = None, **settings: object) -> Heartbeat:
    said = {"url": url, "every": "60s", **settings}
    return Heartbeat(HeartbeatSettings.model_validate(said), session, clock or HandClock())


class Life:
    """A heartbeat that runs; `after` turns its clock to the next one and waits for what becomes of it."""

    def __init__(self, heartbeat: Heartbeat, clock: HandClock) -> None:
        self.counts: Counter[Beat] = Counter()
        self.alive = True
        self._clock = clock
        self._one = asyncio.Event()
        self._task = asyncio.create_task(heartbeat.run(lambda: self.alive, self._count))

    async def next(self) -> None:
        async with asyncio.timeout(10):
            await self._one.wait()
        self._one.clear()

    async def after(self, seconds: float) -> None:
        await self._clock.advance(seconds)
        await self.next()

    async def end(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def _count(self, beat: Beat) -> None:
        self.counts[beat] += 1
        self._one.set()


async def test_it_beats_for_as_long_as_there_is_progress(session: ClientSession) -> None:
    async with serving(WELL) as server:
        clock = HandClock()
        life = Life(heart(f"{server.url}/ping/1", session, clock), clock)
        await life.next()
        await life.after(60)
        assert server.paths == ["/ping/1"] * 2
        life.alive = False
        await life.after(60)
        await life.after(10)
        assert len(server.asked) == 2
        life.alive = True
        await life.after(10)
        assert life.counts == {Beat.SENT: 3, Beat.WITHHELD: 2}
        assert {request.method for request in server.asked} == {"GET"}
        await life.end()


async def test_it_keeps_its_time(session: ClientSession) -> None:
    async with serving(WELL) as server:
        clock = HandClock()
        life = Life(heart(server.url, session, clock), clock)
        await life.next()
        await clock.advance(59)
        assert len(server.asked) == 1
        await life.after(1)
        assert len(server.asked) == 2
        await life.end()


async def test_three_failures_in_a_row_are_trouble_until_one_gets_through(session: ClientSession) -> None:
    async with serving(DOWN) as server:
        heartbeat = heart(server.url, session)
        troubles = []
        for _ in range(4):
            assert await heartbeat.beat() is Beat.FAILED
            troubles.append(heartbeat.trouble)
        assert troubles == [None, None, "it was answered with 503", "it was answered with 503"]
        server.then(WELL)
        assert await heartbeat.beat() is Beat.SENT
        assert heartbeat.trouble == ""
        server.then(DOWN)
        await heartbeat.beat()
        assert heartbeat.trouble == ""


FAILURES = {
    "an error": (DOWN, "it was answered with 503"),
    "a redirect is not followed": (Reply(status=302, headers={"Location": "/elsewhere"}), "it was answered with 302"),
    "hung up": (Reply(hang_up=True), "the connection broke"),
}


@pytest.mark.parametrize(("reply", "said"), FAILURES.values(), ids=FAILURES.keys())
async def test_what_is_said_of_a_failure_is_not_the_url(
    reply: Reply, said: str, session: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(reply) as server:
        heartbeat = heart(f"{server.url}/a-secret-path", session)
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await heartbeat.beat()
        assert heartbeat.trouble == said
        assert set(server.paths) == {"/a-secret-path"}
    assert caplog.messages == [f"the heartbeat does not get through: {said}"] * 3


async def test_nobody_listens(session: ClientSession) -> None:
    async with serving(WELL) as server:
        url = server.url
    assert await heart(url, session).beat() is Beat.FAILED


async def test_one_that_does_not_answer_is_given_up(session: ClientSession) -> None:
    held = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    heartbeat = heart(f"http://127.0.0.1:{port}", session, timeout="0.1s")
    for _ in range(3):
        assert await heartbeat.beat() is Beat.FAILED
    assert heartbeat.trouble == "no answer within 0.1 s"
    held.set()
    server.close()
    await server.wait_closed()


# ── the settings ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_url_may_be_a_secret_that_changes(session: ClientSession, tmp_path: Path) -> None:
    key = tmp_path / "key"
    async with serving(WELL) as server:
        key.write_text(f"{server.url}/one\n")
        heartbeat = heart(f"file:{key}", session)
        await heartbeat.beat()
        key.write_text(f"{server.url}/two")
        await heartbeat.beat()
        assert server.paths == ["/one", "/two"]
        key.unlink()
        assert await heartbeat.beat() is Beat.FAILED


async def test_a_secret_that_is_no_url_is_told_at_the_start(session: ClientSession, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("http://elsewhere.example/ping")
    with pytest.raises(ConfigError, match=f"file:{tmp_path}/key does not hold a URL such as") as caught:
        heart(f"file:{tmp_path}/key", session)
    assert "elsewhere" not in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://hc.example/ping"},
        {"url": "https://me:word@hc.example/ping"},
        {"url": "hc.example"},
        {"url": "env:"},
        {"url": "https://hc.example/ping", "every": "1s"},
        {"url": "https://hc.example/ping", "fail": "true"},
        {},
    ],
    ids=["no TLS", "a password", "no URL", "no reference", "too often", "an unknown key", "no url"],
)
def test_settings_that_are_wrong(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        HeartbeatSettings.model_validate(settings)


CONFIG = "version: 1\nchannels: {console: }\nreceivers: {me: {console: me}}\n"


def read(folder: Path, *lines: str) -> Path:
    path = folder / "alertd.yaml"
    path.write_text(CONFIG + "\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("lines", "limits"),
    [
        ((), (600.0, 200e6)),
        (("outbox_age: 90s", "disk_free: 1.5GB"), (90.0, 1.5e9)),
        (("outbox_age: off", "disk_free: off"), (None, None)),
    ],
    ids=["nothing said", "said", "off"],
)
def test_limits_of_the_file(lines: tuple[str, ...], limits: tuple[float | None, ...], tmp_path: Path) -> None:
    assert tuple(load(read(tmp_path, *lines)).limits) == limits


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("outbox_age: soon", "expected a duration such as 10m, or off"),
        ("outbox_age: 0", "expected a duration such as 10m, or off"),
        ("disk_free: 5%", "expected a size such as 200MB or 1.5GB, or off"),
        ("disk_free: 200", "expected a size such as 200MB or 1.5GB, or off"),
        ('heartbeat: {url: "http://hc.example"}', "expected https:// (http:// only to this machine itself)"),
        ('heartbeat: {url: "https://hc.example", every: 1s}', "expected 10 or more"),
    ],
)
def test_mistakes_in_the_file(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(read(tmp_path, line))
    (problem,) = caught.value.problems
    assert (problem.line, said in problem.message) == (4, True)


def test_a_heartbeats_files_are_beside_the_configuration(tmp_path: Path) -> None:
    heartbeat = load(read(tmp_path, "heartbeat: {url: 'file:key', ca_file: own.pem}")).heartbeat
    assert heartbeat is not None
    assert (repr(heartbeat.url), heartbeat.ca_file) == (f"Secret(file:{tmp_path}/key)", f"{tmp_path}/own.pem")
    assert heartbeat.every == 60


@pytest.mark.parametrize("line", ["", "heartbeat: off"])
def test_without_one(line: str, tmp_path: Path) -> None:
    assert load(read(tmp_path, line)).heartbeat is None
