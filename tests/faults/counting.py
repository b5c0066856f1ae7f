"""`alertd` that writes how many tasks it has, when it is sent SIGUSR1."""

import asyncio
import signal
import sys

from alertd.cli import main


def count(*_: object) -> None:
    sys.stdout.write(f"{len(asyncio.all_tasks())}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, count)
    main()
