"""The stores that one contract holds for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alertd.ports import Store
from alertd.storage.memory import MemoryStore
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await SqliteStore.open(tmp_path / "db", now=START)
    yield made
    await made.close()
