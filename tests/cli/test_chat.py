"""`alertd chat`: in this process without a daemon, and by the control socket with one."""

import json
import os
import pty
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from alertd.bot.asking import LONGEST_FILE
from alertd.bot.catalogue import COMMANDS
from alertd.cli import main
from alertd.control import Answer, Arguments
from tests.cli.test_daemon_commands import daemon

KEYS = ["input", "ok", "command", "symbols", "condition", "options", "reply"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no configuration lies."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTD_CONFIG", raising=False)


def chat(lines: str | bytes, *options: str) -> Result:
    return CliRunner().invoke(main, ["chat", *options], input=lines, catch_exceptions=False)


def objects(lines: str | bytes, *options: str) -> list[dict[str, Any]]:
    result = chat(lines, "--json", *options)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


LINES = [
    ("a level", "alert BTC > 70k", True, "alert", ["BTC"], "price > 70000", {}),
    ("without the command", "btc>70k", True, "alert", ["BTC"], "price > 70000", {}),
    ("a move", "eth -5% 1h", True, "alert", ["ETH"], "price down 5% in 1h", {}),
    ("an option", "alert sol > 200 every time", True, "alert", ["SOL"], "price > 200", {"fire": "every time"}),
    ("another command", "alerts", True, "alerts", [], "", {}),
    ("what has no price here", "price BTC", True, "price", ["BTC"], "", {}),
    ("an alert that is not there", "delete 9", False, "delete", [], "", {}),
    ("an alert that cannot sleep", "snooze 1 1h", False, "snooze", [], "", {}),
    ("hours that are none", "settings quiet 11pm-7am", False, "settings", [], "", {}),
    ("a way", "btc > 70k via email", True, "alert", ["BTC"], "price > 70000", {"via": "email"}),
    ("no way", "btc > 70k via pigeon", False, "alert", ["BTC"], "price > 70000", {"via": "pigeon"}),
    ("nothing", "", False, None, [], "", {}),
    ("blanks", "   ", False, None, [], "", {}),
    ("a slip", "alrt btc > 70k", False, "alert", [], "", {}),
]


@pytest.mark.parametrize(
    ("line", "ok", "command", "symbols", "condition", "options"),
    [case[1:] for case in LINES],
    ids=[case[0] for case in LINES],
)
def test_a_line_is_an_object(
    line: str, ok: bool, command: str | None, symbols: list[str], condition: str, options: dict[str, str]
) -> None:
    (said,) = objects(f"{line}\n")
    assert list(said) == KEYS
    assert said.pop("reply")
    assert said == {
        "input": line,
        "ok": ok,
        "command": command,
        "symbols": symbols,
        "condition": condition,
        "options": options,
    }


def test_the_objects_are_as_many_as_the_lines() -> None:
    lines = ["BTC > 70k", "", "\x00\x1b[2J", "é" * 5000, "a\rb", "x\u2028y", "{}", "</script>"]
    said = objects("\n".join(lines))
    assert [each["input"] for each in said] == lines
    said = objects(b"\xff\xfe BTC > 1\r\nhelp")
    assert [each["input"] for each in said] == ["\ufffd\ufffd BTC > 1", "help"]
    assert objects("") == []


def test_the_byte_order_mark_of_a_file_is_none_of_its_first_line(tmp_path: Path) -> None:
    first, again = objects(b"\xef\xbb\xbfBTC > 70k\r\n\xef\xbb\xbfBTC > 80k\r\n")
    assert (first["input"], first["ok"]) == ("BTC > 70k", True)
    assert not again["ok"], "within a text it is a letter that nobody sees"
    file = tmp_path / "alerts.yaml"
    file.write_text("rules: [{name: a, symbols: BTC, when: price > 70k}]", encoding="utf-8-sig")
    (done,) = objects(f"import {file}\n")
    assert done["reply"].startswith("Imported: #1")


def test_a_slip_has_its_place_and_what_would_be_right() -> None:
    (said,) = objects("alrt btc > 70k\n")
    assert "alrt btc > 70k\n^^^^\n" in said["reply"]
    assert said["reply"].endswith("Did you mean: alert BTC > 70000")


def test_a_session_knows_what_was_said() -> None:
    added, twin, listed, deleted, empty = objects("alert BTC > 70k\nbtc > 70000\nalerts\ndelete 1\nalerts\n")
    assert added["reply"].startswith("Alert #1: BTC: price > 70000\n")
    assert "nothing is watched" in added["reply"]
    assert twin["ok"]
    assert "#1" in twin["reply"]
    assert "price > 70000" in listed["reply"]
    assert deleted["reply"].startswith("Deleted #1")
    assert "#1" not in empty["reply"]


def test_what_can_be_tapped_elsewhere_is_said() -> None:
    """Examples, and the words that confirm; a file is there once."""
    lines = "help alert\nalert BTC > 70k\ndelete all\nexport\ndelete all yes\nprice BTC\n"
    examples, _, asked, exported, deleted, price = objects(lines)
    assert examples["reply"].endswith("You can say: " + " | ".join(COMMANDS["alert"].examples))
    assert asked["reply"].splitlines()[-1] == "To do it, say: delete 1 yes"
    assert exported["reply"].count("when: price > 70000") == 1
    assert (deleted["ok"], deleted["options"]) == (True, {"sure": "yes"})
    assert "You can say" not in price["reply"]


def test_a_file_that_is_too_long_to_show_is_printed_all_the_same() -> None:
    levels = range(70_000, 70_100)
    *_, exported = objects("".join(f"alert BTC > {level}\n" for level in levels) + "export\n")
    assert all(exported["reply"].count(f"when: price > {level}\n") == 1 for level in levels)


