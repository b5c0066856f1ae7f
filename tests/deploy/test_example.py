"""The example configuration and the example rules, together as an operator would try them."""

import re
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from alertd.cli import main
from alertd.config import Config, load
from alertd.config.build import build_channels, build_sources
from tests.fakes import HandClock

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "deploy" / "alertd.example.yaml").read_text()


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as installed below a folder of this test's, with made-up secrets where it says they are."""
    for folder in ("keys", "credentials"):
        (tmp_path / folder).mkdir()
    for name in re.findall(r'"file:/etc/alertd/keys/([\w-]+)"', EXAMPLE):
        secret = "https://discord.example/api/webhooks/1/made-up" if name.startswith("discord") else "made-up"
        (tmp_path / "keys" / name).write_text(secret)
    for name in re.findall(r'"cred:(\w+)"', EXAMPLE):
        (tmp_path / "credentials" / name).write_text("123456:made-up")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    text = EXAMPLE.replace("/etc/alertd/keys", f"{tmp_path}/keys").replace("/etc/alertd/rules.d", f"{ROOT}/rules")
    path = tmp_path / "alertd.yaml"
    path.write_text(text.replace("/var/lib/alertd", str(tmp_path)).replace("/run/alertd", str(tmp_path)))
    return path


def test_check_takes_it_with_every_example_rule(example: Path) -> None:
    result = CliRunner().invoke(main, ["check", "--config", str(example)])
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.rstrip().endswith("all is well")


async def test_all_that_it_names_can_be_built(example: Path) -> None:
    config: Config = load(example)
    async with aiohttp.ClientSession() as session:
        sources = build_sources(config, session, HandClock())
        channels = build_channels(config, session)
        assert [source.name for source in sources] == ["binance", "coingecko", "tokenmetrics", "fear_greed"]
        assert [channel.name for channel in channels] == list(config.channels)
        for channel in channels:
            await channel.close()
