"""The crash of 2017-09-04 as it was traded, through HTTP, a real daemon and all five channels: who got what, and when.

It is played 130 times as fast. What must come is what `replay` says of the same rules over the same bars.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertd.clock import SystemClock
from alertd.config.settings import ClockSettings
from alertd.demo.feeds import BinanceFeed, CoinGeckoFeed
from alertd.demo.market import Market, recorded
from alertd.demo.platforms.record import Received, Record
from alertd.model.event import Event, EventKind
from alertd.model.reading import Bars
from alertd.model.universe import Universe
from alertd.replay import SOURCE, replay
from alertd.rules.files import RuleText, read_rules
from alertd.sources.candle_files import read_candles
from alertd.sources.coins import CoinTable
from tests.acceptance.daemon import PATIENCE, Daemon
from tests.acceptance.platforms import CHANNEL, RECEIVERS, platforms

SPEED = 130.0
BEGINS = datetime(2017, 9, 4, 14, 35, tzinfo=UTC).timestamp()
ENDS = datetime(2017, 9, 4, 15, 24, tzinfo=UTC).timestamp()

POLL = 60.0
STALL = 0.25 * SPEED
"""A busy machine may hold a process up for a moment."""
LATEST = 1.1 * POLL + STALL
"""The next poll comes up to a tenth later than its interval says."""
ON_THE_WAY = 1.0 * SPEED
"""From the reading to the platform: a real second."""

NOTIFY = {
    "through": [*RECEIVERS],
    "sunk": ["mail", "phone"],
    "floor": ["phone", "team"],
    "slide": ["den", "books"],
    "under": ["books", "mail"],
}

RULES: list[dict[str, object]] = [
    {
        "name": "through",
        "symbols": ["BTC"],
        "when": "price crosses below 4400",
        "cooldown": "1h",
    },
    {
        "name": "sunk",
        "symbols": ["BTC"],
        "when": "price < 0.975 * average(6h)",
        "cooldown": "1h",
    },
    {
        "name": "floor",
        "symbols": ["ETH"],
        "when": "coingecko.price < 292",
        "until": "coingecko.price > 296",
        "tell": ["fired", "resolved"],
    },
    {
        "name": "slide",
        "symbols": ["BTC"],
        "when": "price down 2.5% in 15m",
        "cooldown": "1h",
    },
    {"name": "under", "symbols": ["BTC"], "when": "price < 4320", "for": "10m"},
]


@pytest.fixture(scope="module")
def market() -> Market:
    """The candle file's bars; ALERTD_PRICES names it, else it lies beside the checkout."""
    beside = Path(__file__).parents[3] / "shared/data/coinbase-1m_BTC_ETH_LTC_2017_2018_LEAN.csv.gz"
    file = Path(os.environ.get("ALERTD_PRICES", beside))
    if not file.is_file():
        pytest.skip(f"the recorded prices are not here ({file}): ALERTD_PRICES names the file")
    return recorded(read_candles(file, ["BTCUSD", "ETHUSD"]), CoinTable.shipped())


def document(rules: list[dict[str, object]]) -> str:
    return json.dumps({"version": 1, "rules": rules})


def expected(bars: Mapping[str, Bars], start: float) -> list[Event]:
    """What a replay says that is told, from the daemon's start on."""
    text = document(RULES).replace("coingecko.", "")
    universe = Universe(
        coins={coin: coin for coin in bars}, sources={SOURCE: frozenset({"price"})}, receivers=frozenset(RECEIVERS)
    )
    loaded = read_rules([RuleText("rules.yaml", text.encode())], universe, start)
    assert [problem for problem in loaded.problems if not problem.warning] == []
    tells = {rule.name: rule.tell for rule in loaded.rules}
    return [event for event in replay(loaded.rules, bars, start=start, end=ENDS) if event.kind in tells[event.rule]]


def told(received: Received) -> tuple[str, EventKind]:
    """(rule, event) that a message is about."""
    (rule,) = {str(rule["name"]) for rule in RULES if str(rule["name"]) in received.text.splitlines()[-1]}
    return rule, EventKind.RESOLVED if "resolved after" in received.text else EventKind.FIRED


def read_at(received: Received) -> float:
    """The time of the reading, as the message shows it."""
    found = re.search(r"· (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC \(", received.text)
    assert found, received.text
    return datetime.fromisoformat(f"{found[1]}+00:00").timestamp()


async def test_everybody_is_told_what_a_replay_says(market: Market, tmp_path: Path) -> None:
    shift = ClockSettings(real=time.time(), shows=BEGINS, speed=SPEED)
    record = Record(now=SystemClock.of(shift).now)
    table = CoinTable.shipped()
    secrets = {"telegram": "110201543:for-this-test", **dict.fromkeys(("email", "slack", "discord", "webhook"), "key")}
    async with (
        platforms(record, tmp_path, secrets) as loopback,
        BinanceFeed(market, record, table.ids("binance")) as binance,
        CoinGeckoFeed(market, record, table.ids("coingecko")) as coingecko,
    ):
        every = f"{POLL:g}s"
        config = {
            "sources": {
                "binance": {"url": binance.api, "every": every},
                "coingecko": {"url": coingecko.api, "every": every, "per_minute": 1000},
            },
            "prices": ["binance", "coingecko"],
            "channels": loopback.channels,
            "receivers": RECEIVERS,
            "clock": shift.model_dump(mode="json"),
        }
        rules = [{**rule, "notify": NOTIFY[str(rule["name"])]} for rule in RULES]
        async with Daemon(tmp_path, config, rules) as daemon:
            await daemon.start()
            began = record.now()
            due = expected(market.bars, began)
            assert len(due) == 7, "the daemon took too long to start"
            promised = [(event, name) for event in due for name in NOTIFY[event.rule]]
            async with asyncio.timeout((ENDS - began) / SPEED + PATIENCE):
                await record.told(len(promised))
            assert await daemon.stop() == 0
    assert record.wrong == []
    for receiver, channel in CHANNEL.items():
        # The daemon watches on until it is stopped: what it read after the end was not promised.
        own = [received for received in record.told_of(channel) if read_at(received) <= ENDS]
        mine = [event for event, name in promised if name == receiver]
        assert [told(received) for received in own] == [(event.rule, event.kind) for event in mine], receiver
        for event, received in zip(mine, own, strict=True):
            # A timer (`for`) fires at its own time, on the reading before it.
            assert abs(read_at(received) - event.at) <= LATEST, (receiver, event.rule)
            assert 0 <= received.at - event.time <= LATEST + ON_THE_WAY, (receiver, event.rule)