def test_a_way_that_is_not_linked_here_is_said_to_need_that() -> None:
    (said,) = objects("btc > 70k via email\n")
    assert said["reply"].endswith("\nBehind a daemon, email is told once it is linked: link")
    (odd,) = objects("btc > 70k via carrier pigeon\n")
    assert not odd["ok"]
    assert "70000 via carrier" not in odd["reply"]


def test_without_json_the_replies_stand_alone() -> None:
    result = chat("\nalert BTC > 70k\nexport\n")
    assert result.exit_code == 0
    assert result.stdout.startswith("Alert #1: BTC: price > 70000\n")
    assert "when: price > 70000" in result.stdout
    assert "\x1b" not in result.stdout


def test_the_alerts_of_a_file_are_imported_by_its_name(tmp_path: Path) -> None:
    rules = "".join(
        f"  - {{name: r{n}, symbols: BTC, when: price > {70_000 + n}, note: {'x' * 100}}}\n" for n in range(50)
    )
    file = tmp_path / "alerts.yaml"
    file.write_text(f"rules:\n{rules}", encoding="utf-8")
    (done,) = objects(f"import {file}\n")
    assert done["reply"].startswith("Imported: #1 to #50")
    (missing,) = objects(f"import {tmp_path / 'none.yaml'}\n")
    assert not missing["ok"]
    assert missing["reply"].startswith(f"There is no file {tmp_path / 'none.yaml'}\n")


def test_a_file_that_is_too_long_is_not_imported(tmp_path: Path) -> None:
    file = tmp_path / "alerts.yaml"
    file.write_text(f"rules: []\n#{'x' * LONGEST_FILE}", encoding="utf-8")
    (said,) = objects(f"import {file}\n")
    assert f"{LONGEST_FILE} characters" in said["reply"]


def test_a_configuration_that_is_named_has_to_be_there() -> None:
    assert chat("help\n", "--config", "none.yaml").exit_code == 78


def test_without_a_daemon_the_configuration_says_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "alertd.yaml").write_text(
        "version: 1\nsources: {binance: {}}\ncoins: {MINE: {binance: MINEUSDT}}\nwatchlists: {two: [MINE, BTC]}\n"
        "control: alertd.sock\n"
    )
    result = chat("alert mine > 2\n", "--json")
    assert json.loads(result.stdout)["symbols"] == ["MINE"]
    assert "no alertd answers at alertd.sock: is it running?" in result.stderr
    assert "forgotten" in result.stderr


def test_a_coin_that_no_source_has_is_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "alertd.yaml").write_text("version: 1\nsources: {binance: {}}\ncontrol: alertd.sock\n")
    for line in ("btc, monero > 300", "XMR/BTC > 0.01", "price xmr"):
        said = json.loads(chat(f"{line}\n", "--json").stdout)
        assert said["reply"].startswith("No source here has XMR\n")
        assert "Did you mean" not in said["reply"]


def test_a_daemon_is_asked(tmp_path: Path) -> None:
    (tmp_path / "alertd.yaml").write_text("version: 1\ncontrol: alertd.sock\n")
    asked: list[Arguments] = []

    async def people(_: Arguments) -> Answer:
        return {"people": [], "listening": []}

    async def say(arguments: Arguments) -> Answer:
        asked.append(arguments)
        said = {"ok": False, "reply": "You may not do that", "command": "users"}
        return {"said": said}

    with daemon(tmp_path / "alertd.yaml", {"chat-people": people, "chat": say}):
        (said,) = objects("users\n")
    assert (said["ok"], said["command"], said["reply"]) == (False, "users", "You may not do that")
    assert asked[0]["text"] == "users"
    assert asked[0]["by"]


def test_a_daemon_without_chat_is_none(tmp_path: Path) -> None:
    (tmp_path / "alertd.yaml").write_text("version: 1\nsources: {binance: {}}\ncontrol: alertd.sock\n")
    with daemon(tmp_path / "alertd.yaml", {}):
        result = chat("alert btc > 1\n")
    assert result.exit_code == 0
    assert "its configuration has no `chat:`" in result.stderr


def test_a_conversation_has_numbers_to_press(tmp_path: Path) -> None:
    """On a terminal: the second line presses the button under the first reply; so does a yes."""
    ours, theirs = pty.openpty()
    code = "from alertd.cli import main; main(['chat'])"
    talk = subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path)
    os.close(theirs)
    shown = b""

    def until(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            shown += os.read(ours, 4096)
        shown = shown.partition(text)[2]

    until(b"alertd> ")
    os.write(ours, b"alrt btc > 70k\n")
    until(b"1  alert BTC > 70000")
    until(b"alertd> ")
    os.write(ours, b"1\n")
    until(b"Alert #1: BTC: price > 70000")
    until(b"alertd> ")
    os.write(ours, b"delete all\n")
    until(b"1  Yes, delete 1 alert")
    until(b"alertd> ")
    os.write(ours, b"y\n")
    until(b"Deleted #1")
    until(b"alertd> ")
    os.write(ours, b"exit\n")
    with suppress(OSError):  # the terminal's other end is closed
        while os.read(ours, 4096):
            pass
    os.close(ours)
    assert talk.wait(20) == 0


def test_what_is_typed_reaches_no_markup(tmp_path: Path) -> None:
    note = secrets.token_hex(4)
    (said,) = objects(f'alert BTC > 70k note "{{{note}}} %s <b>@all</b>"\n')
    assert said["options"]["note"] == f"{{{note}}} %s <b>@all</b>"
