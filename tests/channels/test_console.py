"""The console prints blocks of plain text."""

import pytest

from alertd.channels.console import Console, check_address
from tests.channels.samples import FULL, NASTY, delivery
from tests.fakes import START


async def test_a_message_is_a_block(capsys: pytest.CaptureFixture[str]) -> None:
    await Console("console").send(delivery(FULL, address="trader"), START)
    assert capsys.readouterr().out.splitlines()[:2] == [
        "[trader] BTC broke 70,000 at 70,123.45",
        "    up 5.2% in 1h, from 66,650",
    ]


async def test_no_control_character_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    await Console("console").send(delivery(NASTY, address="trader"), START)
    printed = capsys.readouterr().out
    assert [char for char in printed if char != "\n" and not char.isprintable() and char != "\u200d"] == []
    assert "@everyone <!channel> <b>bold</b>" in printed


@pytest.mark.parametrize(("address", "fine"), [("trader", True), ("", False), ("a\x1b[2J", False)])
def test_addresses(address: str, fine: bool) -> None:
    assert (check_address(address) is None) == fine
