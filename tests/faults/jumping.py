"""`alertd` on a machine whose clock is set: SIGUSR1 puts it on by `ALERTD_JUMP` seconds, SIGUSR2 back by as many."""

import os
import signal
import time
from collections.abc import Callable

JUMP = "ALERTD_JUMP"

_steps = {signal.SIGUSR1: 1, signal.SIGUSR2: -1}
_right: Callable[[], float] = time.time


class Wall:
    """The system's clock, which is wrong by `off` seconds."""

    off = 0.0

    def time(self) -> float:
        return _right() + self.off


def main() -> None:
    wall = Wall()
    vars(time)["time"] = wall.time
    # Only now: whoever imports `time` from the module by its name would have the right one.
    from alertd.cli import main as run

    def jump(number: int, _: object) -> None:
        wall.off += _steps[signal.Signals(number)] * float(os.environ[JUMP])

    for each in _steps:
        signal.signal(each, jump)
    run()


if __name__ == "__main__":
    main()
