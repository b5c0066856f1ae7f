"""kill -9 in the middle of commits: each is whole or absent, and none that was answered is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from alertd.storage.maintenance import check
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START
from tests.storage.rows import entry

_TICKER = """
import asyncio, sys
from itertools import count
from pathlib import Path
from alertd.rows import Attempt, Commit
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START
from tests.storage.rows import alert, entry, held, message

async def tick():
    store = await SqliteStore.open(Path(sys.argv[1]), now=START)
    for n in count(1):
        await store.commit(Commit(
            now=START, alerts=[alert(1, episode=n)], pages={"page": str(n).encode() * 2000}, entries=[entry(n)],
            messages=[message(n, "chat:a", "mail:a", holding=[n])], items=[held(n)]))
        if n == 1:
            await store.turn("chat", attempts=[Attempt(64, ("bot",))], now=START)
        print(n, flush=True)

asyncio.run(tick())
"""


def kill(path: Path, after: int) -> int:
    """Run a daemon's commits, kill it after so many answers; the number of the last commit that was answered."""
    command = [sys.executable, "-c", _TICKER, str(path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as ticker:
        assert ticker.stdout
        for _ in range(after):
            ticker.stdout.readline()
        ticker.kill()
        return max([after, *map(int, ticker.stdout.read().split())])


@pytest.mark.parametrize("after", [1, 7, 40])
async def test_a_commit_is_whole_or_absent(tmp_path: Path, after: int) -> None:
    path = tmp_path / "alertd.db"
    last = kill(path, after)
    assert check(path) == []
    store = await SqliteStore.open(path, now=START)
    snapshot = await store.load(START)
    (block,) = snapshot.saved.alerts
    (row,) = block.rows
    episode = int(row["episode"])
    assert episode >= last
    assert snapshot.last_message == snapshot.last_event == episode
    assert snapshot.pages == {"page": str(episode).encode() * 2000}
    assert [one.entry.number for one in snapshot.held] == [*range(1, episode + 1)]
    assert [depth.waiting for depth in await store.depths()] == [episode, episode]
    (first,) = await store.due("chat", START, limit=9)
    assert (first.row, first.uncertain, first.content.holding) == (64, first.attempts == 1, (entry(1),))
    await store.close()
