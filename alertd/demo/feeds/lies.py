"""What a lying feed makes of a true answer: values that cannot be, in the shape of the API."""

import json
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from alertd.demo.market import DAY
from alertd.demo.platforms.moods import Lie

YEAR = 365 * DAY

_NAMES = re.compile(r"id|symbol|name|rank|code|length|success|message", re.IGNORECASE)
"""Keys of what is no value; whole words between underscores."""

_TIMES = re.compile(r"date|datetime|timestamp|updated|time|at", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})(-\d\d-\d\d.*)")
_MILLISECONDS = 10**11
"""Epoch times in lists stand without a name: as whole numbers that no price or volume is."""

_NUMBERS: dict[Lie, Callable[[float], Any]] = {
    Lie.ZERO: lambda value: 0,
    Lie.NEGATIVE: lambda value: -abs(value) or -1,
    Lie.NAN: lambda value: float("nan"),
    Lie.THOUSANDFOLD: lambda value: value * 1000,
    Lie.TYPE: lambda value: [value],
}


def spoilt(response: web.Response, lie: Lie) -> web.Response:
    """The answer with all its values spoilt, NaN as the bare word that JSON does not know. Refusals stay as they are.

    It has no ETag: nobody is to be told that a lie has not changed.
    """
    if response.status != 200 or not isinstance(response.body, bytes):
        return response
    body = json.dumps(_spoil(json.loads(response.body), lie, ""))
    headers = {name: value for name, value in response.headers.items() if name.startswith("X-")}
    return web.Response(body=body.encode(), content_type="application/json", headers=headers)


def _spoil(value: Any, lie: Lie, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _spoil(part, lie, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_spoil(part, lie, "time" if _nameless_time(part) else key) for part in value]
    words = re.split(r"_|(?<=[a-z])(?=[A-Z])", key)
    if value is None or isinstance(value, bool) or any(map(_NAMES.fullmatch, words)):
        return value
    if any(map(_TIMES.fullmatch, words)):
        return _aged(value) if lie is Lie.OLD else value
    return value if lie is Lie.OLD else _false(value, lie)


def _nameless_time(value: Any) -> bool:
    return isinstance(value, int) and value > _MILLISECONDS


def _false(value: Any, lie: Lie) -> Any:
    """A number, or a number in a string, that cannot be; any other text as it is."""
    if not isinstance(value, str):
        return _NUMBERS[lie](value)
    try:
        number = float(value)
    except ValueError:
        return value
    return "unknown" if lie is Lie.TYPE else str(_NUMBERS[lie](number))


def _aged(value: Any) -> Any:
    """A time of a year ago, in its own form."""
    if isinstance(value, str):
        if found := _ISO.fullmatch(value):
            return f"{int(found[1]) - 1}{found[2]}"
        return str(int(value) - int(YEAR)) if value.isdigit() else value
    return value - int(YEAR * 1000 if value > _MILLISECONDS else YEAR)
