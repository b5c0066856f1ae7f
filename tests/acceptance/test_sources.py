"""Sources that die, and sources that talk nonsense."""

from pathlib import Path

from alertd.demo.platforms.record import Answer
from alertd.model.event import EventKind
from tests.acceptance.daemon import Daemon, rule, watching
from tests.acceptance.hook import Hook, arrived
from tests.acceptance.ticker import Ticker

UP = rule("up", "price > 70k", until="price < 60k")


def hurried(ticker: Ticker, hook: Hook, folder: Path) -> dict[str, object]:
    """Fifty times as fast as real time, so that nobody waits for back-offs."""
    config = watching(ticker, f"{hook.url}/hook", folder, operator=["me"])
    return config | {
        "clock": hook.shows(speed=50),
        "sources": {"binance": {"url": ticker.url, "every": "2s"}},
        "stale_after": "1m",
    }


async def test_a_source_that_dies_is_told_once_and_comes_back(ticker: Ticker, hook: Hook, tmp_path: Path) -> None:
    """The operator hears of the source, the rule's people of their coin; then both are well again."""
    async with Daemon(tmp_path, hurried(ticker, hook, tmp_path), [UP]) as daemon:
        await daemon.start()
        await ticker.judged(BTCUSDT=65_000)
        ticker.record.answers.extend([Answer(503)] * 1000)
        titles = await arrived(hook, 2)
        assert sum(title.startswith("BTC: no fresh price for ") for title in titles) == 1
        assert sum(title.startswith("alertd: binance") for title in titles) == 1
        failures = sum("503" in line for line in daemon.log.lines)
        await daemon.log.has("503", times=failures + 2)
        ticker.record.answers.clear()
        await ticker.judged(BTCUSDT=65_000)
        assert (await arrived(hook, 3))[2:] == ["alertd: binance answers again"]
        await ticker.judged(BTCUSDT=71_000)
        assert (await arrived(hook, 4))[3:] == ["BTC 71,000: price > 70k"]
        assert await daemon.stop() == 0
    assert len(hook.attempts) == 4


NONSENSE = [
    b"",
    b"[",
    b"null",
    b'{"code": 0}',
    b"<html>we are down for maintenance</html>",
    b'[{"symbol": "BTCUSDT", "price": "NaN"}]',
    b'[{"symbol": "BTCUSDT", "price": "Infinity"}]',
    b'[{"symbol": "BTCUSDT", "price": "1e999"}]',
    b'[{"symbol": "BTCUSDT", "price": "-71000"}]',
    b'[{"symbol": "BTCUSDT", "price": "0"}]',
    b'[{"symbol": "BTCUSDT", "price": null}]',
    b'[{"symbol": "BTCUSDT", "price": "' + b"9" * 400 + b'"}]',
    b'[{"symbol": "BTCUSDT", "price": "71000"',
    b'[{"symbol": "BTCUSDT", "price": "710000"}]',
]
"""The last one is a price, and ten times the one before it: it waits for another to confirm it."""


async def test_nonsense_fires_nothing(ticker: Ticker, hook: Hook, tmp_path: Path) -> None:
    rules = [UP, rule("down", "price < 60k"), rule("moves", "price moves 5% in 1h"), rule("not", "not price > 1k")]
    config = hurried(ticker, hook, tmp_path) | {"stale_after": "1h", "operator": []}
    async with Daemon(tmp_path, config, rules) as daemon:
        await daemon.start()
        await ticker.judged(BTCUSDT=65_000)
        for body in NONSENSE:
            ticker.record.answers.append(Answer(200, {"Content-Type": "application/json"}, body))
            await ticker.judged(BTCUSDT=65_000)
        assert not ticker.record.answers
        assert daemon.status().events == []
        figures = (await daemon.get("/metrics"))[1]
        assert 'alertd_readings_refused_total{reason="jump",source="binance"} 1.0' in figures
        await ticker.judged(BTCUSDT=71_000)
        assert await daemon.stop() == 0
        fired = {event.rule for event in daemon.status().events if event.kind is EventKind.FIRED}
    assert fired == {"up", "moves"}
