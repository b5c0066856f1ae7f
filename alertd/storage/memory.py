"""The store of replay, rule tests and dry runs: SQLite in memory, for as long as the process lives.

Its calls run at once, in the caller's own thread: with a clock that is turned by hand nothing else moves meanwhile.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from alertd.errors import StorageError
from alertd.storage.database import explain, read_identity
from alertd.storage.schema import MIGRATIONS
from alertd.storage.sqlite import SqlStore

T = TypeVar("T")

_PLACE = Path("the store in memory")
"""What errors call it."""


class Inline:
    """What `Writer` is to a file: the connection, used by whoever calls."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        """The result of `work`, all or nothing of it if it `writes`. Raises StorageError."""
        if self._closed:
            raise StorageError("the store is closed")
        connection = self._connection
        try:
            if not writes:
                return work(connection)
            connection.execute("BEGIN")
            result = work(connection)
            connection.execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise explain(error, _PLACE) from error
        return result

    async def close(self) -> None:
        """Once or more often."""
        self._closed = True
        self._connection.close()


class MemoryStore(SqlStore):
    """See `ports.Store` for what it promises. `word` is drawn unless it is given."""

    def __init__(self, word: str | None = None) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript("".join(MIGRATIONS))
        if word is not None:
            connection.execute("UPDATE meta SET word = ?", (word,))
        own, seal = read_identity(connection)
        super().__init__(Inline(connection), word=own, seal=seal)
