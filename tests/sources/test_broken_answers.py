"""One suite of broken answers for all sources: each is refused, counted by its reason, and gives no reading."""

import dataclasses
import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest

from alertd.errors import SourceMalformed
from alertd.model.reading import Poll
from tests.fakes import START
from tests.sources.server import Reply, Stage, stage


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(frozen=True)
class Wire:
    """How an API writes two coins' values: `body` has {bad} and {at}, and a good value of another coin beside it.

    `text` is true where numbers are text on the wire; `valid` are values that are sound on this one.
    """

    kind: str
    field: str
    body: str
    at: str = "iso"
    ids: Mapping[str, str | int] = dataclasses.field(default_factory=dict)
    settings: Mapping[str, object] = dataclasses.field(default_factory=dict)
    text: bool = False
    valid: tuple[str, ...] = ()
    good: int = 1

    def reply(self, bad: str, at: float = START - 5.0) -> Reply:
        times = {"iso": f'"{iso(at)}"', "seconds": str(int(at)), "ms": str(int(at * 1000)), "none": "null"}
        return Reply(self.body.replace("{bad}", bad).replace("{at}", times[self.at]).encode())


token_metrics = partial(
    Wire, "tokenmetrics", ids={"BTC": 3375, "ETH": 3306}, settings={"keys": ["env:ALERTD_TEST_KEY"]}, text=True
)
GECKO = {"BTC": "bitcoin", "ETH": "ethereum"}
PAIRS = {"BTC": "BTCUSDT", "ETH": "ETHUSDT"}
WIRES = [
    Wire(
        "coingecko",
        "market_cap",
        '[{"id":"bitcoin","market_cap":{bad},"last_updated":{at}},{"id":"ethereum","market_cap":5}]',
        ids=GECKO,
    ),
    Wire(
        "coingecko",
        "all_time_high",
        '[{"id":"bitcoin","ath":{bad},"last_updated":{at}},{"id":"ethereum","ath":5}]',
        ids=GECKO,
    ),
    Wire(
        "coingecko",
        "price",
        '{"bitcoin":{"usd":{bad},"last_updated_at":{at}},"ethereum":{"usd":5}}',
        at="seconds",
        ids=GECKO,
    ),
    Wire(
        "binance",
        "price",
        '[{"symbol":"BTCUSDT","price":{bad}},{"symbol":"ETHUSDT","price":"5"}]',
        at="none",
        ids=PAIRS,
        text=True,
        valid=('"12"',),
    ),
    Wire(
        "binance",
        "volume_24h",
        '[{"symbol":"BTCUSDT","quoteVolume":{bad},"closeTime":{at}},{"symbol":"ETHUSDT","quoteVolume":"5"}]',
        at="ms",
        ids=PAIRS,
        text=True,
        valid=("0", '"12"'),
    ),
    Wire(
        "binance",
        "volume(1h)",
        f'[[{int(START - 7200.0) * 1000},"2","4","1","3","2",{int(START - 3600.0) * 1000 - 1},{{bad}},3,"1","1","0"]]',
        at="none",
        ids={"BTC": "BTCUSDT"},
        text=True,
        valid=("0", '"12"'),
        good=0,
    ),
    Wire(
        "fear_greed",
        "fear_greed",
        '{"data":[{"value":{bad},"timestamp":{at}}]}',
        "seconds",
        text=True,
        valid=("0", '"12"'),
        good=0,
    ),
    token_metrics(
        "price",
        '{"success":true,"data":[{"TOKEN_ID":3375,"CURRENT_PRICE":{bad}},{"TOKEN_ID":3306,"CURRENT_PRICE":5}]}',
        at="none",
        valid=('"12"',),
    ),
    token_metrics(
        "trader_grade",
        '{"success":true,"data":[{"TOKEN_ID":3375,"DATE":{at},"TM_TRADER_GRADE":{bad}},'
        '{"TOKEN_ID":3306,"DATE":"2025-12-31","TM_TRADER_GRADE":5}]}',
        valid=("0", '"12"'),
    ),
    token_metrics(
        "valuation_grade",
        '{"success":true,"data":[{"token_id":3375,"date":{at},"valuation_grade":{bad}},'
        '{"token_id":3306,"date":"2025-12-31","valuation_grade":5}]}',
        valid=("0", '"12"'),
    ),
    token_metrics(
        "resistance",
        '{"success":true,"data":[{"TOKEN_ID":3375,"CURRENT_PRICE":0.5,'
        '"HISTORICAL_RESISTANCE_SUPPORT_LEVELS":[{"level":{bad},"date":"2025-12-31"}]},'
        '{"TOKEN_ID":3306,"CURRENT_PRICE":0.5,'
        '"HISTORICAL_RESISTANCE_SUPPORT_LEVELS":[{"level":5,"date":"2025-12-31"}]}]}',
        at="none",
        valid=('"12"',),
    ),
    Wire(
        "tokenmetrics",
        "news_sentiment",
        '{"success":true,"data":[{"DATETIME":{at},"NEWS_SENTIMENT_GRADE":{bad}}]}',
        text=True,
        valid=("0", '"12"'),
        good=0,
        settings={"keys": ["env:ALERTD_TEST_KEY"]},
    ),
    token_metrics(
        "signal",
        '{"success":true,"data":[{"TOKEN_ID":3375,"DATE":{at},"TOKEN_TREND":{bad}},'
        '{"TOKEN_ID":3306,"DATE":"2025-12-31","TOKEN_TREND":1}]}',
        valid=("-1",),
    ),
]
each_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: f"{wire.kind} {wire.field}")

