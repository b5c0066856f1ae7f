"""A dead-man's switch: somebody else raises the alarm when alertd's heartbeats stop coming."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from alertd.config.settings import HeartbeatSettings
from alertd.errors import ConfigError
from alertd.ports import Clock
from alertd.wire.failure import in_words
from alertd.wire.session import tls

if TYPE_CHECKING:
    from aiohttp import ClientSession

log = logging.getLogger(__name__)

_BLIPS = 3
"""So many failures in a row are told; fewer are the weather of the net."""


_SOON = 10.0
"""Seconds after which one that was withheld is looked at again: progress that begins is told of soon."""


class Beat(StrEnum):
    """What became of a heartbeat that was due; WITHHELD because there was no progress to tell of."""

    SENT = "sent"
    FAILED = "failed"
    WITHHELD = "withheld"


class Heartbeat:
    """A GET to a URL, `every` so often, for as long as there is progress. Any 2xx is an answer; nobody waits for it."""

    def __init__(self, settings: HeartbeatSettings, session: ClientSession, clock: Clock) -> None:
        """Raises ConfigError where the URL cannot be read."""
        self._settings = settings
        self._session = session
        self._clock = clock
        self._tls = tls(settings.ca_file)
        self._failures = 0
        self._why = ""
        self._well = False
        settings.address()
        settings.proxy_url()

    @property
    def trouble(self) -> str | None:
        """Why heartbeats have not got through several times in a row, "" otherwise; None until one has."""
        return self._why if self._failures >= _BLIPS else "" if self._well else None

    async def run(self, progress: Callable[[], bool], count: Callable[[Beat], None]) -> None:
        """Until cancelled. `count` hears of each."""
        while True:
            beat = await self.beat() if progress() else Beat.WITHHELD
            count(beat)
            await self._clock.sleep(_SOON if beat is Beat.WITHHELD else self._settings.every)

    async def beat(self) -> Beat:
        """One of them, now."""
        self._why = await self._failure()
        if not self._why:
            self._failures, self._well = 0, True
            return Beat.SENT
        self._failures += 1
        log.warning("the heartbeat does not get through: %s", self._why)
        return Beat.FAILED

    async def _failure(self) -> str:
        """Asks; returns what went wrong, "" if nothing did. The URL is not in it: often it is the secret."""
        import aiohttp

        try:
            async with self._session.get(
                self._settings.address(),
                proxy=self._settings.proxy_url(),
                ssl=self._tls,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
            ) as answer:
                return "" if 200 <= answer.status < 300 else f"it was answered with {answer.status}"
        except TimeoutError:
            return f"no answer within {self._settings.timeout:g} s"
        except ConfigError as error:
            return str(error)
        except (aiohttp.ClientError, OSError) as error:
            return in_words(error)
