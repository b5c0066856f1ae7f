"""The example configuration and the example rules, together as an operator would try them."""

import re
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from alertd.app.heartbeat import Heartbeat
from alertd.cli import main
from alertd.config import Config, load
from alertd.config.build import build_channels, build_sources
from tests.deploy.installed import EXAMPLE, install
from tests.fakes import HandClock


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return install(tmp_path, monkeypatch)


def test_check_takes_it_with_every_example_rule(example: Path) -> None:
    result = CliRunner().invoke(main, ["check", "--config", str(example)])
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.rstrip().endswith("all is well")


def test_what_is_in_comments_is_looked_at() -> None:
    assert set(re.findall(r"^(public_url|heartbeat):", EXAMPLE, re.MULTILINE)) == {"public_url", "heartbeat"}


async def test_all_that_it_names_can_be_built(example: Path) -> None:
    config: Config = load(example)
    async with aiohttp.ClientSession() as session:
        sources = build_sources(config, session, HandClock())
        channels = build_channels(config, session)
        assert config.heartbeat is not None
        assert Heartbeat(config.heartbeat, session, HandClock()).trouble is None
        assert [source.name for source in sources] == ["binance", "coingecko", "tokenmetrics", "fear_greed"]
        assert [channel.name for channel in channels] == list(config.channels)
        for channel in channels:
            await channel.close()
