"""Rule files that people give the bot, on each platform and with the real clerk: fetched only from whom it may be, and
imported as what is typed."""

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from alertd.bot.asking import LONGEST_FILE
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.discord_interactions import LATER
from alertd.demo.platforms.http import HttpPlatform
from alertd.demo.platforms.record import Act, Answer, Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.slack_people import TEAM
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.telegram_form import No
from alertd.model.people import Identity, Role
from alertd.wire.session import http_session
from tests.bot.do.talk import live
from tests.bot.room import Room, room
from tests.bot.slack_desk import ANN
from tests.bot.slack_desk import desk as slack_desk
from tests.bot.telegram_desk import Desk, running
from tests.bot.test_discord import stood

GOOD = b"version: 1\nrules:\n  - {name: a, symbols: [BTC], when: price > 90000, fire: once}\n"
FULL = GOOD + b"#" * (LONGEST_FILE - len(GOOD))
GROUP = "-1001"
DIED = Answer(act=Act.DROP, at="GET")
ELSEWHERE = Answer(302, {"Location": "/elsewhere"}, at="GET")


@dataclass(frozen=True)
class Bench:
    """A bot on its platform, and somebody there. `gives` hands it a file and reads what comes back, `fetched` counts
    the files that the platform was asked for."""

    platform: HttpPlatform
    who: Identity
    address: str
    secret: str
    gives: Callable[[str, bytes], Awaitable[str]]
    fetched: Callable[[], int]


@asynccontextmanager
async def on_telegram(stand: Room, folder: Path) -> AsyncIterator[Bench]:
    token = f"110:{secrets.token_hex(8)}"
    async with (
        TelegramPlatform(Record(now=stand.clock.now), token) as platform,
        http_session() as session,
        running(Desk(platform, stand.clerk, stand.clock).bot(session, folder, token)),
    ):
        ann = platform.user(700_001, "Ann")

        async def gives(name: str, content: bytes) -> str:
            return (await ann.gives(name, content)).text

        identity = Identity("telegram", "", ann.chat)
        yield Bench(platform, identity, ann.chat, token, gives, lambda: len(platform.uploads.fetched))


@asynccontextmanager
async def on_slack(stand: Room, _: Path) -> AsyncIterator[Bench]:
    async with slack_desk(stand.clerk, stand.clock) as at:

        async def gives(name: str, content: bytes) -> str:
            return (await at.ann.gives(name, content)).text

        await at.platform.line.listened()
        platform, identity = at.platform, Identity("slack", TEAM, ANN)
        yield Bench(platform, identity, ANN, platform.token, gives, lambda: len(platform.uploads.fetched))


@asynccontextmanager
async def on_discord(stand: Room, folder: Path) -> AsyncIterator[Bench]:
    async with stood(folder, clerk=stand.clerk, clock=stand.clock) as at:

        async def gives(name: str, content: bytes) -> str:
            return (await at.ann.gives(name, content)).text

        platform, identity = at.platform, Identity("discord", "", at.ann.id)
        yield Bench(platform, identity, f"user:{at.ann.id}", platform.token, gives, lambda: len(platform.cdn.fetched))


PLATFORMS: dict[str, Callable[[Room, Path], AbstractAsyncContextManager[Bench]]] = {
    "telegram": on_telegram,
    "slack": on_slack,
    "discord": on_discord,
}


@pytest.fixture
async def stand() -> AsyncIterator[Room]:
    async with room() as stand:
        yield stand


@pytest.fixture(params=PLATFORMS)
async def bench(request: pytest.FixtureRequest, stand: Room, tmp_path: Path) -> AsyncIterator[Bench]:
    async with PLATFORMS[request.param](stand, tmp_path) as bench:
        yield bench
        assert bench.platform.record.wrong == []


async def enrolled(stand: Room, who: Identity, address: str, role: Role = Role.USER) -> None:
    people = stand.office.people
    person, row = people.enrol(role, stand.clock.now())
    await stand.pipeline.serve(people=[row, people.link(person.number, who, address, "ann")])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("alerts.yaml", GOOD, id="as it was exported"),
        pytest.param("Mine (2).YML", GOOD, id="by another name"),
        pytest.param("alerts.yaml", b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n"), id="as Windows saves it"),
        pytest.param("alerts.yaml", FULL, id="as large as may be"),
    ],
)
async def test_a_file_is_imported(name: str, content: bytes, bench: Bench, stand: Room) -> None:
    await enrolled(stand, bench.who, bench.address)
    said = await bench.gives(name, content)
    assert "Imported: #1" in said
    assert "BTC: price > 90000, once" in said
    assert (live(stand), bench.fetched()) == ({("@1", "1")}, 1)


