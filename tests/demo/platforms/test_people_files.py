"""Files of people on the loopback platforms: handed over to whoever may have them, and to nobody else."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession
from yarl import URL

from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.discord_cdn import LASTS as SIGNED
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.demo.platforms.telegram_files import LARGEST, LASTS
from alertd.wire.session import http_session

CONTENT = b"version: 1\n"


@dataclass
class Clock:
    now: float = 1_000_000.0
    record: Record = field(init=False)

    def __post_init__(self) -> None:
        self.record = Record(now=lambda: self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with http_session() as session:
        yield session


@pytest.fixture
async def telegram(clock: Clock) -> AsyncIterator[TelegramPlatform]:
    tokens = [f"{number}:{secrets.token_hex(4)}" for number in (110, 111)]
    async with TelegramPlatform(clock.record, tokens[0], tokens=tokens[1:]) as platform:
        yield platform


async def asked(session: ClientSession, platform: TelegramPlatform, token: str, file: object) -> tuple[int, str]:
    """The status of getFile, and the place or the refusal."""
    async with session.post(f"{platform.url}/bot{token}/getFile", json={"file_id": file}) as answer:
        body = await answer.json()
        return answer.status, body["result"]["file_path"] if body["ok"] else body["description"]


async def got(session: ClientSession, url: str | URL, **headers: str) -> tuple[int, bytes]:
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.read()


async def test_telegram_hands_a_file_over_at_its_place(telegram: TelegramPlatform, session: ClientSession) -> None:
    file = telegram.uploaded("a.yaml", CONTENT)
    assert (file["file_name"], file["file_size"]) == ("a.yaml", len(CONTENT))
    status, place = await asked(session, telegram, telegram.token, file["file_id"])
    assert status == 200
    assert await got(session, f"{telegram.url}/file/bot{telegram.token}/{place}") == (200, CONTENT)


async def test_telegram_knows_files_by_their_bots(telegram: TelegramPlatform, session: ClientSession) -> None:
    file, (other,) = telegram.uploaded("a.yaml", CONTENT)["file_id"], telegram.tokens
    wrong = "Bad Request: wrong file_id or the file is temporarily unavailable"
    assert await asked(session, telegram, other, file) == (400, wrong)
    assert await asked(session, telegram, telegram.token, "BQAC9") == (400, wrong)
    assert await asked(session, telegram, "110:other", file) == (401, "Unauthorized")
    _, place = await asked(session, telegram, telegram.token, file)
    for token, status in ((other, 404), ("110:other", 401)):
        assert (await got(session, f"{telegram.url}/file/bot{token}/{place}"))[0] == status


async def test_telegrams_place_lasts_for_an_hour_from_when_it_was_asked_for(
    telegram: TelegramPlatform, session: ClientSession, clock: Clock
) -> None:
    file = telegram.uploaded("a.yaml", CONTENT)["file_id"]
    url = f"{telegram.url}/file/bot{telegram.token}/documents/{file}.yaml"
    assert (await got(session, url))[0] == 404
    await asked(session, telegram, telegram.token, file)
    clock.now += LASTS - 1
    assert (await got(session, url))[0] == 200
    clock.now += 1
    assert (await got(session, url))[0] == 404
    await asked(session, telegram, telegram.token, file)
    assert (await got(session, url))[0] == 200


async def test_telegram_has_no_huge_files_for_bots(telegram: TelegramPlatform, session: ClientSession) -> None:
    file = telegram.uploaded("a.yaml", bytes(LARGEST + 1))["file_id"]
    assert await asked(session, telegram, telegram.token, file) == (400, "Bad Request: file is too big")


async def test_slack_opens_a_file_for_the_bots_token_alone(clock: Clock, session: ClientSession) -> None:
    token = secrets.token_hex(8)
    async with SlackPlatform(clock.record, token=token, hook="") as platform:
        file = platform.uploads.put(platform.url, "a.yaml", CONTENT)
        url = file["url_private_download"]
        assert await got(session, url, Authorization=f"Bearer {token}") == (200, CONTENT)
        assert (await got(session, url.replace(file["id"], "F9"), Authorization=f"Bearer {token}"))[0] == 404
        assert clock.record.wrong == []
        platform.uploads.readable = False
        assert (await got(session, url, Authorization=f"Bearer {token}"))[0] == 302
        assert clock.record.wrong == []
        platform.uploads.readable = True
        assert (await got(session, url))[0] == 302
        assert (await got(session, url, Authorization="Bearer another"))[0] == 302
        assert clock.record.wrong == ["slack: a file is asked for without the bot's token"] * 2


async def test_discords_url_is_all_that_it_takes_for_a_day(clock: Clock, session: ClientSession) -> None:
    async with DiscordPlatform(clock.record, token=secrets.token_hex(8), hook="") as platform:
        url = URL(platform.cdn.put(platform.url, "a.yaml", CONTENT)["url"])
        assert await got(session, url) == (200, CONTENT)
        assert (await got(session, url.with_query(None)))[0] == 404
        assert (await got(session, url.update_query(hm="0")))[0] == 404
        assert clock.record.wrong == []
        await got(session, url, Authorization=f"Bot {platform.token}")
        assert clock.record.wrong == ["discord: the CDN is shown a credential"]
        clock.now += SIGNED
        assert (await got(session, url))[0] == 404
