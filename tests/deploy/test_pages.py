"""The pages for operators and newcomers: every piece of configuration in them is one, every command is there."""

import gzip
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from alertd.cli import main
from alertd.cli.init import CONFIG
from alertd.rules.strict_yaml import read_document
from tests.deploy.installed import ROOT, install

NEWCOMERS, OPERATORS = ((ROOT / page).read_text() for page in ("README.md", "deploy/README.md"))
SECTIONS = ("sources", "channels")


def pieces(page: str) -> list[str]:
    """What is shown of `alertd.yaml`; a rule file begins otherwise."""
    return [each for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if not each.startswith("rules:")]


def with_piece(config: str, piece: str) -> str:
    """A configuration with a piece of another in place of its own. Every scalar stays the text that it is."""
    whole, part = (read_document("alertd.yaml", text.encode()).root for text in (config, piece))
    assert isinstance(whole, dict)
    assert isinstance(part, dict)
    for key, value in part.items():
        own = whole.get(key)
        if key in SECTIONS and isinstance(own, dict) and isinstance(value, dict):
            whole[key] = {**own, **value}
        else:
            whole[key] = value
    text: str = yaml.safe_dump(whole)
    return text


def check(path: Path) -> None:
    result = CliRunner().invoke(main, ["check", "--config", str(path)])
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize("piece", pieces(NEWCOMERS))
def test_what_newcomers_are_shown(piece: str, tmp_path: Path) -> None:
    path = tmp_path / "alertd.yaml"
    path.write_text(with_piece(CONFIG, piece))
    check(path)


@pytest.mark.parametrize("piece", pieces(OPERATORS), ids=lambda piece: piece.partition(":")[0])
def test_what_operators_are_shown(piece: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = "".join(f"BTC,2026-01-01T00:0{minute}:00Z,1,1,1,1\n" for minute in (0, 1))
    bars = f"symbol,open_time,open,high,low,close\n{minutes}".encode()
    (tmp_path / "btc.csv").write_bytes(bars)
    (tmp_path / "eth.csv.gz").write_bytes(gzip.compress(bars.replace(b"BTC", b"ETH")))
    path = install(tmp_path, monkeypatch)
    path.write_text(with_piece(path.read_text(), piece))
    check(path)


def commands() -> Iterator[str]:
    """Every call of alertd that is written as code, without what stands behind it."""
    for page in (NEWCOMERS, OPERATORS):
        for words in re.findall(r"^    alertd ([^#\n]+)|`(?:sudo )?alertd ([a-z][^`\n]*)`", page, re.MULTILINE):
            yield "".join(words).strip()


@pytest.mark.parametrize("words", dict.fromkeys(commands()))
def test_a_command_is_taken(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read, where the files that it names are there, and not run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    for name in ("alertd.yaml", "rules/first.yaml", "FILE"):
        (tmp_path / name).touch()
    group: click.Command = main
    args = shlex.split(words)
    context = click.Context(main)
    while isinstance(group, click.Group) and args:
        found = group.get_command(context, args.pop(0))
        assert found is not None, words
        group = found
    if not isinstance(group, click.Group):
        group.make_context("alertd", args)
