"""The one thread that uses the database, and the queue to it: one hop per call.

Calls that write and wait together share one transaction, each in a savepoint of its own: one is undone without the
others, and all of them are durable after a single sync of the disk.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from alertd.errors import StorageError

T = TypeVar("T")


@dataclass(slots=True)
class _Call:
    work: Callable[[sqlite3.Connection], Any]
    writes: bool
    answer: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Writer:
    """Owns the connection until `close`. Made on the event loop that the answers go to."""

    def __init__(self, connection: sqlite3.Connection, explain: Callable[[Exception], Exception]) -> None:
        self._connection = connection
        self._explain = explain
        self._loop = asyncio.get_running_loop()
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._closed = False
        # A daemon thread: a process that dies of a bug does not wait for it. What counts is committed by then.
        self._thread = Thread(target=self._run, name="alertd-store", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        """The result of `work`, which has run in the thread; in a transaction that is durable now, if it `writes`.

        Raises what `explain` makes of its error. A call that is cancelled may have run nevertheless.
        """
        if self._closed:
            raise StorageError("the store is closed")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._calls.put(_Call(work, writes, answer))
        return await answer

    async def close(self) -> None:
        """Finish what waits, then close the connection."""
        if not self._closed:
            self._closed = True
            self._calls.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        waiting: deque[_Call | None] = deque()
        while True:
            if not waiting:
                waiting.append(self._calls.get())
            while not self._calls.empty():
                waiting.append(self._calls.get())
            call = waiting.popleft()
            if call is None:
                break
            batch = [call]
            if call.writes:
                while waiting and (after := waiting[0]) is not None and after.writes:
                    batch.append(after)
                    waiting.popleft()
                self._write(batch)
            else:
                self._attempt(call)
            with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self._loop.call_soon_threadsafe(_answer, batch)
        self._connection.close()

    def _attempt(self, call: _Call) -> None:
        try:
            call.result = call.work(self._connection)
        except Exception as error:  # whatever it is, it belongs to the caller, not to this thread
            call.error = self._explain(error)

    def _write(self, batch: list[_Call]) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for call in batch:
                connection.execute("SAVEPOINT call")
                self._attempt(call)
                if call.error:
                    if not connection.in_transaction:
                        # A full disk may make SQLite undo all of it, not only this call.
                        return _fail(batch, call.error)
                    connection.execute("ROLLBACK TO call")
                connection.execute("RELEASE call")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            _fail(batch, self._explain(error))


def _fail(batch: list[_Call], error: Exception) -> None:
    for call in batch:
        call.error = call.error or error


def _answer(batch: list[_Call]) -> None:
    for call in batch:
        if call.answer.done():  # cancelled
            continue
        if call.error:
            call.answer.set_exception(call.error)
        else:
            call.answer.set_result(call.result)
