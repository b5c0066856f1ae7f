"""How the daemon is, as `status` and the health page tell it."""

import time
from contextlib import AsyncExitStack

import pytest

from alertd.app.health import Health
from alertd.app.watch import Watch
from alertd.clock import SystemClock
from alertd.web.metrics import Metrics
from tests.fakes import START
from tests.outbox.stand import post, refused
from tests.pipeline.stand import running

REFUSED = refused("unauthorized", whole_channel=True)


@pytest.mark.parametrize(
    ("down", "state", "not_ready"),
    [
        ((), "well", []),
        (("slack",), "works, but not all of it: channel slack", []),
        (
            ("email", "slack"),
            "channel email takes nothing for 0s: no; channel slack takes nothing for 0s: no",
            ["channel email takes nothing for 0s: no", "channel slack takes nothing for 0s: no"],
        ),
    ],
    ids=["none", "one of two", "all"],
)
async def test_channels_that_are_down(down: tuple[str, ...], state: str, not_ready: list[str]) -> None:
    async with AsyncExitStack() as stack:
        posts = {name: await stack.enter_async_context(post(REFUSED)) for name in ("slack", "email")}
        for name in down:
            await posts[name].put("ann")
        stand = await stack.enter_async_context(running(()))
        clock = SystemClock(real=time.time(), shows=START, speed=1e-6)  # it stands still
        watch = Watch((), clock, stand.pipeline, Metrics(), changed=lambda: None)
        couriers = {name: each.courier for name, each in posts.items()}
        health = Health(
            stand.pipeline,
            watch,
            stand.store,
            clock,
            sources=(),
            heartbeat=None,
            couriers=couriers,
            bots=dict,
        )
        assert health.not_ready() == not_ready
        status = await health.status()
        assert status["state"] == state
        said = {name: status[f"channel {name}"] for name in couriers}
        assert said == {
            name: f"{'takes nothing for 0s: no' if name in down else 'well'}, nothing waiting" for name in couriers
        }
