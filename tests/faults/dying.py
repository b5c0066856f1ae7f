"""`alertd` that dies of kill -9 at a named point, the n-th time that it comes there.

`ALERTD_CRASH=in-commit:2 python -m tests.faults.dying run …`. A commit counts if it holds messages.
"""

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from alertd import app
from alertd.cli import main
from alertd.ports import Channel
from alertd.rows import Commit
from alertd.storage import sqlite
from alertd.storage.sqlite import SqliteStore
from alertd.storage.writer import Writer

T = TypeVar("T")

CRASH = "ALERTD_CRASH"
POINTS = (
    "before-commit",  # judged, nothing written
    "in-commit",  # written, and not yet committed
    "after-commit",  # committed, and nobody knows it
    "before-attempt",  # about to be sent, nothing noted
    "after-send",  # the platform has answered, nobody has noted it
    "in-note",  # noted, and not yet committed
    "after-note",  # noted, and nobody knows it
)

_point, _, _times = os.environ.get(CRASH, "").partition(":")
_reached: Counter[str] = Counter()
_steps: ContextVar[tuple[str, ...]] = ContextVar("_steps", default=())


def reach(point: str) -> None:
    _reached[point] += 1
    if point == _point and _reached[point] == int(_times or "1"):
        os.kill(os.getpid(), signal.SIGKILL)


class DyingWriter(Writer):
    async def run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        steps = _steps.get()

        def dies(connection: sqlite3.Connection) -> T:
            result = work(connection)
            for step in steps:
                reach(f"in-{step}")
            return result

        return await super().run(dies, writes=writes)


def _of_commit(commit: Commit) -> tuple[str, ...]:
    return ("commit",) if commit.messages else ()


def _of_turn(_: str, **turn: Any) -> tuple[str, ...]:
    return tuple(step for step, what in (("note", "settled"), ("attempt", "attempts")) if turn.get(what))


def dying(method: Callable[..., Awaitable[T]], steps: Callable[..., tuple[str, ...]]) -> Callable[..., Awaitable[T]]:
    """A method of the store, with the points before, in and after the steps that a call of it takes."""

    async def call(store: SqliteStore, *arguments: Any, **options: Any) -> T:
        taken = steps(*arguments, **options)
        for step in taken:
            reach(f"before-{step}")
        token = _steps.set(taken)
        try:
            result = await method(store, *arguments, **options)
        finally:
            _steps.reset(token)
        for step in taken:
            reach(f"after-{step}")
        return result

    return call


_METHODS: dict[str, Callable[..., tuple[str, ...]]] = {"commit": _of_commit, "turn": _of_turn}


def mortal(channel: Channel) -> Channel:
    """The channel, with the points around a send."""
    send: Callable[..., Awaitable[Any]] = channel.send

    async def dies(*arguments: Any) -> Any:
        result = await send(*arguments)
        reach("after-send")
        return result

    vars(channel)["send"] = dies
    return channel


def arm() -> None:
    """Put the points into the program that `main` runs."""
    methods = {name: dying(getattr(SqliteStore, name), steps) for name, steps in _METHODS.items()}
    build: Callable[..., list[Channel]] = vars(app)["build_channels"]
    vars(sqlite)["Writer"] = DyingWriter
    vars(app)["SqliteStore"] = type("DyingStore", (SqliteStore,), methods)
    vars(app)["build_channels"] = lambda *arguments: [mortal(channel) for channel in build(*arguments)]


if __name__ == "__main__":
    arm()
    main()
