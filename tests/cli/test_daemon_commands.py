"""The commands that speak to a daemon or look into its database, with a real socket and a real database."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alertd.control import Answer, Arguments, Commands, listen
from alertd.errors import ConfigError
from alertd.storage.sqlite import SqliteStore
from tests.cli.test_commands import alertd
from tests.fakes import START


@pytest.fixture
def config(tmp_path: Path) -> Path:
    assert alertd("init", tmp_path).exit_code == 0

    async def create() -> None:
        store = await SqliteStore.open(tmp_path / "alertd.db", now=START)
        await store.close()

    asyncio.run(create())
    return tmp_path / "alertd.yaml"


@contextmanager
def daemon(config: Path, commands: Commands) -> Iterator[None]:
    """Something that answers at the control socket, in a thread of its own."""
    loop, up, down = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def answer() -> None:
        async with listen(config.parent / "alertd.sock", commands):
            up.set()
            await down.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(answer(),))
    thread.start()
    try:
        assert up.wait(10)
        yield
    finally:
        loop.call_soon_threadsafe(down.set)
        thread.join()
        loop.close()


async def good(_: Arguments) -> Answer:
    return {"text": "3 rules, 1 of them new"}


async def status(_: Arguments) -> Answer:
    return {"rules": 3, "up": "2h"}


async def mistakes(_: Arguments) -> Answer:
    raise ConfigError("rules/a.yaml:3:1: there is no key 'wenn'")


def test_reload(config: Path) -> None:
    with daemon(config, {"reload": good}):
        result = alertd("reload", "--config", config)
    assert (result.exit_code, result.output) == (0, "3 rules, 1 of them new\n")


def test_reload_with_mistakes_changes_nothing(config: Path) -> None:
    with daemon(config, {"reload": mistakes}):
        result = alertd("reload", "--config", config)
    assert result.exit_code == 78
    assert result.stderr == "rules/a.yaml:3:1: there is no key 'wenn'\nnothing was changed\n"


def test_status_of_a_daemon(config: Path) -> None:
    with daemon(config, {"status": status}):
        result = alertd("status", "--config", config)
    assert result.exit_code == 0
    assert "rules\t3\nup\t2h\n0 alerts, 0 items held back\n" in result.output


def test_status_without_a_daemon_still_shows_the_database(config: Path) -> None:
    result = alertd("status", "--config", config)
    assert result.exit_code == 1
    assert "0 alerts, 0 items held back\n" in result.output
    assert "is it running?" in result.stderr


def test_status_that_the_daemon_cannot_say(config: Path) -> None:
    with daemon(config, {"status": mistakes}):
        result = alertd("status", "--config", config)
    assert result.exit_code == 1
    assert "0 alerts" in result.output
    assert result.stderr.startswith("the daemon cannot say: ")


def test_check_before_there_is_a_database(config: Path) -> None:
    (config.parent / "alertd.db").unlink()
    result = alertd("store", "check", "--config", config)
    assert result.exit_code == 1
    assert "there is no database" in result.stderr


def test_check_back_up_restore(config: Path) -> None:
    database, copy = config.parent / "alertd.db", config.parent / "copy.db"
    assert alertd("store", "check", "--config", config).output.startswith(f"{database} is sound\n")
    assert alertd("store", "backup", copy, "--config", config).output == f"wrote {copy}\n"
    database.write_bytes(b"not a database")
    damaged = alertd("store", "check", "--config", config)
    assert damaged.exit_code == 1
    assert "alertd store" in damaged.stderr
    restored = alertd("store", "restore", copy, "--config", config)
    assert restored.exit_code == 0
    assert restored.output.startswith(
        f"{database} is now what {copy} holds; what was there is {database}.before-restore"
    )
    assert alertd("store", "check", "--config", config).exit_code == 0
