"""alternative.me's Fear & Greed Index: one number a day for the whole market, `market.fear_greed`.

Wire format: `GET /fng/?limit=N` → `{"data": [{"value": "54", "timestamp": "1713628800", …}], "metadata": {"error":
null}}`, numbers as text, newest first.
"""

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from aiohttp import ClientSession
from msgspec import Struct
from msgspec.json import Decoder

from alertd.conditions.fields import MARKET
from alertd.errors import SourceMalformed
from alertd.model.reading import Bars, Poll
from alertd.ports import Call, Candidate, Clock
from alertd.sources.http import Access, Api
from alertd.sources.kind import Ids, SourceKind
from alertd.sources.plan import plan
from alertd.sources.settings import SourceSettings
from alertd.sources.values import decode, moment, sift


class FearGreedSettings(SourceSettings):
    defaults: ClassVar[Mapping[str, float]] = {"fear_greed": 3600.0}


class _Day(Struct, gc=False):
    value: float
    timestamp: str | int


class _Metadata(Struct, gc=False):
    error: str | None = None


class _Answer(Struct, gc=False):
    data: list[_Day] = []
    metadata: _Metadata | None = None


_ANSWER = Decoder(_Answer, strict=False)  # the value is text


def decode_index(body: bytes, received: float, *, source: str) -> Poll:
    """The newest day, dated as the API dates it."""
    answer = decode(_ANSWER, body, source)
    if answer.metadata and answer.metadata.error:
        raise SourceMalformed(f"{source}: {answer.metadata.error[:200]}", reason="not_success")
    refused: Counter[str] = Counter()
    at = np.array([moment(day.timestamp) for day in answer.data[:1]])
    rows = ([MARKET] * len(at), [day.value for day in answer.data[:1]], at)
    readings = sift(source, "fear_greed", rows, received=received, refused=refused)
    if not answer.data:
        refused["absent"] += 1
    return Poll(source, received, readings, refused=dict(refused))


class FearGreed:
    """Keyless. Its ids are not asked for: there is only the market."""

    fields = frozenset(FearGreedSettings.defaults)

    def __init__(self, name: str, settings: FearGreedSettings, session: ClientSession, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._api = Api(name, settings, Access("https://api.alternative.me"), session=session, clock=clock)

    def has(self, field: str, coin: str) -> bool:
        return field in self.fields and coin == MARKET

    def calls(self, wanted: Mapping[str, frozenset[str]]) -> tuple[Call, ...]:
        mine = {field: frozenset(coin for coin in coins if self.has(field, coin)) for field, coins in wanted.items()}
        return plan(mine, endpoint=lambda _: "fng", every=self._settings.interval, batch=lambda _: 1)

    async def poll(self, call: Call, now: float) -> Poll:
        return await self._api.poll(
            "/fng/",
            {"limit": "1", "format": "json"},
            call.fields,
            lambda body, received: decode_index(body, received, source=self.name),
        )

    async def history(self, field: str, coin: str, *, interval: float, start: float, end: float) -> Bars | None:
        return None

    def history_cost(self, field: str, *, interval: float, span: float) -> int:
        return 0

    async def find(self, text: str) -> tuple[Candidate, ...]:
        return ()


def _build(name: str, settings: FearGreedSettings, ids: Ids, session: ClientSession, clock: Clock) -> FearGreed:
    return FearGreed(name, settings, session, clock)


KIND = SourceKind(FearGreedSettings, _build)
