"""What holds for the project as a whole: indexes that name every file, sizes, hashed pins."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from alertd import channels, sources

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "alertd").rglob("*.py"))
LOCKS = ("requirements.txt", "requirements-dev.txt")

MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_POSITIONAL = 300, 40, 5


def stems(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / "alertd" / folder).glob("*.py")}


def defines_a_kind(folder: str, stem: str) -> bool:
    tree = ast.parse((ROOT / "alertd" / folder / f"{stem}.py").read_text())
    return any(
        isinstance(node, ast.Assign) and any(isinstance(name, ast.Name) and name.id == "KIND" for name in node.targets)
        for node in tree.body
    )


@pytest.mark.parametrize(("folder", "index"), [("channels", channels.KINDS), ("sources", sources.KINDS)])
def test_every_kind_is_in_its_index(folder: str, index: dict[str, object]) -> None:
    assert {stem for stem in stems(folder) if defines_a_kind(folder, stem)} == set(index)


def test_a_kind_knows_no_other() -> None:
    """The independence contracts name every channel and every source."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {module for contract in contracts if contract["type"] == "independence" for module in contract["modules"]}
    assert named == {f"alertd.channels.{kind}" for kind in channels.KINDS} | {
        f"alertd.sources.{kind}" for kind in sources.KINDS
    }


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_sizes(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            own = [arg.arg for arg in node.args.posonlyargs + node.args.args if arg.arg not in ("self", "cls")]
            assert (node.end_lineno or 0) - node.lineno < MOST_LINES_OF_A_FUNCTION, node.name
            assert len(own) <= MOST_POSITIONAL, node.name


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash_and_no_machine_is_named(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^([a-z0-9-]+)==.+ \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z]", text, re.MULTILINE))
    assert not re.search(r"://|^-|--index|find-links| /", text, re.MULTILINE)


def test_the_pins_are_of_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = [wanted for group in project["project"]["optional-dependencies"].values() for wanted in group]
    runtime = [*project["project"]["dependencies"], *extras]
    development = [*runtime, *project["dependency-groups"]["dev"], *project["build-system"]["requires"], "editables"]
    for wanted, lock in ((runtime, LOCKS[0]), (development, LOCKS[1])):
        names = {re.split(r"[<>=!~\[; ]", each)[0].lower().replace(".", "-").replace("_", "-") for each in wanted}
        pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
        assert names <= pinned


def test_both_locks_agree() -> None:
    runtime, development = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS
    )
    assert runtime.items() <= development.items()
