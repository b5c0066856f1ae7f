"""getUpdates on loopback: what Telegram keeps for a bot until the bot has confirmed it."""

import asyncio
import json
from collections.abc import Mapping
from itertools import count
from typing import Any

FIRST = 523_400_000
"""The number of the first update; Telegram's begin anywhere."""
AT_ONCE = 100


class Updates:
    """Of one bot. `kept` are those that are not confirmed, oldest first; `confirmed` is set while there are none."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.confirmed = asyncio.Event()
        self._numbers = count(FIRST)
        self._poll: asyncio.Future[bool] | None = None

    def put(self, kind: str, body: object) -> dict[str, Any]:
        """The update that is now waiting."""
        return self.again({"update_id": next(self._numbers), kind: body})

    def again(self, update: dict[str, Any]) -> dict[str, Any]:
        """One that Telegram says once more, or that is not as it should be."""
        self.kept.append(update)
        self.confirmed.clear()
        self._wake(True)
        return update

    async def poll(self, form: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The answer; None where another poll has taken its place."""
        offset, limit = int(form.get("offset", 0)), int(form.get("limit", AT_ONCE))
        allowed = form.get("allowed_updates", [])
        kinds = json.loads(allowed) if isinstance(allowed, str) else allowed
        self.kept = [update for update in self.kept if _number(update) >= offset]
        if not self.kept:
            self.confirmed.set()
        self._wake(False)
        if not self._wanted(kinds) and int(form.get("timeout", 0)):
            self._poll = poll = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(int(form["timeout"])):
                    if not await poll:
                        return None
            except TimeoutError:
                return []
            finally:
                if self._poll is poll:
                    self._poll = None
        return self._wanted(kinds)[: min(max(limit, 1), AT_ONCE)]

    def _wanted(self, kinds: list[str]) -> list[dict[str, Any]]:
        known = {"update_id", *kinds}
        return [update for update in self.kept if not kinds or update.keys() <= known]

    def _wake(self, news: bool) -> None:
        if self._poll and not self._poll.done():
            self._poll.set_result(news)


def _number(update: Mapping[str, Any]) -> int:
    number = update.get("update_id")
    return number if isinstance(number, int) else FIRST
