"""Somebody at a screen of a loopback platform: what comes to it, read in its order, and the buttons that it shows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

PATIENCE = 20.0
"""Seconds that somebody looks at the screen for an answer."""

Labelled = tuple[tuple[str, str], ...]
"""Buttons, by their labels."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on somebody's screen. `chat` is the conversation's id, `thread` the head that it stands below;
    `callbacks` are buttons (label, data), `buttons` links (label, URL). `private` is seen by one person alone; `edited`
    stands in the place of what was there. `picture` and `file` (name, content) where it has them."""

    text: str
    chat: str
    ref: str = ""
    thread: str = ""
    callbacks: Labelled = ()
    buttons: Labelled = ()
    private: bool = False
    edited: bool = False
    picture: bytes = b""
    file: tuple[str, bytes] | None = None


class Shown(Protocol):
    """What a screen shows at the least."""

    @property
    def text(self) -> str: ...
    @property
    def callbacks(self) -> Labelled: ...


S = TypeVar("S", bound=Shown)


class Onlooker(Generic[S]):
    """`seen` is all that came to the screen; `reads` goes through it."""

    def __init__(self) -> None:
        self.seen: list[S] = []
        self._read = 0
        self._news = asyncio.Event()

    def show(self, message: S) -> None:
        """It has come to the screen."""
        self.seen.append(message)
        self._news.set()

    async def reads(self, within: float = PATIENCE) -> S:
        """The next that they have not read. Raises TimeoutError where nothing comes."""
        async with asyncio.timeout(within):
            while self._read >= len(self.seen):
                await self._more()
        self._read += 1
        return self.seen[self._read - 1]

    async def sees(self, fits: Callable[[S], bool], since: int = 0) -> S:
        """The first message that fits, of all but so many, whether it has been read or not."""
        while True:
            for message in self.seen[since:]:
                if fits(message):
                    return message
            since = len(self.seen)
            await self._more()

    def skip(self) -> None:
        """What has come so far is not read any more."""
        self._read = len(self.seen)

    async def answer(self, act: Awaitable[object]) -> S:
        """What comes next, once that is done."""
        self.skip()
        await act
        return await self.reads()

    async def _more(self) -> None:
        self._news.clear()
        await self._news.wait()

    def find(self, button: str, on: S | None = None) -> tuple[S, str, str]:
        """The latest message that has a button of this label or data, or that one; with the label and the data. Raises
        LookupError where there is none."""
        for message in [on] if on else reversed(self.seen):
            for label, data in message.callbacks:
                if button in (label, data):
                    return message, label, data
        raise LookupError(f"no message has the button {button!r}")
