"""Health, readiness and metrics, asked over HTTP."""

import re
import socket
import time
from importlib.metadata import version
from math import isnan

import aiohttp
import pytest

from alertd.errors import ConfigError
from alertd.model.event import EventKind
from alertd.rows import Depth, Fate
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
    metrics.expect({"coingecko": 1500.0})
    metrics.expect({"binance": 25.0})
    metrics.heard("binance", NOW)
    metrics.held({"cap": 9})
    metrics.held({"group": 4})
    metrics.heartbeat("sent")
    metrics.disk_free(2.5e9)
    metrics.signs(ready=True, tick=1.5, busy=True, committed=NOW)
    metrics.reload(False, NOW)
    async with serve("127.0.0.1", 0, metrics=metrics, not_ready=list) as port:
        status, text = await get(port, "/metrics")
    assert status == 200
    left_out = re.compile("#|process_|alertd_last_tick_|.*(_created|_bucket)")
    assert [line for line in text.splitlines() if not left_out.match(line)] == [
        'alertd_polls_total{outcome="ok",source="binance"} 1.0',
        'alertd_polls_total{outcome="failed",source="binance"} 1.0',
        'alertd_readings_refused_total{reason="nan",source="binance"} 3.0',
        "alertd_tick_seconds_count 1.0",
        "alertd_tick_seconds_sum 0.004",
        'alertd_events_total{kind="fired"} 1.0',
        'alertd_not_sent_total{reason="draft"} 1.0',
        'alertd_deliveries_total{channel="slack",fate="sent",reason=""} 1.0',
        'alertd_deliveries_total{channel="slack",fate="buried",reason="not_found"} 1.0',
        'alertd_given_up_total{channel="slack",reason="not_found"} 1.0',
        'alertd_outbox_waiting{channel="slack"} 2.0',
        'alertd_outbox_waiting{channel="console"} 0.0',
        'alertd_outbox_oldest_seconds{channel="slack"} 30.0',
        'alertd_outbox_oldest_seconds{channel="console"} 0.0',
        "alertd_last_commit_timestamp_seconds 1.7672256e+09",
        "alertd_tick_running_seconds 1.5",
        "alertd_store_busy 1.0",
        "alertd_ready 1.0",
        'alertd_source_last_poll_timestamp_seconds{source="binance"} 1.7672256e+09',
        'alertd_source_stale_after_seconds{source="binance"} 25.0',
        'alertd_heartbeats_total{outcome="sent"} 1.0',
        "alertd_disk_free_bytes 2.5e+09",
        'alertd_held{reason="group"} 4.0',
        f'alertd_build_info{{version="{version("alertd")}"}} 1.0',
        "alertd_last_reload_timestamp_seconds 1.7672256e+09",
        "alertd_last_reload_success 0.0",
    ]


def test_what_is_not_known_yet_is_no_number() -> None:
    metrics = Metrics()
    get = metrics.registry.get_sample_value
    unknown = (
        "alertd_last_tick_timestamp_seconds",
        "alertd_last_commit_timestamp_seconds",
        "alertd_disk_free_bytes",
    )
    assert all(isnan(get(name) or 0.0) for name in unknown)
    metrics.signs(ready=True, tick=0.0, busy=False, committed=None)
    assert isnan(get("alertd_last_commit_timestamp_seconds") or 0.0)


def test_a_tick_is_dated_by_the_time_that_prometheus_has() -> None:
    metrics, before = Metrics(), time.time()
    metrics.tick(0.004)
    assert before <= (metrics.registry.get_sample_value("alertd_last_tick_timestamp_seconds") or 0.0) <= time.time()


def test_the_process_is_shown() -> None:
    text = Metrics().render()[0].decode()
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"):
        assert f"\n{name} " in text
