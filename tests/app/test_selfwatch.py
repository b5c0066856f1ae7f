"""The daemon's look at itself: what it takes from where, and what leaves it."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from alertd.app.selfwatch import EVERY, SelfWatch, moment
from alertd.app.troubles import Moment, Signs
from alertd.config import load
from alertd.config.settings import Limits
from alertd.errors import StorageBusy
from alertd.rows import Commit, Depth
from alertd.storage.memory import MemoryStore
from alertd.web.metrics import Metrics
from tests.fakes import START, HandClock
from tests.storage.rows import message


class Outbox(MemoryStore):
    """Its depths are those that it is given; None is busy."""

    depth: Depth | None = None

    async def depths(self) -> list[Depth]:
        if self.depth is None:
            raise StorageBusy("locked")
        return [self.depth]


class Stand:
    def __init__(self, folder: Path) -> None:
        path = folder / "alertd.yaml"
        path.write_text("version: 1\nchannels: {console: }\nreceivers: {me: {console: me}}\n")
        self.config = replace(load(path), limits=Limits(600.0, None))
        self.clock, self.store, self.metrics = HandClock(), Outbox("word"), Metrics()
        self.signs = Signs(committed=START)
        self.told: list[tuple[str, str]] = []
        self.skipped: list[float] = []
        self._seen = Moment(START, 500.0, 500.0)
        self.watch = SelfWatch(
            self.store,
            self.clock,
            self.metrics,
            signs=lambda: self.signs,
            config=lambda: self.config,
            tell=lambda key, text: self.told.append((key, text.splitlines()[0])),
            skip=self.skipped.append,
        )

    async def after(self, seconds: float, *, step: float = 0.0, asleep: float = 0.0) -> list[tuple[str, str]]:
        """Look again, so many seconds later; what is told."""
        self.told.clear()
        await self.clock.advance(seconds)
        before = self._seen
        self._seen = Moment(
            before.wall + seconds + asleep + step, before.boot + seconds + asleep, before.awake + seconds
        )
        self.watch.look(before, self._seen)
        return list(self.told)

    def figure(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


async def test_a_late_channel_is_told_once_and_its_recovery_too(stand: Stand) -> None:
    stand.store.depth = Depth("slack", 2, START)
    await stand.watch.measure()
    assert await stand.after(5) == []
    await stand.clock.advance(600)
    text = "messages over slack are late: the oldest of 2 has waited for 10m10s"
    assert await stand.after(5) == [("delivery:slack::old", text)]
    assert await stand.after(5) == []
    stand.store.depth = Depth("slack", 0, 0.0)
    await stand.watch.measure()
    assert await stand.after(5) == [("delivery:slack::old::recovered", "messages over slack are in time again")]
    assert await stand.after(5) == []


async def test_a_store_that_is_busy_does_not_make_a_late_channel_well(stand: Stand) -> None:
    stand.store.depth = Depth("slack", 2, START - 700)
    await stand.watch.measure()
    assert len(await stand.after(5)) == 1
    stand.store.depth = None
    await stand.watch.measure()
    assert await stand.after(5) == []
    assert stand.figure("alertd_outbox_waiting", channel="slack") == 2


async def test_the_disk_is_the_stores_own(stand: Stand) -> None:
    await stand.watch.measure()
    assert (stand.figure("alertd_disk_free_bytes") or 0) > 0
    assert await stand.after(5) == []
    stand.config = replace(stand.config, limits=Limits(None, 1e18))
    ((key, text),) = await stand.after(5)
    assert key == "disk"
    assert text.endswith(f"are free in {stand.config.state.parent}")
    stand.config = replace(stand.config, limits=Limits(None, None))
    assert [key for key, _ in await stand.after(5)] == ["disk::recovered"]


async def test_a_folder_that_is_not_there_is_no_full_disk(stand: Stand, tmp_path: Path) -> None:
    stand.config = replace(stand.config, state=tmp_path / "gone" / "alertd.db", limits=Limits(None, 1e18))
    await stand.watch.measure()
    assert await stand.after(5) == []


async def test_a_tick_that_does_not_end_is_logged_at_once(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """Its notice has to wait for the tick after it."""
    stand.signs = Signs(tick=61.0, store="locked")
    with caplog.at_level(logging.ERROR):
        assert [key for key, _ in await stand.after(5)] == ["tick"]
    assert len(caplog.messages) == 1
    stand.signs = Signs()
    assert await stand.after(5) == [("tick::recovered", "ticks end again")]


async def test_a_loop_that_was_deaf(stand: Stand) -> None:
    assert await stand.after(EVERY + 9) == []
    assert [key for key, _ in await stand.after(EVERY + 20)] == ["lag"]
    assert [key for key, _ in await stand.after(EVERY)] == ["lag::recovered"]


async def test_a_jump_is_told_before_anything_is_taken_for_silence(stand: Stand) -> None:
    assert [key for key, _ in await stand.after(5, step=3600.0)] == ["clock:forward"]
    assert [key for key, _ in await stand.after(5)] == []
    assert [key for key, _ in await stand.after(5, step=-3600.0)] == ["clock:back"]
    assert [key for key, _ in await stand.after(5, asleep=7200.0)] == ["clock:slept"]
    assert stand.skipped == [3600.0, -3600.0, 7200.0]


async def test_a_source_and_the_heartbeat(stand: Stand) -> None:
    stand.signs = Signs(failing={("binance", "network"): "binance cannot be reached"}, heartbeat="no answer")
    assert await stand.after(5) == [
        ("source:binance:network", "binance cannot be reached"),
        ("heartbeat", "the heartbeat does not get through: no answer"),
    ]
    stand.signs = Signs(heard={"binance"}, heartbeat="")
    assert await stand.after(5) == [
        ("source:binance:network::recovered", "binance answers again"),
        ("heartbeat::recovered", "the heartbeat gets through again"),
    ]


async def test_a_restart_neither_repeats_what_was_told_nor_forgets_its_end(stand: Stand) -> None:
    """What has not been seen since the start is neither well nor told again."""
    keys = ("tick", "disk", "delivery:slack::old", "source:binance:network", "heartbeat", "delivery:slack", "note:x:y")
    stand.watch.know(dict.fromkeys(keys, START - 30.0))
    assert await stand.after(5) == [("tick::recovered", "ticks end again")]
    stand.signs = Signs(failing={("binance", "network"): "binance cannot be reached"}, heartbeat="no answer")
    stand.store.depth = Depth("slack", 2, START - 700)
    stand.config = replace(stand.config, limits=Limits(600.0, 1e18))
    await stand.watch.measure()
    assert await stand.after(5) == []
    stand.signs = Signs(heard={"binance"}, heartbeat="")
    stand.store.depth = Depth("slack", 0, 0.0)
    stand.config = replace(stand.config, limits=Limits(600.0, None))
    await stand.watch.measure()
    assert sorted(key.partition("::")[0] for key, _ in await stand.after(5)) == [
        "delivery:slack",
        "disk",
        "heartbeat",
        "source:binance:network",
    ]


async def test_what_is_shown(stand: Stand) -> None:
    stand.signs = Signs(ready=False, tick=3.5, store="locked", committed=START)
    await stand.after(5)
    assert stand.figure("alertd_ready") == 0
    assert stand.figure("alertd_tick_running_seconds") == 3.5
    assert stand.figure("alertd_store_busy") == 1
    assert stand.figure("alertd_last_commit_timestamp_seconds") == START


def test_the_three_clocks_run() -> None:
    one, other = moment(), moment()
    assert other.boot >= one.boot
    assert other.awake >= one.awake
    assert one.boot - one.awake > -1, "it counts the machine's sleep as well"


async def test_what_the_store_gave_up_by_itself_is_counted(stand: Stand) -> None:
    stand.store.depth = Depth("slack", 0, 0.0)
    await stand.store.commit(Commit(now=START, messages=[message(1, "slack:a"), message(2, "slack:a")]))
    await stand.store.bury([64, 128], START)
    for _ in range(2):
        await stand.watch.measure()
    assert stand.figure("alertd_given_up_total", channel="slack", reason="operator") == 2
