"""The words of replies: without markup, which no platform but a terminal would show as it is meant."""

import ast
from pathlib import Path

import pytest

from alertd import bot

ROOMS = sorted(path for folder in ("do", "language") for path in (Path(bot.__file__).parent / folder).glob("*.py"))


def said(path: Path) -> list[str]:
    """Every text of a module but its docstrings, and patterns that read what people type."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    mute = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    mute |= {
        id(argument)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("re.")
        for argument in call.args
    }
    texts = [each for each in ast.walk(tree) if isinstance(each, ast.Constant) and id(each) not in mute]
    return [each.value for each in texts if isinstance(each.value, str)]


@pytest.mark.parametrize("path", ROOMS, ids=[f"{path.parent.name}/{path.stem}" for path in ROOMS])
def test_no_reply_marks_code(path: Path) -> None:
    assert [text for text in said(path) if "`" in text] == []
