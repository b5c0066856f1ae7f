"""A failing input in its smallest form, for people to read."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from alertd.bot.clerk import Clerk
from tests.fuzz.run import Failure, Input, opened

_TRIES = 400
"""Forms with a bit less that are tried."""
_QUIET = 301.0
"""Seconds after which strangers may speak again."""


async def smallest(platform: str, failure: Failure, clerk: type[Clerk] = Clerk) -> Failure:
    """The same kind of failure with as little as does it: alone in a room if it can."""
    last = failure.steps[-1]
    alone = await _again(platform, failure.kind, last, clerk)
    while alone:
        failure = alone
        alone = await _less(platform, failure, clerk)
    return failure


async def _again(platform: str, kind: str, step: Input, clerk: type[Clerk]) -> Failure | None:
    """The failure of one input alone in a fresh room, None where it is no such one."""
    async with opened(platform, clerk) as block:
        failure = Failure(await block.take(step), (step,))
    return failure if failure.kind == kind else None


async def _less(platform: str, failure: Failure, clerk: type[Clerk]) -> Failure | None:
    """The same with a bit less in the input, None where nothing less does it."""
    (last,) = failure.steps
    async with opened(platform, clerk) as block:
        for raw in islice(_smaller(last.raw), _TRIES):
            less = last._replace(raw=raw)
            found = Failure(await block.take(less, after=_QUIET), (less,))
            if found.kind == failure.kind and (alone := await _again(platform, found.kind, less, clerk)):
                return alone
    return None


def _smaller(value: Any) -> Iterator[Any]:
    """Forms of a JSON value with a bit less in it, those with much less first."""
    if isinstance(value, str):
        size = len(value) // 2
        while size:
            for start in range(0, len(value), size):
                yield value[:start] + value[start + size :]
            size //= 2
    elif isinstance(value, dict):
        for key in value:
            yield {each: inside for each, inside in value.items() if each != key}
        for key, each in value.items():
            for less in _smaller(each):
                yield {**value, key: less}
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield value[:at] + value[at + 1 :]
            for less in _smaller(each):
                yield [*value[:at], less, *value[at + 1 :]]


def told(failure: Failure) -> str:
    """A failure for people to read."""
    *before, last = failure.steps
    text = json.dumps(last.raw)
    after = f" (after {len(before)} others of its block)" if before else ""
    return f"input {last.number}{after}: {failure.why}\n  {text if len(text) < 3000 else text[:3000] + '…'}"
