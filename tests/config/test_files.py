"""Which files are read, and which are refused before a byte of them is."""

import os
import socket
from pathlib import Path

import pytest

from alertd.config.files import Text, folder, read, rule_files
from alertd.errors import Problem
from alertd.rules.strict_yaml import LARGEST


def pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


def dangling(path: Path) -> None:
    path.symlink_to("nowhere.yaml")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def link_out(path: Path) -> None:
    outside = path.parent.parent / "outside.yaml"
    outside.write_text("x")
    path.symlink_to(outside)


REFUSED = [
    ("a pipe", pipe, "cannot be read: it is a pipe, not a file"),
    ("a socket", bound_socket, "cannot be read: it is a socket, not a file"),
    ("a folder", Path.mkdir, "cannot be read: it is a folder, not a file"),
    ("a link to nothing", dangling, "cannot be read: no such file or directory"),
    ("a link to itself", circle, "cannot be read"),
    ("a link out of the folder", link_out, "is a link out of"),
    ("over 1 MB", lambda path: path.write_bytes(b"#" * (LARGEST + 1)), "is over 1 MB"),
]


@pytest.mark.parametrize(("make", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(tmp_path: Path, make: object, message: str) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    assert callable(make)
    make(rules / "a.yaml")
    (rules / "b.yaml").write_text("fine")
    texts, problems = rule_files([f"{rules}/*.yaml"])
    assert [text.content for text in texts] == [b"fine"]
    assert [problem.file for problem in problems] == [str(rules / "a.yaml")]
    assert problems[0].message.startswith(message)


def test_a_device_is_refused() -> None:
    refused = read(Path("/dev/null"))
    assert isinstance(refused, Problem)
    assert refused.message == "cannot be read: it is a device, not a file"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything (root)")
    refused = read(path)
    assert isinstance(refused, Problem)
    assert refused.message == "cannot be read: permission denied"


def test_links_within_the_folder_are_followed(tmp_path: Path) -> None:
    """As mounted configuration maps have them: a.yaml → ..data/a.yaml."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "a.yaml").write_text("x")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    texts, problems = rule_files([f"{tmp_path}/*.yaml"])
    assert (texts, problems) == ([Text(f"{tmp_path}/a.yaml", b"x")], [])


def test_each_file_once_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "deep/c.yaml", ".swap.yaml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    texts, problems = rule_files([f"{tmp_path}/b.yaml", f"{tmp_path}/**/*.yaml"])
    assert [Path(text.file).name for text in texts] == ["b.yaml", "a.yaml", "c.yaml"]
    assert problems == []


def test_a_pattern_without_a_match_is_a_warning_and_a_name_a_mistake(tmp_path: Path) -> None:
    _, problems = rule_files([f"{tmp_path}/*.yaml", f"{tmp_path}/mine.yaml"])
    assert [str(problem) for problem in problems] == [
        f"warning: rules: no file matches {tmp_path}/*.yaml",
        f"{tmp_path}/mine.yaml: cannot be read: no such file or directory",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("/etc/alertd/rules.d/*.yaml", "/etc/alertd/rules.d"), ("/a/**/b/*.yaml", "/a"), ("/a/b.yaml", "/a")],
)
def test_folder(pattern: str, expected: str) -> None:
    assert folder(pattern) == Path(expected)
