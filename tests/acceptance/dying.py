"""`alertd` that dies of kill -9 at its first commit with a message: `python -m tests.acceptance.dying MOMENT run …`.

`before`: judged, nothing written. `during`: written, and not yet committed. `after`: committed, and nobody knows it.
"""

import os
import signal
import sqlite3
import sys

from alertd import app
from alertd.cli import main
from alertd.ports import Commit
from alertd.storage.sqlite import SqliteStore, write_commit


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingStore(SqliteStore):
    moment = ""

    async def commit(self, commit: Commit) -> None:
        if not commit.messages:
            await super().commit(commit)
            return
        if self.moment == "before":
            die()

        def write(connection: sqlite3.Connection) -> None:
            write_commit(connection, commit, self._word)
            if self.moment == "during":
                die()

        await self._writer.run(write, writes=True)
        die()


if __name__ == "__main__":
    DyingStore.moment = sys.argv.pop(1)
    vars(app)["SqliteStore"] = DyingStore
    main()
