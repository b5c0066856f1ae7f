"""The demo itself, short: six coins, some hours around the crash, a real daemon that is killed and comes back."""

import io
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner
from rich.console import Console

from alertd.cli import main
from alertd.demo.market import HOUR, Market
from alertd.demo.play import play
from alertd.demo.session import generated


async def test_a_short_demo_loses_nothing() -> None:
    whole = generated()
    few = {coin: whole.market.bars[coin] for coin in ("BTC", "ETH", "SOL", "DOGE", "OP", "BONK")}
    session = replace(
        whole,
        market=Market(few),
        start=whole.steepest - 2 * HOUR,
        end=whole.steepest + 4 * HOUR,
    )
    said = io.StringIO()
    console = Console(file=said, width=100)
    verdict = await play(session, console)
    text = said.getvalue()
    assert verdict.good, text
    assert len(verdict.expected) >= 12, text
    assert "alertd is killed (-9): telegram has that message" in text
    assert "Nothing was lost." in text
    for shown in ("Storm: ", "Slack is down", "Slack is up again", "alertd why floor", "still firing after 2h"):
        assert shown in text
    for shown in (
        "talks to alertd on telegram",
        "talks to alertd on slack",
        "talks to alertd on discord",
        "Snoozed until",
    ):
        assert shown in text
    for person in ("trader over telegram", "desk over slack", "community over discord", "operator over email"):
        assert f"{person}: 0 messages" not in text


def test_a_file_that_cannot_be_played(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("symbol,open_time,open,high,low,close\nBTCUSD,2024-01-01T00:00:00Z,1,1,1\n")
    result = CliRunner().invoke(main, ["demo", "--prices", str(path)])
    assert result.exit_code == 78
    assert "bars.csv:2: 5 columns where the first line names 6" in result.output