@pytest.mark.parametrize(
    ("name", "content", "reply", "fetched"),
    [
        pytest.param("alerts.yaml", FULL + b"#", "larger than 64 KiB", 0, id="too large"),
        pytest.param("alerts.txt", GOOD, "a rule file's name ends in .yaml", 0, id="no rule file"),
        pytest.param("alerts.yaml", GOOD + b"# \xe9\n", "alerts.yaml:4: this is not UTF-8 text", 1, id="not UTF-8"),
        pytest.param("alerts.yaml", GOOD.replace(b">", b">>"), "alerts.yaml:3:44:", 1, id="a mistake"),
        pytest.param("alerts.yaml", GOOD + b" - x: [", "alerts.yaml:4:2:", 1, id="no YAML"),
    ],
)
async def test_what_is_wrong_with_a_file_is_said(
    name: str, content: bytes, reply: str, fetched: int, bench: Bench, stand: Room
) -> None:
    await enrolled(stand, bench.who, bench.address)
    said = await bench.gives(name, content)
    assert "Nothing was imported" in said
    assert reply in said
    assert (live(stand), bench.fetched()) == (set(), fetched)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([DIED, DIED], id="the connection breaks"),
        pytest.param([Answer(404, at="GET")], id="it is gone"),
        pytest.param([Answer(503, at="GET")], id="the platform has trouble"),
        pytest.param([ELSEWHERE], id="it is elsewhere"),
    ],
)
async def test_a_file_that_does_not_come_is_told_of(
    answers: list[Answer], bench: Bench, stand: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await enrolled(stand, bench.who, bench.address)
    bench.platform.record.answers.extend(answers)
    said = await bench.gives("alerts.yaml", GOOD)
    assert "Nothing was imported: the file did not come" in said
    assert (live(stand), bench.fetched()) == (set(), 0)
    assert not any("elsewhere" in request.path for request in bench.platform.requests)
    assert "Imported: #1" in await bench.gives("alerts.yaml", GOOD)
    assert bench.secret not in caplog.text + said


async def test_no_more_is_read_than_may_be_whatever_was_announced(bench: Bench, stand: Room) -> None:
    await enrolled(stand, bench.who, bench.address)
    bench.platform.record.answers.append(Answer(body=b"#" * 1_000_000, at="GET"))
    assert "larger than 64 KiB" in await bench.gives("alerts.yaml", GOOD)


@pytest.mark.parametrize(
    ("role", "reply"),
    [
        pytest.param(None, "I do not know you", id="a stranger"),
        pytest.param(Role.VIEWER, "You may not do that", id="a viewer"),
        pytest.param(Role.BANNED, "You are banned here", id="somebody banned"),
    ],
)
async def test_the_file_of_whoever_may_not_is_not_fetched(
    role: Role | None, reply: str, bench: Bench, stand: Room
) -> None:
    if role is not None:
        await enrolled(stand, bench.who, bench.address, role)
    before = len(bench.platform.requests)
    assert reply in await bench.gives("alerts.yaml", GOOD)
    after = bench.platform.requests[before:]
    assert not [request for request in after if request.method == "GET" or "getFile" in request.path]
    assert bench.fetched() == 0
    assert live(stand) == set()


# ── Telegram ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def telegram(stand: Room, tmp_path: Path) -> AsyncIterator[TelegramPlatform]:
    async with on_telegram(stand, tmp_path) as bench:
        await enrolled(stand, bench.who, bench.address)
        assert isinstance(bench.platform, TelegramPlatform)
        yield bench.platform
        assert bench.platform.record.wrong == []


async def test_in_a_group_a_file_is_for_whoever_says_so(telegram: TelegramPlatform, stand: Room) -> None:
    ann = telegram.user(700_001)
    ann.started = True
    ann.drops("alerts.yaml", GOOD, GROUP, caption="look at this")
    ann.drops("alerts.yaml", GOOD.replace(b"9", b"8"), GROUP, caption="/import@alertd_bot")
    told = await ann.reads()
    assert told.address == ann.chat
    assert "BTC: price > 80000" in told.text
    assert live(stand) == {("@1", "1")}


async def test_a_place_on_a_disk_is_not_read(telegram: TelegramPlatform, stand: Room, tmp_path: Path) -> None:
    file = tmp_path / "alerts.yaml"
    file.write_bytes(GOOD)
    telegram.uploads.disk = str(file)
    said = (await telegram.user(700_001).gives("alerts.yaml", GOOD)).text
    assert "the file did not come" in said
    assert (live(stand), telegram.uploads.fetched) == (set(), [])


async def test_what_telegram_says_of_a_file_is_told(telegram: TelegramPlatform) -> None:
    telegram.refusing["getFile"].append(No(400, "Bad Request: file is too big"))
    assert "HTTP 400: Bad Request: file is too big" in (await telegram.user(700_001).gives("a.yaml", GOOD)).text


# ── places that come from outside ────────────────────────────────────────────────────────────────────────────────────

PLACES = {
    "another host": "http://localhost:{other}/a.yaml",
    "another scheme": "https://localhost:{own}/a.yaml",
    "a user": "http://ann@localhost:{own}/a.yaml",
    "another host behind a user": "http://localhost:{own}@localhost:{other}/a.yaml",
    "a host that ends alike": "http://evil-localhost:{own}/a.yaml",
    "a file": "file:///etc/hostname",
    "a path": "/a.yaml",
    "no URL": "http://[",
    "nothing": "",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
async def test_slacks_token_goes_nowhere_else(place: str, stand: Room) -> None:
    async with slack_desk(stand.clerk, stand.clock) as at, DiscordPlatform(Record(), token="", hook="") as other:
        await at.platform.line.listened()
        await enrolled(stand, Identity("slack", TEAM, ANN), ANN)
        before = len(at.platform.requests)
        file = {
            "name": "a.yaml",
            "size": 9,
            "url_private_download": place.format(own=at.platform.port, other=other.port),
        }
        said = await at.ann.answer(at.ann.shares(file))
        assert "It is not with Slack itself" in said.text
        assert [request for request in at.platform.requests[before:] if request.method == "GET"] == []
        assert other.requests == []


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
async def test_discords_files_come_from_nowhere_else(place: str, stand: Room, tmp_path: Path) -> None:
    async with (
        stood(tmp_path, clerk=stand.clerk, clock=stand.clock) as at,
        DiscordPlatform(Record(), token="", hook="") as other,
    ):
        await enrolled(stand, Identity("discord", "", at.ann.id), "user:1")
        before = len(at.platform.requests)
        file = at.platform.cdn.put("", "a.yaml", GOOD)
        file["url"] = place.format(own=at.platform.port, other=other.port)
        said = await at.ann.answer(at.ann.attaches(file))
        assert "It is not with Discord itself" in said.text
        assert [request for request in at.platform.requests[before:] if request.method == "GET"] == []
        assert other.requests == []


# ── Slack ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def slack(stand: Room, tmp_path: Path) -> AsyncIterator[SlackPlatform]:
    async with on_slack(stand, tmp_path) as bench:
        await enrolled(stand, bench.who, bench.address)
        assert isinstance(bench.platform, SlackPlatform)
        yield bench.platform
        assert bench.platform.record.wrong == []


@pytest.mark.parametrize("page", [b"", b"\n<!DOCTYPE html><title>Sign in</title>"], ids=["sent away", "a page"])
async def test_an_app_without_the_scope_is_told_which(page: bytes, slack: SlackPlatform, stand: Room) -> None:
    slack.uploads.readable = False
    if page:
        slack.record.answers.append(Answer(body=page, at="GET"))
    said = await slack.user(ANN).gives("alerts.yaml", GOOD)
    assert "The app may not read it: it needs the scope files:read." in said.text
    assert live(stand) == set()


async def test_what_slack_tells_again_is_imported_once(slack: SlackPlatform, stand: Room) -> None:
    ann = slack.user(ANN)
    first = await ann.gives("alerts.yaml", GOOD)
    assert (await ann.answer(ann.again())).text == first.text
    assert (len(slack.uploads.fetched), live(stand)) == (1, {("@1", "1")})


async def test_several_files_in_one_message_are_none(slack: SlackPlatform, stand: Room) -> None:
    ann = slack.user(ANN)
    said = await ann.answer(ann.drops(("a.yaml", GOOD), ("b.yaml", GOOD)))
    assert "give me one file at a time" in said.text
    assert (slack.uploads.fetched, live(stand)) == ([], set())


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_that_takes_its_time_is_promised(stand: Room, tmp_path: Path) -> None:
    async with stood(tmp_path, clerk=stand.clerk, clock=stand.clock) as at:
        await enrolled(stand, Identity("discord", "", at.ann.id), "user:1")
        at.platform.record.answers.append(Answer(act=Act.SILENCE, at="GET"))
        asking = await at.ann.drops("alerts.yaml", GOOD)
        await at.until(lambda: asking.answers == [LATER])
        assert "No answer in time." in (await at.ann.reads()).text
        assert live(stand) == set()
        assert at.platform.record.wrong == []


async def test_without_a_file_its_text_is_asked_for(stand: Room, tmp_path: Path) -> None:
    async with stood(tmp_path, clerk=stand.clerk, clock=stand.clock) as at:
        await enrolled(stand, Identity("discord", "", at.ann.id), "user:1")
        assert "Imported: #1" in (await at.ann.says(f"/import {GOOD.decode()}")).text
        assert (at.platform.cdn.fetched, live(stand)) == ([], {("@1", "1")})
