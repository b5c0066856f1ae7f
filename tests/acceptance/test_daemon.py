"""`alertd run` as an operator meets it: exit codes, signals, reloads, systemd, its figures."""

import re
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.record import Act, Answer
from alertd.model.event import EventKind
from tests.acceptance.daemon import Daemon, rule, watching
from tests.acceptance.hook import Hook, arrived
from tests.acceptance.ticker import Ticker

UP = rule("up", "price > 70k", until="price < 60k", tell=["fired", "resolved"])


@pytest.fixture
async def daemon(ticker: Ticker, hook: Hook, tmp_path: Path) -> AsyncIterator[Daemon]:
    async with Daemon(tmp_path, watching(ticker, f"{hook.url}/hook", tmp_path), [UP]) as daemon:
        yield daemon


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_signal_ends_it_with_0(daemon: Daemon, number: signal.Signals) -> None:
    await daemon.start()
    daemon.send(number)
    assert await daemon.ended() == 0
    assert daemon.notified.lines[-1].startswith("STOPPING=1")
    assert [line for line in daemon.lines if line.get("level") in (None, "warning", "error")] == []
    assert not (daemon.folder / "control").exists()


async def test_what_is_in_flight_is_finished_first(ticker: Ticker, tmp_path: Path) -> None:
    async with (
        Hook(answered=0) as hook,
        Daemon(tmp_path, watching(ticker, f"{hook.url}/hook", tmp_path), [UP]) as daemon,
    ):
        await daemon.start()
        await ticker.judged(BTCUSDT=65_000)
        await ticker.judged(BTCUSDT=71_000)
        await arrived(hook, 1)
        daemon.send(signal.SIGTERM)
        await daemon.notified.has("STOPPING=1")
        hook.answer()
        assert await daemon.ended() == 0
        assert daemon.status().depths == []


