"""Log lines: their two shapes, their fields, and that no secret is in them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from alertd.logs import CHATTY, set_up
from alertd.wire.secret import Secret

CANARY = "canary-0123456789"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Other tests keep their own logging."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ALERTD_TEST_KEY", CANARY)
    return Secret("env:ALERTD_TEST_KEY").reveal()


def test_a_line_is_one_json_object_with_its_extras() -> None:
    out = io.StringIO()
    set_up(stream=out)
    logging.getLogger("alertd.outbox").info("sent\nto %s", "desk", extra={"delivery": 7, "alert": 12, "episode": 3})
    assert out.getvalue().count("\n") == 1
    line = json.loads(out.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "alertd.outbox",
        "message": "sent\nto desk",
        "delivery": 7,
        "alert": 12,
        "episode": 3,
    }


def test_a_terminal_gets_readable_lines() -> None:
    out = Terminal()
    set_up(stream=out)
    logging.getLogger("alertd").warning("slow", extra={"source": "binance"})
    assert out.getvalue().endswith("warning alertd: slow source=binance\n")


@pytest.mark.parametrize("stream", [io.StringIO, Terminal], ids=["json", "terminal"])
def test_no_secret_in_text_extras_or_traceback(stream: type[io.StringIO], canary: str) -> None:
    out = stream()
    set_up(stream=out)
    try:
        raise ValueError(f"cannot open https://api.example/bot{canary}/send")
    except ValueError:
        logging.getLogger("alertd").exception("%s failed", canary, extra={"url": f"x{canary}", "parts": [canary]})
    text = out.getvalue()
    assert canary not in text
    assert "[secret]" in text
    assert "ValueError" in text


def test_libraries_that_log_each_request_are_quiet() -> None:
    out = io.StringIO()
    set_up(stream=out)
    for name in CHATTY:
        logging.getLogger(name).info("GET https://api.example/bot123:abc/getMe")
    assert out.getvalue() == ""
