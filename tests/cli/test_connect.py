"""`alertd connect`, in a process of its own, against the loopback platforms: from the token to the first owner."""

import asyncio
import re
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from alertd.app.newcomers import MANIFEST, PLATFORMS
from alertd.cli import main
from alertd.cli.init import CONFIG
from alertd.config import load
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.web.metrics import Metrics
from alertd.web.server import serve

PATIENCE = 30.0


def token() -> str:
    return f"110201543:{secrets.token_hex(16)}"


class Talk:
    """A running `alertd connect`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said = ""

    async def until(self, pattern: str) -> str:
        """The first group of what it says next that is so."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while not (found := re.search(pattern, self.said)):
                line = await self._process.stdout.readline()
                assert line, f"it ended without {pattern}:\n{self.said}"
                self.said += line.decode()
        return found[1] if found.groups() else found[0]

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            assert self._process.stdout is not None
            self.said += (await self._process.stdout.read()).decode()
            return await self._process.wait()


@asynccontextmanager
async def connect(folder: Path, platform: str, tokens: Sequence[str], *options: str) -> AsyncIterator[Talk]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alertd", "connect", platform, *options),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin is not None
    process.stdin.write("".join(f"{each}\n" for each in tokens).encode())
    process.stdin.close()
    try:
        yield Talk(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "alertd.yaml").write_text(CONFIG)
    return tmp_path


async def test_from_the_token_to_the_first_owner(folder: Path) -> None:
    key = token()
    async with TelegramPlatform(Record(), key) as platform:
        async with connect(folder, "telegram", [key], "--url", f"{platform.url}/") as talk:
            code = await talk.until(r"https://t\.me/\w+\?start=(\w+)")
            said = await platform.user(77, "Ann").says(f"/start {code}")
            assert "owner" in said.text
            assert await talk.ended() == 0, talk.said
        assert "done: @1 is the owner" in talk.said
        assert key not in talk.said
        assert (folder / "keys/telegram").read_text() == f"{key}\n"
        assert {(folder / "keys" / name).stat().st_mode & 0o777 for name in ("telegram", "chat")} == {0o600}
        config = load(folder / "alertd.yaml")
        assert config.chat is not None
        assert config.chat.channels == ("telegram",)
        assert (folder / "alertd.yaml").read_text().startswith(CONFIG.partition("channels:")[0])

        # Done again with a new token: it takes the place of the old one, and the owner stays who they are.
        platform.token = again = token()
        drawn = (folder / "keys/chat").read_text()
        async with connect(folder, "telegram", [again]) as talk:
            assert await talk.ended() == 0, talk.said
        assert "done: you are @1 there already" in talk.said
        assert (folder / "keys/telegram").read_text() == f"{again}\n"
        assert (folder / "keys/chat").read_text() == drawn


async def test_the_same_owner_comes_on_another_platform(folder: Path) -> None:
    first, second = token(), secrets.token_hex(20)
    async with (
        TelegramPlatform(Record(), first) as telegram,
        DiscordPlatform(Record(), token=second, hook="") as discord,
    ):
        async with connect(folder, "telegram", [first], "--url", telegram.url) as talk:
            code = await talk.until(r"start=(\w+)")
            await telegram.user(77, "Ann").says(f"/start {code}")
            assert await talk.ended() == 0, talk.said
        async with connect(folder, "discord", [second], "--url", discord.api) as talk:
            code = await talk.until(r"/start (\w+)")
            assert "client_id=" in talk.said
            await discord.line.joined()
            await discord.user("200000000000000001").says(f"/start {code}")
            assert await talk.ended() == 0, talk.said
        assert "done: @1 is the owner" in talk.said


async def test_a_wrong_token_changes_nothing(folder: Path) -> None:
    async with (
        TelegramPlatform(Record(), token()) as platform,
        connect(folder, "telegram", [token()], "--url", platform.url) as talk,
    ):
        assert await talk.ended() == 1
    assert "Telegram says: Unauthorized. The token in force is in BotFather's /mybots" in talk.said
    assert not (folder / "keys").exists()
    assert (folder / "alertd.yaml").read_text() == CONFIG