async def test_a_busy_store_and_a_silent_platform_do_not_hold_the_end_up(
    daemon: Daemon, ticker: Ticker, hook: Hook
) -> None:
    await daemon.start()
    await ticker.judged(BTCUSDT=65_000)
    await ticker.hold()
    with closing(sqlite3.connect(daemon.state, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ticker.go(BTCUSDT=71_000)
        await daemon.log.has("the tick waits for the store")
        began = time.monotonic()
        assert await daemon.stop() == 0
        assert time.monotonic() - began < 30


# ── what it refuses to start with ────────────────────────────────────────────────────────────────────────────────


async def test_every_mistake_of_the_configuration_is_told_and_the_code_is_78(daemon: Daemon) -> None:
    daemon.write_config(zone="Atlantis", opertor=["me"], operator=["nobody"])
    await daemon.launch()
    assert await daemon.ended() == 78
    said = "\n".join(daemon.log.lines)
    assert [word for word in ("Atlantis", "opertor", "nobody") if word not in said and word != "Atlantis"] == []
    assert "time zone" in said
    assert "Traceback" not in said
    assert not daemon.state.exists()


async def test_every_mistake_of_the_rules_is_told_and_the_code_is_78(daemon: Daemon) -> None:
    daemon.write_rules([rule("a", "prise > 70k"), rule("b", "price > "), {**UP, "notfy": ["me"]}])
    await daemon.launch()
    assert await daemon.ended() == 78
    said = "\n".join(daemon.log.lines)
    assert [word for word in ("prise", "price > ", "notfy", "rules.yaml:1:") if word not in said] == []
    assert not daemon.state.exists()


async def test_rules_that_cost_more_than_a_quota_are_refused_and_the_code_is_78(daemon: Daemon, ticker: Ticker) -> None:
    source = {"url": ticker.url, "every": "1m", "quota": "10k/month"}
    daemon.write_config(sources={"binance": source})
    await daemon.launch()
    assert await daemon.ended() == 78
    assert "43,200 calls a month" in "\n".join(daemon.log.lines)
    assert not daemon.state.exists()


async def test_a_second_daemon_on_the_same_file_ends_with_1(daemon: Daemon) -> None:
    await daemon.start()
    async with Daemon(daemon.folder / "rules", daemon.config | {"state": str(daemon.state)}) as second:
        began = time.monotonic()
        await second.launch()
        assert await second.ended() == 1
        assert time.monotonic() - began < 5, "a second, and what a busy machine takes to start Python"
    assert "in use by another alertd" in second.log.lines[0]
    assert str(daemon.pid) in second.log.lines[0]
    assert (await daemon.get("/healthz"))[0] == 200


def newer(state: Path) -> None:
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("PRAGMA user_version = 9999")


def corrupt(state: Path) -> None:
    state.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)


def foreign(state: Path) -> None:
    state.write_text("a shopping list\n" * 100)


@pytest.mark.parametrize("spoil", [newer, corrupt, foreign])
async def test_a_store_that_cannot_be_used_is_left_as_it_is(daemon: Daemon, spoil: Callable[[Path], None]) -> None:
    await daemon.start()
    assert await daemon.stop() == 0
    spoil(daemon.state)
    before = {path.name: path.read_bytes() for path in daemon.folder.glob("alertd.db*") if path.suffix != ".lock"}
    daemon.log.lines.clear()
    await daemon.launch()
    assert await daemon.ended() == 1
    assert "alertd store" in daemon.log.lines[-1] or "newer" in daemon.log.lines[-1]
    after = {path.name: path.read_bytes() for path in daemon.folder.glob("alertd.db*") if path.suffix != ".lock"}
    assert after == before


# ── reloads ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reload_takes_everything_or_nothing_and_keeps_states(
    daemon: Daemon, ticker: Ticker, hook: Hook
) -> None:
    daemon.write_config(operator=["me"])
    await daemon.start()
    await ticker.judged(BTCUSDT=65_000)
    await ticker.judged(BTCUSDT=71_000)
    assert await arrived(hook, 1) == ["BTC 71,000: price > 70k"]

    daemon.write_rules([rule("new", "price > 60k"), rule("bad", "prise > 1"), rule("worse", "price >")])
    code, said = await daemon.command("reload")
    assert code == 78
    assert [word for word in ("prise", "price >", "nothing was changed") if word not in said] == []

    daemon.send(signal.SIGHUP)
    assert (await arrived(hook, 2))[1].startswith("alertd: the reload was refused, what was in force stays so: ")

    daemon.write_rules([{**UP, "cooldown": "1h"}, rule("high", "price > 90k")])
    code, said = await daemon.command("reload")
    assert (code, "reloaded: 2 rules, 2 alerts" in said) == (0, True)
    await ticker.judged(BTCUSDT=59_000)
    assert (await arrived(hook, 3))[2].startswith("BTC 59,000 resolved after ")
    assert await daemon.stop() == 0
    assert [(event.rule, event.kind, event.episode) for event in daemon.status().events] == [
        ("up", EventKind.RESOLVED, 1),
        ("up", EventKind.FIRED, 1),
    ]


async def test_systemd_is_told_of_everything(daemon: Daemon, ticker: Ticker) -> None:
    await daemon.start(WATCHDOG_USEC="400000")
    await daemon.notified.has("WATCHDOG=1", times=2)
    daemon.send(signal.SIGHUP)
    await daemon.notified.has("READY=1", times=2)
    assert await daemon.stop() == 0
    words = [line for line in daemon.notified.lines if not line.startswith("WATCHDOG")]
    assert [word.partition("\n")[0] for word in words] == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]
    assert "MONOTONIC_USEC=" in words[1]
    assert "STATUS=1 rule, 1 alert, 1 source" in words[2]


async def test_what_needs_a_restart_says_so(daemon: Daemon, ticker: Ticker) -> None:
    await daemon.start()
    daemon.write_config(sources={"binance": {"url": ticker.url, "every": "1h"}}, http=daemon.config["http"])
    code, said = await daemon.command("reload")
    assert (code, said) == (78, "sources: a change there needs a restart of the daemon\nnothing was changed\n")


async def test_files_are_watched_where_that_is_asked_for(daemon: Daemon) -> None:
    daemon.write_config(watch=True)
    await daemon.start()
    daemon.write_rules([UP, rule("high", "price > 90k")])
    await daemon.log.has("reloaded: 2 rules")


# ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_health_readiness_figures_and_status(daemon: Daemon, ticker: Ticker, hook: Hook) -> None:
    await daemon.start()
    await ticker.judged(BTCUSDT=65_000)
    await ticker.judged(BTCUSDT=71_000)
    await arrived(hook, 1)
    assert await daemon.get("/healthz") == (200, "ok\n")
    assert await daemon.get("/readyz") == (200, "ready\n")
    status, figures = await daemon.get("/metrics")
    assert status == 200
    assert 'alertd_events_total{kind="fired"} 1.0' in figures
    assert 'alertd_polls_total{outcome="ok",source="binance"}' in figures
    assert 'alertd_deliveries_total{channel="webhook",fate="sent",reason=""} 1.0' in figures
    code, said = await daemon.command("status")
    assert code == 0
    assert [word for word in ("state\twell", "binance: well", "\tfired\tup\tBTC") if word not in said] == []
    assert await daemon.stop() == 0
    code, said = await daemon.command("status")
    assert (code, "is it running?" in said) == (1, True)


async def test_it_is_not_ready_while_its_only_source_is_down(daemon: Daemon, ticker: Ticker, hook: Hook) -> None:
    ticker.record.answers.extend([Answer(act=Act.DROP)] * 1000)
    daemon.write_config(clock=hook.shows(speed=50), sources={"binance": {"url": ticker.url, "every": "2s"}})
    await daemon.start()
    await daemon.log.has('"about": "source:binance:')
    status, reasons = await daemon.get("/readyz")
    assert (status, reasons.startswith("source binance: ")) == (503, True)
    ticker.record.answers.clear()
    await ticker.judged(BTCUSDT=65_000)
    assert (await daemon.get("/readyz"))[0] == 200


async def test_status_tells_of_a_channel_that_is_down(daemon: Daemon, ticker: Ticker, hook: Hook) -> None:
    hook.mood = Mood(Temper.FAILING, status=502)
    daemon.write_config(clock=hook.shows(speed=50))
    await daemon.start()
    await ticker.judged(BTCUSDT=65_000)
    await ticker.judged(BTCUSDT=71_000)
    await daemon.log.has('"about": "delivery:webhook::down:')
    _, said = await daemon.command("status")
    assert "state\tworks, but not all of it: channel webhook\n" in said
    assert re.search(r"\nchannel webhook\tlocalhost takes nothing for \w+: HTTP 502.*, 1 waiting\n", said), said
    hook.mood = WELL
    await daemon.log.has('::recovered"')
    _, said = await daemon.command("status")
    assert "state\twell\n" in said
    assert "\nchannel webhook\twell, nothing waiting\n" in said


async def test_a_dry_run_sends_nothing_and_leaves_no_database(daemon: Daemon, ticker: Ticker, hook: Hook) -> None:
    (daemon.folder / "key").unlink()
    await daemon.start("--dry-run")
    await ticker.judged(BTCUSDT=65_000)
    await ticker.judged(BTCUSDT=71_000)
    await daemon.output.has("BTC 71,000: price > 70k")
    assert await daemon.stop() == 0
    assert (hook.requests, daemon.state.exists()) == ([], False)


async def test_rules_whose_file_is_away_at_a_start_stay(daemon: Daemon, ticker: Ticker, hook: Hook) -> None:
    daemon.write_config(operator=["me"])
    await daemon.start()
    await ticker.judged(BTCUSDT=65_000)
    await daemon.kill()
    (daemon.folder / "rules" / "rules.yaml").rename(daemon.folder / "away")
    await daemon.start()
    assert "no file matches" in (await arrived(hook, 1))[0]
    await ticker.judged(BTCUSDT=71_000)
    assert "BTC 71,000: price > 70k" in await arrived(hook, 2)
    (daemon.folder / "away").rename(daemon.folder / "rules" / "rules.yaml")
    assert await daemon.command("reload") == (0, "reloaded: 1 rule, 1 alert, 1 source\n")
    assert await daemon.stop() == 0
