from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, ClientTimeout

from alertd.demo.platforms.record import Record
from tests.fakes import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def record(clock: HandClock) -> Record:
    return Record(now=clock.now)


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(timeout=ClientTimeout(total=5)) as session:
        yield session
