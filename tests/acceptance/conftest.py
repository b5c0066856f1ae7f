"""The servers that most acceptance tests share: one source, one webhook."""

from collections.abc import AsyncIterator

import pytest

from tests.acceptance.hook import Hook
from tests.acceptance.ticker import Ticker


@pytest.fixture
async def ticker() -> AsyncIterator[Ticker]:
    async with Ticker({"BTCUSDT": 65_000.0}) as ticker:
        yield ticker


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with Hook() as hook:
        yield hook
