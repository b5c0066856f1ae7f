"""`make soak`: a day of a daemon's clock with 500 coins, 10,000 alerts and channels that flap. What it takes of the
machine must be flat after the first hour. Exit code 1 if it is not.

`SPEED` in the environment is how many times as fast as ours its clock runs.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic

import numpy as np

from alertd.demo.platforms.moods import WELL, Mood, Temper
from tests.faults.stage import Stage

COINS, RULES, RECEIVERS = 500, 20, 10
HOUR = 3600.0
HOURS, EVERY, FLAPS = 24, 600.0, 900.0
"""How long it takes; seconds between two samples, and between two moods of a channel."""

COUNTING = ("-m", "tests.faults.counting")
SLACK: Mapping[str, float] = {"RSS MB": 4.0, "descriptors": 4.0, "tasks": 4.0, "WAL MB": 4.0}
"""What each may rise by in a day, whatever it is; more than that, and by more than `RISE` of it, it is not flat. The
log's file keeps the size that it once needed, which is 16 MB and what one transaction adds: one in which every alert
loses its data at once takes 4 MB."""
RISE = 0.05

MOODS = (
    WELL,
    Mood(Temper.DEAD),
    WELL,
    Mood(Temper.FAILING, share=0.5),
    Mood(Temper.LIMITED, share=0.3, retry_after=5.0),
    WELL,
    Mood(Temper.SWALLOWS, share=0.2),
    Mood(Temper.TRUNCATED, share=0.2),
)


class Soak(Stage):
    """Rules over all coins, with a few receivers who want no more than 30 messages an hour."""

    def rules(self) -> list[dict[str, object]]:
        return [
            {
                "name": f"rule-{number}",
                "symbols": self.coins,
                "when": f"price {('down', 'up')[number % 2]} {2 + number / 4:g}% in {('10m', '30m')[number % 2]}",
                "cooldown": "30m",
                "tell": ["fired", "resolved"],
                "notify": [f"r{number % RECEIVERS}"],
            }
            for number in range(RULES)
        ]

    def config(self) -> dict[str, object]:
        receivers = {
            f"r{number}": {"telegram" if number % 2 else "webhook": self._place(number), "cap": "30/h"}
            for number in range(RECEIVERS)
        }
        source = {"url": self.feed.url, "every": "1m"}
        return super().config() | {"receivers": receivers, "sources": {"binance": source}}

    def _place(self, number: int) -> str:
        return str(1000 + number) if number % 2 else f"{self.hooks.url}/r{number}"

    async def walk(self) -> None:
        """Prices at random, anew about every minute of its clock, for ever."""
        dice = np.random.default_rng(1)
        prices = np.full(len(self.coins), 100.0)
        while True:
            prices *= np.exp(dice.normal(0.0, 0.004, len(prices)) - 0.05 * np.log(prices / 100.0))
            self.feed.turn(dict(zip((f"{coin}USDT" for coin in self.coins), prices.tolist(), strict=True)))
            await self.feed.asked(1)

    async def flap(self) -> None:
        dice = Random(1)
        for mood in cycle(MOODS):
            for platform in (self.hooks, self.chats):
                if dice.random() < 0.7:
                    platform.mood = mood
            await self.until(self.record.now() + FLAPS)

    async def sample(self) -> dict[str, float]:
        said = len(self.daemon.output.lines)
        self.daemon.send(signal.SIGUSR1)
        await self.daemon.output.until(lambda lines: len(lines) > said)
        process = Path(f"/proc/{self.daemon.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        log = self.state.with_name(f"{self.state.name}-wal")
        return {
            "RSS MB": int(status["VmRSS"].split()[0]) / 1024,
            "descriptors": float(len(list((process / "fd").iterdir()))),
            "tasks": float(self.daemon.output.lines[-1]),
            "WAL MB": log.stat().st_size / 2**20 if log.exists() else 0.0,
        }


async def soak(folder: Path, speed: float) -> list[dict[str, float]]:
    """Samples of a day, each with its `hour`."""
    samples = []
    async with Soak(folder, coins=COINS, speed=speed) as stage:
        stage.record.on_received = lambda _: None
        await stage.start(program=COUNTING)
        began = stage.record.now()
        tasks = [asyncio.create_task(stage.walk()), asyncio.create_task(stage.flap())]
        for number in range(int(HOURS * HOUR / EVERY) + 1):
            await stage.until(began + number * EVERY)
            if over := next((task for task in tasks if task.done()), None):
                over.result()
            samples.append({"hour": number * EVERY / HOUR, **await stage.sample()})
            samples[-1]["messages"] = float(len(stage.record.received))
            if number % 6 == 0:
                note("".join(f"{value:>13.1f}" for value in samples[-1].values()))
            stage.daemon.log.lines.clear()
        for task in tasks:
            task.cancel()
        await stage.stop()
        if stage.wrong:
            raise AssertionError(stage.wrong)
    return samples


def rises(samples: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """What each figure rises by in a day, by a line through all samples after the first hour, and what it may."""
    later = [sample for sample in samples if sample["hour"] >= 1]
    hours = [sample["hour"] for sample in later]
    found = {}
    for name, slack in SLACK.items():
        values = [sample[name] for sample in later]
        slope, _ = np.polyfit(hours, values, 1)
        found[name] = (float(slope) * 24, max(slack, RISE * float(np.median(values))))
    return found


def note(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    began = monotonic()
    note("".join(f"{name:>13}" for name in ("hour", *SLACK, "messages")))
    with TemporaryDirectory(prefix="alertd-soak-") as folder:
        samples = asyncio.run(soak(Path(folder), float(os.environ.get("SPEED", "360"))))
    missed = 0
    for name, (rise, most) in rises(samples).items():
        missed += rise > most
        note(f"{name:<12} rises by {rise:.3g} a day, may by {most:.3g}: {'missed' if rise > most else 'flat'}")
    note(f"{monotonic() - began:.0f} s")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
