"""The control socket, over a real one."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from alertd.control import Answer, Commands, ask, listen
from alertd.errors import ConfigError, ControlError


async def status() -> Answer:
    return {"rules": 3}


async def reload() -> Answer:
    raise ConfigError("rules/a.yaml:3:1: unknown key 'wenn'")


async def bug() -> Answer:
    raise ZeroDivisionError


COMMANDS: Commands = {"status": status, "reload": reload, "bug": bug}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("status", {"ok": True, "rules": 3}, id="an answer"),
        pytest.param("reload", {"ok": False, "error": "rules/a.yaml:3:1: unknown key 'wenn'"}, id="mistakes"),
        pytest.param("bug", {"ok": False, "error": "ZeroDivisionError: see the log"}, id="a bug"),
        pytest.param(
            "halt", {"ok": False, "error": 'expected {"command": …} with one of: bug, reload, status'}, id="unknown"
        ),
    ],
)
async def test_answers(tmp_path: Path, command: str, expected: Answer) -> None:
    async with listen(tmp_path / "control", COMMANDS):
        assert await ask(tmp_path / "control", command) == expected


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b"\n", b'{"command": []}\n', b"x" * 70_000 + b"\n"])
async def test_a_line_that_is_no_request_is_answered(tmp_path: Path, line: bytes) -> None:
    async with listen(tmp_path / "control", COMMANDS):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        writer.write(line)
        assert (await reader.readline()).startswith(b'{"ok": false')
        writer.close()


async def test_only_owner_and_group_may_use_it_and_it_goes_with_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "control"
    mask = os.umask(0)
    try:
        async with listen(path, COMMANDS):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
    finally:
        os.umask(mask)
    assert not path.exists()


async def test_a_dead_daemons_socket_is_replaced_and_a_living_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with listen(path, COMMANDS):
        with pytest.raises(ControlError, match="another alertd answers"):
            async with listen(path, COMMANDS):
                pass
        assert await ask(path, "status") == {"ok": True, "rules": 3}


async def test_a_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("mine")
    with pytest.raises(ControlError, match="no socket"):
        async with listen(tmp_path / "control", COMMANDS):
            pass
    assert (tmp_path / "control").read_text() == "mine"


@pytest.mark.parametrize("line", [b"HTTP/1.1 400 Bad Request\r\n", b"[]\n", b"{}\n", b""])
async def test_somebody_else_answers(tmp_path: Path, line: bytes) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line)
        writer.close()

    async with await asyncio.start_unix_server(answer, tmp_path / "control"):
        with pytest.raises(ControlError, match=r"not alertd|no alertd answers"):
            await ask(tmp_path / "control", "status")


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="is it running"):
        await ask(tmp_path / "control", "status")


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="cannot listen"):
        async with listen(tmp_path / "run" / "control", COMMANDS):
            pass
