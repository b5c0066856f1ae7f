"""A clock that is set while the daemon runs, and summer time that comes and goes."""

import signal
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.faults.jumping import JUMP
from tests.faults.outcome import Fault, Outcome
from tests.faults.stage import Stage

JUMPING = ("-m", "tests.faults.jumping")
ON, BACK = signal.SIGUSR1, signal.SIGUSR2
HOUR = 3600.0

ZONE = "Europe/Madrid"
OPENS, CLOSES = time(1, 30), time(4, 0)
ACTIVE = {"hours": f"{OPENS:%H:%M}-{CLOSES:%H:%M}", "zone": ZONE}
QUARTER, OFF_THE_HOUR = 900.0, 420.0
"""Seconds between two waves, and from the hour to the first: seven minutes off every time that counts."""


def set_by(*numbers: signal.Signals) -> Fault:
    async def fault(folder: Path, seed: int) -> Outcome:
        """The clock is put on or back by an hour between two waves."""
        async with Stage(folder) as stage:
            await stage.start(program=JUMPING, **{JUMP: f"{HOUR / stage.speed:g}"})
            await stage.wave()
            try:
                for number in numbers:
                    stage.daemon.send(number)
                    await stage.wave()
                    await stage.wave()
            except TimeoutError:
                stage.wrong.append("for half a minute after a jump it does not ask for prices")
            return await stage.outcome()

    return fault


async def set_back_meanwhile(folder: Path, seed: int) -> Outcome:
    """An hour back while no daemon runs."""
    async with Stage(folder) as stage:
        await stage.start()
        await stage.wave()
        await stage.stop()
        stage.show(stage.record.now() - HOUR)
        await stage.start()
        await stage.wave()
        await stage.wave()
        return await stage.outcome()


def summer_time(day: datetime) -> Fault:
    async def fault(folder: Path, seed: int) -> Outcome:
        """Rules that are active from 01:30 to 04:00 in Madrid, in the night in which summer time begins or ends."""
        async with Stage(folder, speed=600.0, shows=day.timestamp(), more={"active": ACTIVE}) as stage:
            await stage.start()
            for number in range(18):
                moment = day.timestamp() + OFF_THE_HOUR + number * QUARTER
                await stage.until(moment)
                local = datetime.fromtimestamp(moment, ZoneInfo(ZONE)).time()
                stage.turn(told=OPENS <= local < CLOSES)
                await stage.judged()
                await stage.rest()
            return await stage.outcome()

    return fault


ROWS: dict[str, Fault] = {
    "clock-forward-1h": set_by(ON, ON),
    "clock-back-1h": set_by(BACK, BACK),
    "clock-forward-and-back": set_by(ON, BACK, ON, BACK),
    "clock-back-1h-stopped": set_back_meanwhile,
    "dst-begins": summer_time(datetime(2026, 3, 28, 23, tzinfo=UTC)),
    "dst-ends": summer_time(datetime(2026, 10, 24, 23, tzinfo=UTC)),
}