HUGE = "1" * 400
VALUES = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "0",
    "-1",
    "null",
    '"12"',
    HUGE,
    f'"{HUGE}"',
    '"NaN"',
    '"inf"',
    '"1e999"',
    '""',
]
VALUES += ["true", "[]", '{"a": 1}', '"ABC"']


@asynccontextmanager
async def broken(wire: Wire, *replies: Reply) -> AsyncIterator[Stage]:
    async with stage(wire.kind, wire.ids, *replies, **wire.settings) as it:
        yield it


async def outcome(it: Stage, wire: Wire) -> Poll | SourceMalformed:
    coins = tuple(wire.ids) or ("market",)
    try:
        poll: Poll = await it.ask(wire.field, *coins)
    except SourceMalformed as error:
        return error
    return poll


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_TEST_KEY", "a-key")


@each_wire
async def test_the_wire_itself_is_read(wire: Wire) -> None:
    good = '"1"' if wire.text else "1"
    async with broken(wire, wire.reply(good)) as it:
        result = await outcome(it, wire)
        assert isinstance(result, Poll)
        assert result.readings[0].values[0] == 1.0
        assert len(result.readings[0].coins) == wire.good + 1
        assert result.refused == {}


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        pytest.param(wire, value, id=f"{wire.kind} {wire.field} {value[:12]}")
        for wire in WIRES
        for value in VALUES
        if value not in wire.valid
    ],
)
async def test_a_value_that_is_none(wire: Wire, value: str) -> None:
    async with broken(wire, wire.reply(value)) as it:
        result = await outcome(it, wire)
        if isinstance(result, Poll):
            coins = [coin for reading in result.readings for coin in reading.coins]
            assert coins == ["ETH"] * wire.good
            assert sum(result.refused.values()) == 1
        else:
            # What is no JSON spoils the whole answer, and so does the only row.
            assert value in ("NaN", "Infinity", "-Infinity") or not wire.good
            assert result.reason in ("json", "shape")


@pytest.mark.parametrize(
    "wire", [wire for wire in WIRES if wire.at != "none"], ids=lambda wire: f"{wire.kind} {wire.field}"
)
async def test_a_time_to_come(wire: Wire) -> None:
    async with broken(wire, wire.reply("1", at=START + 61.0), wire.reply("1", at=START + 59.0)) as it:
        late, soon = await outcome(it, wire), await outcome(it, wire)
        assert isinstance(late, Poll)
        assert late.refused == {"future": 1}
        assert [coin for reading in late.readings for coin in reading.coins] == ["ETH"] * wire.good
        assert isinstance(soon, Poll)
        assert soon.refused == {}


@pytest.mark.parametrize("at", [HUGE, f'"{HUGE}"', "1e999", "-1e999", "true", "[]", '"soon"'], ids=lambda at: at[:12])
@pytest.mark.parametrize(
    "wire", [wire for wire in WIRES if wire.at != "none"], ids=lambda wire: f"{wire.kind} {wire.field}"
)
async def test_a_time_that_is_none(wire: Wire, at: str) -> None:
    body = wire.body.replace("{bad}", '"1"' if wire.text else "1").replace("{at}", at)
    async with broken(wire, Reply(body.encode())) as it:
        result = await outcome(it, wire)
        if isinstance(result, Poll):
            assert [coin for reading in result.readings for coin in reading.coins] == ["ETH"] * wire.good
            assert sum(result.refused.values()) == 1
        else:
            assert not wire.good
            assert result.reason == "shape"


def bomb() -> bytes:
    return gzip.compress(b" " * (64 * 2**20), compresslevel=1)


BODIES = {
    "truncated": None,
    "html": Reply(b"<!DOCTYPE html><html><body>Just a moment...</body></html>", headers={"Content-Type": "text/html"}),
    "empty": Reply(b""),
    "null": Reply(b"null"),
    "a number": Reply(b"7"),
    "another shape": Reply(b'{"data": {"rows": 7}}'),
    "rows of another shape": Reply(b"[[1, 2], [3, 4]]"),
    "not utf-8": Reply(b'{"data": "\xff\xfe"}\xff'),
    "nested": Reply(b"[" * 100_000 + b"]" * 100_000),
    "nested in an object": Reply(b'{"data": ' + b'[{"a": ' * 100_000),
    "50 MB": Reply(b" " * (50 * 2**20)),
    "gzip bomb": Reply(bomb(), headers={"Content-Encoding": "gzip"}),
}


@each_wire
@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_no_answer(wire: Wire, name: str) -> None:
    whole = wire.reply('"1"' if wire.text else "1").body
    async with broken(wire, BODIES[name] or Reply(whole[:-7])) as it:
        result = await outcome(it, wire)
        if isinstance(result, Poll):
            assert result.readings == ()
            assert result.refused
        else:
            wanted = {"50 MB": {"too_large"}, "gzip bomb": {"too_large"}}
            assert result.reason in wanted.get(name, {"json", "shape", "nesting"})
