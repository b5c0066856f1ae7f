"""One of each kind, once: all of them, as often as it takes to trust them, are `make faults`. What takes hours of the
daemon's clock, or measures how fast it is, is there alone."""

import os
from pathlib import Path

import pytest

from tests.faults.__main__ import ROWS, main

QUICK = (
    "kill-in-commit",
    "kill-in-send",
    "kill-in-note",
    "database-locked",
    "wal-cut-page",
    "sigterm-in-flight",
    "sighup-100",
    "storm-429",
    "poison",
    "clock-back-1h",
    "feed-lying",
)


def test_the_list_has_a_line_for_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(ROWS)
    assert all(len(line.split()) > 3 and len(line) <= 130 for line in lines)


@pytest.mark.parametrize("name", QUICK)
async def test_fault(name: str, tmp_path: Path) -> None:
    assert (await ROWS[name](tmp_path, 0)).missed == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
async def test_full_disk(tmp_path: Path) -> None:
    assert (await ROWS["disk-full"](tmp_path, 0)).missed == []
