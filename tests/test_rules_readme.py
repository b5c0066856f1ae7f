"""The page of the condition language: every condition on it is one, its tables are the program's own."""

import re
from pathlib import Path

import pytest

from alertd.conditions.check import compile_condition
from alertd.conditions.fields import FIELDS
from alertd.model.universe import Universe
from alertd.rules.build import RULE_KEYS
from alertd.rules.files import RuleText, read_rules
from alertd.rules.keys import SAY
from tests.fakes import START

RULES = Path(__file__).parents[1] / "rules"
PAGE = (RULES / "README.md").read_text()
COINS = ("BTC", "ETH", "1INCH")
UNIVERSE = Universe(
    coins={coin: coin for coin in COINS},
    sources={kind: frozenset(f.name for f in FIELDS.values() if kind in f.sources) for kind in FIELDS["price"].sources}
    | {"fear_greed": frozenset({"fear_greed"})},
)


def table(title: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" |") for cell in row] for row in rows[2:]]


@pytest.mark.parametrize("sentence", [row[0].strip("`") for row in table("Conditions")])
def test_every_condition_is_one(sentence: str) -> None:
    assert compile_condition(sentence, UNIVERSE).warnings == ()


def test_the_fields_are_those_there_are() -> None:
    expected = [
        [f"`{spec.name}`", spec.doc, spec.unit.value, ", ".join(spec.sources), ", ".join(spec.labels)]
        for spec in FIELDS.values()
    ]
    assert [row + [""] * (5 - len(row)) for row in table("Fields")] == expected


def test_the_keys_are_those_there_are() -> None:
    keys = {row[0].strip("`") for row in table("Keys of a rule")} | {"was"}
    assert keys == set(RULE_KEYS)


def test_the_names_of_say_are_those_there_are() -> None:
    (row,) = (row for row in table("Keys of a rule") if row[0] == "`say`")
    assert re.findall(r"\{(\w+)\}", row[2]) == list(SAY)


def test_the_file_shown_is_one() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert read_rules([RuleText("README.md", shown.encode())], UNIVERSE, START).problems == ()


def test_every_example_is_listed() -> None:
    assert {row[0].strip("`") for row in table("The examples")} == {path.name for path in RULES.glob("*.yaml")}