async def test_a_platform_that_is_away(folder: Path) -> None:
    async with connect(folder, "telegram", [token()], "--url", "http://127.0.0.1:9") as talk:
        assert await talk.ended() == 1
    assert "127.0.0.1:9 cannot be reached: connection refused" in talk.said


async def test_a_place_that_is_no_platform(folder: Path) -> None:
    async with serve("127.0.0.1", 0, metrics=Metrics(), not_ready=list) as port:
        async with connect(folder, "telegram", [token()], "--url", f"http://127.0.0.1:{port}") as talk:
            assert await talk.ended() == 1
        assert f"127.0.0.1:{port} answers with something else than JSON: it is not the platform's API" in talk.said


SLIPS = [
    ("no token of Telegram's", "telegram", ["hello"], "The bot's token looks otherwise: digits, a colon, letters"),
    ("a way out of the path", "telegram", ["1:a/../b"], "The bot's token looks otherwise"),
    ("Slack's in the wrong order", "slack", ["xapp-1", "xoxb-2"], "Bot User OAuth Token looks otherwise: xoxb- and"),
    ("Slack's other one", "slack", ["xoxb-1", "xoxp-2"], "App-Level Token looks otherwise: xapp- and more"),
]


@pytest.mark.parametrize(("platform", "tokens", "expected"), [slip[1:] for slip in SLIPS], ids=[s[0] for s in SLIPS])
def test_what_cannot_be_a_token_is_sent_nowhere(
    folder: Path, platform: str, tokens: Sequence[str], expected: str
) -> None:
    # Nothing listens at that port: whoever asked would say so.
    arguments = ["connect", platform, "--config", str(folder / "alertd.yaml"), "--url", "http://127.0.0.1:9"]
    result = CliRunner().invoke(main, arguments, input="\n".join(tokens))
    assert result.exit_code == 1
    assert expected in result.stderr
    assert not (folder / "keys").exists()


@pytest.mark.parametrize("url", ["ftp://foo", "foo", "http://api.example", "https://ann:b@api.example"])
def test_a_url_that_cannot_be_one_is_a_usage_error(folder: Path, url: str) -> None:
    arguments = ["connect", "telegram", "--config", str(folder / "alertd.yaml"), "--url", url]
    result = CliRunner().invoke(main, arguments, input=token())
    assert result.exit_code == 2
    assert "Invalid value for '--url'" in result.stderr


REFUSED = [
    ("a webhook", 'slack: {webhook: "env:HOOK"}', "slack", "cannot listen as it is written"),
    ("Slack without the app's token", 'slack: {token: "env:SLACK"}', "slack", "takes its token from env:SLACK"),
    (
        "a token that is elsewhere",
        'telegram: {token: "cred:telegram"}',
        "telegram",
        "takes its token from cred:telegram",
    ),
]


@pytest.mark.parametrize(
    ("section", "platform", "expected"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_is_written_otherwise_is_left_to_people(folder: Path, section: str, platform: str, expected: str) -> None:
    path = folder / "alertd.yaml"
    path.write_text(f"version: 1\nchannels:\n  {section}\n")
    before = path.read_text()
    result = CliRunner().invoke(main, ["connect", platform, "--config", str(path)], input=token())
    assert result.exit_code == 78
    assert expected in result.stderr
    assert path.read_text() == before


async def test_a_section_in_braces_is_shown_what_to_write(folder: Path) -> None:
    path, key = folder / "alertd.yaml", token()
    path.write_text("version: 1\nchannels: {console: {}}\n")
    async with (
        TelegramPlatform(Record(), key) as platform,
        connect(folder, "telegram", [key], "--url", platform.url) as talk,
    ):
        assert await talk.ended() == 78
    assert 'token: "file:keys/telegram"' in talk.said
    assert path.read_text() == "version: 1\nchannels: {console: {}}\n"


def test_the_manifest_asks_for_what_the_bot_uses() -> None:
    manifest = yaml.safe_load(MANIFEST)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert {each["command"] for each in manifest["features"]["slash_commands"]} == {"/alert", "/alertd"}
    assert {"chat:write", "commands", "files:read", "files:write", "im:history"} <= set(
        manifest["oauth_config"]["scopes"]["bot"]
    )
    assert MANIFEST in PLATFORMS["slack"].steps
