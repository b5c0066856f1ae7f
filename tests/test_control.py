"""The control socket, over a real one."""

import asyncio
import json
import os
import socket
import stat
from math import inf
from pathlib import Path

import pytest

from alertd.control import Acknowledging, Answer, Arguments, Commands, Nothing, Rows, ask, listen, silencing, taken
from alertd.errors import ConfigError, ControlError
from alertd.model.order import AddSilence


async def status(arguments: Arguments) -> Answer:
    taken(arguments, Nothing)
    return {"rules": 3}


async def reload(_: Arguments) -> Answer:
    raise ConfigError("rules/a.yaml:3:1: unknown key 'wenn'")


async def bug(_: Arguments) -> Answer:
    raise ZeroDivisionError


async def ack(arguments: Arguments) -> Answer:
    asked = taken(arguments, Acknowledging)
    return {"text": f"{asked.episode} by {asked.by}"}


async def retry(arguments: Arguments) -> Answer:
    return {"rows": list(taken(arguments, Rows).rows)}


async def silence(arguments: Arguments) -> Answer:
    return {"asked": repr(silencing(arguments, now=1.5, hours=("nights",)))}


COMMANDS: Commands = {
    "status": status,
    "reload": reload,
    "bug": bug,
    "ack": ack,
    "retry": retry,
    "silence": silence,
}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("status", {"ok": True, "rules": 3}, id="an answer"),
        pytest.param("reload", {"ok": False, "error": "rules/a.yaml:3:1: unknown key 'wenn'"}, id="mistakes"),
        pytest.param("bug", {"ok": False, "error": "ZeroDivisionError: see the log"}, id="a bug"),
        pytest.param(
            "halt",
            {"ok": False, "error": 'expected {"command": …} with one of: ack, bug, reload, retry, silence, status'},
            id="unknown",
        ),
    ],
)
async def test_answers(tmp_path: Path, command: str, expected: Answer) -> None:
    async with listen(tmp_path / "control", COMMANDS):
        assert await ask(tmp_path / "control", command) == expected


@pytest.mark.parametrize(
    ("command", "arguments", "expected"),
    [
        pytest.param(
            "ack", {"episode": "btc/BTC/3", "by": "ann"}, {"ok": True, "text": "btc/BTC/3 by ann"}, id="texts"
        ),
        pytest.param("retry", {"rows": [64, 128]}, {"ok": True, "rows": [64, 128]}, id="numbers"),
        pytest.param("status", {}, {"ok": True, "rules": 3}, id="none"),
        pytest.param(
            "ack",
            {"episode": "btc/BTC/3"},
            {"ok": False, "error": "Object missing required field `by`; expected episode, by"},
            id="one is missing",
        ),
        pytest.param(
            "ack",
            {"episode": 3, "by": "ann"},
            {"ok": False, "error": "Expected `str`, got `int` - at `$.episode`; expected episode, by"},
            id="a number for a text",
        ),
        pytest.param(
            "retry",
            {"rows": ["64"]},
            {"ok": False, "error": "Expected `int`, got `str` - at `$.rows[0]`; expected rows"},
            id="a text for a number",
        ),
        pytest.param(
            "retry",
            {"row": [64]},
            {"ok": False, "error": "there is no argument 'row'; expected rows"},
            id="one that is not known",
        ),
        pytest.param(
            "status",
            {"all": True},
            {"ok": False, "error": "there is no argument 'all'; expected none"},
            id="where none is taken",
        ),
        pytest.param(
            "silence",
            {"start": 1},
            {
                "ok": False,
                "error": "Object missing required field `matchers`;"
                " expected matchers, start, end, author, comment, during (optional)",
            },
            id="what is optional is said",
        ),
    ],
)
async def test_arguments(tmp_path: Path, command: str, arguments: Answer, expected: Answer) -> None:
    async with listen(tmp_path / "control", COMMANDS):
        assert await ask(tmp_path / "control", command, arguments) == expected


SILENCE = {"matchers": [["rule", "~btc-.*"]], "start": 1.0, "end": 2, "author": "ann", "comment": "upgrade"}


async def test_pairs_become_matchers(tmp_path: Path) -> None:
    wanted = AddSilence(matchers=(("rule", "~btc-.*"),), start=1.0, end=2.0, author="ann", comment="upgrade")
    async with listen(tmp_path / "control", COMMANDS):
        assert await ask(tmp_path / "control", "silence", SILENCE) == {"ok": True, "asked": repr(wanted)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param({"matchers": [["rule", "~("]]}, "'(' is not a regular expression", id="no regular expression"),
        pytest.param({"matchers": []}, "needs a matcher", id="no matcher"),
        pytest.param({"matchers": [["rule"]]}, "$.matchers[0]", id="half a matcher"),
        pytest.param({"end": 1.0}, "begin before it ends", id="it ends at its start"),
        pytest.param({"comment": " "}, "an author and a comment", id="no comment"),
        pytest.param({"author": ""}, "an author and a comment", id="no author"),
        pytest.param({"end": inf}, "expected {", id="for ever"),
        pytest.param({"end": 400_000_000}, "within ten years", id="for very long"),
        pytest.param({"start": -1e300}, "within ten years", id="since very long"),
        pytest.param({"start": 0.5, "end": 1.25}, "over already", id="it is over"),
        pytest.param({"during": "night"}, "did you mean 'nights'?", id="no such hours"),
        pytest.param({"matchers": [["rule", "x"]] * 21}, "20 matchers at the most", id="many matchers"),
        pytest.param({"comment": "x" * 501}, "comment of a silence has 500", id="a long comment"),
        pytest.param({"author": "x" * 101}, "author of a silence has 100", id="a long author"),
    ],
)
async def test_a_silence_that_is_wrong_is_refused(tmp_path: Path, wrong: Answer, said: str) -> None:
    async with listen(tmp_path / "control", COMMANDS):
        answer = await ask(tmp_path / "control", "silence", SILENCE | wrong)
    assert answer["ok"] is False
    assert said in str(answer["error"])


@pytest.mark.parametrize(
    "line", [b'{"command": "status", "arguments": [1]}\n', b'{"command": "status", "arguments": null}\n']
)
async def test_arguments_are_an_object(tmp_path: Path, line: bytes) -> None:
    async with listen(tmp_path / "control", COMMANDS):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        writer.write(line)
        answer = json.loads(await reader.readline())
        writer.close()
    assert answer == {"ok": False, "error": 'expected {"command": …, "arguments": {…}}'}


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
