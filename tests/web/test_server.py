"""Health, readiness and metrics, asked over HTTP."""

import socket
from importlib.metadata import version

import aiohttp
import pytest

from alertd.errors import ConfigError
from alertd.model.event import EventKind
from alertd.ports import Depth, Fate
from alertd.web.metrics import Metrics
from alertd.web.server import serve

NOW = 1_767_225_600.0


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def test_healthz_answers_even_while_not_ready() -> None:
    async with serve("127.0.0.1", 0, metrics=Metrics(), not_ready=lambda: ["the disk is full"]) as port:
        assert await get(port, "/healthz") == (200, "ok\n")


async def test_readyz_says_every_reason_until_there_is_none() -> None:
    reasons = ["the database is busy", "no source answers"]
    async with serve("127.0.0.1", 0, metrics=Metrics(), not_ready=lambda: reasons) as port:
        assert await get(port, "/readyz") == (503, "the database is busy\nno source answers\n")
        reasons.clear()
        assert await get(port, "/readyz") == (200, "ready\n")


async def test_nothing_else_is_served() -> None:
    async with serve("127.0.0.1", 0, metrics=Metrics(), not_ready=list) as port:
        assert (await get(port, "/reload"))[0] == 404


async def test_an_address_that_is_taken_is_the_operators_mistake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"http: cannot listen on 127.0.0.1:{port}"):
            async with serve("127.0.0.1", port, metrics=Metrics(), not_ready=list):
                pass


async def test_metrics() -> None:
    metrics = Metrics()
    metrics.record_poll("binance", True)
    metrics.record_poll("binance", False)
    metrics.refused("binance", "nan", 3)
    metrics.tick(0.004)
    metrics.event(EventKind.FIRED)
    metrics.not_sent("draft")
    metrics.settled("slack", Fate.SENT)
    metrics.settled("slack", Fate.BURIED, "not_found")
    metrics.depth([Depth("email", 9, NOW - 100)], NOW)
    metrics.depth([Depth("slack", 2, NOW - 30), Depth("console", 0, 0.0)], NOW)
    metrics.reload(False, NOW)
    async with serve("127.0.0.1", 0, metrics=metrics, not_ready=list) as port:
        status, text = await get(port, "/metrics")
    assert status == 200
    seen = [line for line in text.splitlines() if line[0] != "#" and "_created" not in line and "_bucket" not in line]
    assert seen == [
        'alertd_polls_total{outcome="ok",source="binance"} 1.0',
        'alertd_polls_total{outcome="failed",source="binance"} 1.0',
        'alertd_readings_refused_total{reason="nan",source="binance"} 3.0',
        "alertd_tick_seconds_count 1.0",
        "alertd_tick_seconds_sum 0.004",
        'alertd_events_total{kind="fired"} 1.0',
        'alertd_not_sent_total{reason="draft"} 1.0',
        'alertd_deliveries_total{channel="slack",fate="sent",reason=""} 1.0',
        'alertd_deliveries_total{channel="slack",fate="buried",reason="not_found"} 1.0',
        'alertd_outbox_waiting{channel="slack"} 2.0',
        'alertd_outbox_waiting{channel="console"} 0.0',
        'alertd_outbox_oldest_seconds{channel="slack"} 30.0',
        'alertd_outbox_oldest_seconds{channel="console"} 0.0',
        f'alertd_build_info{{version="{version("alertd")}"}} 1.0',
        "alertd_last_reload_timestamp_seconds 1.7672256e+09",
        "alertd_last_reload_success 0.0",
    ]
