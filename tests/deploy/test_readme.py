"""The operator's page: its metrics are those that are served, its commands those of the program."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from alertd.cli import COMMANDS, main
from alertd.web.metrics import Metrics

PAGE = (Path(__file__).parents[2] / "deploy" / "README.md").read_text()


def test_every_metric_is_explained() -> None:
    metrics = Metrics()
    metrics.reload(True, 0.0)
    names = {family.name + ("_total" if family.type == "counter" else "") for family in metrics.registry.collect()}
    names = {name for name in names if name.startswith("alertd_")}  # the others are those of every process
    assert set(re.findall(r"^\| `(alertd_\w+)` \|", PAGE, re.MULTILINE)) == names


@pytest.mark.parametrize("command", sorted(set(re.findall(r"alertd (\w[\w-]*)(?= |$|`)", PAGE)) & set(COMMANDS)))
def test_its_commands_are_there(command: str) -> None:
    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0
