"""`alertd store` on a database that is damaged: it says so, and does not send people round in circles."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alertd.cli import main
from alertd.model.kept import Mute, key_of
from alertd.rows import Commit
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START

MUTE = Mute(owner="", rule="btc", receiver="desk", since=START, until=START + 86_400.0)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose database SQLite can open and copy, with a row in it that nobody can read."""
    path = tmp_path / "alertd.db"

    async def make() -> None:
        store = await SqliteStore.open(path, now=START)
        await store.commit(Commit(now=START, kept={key_of(MUTE): MUTE}))
        await store.close()

    asyncio.run(make())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE kept SET body = x'00'")
    (tmp_path / "alertd.yaml").write_text("version: 1\n")
    return tmp_path / "alertd.yaml"


def store(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["store", *(str(arg) for arg in args)], catch_exceptions=False)


def test_check_says_the_way_out_but_not_itself(config: Path) -> None:
    result = store("check", "--config", config)
    assert result.exit_code == 1
    assert "alertd.db is not sound:" in result.stderr
    assert "a row that cannot be read" in result.stderr
    assert "store restore BACKUP" in result.stderr
    assert "store check" not in result.stderr


def test_a_backup_of_it_is_made_and_said_to_be_damaged(config: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copy.db"
    result = store("backup", copied, "--config", config)
    assert result.exit_code == 1
    assert copied.exists()
    assert "is damaged, and so is the copy" in result.stderr
