"""The systemd unit: that it is valid, locked down, and fits the example configuration."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from alertd.cli import EXIT_CONFIG, main

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = DEPLOY / "alertd.service"

analyze = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(analyze is None, reason="systemd-analyze is not on this machine")


def systemd_analyze(*args: str) -> subprocess.CompletedProcess[str]:
    assert analyze is not None
    command = [analyze, *args]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_systemd
def test_the_exposure_is_low() -> None:
    result = systemd_analyze("security", "--offline=true", "--no-pager", str(UNIT))
    exposure = re.search(r"Overall exposure level for alertd\.service: ([\d.]+)", result.stdout)
    assert exposure is not None, result.stderr
    assert float(exposure[1]) <= 1.5


@needs_systemd
def test_systemd_knows_every_line(tmp_path: Path) -> None:
    there = tmp_path / UNIT.name
    there.write_text(UNIT.read_text().replace("/opt/alertd/bin/alertd", sys.executable))
    result = systemd_analyze("verify", "--man=no", str(there))
    assert result.stderr == ""
    assert result.returncode == 0


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if line[:1].isupper() and "=" in line:
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("key", ["ExecStart", "ExecReload"])
def test_its_commands_are_those_of_alertd(key: str) -> None:
    program, command, *options = settings()[key][0].split()
    assert program == "/opt/alertd/bin/alertd"
    shown = CliRunner().invoke(main, [command, "--help"])
    assert shown.exit_code == 0
    assert all(option in shown.output for option in options if option.startswith("--"))


def test_it_does_not_start_again_on_mistakes() -> None:
    assert settings()["RestartPreventExitStatus"] == [str(EXIT_CONFIG)]


def test_it_loads_the_credentials_that_the_example_names() -> None:
    named = set(re.findall(r'"cred:(\w+)"', (DEPLOY / "alertd.example.yaml").read_text()))
    loaded = {value.partition(":")[0] for value in settings()["LoadCredential"]}
    assert named == loaded


def test_the_containers_commands_are_found_in_it() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert "python -m venv /opt/alertd " in text
    assert "ENV PATH=/opt/alertd/bin:$PATH " in text


def test_what_the_container_copies_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    for names in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in names.split():
            assert (DEPLOY.parent / name).exists(), name
